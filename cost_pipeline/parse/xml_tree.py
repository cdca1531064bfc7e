"""Elements of an XML document, found while it streams by.

Belongs here: the parser's events, the elements of a record and of what holds it as small trees, and
their text verbatim. `xml_records` decides which of their parts are cells. The document is read as
UTF-8, whatever it says: its encoding has been dealt with before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from cost_pipeline.contracts.paths import folded
from cost_pipeline.parse.rows import Limits
from cost_pipeline.parse.xml_parts import local, new_parser

_MOST_SHOWN: Final = 10
_TAG: Final = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_NAMESPACE: Final = re.compile(r"xmlns(:|$)")


class BrokenXmlError(Exception):
    """Text that is no XML, or none that is read, from a line on. Does not leave this package."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class DoctypeError(Exception):
    """A document with a document type (DTD). Does not leave this package."""


@dataclass(slots=True, eq=False)
class Element:
    """An element with all that is in it.

    Attributes:
        name: The name without its prefix.
        attributes: The attributes by name, with prefixes; namespaces are left out.
        start: Where its start tag begins, in bytes of the document.
        texts: The text directly in it.
        children: In order.
        end: Where it ends.
        source: All of it, verbatim; only the outermost element of a tree has it.
    """

    name: str
    attributes: dict[str, str]
    start: int
    texts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)
    end: int = 0
    source: bytes = b""

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(self.texts)


@dataclass(frozen=True, slots=True)
class Found:
    """A record, or something that should hold records and held none.

    Attributes:
        element: The record; None for a holder.
        line: Where it begins.
        text: Its text, verbatim; for a holder, its start tag.
        holders: The number of each element that holds it, from 0, the root first; a holder has its
            own number as the last.
    """

    element: Element | None
    line: int
    text: str
    holders: tuple[int, ...]


@dataclass(slots=True)
class _Holder:
    """An open element on the way to records."""

    element: Element
    line: int
    tag: str
    filled: bool = False


class Scan:
    """One reading of a document.

    Args:
        steps: The names on the way to a record.
        limits: The bounds.
        keep: For which holders (by depth, the root is 0) their own fields are kept.
    """

    def __init__(self, steps: Sequence[str], limits: Limits, keep: frozenset[int]) -> None:
        self._steps = [folded(step) for step in steps]
        self._limits = limits
        self._keep = keep
        self._parser = new_parser("utf-8", DoctypeError())
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._held = bytearray()
        self._base = 0
        self._depth = self._matched = 0
        self._building: list[Element] = []
        self._line = 1
        self._numbers = [-1] * (len(steps) - 1)
        self._found: list[Found] = []
        self._open: list[_Holder] = []
        self.holders: dict[tuple[int, int], Element] = {}
        """What is kept of each holder that is complete, by depth and number."""
        self.seen: list[dict[str, None]] = [{} for _ in steps]
        """Some of the names that were there, by depth."""

    def run(self, pieces: Iterable[bytes]) -> Iterator[Found]:
        """Yields what is found, in order.

        Raises:
            BrokenXmlError: If the document is broken, with the line from which on it is.
            DoctypeError: If it has a document type.
        """
        error: expat.ExpatError | None = None
        try:
            for piece in pieces:
                self._held += piece
                self._parser.Parse(piece, False)  # noqa: FBT003 - expat takes no keyword
                yield from self._drained()
            self._parser.Parse(b"", True)  # noqa: FBT003 - as above
        except expat.ExpatError as raised:
            error = raised
        yield from self._drained()
        if error is not None:
            what = expat.ErrorString(error.code)
            raise BrokenXmlError(what, error.lineno)

    def _drained(self) -> Iterator[Found]:
        found, self._found = self._found, []
        yield from found
        done = max(self._parser.CurrentByteIndex, 0)
        needed = self._building[0].start if self._building else done
        if (
            self._base + len(self._held) - needed
            > self._limits.line_bytes + self._limits.block_bytes
        ):
            what = f"an element has more than {self._limits.line_bytes} bytes"
            raise BrokenXmlError(what, self._parser.CurrentLineNumber)
        drop = min(needed, done) - self._base
        if drop > 0:
            del self._held[:drop]
            self._base += drop

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        plain, depth = local(name), self._depth
        self._depth += 1
        if self._building:
            element = self._element(plain, attributes)
            self._building[-1].children.append(element)
            self._building.append(element)
            return
        if self._matched < depth:
            return
        if len(self.seen[depth]) < _MOST_SHOWN:
            self.seen[depth][plain] = None
        if folded(plain) != self._steps[depth]:
            if depth - 1 in self._keep:
                element = self._element(plain, attributes)
                self._open[-1].element.children.append(element)
                self._building.append(element)
            return
        self._matched = depth + 1
        if self._open:
            self._open[-1].filled = True
        element, self._line = self._element(plain, attributes), self._parser.CurrentLineNumber
        if self._matched == len(self._steps):
            self._building.append(element)
        else:
            self._numbers[depth] += 1
            tag = _TAG.match(self._held, element.start - self._base)
            text = tag[0].decode() if tag else f"<{name}>"
            self._open.append(_Holder(element, self._line, text))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._building:
            element = self._building.pop()
            element.end = self._end_of(element, self._parser.CurrentByteIndex)
            if not self._building:
                start, end = element.start - self._base, element.end - self._base
                element.source = bytes(self._held[start:end])
                self._close_record(element)
        elif self._matched > self._depth:
            self._matched = self._depth
            self._close_holder()

    def _close_record(self, element: Element) -> None:
        """Hands on a record, if that is what was built."""
        if self._matched == len(self._steps):
            self._matched -= 1
            text = element.source.decode()
            self._found.append(Found(element, self._line, text, tuple(self._numbers)))

    def _close_holder(self) -> None:
        holder, depth = self._open.pop(), self._depth
        if depth in self._keep:
            self.holders[depth, self._numbers[depth]] = holder.element
        if not holder.filled:
            numbers = tuple(self._numbers[: depth + 1])
            self._found.append(Found(None, holder.line, holder.tag, numbers))

    def _data(self, text: str) -> None:
        if self._building:
            self._building[-1].texts.append(text)
        elif self._open and self._matched == self._depth and self._depth - 1 in self._keep:
            self._open[-1].element.texts.append(text)

    def _element(self, name: str, attributes: dict[str, str]) -> Element:
        own = {key: text for key, text in attributes.items() if not _NAMESPACE.match(key)}
        return Element(name, own, self._parser.CurrentByteIndex)

    def _end_of(self, element: Element, index: int) -> int:
        """Returns where an element ends, given the index at which the parser tells of its end.

        For `<a/>` the index is behind the element, for `<a></a>` it is before the end tag.
        """
        at = index - self._base
        if not element.children and not element.texts and self._held[at - 2 : at] == b"/>":
            return index
        return self._base + self._held.index(b">", at) + 1
