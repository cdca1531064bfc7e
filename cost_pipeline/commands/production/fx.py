"""`fx`: the exchange rates in force, and corrections of them."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    parse_day,
    plain,
    print_json,
)
from cost_pipeline.commands.production.fx_fetch import fetch
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted, money
from cost_pipeline.core.reference import ECB

if TYPE_CHECKING:
    from cost_pipeline.feeds.production.impact import Preview


@click.group()
def fx() -> None:
    """Exchange rates: immutable snapshots, and corrections as new vintages."""


fx.add_command(fetch)


@fx.command(short_help="Load rates: the bundled ECB history, or a file.")
@home_option
@click.option("--source", metavar="NAME", default=ECB, show_default=True, help="Whose file it is.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file as the source publishes it; without it the bundled ECB history.",
)
@click.option("--date", "day", metavar="DATE", help="The day of a file `currency,rate`.")
@json_option
@clear_errors
def load(home: Path, source: str, file: Path | None, day: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Load rates of days that are not there yet; what is there already stays as it is.

    Without a file it loads the ECB history that comes with the product.
    """
    from cost_pipeline.feeds.production.rates import load_bundled_history, load_file

    session = open_production(home)
    if file is not None:
        found = load_file(session, source, file, parse_day(day) if day else None)
    elif source == ECB and day is None:
        found = load_bundled_history(session)
    else:
        raise UsageError(
            f"there is no bundled file of {source}",
            where="--source",
            remedy="name a file with --file",
        )
    if as_json:
        print_json(
            {
                "source": found.source.name,
                "days": found.days,
                "contradictions": len(found.contradictions),
                "unmapped": list(found.unmapped),
            }
        )
        return
    out = console()
    credit = f"Source: {found.source.attribution}."
    if found.days:
        out.print(f"{counted(found.days, 'day')} of rates loaded. {credit}")
    else:
        out.print(f"nothing to load: its days are there already. {credit}")
    for item in found.contradictions:
        out.print(
            f"[red]{item.reference_date} {item.currency}[/]: stored {item.stored}, the file says "
            f"{item.offered}; the stored rate stays (`fx correct` makes a new vintage)"
        )
    if found.unmapped:
        out.print(f"not loaded, no currency is known for: {', '.join(found.unmapped)}")


@fx.command("list", short_help="List the snapshots, newest first.")
@home_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=10,
    show_default=True,
    help="How many, newest first.",
)
@click.option("--source", metavar="NAME", help="Only this source.")
@json_option
@clear_errors
def list_(home: Path, limit: int, source: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List the snapshots, newest reference date first."""
    from cost_pipeline.feeds.production.rates import snapshots_listed

    rows = snapshots_listed(open_production(home), limit, source)
    if as_json:
        print_json(rows)
        return
    if not rows:
        console().print("no snapshot yet: `cost-pipeline fx load` loads the ECB history")
        return
    table = columns(
        "date",
        "source",
        "vintage",
        "currencies",
        "snapshot",
        "reason",
        numbers=("vintage", "currencies"),
        prose=("reason",),
    )
    for row in rows:
        table.add_row(
            row["reference_date"],
            row["source"],
            str(row["vintage"]),
            str(row["currencies"]),
            row["snapshot"][:16],
            row["reason"] or "",
        )
    console().print(table)


_RATES = click.option(
    "--file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV with the header currency,rate: rates as the source quotes them.",
)
_DAY = click.option(
    "--date", "day", metavar="DATE", required=True, help="The reference date to correct, ISO."
)
_SOURCE = click.option(
    "--source", metavar="NAME", default=ECB, show_default=True, help="The snapshot's source."
)


@fx.command(short_help="Write a new vintage of a day's rates.")
@home_option
@_SOURCE
@_DAY
@_RATES
@click.option("--reason", metavar="WORDS", default="", help="Why; else `# reason:` in the file.")
@click.option("--confirm", is_flag=True, help="A rate a fifth off its neighbours is right.")
@json_option
@clear_errors
def correct(
    home: Path, source: str, day: str, file: Path, reason: str, *, confirm: bool, as_json: bool
) -> None:
    """Write a new vintage of a day's rates; the ledger repairs itself at its next posting."""
    from cost_pipeline.feeds.production.rates import correct_rates

    session = open_production(home)
    found = correct_rates(session, parse_day(day), file, reason, source, confirmed=confirm)
    if as_json:
        print_json(
            {
                "source": source,
                "date": day,
                "vintage": found.vintage,
                "snapshot": found.snapshot,
                "transaction_dates": [d.isoformat() for d in found.affected],
            }
        )
        return
    out = console()
    if found.vintage is None:
        out.print("nothing to correct: these are the rates in force")
        return
    named = (found.snapshot or "")[:16]
    out.print(f"[bold]{day}[/] has vintage {found.vintage} now: snapshot {named}")
    out.print(
        f"it can change conversions of {counted(len(found.affected), 'transaction date')}: "
        + ", ".join(d.isoformat() for d in found.affected)
    )
    out.print("the next `cost-pipeline run` repairs the postings concerned")


@fx.command(short_help="What a correction would change. Writes nothing.")
@home_option
@_SOURCE
@_DAY
@_RATES
@json_option
@clear_errors
def impact(home: Path, source: str, day: str, file: Path, *, as_json: bool) -> None:
    """What a correction of a day's rates would change in the ledger; nothing is written."""
    from cost_pipeline.feeds.production.impact import preview_file

    found = preview_file(open_production(home), parse_day(day), file, source)
    if as_json:
        print_json(
            {"source": source, "date": day, "vintage": found.vintage, **found.impact.as_json()}
        )
        return
    _print_impact(day, source, found)


def _print_impact(day: str, source: str, found: Preview) -> None:
    out, impact = console(), found.impact
    if found.vintage is None:
        out.print("nothing would change: these are the rates in force")
        return
    out.print(f"vintage {found.vintage} of {source} {day} would change:")
    if not impact.partitions:
        out.print("no posting and no dead letter")
        return
    table = columns(
        "production", "account", "currency", "postings", "before", "after", "difference", "in",
        numbers=("postings", "before", "after", "difference"), headings=("production",),
    )  # fmt: skip
    for one in impact.by:
        amounts = (one.before, one.after, one.difference)
        table.add_row(
            one.production,
            one.gl_code,
            one.currency,
            f"{one.postings:,}",
            *(money(amount) for amount in amounts),
            one.base_currency,
        )
    for base in sorted({one.base_currency for one in impact.by}):
        mine = [one for one in impact.by if one.base_currency == base]
        sums = (
            sum((getattr(one, name) for one in mine), Decimal(0))
            for name in ("before", "after", "difference")
        )
        postings = f"{sum(one.postings for one in mine):,}"
        total = (money(amount) for amount in sums)
        table.add_row("total", "", "", postings, *total, base, style="bold")
    out.print(table)
    partitions = ", ".join(day.isoformat() for day in impact.partitions)
    out.print(f"{counted(len(impact.partitions), 'transaction date')}: {partitions}")
    for words, changed in (
        ("would be posted that are dead letters now", impact.becomes_postable),
        ("would become dead letters", impact.becomes_dead_letter),
    ):
        for date_, number in changed:
            out.print(f"{date_}: {counted(number, 'record')} {words}")
    if impact.out_of_date:
        listed = ", ".join(day.isoformat() for day in impact.out_of_date)
        out.print(
            f"[yellow]out of date already[/]: {listed}; the table holds what waits there, too"
        )
    out.print("nothing was written; `cost-pipeline fx correct` makes the vintage")


@fx.command(short_help="Compare two sources day by day.")
@home_option
@click.argument("first")
@click.argument("second")
@click.option("--since", metavar="DATE", help="The first day to look at, ISO.")
@json_option
@clear_errors
def compare(home: Path, first: str, second: str, since: str | None, as_json: bool) -> None:  # noqa: FBT001
    """How far two sources are apart on the days that both have, in basis points.

    Ends with 1 if any rate differs by more than 400.
    """
    from cost_pipeline.feeds.production.cross_source import compare_sources

    found = compare_sources(
        open_production(home), first, second, parse_day(since, "--since") if since else None
    )
    if as_json:
        print_json(found)
    else:
        _print_compared(first, second, found)
    if found["state"] == "fail":
        sys.exit(1)


def _print_compared(first: str, second: str, found: dict[str, Any]) -> None:
    out = console()
    if found["largest"] is None:
        out.print(f"not evaluated: {first} and {second} have no day and currency in common")
        return
    out.print(
        f"{counted(found['compared'], 'rate')} on {counted(found['days'], 'day')} that both have: "
        f"median {found['median']} basis points, largest {found['largest']}"
    )
    wide = found["wide"]
    out.print(f"{counted(len(wide), 'rate')} over {found['warn_over']} basis points")
    if not wide:
        return
    table = columns("date", "currency", first, second, "basis points", "",
                    numbers=(first, second, "basis points"))  # fmt: skip
    for one in wide[:_SHOWN]:
        table.add_row(
            one["date"],
            f"{one['currency']} per {one['against']}",
            one["first"],
            one["second"],
            one["basis_points"],
            plain(f"over {found['fail_over']}", style="red") if one["failed"] else "",
        )
    out.print(table)


_SHOWN = 20
