"""The columns of the workbook that goes out with dead letters and comes back with corrections.

Belongs here: what export and import must agree on: names of columns, which fields a kind of record
has, and the mark by which a row that nobody touched is known.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.tables import COST_FIELDS
from cost_pipeline.contracts.vendor import RecordKind, Vendor
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

IDENTITY: Final = (VENDOR, ROW, REFERENCE, EXPORTED)
"""The columns that an import needs besides those of the fields."""

_SPECIAL: Final = {
    "gl_code": "GL code",
    "po_number": "PO number",
    "tax_id": "Tax id",
    "vendor_name": "Supplier",
    "department_code": "Department",
}

FIELDS: Final = tuple(entry.name for entry in COST_FIELDS)
"""Every field that a kind of record may have, in the order of the sheets."""


def label(field: str) -> str:
    """The header of a field's column."""
    return _SPECIAL.get(field, field.replace("_", " ").capitalize())


def why(field: str) -> str:
    """The header of the column that says what is wrong with a field."""
    return f"Why: {label(field)}"


def fields_of(kind: RecordKind) -> tuple[str, ...]:
    """The fields of a kind of record."""
    return tuple(name for name in FIELDS if name in CONTRACTS[kind].model_fields)


def marks_of(references: pa.ChunkedArray, rows: pa.Table) -> pa.ChunkedArray:
    """The mark of every row: of its reference and its columns `f_<field>`, outer blanks left out.

    A row whose mark is still that of its cells was not touched.
    """
    given = {"reference": references}
    for name in FIELDS:
        texts = pc.utf8_trim(rows[f"f_{name}"], characters=BLANKS)
        given[f"f_{name}"] = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    made = query(f"select {_exported_sql()} as mark from rows", rows=pa.table(given))
    return pc.utf8_slice_codeunits(made["mark"], 0, 16)


def _exported_sql() -> str:
    return sql_digest(
        "exported", [sql_field("reference"), *(sql_field(f"f_{name}") for name in FIELDS)]
    )


def corrected_vendor(vendor: Vendor) -> Vendor:
    """The vendor as its corrections are read: the same contract, key and styles, our columns.

    Constants of the vendor file stand in the sheet as cells, so that people see them and may
    change them for one row.
    """
    return vendor.model_copy(
        update={
            "columns": {name: (label(name),) for name in fields_of(vendor.record)},
            "constants": {},
            "ignore": (),
            "format": _PLAIN,
        }
    )


_PLAIN: Final = CsvFormat()
