"""Houses whose ledger is proven, and the scripts with which strangers check it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date

APRIL_1 = date(2026, 4, 1)
KEY, OTHER_KEY = "11" * 32, "22" * 32
ROWS = [
    ("T1", "2026-04-01", "10.00", "GBP"),
    ("T2", "2026-04-01", "20.00", "USD", 'Hire, "wk 1" Größe'),
    ("T3", "2026-04-02", "30.00", "CAD"),
]
LATER = [("T4", "2026-04-01", "5.00", "GBP"), ("T5", "2026-03-31", "6.00", "USD")]


def worked(door, place, environment=None):
    """A house with two pulls posted: three dates, of which one has two batches."""
    house = door.House(place)
    for pull_date, rows in (("2026-04-02", ROWS), ("2026-04-03", LATER)):
        house.drop("rentals", pull_date, rows)
        session = replace(house.session(), environment=environment or {})
        house.work(pull_date, session=session)
    return house


def table(house, name):
    return house.root / "lake" / "tables" / name


def script(project_root, name, *arguments, **options):
    """A verifier run as a stranger does: isolated, so that nothing of ours can be imported."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", project_root / "docs" / "examples" / name, *arguments],
        capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}, **options,
    )  # fmt: skip


def loaded(project_root, name):
    """One of the examples as a module, for many cases without as many processes."""
    spec = importlib.util.spec_from_file_location(
        name.removesuffix(".py"), project_root / "docs" / "examples" / name
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flip(text):
    return text[:-1] + ("0" if text[-1:] != "0" else "1")


def first_broken(door, house, **kwargs):
    found = door.verify_ledger(house.session(), **kwargs)
    assert found.broken
    return found.broken[0]
