"""What a fault is tried on: a home with known truth, work done in processes that can be killed.

Nothing of the lake is opened in this process: children are forked from it, and a fork must not
inherit the threads of deltalake or DuckDB.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

_spec = importlib.util.spec_from_file_location(
    "cost_pipeline_door", Path(__file__).resolve().parent.parent / "feeds" / "door.py"
)
assert _spec
assert _spec.loader
door = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = door
_spec.loader.exec_module(door)

from cost_pipeline.core.errors import CostPipelineError  # noqa: E402
from cost_pipeline.feeds.production.rates import correct_rates  # noqa: E402
from cost_pipeline.lake.durable import storage_failure  # noqa: E402

DAYS = ("2026-04-01", "2026-04-02")
PATIENCE = 120.0
COMMAND = ("run", "--pull-dates", "..".join(DAYS), "--json")

Between = Callable[[str, str], None]


def rows(day: int, count: int) -> list[tuple[str, str, str, str]]:
    """Rows of a delivery: good ones, a negative, a bad date, and keys that clash between days."""
    found = []
    for number in range(count):
        on = f"2026-04-0{1 + number % 3}"
        amount = f"{number + day}.{number % 100:02d}" if number % 11 else f"-{number + 1}.00"
        currency = ("USD", "GBP", "CAD")[number % 3]
        found.append((f"T{number}", "01.04.2026" if number % 13 == 5 else on, amount, currency))
    return found


def prepare(home: Path) -> None:
    """The files of a home; its lake is made by the first run."""
    house = door.House(home, ["rentals", "lodging", "orders"], rates=None)
    for number, day in enumerate(DAYS):
        for vendor in ("rentals", "lodging", "orders"):
            house.drop(vendor, day, rows(number, 30))
    (home / "correction.csv").write_text("currency,rate\nGBP,0.9\n", encoding="utf-8")


def run(
    home: Path,
    between: Between | None = None,
    clock: Callable[[], datetime] = lambda: door.NOW,
) -> dict[str, Any]:
    """Everything a home has to do: rates, two pulls, posting, a corrected rate, posting again."""
    house = door.House.existing(home)
    session = house.session(between=between, clock=clock)
    house.load_rates(door.RATES, session)
    house.work(*DAYS, session=session)
    correct_rates(session, date(2026, 4, 1), home / "correction.csv", "a test")
    house.work(*DAYS, session=session)
    return state(home)


def state(home: Path) -> dict[str, Any]:
    """What must be the same whatever happened on the way."""
    session = door.House.existing(home).session()
    totals = door.ledger_totals(session)
    # A copied home receives the same bytes from another place: that is no other delivery.
    reports = [report for report in door.reports(session) if report.duplicate_of is None]
    return {
        "digest": totals.digest,
        "active": totals.active_postings,
        "reasons": door.open_reasons(session),
        "rows": sum(report.rows for report in reports),
        "accounted": sum(report.accounted for report in reports),
        "unlawful": door.unlawful(session),
    }


class Child:
    """A forked process that works on a home; it answers with JSON, or with the error it met."""

    def __init__(self, work: Callable[[], dict[str, Any]]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with os.fdopen(writing, "w", encoding="utf-8") as out:
                json.dump(_answer(work), out)
            os._exit(0)
        os.close(writing)
        self._reading = os.fdopen(reading, encoding="utf-8")

    def kill(self, number: int) -> None:
        """Send a signal, if it still runs."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def answer(self) -> dict[str, Any]:
        """What it answered; `killed` with the signal that ended it."""
        text = self._reading.read()
        self._reading.close()
        _, status = os.waitpid(self.pid, 0)
        if os.WIFSIGNALED(status):
            return {"killed": os.WTERMSIG(status)}
        return json.loads(text) if text else {"defect": f"exit status {status}"}


def _answer(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except KeyboardInterrupt:
        return {"killed": int(signal.SIGINT)}
    except Exception as error:  # noqa: BLE001 - the suite's question is what errors there are
        clear = storage_failure(error, "the lake")
        if isinstance(clear, CostPipelineError):
            return {"refused": clear.code, "message": clear.message}
        return {"defect": "".join(traceback.format_exception(error))[-3000:]}


def cli(*words: str | Path, background: bool = False) -> Any:
    """The command line in a process of its own: done, or begun."""
    command = [sys.executable, "-m", "cost_pipeline", *map(str, words)]
    if background:
        return subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    return subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@dataclass
class Tally:
    """What became of the trials of one fault.

    Attributes:
        tried: How often.
        survived: A rerun gave the undisturbed result.
        refused: A clear refusal, or a check or verification that names the damage.
        lost: Rows that were missing where nothing said so; must be 0.
        failures: What was neither survived nor clearly refused.
        skipped: Why it could not be tried here.
    """

    tried: int = 0
    survived: int = 0
    refused: int = 0
    lost: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: str = ""


@dataclass
class Ground:
    """Where trials take place, and what an undisturbed run gives there."""

    folder: Path
    chance: random.Random
    expected: Mapping[str, Any]
    commanded: Mapping[str, Any]
    done: Path
    steps: int
    seconds: float
    number: int = 0

    def fresh(self) -> Path:
        """A home that nothing was done in."""
        home = self._place()
        prepare(home)
        return home

    def finished(self) -> Path:
        """A copy of the home in which everything was done."""
        return Path(shutil.copytree(self.done, self._place()))

    def commanded_home(self) -> Path:
        """The same of the home in which the command line did it."""
        return Path(shutil.copytree(self.folder / "commanded", self._place()))

    def judge(self, tally: Tally, home: Path, *, damaged: bool = False) -> None:
        """Run again and compare; a damaged lake may also refuse or be named broken."""
        self.compare(tally, home, Child(lambda: run(home)).answer(), damaged=damaged)

    def judge_by_command(self, tally: Tally, home: Path) -> None:
        """The same through the command line, which loads the published rates."""
        done = cli(*COMMAND, "--home", home)
        if done.returncode not in (0, 1) or "Traceback" in done.stderr:
            tally.failures.append(f"exit {done.returncode}: {done.stderr[-800:]}")
        found = Child(lambda: state(home)).answer()
        self.compare(tally, home, found, expected=self.commanded)

    def compare(
        self,
        tally: Tally,
        home: Path,
        found: Mapping[str, Any],
        *,
        damaged: bool = False,
        expected: Mapping[str, Any] | None = None,
    ) -> None:
        """Count what a trial ended with, and clear its home away."""
        expected = expected or self.expected
        tally.tried += 1
        if found == expected:
            tally.survived += 1
        elif damaged and ("refused" in found or found.get("unlawful")):
            tally.refused += 1
        else:
            missing = expected["accounted"] - found.get("accounted", 0)
            tally.lost += max(missing, 0) if "digest" in found else 0
            tally.failures.append(json.dumps(found)[:1500])
        shutil.rmtree(home, ignore_errors=True)

    def _place(self) -> Path:
        self.number += 1
        return self.folder / f"home{self.number}"


def ground(folder: Path, seed: int) -> Ground:
    """The ground in a folder: one undisturbed run tells the truth, the steps and the time."""
    done = folder / "done"
    prepare(done)

    def counted() -> dict[str, Any]:
        seen = 0

        def between(_table: str, _step: str) -> None:
            nonlocal seen
            seen += 1

        started = time.perf_counter()
        found = run(done, between)
        return {"state": found, "steps": seen, "seconds": time.perf_counter() - started}

    told = Child(counted).answer()
    if "state" not in told:
        raise RuntimeError(f"the undisturbed run failed: {told}")
    if told["state"]["unlawful"] or not told["state"]["active"]:
        raise RuntimeError(f"the undisturbed run is not sound: {told}")
    commanded = folder / "commanded"
    prepare(commanded)
    done_so = cli(*COMMAND, "--home", commanded)
    if done_so.returncode not in (0, 1):
        raise RuntimeError(f"the undisturbed command failed: {done_so.stderr}")
    return Ground(
        folder=folder,
        chance=random.Random(seed),  # noqa: S311 - not a secret
        expected=told["state"],
        commanded=Child(lambda: state(commanded)).answer(),
        done=done,
        steps=told["steps"],
        seconds=told["seconds"],
    )
