"""Negative amounts: dead letters until something allows them, and never more than was posted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import Predicate
from cost_pipeline.feeds.production.approvals import (
    Credit,
    Original,
    drafted,
    record,
    withdraw,
)
from cost_pipeline.feeds.production.periods import OpenPeriod, close, reopen
from cost_pipeline.feeds.production.reversals import approve, reversals_listed
from cost_pipeline.feeds.production.trace import trace

DAY = "2026-04-01"
LATER = "2026-04-02"


def letters(door, session):
    """Open dead letters by transaction id's row text: (row, reasons)."""
    return {row["row"]: row["reasons"] for row in door.open_letters(session)}


def letter_of(door, session, row=None):
    """The id of the one open dead letter (of a row)."""
    (found,) = [r for r in door.open_letters(session) if row is None or r["row"] == row]
    return found["id"]


def amounts(door, session):
    """Active postings: transaction id to original and base amount."""
    found = door.active_lines(session)
    return sorted((r["transaction_id"], r["original_amount"], r["base_amount"]) for r in found)


def allow(door, session, *, row=None, of="T1", vendor="rentals", at=0):
    """Record an approval without asking whether it is in vain; `at` is its time in minutes."""
    letter = next(r for r in door.open_letters(session) if row is None or r["row"] == row)
    session = door.with_clock(session, door.NOW + timedelta(minutes=at))
    act = drafted(
        session,
        Credit(letter["vendor"], letter["fingerprint"], letter["id"]),
        Original(vendor, transaction_id=of),
        by="A. Ccountant",
        reason="a test",
    )
    record(session, act)
    return act["approval"]


@pytest.fixture(scope="module")
def worked_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("reversals") / "home")
    rows = [("T1", DAY, "100.00", "GBP"), ("C1", DAY, "-60.00", "GBP"), ("C2", LATER, "-60", "GBP")]
    house.drop("rentals", DAY, rows)
    house.work(DAY)
    return house


@pytest.fixture
def session(house, worked_once):
    """A cost of 100 GBP and two rows that would take 60 of it back, none posted but the cost."""
    return house.take_over(worked_once).session()


def test_a_negative_amount_waits_for_an_approval_and_is_then_posted_with_its_sign(
    door, house, session
):
    assert letters(door, session) == {2: ["NEGATIVE_AMOUNT"], 3: ["NEGATIVE_AMOUNT"]}
    report = door.reports(session)[0]
    assert (report.rows, report.records, report.posted, report.dead_letters) == (3, 1, 1, 2)
    act = approve(session, letter_of(door, session, 2), "T1", by="A. Ccountant", reason="refund")
    posted = door.bring_up_to_date(session)
    assert posted[date(2026, 4, 1)].causes == {"reversal": 1}
    # 100 / 0.86 * 1.11 = 129.0698 and 60 / 0.86 * 1.11 = 77.4419
    assert amounts(door, session) == [
        ("C1", Decimal("-60.0000"), Decimal("-77.4400")),
        ("T1", Decimal("100.0000"), Decimal("129.0700")),
    ]
    (line,) = [r for r in door.active_lines(session) if r["transaction_id"] == "C1"]
    (original,) = [r for r in door.active_lines(session) if r["transaction_id"] == "T1"]
    assert line["reversal_of"] == original["record_fingerprint"]
    assert line["approval"] == act["approval"]
    for found, allowed in ((line, "this posting"), (original, "a reversal of this posting")):
        (told,) = trace(session, found["posting_id"])["approvals"]
        assert (told["allows"], told["by"], told["reason"]) == (allowed, "A. Ccountant", "refund")
        assert (told["act"], told["approval"]) == ("approved", act["approval"])
    assert letters(door, session) == {3: ["NEGATIVE_AMOUNT"]}
    report = door.reports(session)[0]
    assert (report.records, report.posted, report.dead_letters) == (2, 2, 1)
    assert door.unlawful(session) == []
    house.work(DAY)  # here the delivery has another address than where it was received first
    before = door.versions(session)
    house.work(DAY)
    assert door.versions(session) == before, "again with nothing new appends nothing"


def test_reversals_together_never_exceed_their_original(door, session):
    approve(session, letter_of(door, session, 2), "T1", by="A", reason="first")
    with pytest.raises(
        UsageError, match=r"takes back 60.00 GBP, and of 100.00 only 40.00"
    ) as found:
        approve(session, letter_of(door, session, 3), "T1", by="A", reason="second")
    assert found.value.code == "REVERSAL_EXCEEDS"
    allow(door, session, row=3, at=1)
    door.bring_up_to_date(session)
    assert letters(door, session) == {3: ["REVERSAL_EXCEEDS"]}
    assert door.unlawful(session) == []


def test_who_was_approved_first_is_served_first_whatever_was_posted_first(door, session):
    allow(door, session, row=2, at=5)
    door.bring_up_to_date(session)
    assert letters(door, session) == {3: ["NEGATIVE_AMOUNT"]}
    allow(door, session, row=3, at=1)  # given earlier, and heard of later
    door.bring_up_to_date(session)
    assert letters(door, session) == {2: ["REVERSAL_EXCEEDS"]}
    assert [name for name, *_ in amounts(door, session)] == ["C2", "T1"]
    assert door.unlawful(session) == []


def test_a_withdrawn_approval_takes_its_posting_out_and_makes_room(door, session):
    first = allow(door, session, row=2)
    allow(door, session, row=3, at=1)
    door.bring_up_to_date(session)
    withdraw(session, first[:8], by="B. Oss", reason="wrong invoice")
    door.bring_up_to_date(session)
    assert letters(door, session) == {2: ["NEGATIVE_AMOUNT"]}
    assert [name for name, *_ in amounts(door, session)] == ["C2", "T1"]
    listed = reversals_listed(session)
    assert [row["state"] for row in listed] == ["withdrawn", "allowed"]
    assert listed[0]["withdrawn"]["by"] == "B. Oss"
    with pytest.raises(UsageError) as found:
        withdraw(session, first, by="B. Oss", reason="again")
    assert found.value.code == "NO_SUCH_APPROVAL"
    assert door.unlawful(session) == []


def test_a_posting_can_be_named_by_its_id_and_its_correction_follows_the_record(
    door, house, session
):
    posting = next(r["posting_id"] for r in door.active_lines(session))
    approve(session, letter_of(door, session, 2), posting[:12], by="A", reason="refund")
    door.bring_up_to_date(session)
    house.edit_vendor("rentals", 'gl_code: "2000-01"', 'gl_code: "2000-02"')
    house.work(DAY)
    session = house.session()
    assert {r["gl_code"] for r in door.active_lines(session)} == {"2000-02"}
    assert [name for name, *_ in amounts(door, session)] == ["C1", "T1"]
    assert door.unlawful(session) == []


@pytest.mark.parametrize(
    ("rows", "original", "code"),
    [
        ([], "T9", "REVERSAL_UNKNOWN"),
        ([("C0", DAY, "-1", "GBP")], "C0", "REVERSAL_OF_REVERSAL"),
        ([("T2", DAY, "90", "USD")], "T2", "REVERSAL_OTHER_CURRENCY"),
        ([("T2", "2026-04-09", "90", "GBP")], "T2", "REVERSAL_NOT_POSTED"),  # no rate
        ([], "lodging/L1", "REVERSAL_OTHER_PRODUCTION"),
        ([], "lodging/L2", "REVERSAL_AMBIGUOUS"),
        ([], "orders/O1", "REVERSAL_NOT_POSTED"),
        ([], "T1", "REVERSAL_EXCEEDS"),
    ],
)
def test_a_reversal_that_cannot_be_is_refused_at_once_and_as_a_dead_letter(
    door, house, rows, original, code
):
    house.drop("rentals", DAY, [("C1", DAY, "-60", "GBP"), ("T1", DAY, "59.99", "GBP"), *rows])
    house.drop("lodging", DAY, [("L1", DAY, "90", "GBP"), *[("L2", DAY, "90", "GBP")] * 2])
    house.drop("orders", DAY, [("O1", DAY, "90", "GBP")])
    house.work(DAY)
    session = house.session()
    before = door.versions(session)
    (letter,) = [r["id"] for r in door.open_letters(session) if r["amount"] == -60]
    with pytest.raises(UsageError) as found:
        approve(session, letter, original, by="A", reason="refund")
    assert found.value.code == code
    assert found.value.remedy
    assert {n: v for n, v in door.versions(session).items() if n != "approvals"} == {
        n: v for n, v in before.items() if n != "approvals"
    }
    vendor, _, named = original.rpartition("/")
    allow(door, session, row=1, of=named, vendor=vendor or "rentals")
    door.bring_up_to_date(session)
    assert next(r["reasons"] for r in door.open_letters(session) if r["amount"] == -60) == [code]
    assert door.unlawful(session) == []


def test_an_original_that_comes_after_the_approval_ends_as_if_it_had_been_there(
    door, house, session
):
    allow(door, session, row=2, of="T7")
    door.bring_up_to_date(session)
    assert letters(door, session)[2] == ["REVERSAL_UNKNOWN"]
    house.drop("rentals", LATER, [("T7", LATER, "60.00", "GBP")])
    house.work(LATER)
    assert [name for name, *_ in amounts(door, session)] == ["C1", "T1", "T7"]
    # An earlier delivery with the same key takes its place, and it is smaller.
    house.drop("rentals", "2026-03-31", [("T7", LATER, "59.00", "GBP")])
    house.work("2026-03-31")
    reasons = {r["row"]: r["reasons"] for r in door.open_letters(session, Predicate("amount < 0"))}
    assert reasons == {2: ["REVERSAL_EXCEEDS"], 3: ["NEGATIVE_AMOUNT"]}
    assert door.unlawful(session) == []


def test_the_same_credit_in_another_delivery_is_a_duplicate_once_one_is_approved(
    door, house, session
):
    house.drop("rentals", LATER, [("C1", DAY, "-60.00", "GBP"), ("C1", DAY, "-61.00", "GBP")])
    house.work(LATER)
    open_before = door.open_reasons(session)
    assert open_before == {"NEGATIVE_AMOUNT": 4}, "each waits by itself"
    allow(door, session, row=2)
    door.bring_up_to_date(session)
    duplicates = [
        r for r in door.rows_of(session, door.DISPOSITIONS) if r["disposition"] == "duplicate"
    ]
    assert [r["amount"] for r in duplicates] == [Decimal("-60.0000")]
    assert door.open_reasons(session) == {"NEGATIVE_AMOUNT": 2}
    assert door.unlawful(session) == []


def test_an_original_of_a_closed_period_needs_a_reopening_first(door, session):
    close(session, "2026-04", by="A", reason=None, examine=OpenPeriod)
    with pytest.raises(UsageError) as found:
        approve(session, letter_of(door, session, 2), "T1", by="A", reason="refund")
    assert found.value.code == "REVERSAL_PERIOD_CLOSED"
    allow(door, session, row=2)
    door.bring_up_to_date(session)
    assert letters(door, session)[2] == ["REVERSAL_PERIOD_CLOSED"]
    later = door.with_clock(session, door.NOW + timedelta(hours=1))
    reopen(later, "2026-04", by="A", reason="a refund")
    assert door.stale(later) == [], "what was decided while it was closed is not decided again"
    withdraw(later, reversals_listed(later)[0]["approval"], by="A", reason="again")
    allow(door, later, row=2, at=120)
    close(
        door.with_clock(session, door.NOW + timedelta(hours=3)),
        "2026-04", by="A", reason=None, examine=OpenPeriod,
    )  # fmt: skip
    door.bring_up_to_date(session)
    (line,) = [r for r in door.active_lines(session) if r["transaction_id"] == "C1"]
    assert (line["posting_period"], line["cause"]) == ("2026-05", "reversal")
    assert door.unlawful(session) == []


def test_a_credit_note_waits_for_its_invoice_and_posts_whichever_comes_first(door, house):
    house.notes(DAY, [("N1", DAY, "-30.00", "GBP", "", "", "INV-1"),
                      ("N2", DAY, "-80.00", "GBP", "", "", "INV-1"),
                      ("N3", DAY, "-1.00", "USD", "", "", "INV-1"),
                      ("N4", DAY, "-1.00", "USD", "", "", "")])  # fmt: skip
    house.work(DAY)
    session = house.session()
    assert door.open_reasons(session) == {"CREDIT_UNMATCHED": 3, "NEGATIVE_AMOUNT": 1}
    house.notes(LATER, [("T1", DAY, "60.00", "GBP", "", "INV-1"),
                        ("T2", LATER, "40.00", "GBP", "", "INV-1")])  # fmt: skip
    posted = house.work(LATER).posted
    assert posted[date(2026, 4, 1)].causes == {"delivery": 1, "credit": 1}
    assert letters(door, session) == {
        2: ["CREDIT_EXCEEDS"], 3: ["CREDIT_UNMATCHED"], 4: ["NEGATIVE_AMOUNT"],
    }  # fmt: skip
    (line,) = [r for r in door.active_lines(session) if r["transaction_id"] == "N1"]
    assert (line["credit_of"], line["reversal_of"]) == ("INV-1", None)
    # An approved reversal of one of its lines comes before credit notes: 100 - 1 - 30 < 80 still.
    allow(door, session, row=3, of="T1", vendor="notes")
    door.bring_up_to_date(session)
    assert letters(door, session)[3] == ["REVERSAL_OTHER_CURRENCY"]
    assert door.unlawful(session) == []


def test_credit_notes_leave_what_approved_reversals_left(door, house):
    house.notes(DAY, [("T1", DAY, "100.00", "GBP", "", "INV-1"),
                      ("N1", DAY, "-70.00", "GBP", "", "", "INV-1"),
                      ("N2", DAY, "-40.00", "GBP", "", "", "INV-1")])  # fmt: skip
    house.work(DAY)
    session = house.session()
    assert letters(door, session) == {3: ["CREDIT_EXCEEDS"]}
    allow(door, session, row=3, of="T1", vendor="notes")
    door.bring_up_to_date(session)
    assert letters(door, session) == {2: ["CREDIT_EXCEEDS"]}
    assert [name for name, *_ in amounts(door, session)] == ["N2", "T1"]
    assert door.unlawful(session) == []


def test_a_vendor_file_says_both_that_it_sends_credit_notes_and_where_they_name_their_invoice(
    house,
):
    house.edit_vendor("rentals", "negatives: dead_letter", "negatives: credit_note")
    with pytest.raises(UsageError, match="`credit_of`"):
        house.session()
    house.edit_vendor("rentals", "negatives: credit_note", "negatives: dead_letter")
    house.edit_vendor("rentals", "  description: [text]", "  credit_of: [text]")
    with pytest.raises(UsageError, match="credit_note"):
        house.session()


def test_only_one_approval_of_a_row_is_in_force(door, session):
    letter = letter_of(door, session, 2)
    approve(session, letter, "T1", by="A", reason="one")
    with pytest.raises(UsageError) as found:
        approve(session, letter, "rentals/T1", by="B", reason="two")
    assert found.value.code == "ALREADY_APPROVED"
