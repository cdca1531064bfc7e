"""The audit log says what was committed, before it was, and whoever alters either is found."""

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from cost_pipeline.feeds.production.tables import LEDGER, RECORDS
from cost_pipeline.lake import audit_log
from cost_pipeline.lake.audit_blocks import digest_of_subjects, token_of
from cost_pipeline.lake.delta import FENCED, Part, StaleSnapshotError, fence
from cost_pipeline.lake.tables import AUDIT_LOG
from cost_pipeline.pipeline.reports.audit import audit_lines, verify_audit

DAY = date(2026, 4, 1)
ROWS = [
    ("A", "2026-04-01", "10.00", "GBP", "lens"),
    ("B", "2026-04-01", "20.00", "USD", "lamp"),
    ("C", "2026-04-02", "1e5", "USD", "credit"),
]


@pytest.fixture(scope="module")
def good(door, tmp_path_factory):
    """A posted lake: three rows, of which one is refused and one needs no conversion."""
    house = door.House(tmp_path_factory.mktemp("good") / "home", ["rentals"])
    house.drop("rentals", DAY, ROWS)
    house.work(DAY)
    assert door.unlawful(house.session()) == []
    return house


@pytest.fixture
def damaged(good, tmp_path):
    return good.copy(tmp_path / "damaged")


def events(session, first=None, last=None):
    lines = [line for part in audit_lines(session, first, last) for line in part.to_pylist()]
    return [json.loads(line) for line in lines]


def problems(house):
    return verify_audit(house.session()).problems


@pytest.fixture
def rewritten(forged):
    """The files of the log with their rows changed; rows for which it gives None are left out."""

    def rewrite(house, change):
        for file in house.session().lake.table(AUDIT_LOG).snapshot().files():
            table = pq.ParquetFile(file).read()
            rows = [kept for row in table.to_pylist() if (kept := change(dict(row))) is not None]
            forged(file, pa.Table.from_pylist(rows, schema=table.schema))

    return rewrite


def test_every_parse_rejection_conversion_and_posting_is_one_event(door, good):
    session = good.session()
    found = verify_audit(session)
    assert found.problems == ()
    assert (found.void, found.open) == (0, 0)
    told = events(session)
    assert Counter(e["event"] for e in told) == {
        "parsed": 2, "rejected": 1, "converted": 1, "posted": 2,
    }  # fmt: skip
    assert found.events == len(told) == 6
    posted = {e["subject"] for e in told if e["event"] == "posted"}
    assert posted == {line["posting_id"] for line in door.active_lines(session)}
    assert {e["state"] for e in told} == {"committed"}


def test_the_export_is_by_day_and_says_when_who_and_in_which_block(good):
    session = good.session()
    today = session.lake.audit.headers()[0][0].announced_at.date()
    assert len(events(session, today, today)) == 6
    assert events(session, date(2100, 1, 1)) == events(session, None, date(2000, 1, 1)) == []
    first = events(session)[0]
    assert set(first) == {
        "time", "event", "subject", "table", "state", "run_id", "chain", "block", "root",
    }  # fmt: skip
    assert first["time"].endswith("Z")
    assert (first["run_id"], first["block"]) == ("test", 1)


def test_the_announcement_is_synced_before_the_commit_begins(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    house.drop("rentals", DAY, ROWS)
    steps = []
    house.work(DAY, session=house.session(between=lambda table, step: steps.append((table, step))))
    for table in ("records", "dead_letters", "ledger"):
        place = steps.index((table, "before"))
        assert steps[place - 1] == ("audit_log", "synced")


def test_what_was_done_again_and_changed_nothing_is_not_announced(door, damaged):
    session = damaged.session()
    before = door.versions(session, [AUDIT_LOG])
    damaged.work(DAY, session=damaged.session())
    assert door.versions(damaged.session(), [AUDIT_LOG]) == before


# -- what is altered is found ------------------------------------------------------------------


def test_a_block_that_is_taken_out_is_missed_by_the_next_and_by_its_table(damaged, rewritten):
    rewritten(damaged, lambda row: None if row["table"] == "records" else row)
    found = problems(damaged)
    assert any("is missing or there twice" in p for p in found)
    assert any("parsed (records): 2 times a row has no event" in p for p in found)


def test_the_last_block_that_is_cut_off_is_missed_by_its_table(damaged, rewritten):
    rewritten(damaged, lambda row: None if row["table"] == "ledger" else row)
    assert any("posted (ledger): 2 times a row has no event" in p for p in problems(damaged))


def test_a_whole_chain_that_is_taken_out_is_missed_by_the_next(damaged, rewritten):
    damaged.drop("rentals", DAY, [("D", "2026-04-01", "1", "GBP")], name="_more")
    damaged.work(DAY)
    first = min(damaged.session().lake.audit.headers(), key=lambda pair: pair[0].announced_at)
    rewritten(damaged, lambda row: None if row["chain"] == first[0].chain else row)
    assert any("follows a block" in p and "that is missing" in p for p in problems(damaged))


@pytest.mark.parametrize(
    "column", ["chain", "number", "kind", "previous_root", "parents", "voids", "table", "tokens",
               "events", "subjects_digest", "host", "process", "announced_at", "run_id", "root"],
)  # fmt: skip
def test_a_change_in_any_column_of_a_block_is_found(damaged, column, rewritten):
    def change(row):
        if row["table"] == "ledger":
            value = row[column]
            if isinstance(value, list):
                row[column] = [*value, "f" * 64]
            elif isinstance(value, int):
                row[column] = value + 1
            elif column == "announced_at":
                row[column] = value.replace(year=value.year + 1)
            else:
                row[column] = "f" * 64 if column.endswith(("root", "voids", "digest")) else "x"
        return row

    rewritten(damaged, change)
    assert problems(damaged)


def test_an_event_that_names_another_row_is_found_twice(damaged, rewritten):
    def change(row):
        if row["table"] == "ledger":
            first = row["subjects"][-1][0]
            flipped = ("0" if first[0] != "0" else "1") + first[1:]
            row["subjects"][-1][0] = flipped
        return row

    rewritten(damaged, change)
    found = problems(damaged)
    assert any("its events are not those that it was sealed with" in p for p in found)
    assert any("has no event in the audit log" in p for p in found)
    assert any("is in the audit log and not in its table" in p for p in found)


def test_a_posting_that_nobody_announced_is_found(door, damaged):
    lines = door.lines(damaged.session()).slice(0, 1)
    place = lines.schema.get_field_index("posting_id")
    forged = lines.set_column(place, lines.schema.field(place), pa.array(["e" * 64]))
    table = damaged.session().lake.table(LEDGER).snapshot().table
    write_deltalake(table, forged.cast(LEDGER.schema), mode="append")
    assert any("posted (ledger): 1 times a row has no event" in p for p in problems(damaged))


def test_a_record_that_vanishes_after_it_was_announced_is_found(damaged, forged):
    (file,) = damaged.session().lake.table(RECORDS).snapshot().files()
    forged(file, pq.ParquetFile(file).read().slice(1))
    assert any(
        "parsed (records): 1 times a row is in the audit log and not in its table" in p
        for p in problems(damaged)
    )


# -- what was announced and never done ---------------------------------------------------------


class CrashError(Exception):
    """The process would be gone."""


def _dying(table, step):
    def between(at, which):
        if (at, which) == (table, step):
            raise CrashError

    return between


_ALSO = pytest.mark.proof


@pytest.mark.parametrize(
    ("table", "step"),
    [
        ("records", "before"),
        ("ledger", "committed"),
        ("audit_log", "synced"),
        pytest.param("records", "committed", marks=_ALSO),
        pytest.param("records", "synced", marks=_ALSO),
        pytest.param("ledger", "before", marks=_ALSO),
        pytest.param("ledger", "synced", marks=_ALSO),
        pytest.param("audit_log", "before", marks=_ALSO),
        pytest.param("audit_log", "committed", marks=_ALSO),
    ],
)
def test_a_rerun_marks_void_what_was_announced_and_not_committed(door, tmp_path, table, step):
    house = door.House(tmp_path / "home", ["rentals"])
    house.drop("rentals", DAY, ROWS)
    with pytest.raises(CrashError):
        house.work(DAY, session=house.session(between=_dying(table, step)))
    house.work(DAY)
    found = verify_audit(house.session())
    assert found.problems == ()
    never = (table, step) in {
        ("records", "before"), ("ledger", "before"),
        ("audit_log", "committed"), ("audit_log", "synced"),
    }  # fmt: skip
    assert (found.void, found.open) == (int(never), 0)
    assert door.unlawful(house.session()) == []
    states = Counter(e["state"] for e in events(house.session()))
    assert set(states) == ({"committed", "void"} if never else {"committed"})


def test_until_the_rerun_it_is_open_and_a_void_that_was_committed_is_a_lie(damaged):
    damaged.drop("rentals", DAY, [("D", "2026-04-01", "1", "GBP")], name="_more")
    with pytest.raises(CrashError):
        damaged.work(DAY, session=damaged.session(between=_dying("records", "before")))
    assert verify_audit(damaged.session()).open == 1

    session = damaged.session()
    committed = next(r for b, r in session.lake.audit.headers() if b.table == "ledger")
    session.lake.audit._begin("a lie")
    session.lake.audit._void("ledger", committed, "a lie")
    assert any("is called void, but its commit was made" in p for p in problems(damaged))


def test_a_dead_commit_that_is_not_marked_is_red(damaged):
    damaged.drop("rentals", DAY, [("D", "2026-04-01", "1", "GBP")], name="_more")
    with pytest.raises(CrashError):
        damaged.work(DAY, session=damaged.session(between=_dying("records", "before")))
    session = damaged.session()
    fates = session.lake.audit.fates(session.lake.audit.headers())
    (dead,) = (r for _, r in session.lake.audit.headers() if r not in fates)
    folder = session.lake.root / "tables" / "records"
    assert fence(folder, token_of(dead), run_id="x") == FENCED
    assert any("was never committed and is not marked void" in p for p in problems(damaged))
    damaged.work(DAY)
    assert problems(damaged) == ()


def test_a_process_that_was_only_slow_cannot_commit_what_was_given_up(damaged):
    session = damaged.session()
    table = session.lake.table(RECORDS)
    rows = table.snapshot().read().slice(0, 1).cast(RECORDS.schema)
    other = damaged.session()

    def given_up(at, step):
        if (at, step) == ("records", "before"):
            (open_one,) = audit_log._in_flight
            fence(other.lake.root / "tables" / "records", token_of(open_one), run_id="other")

    slow = damaged.session(between=given_up).lake.table(RECORDS)
    with pytest.raises(StaleSnapshotError):
        slow.append(slow.snapshot(), [Part("slow", 1, rows)], run_id="slow")
    assert verify_audit(damaged.session()).problems == ()


def test_who_loses_a_race_marks_his_own_announcement_void(damaged):
    session = damaged.session()
    table = session.lake.table(LEDGER)
    lines = table.snapshot().read().slice(0, 1).cast(LEDGER.schema)
    stale = table.snapshot()
    other = damaged.session().lake.table(LEDGER)
    part = Part("ledger/2026-04-01", 2, lines)
    other.append(other.snapshot(), [part], run_id="first")
    with pytest.raises(StaleSnapshotError):
        table.append(stale, [part], run_id="second")
    found = verify_audit(damaged.session())
    assert (found.problems, found.void, found.open) == ((), 1, 0)


_WORKER = """
    import importlib.util, sys
    from pathlib import Path
    spec = importlib.util.spec_from_file_location("door", sys.argv[1])
    door = importlib.util.module_from_spec(spec)
    sys.modules["door"] = door
    spec.loader.exec_module(door)
    house = door.House.existing(Path(sys.argv[2]))
    house.work(sys.argv[3], session=house.session(run_id=sys.argv[3]))
"""


@pytest.mark.proof
def test_processes_that_write_at_once_lose_no_block(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    days = [f"2026-04-{n:02}" for n in range(1, 5)]
    for day in days:
        house.drop("rentals", day, [(f"{day}-{n}", day, "1.00", "USD") for n in range(3)])
    door_file = Path(door.__file__)
    working = [
        subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", textwrap.dedent(_WORKER), str(door_file), str(house.root), day],
            env={**os.environ},
        )
        for day in days
    ]
    assert [process.wait(timeout=300) for process in working] == [0, 0, 0, 0]
    house.work(*days)
    found = verify_audit(house.session())
    assert found.problems == ()
    assert found.open == 0
    assert len({block.chain for block, _ in house.session().lake.audit.headers()}) >= 4
    assert door.unlawful(house.session()) == []


def test_a_million_hashes_are_digested_without_a_loop_and_borders_count():
    one, other = "a" * 64, "b" * 64
    parts = [pa.array([one, other])], [pa.array([one]), pa.array([other])]
    assert digest_of_subjects(parts[0]) != digest_of_subjects(parts[1])
    sliced = pa.array([other, one, other]).slice(1)
    assert digest_of_subjects([sliced]) == digest_of_subjects(parts[0])
    with pytest.raises(ValueError, match="not a hash"):
        digest_of_subjects([pa.array(["short"])])
