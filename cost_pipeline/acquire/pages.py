"""What paging needs to know of a page: how many items it has, and whether it says there are more.

Nothing here interprets an item; that begins in `parse`, on the landed bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cost_pipeline.contracts.vendor import FileFormat, FormatKind, JsonFormat, Pages


@dataclass(frozen=True, slots=True)
class PageFacts:
    """A page's number of items, and whether another page is to be asked for."""

    items: int
    goes_on: bool


def look(file: Path, form: FileFormat, pages: Pages) -> PageFacts | str:
    """The facts of a page, or why they cannot be told.

    The last page is the one that is empty, whose `more` key is false, null, empty or absent, or
    that has fewer items than were asked for.
    """
    if not isinstance(form, JsonFormat):
        with file.open("rb") as opened:
            lines = sum(1 for line in opened if line.strip())
        items = lines if form.kind is FormatKind.JSONL else max(0, lines - 1)
        return PageFacts(items, _goes_on(items, pages, more=None))
    try:
        # Numbers are only told from zero: nothing here computes, and no length of digits costs.
        content = json.loads(file.read_bytes(), parse_float=_nonzero, parse_int=_nonzero)
    except (ValueError, RecursionError):
        return "is not JSON; the page is incomplete or not what the vendor file says"
    records = _at(content, form.records)
    if not isinstance(records, list):
        where = f"at `{form.records}`" if form.records else "at its top level"
        return f"has no list of records {where}: mend `records:` in the vendor file"
    more = _at(content, pages.more) if pages.more else None
    return PageFacts(len(records), _goes_on(len(records), pages, more=more))


def _goes_on(items: int, pages: Pages, *, more: object) -> bool:
    if items == 0:
        return False
    if pages.more:
        return bool(more)
    return pages.size is None or items >= pages.size


def _at(content: object, path: str) -> object:
    for step in path.split(".") if path else ():
        if not isinstance(content, Mapping):
            return None
        content = content.get(step)
    return content


def _nonzero(text: str) -> bool:
    return text.strip("-0.") != ""
