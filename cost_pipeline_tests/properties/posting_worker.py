"""A process that delivers and posts until its time is up: eight of them are `test_eight_processes`.

    posting_worker.py HOME NUMBER SECONDS

Each has a pull date of its own, on which it leaves one small file after the other; all of them post
whatever is out of date, one date or many, so that they meet in the same partitions. It may be
killed at any instant; a new one with the same number goes on.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import time
from datetime import date
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "cost_pipeline_door", Path(__file__).resolve().parent.parent / "feeds" / "door.py"
)
assert _spec
assert _spec.loader
door = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = door
_spec.loader.exec_module(door)

DATES = ("2026-03-31", "2026-04-01", "2026-04-02", "2026-04-04")


def rows(number: int, file: int) -> list[tuple[str, str, str, str]]:
    """Of the worker's own and of shared transactions: the latter conflict or repeat."""
    own = [(f"W{number}-{file}-{i}", day, f"{i + 1}.05", "GBP") for i, day in enumerate(DATES)]
    return [
        *own,
        ("SHARED", DATES[file % 4], f"{1 + number % 2}.00", "USD"),
        ("T", DATES[0], "-1", "USD"),
    ]


def work(home: Path, number: int, until: float) -> None:
    house = door.House.existing(home)
    dice = random.Random(f"{number} {time.monotonic()}")  # noqa: S311 - only what is posted first
    pulled = date(2026, 4, 1 + number)
    while time.monotonic() < until:
        session = house.session(run_id=f"worker {number}")
        file = len(list((home / "inbox" / "rentals").glob(f"{pulled}*")))
        house.drop("rentals", pulled, rows(number, file), name=f"_{file}")
        house.pull(pulled, session)
        stale = door.stale(session)
        dice.shuffle(stale)
        door.post(session, stale[: dice.randint(1, 4)])


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), time.monotonic() + float(sys.argv[3]))
