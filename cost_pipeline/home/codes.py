"""The maps of codes of a vendor file: reads their lookup files, and tells what is wrong with them.

Belongs here: `codes` alone. A lookup file is part of its vendor file: what was read of it becomes
the map's table.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from cost_pipeline.contracts.code_maps import CodeMap, ambiguous, doubled
from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.lookups import Table
from cost_pipeline.contracts.problems import Problem as Refused
from cost_pipeline.contracts.record import Record, judge_field
from cost_pipeline.contracts.texts import Reader, reader
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.text import nearest, plain_name
from cost_pipeline.home.dated import each_settings
from cost_pipeline.home.document import Document, Problem, Steps
from cost_pipeline.home.lookup import note, read_table

_Row = Mapping[str, str]


def with_codes(vendor: Vendor, document: Document, home: Path, feed: FeedContract) -> Vendor | None:
    """Returns a vendor whose maps have the tables of their files.

    Args:
        vendor: The vendor as its own file says.
        document: Where it was read from; problems are noted there.
        home: The folder to which names of files are relative.
        feed: What its feed says of records.

    Returns:
        The vendor; None if a file cannot be read as a table, which is then noted.
    """
    every = [_read(one, view, home, feed) for one, view in each_settings(vendor, document)]
    whole = [maps for maps in every if maps is not None]
    if len(whole) < len(every):
        return None
    return vendor.with_codes(whole) if any(whole) else vendor


def _read(
    vendor: Vendor, document: Document, home: Path, feed: FeedContract
) -> tuple[CodeMap, ...] | None:
    """Returns the maps of one of a vendor's settings; None if one cannot be read."""
    found = []
    for place, one in enumerate(vendor.codes):
        at = ("codes", place)
        if not one.file:
            found.append(one)
            continue
        if one.table:
            document.complain(
                (*at, "table"), "the codes are in a `file` and in a `table`", "keep one of the two"
            )
            return None
        table = read_table(one.file, (*at, "file"), document, home)
        if table is None:
            return None
        said = _said(one.fields, vendor, feed)
        rows, problems = _of_file(table, said, one.file)
        note(document, problems)
        if problems:
            return None
        fields = one.fields or table.heading[1:]
        found.append(one.model_copy(update={"table": rows, "fields": fields}))
    return tuple(found)


def check_codes(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    """Notes what is wrong with the maps of a vendor, whose files were read already."""
    owner: dict[str, int] = {}
    for place, one in enumerate(vendor.codes):
        at = ("codes", place)
        for name in one.gives:
            _check_field(name, one, at, vendor, document, feed)
            if owner.setdefault(name, place) != place:
                message = f"`{name}` is given by two maps of codes, and which one counts is unknown"
                document.complain(at, message, "let one of them give it: say so by `fields`")
        _check_source(one, at, vendor, document)
        if not one.file:
            _check_table(one, at, vendor, document, feed)


def _check_field(
    name: str, one: CodeMap, at: Steps, vendor: Vendor, document: Document, feed: FeedContract
) -> None:
    paths = ((*at, key) for key in ("fields", "file", "table"))
    path = next(filter(document.has, paths), at)
    known = _known(vendor, feed)
    measure = feed.shape.measure
    signs = vendor.measure is not None and vendor.measure.currencies
    if name not in known:
        message = f"`{name}` is not a field of a {vendor.record}"
        document.complain(path, message, nearest(name, known))
    elif measure is not None and name == measure.field:
        message = f"`{name}` is counted, and no code stands for it"
        document.complain(path, message, "take it out of the table")
    elif name in vendor.columns:
        message = f"`{name}` has a column of its own and is given by codes too"
        document.complain(path, message, "keep one; `fields` says what codes give")
    elif measure is not None and name == measure.unit and signs:
        message = f"`{name}` is given by signs (`currencies`) and by codes"
        document.complain(path, message, "keep one of the two")
    elif one.fields and not any(name in row for row in one.table.values()):
        message = f"no code of {one.place} says `{name}`"
        document.complain(path, message, nearest(name, _names(one)) if _names(one) else "")


def _names(one: CodeMap) -> set[str]:
    return {name for row in one.table.values() for name in row}


def _known(vendor: Vendor, feed: FeedContract) -> set[str]:
    return feed.kinds[vendor.record].contract.model_fields.keys() - {"vendor"}


def _check_source(one: CodeMap, at: Steps, vendor: Vendor, document: Document) -> None:
    ignored = {plain_name(name) for name in vendor.ignore}
    for place, name in enumerate(one.source):
        path = (*at, "from", place)
        path = path if document.has(path) else (*at, "from")
        refused = vendor.format.refused_name(name)
        if refused is not None:
            message = f"`{name}` cannot be read: {refused}"
            document.complain(path, message, "write the path from the record on")
        if plain_name(name) in ignored:
            message = f"the header `{name}` is both read and ignored"
            document.complain(path, message, "take it out of `ignore:`")


def _check_table(
    one: CodeMap, at: Steps, vendor: Vendor, document: Document, feed: FeedContract
) -> None:
    """Notes what is wrong with a table that is spelled out."""
    base = (*at, "table")
    # As they are written: what a model has read has lost the blanks around them.
    written = [str(path[-1]) for path in document.lines if path[:-1] == base]
    twice = doubled(written)
    if twice is not None:
        message = f"the code `{twice[1]}` is there twice (as `{twice[0]}`): case does not matter"
        document.complain((*base, twice[1]), message, "keep one of the two")
    if (both := ambiguous(one.table)) is not None:
        document.complain((*base, both[1]), *_of_both(both))
    for code, name, message in _wrong_values(one.table, _said(one.fields, vendor, feed)):
        document.complain((*base, code, name), message)


def _of_both(both: tuple[str, str, str]) -> tuple[str, str]:
    message = f"`{both[2]}` fits `{both[0]}` and `{both[1]}`, which say different things"
    return message, "make one of the two patterns narrower"


@dataclass(frozen=True, slots=True)
class _Said:
    """What a map says of a lookup file: which fields of which contract are read of it, and how."""

    fields: tuple[str, ...]
    contract: type[Record]
    readers: tuple[tuple[str, Reader], ...]


def _said(fields: tuple[str, ...], vendor: Vendor, feed: FeedContract) -> _Said:
    contract = feed.kinds[vendor.record].contract
    return _Said(fields, contract, tuple(feed.readers(vendor).items()))


# A home is read at each step and each tick of a sensor, mostly with the same files as before.
@functools.lru_cache(maxsize=32)
def _of_file(table: Table, said: _Said, file: str) -> tuple[dict[str, _Row], tuple[Problem, ...]]:
    """Returns the codes of a file, and what is wrong with it."""
    heading = table.heading[1:]
    told = [Problem(file, 1, *words) for words in _wrong_heading(heading, said)]
    if told:
        return {}, tuple(told)
    rows: dict[str, _Row] = {}
    lines: dict[str, int] = {}
    for line, (code, *cells) in table.rows:
        first = lines.setdefault(plain_name(code), line)
        if not code:
            told.append(Problem(file, line, "the row has no code", "add it"))
        elif first != line:
            message = f"the code `{code}` is there twice (first in line {first})"
            told.append(Problem(file, line, message, "keep one of the two"))
        row = dict(zip(heading, cells, strict=True))
        rows[code] = {name: row[name] for name in said.fields or heading}
    if not rows:
        message = "has a heading and no codes"
        told.append(Problem(file, 1, message, "add a row for each code"))
    if (both := ambiguous(rows)) is not None:
        told.append(Problem(file, lines[plain_name(both[1])], *_of_both(both)))
    for code, _, message in _wrong_values(rows, said):
        told.append(Problem(file, lines[plain_name(code)], message))
    return rows, tuple(told)


def _wrong_heading(heading: Sequence[str], said: _Said) -> Iterator[tuple[str, str]]:
    """Yields message and remedy of what is wrong with the headings behind that of the codes."""
    known = said.contract.model_fields.keys() - {"vendor"}
    if not heading:
        yield "has one column, and its codes stand for nothing", "head another one by a field"
    for name in heading:
        if not said.fields and name not in known:
            message = f"the heading `{name}` is not a field of a {said.contract.kind}"
            yield message, f"{nearest(name, known)}; or say by `fields` which columns are read"
    for name in said.fields:
        if name not in heading:
            yield f"no heading is `{name}`, which `fields` asks for", nearest(name, heading)


def _wrong_values(table: Mapping[str, _Row], said: _Said) -> Iterator[tuple[str, str, str]]:
    """Yields code, field and message of values that their own field refuses."""
    told: dict[tuple[str, str], str | None] = {}
    for code, row in table.items():
        for name, text in row.items():
            if name not in said.contract.model_fields or not text.strip():
                continue
            if (name, text) not in told:
                told[name, text] = _refused(said, name, text)
            message = told[name, text]
            if message is not None:
                yield code, name, f"`{name}` of the code `{code}` cannot be `{text}`: {message}"


def _refused(said: _Said, name: str, text: str) -> str | None:
    info = said.contract.model_fields[name]
    # Numbers and dates are read by the vendor's own style; validate does that.
    if parts(info).base in {Decimal, date}:
        return None
    read = dict(said.readers).get(name) or reader(info)
    value = text.strip() if read is None else read(name, text.strip())
    found = value if isinstance(value, Refused) else judge_field(said.contract, name, value)
    return found.message if isinstance(found, Refused) else None
