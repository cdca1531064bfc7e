"""The ledger at scale: verify, trace, as-of, and posting against writing bare Parquet.

    python benchmarks/ledger.py [--postings 1000000] [--days 30] [--home HOME] [--only NAME]

`--home` names a lake that `big_ledger.py` built (ten million postings: `--postings 10000000`);
without it one is built in a temporary folder. Seconds of the clock depend on who else uses the
machine, so processor seconds stand beside them: on two cores of its own a step takes at least half
of those. What is needed:

    verify    5,000,000 postings a minute on two cores, memory that does not grow with the ledger
    trace     a posting by its id, and by its transaction id, in under a second
    as-of     at most twice the time of the present totals
    posting   at most three times the time of writing the same rows as bare Parquet files
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from big_ledger import FIRST_DAY, build, changes_of, make_home, rows_of_day

from cost_pipeline.commands.common import open_session
from cost_pipeline.feeds.production.heads import gather
from cost_pipeline.feeds.production.ledger_verify import verify_ledger
from cost_pipeline.feeds.production.ledger_view import ledger_totals
from cost_pipeline.feeds.production.tables import LEDGER, NAMED
from cost_pipeline.feeds.production.trace import trace
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.lookup import keep_up
from cost_pipeline.ledger.seal import Stamp, seal

VERIFY_A_MINUTE = 5_000_000
TRACE_SECONDS = 1.0
AS_OF_RATIO = 2.0
POSTING_RATIO = 3.0


class Measured(NamedTuple):
    """One step in a process of its own."""

    seconds: float
    processor: float
    peak_mb: int


class Taken(NamedTuple):
    """What a step took."""

    seconds: float
    processor: float


def measured(step: Callable[..., object], *arguments: object) -> Measured:
    """Run a step in a fresh process, so that its peak memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return Measured(*pool.apply(_timed, (step, arguments)))


def _timed(step: Callable[..., object], arguments: tuple[object, ...]) -> tuple[float, float, int]:
    begun, used = time.perf_counter(), time.process_time()
    step(*arguments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return time.perf_counter() - begun, time.process_time() - used, peak


def verify(home: Path) -> None:
    found = verify_ledger(open_session(home))
    assert not found.broken, found.broken


def totals_now(home: Path) -> None:
    ledger_totals(open_session(home))


def totals_then(home: Path) -> None:
    """As of the last instant but one, so that next to everything counts."""
    session = open_session(home)
    latest = session.lake.table(LEDGER).snapshot().query("select max(recorded_at) from {table}")
    ledger_totals(session, latest[0][0].as_py() - timedelta(microseconds=1))


def write_bare(tables: list[pa.Table], folder: Path) -> None:
    """The same rows with the same columns, one synced file for each date."""
    import os  # noqa: PLC0415

    for number, table in enumerate(tables):
        file = folder / f"{number}.parquet"
        pq.write_table(table, file, compression="zstd", compression_level=3)
        with file.open("rb") as written:
            os.fsync(written.fileno())


def trace_times(home: Path, rounds: int) -> tuple[list[Taken], list[Taken]]:
    """Seconds by posting id and by transaction id, of postings from all over the ledger."""
    session = open_session(home)
    days = session.lake.table(LEDGER).snapshot().partitions()
    by_id, by_transaction = [], []
    for number in range(rounds):
        where = f"transaction_date = '{days[number * 7 % len(days)]}'"
        row = session.lake.table(LEDGER).snapshot().query(
            "select posting_id, transaction_id from {table} "
            f"where {where} and leaf = {number * 37}",
            where=where,
        ).to_pylist()[0]  # fmt: skip
        for name, times in (("posting_id", by_id), ("transaction_id", by_transaction)):
            begun, used = time.perf_counter(), time.process_time()
            found = trace(open_session(home), row[name])
            times.append(Taken(time.perf_counter() - begun, time.process_time() - used))
            assert found["posting"]["posting_id"] == row["posting_id"]
            assert found["row"]["text"].startswith(row["transaction_id"])
    return by_id, by_transaction


def posting(rows: int, days: int, rounds: int, folder: Path) -> tuple[list[Taken], list[Taken]]:
    """What sealing, committing and heading takes, and what bare files take; by turns."""
    dates = [FIRST_DAY + timedelta(days=number) for number in range(days)]
    pieces = [rows_of_day(day, rows // days) for day in dates]
    changes = pa.concat_tables([changes_of(piece, "d" * 64) for piece in pieces])
    ours, bare = [], []
    for number in range(rounds):
        session = make_home(folder / f"home{number}")
        begun, used = time.perf_counter(), time.process_time()
        batches = seal(changes, {}, Stamp(datetime(2026, 4, 1, tzinfo=UTC), "1", "bench"))
        table = session.lake.table(LEDGER)
        parts = [Part(f"ledger/{b.transaction_date}", 1, b.postings) for b in batches]
        table.append(table.snapshot(), parts, run_id="bench")
        gather(session)
        keep_up(session.lake.table(LEDGER).snapshot(), NAMED)
        ours.append(Taken(time.perf_counter() - begun, time.process_time() - used))
        place = folder / f"bare{number}"
        place.mkdir()
        begun, used = time.perf_counter(), time.process_time()
        write_bare([b.postings for b in batches], place)
        bare.append(Taken(time.perf_counter() - begun, time.process_time() - used))
    return ours, bare


def report_verify(home: Path, postings: int) -> bool:
    found = measured(verify, home)
    a_minute = postings / found.seconds * 60
    at_best = postings / (found.processor / 2) * 60
    print(
        f"verify    {found.seconds:.1f} s, {found.processor:.1f} processor seconds, "
        f"{found.peak_mb} MB: {a_minute:,.0f} postings a minute; "
        f"{at_best:,.0f} on two cores of its own (at least {VERIFY_A_MINUTE:,})"
    )
    return at_best >= VERIFY_A_MINUTE


def report_trace(home: Path) -> bool:
    good = True
    for name, times in zip(("id", "transaction id"), trace_times(home, 7), strict=True):
        seconds = [taken.seconds for taken in times]
        used = statistics.median(taken.processor for taken in times)
        print(
            f"trace     by {name}: {statistics.median(seconds):.2f} s, worst {max(seconds):.2f}, "
            f"{used:.2f} processor seconds; under {TRACE_SECONDS} s"
        )
        good = good and min(statistics.median(seconds), used) < TRACE_SECONDS
    return good


def report_as_of(home: Path) -> bool:
    now = min(measured(totals_now, home).processor for _ in range(2))
    then = min(measured(totals_then, home).processor for _ in range(2))
    print(
        f"as-of     {then:.1f} processor seconds, {now:.1f} for the present totals: "
        f"{then / now:.2f} times (at most {AS_OF_RATIO})"
    )
    return then / now <= AS_OF_RATIO


def report_posting(rows: int, days: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = posting(rows, days, 3, Path(folder))
    ratio = min(ours).seconds / min(bare).seconds
    used = min(t.processor for t in ours) / min(t.processor for t in bare)
    print(
        f"posting   {min(ours).seconds:.1f} s for {rows:,} lines into {days} dates, "
        f"{min(bare).seconds:.1f} s as bare Parquet: {ratio:.2f} times (at most {POSTING_RATIO}); "
        f"{used:.2f} times the processor seconds"
    )
    return ratio <= POSTING_RATIO


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--only", choices=["verify", "trace", "as-of", "posting"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "home"
        if given.home is None and given.only != "posting":
            build(home, given.postings, given.days)
        steps: dict[str, Callable[[], bool]] = {
            "verify": lambda: report_verify(home, given.postings),
            "trace": lambda: report_trace(home),
            "as-of": lambda: report_as_of(home),
            "posting": lambda: report_posting(min(given.postings, 1_000_000), given.days),
        }
        good = [step() for name, step in steps.items() if given.only in (None, name)]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
