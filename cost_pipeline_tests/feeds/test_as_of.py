"""The ledger as it was known: days of late data, corrections and reversals.

Each day is held against what was printed that day, and its lines against a count made that day
without the code under test.
"""

from __future__ import annotations

import csv
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.ledger_view import (
    ledger_totals,
    lines_known_at,
    parse_instant,
    totals_as_json,
    write_lines,
)
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.reversals import approve
from cost_pipeline.feeds.production.summary import currency_totals

FIRST = date(2026, 4, 1)
CREDITS = {
    5: ("T5-0", "-4.00", "GBP"), 12: ("T12-0", "-5.00", "GBP"), 20: ("T18-1", "-28.10", "USD"),
}  # fmt: skip
"""By the day they come: what they take back (approved two days later), how much, and currency."""
LENGTHS = [pytest.param(9, id="days"), pytest.param(30, id="a month", marks=pytest.mark.proof)]
"""A day of work each; what is delivered is dated up to a month back."""


def _rows(number):
    """Five rows of a day: three of today, two late ones; every third day a key comes again."""
    late = [f"2026-{month:02d}-{day:02d}" for month, day in ((3, 31), (4, 1), (4, 2))]
    rows = [
        (
            f"T{number}-{n}",
            late[(number + n) % 3],
            f"{10 + number}.{n}0",
            ("GBP", "USD", "CAD")[n % 3],
        )
        for n in range(5)
    ]
    if number % 3 == 2:
        rows.append((f"T{number - 1}-0", late[0], "99.99", "USD"))
    if number in CREDITS:
        _, amount, currency = CREDITS[number]
        rows.append((f"R{number}", late[2], amount, currency))
    return rows


def _standing(lines):
    """The postings that nothing has reversed, told line by line."""
    rows = lines.to_pylist()
    taken_back = {row["reverses"] for row in rows if row["kind"] == "reverse"}
    return sorted(
        (row["posting_id"], row["original_amount"], row["base_amount"], row["gl_code"])
        for row in rows
        if row["kind"] == "post" and row["posting_id"] not in taken_back
    )


@pytest.fixture(scope="module", params=LENGTHS)
def worked(door, tmp_path_factory, request):
    """The house after days of work, and what was printed at the end of each."""
    house = door.House(tmp_path_factory.mktemp("days") / "home")
    printed, counted = [], []
    for number in range(request.param):
        day = FIRST + timedelta(days=number)
        at = datetime.combine(day, time(17, 30), UTC)
        session = house.session(clock=lambda at=at: at)
        house.drop("rentals", day, _rows(number))
        if number % 8 == 3:
            file = house.root / "correction.csv"
            file.write_text(f"currency,rate\nGBP,0.8{number:02d}\n", "utf-8")
            correct_rates(session, date(2026, 4, 1), file, "a test")
        if number == 6:
            # The vendor file reads accounts otherwise from now on: everything is restated.
            house.edit_vendor("rentals", 'gl_code: "2000-01"', 'gl_code: "2100-01"')
        if number - 2 in CREDITS:
            (letter,) = door.open_letters(session, "amount < 0")
            original, *_ = CREDITS[number - 2]
            approve(session, letter["id"], original, by="A. Ccountant", reason="returned")
        house.work(day, session=session)
        printed.append((day, ledger_totals(session), currency_totals(session)))
        counted.append(_standing(door.lines(session)))
    return house, printed, counted


def test_every_day_of_the_past_is_what_was_printed_that_day(worked):
    house, printed, _ = worked
    session = house.session()
    for day, totals, by_currency in printed:
        assert ledger_totals(session, parse_instant(day.isoformat())) == totals, day
        assert currency_totals(session, parse_instant(f"{day}T18:00:00Z")) == by_currency, day
    digests = {totals.digest for _, totals, _ in printed}
    assert len(digests) == len(printed), "every day of this test changes something"
    _, last, _ = printed[-1]
    assert last == ledger_totals(session)
    assert last.postings >= last.active_postings + 4, "and some of it was corrected later"


def test_the_lines_of_every_day_are_those_that_stood_that_day(worked, door):
    house, printed, counted = worked
    session = house.session()
    for (day, *_), standing in zip(printed, counted, strict=True):
        known = pa.concat_tables(lines_known_at(session, parse_instant(day.isoformat())))
        assert _standing(known) == standing, day
    causes = set(door.lines(session)["cause"].to_pylist())
    assert {"fx_correction", "reversal"} <= causes
    taken_back = [amount for _, amount, *_ in counted[-1] if amount < 0]
    approved = [Decimal(CREDITS[day][1]) for day in CREDITS if day + 2 < len(printed)]
    assert sorted(taken_back) == sorted(approved)
    assert approved


def test_before_anything_was_recorded_there_is_nothing(worked):
    house, *_ = worked
    found = ledger_totals(house.session(), parse_instant("2026-03-31"))
    assert (found.postings, found.active_postings, found.by_account) == (0, 0, {})


def test_an_instant_includes_what_was_recorded_at_it(worked):
    house, printed, _ = worked
    session = house.session()
    at = datetime.combine(printed[3][0], time(17, 30), UTC)
    assert ledger_totals(session, at) == printed[3][1]
    assert ledger_totals(session, at - timedelta(microseconds=1)) == printed[2][1]


def test_totals_per_account_add_up_to_the_totals(worked):
    house, printed, _ = worked
    for number in (4, 8):
        day = printed[number][0]
        found = ledger_totals(house.session(), parse_instant(day.isoformat()))
        assert len(found.by_account) == (1 if number == 4 else 2)
        for name in ("original", "base"):
            summed: dict[str, Decimal] = {}
            for account in found.by_account.values():
                for code, amount in asdict(account)[name].items():
                    summed[code] = summed.get(code, Decimal(0)) + amount
            assert summed == getattr(found, name)
        document = totals_as_json(found)
        assert set(document["by_account"]) == set(found.by_account)


def test_the_lines_of_then_are_written_with_all_their_digits(worked, tmp_path):
    house, printed, _ = worked
    at = parse_instant(printed[5][0].isoformat())
    for name in ("lines.csv", "lines.parquet"):
        written = write_lines(lines_known_at(house.session(), at), tmp_path / name)
        assert written == printed[5][1].active_postings
    with (tmp_path / "lines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(tmp_path / "lines.parquet")
    assert [row["posting_id"] for row in rows] == table["posting_id"].to_pylist()
    assert sum(Decimal(row["base_amount"]) for row in rows) == printed[5][1].base["USD"]
    assert {row["recorded_at"][:10] for row in rows} <= {str(day) for day, *_ in printed[:6]}
    assert rows[0]["recorded_at"].endswith("T17:30:00.000000Z")


@pytest.mark.parametrize("text", ["soon", "2026-13-01", "2026-04-01T25:00:00Z", "", "2026-4-1"])
def test_what_is_no_instant_is_told(text):
    with pytest.raises(UsageError):
        parse_instant(text)


def test_a_date_means_its_end_and_an_instant_is_taken_to_utc():
    assert parse_instant("2026-04-01") == datetime.combine(date(2026, 4, 1), time.max, UTC)
    assert parse_instant("2026-04-01T10:00:00-07:00") == datetime(2026, 4, 1, 17, tzinfo=UTC)
    assert parse_instant("2026-04-01T10:00:00") == datetime(2026, 4, 1, 10, tzinfo=UTC)


def test_lines_are_not_written_as_something_else(worked, tmp_path):
    house, *_ = worked
    for name in ("lines.xlsx", "nowhere/lines.csv"):
        with pytest.raises(UsageError):
            write_lines(
                lines_known_at(house.session(), parse_instant("2026-04-01")), tmp_path / name
            )
