"""The faults: each tries itself once on the ground and tells the tally what became of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import trial
from deltalake import DeltaTable
from trial import Child, Ground, Tally, cli, door, run

MOST_SLEEP = 0.15


def killed_at_a_step(ground: Ground, tally: Tally) -> None:
    """SIGKILL at a commit step; the steps are gone through in order, round and round."""
    home, at = ground.fresh(), tally.tried % ground.steps
    seen = 0

    def between(_table: str, _step: str) -> None:
        nonlocal seen
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    assert Child(lambda: run(home, between)).answer() == {"killed": signal.SIGKILL}
    ground.judge(tally, home)


def _signalled(ground: Ground, tally: Tally, number: int) -> None:
    home = ground.fresh()
    child = Child(lambda: run(home))
    time.sleep(ground.chance.uniform(0, ground.seconds))
    child.kill(number)
    child.answer()
    ground.judge(tally, home)


def killed_at_random(ground: Ground, tally: Tally) -> None:
    """SIGKILL at a random instant."""
    _signalled(ground, tally, signal.SIGKILL)


def terminated(ground: Ground, tally: Tally) -> None:
    """SIGTERM at a random instant."""
    _signalled(ground, tally, signal.SIGTERM)


def interrupted(ground: Ground, tally: Tally) -> None:
    """Ctrl-C to the command line at a random instant: one line for the person, no traceback."""
    home = ground.fresh()
    begun = cli(*trial.COMMAND, "--home", home, background=True)
    time.sleep(ground.chance.uniform(1.0, 6.0))
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=trial.PATIENCE)
    if "Traceback" in err:
        tally.failures.append(f"a traceback after Ctrl-C: {err[-800:]}")
    ground.judge_by_command(tally, home)


def lost_dagster_home(ground: Ground, tally: Tally) -> None:
    """The folder of Dagster is gone: the lake alone knows what was done."""
    home = ground.commanded_home()
    shutil.rmtree(home / "dagster")
    ground.judge_by_command(tally, home)


def full_disk(ground: Ground, tally: Tally) -> None:
    """The disk fills up somewhere in the run; then there is room again."""
    with _mounted(ground, "-t", "tmpfs", "-o", "size=24m", "tmpfs") as point:
        home = point / "home"
        trial.prepare(home)
        ballast = _fill(point, leave=ground.chance.randrange(0, 1 << 20))
        found = Child(lambda: run(home)).answer()
        ballast.unlink()
        if "defect" in found:
            tally.failures.append(found["defect"])
        ground.judge(tally, home)


def read_only_lake(ground: Ground, tally: Tally) -> None:
    """The lake is mounted read-only while a run begins: it says so and changes nothing."""
    home = ground.fresh()
    Child(lambda: trial.door.House.existing(home).session() and {}).answer()  # the lake is laid out
    with _mounted(ground, "--bind", str(home)) as point:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(point)], check=True)  # noqa: S603, S607
        found = Child(lambda: run(point)).answer()
        if found.get("refused") != "NOT_WRITABLE":
            tally.failures.append(f"not refused as NOT_WRITABLE: {found}")
    ground.judge(tally, home)


def slow_disk(ground: Ground, tally: Tally) -> None:
    """Every step of every commit is slow, in two runs of the same work at once."""
    home = ground.fresh()
    seeds = [ground.chance.random(), ground.chance.random()]

    def slow(share: float) -> Callable[[], dict[str, Any]]:
        return lambda: run(home, lambda _table, _step: time.sleep(share * MOST_SLEEP))

    _together(tally, [slow(seed) for seed in seeds])
    ground.judge(tally, home)


def two_runs_at_once(ground: Ground, tally: Tally) -> None:
    """Two runs of the same partitions, begun a moment apart."""
    home = ground.fresh()
    pause = ground.chance.uniform(0, 0.5)
    _together(tally, [lambda: run(home), lambda: (time.sleep(pause), run(home))[1]])
    ground.judge(tally, home)


def clock_jumps(ground: Ground, tally: Tally) -> None:
    """The clock jumps forward and back by days while a run works, and is killed in the middle."""
    home = ground.fresh()
    days = [ground.chance.randrange(-400, 400) for _ in range(50)]
    at = ground.chance.randrange(ground.steps)
    seen = 0

    def clock() -> datetime:
        return door.NOW + timedelta(days=days[seen % len(days)])

    def between(_table: str, _step: str) -> None:
        nonlocal seen
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    Child(lambda: run(home, between, clock)).answer()
    ground.judge(tally, home)


def vacuumed(ground: Ground, tally: Tally) -> None:
    """Maintenance works on every table while a run does: vacuum, checkpoints, log cleaning."""
    home = ground.fresh()
    worker = Child(lambda: run(home, lambda _table, _step: time.sleep(0.02)))
    keeper = Child(lambda: _maintain(home))
    found = worker.answer()
    keeper.kill(signal.SIGKILL)
    keeper.answer()
    if "defect" in found:
        tally.failures.append(found["defect"])
    ground.judge(tally, home)


def corrupted_parquet(ground: Ground, tally: Tally) -> None:
    """A byte of a data file is another one."""
    home = ground.finished()
    file = _any(ground, home, "*.parquet")
    data = bytearray(file.read_bytes())
    data[ground.chance.randrange(len(data))] ^= 1 << ground.chance.randrange(8)
    file.write_bytes(data)
    ground.judge(tally, home, damaged=True)


def truncated_log(ground: Ground, tally: Tally) -> None:
    """The last entry of a table's log is gone, or cut in the middle."""
    home = ground.finished()
    table = ground.chance.choice(sorted((home / "lake" / "tables").iterdir()))
    last = max((table / "_delta_log").glob("*.json"))
    if ground.chance.random() < 0.5:
        last.unlink()
    else:
        data = last.read_bytes()
        last.write_bytes(data[: ground.chance.randrange(len(data))])
    ground.judge(tally, home, damaged=True)


FAULTS: dict[str, Callable[[Ground, Tally], None]] = {
    "kill -9 at a commit step": killed_at_a_step,
    "kill -9 at random": killed_at_random,
    "SIGTERM": terminated,
    "Ctrl-C": interrupted,
    "disk full": full_disk,
    "read-only lake": read_only_lake,
    "slow disk, two runs": slow_disk,
    "clock jumps and a kill": clock_jumps,
    "two runs at once": two_runs_at_once,
    "lake being vacuumed": vacuumed,
    "corrupted Parquet file": corrupted_parquet,
    "truncated Delta log": truncated_log,
    "lost DAGSTER_HOME": lost_dagster_home,
}


class CannotMountError(Exception):
    """This machine lets nobody mount a file system."""


@contextmanager
def _mounted(ground: Ground, *how: str) -> Iterator[Path]:
    ground.number += 1
    point = ground.folder / f"mount{ground.number}"
    point.mkdir()
    done = subprocess.run(["mount", *how, str(point)], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise CannotMountError(done.stderr.decode().strip())
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)  # noqa: S603, S607


def _fill(point: Path, *, leave: int) -> Path:
    ballast = point / "ballast"
    with ballast.open("wb") as file:
        while (rest := _free(point) - leave) > 4096:
            file.write(b"\0" * min(rest, 1 << 20))
            file.flush()
    return ballast


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _together(tally: Tally, works: list[Callable[[], dict[str, Any]]]) -> None:
    for found in [child.answer() for child in [Child(work) for work in works]]:
        if "defect" in found:
            tally.failures.append(found["defect"])


def _maintain(home: Path) -> dict[str, Any]:
    tables = home / "lake" / "tables"
    while True:
        for table in sorted(tables.glob("*/_delta_log")) if tables.exists() else ():
            if any(table.glob("*.json")):
                opened = DeltaTable(table.parent)
                opened.vacuum(dry_run=False)
                opened.create_checkpoint()
                opened.cleanup_metadata()
        time.sleep(0.01)


def _any(ground: Ground, home: Path, pattern: str) -> Path:
    return ground.chance.choice(sorted((home / "lake" / "tables").rglob(pattern)))
