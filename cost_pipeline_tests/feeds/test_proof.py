"""The ledger proven on a real lake: heads, truncation, time, inclusion."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
from datetime import date, timedelta

import pytest

from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError
from cost_pipeline.feeds.production.heads import gather, last_head
from cost_pipeline.feeds.production.proof import prove
from cost_pipeline.ledger.heads import partitions_root
from cost_pipeline_tests.feeds.proven import (
    APRIL_1,
    first_broken,
    flip,
    loaded,
    script,
    table,
    worked,
)


@pytest.fixture(scope="module")
def posted(door, tmp_path_factory):
    """Not to be changed."""
    return worked(door, tmp_path_factory.mktemp("proof") / "home")


@pytest.fixture
def copied(door, posted, tmp_path):
    """A copy to change."""
    shutil.copytree(posted.root, tmp_path / "home")
    return door.House.existing(tmp_path / "home")


def _last_entry(house, name):
    return max((table(house, name) / "_delta_log").glob("*.json"))


def test_every_commit_has_a_head_over_all_partitions_and_files(door, posted):
    session = posted.session()
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 0, 2)
    assert (found.partitions, found.batches, found.postings) == (3, 4, 5)
    known = last_head(session)
    assert {day: head.batch for day, head in known.partitions.items()} == {
        date(2026, 3, 31): 1, APRIL_1: 2, date(2026, 4, 2): 1,
    }  # fmt: skip
    assert found.head == known.head
    assert len(partitions_root(known.partitions)) == 64
    tables = posted.root / "lake" / "tables"
    ledger = [*tables.glob("ledger/*/*.parquet"), *tables.glob("ledger/_delta_log/*.json")]
    assert len(ledger) == 4 + 3  # four data files, the table's creation and two commits
    assert found.files == len(
        [*tables.glob("*/*/*.parquet"), *tables.glob("*/_delta_log/*.json")]
    ), "of all tables"


def test_a_commit_without_a_head_is_told_and_the_next_run_covers_it(door, copied):
    shutil.rmtree(table(copied, "ledger_heads"))
    session = copied.session()
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 2, 0)
    gather(session)
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 0, 1)
    gather(session)
    assert door.verify_ledger(session).heads == 1


def test_a_log_cut_off_at_its_end_is_found_and_nothing_is_posted_upon_it(door, copied):
    _last_entry(copied, "ledger").unlink()
    found = first_broken(door, copied)
    assert (found.transaction_date, found.first.group) == (date(2026, 3, 31), "chain")
    groups = {f.first.group for f in door.verify_ledger(copied.session()).broken}
    assert {"log", "chain"} <= groups
    copied.drop("rentals", "2026-04-03", [("T9", "2026-04-02", "1.00", "USD")])
    with pytest.raises(CheckFailedError) as refused:
        copied.work("2026-04-03")
    assert refused.value.code == "LEDGER_TRUNCATED"


def test_a_partition_whose_files_and_log_entries_are_gone_is_found(door, copied):
    shutil.rmtree(table(copied, "ledger") / "transaction_date=2026-04-02")
    found = first_broken(door, copied)
    assert found.transaction_date == date(2026, 4, 2)
    assert found.first.group == "file"


def test_an_older_copy_of_the_whole_lake_is_found_with_a_head_that_was_noted(door, copied, posted):
    noted = door.verify_ledger(posted.session()).head
    for name in ("ledger", "ledger_heads"):
        _last_entry(copied, name).unlink()
        (table(copied, name) / "_checksums").unlink()
    session = copied.session()
    assert not door.verify_ledger(session).broken
    found = first_broken(door, copied, expected_head=noted)
    assert (found.first.group, found.first.expected) == ("heads", noted)
    assert not door.verify_ledger(posted.session(), expected_head=noted).broken


def test_a_missing_head_is_found(door, copied):
    second, *_ = sorted((table(copied, "ledger_heads") / "_delta_log").glob("*.json"))[1:]
    second.write_text(_last_entry(copied, "ledger_heads").read_text("utf-8"), "utf-8")
    _last_entry(copied, "ledger_heads").unlink()
    assert first_broken(door, copied).first.group == "heads"


def test_statistics_changed_in_the_log_are_found(door, copied):
    entry = _last_entry(copied, "ledger")
    text = entry.read_text("utf-8")
    assert "minValues" in text
    entry.write_text(
        text.replace('\\"gl_code\\":\\"2000-01\\"', '\\"gl_code\\":\\"9000-01\\"'), "utf-8"
    )
    found = first_broken(door, copied)
    assert found.first.group == "file"
    assert entry.name in found.first.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"partitionValues":{"transaction_date":"2026',
            '"partitionValues":{"transaction_date":"20x6',
        ),
        ('"transaction_date":"2026-04-01"}', '"transaction_date":null}'),
        ('"add":', '"adx":'),
        ("{", ""),
    ],
)
def test_a_log_that_cannot_be_opened_is_named_and_what_it_is_not(door, copied, before, after):
    entry = _last_entry(copied, "ledger")
    text = entry.read_text("utf-8")
    assert before in text
    entry.write_text(text.replace(before, after), "utf-8")
    broken = door.verify_ledger(copied.session()).broken
    assert [f for f in broken if f.first.group == "file" and entry.name in f.first.message]
    if before != '"add":':  # a log without a file can be opened
        assert "cannot be opened" in broken[-1].first.message


def test_a_clock_that_was_set_back_does_not_make_a_batch_older(door, copied):
    copied.drop("rentals", "2026-04-03", [("T9", "2026-04-01", "1.00", "USD")])
    copied.work("2026-04-03", session=copied.session(clock=lambda: door.NOW - timedelta(days=30)))
    session = copied.session()
    times = {
        (row["batch"], row["recorded_at"])
        for row in door.rows_of(session, door.LEDGER)
        if row["transaction_date"] == APRIL_1
    }
    assert times == {(1, door.NOW), (2, door.NOW), (3, door.NOW)}
    assert not door.verify_ledger(session).broken


def test_verification_imports_no_dagster(posted):
    code = (
        "import sys\n"
        "from cost_pipeline.cli import main\n"
        "try:\n    main(['ledger', 'verify', '--home', sys.argv[1], '--json'])\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'dagster']\n"
    )
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code, str(posted.root)], check=True, capture_output=True
    )


# --- one posting


def _leaves(value, path=()):
    """Every leaf of a JSON document, as the path to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for key, inner in enumerate(value):
            yield from _leaves(inner, (*path, key))
    else:
        yield path


@pytest.mark.parametrize("transaction", ["T1", "T2", "T3", "T4", "T5"])
def test_a_stranger_can_check_that_a_posting_is_in_the_ledger(
    door, posted, project_root, tmp_path, transaction
):
    proof = prove(posted.session(), transaction)
    assert proof["posting"]["transaction_id"] == transaction
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof), "utf-8")
    head = door.verify_ledger(posted.session()).head
    found = script(project_root, "verify_proof.py", file, head)
    assert (found.returncode, found.stderr) == (0, "")
    assert head in found.stdout
    assert script(project_root, "verify_proof.py", file, "0" * 64).returncode == 1
    assert len(file.read_bytes()) < 8000


def test_a_proof_in_which_anything_that_is_hashed_was_changed_does_not_hold(posted, load_script):
    verify = load_script("verify_proof.py").verify
    proof = prove(posted.session(), "T1")
    assert verify(proof)
    for path in _leaves(json.loads(json.dumps(proof))):
        if path[0] in ("columns", "format") or path[-1] in ("public_key", "signature"):
            continue
        if path[:2] == ("posting", "batch_root"):
            continue  # it is what the path leads to, and told once more under `batch`
        changed = json.loads(json.dumps(proof))
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        old = inner[path[-1]]
        inner[path[-1]] = "x" if old is None else old + 1 if isinstance(old, int) else flip(old)
        with pytest.raises((SystemExit, ValueError)):
            verify(changed)


@pytest.fixture
def load_script(project_root):
    """One of the examples as a module."""
    return functools.partial(loaded, project_root)


def test_a_posting_that_no_head_covers_is_not_proven(copied):
    shutil.rmtree(table(copied, "ledger_heads"))
    with pytest.raises(EnvironmentFailedError) as refused:
        prove(copied.session(), "T1")
    assert refused.value.code == "NO_HEAD"
