"""`fx`: the exchange rates in force, and corrections of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    counted,
    home_option,
    json_option,
    open_session,
    print_json,
)
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.rates import (
    correct_rates,
    load_bundled_history,
    snapshots_listed,
)


@click.group()
def fx() -> None:
    """Exchange rates: immutable snapshots, and corrections as new vintages."""


@fx.command(short_help="Load the ECB history that comes with the product.")
@home_option
@json_option
@clear_errors
def load(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Load the ECB history that comes with the product; nothing if it was loaded before."""
    found = load_bundled_history(open_session(home))
    if as_json:
        print_json({"days": found.days, "contradictions": len(found.contradictions)})
        return
    out = console()
    if found.days:
        out.print(f"{counted(found.days, 'day')} of rates loaded. Source: ECB statistics.")
    else:
        out.print("nothing to load: the history is there already. Source: ECB statistics.")
    for item in found.contradictions:
        out.print(
            f"[red]{item.reference_date} {item.currency}[/]: stored {item.stored}, the file says "
            f"{item.offered}; the stored rate stays"
        )


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
@json_option
@clear_errors
def list_(home: Path, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """List the snapshots, newest reference date first."""
    rows = snapshots_listed(open_session(home), limit)
    if as_json:
        print_json(rows)
        return
    if not rows:
        console().print("no snapshot yet: `cost-pipeline fx load` loads the ECB history")
        return
    table = columns(
        "date", "vintage", "currencies", "snapshot", "reason", numbers=("vintage", "currencies")
    )
    table.columns[-1].no_wrap = False
    for row in rows:
        table.add_row(
            row["reference_date"],
            str(row["vintage"]),
            str(row["currencies"]),
            row["snapshot"][:16],
            row["reason"] or "",
        )
    console().print(table)


@fx.command(short_help="Write a new vintage of a day's rates.")
@home_option
@click.option(
    "--date", "day", metavar="DATE", required=True, help="The reference date to correct, ISO."
)
@click.option(
    "--file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="CSV with the header currency,rate: units for one euro.",
)
@click.option("--reason", metavar="WORDS", required=True, help="Why; kept with the vintage.")
@json_option
@clear_errors
def correct(home: Path, day: str, file: Path, reason: str, as_json: bool) -> None:  # noqa: FBT001
    """Write a new vintage of a day's rates; the ledger repairs itself at its next posting."""
    try:
        reference_date = date.fromisoformat(day)
    except ValueError as error:
        raise UsageError(
            f"{day!r} is not a date", where="--date", remedy="write it as 2026-04-02"
        ) from error
    found = correct_rates(open_session(home), reference_date, file, reason)
    if as_json:
        print_json(
            {
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
    out.print(f"[bold]{day}[/] has vintage {found.vintage} now: snapshot {found.snapshot}")
    out.print(
        f"it can change conversions of {counted(len(found.affected), 'transaction date')}: "
        + ", ".join(d.isoformat() for d in found.affected)
    )
    out.print("the next `cost-pipeline run` repairs the postings concerned")
