"""What a run costs: commands as people type them, in processor seconds and in units of plain work.

    python benchmarks/quick.py [--rows 1000000]        (`make bench-quick`)

A unit is the usual loop over 100,000 rows of CSV: csv.DictReader, one model and one SHA-256 a row.
It is measured first and last in the same run, so a figure in units compares across machines and
hours; seconds do not. The last line is a row for the history in `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import validate_csv

from cost_pipeline import __version__

HERE = Path(__file__).resolve().parent
PULL_DATE = "2026-04-01"
UNIT_ROWS = 100_000


class Cost(NamedTuple):
    """What a process used: processor and clock seconds, and its largest memory in MB."""

    processor: float
    clock: float
    peak: float


class Figure(NamedTuple):
    """One line of the table; `limit` is in processor seconds of the machine it was set on."""

    work: str
    cost: Cost
    limit: float | None = None


def cost_of(process: Callable[[], int]) -> Cost:
    """What a process used that `process` starts and names; its exit code must be 0 or 1."""
    started = time.monotonic()
    _, status, used = os.wait4(process(), 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 1), f"ended with {code}"  # 1: a check is red, as it is where rows are bad
    clock = time.monotonic() - started
    return Cost(used.ru_utime + used.ru_stime, clock, used.ru_maxrss / 1024)


def command(*words: str) -> Cost:
    """The command line in a process of its own."""
    program = [sys.executable, "-m", "cost_pipeline", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return cost_of(lambda: subprocess.Popen(program, **quiet).pid)  # noqa: S603 - our own program


def function(work: Callable[[Path], object], path: Path) -> Cost:
    """A function in a process of its own, which has this one's imports."""

    def start() -> int:
        process = get_context("fork").Process(target=work, args=(path,))
        process.start()
        assert process.pid
        return process.pid

    return cost_of(start)


def runs(folder: Path, rows: int, dates: int, bad: float, *, again: bool) -> Sequence[Cost]:
    """`run` of a new home with one file of so many rows; and once more, with nothing new."""
    size = (f"--rows={rows}", f"--dates={dates}", f"--bad={bad}")
    # Not in this process: what it once held would count as memory of every process it starts.
    make = [sys.executable, str(HERE / "homes.py"), str(folder), *size]
    subprocess.run(make, check=True)  # noqa: S603 - our own script
    words = ("run", "--home", str(folder), "--pull-dates", PULL_DATE)
    return [command(*words) for _ in range(1 + again)]


def figures(folder: Path, rows: int) -> list[Figure]:
    """Every line of the table, each told on standard error when it is there."""
    found: list[Figure] = []

    def add(work: str, cost: Cost, limit: float | None = None) -> None:
        found.append(Figure(work, cost, limit))
        print(f"{work}: {cost.processor:.2f} s", file=sys.stderr)

    first, again = runs(folder / "four", 4, 1, 0, again=True)
    add("run of 4 rows, first of a home", first, 4)
    add("the same again, nothing new", again, 2.5)
    first, again = runs(folder / "dates", 3_000, 280, 0, again=True)
    add("run of 3,000 rows over 280 dates", first, 8)
    add("the same again, nothing new", again, 2.5)
    (million,) = runs(folder / "million", rows, 280, 0.03, again=False)
    add(f"run of {rows:,} rows over 280 dates, 3 % bad", million, 40 * rows / 1_000_000)
    for count, bad in ((rows, 0.03), (rows // 5, 0.5)):
        path = folder / f"{count}.csv"
        validate_csv.write_file(path, count, bad, varied=False)
        add(f"{count:,} CSV rows judged, {bad:.0%} bad", function(validate_csv.ours, path))
    add("demo", command("demo", "--home", str(folder / "demo")))
    add("ledger verify --help", command("ledger", "verify", "--help"), 0.1)
    return found


def unit(folder: Path) -> float:
    """Processor seconds of the usual loop over `UNIT_ROWS` rows."""
    path = folder / "unit.csv"
    validate_csv.write_file(path, UNIT_ROWS, 0.03, varied=False)
    return function(validate_csv.usual_loop, path).processor


def show(found: Sequence[Figure], one: float) -> None:
    """The table, and the row for the history."""
    print(f"a unit (the usual loop over {UNIT_ROWS:,} rows) is {one:.2f} processor seconds\n")
    print(f"{'work':<48} {'processor s':>11} {'limit':>6} {'units':>6} {'clock s':>8} {'MB':>6}")
    for work, cost, limit in found:
        most = f"{limit:.1f}" if limit else ""
        print(
            f"{work:<48} {cost.processor:>11.2f} {most:>6} {cost.processor / one:>6.2f}"
            f" {cost.clock:>8.2f} {cost.peak:>6.0f}"
        )
    units = " | ".join(f"{figure.cost.processor / one:.2f}" for figure in found)
    print(f"\n| {__version__} | {units} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        before = unit(Path(scratch))
        table = figures(Path(scratch), given.rows)
        show(table, (before + unit(Path(scratch))) / 2)
