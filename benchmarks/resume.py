"""A delivery of five million rows, killed at 60 %: how much of a full run does finishing it take?

    python benchmarks/resume.py [--rows 5000000] [--at 0.6]

Each way is a process of its own that validates the delivery from its landed bytes into the lake.
One runs undisturbed. Another is killed by SIGKILL when a checkpoint says that 60 % of the rows are
done, and a third finishes it. What is then stored must be the same, row for row.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.tables import RECORDS
from cost_pipeline.lake.lake import Lake, open_lake
from cost_pipeline.lake.tables import CHECKPOINTS, VALIDATIONS
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries

DAY = date(2026, 4, 1)
MOST_RATIO = 0.5
PRODUCTIONS = "productions: {P100: {title: Northern Lights, base_currency: USD}}\n"
VENDOR = """vendor: bench
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox}
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  department_code: [department]
  gl_code: [account]
  amount: [amount]
  currency: [currency]
  description: [description]
"""
FILE = """
copy (select 'INV-' || lpad(i::varchar, 9, '0') as id,
        if(i % 97 = 0, '30/02/2026', (date '2026-01-01' + (i % 300)::int)::varchar) as date,
        '2000' as department, '2000-' || lpad((i % 40)::varchar, 2, '0') as account,
        (i % 99991)::varchar || '.' || lpad((i % 100)::varchar, 2, '0') as amount,
        ['GBP', 'EUR', 'USD', 'CAD'][i % 4 + 1] as currency,
        'Hire of equipment, unit ' || (i % 977) || ', week ' || (i % 53) as description
    from range({rows}) t(i)) to '{path}' (header, delimiter ',')
"""


def session(home: Path, between: Callable[[str, str], None] | None = None) -> Session:
    """A session over the home."""
    loaded = load_home(home)
    return Session(
        feed=PRODUCTION,
        home=loaded,
        lake=open_lake(loaded.lake_uri, between=between),
        run_id="bench",
        clock=lambda: datetime(2026, 4, 7, tzinfo=UTC),
        environment={},
        code_version="1",
    )


def prepare(home: Path, rows: int) -> None:
    """A home whose one delivery is landed."""
    (home / "vendors").mkdir(parents=True)
    (home / "inbox").mkdir()
    (home / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    (home / "vendors" / "bench.yaml").write_text(VENDOR, encoding="utf-8")
    duckdb.sql(FILE.format(rows=rows, path=home / "inbox" / "a.csv"))
    begun = session(home)
    pull(begun, begun.home.vendors, DAY)


def validate(home: Path, stop_after: int | None) -> None:
    """Validate what is pending; die once a checkpoint of so many rows is in the lake."""

    def between(table: str, step: str) -> None:
        if table == CHECKPOINTS.name and step == "synced" and stop_after is not None:
            done = Lake(home / "lake").table(CHECKPOINTS).snapshot().read(columns=["rows"])
            if max(done["rows"].to_pylist()) >= stop_after:
                os.kill(os.getpid(), signal.SIGKILL)

    run = session(home, between)
    validate_deliveries(run, pending(run, run.home.vendors, DAY))


def timed(home: Path, stop_after: int | None = None) -> tuple[float, float, int]:
    """Wall and processor seconds of a validation in a process of its own, and its exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    child = multiprocessing.get_context("spawn").Process(target=validate, args=(home, stop_after))
    child.start()
    child.join()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, busy, child.exitcode or 0


def stored(home: Path) -> list[tuple[object, ...]]:
    """What the records and the validation come to."""
    lake = session(home).lake
    records = lake.table(RECORDS).snapshot()
    digest = "select count(*), sum(amount), bit_xor(md5_number(fingerprint || key)) from {table}"
    marks = lake.table(VALIDATIONS).snapshot().read(columns=["rows", "records", "dead_letters"])
    return [
        tuple(records.query(digest).to_pylist()[0].values()),
        *(tuple(row.values()) for row in marks.to_pylist()),
    ]


def main() -> int:
    """Run it and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--at", type=float, default=0.6)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="resume-") as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        prepare(whole, chosen.rows)
        prepare(killed, chosen.rows)
        full = timed(whole)
        first = timed(killed, int(chosen.rows * chosen.at))
        rest = timed(killed)
        assert (full[2], first[2], rest[2]) == (0, -signal.SIGKILL, 0)
        assert stored(whole) == stored(killed), "the results differ"
    print(f"{chosen.rows:,} rows; killed when {chosen.at:.0%} were committed")
    for name, (wall, busy, _) in (("full run", full), ("until killed", first), ("rest", rest)):
        print(f"{name:<14} {wall:6.1f} s by the clock, {busy:6.1f} s of processors")
    wall, busy = rest[0] / full[0], rest[1] / full[1]
    print(f"finishing takes {wall:.2f} of a full run by the clock, {busy:.2f} in processor seconds")
    print(f"limit {MOST_RATIO}; the stored result is the same")
    return 0 if min(wall, busy) <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
