"""How fast the other formats become chunks, each as a ratio to a naive reader in the same run.

    python benchmarks/parse_formats.py [ROWS]

The same rows of eight columns in every format. The naive readers make a dict per row and check
nothing: slices of lines for fixed width, pyarrow's `to_pylist` for Parquet, csv.DictReader for
UTF-16 without a header and over gzip. Workbooks and JSON are measured by `read_formats.py`. Each
reader runs in a process of its own, so that the peak of memory is its own; seconds are of processor
time. Last, one line of 1 GB (less with fewer ROWS): it must be refused, in bounded memory.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cost_pipeline.contracts.formats import (
    CsvFormat,
    FileFormat,
    FixedWidthFormat,
    ParquetFormat,
)
from cost_pipeline.parse import Refused, open_rows

Reader = Callable[[str, Path], int]

MOST = 500_000
WIDTHS = (9, 10, 6, 8, 12, 3, 30, 7)
NAMES = ("id", "date", "dept", "gl", "amount", "cur", "text", "po")
COLUMNS = [
    {"name": name, "start": 1 + sum(WIDTHS[:i]), "width": WIDTHS[i]} for i, name in enumerate(NAMES)
]
FORMS: dict[str, FileFormat] = {
    "fixed width": FixedWidthFormat(layout={"columns": COLUMNS}),
    "utf-16, no header": CsvFormat(header="none", width=8, encodings=("utf-16-le",)),
    "gzip csv": CsvFormat(),
    "parquet": ParquetFormat(),
    "one line of 1 GB": CsvFormat(),
}


def row(i: int) -> tuple[str, dt.date, str, str, Decimal, str, str, int]:
    day = dt.date(2026, 3, 1 + i % 28)
    amount = Decimal(i * 7919 % 10**7) / 100
    return f"T{i:08d}", day, "2000", "2000-01", amount, "GBP", f"hire of lamps {i % 977}", i


def lines(rows: int, delimiter: str = ",") -> Iterator[str]:
    return (delimiter.join(map(str, row(i))) + "\n" for i in range(rows))


def write(name: str, path: Path, rows: int) -> None:
    if name == "fixed width":
        with path.open("w") as file:
            for i in range(rows):
                cells = zip(map(str, row(i)), WIDTHS, strict=True)
                file.write("".join(cell.ljust(width) for cell, width in cells) + "\n")
    elif name == "utf-16, no header":
        with path.open("w", encoding="utf-16-le") as file:
            file.writelines(lines(rows))
    elif name == "gzip csv":
        with gzip.open(path, "wt", compresslevel=1) as file:
            file.write(",".join(NAMES) + "\n")
            file.writelines(lines(rows))
    elif name == "parquet":
        columns = zip(*(row(i) for i in range(rows)), strict=True)
        pq.write_table(pa.table(dict(zip(NAMES, columns, strict=True))), path)
    else:
        with path.open("wb") as file:
            for _ in range(max(2, rows * 1024 // MOST)):
                file.write(b"x" * (1 << 20))


def ours(name: str, path: Path) -> int:
    reader = open_rows(path, FORMS[name])
    if isinstance(reader, Refused):
        return 0
    for _ in reader:
        pass
    return reader.rows


def naive(name: str, path: Path) -> int:
    if name == "fixed width":
        starts = [sum(WIDTHS[:i]) for i in range(len(WIDTHS))]
        cuts = [slice(at, at + width) for at, width in zip(starts, WIDTHS, strict=True)]
        with path.open() as file:
            return sum(
                1 for line in file if dict(zip(NAMES, (line[cut] for cut in cuts), strict=True))
            )
    if name == "utf-16, no header":
        with path.open(encoding="utf-16-le", newline="") as file:
            return sum(1 for _ in csv.DictReader(file, NAMES))
    if name == "gzip csv":
        with gzip.open(path, "rt", newline="") as file:
            return sum(1 for _ in csv.DictReader(file))
    if name == "parquet":
        return sum(len(batch.to_pylist()) for batch in pq.ParquetFile(path).iter_batches())
    raise ValueError(name)


def peak_megabytes() -> float:
    """Of this process alone: `ru_maxrss` starts with what its parent had."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024


def measure(work: Reader, name: str, path: Path) -> tuple[int, float, float]:
    started = time.process_time()
    rows = work(name, path)
    seconds = time.process_time() - started
    return rows, seconds, peak_megabytes()


def run(work: Reader, name: str, path: Path) -> tuple[int, float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, work, name, path).result()


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST
    with tempfile.TemporaryDirectory() as folder:
        for name in FORMS:
            path = Path(folder) / f"delivery.{name}"
            write(name, path, most)
            got, seconds, peak = run(ours, name, path)
            if name.startswith("one line"):
                print(f"{name}: {got} rows, {seconds:.2f} s, peak {peak:.0f} MB", flush=True)
                continue
            theirs, slow, heavy = run(naive, name, path)
            assert got == theirs == most, (got, theirs)
            print(
                f"{name}: {most / seconds:,.0f} rows/s, {slow / seconds:.2f} times as fast as the "
                f"naive reader; peak {peak:.0f} MB (naive {heavy:.0f} MB)",
                flush=True,
            )


if __name__ == "__main__":
    main()
