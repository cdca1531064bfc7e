"""What people read on a screen: no line is wider than it, no number is cut, nothing is markup.

Belongs here: how wide a screen is, how sentences are folded and how tables fit. What is said is the
work of each command.

One rule for every table. Columns stand beside each other with two spaces between; where that is too
wide, a column that repeats becomes a heading above its rows, then heads are folded, then prose,
then texts give way, the widest first; numbers never. What fits in no way is told one value below
the other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from cost_pipeline.core.text import printable

WIDTH: Final = 80
"""Columns of a screen that is no terminal: a file, a pipe, a letter."""
_LEAST: Final = 8
_SHORT: Final = 12
"""Texts up to this width are dates, states, codes and short hashes: they are cut last."""
_LEAST_PROSE: Final = 18
_LEAST_HEAD: Final = 6
_GAP: Final = 2
# Wide letters (Chinese, Japanese, Korean) are written without blanks: each is a word of its own.
_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60"
    "\U0001f300-\U0003ffff"
)
_WORD: Final = re.compile(f"[{_WIDE}]|[^ {_WIDE}]+")


class Screen(Console):
    """A console whose sentences are folded between words, further lines two columns deeper."""

    def __init__(self) -> None:
        """Writes to standard output, as wide as its terminal."""
        super().__init__(width=None if sys.stdout.isatty() else WIDTH, highlight=False)

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - as rich has it
        """Prints one sentence or anything else; `soft_wrap=True` leaves a line as it is.

        That is for what is copied: a command, an address. A word is never broken, such as a path.
        """
        whole = options.pop("soft_wrap", False) or not set(options) <= {"style"}
        if whole or len(objects) != 1 or not isinstance(objects[0], str | Text):
            super().print(*objects, soft_wrap=whole, crop=False, **options)
            return
        said = objects[0]
        text = self.render_str(said, highlight=False) if isinstance(said, str) else said
        for line in text.split("\n", allow_blank=True) or [text]:
            for part in folded(line, self.width):
                super().print(part, soft_wrap=True, **options)


def folded(line: Text, width: int, deeper: int = _GAP) -> list[Text]:
    """Returns one line as lines of at most so many columns, but for words that are wider.

    Args:
        line: With the spaces that it begins with; further lines begin with those and more.
        width: The columns.
        deeper: How many more.
    """
    if line.cell_len <= width:
        return [line]
    words = list(_WORD.finditer(line.plain))
    deep = len(line.plain) - len(line.plain.lstrip(" "))
    found, begun, used = list[Text](), deep, deep
    for at, word in enumerate(words):
        start, end = word.span()
        used += cell_len(line.plain[words[at - 1].end() if at else deep : end])
        if used > width and start > begun:
            found.append(line[begun:start])
            begun, used = start, deep + deeper + cell_len(word.group())
    found.append(line[begun:])
    lines = [Text(" " * (deep + (deeper if at else 0))) + part for at, part in enumerate(found)]
    for part in lines:
        part.rstrip()
    return lines


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table is laid out: which columns, how wide, how far apart, which one is a heading."""

    shown: tuple[int, ...]
    widths: tuple[int, ...]
    gap: int
    headings: tuple[int, ...] = ()


@dataclass(slots=True)
class Rows:
    """A table without lines that fits its screen.

    Attributes:
        names: The heads.
        numbers: The columns that are numbers: to the right, never cut.
        prose: Columns of words, which are folded and not cut.
        middle: Columns whose texts are cut in their middle: the ends of file names differ.
        headings: Columns that are told above their rows where the table is too wide with them: the
            first, or all of them.
        gap: Spaces between columns.
    """

    names: tuple[str, ...]
    numbers: Collection[str] = ()
    prose: Collection[str] = ()
    middle: Collection[str] = ()
    headings: tuple[str, ...] = ()
    gap: int = _GAP
    rows: list[tuple[Text, ...]] = field(default_factory=list)

    def add_row(self, *cells: str | Text, style: str = "") -> None:
        """Adds a row; a text is taken as it is, what a terminal would obey escaped."""
        made = tuple(
            cell.copy() if isinstance(cell, Text) else Text(printable(cell)) for cell in cells
        )
        for cell in made:
            if style:
                cell.stylize(style)
        self.rows.append(made)

    def fits(self, width: int) -> bool:
        """Returns whether the columns can stand beside each other."""
        return self._plan(width) is not None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yields the lines for as many columns as there are."""
        plan = self._plan(options.max_width)
        lines = (
            self._blocks(console, options.max_width)
            if plan is None
            else self._lines(console, plan, options.max_width)
        )
        for line in lines:
            line.rstrip()
            line.no_wrap, line.overflow = True, "ignore"
            yield line

    def _plan(self, width: int) -> _Plan | None:
        """Returns the first layout that fits; those that cut nothing come first."""
        for lifted in range(min(len(self.headings), 1) + 1):
            above = tuple(self.names.index(name) for name in self.headings[:lifted])
            plan = self._beside(above, width, least=None)
            if plan is not None:
                return plan
        return (
            self._beside(above, width, least=_SHORT, whole=self.middle)
            or self._beside(every := self._all_headings(), width, least=None)
            or self._beside(every, width, least=_SHORT)
            or self._beside(every, width, least=_LEAST)
        )

    def _all_headings(self) -> tuple[int, ...]:
        return tuple(self.names.index(name) for name in self.headings)

    def _beside(
        self, above: tuple[int, ...], width: int, *, least: int | None, whole: Collection[str] = ()
    ) -> _Plan | None:
        """Returns the widths of columns beside each other, or None if they do not fit.

        Args:
            above: The columns that are headings.
            width: That of the screen.
            least: As narrow as texts may get; None if they are not cut at all.
            whole: Texts that are not cut.
        """
        shown = tuple(at for at in range(len(self.names)) if at not in above)
        names = [self.names[at] for at in shown]
        values = [max((row[at].cell_len for row in self.rows), default=0) for at in shown]
        full = [cell_len(name) for name in names]
        words = [max(map(cell_len, re.split("(?<=_)| ", name))) for name in names]
        for heads, gap in (
            (full, self.gap),
            (words, self.gap),
            (words, 1),
            ([min(size, _LEAST_HEAD) for size in full], 1),
        ):
            widths = [max(pair) for pair in zip(values, heads, strict=True)]
            floors = [
                size if name in whole else self._floor(name, size, head, least)
                for name, size, head in zip(names, widths, heads, strict=True)
            ]
            room = width - gap * (len(shown) - 1)
            if sum(floors) <= room:
                self._give_way(names, widths, floors, room)
                return _Plan(shown, tuple(widths), gap, above)
        return None

    def _floor(self, name: str, size: int, head: int, least: int | None) -> int:
        if name in self.prose:
            return min(size, max(head, _LEAST_PROSE))
        if name in self.numbers or least is None:
            return size
        return min(size, max(head, least))

    def _give_way(
        self, names: Sequence[str], widths: list[int], floors: Sequence[int], room: int
    ) -> None:
        """Makes the widest narrower until all fit: first words, which are folded, then texts."""
        while sum(widths) > room:
            loose = [at for at, size in enumerate(widths) if size > floors[at]]
            prose = [at for at in loose if names[at] in self.prose]
            widths[max(prose or loose, key=widths.__getitem__)] -= 1

    def _lines(self, console: Console, plan: _Plan, width: int) -> Iterator[Text]:
        heads = [
            _head(self.names[at], room) for at, room in zip(plan.shown, plan.widths, strict=True)
        ]
        yield from self._beside_each_other(heads, plan, style="bold")
        told = ""
        for row in self.rows:
            above = Text("  ").join(row[at] for at in plan.headings)
            if above.plain.strip() and above.plain != told:
                told = above.plain
                yield cut(above, width)
            cells = [
                self._fitted(console, self.names[at], row[at], room)
                for at, room in zip(plan.shown, plan.widths, strict=True)
            ]
            yield from self._beside_each_other(cells, plan)

    def _fitted(self, console: Console, name: str, cell: Text, width: int) -> list[Text]:
        if cell.cell_len <= width:
            return [cell]
        if name in self.prose:
            return list(cell.wrap(console, width))
        return [cut(cell, width, middle=name in self.middle)]

    def _beside_each_other(
        self, cells: Sequence[Sequence[Text]], plan: _Plan, style: str = ""
    ) -> Iterator[Text]:
        for number in range(max(map(len, cells), default=0)):
            line = Text()
            for place, lines in enumerate(cells):
                width = plan.widths[place]
                part = lines[number].copy() if number < len(lines) else Text()
                part.rstrip()
                spaces = " " * max(width - part.cell_len, 0)
                to_right = self.names[plan.shown[place]] in self.numbers
                line.append(" " * plan.gap * (place > 0) + spaces * to_right)
                line.append_text(part)
                line.append(spaces * (not to_right))
            if style:
                line.stylize(style)
            yield line

    def _blocks(self, console: Console, width: int) -> Iterator[Text]:
        """Yields each row as lines of its own, one value below the other."""
        widest = max(cell_len(name) for name in self.names)
        room = max(width - widest - 2 * _GAP, _LEAST)
        for number, row in enumerate(self.rows, start=1):
            yield Text(f"row {number}", style="bold")
            for name, cell in zip(self.names, row, strict=True):
                if not cell.plain:
                    continue
                lines = [cell] if name in self.numbers else self._fitted(console, name, cell, room)
                for at, part in enumerate(lines):
                    head = "" if at else printable(name)
                    yield Text(f"  {head}{' ' * (widest - cell_len(head))}  ") + part


def cut(text: Text, width: int, *, middle: bool = False) -> Text:
    """Returns a text in at most so many columns; a wide letter takes two of them.

    Args:
        text: One line.
        width: The columns.
        middle: Whether its middle is left out, and not its end.
    """
    if text.cell_len <= width:
        return text
    tail = (width - 1) - (width - 1) // 3 if middle else 0
    head, last = 0, len(text.plain)
    while cell_len(text.plain[: head + 1]) <= width - 1 - tail:
        head += 1
    while tail and cell_len(text.plain[last - 1 :]) <= tail:
        last -= 1
    return text[:head] + Text("…") + (text[last:] if tail else Text())


def _head(name: str, width: int) -> list[Text]:
    """Returns a head in lines of at most so many columns, broken between words if possible."""
    lines = [""]
    for part in re.findall(r"[^_ ]*[_ ]|[^_ ]+", printable(name)):
        pieces = chop_cells(part, width)
        if pieces and cell_len(lines[-1] + pieces[0].rstrip(" ")) <= width:
            lines[-1] += pieces.pop(0)
        lines += pieces
    return [Text(line.rstrip(" ")) for line in lines if line.strip()] or [Text()]
