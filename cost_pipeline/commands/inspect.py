"""`deliveries`, `dead-letters`: what came, and what was refused and why."""

from __future__ import annotations

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
    parse_pull_dates,
    print_json,
)
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason, catalogue
from cost_pipeline.feeds.production.dead_letters import as_json as dead_letters_as_json
from cost_pipeline.feeds.production.dead_letters import open_dead_letters
from cost_pipeline.feeds.production.report import DeliveryReport, deliveries, reasons_of

_PAYLOAD = 70


@click.command("deliveries")
@home_option
@click.option("--pull-dates", metavar="A..B", help="Only those received on these dates.")
@json_option
@clear_errors
def deliveries_command(home: Path, pull_dates: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List every delivery and what became of its rows."""
    session = open_session(home)
    found = deliveries(session, parse_pull_dates(pull_dates) if pull_dates else None)
    if as_json:
        print_json([report.as_json() for report in found])
        return
    table = Table(box=None, padding=(0, 1), row_styles=["", "dim"])
    for name in ("pulled", "vendor", "delivery", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "posted", "held", "dup.", "dead", "control"):
        table.add_column(name, justify="right", no_wrap=True)
    for report in found:
        table.add_row(*_cells(report))
    console().print(table)


def _cells(report: DeliveryReport) -> tuple[str, ...]:
    control = ""
    if report.control:
        control = "holds" if report.control.holds else f"off by {shown(report.control.difference)}"
    return (
        report.pull_date.isoformat(),
        report.vendor,
        report.delivery[:10],
        report.state,
        f"{report.rows:,}",
        f"{report.posted:,}",
        f"{report.commitments:,}",
        f"{report.duplicates:,}",
        f"{report.dead_letters:,}",
        control,
    )


@click.group("dead-letters")
def dead_letters() -> None:
    """Rows and deliveries that were refused, and why."""


@dead_letters.command("list")
@home_option
@click.option("--vendor", help="Only this vendor's.")
@click.option("--reason", type=click.Choice(list(Reason)), help="Only those with this reason code.")
@click.option("--limit", default=20, show_default=True, help="How many to show; JSON has all.")
@json_option
@clear_errors
def list_(
    home: Path,
    vendor: str | None,
    reason: str | None,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """List the open dead letters."""
    session = open_session(home)
    names = {v.vendor for v in session.home.vendors}
    scope = "true"
    if vendor is not None:
        if vendor not in names:
            raise click.BadParameter(f"there is no vendor {vendor!r}", param_hint="--vendor")
        scope += f" and vendor = '{vendor}'"
    if reason is not None:
        scope += f" and list_contains(reasons, '{reason}')"
    events = open_dead_letters(session, scope)
    by_reason = reasons_of(events)
    if as_json:
        items = dead_letters_as_json(session, events)
        print_json({"open": events.num_rows, "by_reason": by_reason, "items": items})
        return
    out = console()
    words = Table("reason", "open", "what it means", "what to do", box=None, padding=(0, 2))
    for code, count in by_reason.items():
        text = catalogue()[Reason(code)]
        words.add_row(code, f"{count:,}", text.words, text.remedy)
    out.print(words if by_reason else "[green]no dead letter is open")
    for item in dead_letters_as_json(session, events.slice(0, limit)):
        place = f"row {item['row']}, line {item['line']}" if item["row"] else "the whole of it"
        out.print(f"\n[bold]{item['vendor']}[/] {item['pull_date']} {place}")
        for error in item["errors"]:
            field = f"{error['field']}: " if error["field"] else ""
            out.print(Text(f"  {field}{error['message']}"))
        if item["payload"]:
            out.print(Text(f"  {item['payload'][:_PAYLOAD]!r}", style="dim"))
    if events.num_rows > limit:
        out.print(f"\n... and {events.num_rows - limit:,} more (--limit, or --json for all)")
