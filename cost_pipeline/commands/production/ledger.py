"""`ledger`: totals now and then, verification, and the way of one posting back to its bytes."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    plain,
    print_json,
    progress_bar,
)
from cost_pipeline.commands.production.ledger_proof import export_command, prove_command
from cost_pipeline.commands.production.periods import close, periods, reopen
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.commands.trace_page import page
from cost_pipeline.commands.trace_text import for_reading, show_parts, write_page
from cost_pipeline.core.people import counted, money

if TYPE_CHECKING:
    from cost_pipeline.feeds.production.ledger_verify import Verification
    from cost_pipeline.pipeline.session import Session


@click.group()
def ledger() -> None:
    """The ledger: totals, proof, and where a posting came from."""


for command in (prove_command, export_command, close, reopen, periods):
    ledger.add_command(command)


@ledger.command(short_help="Totals of the active postings, and their digest.")
@home_option
@json_option
@clear_errors
def totals(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Totals of the active postings, and the digest that equal ledgers share."""
    from cost_pipeline.feeds.production.ledger_view import ledger_totals, totals_as_json

    session = open_production(home)
    if as_json:
        print_json(totals_as_json(ledger_totals(session)))
        return
    _show_totals(session, None)


@ledger.command("as-of", short_help="The ledger exactly as it was known then.")
@click.argument("t")
@click.option(
    "--lines",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the active postings of then, as .csv or .parquet.",
)
@home_option
@json_option
@clear_errors
def as_of(t: str, lines: Path | None, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show the ledger exactly as it was known at T, whatever has been recorded since.

    T is a date, which means the end of that day, or an instant such as 2026-03-31T18:00:00Z; both
    are in UTC.
    """
    from cost_pipeline.feeds.production.ledger_view import (
        ledger_totals,
        lines_known_at,
        parse_instant,
        totals_as_json,
        write_lines,
    )

    instant = parse_instant(t)
    session = open_production(home)
    written = 0
    if lines is not None:
        written = write_lines(lines_known_at(session, instant), lines)
    if as_json:
        print_json(
            {"as_of": instant.isoformat(), **totals_as_json(ledger_totals(session, instant))}
        )
        return
    console().print(f"as known at {instant:%Y-%m-%d %H:%M:%S} UTC")
    _show_totals(session, instant)
    if lines is not None:
        console().print(plain(f"{counted(written, 'posting')} in {lines}"))


def _show_totals(session: Session, instant: datetime | None) -> None:
    from cost_pipeline.feeds.production.ledger_view import ledger_totals
    from cost_pipeline.feeds.production.summary import currency_totals

    found = ledger_totals(session, instant)
    out = console()
    out.print(f"[bold]{found.active_postings:,}[/] active of {found.postings:,} postings")
    table = columns(
        "currency", "postings", "original", "base", "", numbers=("postings", "original", "base")
    )
    for row in currency_totals(session, instant):
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
@click.option("--head", metavar="HASH", help="A head noted earlier; it must be one of the heads.")
@click.option("--key", metavar="HEX", help="Whose signature the last head must have.")
@home_option
@json_option
@clear_errors
def verify(head: str | None, key: str | None, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Recompute every hash, seal and chain; name the first thing that is not as it was sealed."""
    from cost_pipeline.feeds.production.ledger_verify import verify_ledger

    with progress_bar(shown=not as_json) as progress:
        found = verify_ledger(
            open_production(home, progress=progress), expected_head=head, public_key=key
        )
    if as_json:
        print_json(found.as_json())
    elif found.broken:
        _show_broken(found)
    else:
        _show_verified(found)
    if found.broken:
        sys.exit(1)


def _show_verified(found: Verification) -> None:
    out = console()
    out.print(
        f"[green]verified[/]: {counted(found.postings, 'posting')} in "
        f"{counted(found.batches, 'batch', 'batches')} of "
        f"{counted(found.partitions, 'transaction date')}"
    )
    if found.heads:
        signed = f", {found.signed:,} signed" if found.signed else ""
        out.print(
            f"{counted(found.heads, 'head')}{signed}, {counted(found.files, 'file')} byte for byte"
        )
        out.print(f"head {found.head}")
    if found.uncovered:
        out.print(
            f"[yellow]{counted(found.uncovered, 'commit')} without a head[/]: a run is at work, or "
            "was killed;\n  the next `cost-pipeline run` writes it"
        )


def _show_broken(found: Verification) -> None:
    out = console()
    out.print(f"[red]broken[/]: {counted(len(found.broken), 'thing')} not as sealed")
    for one in found.broken[:_SHOWN]:
        first = one.first
        place = [str(one.transaction_date)] if one.transaction_date else []
        place += [f"batch {first.batch}"] if first.batch is not None else []
        place += [f"posting {first.posting}"] if first.posting is not None else []
        out.print(plain(f"  {', '.join(place) or first.group}: {first.message}"))
        out.print(plain(f"    expected {first.expected}"))
        out.print(plain(f"    found    {first.found}"))
    if len(found.broken) > _SHOWN:
        out.print(f"  ... and {len(found.broken) - _SHOWN:,} more")


_SHOWN = 20


@ledger.command("trace", short_help="The way of a posting back to its bytes.")
@click.argument("posting")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as a web page too.",
)
@home_option
@json_option
@clear_errors
def trace_command(posting: str, html: Path | None, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Show the way of a POSTING back to the bytes that a vendor sent.

    POSTING is a posting id, its first eight or more characters, or the transaction id of an active
    posting.
    """
    from cost_pipeline.feeds.production.trace import trace

    with progress_bar(shown=not as_json) as progress:
        found = trace(open_production(home, progress=progress), posting)
    if html is not None:
        row = found["posting"]
        lead = (
            f"{row['kind']}, {row['cause'].replace('_', ' ')}: {row['original_amount']} "
            f"{row['original_currency']}, {row['base_amount']} {row['base_currency']} "
            f"on {row['transaction_date']}"
        )
        title = f"Posting {row['posting_id'][:12]} of {row['transaction_id']}"
        write_page(html, page(title, lead, for_reading(found).items()))
    if as_json:
        print_json(found)
        return
    show_parts(for_reading(found))
