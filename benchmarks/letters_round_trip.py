"""A hundred thousand dead letters out to a workbook and back as corrections.

    python benchmarks/letters_round_trip.py [--rows 1000000] [--bad 0.1]

Three ratios of one run, each step in a process of its own so that its peak memory is its own:

- the export to Excel against the validation of all the rows that the dead letters came from
  (at most 1);
- taking the corrections in and resolving what they answer, against the plain validation of as many
  good rows that a vendor delivers as a workbook (at most 2), and as CSV, for comparison;
- peak memory of export and import (at most 1 GB).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.dead_letters.corrections import take_in
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline.pipeline.dead_letters.letters import letters_now
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline.quarantine.workbook import Column, Cover, LetterSheet, write_workbook

MOST_EXPORT = 1.0
MOST_IMPORT = 2.0
MOST_MEMORY_MB = 1000
DAY = date(2026, 4, 1)
NAMES = ("id", "date", "department", "account", "amount", "currency", "description")
PRODUCTIONS = "productions:\n  P100: {title: Northern Lights, base_currency: USD}\n"
VENDOR = """vendor: {name}
production: P100
record: vendor_invoice
source: {{kind: folder, path: inbox/{name}, files: "{{pull_date:%Y-%m-%d}}.*"}}
format: {{kind: {kind}}}
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
BAD_DAY, GOOD_DAY = "2026-02-30", "2026-02-28"


def make_home(root: Path, rows: int, bad: int) -> None:
    """A vendor with bad rows, and two that deliver as many good ones, as CSV and as a workbook."""
    (root / "vendors").mkdir(parents=True)
    (root / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    for name, kind in (("big", "csv"), ("plain", "csv"), ("book", "excel")):
        text = VENDOR.format(name=name, kind=kind)
        (root / "vendors" / f"{name}.yaml").write_text(text, encoding="utf-8")
        (root / "inbox" / name).mkdir(parents=True)
    chance = random.Random(1)  # noqa: S311 - not a secret
    every = rows // bad
    for name, count in (("big", rows), ("plain", bad)):
        with (root / "inbox" / name / f"{DAY}.csv").open("w", encoding="utf-8") as file:
            file.write(",".join(NAMES) + "\n")
            for number in range(count):
                spoilt = name == "big" and number % every == 0
                file.write(",".join(_row(number, chance, spoilt=spoilt)) + "\n")
    good = [_row(number, chance, spoilt=False) for number in range(bad)]
    cells = {name: [row[place] for row in good] for place, name in enumerate(NAMES)}
    sheet = LetterSheet("Costs", tuple(Column(n, 12) for n in NAMES), pa.table(cells), pa.table({}))
    with (root / "inbox" / "book" / f"{DAY}.xlsx").open("wb") as file:
        write_workbook(file, Cover((10,)), [sheet], {})
    text = VENDOR.format(name="book", kind="excel, sheet: Costs")
    (root / "vendors" / "book.yaml").write_text(text, encoding="utf-8")


def _row(number: int, chance: random.Random, *, spoilt: bool) -> list[str]:
    return [
        f"INV-{number:09d}",
        BAD_DAY if spoilt else f"2026-{chance.randint(1, 3):02d}-{chance.randint(1, 28):02d}",
        str(chance.choice((2000, 2300, 3200, 3600))),
        f"{chance.choice((2000, 2310, 3205, 6305))}-{chance.randint(1, 40):02d}",
        f"{chance.randint(1, 99_999)}.{chance.randint(0, 99):02d}",
        chance.choice(("GBP", "EUR", "USD", "CAD")),
        f"Hire of equipment; unit {number % 977}; week {number % 53}",
    ]


def session_of(root: Path) -> Session:
    home = load_home(root)
    return Session(
        PRODUCTION,
        home,
        open_lake(home.lake_uri),
        "bench",
        lambda: datetime.now(UTC),
        os.environ,
        "1",
    )


def landed(root: Path) -> int:
    session = session_of(root)
    return len(pull(session, session.home.vendors, DAY))


def _validated(root: Path, name: str) -> int:
    session = session_of(root)
    vendors = [vendor for vendor in session.home.vendors if vendor.vendor == name]
    found = pending(session, vendors, DAY)
    validate_deliveries(session, found)
    return len(found)


def validate_big(root: Path) -> int:
    """All rows, bad ones among them."""
    return _validated(root, "big")


def validate_plain(root: Path) -> int:
    """As many good rows as there are corrections, as CSV."""
    return _validated(root, "plain")


def validate_book(root: Path) -> int:
    """The same as a workbook."""
    return _validated(root, "book")


def export(root: Path) -> int:
    """The dead letters to a workbook."""
    return export_letters(session_of(root), "true", root / "out.xlsx").count


def mend(root: Path) -> int:
    """What an accountant would do, on the XML of the sheets."""
    folder = root / PRODUCTION.names.inbox
    folder.mkdir(parents=True)
    with (
        zipfile.ZipFile(root / "out.xlsx") as before,
        zipfile.ZipFile(folder / "mended.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
    ):
        for name in before.namelist():
            data = before.read(name)
            if name == "xl/worksheets/sheet2.xml":
                data = data.replace(f">{BAD_DAY}<".encode(), f">{GOOD_DAY}<".encode())
            out.writestr(name, data)
    return 1


def take(root: Path) -> int:
    """The corrections in, and what they answer resolved."""
    return len(take_in(session_of(root)))


def corrected(root: Path) -> int:
    """How many dead letters are corrected by then."""
    return letters_now(session_of(root))["state"].to_pylist().count("corrected")


class Measured(NamedTuple):
    """Seconds by the clock, what came out, and peak memory in MB."""

    seconds: float
    count: int
    memory: float


def measured(work: Callable[[Path], int], root: Path) -> Measured:
    """Run in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timed, (work, root))


def _timed(work: Callable[[Path], int], root: Path) -> Measured:
    start, before = time.perf_counter(), time.process_time()
    count = work(root)
    seconds, processor = time.perf_counter() - start, time.process_time() - before
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(
        f"{work.__name__:15} {seconds:7.2f} s  {processor:7.2f} s CPU {memory:6.0f} MB  {count:,}"
    )
    sys.stdout.flush()
    return Measured(seconds, count, memory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bad", type=float, default=0.1)
    options = parser.parse_args()
    bad = int(options.rows * options.bad)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "home"
        make_home(root, options.rows, bad)
        measured(landed, root)
        whole = measured(validate_big, root)
        out = measured(export, root)
        measured(mend, root)
        plain, book = measured(validate_plain, root), measured(validate_book, root)
        back = measured(take, root)
        done = measured(corrected, root)
    assert out.count == done.count == bad, (out.count, done.count, bad)
    memory = max(out.memory, back.memory)
    ratios = {
        f"export / validation of {options.rows:,} rows": (out.seconds / whole.seconds, MOST_EXPORT),
        "import / validation of as many rows of a workbook": (
            back.seconds / book.seconds,
            MOST_IMPORT,
        ),
    }
    print(f"import / validation of as many rows of a CSV: {back.seconds / plain.seconds:.2f}")
    for name, (ratio, most) in ratios.items():
        print(f"{name}: {ratio:.2f} (at most {most})")
    print(f"peak memory {memory:.0f} MB (at most {MOST_MEMORY_MB})")
    failed = memory > MOST_MEMORY_MB or any(ratio > most for ratio, most in ratios.values())
    print("missed" if failed else "kept")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
