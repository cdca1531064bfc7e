"""How a file was read, on a screen of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cost_pipeline.commands.common import columns, plain
from cost_pipeline.contracts.file_names import WORDS
from cost_pipeline.core.people import counted, money

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.pipeline.trying.source import Asked
    from cost_pipeline.pipeline.trying.tried import Control, Refusals, Tried

_WIDTH: Final = 80
_LABEL: Final = 11
_GAP: Final = 2
_NAMES: Final = 12


def show_tried(out: Console, tried: Tried) -> None:
    """Prints what came of reading a file."""
    out.print(plain((tried.file, "bold")), soft_wrap=True)
    if tried.whole is not None:
        _fact(out, "refused", f"whole: {tried.whole.sentence}", "red")
        for refusals in tried.refusals:
            _fact(out, refusals.code, refusals.words)
            _fact(out, "do", refusals.remedy)
        return
    for label, words, style in _facts(tried):
        _fact(out, label, words, style)
    _first_rows(out, tried)
    if tried.refusals:
        out.print("\n[bold]Refused[/], and why")
    for refusals in tried.refusals:
        _show_refusals(out, refusals)
    if not tried.accepted and not tried.refused:
        _fact(out, "note", "there is no row in it", "yellow")


def show_asked(out: Console, asked: Asked) -> None:
    """Prints what a source answered, and what came of reading it."""
    for uri, message in asked.faults:
        out.print(plain((uri, "bold")), soft_wrap=True)
        _fact(out, "fault", message, "red")
    if asked.tried is not None:
        show_tried(out, asked.tried)
        return
    if not asked.faults:
        out.print(plain((asked.vendor, "bold")), soft_wrap=True)
        _fact(out, "nothing", "the source answered and has nothing for this pull date", "yellow")
    for uri, why in asked.seen:
        _fact(out, "seen", f"{uri}: {WORDS[why]}")


def _facts(tried: Tried) -> Iterator[tuple[str, str, str]]:
    """Yields label, words and style of each line of the summary."""
    for label, words in _of_file(tried):
        yield label, words, ""
    rows = f"{tried.accepted:,} accepted, {tried.refused:,} refused"
    yield "rows", rows, "red" if tried.refused else "green"
    if tried.stopped_after is not None:
        words = "so there is no account and no control total"
        stopped = f"after {counted(tried.stopped_after, 'row')}; the rest was not read, {words}"
        yield "stopped", stopped, "yellow"
    if tried.account is not None:
        yield "account", tried.account_words(), "" if tried.account.balanced else "red"
    if tried.sums:
        yield "totals", f"{_sums(tried.sums)} accepted", ""
    if tried.sums_refused:
        yield "", f"{_sums(tried.sums_refused)} refused, where it could be read", ""
    if tried.waiting:
        words = "negative: each waits until it takes back what a person says"
        yield "waiting", f"{counted(tried.waiting, 'accepted row')}, {words}", "yellow"
    if tried.control is not None:
        yield "control", _control(tried.control), "green" if tried.control.holds else "red"
    if tried.unread:
        yield "unread", f"{_listed(tried.unread)}: map or ignore what is known", "yellow"
    for name, wanted in tried.missing.items():
        yield "missing", f"`{name}`: no column is called {' or '.join(map(repr, wanted))}", "red"


def _of_file(tried: Tried) -> Iterator[tuple[str, str]]:
    """Yields label and words of what the file is, before its rows are looked at."""
    yield "file", f"{counted(tried.size, 'byte')}, {tried.kind}, {tried.encoding}"
    if tried.settings_from is not None:
        yield "settings", f"those from {tried.settings_from} on"
    header = counted(len(tried.header), "column")
    if tried.header_line is not None:
        header = f"line {tried.header_line}, {header}"
    yield "header", header


def _fact(out: Console, label: str, words: str, style: str = "") -> None:
    """Prints a labelled line, wrapped under itself."""
    lines = textwrap.wrap(words, _WIDTH - _LABEL - 2) or [""]
    for number, line in enumerate(lines):
        head = f"  {label if number == 0 else '':<{_LABEL}}"
        out.print(plain((head, "dim"), (line, style)))


def _sums(sums: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{unit or '(no unit)'} {money(n)}" for unit, n in sorted(sums.items()))


def _control(control: Control) -> str:
    if control.problem is not None or control.declared is None or control.computed is None:
        return f"the total is {control.problem}"
    declared, computed = money(control.declared), money(control.computed)
    if control.holds:
        return f"the file declares {declared}, and so its rows come to"
    off = money(abs(control.declared - control.computed))
    return f"the file declares {declared} and its rows come to {computed}: off by {off}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMES} more" if len(every) > _NAMES else ""
    return ", ".join(map(repr, every[:_NAMES])) + more


def _first_rows(out: Console, tried: Tried) -> None:
    from cost_pipeline.commands.screen import cut

    if not tried.first:
        return
    out.print("\n[bold]First rows[/], by field")
    origin: dict[str, str] = {}
    for header, fields in tried.read.items():
        origin |= {
            name: f"{origin[name]}, {header}" if name in origin else header for name in fields
        }
    heads = [f"line {row.line}{', refused' if row.reasons else ''}" for row in tried.first]
    table = columns("field", "column", *heads)
    names = max(map(len, tried.first[0].values))
    room = (_WIDTH - names - 1) // (len(heads) + 1) - _GAP  # as much for each row as for the others
    for name in tried.first[0].values:
        cells = (_cell(row.values[name]) for row in tried.first)
        told = [plain((origin.get(name, ""), "dim")), *map(plain, cells)]
        table.add_row(plain(name), *(cut(cell, room) for cell in told))
    out.print(table)


def _cell(text: str | None) -> str:
    return "" if text is None else text


def _show_refusals(out: Console, refusals: Refusals) -> None:
    head = (f"  {refusals.code}", "red")
    out.print(plain(head, f"  {counted(refusals.rows, 'row')}"), soft_wrap=True)
    example = refusals.example
    field = f", `{example.field}`" if example.field else ""
    place = "" if example.line is None else f"line {example.line}{field}: "
    for words in (f"{place}{example.sentence}", f"do: {refusals.remedy}"):
        text = textwrap.fill(words, _WIDTH - 2, initial_indent="    ", subsequent_indent="      ")
        for line in text.splitlines():
            out.print(plain(line))
