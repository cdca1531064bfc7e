"""A process that works on homes and kills itself: driven by `test_crashes`, a line at a time.

    work HOME            do the whole scenario undisturbed and answer with the steps it went through
    copies HOME FOLDER   do it, and copy the home as it is at each step; answer as `work`, and with
                         the steps at which something had changed: a copy FOLDER/N for each
    crash HOME N         do it and die by SIGKILL at step N (from 0)
    finish HOME          do it undisturbed and answer with what there is then

Each line is done in a forked child of a process that has only imported: a fresh interpreter each
time would cost a second of imports. Answers are one JSON line each.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "cost_pipeline_door", Path(__file__).resolve().parent.parent / "feeds" / "door.py"
)
assert _spec
assert _spec.loader
door = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = door
_spec.loader.exec_module(door)

from cost_pipeline.contracts.currencies import currencies  # noqa: E402
from cost_pipeline.contracts.rate_sources import ecb  # noqa: E402
from cost_pipeline.feeds.all import every_reason  # noqa: E402
from cost_pipeline.feeds.production.approvals import approvals_in_force  # noqa: E402
from cost_pipeline.feeds.production.closing import examine  # noqa: E402
from cost_pipeline.feeds.production.periods import close, recorded_closings  # noqa: E402
from cost_pipeline.feeds.production.rates import correct_rates  # noqa: E402
from cost_pipeline.feeds.production.reversals import approve  # noqa: E402
from cost_pipeline.fx.calendar import last_publication_day  # noqa: E402

_ROWS = [
    ("T1", "2026-04-01", "10.00", "GBP"),
    ("T2", "2026-04-02", "20.00", "USD"),
    ("T3", "2026-04-02", "-1.00", "USD"),
    ("T4", "2026-04-09", "30.00", "GBP"),
]
_LATER = [
    ("T1", "2026-04-01", "11.00", "GBP"),
    ("T2", "2026-04-02", "20.00", "USD"),
    ("T5", "31/03/2026", "5.00", "GBP"),
]


def scenario(home: Path, between: Callable[[str, str], None]) -> None:
    """Two pulls, a mended vendor file, a corrected rate, a reversal, a closed month.

    Every kind of commit there is.
    """
    if not (home / "productions.yaml").exists():
        house = door.House(home, ["rentals", "orders"], rates=None)
        house.drop("rentals", "2026-04-01", _ROWS)
        house.drop("orders", "2026-04-01", _ROWS[:1])
        house.drop("rentals", "2026-04-02", _LATER)
        # A folder that is not there yet: its vendor's first pull is a dead letter.
        (home / "inbox" / "orders").rename(home / "inbox" / "away")
        (home / "correction.csv").write_text("currency,rate\nGBP,0.9\n", encoding="utf-8")
    house = door.House.existing(home)
    house.load_rates(door.RATES, house.session(between=between))
    session = house.session(between=between)
    house.work("2026-04-01", session=session)
    _once(home / "inbox" / "away", home / "inbox" / "orders")
    house.work("2026-04-01", "2026-04-02", session=session)
    vendor = home / "vendors" / "rentals.yaml"
    mended = home / "rentals.mended"
    if not mended.exists():
        house.edit_vendor(
            "rentals",
            "key: [transaction_id]",
            'dates: ["%Y-%m-%d", "%d/%m/%Y"]\nkey: [transaction_id]',
        )
        mended.write_text(vendor.read_text(encoding="utf-8"), encoding="utf-8")
    session = house.session(between=between)
    correct_rates(session, date(2026, 4, 1), home / "correction.csv", "a test")
    house.work("2026-04-02", "2026-04-01", session=session)
    letters = door.open_letters(session, "amount < 0")
    if letters and not approvals_in_force(session):
        approve(session, letters[0]["id"], "T2", by="A. Ccountant", reason="a test")
    door.bring_up_to_date(session)
    if not any(span.closed_at for span in recorded_closings(session)):
        found = partial(examine, session, "2026-03")
        close(session, "2026-03", by="A. Ccountant", reason=None, examine=found)


def _once(old: Path, new: Path) -> None:
    if old.exists():
        old.rename(new)


def work(home: Path) -> dict[str, object]:
    steps: list[str] = []
    scenario(home, lambda table, step: steps.append(f"{table} {step}"))
    return {"steps": steps}


def copies(home: Path, folder: Path) -> dict[str, object]:
    steps: list[str] = []
    changed: list[int] = []
    last: set[tuple[str, int, int]] = set()

    def between(table: str, step: str) -> None:
        nonlocal last
        found = {
            (str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in home.rglob("*")
        }
        if found != last:
            shutil.copytree(home, folder / str(len(steps)))
            changed.append(len(steps))
            last = found
        steps.append(f"{table} {step}")

    scenario(home, between)
    return {"steps": steps, "changed": changed}


def crash(home: Path, number: str) -> dict[str, object]:
    seen, at = 0, int(number)

    def between(_table: str, _step: str) -> None:
        nonlocal seen
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1

    scenario(home, between)
    return {"steps": seen}


def state(home: Path) -> dict[str, object]:
    """What must be the same whether or not a process was killed."""
    session = door.House.existing(home).session()
    totals = door.ledger_totals(session)
    return {
        "digest": totals.digest,
        "active": totals.active_postings,
        "unlawful": door.unlawful(session),
        "reasons": door.open_reasons(session),
        "fates": sorted(
            [r.vendor, r.delivery, r.rows, r.posted, r.commitments, r.duplicates, r.dead_letters]
            for r in door.reports(session)
        ),
        "records": len(door.rows_of(session, door.RECORDS)),
        "dispositions": sorted(
            [row["vendor"] or "", row["fingerprint"] or "", row["disposition"]]
            for row in door.rows_of(session, door.DISPOSITIONS)
        ),
    }


def finish(home: Path) -> dict[str, object]:
    work(home)
    return state(home)


DOES = {
    "work": work,
    "copies": lambda home, folder: copies(home, Path(folder)),
    "crash": crash,
    "finish": finish,
}


def _answer(line: str) -> str:
    """The answer of a child that does what the line says; how it ended if it was killed."""
    name, home, *rest = line.split("\t")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        found = DOES[name](Path(home), *rest)
        with os.fdopen(writing, "w", encoding="utf-8") as out:
            json.dump(found, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answered:
        text = answered.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return json.dumps({"killed": os.WTERMSIG(status)})
    return text or json.dumps({"failed": status})


if __name__ == "__main__":
    # Read once here what every child would read; none of it starts a thread, which a fork loses.
    every_reason(), currencies(), last_publication_day(ecb(), date(2026, 4, 9))
    for given in sys.stdin:
        print(_answer(given.rstrip("\n")), flush=True)  # noqa: T201 - the answer
