"""Where corrections meet the rest: credits, other dates, killed runs, what people decided."""

from __future__ import annotations

import csv
import io

import pytest

from cost_pipeline.feeds.production.inputs import record_digests
from cost_pipeline.feeds.production.post import post
from cost_pipeline.pipeline.dead_letters.checks import measures_lost
from cost_pipeline.pipeline.dead_letters.corrections import take_in
from cost_pipeline.pipeline.dead_letters.decisions import decide
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline.pipeline.dead_letters.letters import letters_now
from cost_pipeline.pipeline.validation.deliveries import Portions, pending, validate_deliveries

DAY, LATER, MARCH = "2026-04-01", "2026-04-02", "2026-03-31"


class _KilledError(Exception):
    """Stands for a SIGKILL between two steps; what is in the lake stays as it is."""


def killer(at):
    seen = []

    def between(table, step):
        if len(seen) == at:
            raise _KilledError
        seen.append((table, step))

    return between, seen


def mend(house, changes, name="mended.csv", *, delimiter=",", encoding="utf-8-sig"):
    """Export the open dead letters, change cells by transaction id, and drop the file back."""
    file = house.root / "out.csv"
    export_letters(house.session(), "true", file)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert changes.keys() <= {row["Transaction id"] for row in rows}
    for row in rows:
        row.update(changes.get(row["Transaction id"], {}))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    folder = house.root / "inbox" / "corrections"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.getvalue(), encoding=encoding)


def work(door, house, session=None):
    session = session or house.session()
    taken = take_in(session)
    door.bring_up_to_date(session)
    assert door.unlawful(session) == []
    assert measures_lost(session, [one.pull_date for one in taken] or [door._day(DAY)]) == []
    return taken


def ledger(door, house):
    found = door.active_lines(house.session())
    return sorted((r["transaction_id"], str(r["original_amount"])) for r in found)


def states(house):
    return {
        (r["row"], *r["reasons"], r["answers"] is not None): r["state"]
        for r in letters_now(house.session()).to_pylist()
    }


def test_a_negative_amount_mended_to_a_cost_is_posted_in_place_of_its_row(door, house):
    house.drop("rentals", DAY, [("T1", DAY, "100.00", "GBP"), ("C1", DAY, "-60.00", "GBP")])
    house.work(DAY)
    mend(house, {"C1": {"Amount": "60.00", "Transaction date": MARCH}})
    work(door, house)
    assert ledger(door, house) == [("C1", "60.0000"), ("T1", "100.0000")]
    assert states(house) == {(2, "NEGATIVE_AMOUNT", False): "corrected"}
    before = door.versions(house.session())
    work(door, house)
    assert door.versions(house.session()) == before


def test_a_correction_that_is_negative_answers_nothing_and_waits_for_an_approval(door, house):
    house.drop("rentals", DAY, [("T1", DAY, "100.00", "GBP"), ("C1", "soon", "60.00", "GBP")])
    house.work(DAY)
    mend(house, {"C1": {"Amount": "-60.00", "Transaction date": DAY}})
    work(door, house)
    assert ledger(door, house) == [("T1", "100.0000")]
    assert states(house) == {
        (2, "BAD_DATE", False): "open",
        (1, "NEGATIVE_AMOUNT", True): "open",
    }
    mend(house, {"C1": {"Transaction date": DAY}}, "again.csv")
    work(door, house)
    assert ledger(door, house) == [("C1", "60.0000"), ("T1", "100.0000")]
    assert states(house)[2, "BAD_DATE", False] == "corrected"


def test_a_credit_that_names_its_invoice_once_mended_is_a_credit_note(door, house):
    house.notes(DAY, [("I1", DAY, "100.00", "GBP", "", "N1"), ("C1", DAY, "-60.00", "GBP")])
    house.work(DAY)
    assert ledger(door, house) == [("I1", "100.0000")]
    mend(house, {"C1": {"Credit of": "N1"}})
    work(door, house)
    assert ledger(door, house) == [("C1", "-60.0000"), ("I1", "100.0000")]
    assert states(house) == {(2, "NEGATIVE_AMOUNT", False): "corrected"}


def test_a_correction_moved_to_another_date_makes_both_dates_out_of_date(door, house):
    house.drop("rentals", DAY, [("T1", DAY, "1.00", "GBP"), ("T1", DAY, "2.00", "GBP")])
    house.drop("rentals", LATER, [("T9", LATER, "9.00", "GBP")])
    house.work(DAY)
    house.work(LATER)
    assert states(house) == {(2, "KEY_CONFLICT", False): "open"}
    mend(house, {"T1": {"Transaction id": "T9", "Transaction date": MARCH}})
    session = house.session()
    take_in(session)
    # The row's own date, the correction's, and that of the rival whose key it has now.
    assert [str(day) for day in door.stale(session)] == [MARCH, DAY, LATER]
    door.bring_up_to_date(session)
    assert door.unlawful(session) == []
    # It stands before the rival: it has the time of the row that it answers.
    assert ledger(door, house) == [("T1", "1.0000"), ("T9", "2.0000")]
    digests = record_digests(session)
    assert sum(p.posts + p.reversals for p in post(session, digests).values()) == 0


@pytest.mark.parametrize(
    ("delimiter", "encoding"), [(";", "cp1252"), (";", "utf-8-sig"), ("\t", "utf-8")]
)
def test_a_csv_that_a_spreadsheet_saved_in_its_own_way_is_read(door, house, delimiter, encoding):
    house.drop("rentals", DAY, [("R1", "soon", "1.00", "GBP", "Caf\u00e9; Stra\u00dfe")])
    house.work(DAY)
    mend(house, {}, "untouched.csv", delimiter=delimiter, encoding=encoding)
    work(door, house)
    assert states(house) == {(1, "BAD_DATE", False): "open"}
    mend(house, {"R1": {"Transaction date": DAY}}, delimiter=delimiter, encoding=encoding)
    work(door, house)
    (line,) = door.active_lines(house.session())
    assert line["description"] == "Caf\u00e9; Stra\u00dfe"


def test_a_correction_that_is_killed_ends_as_an_undisturbed_one(door, house, tmp_path, kills):
    house.drop("rentals", DAY, [("R1", "soon", "1.00", "GBP"), ("R2", "soon", "2.00", "GBP")])
    house.work(DAY)
    mend(house, {"R1": {"Transaction date": DAY}, "R2": {"Amount": "x"}})
    between, steps = killer(-1)
    whole = house.copy(tmp_path / "whole")
    work(door, whole, whole.session(between=between))
    wanted = (ledger(door, whole), states(whole))
    assert wanted[0] == [("R1", "1.0000")]
    assert {"deliveries", "records", "dead_letters", "validations", "ledger"} < {
        t for t, _ in steps
    }
    for at in kills([at for at, (_, step) in enumerate(steps) if step == "synced"]):
        killed = house.copy(tmp_path / f"killed{at}")
        with pytest.raises(_KilledError):
            work(door, killed, killed.session(between=killer(at)[0]))
        work(door, killed)
        assert (ledger(door, killed), states(killed)) == wanted


def test_a_killed_validation_keeps_what_was_waived_and_corrected(door, house, tmp_path, kills):
    """Also with checkpoints: chunks that were done are counted with what they refused."""
    small = Portions(chunk=2, commit=2)
    rows = [(f"R{n}", "soon" if n % 2 else DAY, f"{n}.00", "GBP") for n in range(1, 9)]
    house.drop("rentals", DAY, rows)
    house.work(DAY)
    mend(house, {"R1": {"Transaction date": DAY}})
    work(door, house)
    letter = next(r["id"] for r in letters_now(house.session()).to_pylist() if r["row"] == 7)
    decide(house.session(), letter, waive=True, by="A. Ccountant", why="a test")
    wanted = (ledger(door, house), states(house))
    assert sorted(wanted[1].values()) == ["corrected", "open", "open", "waived"]
    house.edit_vendor("rentals", "key: [transaction_id]", "key: [transaction_date, transaction_id]")

    def validate(home, between=None):
        session = home.session(between=between)
        found = pending(session, session.home.vendors, door._day(DAY))
        validate_deliveries(session, found, small)
        return session

    between, steps = killer(-1)
    validate(house.copy(tmp_path / "whole"), between)
    assert "checkpoints" in {table for table, _ in steps}
    for at in kills([at for at, (_, step) in enumerate(steps) if step == "synced"]):
        killed = house.copy(tmp_path / f"killed{at}")
        with pytest.raises(_KilledError):
            validate(killed, killer(at)[0])
        session = validate(killed)
        work(door, killed)
        assert (ledger(door, killed), states(killed)) == wanted
        (report,) = [r for r in door.reports(session) if r.role is None]
        assert (report.rows, report.records, report.dead_letters) == (8, 4, 4)
