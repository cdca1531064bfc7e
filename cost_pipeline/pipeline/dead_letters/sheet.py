"""The columns of the workbook that goes out with dead letters and comes back with corrections.

Belongs here: what export and import must agree on: names of columns, which fields a kind of record
has, and the mark by which a row that nobody touched is known.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args, get_origin

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.formats import TYPED, CsvFormat
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.vendor import Negatives, Vendor
from cost_pipeline.core.canonical import sql_digest, sql_field
from cost_pipeline.core.text import BLANKS

VENDOR: Final = "Vendor"
FILE: Final = "File"
ROW: Final = "Row in file"
WRONG: Final = "What is wrong"
REMEDY: Final = "What to do"
RECEIVED: Final = "As received"
REFERENCE: Final = "Reference"
EXPORTED: Final = "As exported"
KIND: Final = "Record"

_WHY: Final = "Why: "
_EXPLAINING: Final = frozenset({FILE, WRONG, REMEDY, RECEIVED, KIND})

IDENTITY: Final = (VENDOR, ROW, REFERENCE, EXPORTED)
"""The columns that an import needs besides those of the fields."""


def label(feed: FeedContract, field: str) -> str:
    """Returns the header of a field's column."""
    words = re.sub(r"(?<=[a-z])(?=[0-9])|_", " ", field)
    return feed.labels.get(field, words.capitalize())


def why(feed: FeedContract, field: str) -> str:
    """Returns the header of the column that says what is wrong with a field."""
    return f"{_WHY}{label(feed, field)}"


def only_explains(name: str) -> bool:
    """Whether a column was written for people to read, and says nothing when it comes back."""
    return name in _EXPLAINING or name.startswith(_WHY)


def words_to_choose(feed: FeedContract) -> dict[str, tuple[str, ...]]:
    """Returns the fields that hold one of a few words, and the words."""
    found: dict[str, tuple[str, ...]] = {}
    for kind in feed.kinds.values():
        for name in feed.fields_of(kind.contract.kind):
            base = parts(kind.contract.model_fields[name]).base
            if get_origin(base) is Literal:
                found[name] = get_args(base)
    return found


def cells_in(rows: pa.Table, field: str) -> pa.ChunkedArray | pa.Array:
    """Returns the cells of a field, the column `f_<field>`; all null if there is none."""
    name = f"f_{field}"
    if name in rows.column_names:
        return rows[name]
    return pa.nulls(rows.num_rows, pa.string())


def marks_of(feed: FeedContract, references: pa.ChunkedArray, rows: pa.Table) -> pa.ChunkedArray:
    """Returns the mark of each row, from its reference and its columns `f_<field>`, stripped.

    A row whose mark is still that of its cells was not touched. One without any cell of the fields
    that share a column has the mark that it would have without those fields: workbooks come back
    after months, and may be older than a kind of record.
    """
    given = {"reference": references}
    names = feed.shape.names
    shared = [name for name in feed.fields if name not in names]
    there = [name for name in shared if f"f_{name}" in rows.column_names]
    for name in (*names, *there):
        texts = pc.utf8_trim(cells_in(rows, name), characters=BLANKS)
        given[f"f_{name}"] = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    mark = _mark_sql("exported", names)
    if there:
        empty = f"coalesce({', '.join(f'f_{name}' for name in there)}) is null"
        given |= {f"f_{n}": pa.nulls(rows.num_rows, pa.string()) for n in {*shared} - {*there}}
        columns = {kind.packed.column for kind in feed.kinds.values() if kind.packed}
        tag = f"exported {' '.join(sorted(columns))}"
        mark = f"if({empty}, {mark}, {_mark_sql(tag, (*names, *shared))})"
    made = query(f"select {mark} as mark from rows", rows=pa.table(given))
    return pc.utf8_slice_codeunits(made["mark"], 0, 16)


def _mark_sql(tag: str, fields: tuple[str, ...]) -> str:
    return sql_digest(tag, [sql_field("reference"), *(sql_field(f"f_{name}") for name in fields)])


def corrected_vendor(feed: FeedContract, vendor: Vendor) -> Vendor:
    """Returns the vendor as its corrections are read: its contract, key and styles, our columns.

    A number goes out with its sign and a day in full, wherever the vendor wrote their parts.

    Constants of the vendor file stand in the sheet as cells, so that people see them and may
    change them for one row.
    """
    return vendor.model_copy(
        update={
            "columns": {name: (label(feed, name),) for name in feed.fields_of(vendor.record)},
            "codes": (),
            "constants": {},
            "ignore": (),
            "format": _PLAIN,
            "dates": vendor.dates.by_itself(iso=vendor.format.kind in TYPED),
            **_signed(vendor),
        }
    )


def _signed(vendor: Vendor) -> dict[str, object]:
    """Returns the style of numbers that say all by themselves."""
    if vendor.measure is None:
        return {}
    numbers = vendor.numbers
    signs = (*numbers.symbols, *vendor.measure.currencies)
    ways = (*numbers.negatives, Negatives.LEADING)
    style = {"symbols": tuple(dict.fromkeys(signs)), "negatives": tuple(dict.fromkeys(ways))}
    return {"measure": None, "numbers": numbers.model_copy(update=style)}


_PLAIN: Final = CsvFormat()
