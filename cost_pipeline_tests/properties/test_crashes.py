"""A process killed at any step of any commit, and a clean rerun: the result is the undisturbed one.

The steps are discovered by recording an undisturbed run, so a new table or step is covered when it
is there. Every (table, step) is died at when it is first passed, and every table's last commit once
more; the other passages (81 in all) are left out, because each costs two seconds.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("crash_worker.py")
SHARDS = 4


class Worker:
    """The process that forks, works and dies for us."""

    def __init__(self):
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, *words):
        self.process.stdin.write("\t".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def worker():
    one = Worker()
    yield one
    one.close()


@pytest.fixture(scope="module")
def undisturbed(worker, tmp_path_factory):
    """The steps of an undisturbed run, and the state that it ends in."""
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    steps = worker.ask("work", home)["steps"]
    state = worker.ask("finish", home)
    assert state["unlawful"] == []
    return steps, state


def sampled(steps):
    """The numbers of the steps to die at: the first passage of each, each table's last commit."""
    first = {place: number for number, place in reversed(list(enumerate(steps)))}
    last = {place: number for number, place in enumerate(steps) if place.endswith(" committed")}
    return sorted({*first.values(), *last.values()})


def test_the_scenario_passes_every_commit_of_every_table(undisturbed):
    steps, state = undisturbed
    tables = (
        "fx_snapshots", "deliveries", "dead_letters", "fetches", "records", "validations",
        "ledger", "ledger_heads", "dispositions", "audit_log", "approvals", "periods",
    )  # fmt: skip
    wanted = {f"{table} {step}" for table in tables for step in ("before", "committed", "synced")}
    assert set(steps) == wanted
    assert state["reasons"] == {"FX_RATE_MISSING": 1, "KEY_CONFLICT": 1}
    assert {steps[number] for number in sampled(steps)} == wanted


@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_at_any_step_a_rerun_gives_the_undisturbed_result(
    worker, undisturbed, tmp_path, shard
):
    steps, expected = undisturbed
    for number in sampled(steps)[shard::SHARDS]:
        home = tmp_path / f"killed_{number}"
        where = f"killed at step {number}, {steps[number]}"
        assert worker.ask("crash", home, number) == {"killed": signal.SIGKILL}, where
        assert worker.ask("finish", home) == expected, where


def test_killed_again_and_again_it_gets_there(worker, undisturbed, tmp_path):
    # Dies at the 41st step of every run: that is after it has marked void what the run before had
    # announced (a block and a fence), announced a commit of its own, made it, and some more. At the
    # eighth step no run would ever get beyond tidying up after the one before.
    steps, expected = undisturbed
    home = tmp_path / "home"
    runs = 0
    while worker.ask("crash", home, 40) == {"killed": signal.SIGKILL}:
        runs += 1
        assert runs <= len(steps)
    assert runs > 3
    assert worker.ask("finish", home) == expected
