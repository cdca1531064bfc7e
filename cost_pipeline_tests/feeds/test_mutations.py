"""Stored files changed at random places: verification finds each, or the read fails loudly.

Every data file and log entry of every table may be hit, at seeded places: thirty of them, and a
thousand in `make proof`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from deltalake import DeltaTable

from cost_pipeline.core.errors import CostPipelineError

PLACES = [
    pytest.param(range(30), id="the first"),
    *(
        pytest.param(range(first, first + 97), id=f"from {first}", marks=pytest.mark.proof)
        for first in range(30, 1000, 97)
    ),
]


def _flip(data, random_):
    at = random_.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << random_.randrange(8))]) + data[at + 1 :]


def _span(data, random_):
    start = random_.randrange(len(data))
    return start, min(len(data), start + random_.choice((1, 8, 64, 1000)))


def _drop(data, random_):
    start, end = _span(data, random_)
    return data[:start] + data[end:]


def _duplicate(data, random_):
    start, end = _span(data, random_)
    return data[:end] + data[start:end] + data[end:]


def _reorder(data, random_):
    """Two neighbouring pieces exchanged; of a log entry, two lines."""
    if data.startswith(b"{"):
        lines = data.splitlines(keepends=True)
        one, other = random_.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]
        return b"".join(lines)
    start, end = _span(data, random_)
    length = end - start
    return data[:start] + data[end : end + length] + data[start:end] + data[end + length :]


def _truncate(data, random_):
    return data[: random_.randrange(len(data))]


def _vanish(_data, _random):
    return None


MUTATIONS = {
    "flip": _flip,
    "drop": _drop,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "truncate": _truncate,
    "vanish": _vanish,
}


@pytest.fixture(scope="module")
def house(door, tmp_path_factory):
    """Three batches in two partitions, among them reversals; restored after each mutation."""
    house = door.House(tmp_path_factory.mktemp("mutations") / "home")
    rows = [(f"T{n}", f"2026-04-0{1 + n % 2}", f"{n}.10", "GBP") for n in range(8)]
    house.drop("rentals", "2026-04-01", rows)
    house.work("2026-04-01")
    house.edit_vendor("rentals", 'gl_code: "2000-01"', 'gl_code: "2100-01"')
    house.drop("rentals", "2026-04-02", [("T9", "2026-04-01", "1.00", "USD")])
    house.work("2026-04-02", "2026-04-01")
    return house


def _files(house):
    tables = house.root / "lake" / "tables"
    return sorted([*tables.glob("*/*/*.parquet"), *tables.glob("*/_delta_log/*.json")])


def _read(house):
    """The files that tables read now, and their logs; others may be vacuumed."""
    tables = [f.parent for f in (house.root / "lake" / "tables").glob("*/_delta_log")]
    return {Path(file) for table in tables for file in DeltaTable(str(table)).file_uris()} | {
        file for table in tables for file in (table / "_delta_log").glob("*.json")
    }


def _noticed(door, house):
    """How it was noticed: by which group, or by which error; None if not at all."""
    found = _answer(lambda: door.verify_ledger(house.session()))
    if isinstance(found, CostPipelineError):
        return found.code
    return found.broken[0].first.group if found.broken else None


def _answer(ask):
    """What is answered, or the clear error that it ends in; anything else is a defect."""
    try:
        return ask()
    except CostPipelineError as error:
        return error if _is_clear(error) else None


def _is_clear(error):
    return error.exit_code in (1, 3) and error.message and error.where and error.remedy


def test_undisturbed_the_ledger_verifies(door, house):
    assert _noticed(door, house) is None
    assert len(_files(house)) >= 6


@pytest.mark.parametrize("places", PLACES)
def test_a_change_of_any_stored_byte_is_noticed(door, house, places):
    for number in places:
        random_ = random.Random(number)  # noqa: S311 - places, not secrets
        file = random_.choice(_files(house))
        name = random_.choice(sorted(MUTATIONS))
        before = file.read_bytes()
        changed = MUTATIONS[name](before, random_)
        if changed == before or (changed is None and file not in _read(house)):
            continue  # two equal pieces exchanged, or a replaced file cleared away
        try:
            if changed is None:
                file.unlink()
            else:
                file.write_bytes(changed)
            assert _noticed(door, house), f"{number}: {name} in {file.name} went unnoticed"
            _read_or_refuse(door, house)
        finally:
            file.write_bytes(before)
    assert _noticed(door, house) is None


def _read_or_refuse(door, house):
    """Whoever only reads gets an answer or a clear error, never a defect."""
    assert _answer(lambda: door.digest(house.session()))
