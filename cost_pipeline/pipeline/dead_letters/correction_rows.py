"""A correction as rows: read from the bytes alone, before anybody asks what they answer.

Belongs here: which columns there must be, which rows nobody touched, and what a cell that was typed
as a date or a number says in its vendor's own style.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import MarkedSheet, ParsedChunk, Refused, ValueKind, read_marked
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.quarantine.formulas import original

_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CorrectionRows:
    """The rows of a correction, numbered over all its sheets.

    Attributes:
        table: `row`, `line`, `text`, `malformed`, `reference`, `exported`, `vendor`, `source_row`,
            and `f_<field>` for every field of any of its sheets; all but the first two are strings.
        touched: Per row, whether anything was changed since it was exported.
        kinds: Row number to field to what the number in its cell means.
        container: `xlsx` or `csv`.
    """

    table: pa.Table
    touched: pa.Array
    kinds: Mapping[int, Mapping[str, ValueKind]]
    container: str


def read_correction(feed: FeedContract, path: Path) -> CorrectionRows | Refused:
    """Returns the rows of a landed correction, or why it is not one."""
    sheets = read_marked(path, sheet.REFERENCE, unread=sheet.only_explains)
    if isinstance(sheets, Refused):
        return sheets
    for one in sheets:
        missing = _missing(feed, one)
        if missing is not None:
            words = f"the sheet {one.name!r}" if one.name else "the file"
            message = f"{words} lacks the column {missing!r}: export again and copy into that"
            return Refused(Reason.SCHEMA_DRIFT, message)
    heads = {name for one in sheets for name in one.header}
    fields = [field for field in feed.fields if sheet.label(feed, field) in heads]
    tables = [_renamed(feed, one, fields) for one in sheets]
    whole = pa.concat_tables(tables).combine_chunks()
    numbers = pa.array(range(1, whole.num_rows + 1), pa.int64())
    whole = whole.add_column(0, "row", numbers)
    marks = sheet.marks_of(feed, whole["reference"], whole)
    same = pc.fill_null(pc.equal(marks, whole["exported"]), False)  # noqa: FBT003
    untouched = pc.and_(same, pc.is_null(whole["malformed"]))
    return CorrectionRows(
        whole, pc.invert(untouched), _kinds(feed, sheets), "xlsx" if sheets[0].name else "csv"
    )


def _missing(feed: FeedContract, one: MarkedSheet) -> str | None:
    """Returns a column that the sheet must have and lacks; None if it is complete."""
    header = set(one.header)
    for name in sheet.IDENTITY:
        if name not in header:
            return name
    lacks = [
        [head for name in feed.fields_of(kind) if (head := sheet.label(feed, name)) not in header]
        for kind in feed.kinds
    ]
    closest = min(lacks, key=len)
    return closest[0] if closest else None


def _renamed(feed: FeedContract, one: MarkedSheet, fields: Sequence[str]) -> pa.Table:
    table = one.table
    # The first three are read by place: a column of the sheet may have one of their names.
    columns = {
        name: table.column(place) for place, name in enumerate(("line", "text", "malformed"))
    }
    cells = {name: table.column(3 + place) for place, name in enumerate(one.header)}
    if not one.name:
        cells = {name: original(column) for name, column in cells.items()}
    for name, head in (
        ("reference", sheet.REFERENCE),
        ("exported", sheet.EXPORTED),
        ("vendor", sheet.VENDOR),
        ("source_row", sheet.ROW),
    ):
        columns[name] = pc.utf8_trim_whitespace(cells[head])
    for field in fields:
        absent = pa.nulls(table.num_rows, pa.string())
        columns[f"f_{field}"] = cells.get(sheet.label(feed, field), absent)
    return pa.table(columns)


def _kinds(feed: FeedContract, sheets: list[MarkedSheet]) -> dict[int, dict[str, ValueKind]]:
    fields = {sheet.label(feed, field): field for field in feed.fields}
    found: dict[int, dict[str, ValueKind]] = {}
    before = 1
    for one in sheets:
        for (place, name), kind in one.kinds.items():
            if name in fields:
                found.setdefault(before + place, {})[fields[name]] = kind
        before += one.table.num_rows
    return found


def in_style_of(
    feed: FeedContract, vendor: Vendor, rows: pa.Table, kinds: Mapping[int, Mapping[str, ValueKind]]
) -> pa.Table:
    """Returns the rows with real dates and numbers written as the vendor would write them.

    A typed cell says exactly one day or one number, so nothing is guessed; a text stays as it is
    and is read in the vendor's declared style.
    """
    numbers = rows["row"].to_pylist()
    if not any(number in kinds for number in numbers):
        return rows
    for field, info in feed.kinds[vendor.record].contract.model_fields.items():
        base = parts(info).base
        if base not in {Decimal, date} or f"f_{field}" not in rows.column_names:
            continue
        texts = rows[f"f_{field}"].to_pylist()
        for place, number in enumerate(numbers):
            kind, text = kinds.get(number, {}).get(field), texts[place]
            if kind is None or text is None:
                continue
            if base is Decimal and kind is ValueKind.NUMBER:
                texts[place] = text.replace(".", vendor.numbers.decimal)
            elif base is date and (day := _ISO_DAY.fullmatch(text)):
                texts[place] = _written(date(*map(int, day.groups())), vendor.dates.written_form)
        place = rows.column_names.index(f"f_{field}")
        rows = rows.set_column(place, f"f_{field}", pa.array(texts, pa.string()))
    return rows


def as_chunk(feed: FeedContract, vendor: Vendor, rows: pa.Table) -> ParsedChunk:
    """Returns rows of a correction as the chunk of a delivery with the sheet's columns."""
    fields = feed.fields_of(vendor.record)
    columns = [rows[name] for name in ("row", "line", "text", "malformed")]
    columns += [sheet.cells_in(rows, name) for name in fields]
    names = ["row", "line", "text", "malformed", *(f"c{n}" for n in range(len(fields)))]
    return ParsedChunk(
        pa.Table.from_arrays(columns, names).combine_chunks(),
        tuple(sheet.label(feed, name) for name in fields),
    )


def _written(day: date, form: str) -> str:
    month = _MONTHS[day.month - 1]
    parts = {
        "%d": f"{day.day:02d}", "%m": f"{day.month:02d}", "%Y": f"{day.year:04d}",
        "%y": f"{day.year % 100:02d}", "%b": month[:3], "%B": month, "%%": "%",
    }  # fmt: skip
    return re.sub("%.", lambda directive: parts.get(directive[0], directive[0]), form)
