"""`report`: what productions have cost up to a date, as a table and as files."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    home_option,
    json_option,
    parse_day,
    plain,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.people import money

if TYPE_CHECKING:
    from cost_pipeline.feeds.production.cost_rows import CostReport, Headline
    from cost_pipeline.pipeline.reports.outcome import Outcome


@click.group()
def report() -> None:
    """Reports: what productions have cost."""


@report.command("costs", short_help="The cost summary of a report date.")
@click.option("--date", "day", metavar="D", help="The report date; today if not given.")
@click.option("--as-of", metavar="I", help="As known then: a date's end or an instant, in UTC.")
@click.option("--production", metavar="P", help="Only this production.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write it into this folder as .xlsx, .html and .parquet.",
)
@home_option
@json_option
@clear_errors
def costs(
    *,
    day: str | None,
    as_of: str | None,
    production: str | None,
    out: Path | None,
    home: Path,
    as_json: bool,
) -> None:
    """Show what productions have cost up to a report date, by account, tied to the ledger.

    The same date as of the same instant gives the same report, whatever was recorded since. Ends
    with 1 if it is not what the ledger says.
    """
    from cost_pipeline.feeds.production.costs import cost_report
    from cost_pipeline.feeds.production.costs_files import write_files
    from cost_pipeline.feeds.production.costs_tie import tied
    from cost_pipeline.feeds.production.ledger_view import parse_instant
    from cost_pipeline.pipeline.days import today

    session = open_production(home)
    found = cost_report(
        session,
        today(session) if day is None else parse_day(day),
        None if as_of is None else parse_instant(as_of),
        production=production,
    )
    outcome = tied(session, found)
    files = [] if out is None else write_files(session, found, out)
    if as_json:
        print_json(_document(found, outcome, files))
    else:
        _show(found, outcome, files)
    sys.exit(0 if outcome.passed else 1)


def _show(found: CostReport, outcome: Outcome, files: list[Path]) -> None:
    from cost_pipeline.feeds.production.cost_rows import headlines

    out = console()
    out.print(
        f"[bold]costs to {found.report_date}[/], period {found.period}, as known at "
        f"{found.as_of:%Y-%m-%d %H:%M:%S} UTC"
    )
    before = found.earlier
    out.print(
        f"movement since the report of {before.report_date}"
        if before
        else "movement is not known: no report of an earlier date was kept"
    )
    for one in headlines(found):
        _show_production(found, one)
    for file in files:
        out.print(plain(f"written {file}"), soft_wrap=True)
    out.print(plain(outcome.message, style="green" if outcome.passed else "red"))


def _show_production(found: CostReport, one: Headline) -> None:
    import pyarrow as pa

    from cost_pipeline.commands.sql_table import show
    from cost_pipeline.feeds.production.cost_rows import SUM, by_account, risk_words

    out = console()
    code = one.base_currency
    out.print()
    if one.base_currency is None:
        out.print(plain("refused, and not known of which production", style="bold"))
        _show_words("at risk", "; ".join(risk_words(one.at_risk, one.unreadable)))
        return
    out.print(plain(f"{one.production}, in {code}", style="bold"))
    figures: tuple[str, ...] = (
        "posted_to_date", "posted_in_period", "movement", "commitments_base",
    )  # fmt: skip
    if one.movement is None:
        figures = tuple(name for name in figures if name != "movement")
    heads = {"posted_to_date": "posted", "posted_in_period": "in_period"}
    heads |= {"movement": "movement", "commitments_base": "commitments"}
    rows = [
        [row["gl_code"] or "unknown", *(row[name] for name in figures)]
        for row in by_account(found, one)
    ]
    rows.append([f"total {code}", *(getattr(one, name) for name in figures)])
    show(
        ["account", *(heads[name] for name in figures)],
        [pa.string(), *(SUM for _ in figures)],
        rows,
    )
    _show_words("at risk", "; ".join(risk_words(one.at_risk, one.unreadable)) or "nothing")
    _show_words("FX effect", f"{money(one.fx_effect)} {code} by corrected rates")
    if one.posted_later:
        _show_words("later", f"{money(one.posted_later)} {code} dated or posted later, not above")


def _show_words(name: str, words: str) -> None:
    lines = textwrap.wrap(words, _WIDTH - _NAME)
    for place, line in enumerate(lines):
        console().print(plain(f"{'' if place else name:<{_NAME}}{line}"))


_WIDTH = 80
_NAME = 11


def _document(found: CostReport, outcome: Outcome, files: list[Path]) -> dict[str, Any]:
    """Returns the public shape (docs/interfaces.md)."""
    from decimal import Decimal

    from cost_pipeline.core.money import shown
    from cost_pipeline.feeds.production.cost_rows import headlines

    def plainly(row: dict[str, Any]) -> dict[str, Any]:
        return {n: shown(v) if isinstance(v, Decimal) else v for n, v in row.items()}

    before = found.earlier
    return {
        "report_date": found.report_date.isoformat(),
        "as_of": found.as_of.isoformat(),
        "period": found.period,
        "movement_since": {
            "report_date": before.report_date.isoformat(),
            "as_of": before.as_of.isoformat(),
        }
        if before
        else None,
        "productions": [plainly(one.as_row()) for one in headlines(found)],
        "lines": [
            plainly({n: v for n, v in row.items() if n not in ("report_date", "as_of")})
            for row in found.rows.to_pylist()
        ],
        "tied": outcome.passed,
        "message": outcome.message,
        "files": [str(file) for file in files],
    }
