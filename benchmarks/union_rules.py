"""One million timecards with every family of union rules evaluated, against reading them.

    python benchmarks/union_rules.py [--cards 1000000] [--rounds 3]

The cards are made once and written as Parquet, person by person: weeks of five and six days of
performers and crews of four agreements, of which some break a rule. Reading is that file into Arrow
tables, batch by batch; evaluating is reading it and making every finding with its explanation, in
chunks of whole persons, which are then dropped. They take turns, each in a process of its own, so
that its peak memory is its own; the best of each counts. The ratio is of processor seconds, which
other work on the machine disturbs least; the clock's is told too. A second file with twice the
cards shows that memory does not grow with it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.rules.evaluate import in_chunks
from cost_pipeline.rules.load import bundled_packs

MOST_RATIO: Final = 12.0
MOST_GROWTH: Final = 1.25
BATCH: Final = 50_000
DAYS_EACH: Final = 200

# Weeks of five days and every third of six, from 2025-03-03 (a Monday) on.
_CARDS: Final = """
WITH people AS (
    SELECT range AS person, range % 5 AS kind, range % 3 AS place
    FROM range({people})),
days AS (
    SELECT range AS n, range // 5 AS week, range % 5 AS day FROM range({days})),
base AS (
    SELECT people.*, days.*, hash(person, n) % 1000 AS dice,
        DATE '2025-03-03' + CAST(7 * week + day AS INTEGER) AS work_date
    FROM people CROSS JOIN days),
typed AS (
    SELECT *,
        ['iatse_basic', 'iatse_basic', 'iatse_area_standards', 'teamsters_399', 'sag_aftra']
            [kind + 1]
            AS agreement,
        ['grip', 'camera_operator', 'key', 'driver', 'performer'][kind + 1] AS craft,
        [60.0, 95.0, 53.5, 48.5, 1300.0][kind + 1] AS pay,
        420 + CAST(dice % 60 AS INTEGER) AS call,
        420 + 630 + CAST(dice % 37 * 12 AS INTEGER) AS wrap
    FROM base)
SELECT sha256(person || '/' || n) AS fingerprint, repeat('d', 64) AS delivery,
    CAST(n AS BIGINT) AS "row", 'payday' AS vendor, 'P100' AS production,
    'C-' || person || '-' || n AS transaction_id, work_date, '2500' AS department_code,
    '2500-01' AS gl_code, CAST(NULL AS VARCHAR) AS union_category,
    CAST(pay * 10 AS DECIMAL(20, 4)) AS amount, 'USD' AS currency,
    'Performer or Crew Member ' || person AS worker_name, '3501' AS occupation_code,
    'W-' || lpad(CAST(person AS VARCHAR), 7, '0') AS worker_id, agreement, craft,
    'daily' AS engagement, 'A' AS schedule,
    CASE WHEN person % 2 = 0 THEN 'television' ELSE 'theatrical' END AS contract_type,
    60 AS program_minutes, 3 AS season, 'full' AS budget_tier, '487' AS local,
    DATE '2025-01-06' AS photography_start, CAST(pay AS DECIMAL(20, 4)) AS rate,
    CASE WHEN agreement = 'sag_aftra' THEN 'day' ELSE 'hour' END AS rate_unit,
    DATE '2025-03-08' + CAST(7 * week AS INTEGER) AS week_ending,
    CAST(day + 1 AS INTEGER) AS workday,
    ['sat', 'sun'] AS days_off, false AS holiday, 'work' AS day_type, false AS off_production,
    ['studio', 'bus_to', 'distant'][place + 1] AS zone, false AS exterior,
    call, call + 355 + CAST(dice % 20 AS INTEGER) AS meal1_out,
    call + 390 + CAST(dice % 20 AS INTEGER) AS meal1_in, wrap, wrap AS dismissal,
    call AS general_call, call + 15 AS report, wrap - 20 AS camera_wrap,
    CASE WHEN wrap - call > 780 THEN call + 745 END AS meal2_out,
    CASE WHEN wrap - call > 780 THEN call + 775 END AS meal2_in,
    dice % 50 = 0 AS grace1, false AS grace2, false AS extension1, false AS extension2,
    false AS french_hours, false AS forced_call, CAST([] AS VARCHAR[]) AS meals_supplied,
    CAST(CASE WHEN place = 2 THEN 70 END AS DECIMAL(20, 4)) AS per_diem_paid,
    false AS per_diem_in_payroll, CAST([] AS VARCHAR[]) AS adjustments, true AS fifteen_million,
    CAST([
     {{'category': 'straight', 'quantity': 8, 'multiplier': 1, 'rate': pay, 'amount': pay * 8}},
     {{'category': 'overtime', 'quantity': 2, 'multiplier': 1.5, 'rate': pay, 'amount': pay * 3}},
     {{'category': 'gold', 'quantity': 1, 'multiplier': 2, 'rate': pay, 'amount': pay * 2}},
     {{'category': 'meal_penalty', 'quantity': 1, 'multiplier': 1, 'rate': 8.5, 'amount': 8.5}},
     {{'category': 'allowance', 'quantity': 1, 'multiplier': 1, 'rate': 10, 'amount': 10}}]
        AS STRUCT(category VARCHAR, quantity DECIMAL(12, 4), multiplier DECIMAL(12, 4),
                  rate DECIMAL(20, 4), amount DECIMAL(20, 4))[]) AS gross,
    CAST(0 AS INTEGER) AS clock_shift_at, CAST(0 AS INTEGER) AS clock_shift
FROM typed ORDER BY person, n
"""


def write_file(path: Path, cards: int) -> None:
    """The same file for the same number of cards."""
    with duckdb.connect(":memory:") as connection:
        relation = connection.sql(_CARDS.format(people=max(1, cards // DAYS_EACH), days=DAYS_EACH))
        writer = pq.ParquetWriter(path, TIMECARD_SCHEMA)
        for batch in relation.to_arrow_reader(BATCH):
            writer.write_table(_full(pa.Table.from_batches([batch])))
        writer.close()


def _full(table: pa.Table) -> pa.Table:
    """With the columns that these cards leave empty."""
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in TIMECARD_SCHEMA
    ]
    return pa.table(columns, schema=TIMECARD_SCHEMA)


def batches(path: Path) -> Iterator[pa.Table]:
    """The file, batch by batch."""
    for batch in pq.ParquetFile(path).iter_batches(BATCH):
        yield pa.Table.from_batches([batch])


def read(path: Path) -> int:
    return sum(batch.num_rows for batch in batches(path))


def evaluate(path: Path) -> int:
    return sum(found.num_rows for found in in_chunks(batches(path), bundled_packs()))


class Measured(NamedTuple):
    """What one process took."""

    processor: float
    clock: float
    peak_mb: float
    count: int


def _child(work: Callable[[Path], int], path: Path, answer: object) -> None:
    bundled_packs()
    start, processor = time.perf_counter(), time.process_time()
    count = work(path)
    processor, clock = time.process_time() - processor, time.perf_counter() - start
    answer.put(Measured(processor, clock, peak_mb(), count))  # type: ignore[attr-defined]


def peak_mb() -> float:
    """Of this process alone: `ru_maxrss` starts with what its parent had."""
    with Path("/proc/self/status").open(encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def measured(work: Callable[[Path], int], path: Path) -> Measured:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_child, args=(work, path, answer))
    process.start()
    found: Measured = answer.get()
    process.join()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, double = Path(folder) / "cards.parquet", Path(folder) / "double.parquet"
        write_file(path, options.cards)
        write_file(double, 2 * options.cards)
        rounds = [(measured(read, path), measured(evaluate, path)) for _ in range(options.rounds)]
        twice = measured(evaluate, double)
    reading = min(r.processor for r, _ in rounds)
    evaluating = min(e.processor for _, e in rounds)
    by_clock = min(r.clock for r, _ in rounds), min(e.clock for _, e in rounds)
    last = rounds[-1][1]
    ratio, growth = evaluating / reading, twice.peak_mb / last.peak_mb
    print(f"cards {rounds[0][0].count:,}, findings {last.count:,}")
    print(f"read      {reading:7.2f} s, {by_clock[0]:7.2f} by the clock")
    print(f"evaluated {evaluating:7.2f} s, {by_clock[1]:7.2f} by the clock")
    print(f"ratio {ratio:.1f} (at most {MOST_RATIO}), {by_clock[1] / by_clock[0]:.1f} by the clock")
    print(
        f"peak {last.peak_mb:,.0f} MB; twice the cards: {growth:.2f} x the memory "
        f"(at most {MOST_GROWTH})"
    )
    return 0 if ratio <= MOST_RATIO and growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
