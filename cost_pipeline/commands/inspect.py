"""`deliveries`: what came, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import click
from rich.console import Console
from rich.text import Text

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    money,
    open_session,
    parse_pull_dates,
    print_json,
)
from cost_pipeline.feeds.production.report import DeliveryReport, deliveries

_PAYLOAD: Final = 90
_TEXTS: Final = ("pulled", "vendor", "file", "state")
_FILE: Final = _TEXTS.index("file")
_LEAST: Final = 12
_NUMBERS: Final = ("rows", "blank", "posted", "held", "dup.", "dead", "control")


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
    out = console()
    if not found:
        out.print("no delivery yet: `cost-pipeline run` pulls them")
        return
    show_deliveries(out, found)


def show_deliveries(out: Console, found: Sequence[DeliveryReport]) -> None:
    """One line each. The file's name gives way to the width; a number is never cut."""
    lines = [_cells(report) for report in found]
    if len(found) > 1:
        lines.append(_sums(found))
    names: tuple[str, ...] = (*_TEXTS, *_NUMBERS)
    if not any(report.control for report in found):
        names, lines = names[:-1], [line[:-1] for line in lines]
    widths = [max(map(len, column)) for column in zip(names, *lines, strict=True)]
    room = max(out.width - sum(widths) - len(widths) + widths[_FILE], _LEAST)
    out.width = max(out.width, sum(widths) + len(widths) - widths[_FILE] + room)
    table = columns(*names, numbers=_NUMBERS, gap=1)
    for number, line in enumerate(lines):
        cells = (*line[:_FILE], _fitted(line[_FILE], room), *line[_FILE + 1 :])
        table.add_row(*map(Text, cells), style="bold" if number == len(found) else "")
    out.print(table)


def _fitted(text: str, room: int) -> str:
    """The text in at most `room` characters, its end kept: pages differ there."""
    if len(text) <= room:
        return text
    head = (room - 1) // 3
    return f"{text[:head]}…{text[len(text) - (room - 1 - head) :]}"


def _cells(report: DeliveryReport) -> tuple[str, ...]:
    control = ""
    if report.control:
        control = "holds" if report.control.holds else f"off by {money(report.control.difference)}"
    return (
        report.pull_date.isoformat(),
        report.vendor,
        _file(report.uri),
        report.state,
        *(f"{number:,}" for number in _counts(report)),
        control,
    )


def _counts(report: DeliveryReport) -> tuple[int, ...]:
    return (
        report.rows,
        report.blank_rows,
        report.posted,
        report.commitments,
        report.duplicates,
        report.dead_letters,
    )


def _sums(found: Sequence[DeliveryReport]) -> tuple[str, ...]:
    totals = (sum(numbers) for numbers in zip(*map(_counts, found), strict=True))
    return ("", "", f"{len(found):,} deliveries", "", *(f"{total:,}" for total in totals), "")


def _file(uri: str) -> str:
    """The part of a URI that tells deliveries of one vendor apart."""
    parts = urlsplit(uri)
    name = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{name}?{parts.query}" if parts.query else name
