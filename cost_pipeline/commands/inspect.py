"""`deliveries`: what came, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cost_pipeline.commands.common import (
    HOME_VARIABLE,
    clear_errors,
    columns,
    console,
    feed_option,
    home_option,
    json_option,
    open_session,
    parse_pull_dates,
    plain,
    print_json,
)
from cost_pipeline.commands.pulled import (
    as_delivery,
    file_of,
    show_fetches,
    show_provisional,
)
from cost_pipeline.commands.trace_page import page
from cost_pipeline.commands.trace_text import short_hashes, show_parts, write_page
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import money

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.pipeline.reports.deliveries import DeliveryReport
    from cost_pipeline.pipeline.session import Session

_PAYLOAD: Final = 90
_TEXTS: Final = ("pulled", "vendor", "file", "state")
_NUMBERS: Final = ("lines", "rows", "blank", "posted", "held", "dup.", "dead", "control")


@click.group("deliveries", invoke_without_command=True)
@click.option(
    "--home",
    envvar=HOME_VARIABLE,
    show_envvar=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The home: productions.yaml, vendors/, inbox/, lake/.",
)
@feed_option
@click.option("--pull-dates", metavar="A..B", help="Only those received on these dates.")
@click.option("--telemetry", is_flag=True, help="How each was fetched: tries, seconds, bytes.")
@json_option
@click.pass_context
@clear_errors
def deliveries_command(
    context: click.Context,
    home: Path | None,
    feed: str | None,
    pull_dates: str | None,
    telemetry: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """List every delivery and what became of its rows; `trace` follows one row."""
    if context.invoked_subcommand is not None:
        return
    if home is None:
        raise click.MissingParameter(ctx=context, param=context.command.params[0])
    session = open_session(home, feed)
    days = parse_pull_dates(pull_dates) if pull_dates else None
    if telemetry:
        _telemetry(session, days, as_json=as_json)
    else:
        _deliveries(session, days, as_json=as_json)


def _deliveries(session: Session, days: list[date] | None, *, as_json: bool) -> None:
    from cost_pipeline.pipeline.reports.deliveries import deliveries
    from cost_pipeline.pipeline.reports.gaps import provisional
    from cost_pipeline.pipeline.reports.read_whole import left_unread

    found, gaps = deliveries(session, days), provisional(session, days)
    out = console()
    if as_json:
        print_json([*(report.as_json() for report in found), *map(as_delivery, gaps)])
        return
    if found:
        show_deliveries(out, found)
        for words in (words for report in found for words in left_unread(report)):
            out.print(plain(("not read: ", "yellow"), words))
    elif not gaps:
        out.print("no delivery yet: `cost-pipeline run` pulls them")
    show_provisional(out, gaps)


def _telemetry(session: Session, days: list[date] | None, *, as_json: bool) -> None:
    from cost_pipeline.pipeline.pull.fetches import fetches

    rows = fetches(session, days)
    if as_json:
        print_json(rows)
    elif rows:
        show_fetches(console(), rows)
    else:
        console().print("nothing was fetched yet: `cost-pipeline run` pulls")


@deliveries_command.command("trace", short_help="What became of one row of a delivery.")
@click.argument("place", metavar="FILE:LINE")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it as a web page too.",
)
@home_option
@feed_option
@json_option
@clear_errors
def row_command(place: str, html: Path | None, home: Path, feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Say what became of the row at FILE:LINE.

    FILE is the end of a delivery's address, its file name, or the first eight or more characters of
    its hash; LINE is the physical line, from 1.
    """
    session = open_session(home, feed)
    if session.feed.reports.trace is None:
        raise UsageError(
            f"rows of the feed {session.feed.name} are not followed",
            where=place,
            remedy="`cost-pipeline deliveries` counts what became of them",
            code="NOT_TRACED",
        )
    found = session.feed.reports.trace(session, place)
    parts = {name: found[name] for name in _LINKS}
    if html is not None:
        bad = found["fate"] in ("dead_letter", "reversed", "unknown")
        write_page(html, page(f"Row at {place}", found["words"], parts.items(), bad=bad))
    if as_json:
        print_json(found)
        return
    console().print(plain(short_hashes(found["words"]), style="bold"))
    show_parts(parts)


_LINKS: Final = ("row", "delivery", "received", "record", "disposition", "dead_letters", "lines")


def show_deliveries(out: Console, found: Sequence[DeliveryReport]) -> None:
    """Prints one line each. The file's name gives way to the width; a number is never cut."""
    lines = [_cells(report) for report in found]
    if len(found) > 1:
        lines.append(_sums(found))
    names: tuple[str, ...] = (*_TEXTS, *_NUMBERS)
    if not any(report.control or report.control_problem for report in found):
        names, lines = names[:-1], [line[:-1] for line in lines]
    table = columns(
        *names, numbers=_NUMBERS, middle=("file",), headings=("pulled", "vendor"), gap=1
    )
    for number, line in enumerate(lines):
        table.add_row(*line, style="bold" if number == len(found) else "")
    out.print(table)


def _cells(report: DeliveryReport) -> tuple[str, ...]:
    control = report.control_problem or ""
    if report.control:
        control = "holds" if report.control.holds else f"off by {money(report.control.difference)}"
    return (
        report.pull_date.isoformat(),
        report.vendor,
        file_of(report.uri),
        report.state,
        *(f"{number:,}" for number in _counts(report)),
        control,
    )


def _counts(report: DeliveryReport) -> tuple[int, ...]:
    return (
        (report.account and report.account.lines) or 0,
        report.rows,
        report.blank_rows,
        report.posted,
        report.commitments + report.reference,
        report.duplicates,
        report.dead_letters,
    )


def _sums(found: Sequence[DeliveryReport]) -> tuple[str, ...]:
    totals = (sum(numbers) for numbers in zip(*map(_counts, found), strict=True))
    return ("", "", f"{len(found):,} deliveries", "", *(f"{total:,}" for total in totals), "")
