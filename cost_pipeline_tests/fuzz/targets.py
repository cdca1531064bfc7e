"""What is fuzzed: formats and corrections, from bytes to verdicts, with seeds that are lawful.

A target takes any bytes. It may refuse them or read them, and must account for every row it read:
numbered without gaps, with cells or the reason why there are none, and in the end a record or a
dead letter. Any other ending than that, or one of the product's own clear errors, is a finding.
"""

from __future__ import annotations

import functools
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse import Limits, ParsedChunk, Refused, open_rows
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.pipeline.dead_letters.correction_rows import (
    as_chunk,
    in_style_of,
    read_correction,
)
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import Interpreter, compile_interpreter
from cost_pipeline.validate.state import DeliveryState
from cost_pipeline_tests.fuzz import samples

PRODUCTIONS = Productions.model_validate(
    {"productions": {"P100": {"title": "Northern Lights", "base_currency": "USD"}}}
)
# Small bounds, so that what a bound does is reached by small inputs.
LIMITS = Limits(
    block_bytes=256, line_bytes=512, record_bytes=128, record_lines=4, cut_bytes=64,
    chunk_bytes=2048, json_bytes=1 << 16, keys=64, free_bytes=1 << 20, shared_bytes=1 << 16,
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One format with its lawful deliveries."""

    form: dict[str, Any]
    seeds: tuple[bytes, ...]
    columns: dict[str, list[str]]

    @functools.cached_property
    def vendor(self) -> Vendor:
        """A vendor that delivers it."""
        constants = {"department_code": "2000", "gl_code": "2000-01", "currency": "USD"}
        given = {name: text for name, text in constants.items() if name not in self.columns}
        return CostVendor.model_validate(
            {
                "vendor": "fuzz",
                "production": "P100",
                "record": samples.RECORD,
                "source": {"kind": "folder", "path": "inbox"},
                "format": self.form,
                "dates": ["%Y-%m-%d", "%m/%d/%Y"],
                "numbers": {
                    "thousands": ",",
                    "symbols": ["$"],
                    "negatives": ["leading", "trailing", "parentheses"],
                },
                "key": {"columns": ["transaction_id"], "ordinal": True},
                "columns": self.columns,
                "constants": given,
            }
        )

    @functools.cached_property
    def interpreter(self) -> Interpreter:
        """How its rows are judged."""
        return compile_interpreter(self.vendor, COST_CONTRACT, PRODUCTIONS.productions, ())

    def judge(self, data: bytes) -> int | None:
        """Read and validate the bytes; the number of rows, or None if the delivery was refused.

        Raises:
            AssertionError: If a row is unaccounted for. Anything else raised is a finding as well.
        """
        with written(data) as path:
            reader = open_rows(path, self.vendor.format, chunk_rows=3, limits=LIMITS)
            if isinstance(reader, Refused):
                assert reader.message, "a refusal says why"
                return None
            state, seen = DeliveryState(), 0
            for chunk in reader:
                numbers = chunk.table["row"].to_pylist()
                assert numbers == list(range(seen + 1, seen + 1 + len(numbers))), "numbered"
                seen += len(numbers)
                judge_chunk(chunk, self.interpreter, state)
            assert reader.rows == seen == state.records + state.dead_letters
            assert reader.account().balanced, "every line, row and cell is told of"
            return seen


@contextmanager
def written(data: bytes) -> Iterator[Path]:
    """The bytes as a file."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


def judge_chunk(chunk: ParsedChunk, interpreter: Interpreter, state: DeliveryState) -> None:
    """Validate a chunk.

    Raises:
        AssertionError: If a row is not exactly one of record and dead letter.
    """
    chunk.table.validate(full=True)
    judged = validate_chunk(
        chunk, interpreter, delivery="0" * 64, pull_date=date(2026, 4, 1), state=state
    )
    verdicts = [*judged.records["row"].to_pylist(), *judged.dead_letters["row"].to_pylist()]
    assert sorted(verdicts) == chunk.table["row"].to_pylist(), "every row is exactly one of two"


@dataclass(frozen=True)
class Correction:
    """What people send back: rows of a workbook or a CSV, read as their vendor's.

    Attributes:
        seeds: Lawful ones.
        wrap: Makes a file of the bytes that are bent: those of a sheet or of all parts, so that a
            change reaches them, where one of the workbook would only break the archive.
    """

    vendor: Vendor
    seeds: tuple[bytes, ...]
    wrap: Callable[[bytes], bytes] = bytes

    @functools.cached_property
    def interpreter(self) -> Interpreter:
        """How its rows are judged."""
        labels = tuple(
            sheet.label(COST_CONTRACT, name) for name in COST_CONTRACT.fields_of(self.vendor.record)
        )
        return compile_interpreter(
            sheet.corrected_vendor(COST_CONTRACT, self.vendor),
            COST_CONTRACT,
            PRODUCTIONS.productions,
            labels,
        )

    def judge(self, data: bytes) -> int | None:
        """Read the bytes and validate each row; how many, or None if they are no correction.

        Raises:
            AssertionError: If a row is unaccounted for. Anything else raised is a finding as well.
        """
        with written(self.wrap(data)) as path:
            found = read_correction(COST_CONTRACT, path)
        if isinstance(found, Refused):
            assert found.message, "a refusal says why"
            return None
        rows = found.table
        assert rows["row"].to_pylist() == list(range(1, rows.num_rows + 1)), "numbered"
        assert len(found.touched) == rows.num_rows
        if rows.num_rows:
            styled = in_style_of(COST_CONTRACT, self.vendor, rows, found.kinds)
            judge_chunk(
                as_chunk(COST_CONTRACT, self.vendor, styled), self.interpreter, DeliveryState()
            )
        return int(rows.num_rows)


_NAMED = {
    "transaction_id": ["id"],
    "transaction_date": ["date"],
    "amount": ["amount"],
    "currency": ["currency"],
    "description": ["text"],
}
_PLACED = {
    "transaction_id": ["#1"],
    "transaction_date": ["#2"],
    "amount": ["#3"],
    "description": ["#5"],
}
_FIXED = {
    "kind": "fixed_width",
    "encodings": ["utf-8-sig", "cp1252"],
    "layout": {
        "columns": [
            {"name": "id", "start": 1, "width": 4},
            {"name": "date", "start": 5, "width": 10},
            {"name": "amount", "start": 15, "width": 10},
            {"name": "text", "start": 25, "width": 6},
        ]
    },
}


INVOICES = Target({"kind": "csv"}, (), _NAMED).vendor

TARGETS: dict[str, Target | Correction] = {
    "correction, csv": Correction(
        INVOICES, (samples.exported_csv(), samples.exported_csv().replace(b",", b";"))
    ),
    "correction, sheet": Correction(INVOICES, (samples.sheet_of_book(),), samples.with_sheet),
    "correction, parts": Correction(INVOICES, (samples.parts_as_saved(),), samples.with_parts),
    "correction, workbook": Correction(INVOICES, (samples.BOOK,)),
    "csv": Target({"kind": "csv"}, (samples.as_csv(), b"\xef\xbb\xbf" + samples.as_csv()), _NAMED),
    "csv, encodings and control": Target(
        {
            "kind": "csv",
            "delimiter": ";",
            "encodings": ["utf-8", "utf-16", "cp1252"],
            "control_total": {"column": "amount", "tolerance": "0.00"},
        },
        (
            samples.as_csv(";"),
            samples.as_csv(";") + b";;9.00;;\n",
            samples.as_csv(";").decode().encode("utf-16"),
        ),
        _NAMED,
    ),
    "csv without a header": Target(
        {"kind": "csv", "header": "none", "width": 5},
        (samples.as_csv().split(b"\r\n", 1)[1],),
        _PLACED,
    ),
    "gzip": Target({"kind": "csv"}, (gzip.compress(samples.as_csv(), mtime=0),), _NAMED),
    "json": Target(
        {"kind": "json"}, (json.dumps(samples.as_json()).encode(), b'{"a": []}'), _NAMED
    ),
    "jsonl": Target(
        {"kind": "jsonl"},
        ("\n".join(json.dumps(one) for one in samples.as_json()).encode(),),
        _NAMED,
    ),
    "excel, xlsx": Target({"kind": "excel"}, (samples.as_xlsx(),), _NAMED),
    "excel, xls": Target({"kind": "excel"}, (samples.as_xls(),), _NAMED),
    "parquet": Target({"kind": "parquet"}, (samples.as_parquet(),), _NAMED),
    "ep_ledger": Target(
        {"kind": "ep_ledger"},
        (samples.listing(),),
        {
            "transaction_id": ["Trans#"],
            "transaction_date": ["Eff. Date"],
            "amount": ["Amount"],
            "currency": ["Cur"],
            "description": ["Description"],
        },
    ),
    "fixed_width": Target(
        _FIXED,
        (b"A1  2026-03-01  1,238.40hire  \r\nA2  2026-03-02    (9.36)\xe9t\xe9   \r\n",),
        {name: at for name, at in _NAMED.items() if name != "currency"},
    ),
    "showbiz_ubx": Target(
        {"kind": "showbiz_ubx"},
        (samples.ubx(),),
        {
            "transaction_id": ["Reference"],
            "transaction_date": ["Week Ending"],
            "amount": ["Total"],
            "description": ["Description"],
        },
    ),
    "showbiz_sag_cards": Target(
        {"kind": "showbiz_sag_cards"},
        (samples.sag_cards(),),
        {
            "transaction_id": ["Card Id"],
            "transaction_date": ["Week Ending"],
            "amount": ["Gross"],
            "description": ["Category"],
        },
    ),
}
