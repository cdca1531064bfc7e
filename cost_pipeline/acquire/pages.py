"""What paging needs to know of a page, and where the next one is.

Nothing here interprets an item; that begins in `parse`, on the landed bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from yarl import URL

from cost_pipeline.contracts.formats import (
    CsvFormat,
    FileFormat,
    FixedWidthFormat,
    FormatKind,
    JsonFormat,
    LayoutFormat,
)
from cost_pipeline.contracts.paths import list_steps
from cost_pipeline.contracts.sources import (
    CursorPages,
    HttpSource,
    Incremental,
    LinkPages,
    NoPages,
    NumberedPages,
    OffsetPages,
    Pages,
)

_MOST_PAGE: Final = 256 << 20
_GZIP: Final = b"\x1f\x8b"
_NO_INCREMENT: Final = ""


class _Number(str):
    """A number as its digits: nothing here computes with it, so a very long one costs nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self.strip("-0.") != ""


def _unpacked(content: bytes) -> bytes:
    """Returns a page, unpacked if it is gzip; at most `_MOST_PAGE` bytes of it."""
    if not content.startswith(_GZIP):
        return content
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, _MOST_PAGE)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What a page says.

    Attributes:
        items: How many items the page has.
        more: What its key for "there is more" holds; None if the vendor file names no such key.
        next: The cursor or address of the next page; empty if the page has none.
        total: How many items there are in all; None if the page does not say.
        increment: The value for the next pull; empty if there is none.
    """

    items: int
    more: bool | None = None
    next: str = ""
    total: int | None = None
    increment: str = ""


def look(file: Path, form: FileFormat, source: HttpSource) -> PageFacts | str:
    """Returns the facts of a page, or what is wrong with it. Reads a page of JSON into memory."""
    if form.kind is FormatKind.JSONL:
        return _look_at_lines(file, source.incremental)
    if isinstance(form, CsvFormat):
        return _look_at_rows(file, form)
    if not isinstance(form, JsonFormat):
        headed = not isinstance(form, FixedWidthFormat | LayoutFormat)
        with _opened(file) as opened:
            return PageFacts(max(0, sum(1 for line in opened if line.strip()) - headed))
    return _look_at_json(file, form, source)


def _look_at_json(file: Path, form: JsonFormat, source: HttpSource) -> PageFacts | str:
    if file.stat().st_size > _MOST_PAGE:
        return f"is a page of more than {_MOST_PAGE:,} bytes: ask for smaller ones (`size:`)"
    content = _json(_unpacked(file.read_bytes()))
    if isinstance(content, _NotJson):
        return "is not JSON; the page is incomplete or not what the vendor file says"
    records = _steps_of(content, list_steps(form.records)[0])
    if not isinstance(records, list):
        where = f"at `{form.records}`" if form.records else "at its top level"
        return f"has no list of records {where}: mend `records:` in the vendor file"
    return _facts(content, records, source)


def _look_at_rows(file: Path, form: CsvFormat) -> PageFacts | str:
    """Counts the rows of a CSV as its reader does: a quoted cell may hold line ends."""
    try:
        with _opened(file) as opened:
            # Cells are not looked at, so an encoding that does not fit does no harm.
            text = io.TextIOWrapper(opened, form.encodings[0], errors="replace", newline="")
            rows = csv.reader(text, delimiter=form.delimiter)
            filled = sum(1 for row in rows if any(cell.strip() for cell in row))
    except csv.Error as error:
        return f"has rows that cannot be counted ({error}), so the next page is not known"
    return PageFacts(max(0, filled - (form.header == "first")))


def _opened(file: Path) -> BinaryIO:
    """Opens a page, unpacked if it is gzip."""
    with file.open("rb") as opened:
        packed = opened.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(file)) if packed else file.open("rb")


def _facts(content: object, records: list[object], source: HttpSource) -> PageFacts | str:
    pages = source.pages
    more = getattr(pages, "more", None)
    following = getattr(pages, "next", None)
    total = _at(content, pages.total) if not isinstance(pages, NoPages) and pages.total else None
    if total is not None and not (isinstance(total, _Number) and total.isdigit()):
        return "has a total that is no whole number: mend `total:` in the vendor file"
    found = _at(content, following) if following else None
    return PageFacts(
        items=len(records),
        more=bool(_at(content, more)) if more else None,
        next=str(found) if found and isinstance(found, str) else "",
        total=int(str(total)[:18]) if total is not None else None,
        increment=_increment(content, records, source.incremental),
    )


def _look_at_lines(file: Path, incremental: Incremental | None) -> PageFacts | str:
    items, increment = 0, _NO_INCREMENT
    with _opened(file) as opened:
        for line in opened:
            if not line.strip():
                continue
            items += 1
            if incremental:
                item = _json(line)
                if isinstance(item, _NotJson):
                    return f"is not JSON in line {items:,}"
                increment = _largest(
                    (increment, _increment(item, [item], incremental)), incremental
                )
    return PageFacts(items, increment=increment)


def _increment(content: object, records: list[object], incremental: Incremental | None) -> str:
    if incremental is None:
        return _NO_INCREMENT
    if incremental.answer:
        found = _at(content, incremental.answer)
        return str(found) if isinstance(found, str) else _NO_INCREMENT
    values = (_at(record, incremental.field or "") for record in records)
    return _largest((str(value) for value in values if isinstance(value, str)), incremental)


def _largest(values: Iterable[str], incremental: Incremental) -> str:
    if incremental.order == "number":
        numbers = [int(value) for value in values if value.lstrip("-").isdigit()]
        return str(max(numbers)) if numbers else _NO_INCREMENT
    return max(values, default=_NO_INCREMENT)


def further(before: str, found: str, incremental: Incremental) -> str:
    """Returns how far the vendor was read, after a page that got as far as `found`."""
    if incremental.answer:
        return found or before
    return _largest((before, found), incremental)


def first_address(url: URL, pages: Pages) -> URL:
    """Returns the address of the first page."""
    asked: dict[str, str] = {}
    if isinstance(pages, NumberedPages):
        asked[pages.page_parameter] = str(pages.first)
    elif isinstance(pages, OffsetPages):
        asked[pages.offset_parameter] = str(pages.first)
    if not isinstance(pages, NoPages) and pages.size_parameter and pages.size:
        asked[pages.size_parameter] = str(pages.size)
    return url.update_query(asked)


def next_address(
    at: URL, pages: Pages, facts: PageFacts, link: str, before: int = 0
) -> URL | str | None:
    """Returns the next page's address, None after the last one, or what is wrong with the address.

    The last of numbered pages is the one whose `more` key is false, null, empty or absent, or with
    which there are as many items as `total` says. Where the vendor file names neither key, the last
    page is the empty one, because a server may give fewer items a page than it was asked for.

    Args:
        at: This page's address.
        pages: How the API pages.
        facts: What this page says.
        link: The address in its Link header; empty if it has none.
        before: How many items the pages before it had.
    """
    if isinstance(pages, NumberedPages):
        step, parameter = 1, pages.page_parameter
    elif isinstance(pages, OffsetPages):
        step, parameter = facts.items, pages.offset_parameter
    elif isinstance(pages, CursorPages):
        return at.update_query({pages.cursor_parameter: facts.next}) if facts.next else None
    elif isinstance(pages, LinkPages):
        return _linked(at, facts.next if pages.next else link)
    else:
        return None
    if not _goes_on(facts, before):
        return None
    return at.update_query({parameter: str(int(at.query[parameter]) + step)})


def _goes_on(facts: PageFacts, before: int) -> bool:
    if facts.items == 0:
        return False
    if facts.more is not None:
        return facts.more
    return facts.total is None or before + facts.items < facts.total


def _linked(at: URL, text: str) -> URL | str | None:
    if not text:
        return None
    try:
        address = at.join(URL(text))
    except ValueError:
        return "names a next page whose address is no address"
    if address.origin() != at.origin():
        return (
            f"names a next page on another server ({address.origin()}): it is not asked, because "
            "it would be sent this vendor's credentials"
        )
    return address.with_fragment(None)


class _NotJson:
    pass


def _json(text: bytes) -> object:
    try:
        return json.loads(text, parse_float=_Number, parse_int=_Number)
    except (ValueError, RecursionError):
        return _NotJson()


def _at(content: object, path: str) -> object:
    return _steps_of(content, path.split(".") if path else ())


def _steps_of(content: object, steps: Sequence[str]) -> object:
    for step in steps:
        if not isinstance(content, Mapping):
            return None
        content = content.get(step)
    return content
