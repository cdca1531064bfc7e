"""Eight processes deliver and post at once, some killed: no batch is lost, doubled or mixed.

What they leave, once somebody has posted what is out of date, is what one process alone makes of
the same files. The thorough profile lets them work for a minute.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

pytestmark = pytest.mark.proof

WORKER = Path(__file__).with_name("posting_worker.py")
PROCESSES = 8
SECONDS = 60 if settings().max_examples > 100 else 10


def _start(home, number, seconds):
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(WORKER), str(home), str(number), str(seconds)],
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def worked(new_house):
    """The house in which they worked, and how many were killed."""
    house = new_house(vendors=["rentals"])
    until = time.monotonic() + SECONDS
    running = {number: _start(house.root, number, SECONDS) for number in range(PROCESSES)}
    killed = 0
    dice = random.Random(8)  # noqa: S311 - whom to kill
    while (left := until - time.monotonic()) > 2:
        time.sleep(2)
        victim = dice.randrange(PROCESSES)
        running[victim].kill()
        killed += running[victim].wait() < 0
        running[victim].stderr.close()
        running[victim] = _start(house.root, victim, max(left - 2, 1))
    complaints = {number: process.communicate(timeout=120) for number, process in running.items()}
    for number, process in running.items():
        assert process.returncode == 0, f"worker {number}: {complaints[number][1].decode()}"
    return house, killed


def test_what_eight_processes_leave_is_what_one_makes_of_the_same_files(door, worked, new_house):
    house, killed = worked
    assert killed
    files = sorted((house.root / "inbox" / "rentals").iterdir())
    days = sorted({file.name[:10] for file in files})
    house.work(*days)
    session = house.session()
    assert door.unlawful(session) == []
    alone = new_house(vendors=["rentals"])
    for file in files:
        (alone.root / "inbox" / "rentals" / file.name).write_bytes(file.read_bytes())
    alone.work(*days)
    assert door.digest(session) == door.digest(alone.session())
    assert door.open_reasons(session) == door.open_reasons(alone.session())


def test_each_batch_is_of_one_run_and_follows_the_one_before(door, worked):
    session = worked[0].session()
    batches = defaultdict(set)
    for row in door.lines(session).to_pylist():
        place = (row["transaction_date"], row["batch"])
        batches[place].add((row["run_id"], row["recorded_at"], row["batch_root"]))
    assert all(len(sealed) == 1 for sealed in batches.values())
    runs = {run for sealed in batches.values() for run, *_ in sealed}
    assert len(runs) > 1, "several of them posted"
    for day in {day for day, _ in batches}:
        numbers = sorted(number for other, number in batches if other == day)
        assert numbers == list(range(1, len(numbers) + 1))
