"""Costs are charged to accounts of their production's chart, alike in both lanes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.charts import chart_of, rules_of
from cost_pipeline.contracts.lookups import Table

FILE = "charts/P100.csv"
ACCOUNTS = (
    ("2000-01", "", "", ""),
    ("2000-02", "2000", "", ""),
    ("2000-02", "3300", "", ""),
    ("6305", "", "2026-03-01", "2026-03-31"),
    ("6305", "", "2026-06-01", ""),
    ("6310", "2000", "", "2026-04-01"),
)
HEADER = ("No", "Date", "Net", "Prod", "Dept", "GL")
COLUMNS = {
    "transaction_id": ["No"], "transaction_date": ["Date"], "amount": ["Net"],
    "production": ["Prod"], "department_code": ["Dept"], "gl_code": ["GL"],
}  # fmt: skip


def chart(accounts=ACCOUNTS, file=FILE):
    heading = ("gl_code", "department_code", "from", "until")
    found, wrong = chart_of(Table(heading, tuple(enumerate(accounts, 2))), file)
    assert not wrong
    return found


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows of (production, department, GL code, date); both lanes agree on it."""

    def judge(rows, charts=None, **changes):
        settings = {"columns": COLUMNS, "constants": {"currency": "GBP"}, "dates": ["%Y-%m-%d"]}
        vendor = make_vendor(**settings | changes)
        cells = [(f"A{n}", day, "1.50", *row) for n, (*row, day) in enumerate(rows)]
        chunks = [make_chunk(cells, HEADER)]
        own = rules_of({"P100": chart()} if charts is None else charts)
        model, both = (validate(chunks, vendor, lanes=ls, own=own) for ls in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        assert both.state == model.state
        return both

    return judge


CASES = {
    ("P100", "2000", "2000-01", "2026-04-01"): None,
    ("P100", "2000", "2000-02", "2026-04-01"): None,
    ("P100", "3300", "2000-02", "2026-04-01"): None,
    ("P100", "4400", "2000-02", "2026-04-01"): f"'2000-02' is not an account of '4400' in {FILE}",
    ("P100", "2000", "9999", "2026-04-01"): f"'9999' is not in {FILE}",
    ("P100", "2000", "6305", "2026-03-31"): None,
    ("P100", "2000", "6305", "2026-06-01"): None,
    ("P100", "2000", "6305", "2026-04-01"): (
        f"'6305' is not open on 2026-04-01 by {FILE}, but from 2026-03-01 until 2026-03-31,"
        " from 2026-06-01"
    ),
    ("P100", "2000", "6310", "2026-04-02"): (
        f"'6310' is not open on 2026-04-02 by {FILE}, but until 2026-04-01"
    ),
    ("P200", "2000", "9999", "2026-04-01"): None,
}


@pytest.mark.parametrize("row", CASES, ids=str)
def test_a_cost_is_charged_to_an_account_that_is_open(judged, row):
    outcome = judged([row])
    assert outcome.in_columns == 1
    if CASES[row] is None:
        assert outcome.records.num_rows == 1
        return
    (letter,) = outcome.dead_letters.to_pylist()
    (error,) = json.loads(letter["errors"])
    assert letter["reasons"] == ["UNKNOWN_ACCOUNT"]
    assert (error["field"], error["message"], error["value"]) == ("gl_code", CASES[row], row[2])


def test_without_a_chart_nothing_changes(judged):
    row = ("P100", "2000", "9999", "2026-04-01")
    outcome = judged([row], {})
    assert outcome.records.num_rows == 1


def test_a_row_that_cannot_be_read_is_not_asked_for_its_account(judged):
    rows = [("P100", "20", "9999", "2026-04-01"), ("P300", "2000", "9999", "2026-04-01")]
    rows += [("P100", "2000", "9999", "1.4."), ("P100", "2000", None, "2026-04-01")]
    assert judged(rows).reasons == {
        1: ["BAD_DEPARTMENT"], 2: ["UNKNOWN_PRODUCTION"], 3: ["BAD_DATE"], 4: ["MISSING_FIELD"],
    }  # fmt: skip


def test_a_chart_is_part_of_the_interpretation_and_the_order_of_its_rows_is_not(judged):
    rows = [("P100", "2000", "2000-01", "2026-04-01")]

    def reading(charts):
        return judged(rows, charts).records["interpretation"][0].as_py()

    backwards = {"P100": chart(tuple(reversed(ACCOUNTS)))}
    assert reading(None) == reading(backwards)
    assert reading(None) != reading({"P100": chart(ACCOUNTS[:1])})
    assert reading(None) != reading({})


CODES = st.sampled_from(["2000-01", "2000-02", "6305", "6310", "9999", "63O5", "", None])
ROWS = st.tuples(
    st.sampled_from(["P100", "P200", "P300", None]),
    st.sampled_from(["2000", "3300", "4400", "20", None]),
    CODES,
    st.sampled_from(["2026-03-15", "2026-04-01", "2026-07-01", "x", None]),
)


@given(
    rows=st.lists(ROWS, min_size=1),
    which=st.sampled_from([None, {"P200": chart(ACCOUNTS[:3], "p200.csv")}]),
    kind=st.sampled_from(["vendor_invoice", "purchase_order", "payroll_line"]),
)
def test_both_lanes_agree_whatever_the_accounts(judged, rows, which, kind):
    constants = {"currency": "GBP"} | ({"po_number": "P1"} if kind == "purchase_order" else {})
    judged(rows, which, record=kind, constants=constants)
