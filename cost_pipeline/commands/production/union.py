"""`union`: what the union rules say of timecards, and which cost codes they cover."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    plain,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted, money

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from cost_pipeline.feeds.production.explain import Card

_COLOURS: Final = {"block": "red", "flag": "yellow", "not_evaluated": "dim", "ok": "green"}
_CHANGES: Final = {"added": "green", "removed": "red", "changed": "yellow"}
_DATE: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def union() -> None:
    """The union rules: what they say of a card, and which cost codes they cover."""


@union.command(short_help="The rule packs: agreements, terms, versions.")
@json_option
@clear_errors
def packs(*, as_json: bool) -> None:
    """List the rule packs that come with the product; --json has every rule with its sources."""
    from cost_pipeline.feeds.production.packs import not_evaluated, packs_listed

    found = packs_listed()
    if as_json:
        print_json({"packs": found, "reference_only": dict(not_evaluated())})
        return
    out = console()
    table = columns("pack", "term", "rules", "may block", "version", numbers=("rules", "may block"))
    for pack in found:
        term = f"{pack['from'] or ''}..{pack['to'] or ''}".strip(".")
        certain = [rule for rule in pack["rules"] if rule["at_most"] == "block"]
        table.add_row(
            pack["pack"],
            term,
            str(len(pack["rules"])),
            str(len(certain)),
            pack["version"].partition("@")[2],
        )
    out.print(table)
    out.print(f"{counted(len(not_evaluated()), 'further rule')} for reference only, not evaluated")


@union.command(short_help="What another rule pack would change.")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@json_option
@clear_errors
def diff(*, a: str, b: str, as_json: bool) -> None:
    """Show what leads from pack A to pack B (names or folders), and which work dates differ."""
    from cost_pipeline.feeds.production.packs import comparison

    found = comparison(a, b)
    if as_json:
        print_json(found)
        return
    out = console()
    for change in found["changes"]:
        out.print(_changed(change))
    if not found["changes"]:
        out.print("the rules are the same")
    for days in found["work_dates"]:
        out.print(f"work dates that can differ: {days['from'] or 'all'} to {days['to'] or 'open'}")


def _changed(change: Mapping[str, Any]) -> Text:
    line = plain(f"{change['what']:<8}", style=_CHANGES[change["what"]])
    line.append(
        f"{change['rule']}  {change['first'] or ''}..{change['last'] or ''}", style="default"
    )
    before, after = change["before"], change["after"]
    if before is not None and after is not None:
        for name, was in before.items():
            line.append(f"\n        {name}: {was} -> {after[name]}", style="default")
    else:
        said = after if after is not None else before
        line.append(f"  {said['amounts']}", style="dim")
    return line


@union.command("explain", short_help="What was due for a card, a person's week or a day, and why.")
@home_option
@click.option("--card", metavar="ID", help="The card of this transaction id.")
@click.option("--person", metavar="ID", help="This worker's cards.")
@click.option("--week-ending", type=_DATE, metavar="DATE", help="The cards of this payroll week.")
@click.option("--date", "day", type=_DATE, metavar="DATE", help="The cards of this work date.")
@click.option(
    "--html",
    "html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page that needs nothing else.",
)
@json_option
@clear_errors
def explain_command(
    *,
    home: Path,
    card: str | None,
    person: str | None,
    week_ending: datetime | None,
    day: datetime | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Show what was due and paid for timecards, rule by rule, with the arithmetic."""
    from cost_pipeline.feeds.production.explain import Asked, explain
    from cost_pipeline.feeds.production.explain import as_json as as_document
    from cost_pipeline.feeds.production.explain_html import page

    asked = Asked(card, person, _day(week_ending), _day(day))
    if asked == Asked():
        raise UsageError(
            "it is not said which cards to explain",
            where="union explain",
            remedy="give --card ID, --person ID with --week-ending DATE, or --date DATE",
        )
    found = explain(open_production(home), asked)
    if html is not None:
        html.write_text(page(found, _title(found)), encoding="utf-8")
    if as_json:
        print_json(as_document(found))
    elif html is not None:
        console().print(plain(f"{html}: {counted(len(found), 'card')}"), soft_wrap=True)
    else:
        _show(console(), found)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _title(cards: Sequence[Card]) -> str:
    days = sorted({card.work_date for card in cards})
    people = sorted({card.person for card in cards})
    when = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    who = people[0] if len(people) == 1 else counted(len(people), "person", "persons")
    return f"{who}, {when}"


def _show(out: Console, cards: Sequence[Card]) -> None:
    for card in cards:
        head = plain(
            f"{card.work_date:%a %Y-%m-%d}  {card.person}  card {card.card}  ", style="bold"
        )
        head.append(f"{money(card.amount)} {card.currency}, {card.state}", style="not bold")
        out.print(head)
        out.print(plain(f"  {card.words}", style="dim"))
        if card.times:
            times = ", ".join(f"{n.replace('_', ' ')} {t}" for n, t in card.times.items())
            out.print(plain(f"  {times}", style="dim"))
        if not card.findings:
            out.print("  no findings: `cost-pipeline run` posts what is not posted yet")
        for finding in card.findings:
            _show_finding(out, finding)
        out.print()


def _show_finding(out: Console, finding: Mapping[str, str | None]) -> None:
    severity = str(finding["severity"])
    line = plain("  ")
    line.append(f"{severity.replace('_', ' '):<14}", style=_COLOURS[severity])
    line.append(f"{finding['rule']}: ")
    line.append(str(finding["explanation"]).removeprefix("not evaluated: "))
    out.print(line)


@union.group()
def categories() -> None:
    """Which union agreement covers the work of a cost code."""


@categories.command("check", short_help="Cost codes in use that the table does not map.")
@home_option
@json_option
@clear_errors
def categories_check(*, home: Path, as_json: bool) -> None:
    """Say which cost codes in use are mapped to no union category; a code mapped twice is an error.

    The table is data/reference/union_categories.csv. Payroll on an unmapped code is refused.
    """
    from cost_pipeline.feeds.production.categories import codes_in_use, unmapped

    found = codes_in_use(open_production(home))
    missing = unmapped(found)
    if as_json:
        print_json(
            {
                "codes": [
                    {
                        "gl_code": code.gl_code,
                        "agreement": code.agreement,
                        "records": code.records,
                        "refused": code.refused,
                    }
                    for code in found
                ],
                "unmapped": [code.gl_code for code in missing],
            }
        )
    else:
        out = console()
        table = columns("code", "covered by", "records", "refused", numbers=("records", "refused"))
        for code in found:
            cover = code.agreement or plain("not mapped", style="red")
            table.add_row(
                code.gl_code or "not recorded", cover, f"{code.records:,}", f"{code.refused:,}"
            )
        out.print(table if found else "no cost code is in use yet")
        out.print(
            f"{counted(len(missing), 'code')} not mapped" if missing else "every code is mapped"
        )
    if any(code.refused for code in missing):
        sys.exit(1)
