"""`ledger`: totals, verification, and the way of one posting back to its bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.text import Text

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    counted,
    home_option,
    json_option,
    money,
    open_session,
    print_json,
    progress_bar,
)
from cost_pipeline.commands.periods import close, periods, reopen
from cost_pipeline.feeds.production.ledger_view import (
    ledger_totals,
    totals_as_json,
    trace,
    verify_ledger,
)
from cost_pipeline.feeds.production.summary import currency_totals


@click.group()
def ledger() -> None:
    """The ledger: totals, proof, and where a posting came from."""


for command in (close, reopen, periods):
    ledger.add_command(command)


@ledger.command(short_help="Totals of the active postings, and their digest.")
@home_option
@json_option
@clear_errors
def totals(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Totals of the active postings, and the digest that equal ledgers share."""
    session = open_session(home)
    found = ledger_totals(session)
    if as_json:
        print_json(totals_as_json(found))
        return
    out = console()
    out.print(f"[bold]{found.active_postings:,}[/] active of {found.postings:,} postings")
    table = columns(
        "currency", "postings", "original", "base", "", numbers=("postings", "original", "base")
    )
    for row in currency_totals(session):
        table.add_row(
            row.currency,
            f"{row.postings:,}",
            money(row.original),
            money(row.base),
            row.base_currency,
        )
    if found.active_postings:
        out.print(table)
    out.print(f"digest {found.digest}")


@ledger.command(short_help="Recompute every hash, seal and chain.")
@home_option
@json_option
@clear_errors
def verify(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Recompute every hash, seal and chain; name the first thing that is not as it was sealed."""
    with progress_bar(shown=not as_json) as progress:
        found = verify_ledger(open_session(home, progress=progress))
    if as_json:
        print_json(found.as_json())
    elif found.broken:
        out = console()
        out.print(f"[red]broken[/]: {len(found.broken)} of {found.partitions} transaction dates")
        for partition in found.broken:
            first = partition.first
            out.print(
                f"  {partition.transaction_date}, batch {first.batch}, posting {first.posting}: "
                f"{first.message}"
            )
            out.print(
                Text(f"    expected {first.expected}\n    found    {first.found}"), soft_wrap=True
            )
    else:
        console().print(
            f"[green]verified[/]: {counted(found.postings, 'posting')} in "
            f"{counted(found.batches, 'batch', 'batches')} of "
            f"{counted(found.partitions, 'transaction date')}"
        )
    if found.broken:
        sys.exit(1)


@ledger.command("trace", short_help="The way of a posting back to its bytes.")
@click.argument("posting")
@home_option
@json_option
@clear_errors
def trace_command(posting: str, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show the way of a POSTING back to the bytes that a vendor sent.

    POSTING is a posting id, its first eight or more characters, or the transaction id of an active
    posting.
    """
    found = trace(open_session(home), posting)
    if as_json:
        print_json(found)
        return
    out = console()
    for part, values in found.items():
        out.print(f"[bold]{part}")
        if values is None:
            out.print("  none", style="dim")
            continue
        for name, value in values.items():
            if value is not None:
                out.print(Text(f"  {name:<18} {value}"), soft_wrap=True)
