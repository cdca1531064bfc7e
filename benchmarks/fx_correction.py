"""What a correction of one day's rates costs in a small and in a large ledger.

    python benchmarks/fx_correction.py [--days 10 1000] [--records 10000] [--folder FOLDER]

Two lakes are made, alike but for the number of transaction dates: one delivery of `--records`
records a day, posted by the product. Then one rate of one day is corrected, what is out of date is
compared, and its date is posted, each time by a process of its own, as a command or a run would.
The figure is processor time, so that it means something on a busy machine; wall time is beside it.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import RECORD_SCHEMA
from cost_pipeline.core.canonical import digest
from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.inputs import present_inputs, stored_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rates import correct_rates, load_bundled_history
from cost_pipeline.feeds.production.tables import RECORDS
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.session import Session

FIRST = date(2021, 1, 4)
CORRECTED = FIRST + timedelta(days=1)  # a Tuesday: one transaction date uses it
AT_ONCE = 25
PRODUCTIONS = "productions:\n  P100: {title: Northern Lights, base_currency: USD}\n"
INTERPRETATION = digest("benchmark")
MOST_TIMES = 1.3


def session(home: Path) -> Session:
    read = load_home(home)
    return Session(
        feed=PRODUCTION,
        home=read,
        lake=open_lake(read.lake_uri),
        run_id="benchmark",
        clock=lambda: datetime(2026, 4, 7, tzinfo=UTC),
        environment={},
        code_version="1",
    )


def build(home: Path, days: int, records: int) -> None:
    (home / "vendors").mkdir(parents=True)
    (home / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    made = session(home)
    load_bundled_history(made)
    every = [FIRST + timedelta(days=n) for n in range(days)]
    for start in range(0, days, AT_ONCE):
        some = every[start : start + AT_ONCE]
        for spec, rows in (
            (RECORDS, [records_of(day, records) for day in some]),
            (DELIVERIES, [delivery_of(day, records) for day in some]),
            (VALIDATIONS, [validation_of(day, records) for day in some]),
        ):
            parts = [
                Part(f"{spec.name}/{day}", 1, table) for day, table in zip(some, rows, strict=True)
            ]
            made.lake.table(spec).append_once(parts, run_id="benchmark")
        post(made, some)
        print(f"  {start + len(some)} of {days} days", file=sys.stderr)


def records_of(day: date, records: int) -> pa.Table:
    """Costs in three currencies with keys that are spread like anybody's."""
    rows = query(
        f"""
        select sha256('{day}' || i) as fingerprint, '{digest("delivery", str(day))}' as delivery,
            i::bigint as "row", i::bigint as line, 'rentals' as vendor, 'production' as feed,
            'vendor_invoice' as kind, date '{day}' as pull_date,
            md5('{day}' || i)[:12] as transaction_id, date '{day}' as transaction_date,
            'P100' as production, '2000' as department_code,
            '2000-' || lpad((i % 20)::varchar, 2, '0') as gl_code,
            (i % 99991 + 1)::decimal(20, 4) as amount, ['GBP', 'CAD', 'USD'][i % 3 + 1] as currency,
            'Harbour Rentals' as vendor_name, 'hire of item ' || i as description,
            's12:' || md5('{day}' || i)[:12] || ',' as key, '{INTERPRETATION}' as interpretation
        from range({records}) t(i)
        """
    )
    for name in set(RECORD_SCHEMA.names) - set(rows.column_names):
        rows = rows.append_column(name, pa.nulls(records, pa.string()))
    return rows.select(RECORD_SCHEMA.names).cast(RECORD_SCHEMA)


def delivery_of(day: date, records: int) -> pa.Table:
    row = {
        "pull_date": day, "delivery": digest("delivery", str(day)), "vendor": "rentals",
        "feed": "production", "kind": "vendor_invoice", "uri": f"file:///inbox/{day}.csv",
        "size": records * 100, "attempts": 1,
    }  # fmt: skip
    return stamped(row, DELIVERIES.schema)


def validation_of(day: date, records: int) -> pa.Table:
    row = {
        "pull_date": day, "delivery": digest("delivery", str(day)), "vendor": "rentals",
        "sequence": 1, "interpretation": INTERPRETATION, "rows": records, "blank_rows": 0,
        "records": records, "dead_letters": 0, "unreadable_amounts": 0, "posts": True, "header": [],
        "drift": [],
    }  # fmt: skip
    return stamped(row, VALIDATIONS.schema)


def stamped(row: dict[str, object], schema: pa.Schema) -> pa.Table:
    now = datetime(2026, 4, 7, tzinfo=UTC)
    given = {**row, "recorded_at": now, "fetched_at": now, "run_id": "benchmark"}
    return pa.Table.from_pylist([{n: given.get(n) for n in schema.names}], schema=schema)


def correct(home: Path, rate: str) -> dict[str, float | int]:
    """One correction from the file to the repaired ledger, in this process."""
    began, used = time.perf_counter(), used_so_far()
    file = home / "correction.csv"
    file.write_text(f"currency,rate\nCAD,{rate}\n", encoding="utf-8")
    here = session(home)
    correct_rates(here, CORRECTED, file, "benchmark")
    dates = out_of_date(present_inputs(here), stored_inputs(here))
    done = post(here, dates)
    return {
        "cpu": used_so_far() - used,
        "wall": time.perf_counter() - began,
        "dates": len(dates),
        "reversals": sum(one.reversals for one in done.values()),
    }


def used_so_far() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def in_own_process(home: Path, rate: str) -> dict[str, float | int]:
    command = [sys.executable, __file__, "--correct", str(home), "--rate", rate]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, float | int] = json.loads(answer.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, nargs=2, default=[10, 1000])
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the lakes are made, and kept")
    parser.add_argument("--correct", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rate", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.correct:
        print(json.dumps(correct(given.correct, given.rate)))
        return
    folder = given.folder or Path(tempfile.mkdtemp(prefix="fx_correction"))
    homes = {days: folder / f"days{days}" for days in given.days}
    for days, home in homes.items():
        if not home.exists():
            began = time.perf_counter()
            build(home, days, given.records)
            print(f"{days} days were made in {time.perf_counter() - began:.0f} s")
    figures: dict[int, list[dict[str, float | int]]] = {days: [] for days in given.days}
    for turn in range(given.repeat):
        # By turns, so that what else the machine does falls on both alike.
        for days, home in homes.items():
            # A rate of its own each time, near the published ones: others ask to be confirmed.
            stamp = Decimal(time.time_ns() % 10_000) / 1_000_000
            rate = Decimal("1.38") + stamp + Decimal(turn) / 100
            figures[days].append(in_own_process(home, f"{rate:.6f}"))
    report(figures, given.records)
    if not given.folder:
        shutil.rmtree(folder)


def report(figures: dict[int, list[dict[str, float | int]]], records: int) -> None:
    best = {}
    for days, found in figures.items():
        assert {f["dates"] for f in found} == {1}, found
        best[days] = min(float(f["cpu"]) for f in found)
        wall = min(float(f["wall"]) for f in found)
        print(
            f"{days:>5} days of {records:,}: {best[days]:.2f} s of processor time, {wall:.2f} s; "
            f"{found[0]['reversals']:,} postings repaired"
        )
    small, large = sorted(best)
    ratio = best[large] / best[small]
    print(f"{ratio:.2f} times (at most {MOST_TIMES})")
    if ratio > MOST_TIMES:
        sys.exit(1)


if __name__ == "__main__":
    main()
