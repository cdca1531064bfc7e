"""Vendors and chunks for the validator's tests, made by hand: parsing has tests of its own."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pytest

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rules import NO_RULES
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState

DELIVERY = "0123456789ab" + "0" * 52
PULL_DATE = date(2026, 4, 1)
PRODUCTIONS = Productions.model_validate(
    {"productions": {code: {"title": code, "base_currency": "USD"} for code in ("P100", "P200")}}
)
VENDOR = {
    "vendor": "harbour",
    "production": "P100",
    "record": "vendor_invoice",
    "source": {"kind": "folder", "path": "inbox"},
    "format": {"kind": "csv"},
    "dates": ["%d/%m/%Y"],
    "numbers": {
        "thousands": ",",
        "symbols": ["£"],
        "negatives": ["leading", "trailing", "parentheses"],
    },
    "key": ["transaction_id"],
    "columns": {
        "transaction_id": ["Number", "No"],
        "transaction_date": ["Date"],
        "amount": ["Net"],
        "description": ["Text"],
    },
    "constants": {"currency": "GBP", "department_code": "2000", "gl_code": "2000-01"},
}


@dataclass(frozen=True)
class Chunk:
    table: pa.Table
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    records: pa.Table
    dead_letters: pa.Table
    in_columns: int
    state: DeliveryState

    @property
    def reasons(self):
        rows = self.dead_letters.to_pylist()
        return {row["row"]: row["reasons"] for row in rows}


def _chunk(rows, columns, *, first=1, malformed=None):
    """Rows as tuples of cells (None: no such key); `malformed` by row number."""
    numbers = list(range(first, first + len(rows)))
    table = {
        "row": pa.array(numbers, pa.int64()),
        "line": pa.array([number + 1 for number in numbers], pa.int64()),
        "text": pa.array([",".join("" if c is None else c for c in row) for row in rows]),
        "malformed": pa.array([(malformed or {}).get(n) for n in numbers], pa.string()),
    }
    for place in range(len(columns)):
        table[f"c{place}"] = pa.array([row[place] for row in rows], pa.string())
    return Chunk(pa.table(table), tuple(columns))


def _validate(chunks, vendor, *, lanes="both", proofs=None, productions=PRODUCTIONS, own=NO_RULES):
    state = DeliveryState()
    compiled = compile_interpreter(
        vendor,
        COST_CONTRACT,
        productions.productions,
        chunks[0].columns,
        proofs=proofs,
        own=own,
    )
    parts = [
        validate_chunk(
            chunk, compiled, delivery=DELIVERY, pull_date=PULL_DATE, state=state, lanes=lanes
        )
        for chunk in chunks
    ]
    return Outcome(
        pa.concat_tables([part.records for part in parts]),
        pa.concat_tables([part.dead_letters for part in parts]),
        sum(part.in_columns for part in parts),
        state,
    )


@pytest.fixture(scope="session")
def make_vendor():
    return lambda **changes: CostVendor.model_validate({**VENDOR, **changes})


@pytest.fixture(scope="session")
def make_chunk():
    return _chunk


@pytest.fixture(scope="session")
def validate():
    return _validate


@pytest.fixture(scope="session")
def productions():
    return PRODUCTIONS


@pytest.fixture(scope="session")
def delivery():
    return DELIVERY
