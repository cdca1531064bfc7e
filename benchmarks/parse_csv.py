"""How fast a delimited delivery becomes chunks, as a ratio to `csv.DictReader` in the same run.

    python benchmarks/parse_csv.py [ROWS]

One million rows of seven columns, about 75 bytes each, 3 % of them bad: short ones, unreadable
amounts behind quotes, quotes that never close. `csv.DictReader` gets the file without the stray
quotes, which it would follow to the end of the file. Each reader runs in a process of its own, so
that the peak of memory is its own; seconds are of processor time, which a busy machine bends less.
"""

from __future__ import annotations

import csv
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.parse import Refused, open_rows

HEADER = "id,date,department,gl_code,amount,currency,description\n"
BAD = (
    "T{0:08d},2026-03-01,2000\n",
    'T{0:08d},2026-03-01,2000,2000-01,abc,GBP,"hire, lamps"\n',
    'T{0:08d},2026-03-01,2000,2000-01,5.00,GBP,"stray\n',
)
GOOD = "T{0:08d},2026-03-{1:02d},2000,2000-01,{2}.{1:02d},GBP,hire of lamps and stands {3}\n"


def write(path: Path, rows: int, *, quoted: bool = False) -> None:
    """A file of the given number of rows; `quoted` has every cell of the good ones quoted."""
    chance = random.Random(5)  # noqa: S311 - the same file in every run
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            if chance.random() < 0.03:
                file.write(BAD[number % 3].format(number))
                continue
            line = GOOD.format(number, 1 + number % 28, chance.randrange(10**5), number % 977)
            file.write('"' + line[:-1].replace(",", '","') + '"\n' if quoted else line)


def parse(path: Path) -> int:
    reader = open_rows(path, CsvFormat())
    assert not isinstance(reader, Refused)
    for _ in reader:
        pass
    return reader.rows


def loop(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line.replace('"stray', "stray") for line in file)
        return sum(1 for _ in csv.DictReader(lines))


def measure(work: str, path: Path, answers: multiprocessing.Queue) -> None:
    started = time.process_time()
    rows = {"parse": parse, "loop": loop}[work](path)
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put((rows, seconds, peak))


def run(work: str, path: Path) -> tuple[int, float, float]:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=measure, args=(work, path, answers))
    process.start()
    answer = answers.get()
    process.join()
    return answer


def report(name: str, answer: tuple[int, float, float]) -> None:
    rows, seconds, peak = answer
    print(
        f"{name:<32}{rows:>11,} rows {seconds:>7.2f} s {rows / seconds:>12,.0f}/s {peak:>6.0f} MB"
    )


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        for name, quoted in (("plain", False), ("every cell quoted", True)):
            path = Path(folder) / "delivery.csv"
            write(path, rows, quoted=quoted)
            ours, theirs = run("parse", path), run("loop", path)
            report(f"{name}: open_rows", ours)
            report(f"{name}: csv.DictReader", theirs)
            print(f"{name}: {theirs[1] / ours[1]:.1f} times as fast as csv.DictReader")


if __name__ == "__main__":
    main()
