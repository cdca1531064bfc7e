"""Several processes post at once, the same dates and others: one chain of heads covers it all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("heads_worker.py")
DATES = ["2026-04-01", "2026-04-02", "2026-03-31", "2026-04-01"] * 2


@pytest.mark.proof
def test_eight_processes_leave_one_chain_that_covers_every_batch(door, tmp_path):
    house = door.House(tmp_path / "home")
    rows = [(f"T{n}", DATES[n % 3], f"{n + 1}.00", "GBP") for n in range(9)]
    house.drop("rentals", "2026-04-01", rows)
    house.pull("2026-04-01")
    answer = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, WORKER, house.root, *DATES], capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == [0] * len(DATES), answer.stderr
    session = house.session()
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.postings, found.batches) == ((), 0, 9, 3)
    assert 1 <= found.heads <= 3
    assert door.unlawful(session) == []
