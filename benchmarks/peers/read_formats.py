"""What plain readers do with a file of `benchmarks/read_formats.py`.

    .venv/peers/bin/python benchmarks/peers/read_formats.py json FILE

It is run by that script in a venv of its own, which `make peers` makes. Prints the number of rows
and the processor seconds of each reading as JSON. Nothing is checked, and nothing is kept.
"""

from __future__ import annotations

import csv
import importlib
import json
import sys
import time
from pathlib import Path

READINGS = 3


def calamine(path: Path) -> int:
    """All values of the first sheet as lists of Python's own types."""
    book = importlib.import_module("python_calamine").CalamineWorkbook.from_path(str(path))
    return len(book.get_sheet_by_index(0).to_python()) - 1


def ijson(path: Path, prefix: str, *, several: bool = False) -> int:
    """Each item as a dict; numbers are decimals."""
    items = importlib.import_module("ijson").items
    with path.open("rb") as file:
        return sum(1 for _ in items(file, prefix, multiple_values=several))


def csv_reader(path: Path) -> int:
    """Each row as a list of texts."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def read(name: str, path: Path) -> int:
    """The rows of a file of a name."""
    if name.startswith("xlsx"):
        return calamine(path)
    if name.startswith("json"):
        prefix = {"json": "item", "jsonl": ""}.get(name, "data.items.item")
        return ijson(path, prefix, several=name == "jsonl")
    return csv_reader(path)


def main() -> None:
    name, path = sys.argv[1], Path(sys.argv[2])
    for module in ("python_calamine", "ijson"):
        importlib.import_module(module)
    seconds = []
    for _ in range(READINGS):
        started = time.process_time()
        rows = read(name, path)
        seconds.append(time.process_time() - started)
    print(json.dumps([rows, seconds]))


if __name__ == "__main__":
    main()
