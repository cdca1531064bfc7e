"""A process killed at any step of any commit, and a clean rerun: the result is the undisturbed one.

The steps are discovered by recording an undisturbed run, so a new table or step is covered when it
is there. SIGKILL takes nothing from the disk that was there, so what it leaves at a step is the
home as it is at that step: copied there in one run, and each copy is finished by a fresh process.
That holds for kills too is shown by killing at some steps, and again and again.

`make test` kills at one step; `make proof` tries every one, because each costs seconds.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing disturbed: its steps, its state at the end, and a copy at each change."""

    home: Path
    copies: Path
    steps: list[str]
    changed: list[int]
    state: dict[str, object]


@pytest.fixture(scope="module")
def undisturbed(worker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    home, copies = folder / "home", folder / "copies"
    found = worker.ask("copies", home, copies)
    state = worker.ask("finish", home)
    assert state["unlawful"] == []
    return Undisturbed(home, copies, found["steps"], found["changed"], state)


def test_the_scenario_passes_every_commit_of_every_table(undisturbed):
    tables = (
        "fx_snapshots", "deliveries", "dead_letters", "fetches", "records", "validations",
        "ledger", "ledger_heads", "dispositions", "audit_log", "approvals", "periods",
    )  # fmt: skip
    wanted = {f"{table} {step}" for table in tables for step in ("before", "committed", "synced")}
    assert set(undisturbed.steps) == wanted
    assert undisturbed.state["reasons"] == {"FX_RATE_MISSING": 1, "KEY_CONFLICT": 1}
    # Each commit changes the home; of a commit, only its sync may leave the files as they were.
    commits = {n for n, step in enumerate(undisturbed.steps) if step.endswith(" committed")}
    assert commits <= set(undisturbed.changed)


@pytest.mark.proof
@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_step_it_died_at_a_rerun_gives_the_undisturbed_result(worker, undisturbed, shard):
    for number in undisturbed.changed[shard::SHARDS]:
        shutil.rmtree(undisturbed.home)
        shutil.copytree(undisturbed.copies / str(number), undisturbed.home)
        where = f"died at step {number}, {undisturbed.steps[number]}"
        assert worker.ask("finish", undisturbed.home) == undisturbed.state, where


@pytest.mark.parametrize(
    "step",
    [
        "ledger committed",
        *(
            pytest.param(step, marks=pytest.mark.proof)
            for step in ("audit_log committed", "records before", "dispositions synced")
        ),
    ],
)
def test_killed_there_a_rerun_gives_the_undisturbed_result(worker, undisturbed, tmp_path, step):
    number = undisturbed.steps.index(step)
    home = tmp_path / "home"
    assert worker.ask("crash", home, number) == {"killed": signal.SIGKILL}
    assert worker.ask("finish", home) == undisturbed.state


@pytest.mark.proof
def test_killed_again_and_again_it_gets_there(worker, undisturbed, tmp_path):
    # Dies at the 41st step of every run: that is after it has marked void what the run before had
    # announced (a block and a fence), announced a commit of its own, made it, and some more. At the
    # eighth step no run would ever get beyond tidying up after the one before.
    home = tmp_path / "home"
    runs = 0
    while worker.ask("crash", home, 40) == {"killed": signal.SIGKILL}:
        runs += 1
        assert runs <= len(undisturbed.steps)
    assert runs > 3
    assert worker.ask("finish", home) == undisturbed.state
