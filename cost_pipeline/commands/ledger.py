"""`ledger`: totals, verification, and the way of one posting back to its bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    home_option,
    json_option,
    open_session,
    print_json,
    progress_bar,
)
from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.ledger_view import (
    ledger_totals,
    totals_as_json,
    trace,
    verify_ledger,
)


@click.group()
def ledger() -> None:
    """The ledger: totals, proof, and where a posting came from."""


@ledger.command()
@home_option
@json_option
@clear_errors
def totals(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Totals of the active postings, and the digest that equal ledgers share."""
    found = ledger_totals(open_session(home))
    if as_json:
        print_json(totals_as_json(found))
        return
    out = console()
    out.print(f"[bold]{found.active_postings:,}[/] active of {found.postings:,} postings")
    table = Table("currency", "original", "base", box=None, padding=(0, 2))
    for code in sorted(found.original.keys() | found.base.keys()):
        table.add_row(
            code,
            shown(found.original[code]) if code in found.original else "",
            shown(found.base[code]) if code in found.base else "",
        )
    out.print(table)
    out.print(f"digest {found.digest}")


@ledger.command()
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
            out.print(Text(f"    expected {first.expected}\n    found    {first.found}"))
    else:
        console().print(
            f"[green]verified[/]: {found.postings:,} postings in {found.batches:,} batches of "
            f"{found.partitions:,} transaction dates"
        )
    if found.broken:
        sys.exit(1)


@ledger.command("trace")
@click.argument("posting")
@home_option
@json_option
@clear_errors
def trace_command(posting: str, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show the way of a POSTING (its id, or the first eight characters) back to its bytes."""
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
                out.print(Text(f"  {name:<18} {value}"))
