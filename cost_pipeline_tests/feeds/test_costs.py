"""The cost summary: it is the ledger, to the cent, as of any moment, and says so when it is not."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import equals
from cost_pipeline.feeds.production.closing import examine
from cost_pipeline.feeds.production.cost_rows import (
    COST_REPORT_SCHEMA,
    NOT_YET,
    CostReport,
    headlines,
)
from cost_pipeline.feeds.production.costs import cost_report, posted_to
from cost_pipeline.feeds.production.costs_files import write_files
from cost_pipeline.feeds.production.costs_kept import keep, kept
from cost_pipeline.feeds.production.costs_tie import tied, untied
from cost_pipeline.feeds.production.ledger_view import ledger_totals
from cost_pipeline.feeds.production.periods import close
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.summary import repaired_by_corrections

APRIL_1, APRIL_2 = date(2026, 4, 1), date(2026, 4, 2)
THEN = datetime(2026, 4, 2, 17, 30, tzinfo=UTC)
LATER = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 4, 7, 8, 0, tzinfo=UTC)
ROWS = [
    ("R1", "2026-03-31", "100.00", "GBP", "=lamp"),
    ("R2", "2026-04-01", "50.00", "CAD", "<b>stand</b>"),
    ("R3", "2026-04-01", "10.00", "GBP", "cable"),
    ("R4", "2026-04-01", "12.34", "GBB", "no such currency"),
    ("R5", "2026-04-01", "a misprint", "GBP", "tape"),
    ("R6", "2026-04-05", "7.00", "USD", "dated ahead"),
    ("R7", "2026-04-01", "-3.00", "GBP", "a credit that nobody allowed"),
]
AFTER = [("R8", "2026-03-31", "20.00", "GBP", "late"), ("R9", "2026-04-02", "8.00", "GBP", "tape")]


@pytest.fixture(scope="module")
def worked(door, tmp_path_factory):
    """Two rounds of work: orders and bills, then a corrected rate, a closed month, late rows.

    A report was kept after the first, and written into a folder; nothing of it is to be changed.
    """
    house = door.House(tmp_path_factory.mktemp("costs") / "home")
    bills = door.vendor_text("orders").replace("vendor: orders", "vendor: bills")
    bills = bills.replace("inbox/orders", "inbox/bills")
    house.vendor_file("bills", bills.replace("purchase_order", "vendor_invoice"))
    house.drop("rentals", APRIL_2, ROWS)
    house.drop("lodging", APRIL_2, [("H", "2026-04-01", "33.33", "EUR", "room")])
    house.drop("orders", APRIL_2, [("O1", "2026-04-01", "500.00", "GBP", "crates")])
    house.drop("bills", APRIL_2, [("B1", "2026-04-01", "200.00", "GBP", "crates, part")])
    session = house.session(clock=lambda: THEN)
    house.work(APRIL_2, session=session)
    report = cost_report(session, APRIL_1)
    keep(session, report)
    written = write_files(session, report, house.root / "then")

    session = house.session(clock=lambda: LATER)
    close(
        session, "2026-03", by="A", reason=None, examine=lambda: examine(session, "2026-03"),
        accept_dead_letters=True,
    )  # fmt: skip
    file = house.root / "correction.csv"
    file.write_text("currency,rate\nGBP,0.8111\n", "utf-8")
    correct_rates(session, APRIL_1, file, "a test")
    house.drop("rentals", "2026-04-06", AFTER)
    house.drop("bills", "2026-04-06", [("B2", "2026-04-02", "100.00", "GBP", "crates, part")])
    house.work("2026-04-06", session=session)
    return house, report, written


def of(report, production="P100"):
    (found,) = [one for one in headlines(report) if one.production == production]
    return found


@pytest.mark.parametrize("day", [date(2026, 3, 31), APRIL_1, APRIL_2, date(2026, 4, 7)])
@pytest.mark.parametrize("instant", [THEN, LATER, None])
def test_what_is_posted_to_date_and_later_is_the_ledger_as_known_then(worked, day, instant):
    session = worked[0].session()
    report = cost_report(session, day, instant)
    assert tied(session, report).passed
    assert not untied(session, report).num_rows
    totals = ledger_totals(session, instant or NOW)
    found = query(
        "select base_currency, sum(posted_to_date + posted_later) as total from rows group by all",
        rows=report.rows,
    ).to_pylist()
    said = {row["base_currency"]: row["total"] for row in found if row["base_currency"]}
    assert said == totals.base


def test_a_date_ahead_and_a_line_of_a_later_period_count_later(worked):
    session = worked[0].session()
    march = of(cost_report(session, date(2026, 3, 31)))
    # 100 pounds at 0.85 and 1.1; the late 20 pounds of March were posted into April, R6 is ahead.
    assert march.posted_to_date == march.posted_in_period == Decimal("129.41")
    april = of(cost_report(session, date(2026, 4, 7)))
    assert april.posted_later == 0
    assert april.posted_to_date - april.posted_in_period == Decimal("129.41")


def test_orders_are_open_net_of_the_invoices_that_name_them_as_of_then(worked):
    session = worked[0].session()
    (then,) = _lines(cost_report(session, APRIL_1, THEN), "orders")
    assert (then["commitments_open"], then["postings"]) == (Decimal(300), 0)
    # 500 pounds were 645.35 dollars; 300 are three fifths.
    assert then["commitments_base"] == Decimal("387.21")
    (now,) = _lines(cost_report(session, APRIL_2), "orders")
    assert now["commitments_open"] == Decimal(200)
    (before,) = _lines(cost_report(session, APRIL_1), "orders")
    assert before["commitments_open"] == Decimal(300), "the second bill is of the day after"


def _lines(report, vendor):
    return [row for row in report.rows.to_pylist() if row["vendor"] == vendor]


def test_what_is_refused_is_at_risk_by_what_could_be_read_of_it(worked):
    report = cost_report(worked[0].session(), APRIL_1, THEN)
    one = of(report)
    assert one.at_risk == {"GBP": Decimal(-3), "of unknown currency": Decimal("12.34")}
    assert one.unreadable == 1
    (credit,) = [row for row in report.rows.to_pylist() if row["at_risk"] == -3]
    assert credit["gl_code"] in {None, "2000-01"}
    assert sum(row["at_risk_rows"] for row in report.rows.to_pylist()) == 2


def test_the_effect_of_rates_is_what_corrections_of_rates_changed(worked):
    session = worked[0].session()
    assert of(cost_report(session, date(2026, 4, 7), THEN)).fx_effect == 0
    changed = sum(one.after - one.before for one in repaired_by_corrections(session))
    assert changed
    assert of(cost_report(session, date(2026, 4, 7))).fx_effect == changed


def test_movement_is_counted_from_the_last_report_of_an_earlier_date(worked):
    house, first, _ = worked
    session = house.session()
    assert first.earlier is None
    assert set(first.rows["movement"].to_pylist()) == {None}, "unknown, not zero"
    report = cost_report(session, APRIL_2)
    assert report.earlier is not None
    assert (report.earlier.report_date, report.earlier.as_of) == (APRIL_1, THEN)
    assert of(report).movement == of(report).posted_to_date - of(first).posted_to_date
    assert cost_report(session, APRIL_2, THEN).earlier is not None
    with pytest.raises(UsageError):
        cost_report(session, APRIL_2, THEN - timedelta(seconds=1))


def test_what_nobody_knows_yet_is_null_and_never_zero(worked):
    report = worked[1]
    for name in NOT_YET:
        assert report.rows[name].null_count == report.rows.num_rows


def test_the_report_of_a_moment_is_the_same_bytes_whatever_came_after(worked, tmp_path):
    house, first, before = worked
    again = cost_report(house.session(), APRIL_1, THEN)
    assert again == first
    after = write_files(house.session(), again, tmp_path)
    assert [file.name for file in after] == [file.name for file in before]
    for old, new in zip(before, after, strict=True):
        assert new.read_bytes() == old.read_bytes(), new.name
    present = cost_report(house.session(), APRIL_1)
    assert not present.rows.equals(first.rows), "later postings changed the date itself"
    assert pq.read_table(after[2]).cast(COST_REPORT_SCHEMA).equals(first.rows)


def test_one_production_alone_is_its_part_and_tied_by_itself(worked):
    session = worked[0].session()
    whole = cost_report(session, APRIL_2)
    part = cost_report(session, APRIL_2, production="P200")
    assert part.rows.equals(whole.rows.filter(pc.equal(whole.rows["production"], "P200")))
    assert tied(session, part).passed


def test_a_report_that_is_a_cent_off_is_named_with_its_line(worked, tmp_path):
    session = worked[0].copy(tmp_path / "home").session()
    report = cost_report(session, APRIL_1)
    wrong = query(
        "select * replace (if(vendor = 'lodging', posted_to_date + 0.01, posted_to_date)"
        "::decimal(38, 4) as posted_to_date) from rows",
        rows=report.rows,
    ).cast(COST_REPORT_SCHEMA)
    keep(session, CostReport(wrong, APRIL_1, report.as_of))
    found = kept(session, APRIL_1)
    assert found is not None
    outcome = tied(session, found)
    assert not outcome.passed
    assert "P200 2000-01 2000 lodging: base 33.34, in the ledger 33.33" in outcome.message
    assert outcome.numbers == {"lines": report.rows.num_rows, "figures": 2}


@pytest.mark.parametrize(
    ("day", "instant", "production", "code"),
    [
        (date(2026, 4, 8), None, None, "REPORT_AHEAD"),
        (APRIL_1, NOW + timedelta(hours=1), None, "REPORT_AHEAD"),
        (date(2026, 3, 30), None, None, "NOTHING_POSTED"),
        (APRIL_1, THEN - timedelta(days=1), None, "NOTHING_POSTED"),
        (date(2026, 3, 31), None, "P200", "NOTHING_POSTED"),
        (APRIL_1, None, "P1000", "NO_SUCH_PRODUCTION"),
    ],
)
def test_what_cannot_be_reported_is_refused_with_what_to_do(worked, day, instant, production, code):
    with pytest.raises(UsageError) as raised:
        cost_report(worked[0].session(), day, instant, production=production)
    assert raised.value.code == code
    assert raised.value.remedy


def test_the_workbook_has_the_figures_formulas_and_postings(worked):
    _, report, (workbook, page, _) = worked
    book = openpyxl.load_workbook(workbook, data_only=True)
    assert book.sheetnames == ["Accounts", "Lines", "Postings"]
    accounts = list(book["Accounts"].values)
    (account,) = [row for row in accounts if row[:3] == ("P100", "2000-01", "USD")]
    assert Decimal(str(account[3])) == of(report).posted_to_date
    postings = list(book["Postings"].values)
    base = postings[0].index("Base amount")
    said = sum(Decimal(str(row[base])) for row in postings[1:] if row[2] == "P100")
    assert said == of(report).posted_to_date
    assert "=lamp" in postings[1], "a text, and no formula"
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "SUMPRODUCT((Lines!$A$2:$A$" in sheet
    assert "<script" not in page.read_text("utf-8")


def test_the_page_loads_nothing_and_has_a_chart(worked):
    text = worked[2][1].read_text("utf-8")
    assert "<svg" in text
    for word in ("http-equiv", "src=", "url(", "<link", "@import", "<script"):
        assert word not in text
    assert "not known yet" in text


_days = st.dates(date(2026, 2, 1), date(2026, 5, 31))
_periods = st.sampled_from(["2026-02", "2026-03", "2026-04", "2026-05"])
_amounts = st.decimals("-99999999999999.9999", "99999999999999.9999", places=4)


@given(
    st.lists(st.tuples(_days, _periods, _amounts, _amounts, st.none() | _periods), max_size=12),
    _days,
)
def test_to_date_and_later_are_together_all_that_stands(posts, day):
    """Of any ledger, with reverses in any period, and to date by lines is what a loop counts."""
    rows = []
    for on, period, original, base, reversed_in in posts:
        line = {
            "production": "P", "gl_code": "1000", "department_code": "1", "vendor": "V",
            "original_currency": "GBP", "base_currency": "USD", "original_amount": original,
            "base_amount": base, "transaction_date": on, "recorded_at": THEN, "cause": "delivery",
        }  # fmt: skip
        rows.append({**line, "kind": "post", "posting_period": period})
        if reversed_in:
            rows.append({**line, "kind": "reverse", "posting_period": reversed_in})
    lines = pa.Table.from_pylist(rows, _LEDGER)
    found = query(posted_to(day, THEN).format(table="lines"), lines=lines).to_pylist()
    standing = sum(base for *_, base, gone in posts if not gone)
    counting = sum(
        row["base_amount"] * (1 if row["kind"] == "post" else -1)
        for row in rows
        if row["transaction_date"] <= day and row["posting_period"] <= f"{day:%Y-%m}"
    )
    assert len(found) == bool(rows)
    for one in found:
        assert one["posted_to_date"] + one["posted_later"] == standing
        assert one["posted_to_date"] == counting


_LEDGER = pa.schema(
    [
        (name, pa.string())
        for name in (
            "production", "gl_code", "department_code", "vendor", "original_currency",
            "base_currency", "cause", "kind", "posting_period",
        )
    ]
    + [(name, pa.decimal128(20, 4)) for name in ("original_amount", "base_amount")]
    + [("transaction_date", pa.date32()), ("recorded_at", pa.timestamp("us", "UTC"))]
)  # fmt: skip


def test_commitments_of_the_present_are_those_that_are_held_less_their_bills(worked, door):
    session = worked[0].session()
    held = session.lake.table(door.DISPOSITIONS).snapshot().query(
        f"select sum(amount) as total from {{table}} where {equals('disposition', 'commitment')}"
    )["total"][0].as_py()  # fmt: skip
    lines = door.active_lines(session)
    invoiced = sum(row["original_amount"] for row in lines if row["vendor"] == "bills")
    found = cost_report(session, date(2026, 4, 7)).rows["commitments_open"]
    assert pc.sum(found).as_py() == held - invoiced
