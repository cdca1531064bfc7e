"""A commit of a million rows with its announcement in the audit log, against the same without.

    python benchmarks/audit_log.py [--rows 1000000]

The rows are ledger-like: a few hashes and texts. Every one of them is one event. Both ways take
turns; the best of each counts, in processor seconds, because a busy disk says nothing of either.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from datetime import date
from pathlib import Path

import pyarrow as pa

from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.lake.tables import AUDIT_LOG, Audited, TableSpec

ROUNDS = 3
NAMES = ("id", "content", "leaf", "delivery")
SCHEMA = pa.schema([pa.field("day", pa.date32()), *(pa.field(name, pa.string()) for name in NAMES)])
PLAIN = TableSpec("plain", SCHEMA, "day")
TOLD = TableSpec("told", SCHEMA, "day", audited=(Audited("posted", "id"),))


def made(count: int) -> pa.Table:
    day = pa.array([date(2026, 4, 1)] * count, pa.date32())
    hashes = {
        name: [hashlib.sha256(f"{name} {number}".encode()).hexdigest() for number in range(count)]
        for name in NAMES
    }
    return pa.table({"day": day, **hashes}, schema=SCHEMA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = made(parser.parse_args().rows)
    best = {PLAIN.name: float("inf"), TOLD.name: float("inf")}
    with tempfile.TemporaryDirectory() as folder:
        lake = open_lake(str(Path(folder) / "lake"))
        for number in range(1, ROUNDS + 1):
            for spec in (PLAIN, TOLD):
                start = time.process_time()
                lake.table(spec).append_once([Part("bench", number, rows)], run_id="bench")
                best[spec.name] = min(best[spec.name], time.process_time() - start)
        log = lake.table(AUDIT_LOG).snapshot()
        size = sum(Path(file).stat().st_size for file in log.files()) / ROUNDS / rows.num_rows
    more = best[TOLD.name] - best[PLAIN.name]
    print(f"{rows.num_rows:,} rows committed in {best[PLAIN.name]:.2f} processor seconds")
    print(f"announced as well: {best[TOLD.name]:.2f}, {best[TOLD.name] / best[PLAIN.name]:.2f} x")
    print(f"{more * 1e6 / rows.num_rows:.2f} seconds for a million events, {size:.0f} bytes each")


if __name__ == "__main__":
    main()
