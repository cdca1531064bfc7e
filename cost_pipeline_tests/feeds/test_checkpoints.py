"""A killed validation goes on behind its last commit, repeats no chunk, and ends the same."""

from __future__ import annotations

import gzip
import json

import pytest

from cost_pipeline.feeds.production.tables import DEAD_LETTERS, RECORDS
from cost_pipeline.lake.tables import CHECKPOINTS, VALIDATIONS
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import Portions, pending, validate_deliveries

DAY = "2026-04-01"
SMALL = Portions(chunk=2, commit=4)
ROWS = [
    (f"T{i // 2}", "2026-04-01" if i % 5 else "01.04.2026", f"{i}.50", "GBP", "x" * (i % 3))
    for i in range(14)
]


class _KilledError(Exception):
    """Stands for a SIGKILL between two steps; what is in the lake stays as it is."""


def killer(at):
    seen = []

    def between(table, step):
        if len(seen) == at:
            raise _KilledError
        seen.append((table, step))

    return between, seen


def telling(steps):
    """The steps behind which the lake differs; the crash tests kill at the others too."""
    return [
        at
        for at, (table, step) in enumerate(steps)
        if (table, step) != ("audit_log", "synced") and step == "synced"
    ]


def csv_with_blanks(door):
    lines = door.csv_bytes(ROWS).decode().splitlines(keepends=True)
    return "\n".join("".join(lines[i : i + 5]) for i in range(0, len(lines), 5)).encode()


def as_json_lines(door):
    names = door.HEADER
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in ROWS).encode()


def csv_with_groups(door):
    """Headings before the first, the third, ... row; one sum that holds and others that do not."""
    lines = door.csv_bytes(ROWS).decode().splitlines(keepends=True)
    found = lines[:1]
    for place, line in enumerate(lines[1:]):
        if place % 3 == 0:
            found.append(f"Dept {place},,,,\n")
        found.append(line)
        if place % 3 == 2:
            found.append(f"Total,,{3 * place - 1.5},,\n")
        if place % 5 == 4:
            found.append(lines[0])
    return "".join(found).encode()


GROUPS = """kind: csv, groups: [{column: dept, from: id, pattern: "Dept *", ends: Total}],
  fill_down: [text]"""

CASES = {
    "groups": (
        "rentals",
        csv_with_groups,
        {
            "kind: csv": GROUPS,
            "columns:": "columns:\n  vendor_name: [dept]",
        },
    ),
    "a key": ("rentals", csv_with_blanks, {}),
    "a key with an ordinal": ("lodging", csv_with_blanks, {}),
    "no key, packed": ("petty", lambda door: gzip.compress(csv_with_blanks(door), mtime=0), {}),
    "a format without marks": ("lodging", as_json_lines, {"kind: csv": "kind: jsonl"}),
}


def prepared(door, root, case):
    vendor, made, edits = CASES[case]
    house = door.House(root, [vendor])
    for old, new in edits.items():
        house.edit_vendor(vendor, old, new)
    house.drop(vendor, DAY, made(door))
    session = house.session()
    pull(session, session.home.vendors, door._day(DAY))
    return house


def validate(door, house, between=None):
    session = house.session(between=between)
    validate_deliveries(session, pending(session, session.home.vendors, door._day(DAY)), SMALL)
    return session


def stored(door, session):
    names = {
        RECORDS: ("vendor", "fingerprint", "row", "line", "key", "amount", "vendor_name"),
        DEAD_LETTERS: ("id", "event", "row"),
        VALIDATIONS: (
            "delivery",
            "rows",
            "blank_rows",
            "records",
            "dead_letters",
            "amounts",
            "encoding",
            "shapes",
            "account",
        ),
    }
    return {
        spec.name: sorted([str(row[n]) for n in columns] for row in door.rows_of(session, spec))
        for spec, columns in names.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_is_killed_ends_as_an_undisturbed_one(door, tmp_path, case, kills):
    whole = prepared(door, tmp_path / "whole", case)
    between, steps = killer(-1)
    undisturbed = stored(door, validate(door, whole, between))
    assert {table for table, _ in steps} == {
        "audit_log", "records", "dead_letters", "checkpoints", "validations"
    }  # fmt: skip
    begun = prepared(door, tmp_path / "begun", case)
    for at in kills(telling(steps)):
        house = begun.copy(tmp_path / f"killed{at}")
        with pytest.raises(_KilledError):
            validate(door, house, killer(at)[0])
        session = validate(door, house)
        assert stored(door, session) == undisturbed
    door.bring_up_to_date(session)
    assert door.unlawful(session) == []


def test_a_rerun_reads_no_row_that_was_done(door, tmp_path):
    """The committed records stay one part each, and the rest begins behind the checkpoint."""
    house = prepared(door, tmp_path / "house", "a key")
    between, steps = killer(-1)
    validate(door, house.copy(tmp_path / "whole"), between)
    committed = [i for i, step in enumerate(steps) if step == ("checkpoints", "synced")]
    with pytest.raises(_KilledError):
        validate(door, house, killer(committed[2] + 1)[0])
    again, rest = killer(-1)
    session = validate(door, house, again)
    assert len(rest) == len(steps) - (committed[2] + 1)
    done = max(row["rows"] for row in door.rows_of(session, CHECKPOINTS))
    assert done < len(ROWS)


def test_a_mended_vendor_file_begins_anew(door, tmp_path, kills):
    """What an older interpretation refused is judged again, also behind a checkpoint."""
    house = prepared(door, tmp_path / "house", "a key")
    validate(door, house)
    refused = len(door.open_letters(house.session()))
    assert refused
    house.edit_vendor(
        "rentals",
        "key: [transaction_id]",
        'dates: ["%Y-%m-%d", "%d.%m.%Y"]\nkey: [transaction_id]',
    )
    between, steps = killer(-1)
    validate(door, house.copy(tmp_path / "whole"), between)
    for at in kills(telling(steps)):
        killed = house.copy(tmp_path / f"killed{at}")
        with pytest.raises(_KilledError):
            validate(door, killed, killer(at)[0])
        session = validate(door, killed)
        assert door.open_letters(session) == []
    door.bring_up_to_date(session)
    assert door.unlawful(session) == []
