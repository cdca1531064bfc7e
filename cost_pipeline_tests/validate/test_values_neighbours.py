"""Neighbours of the values that people met: two settings at once, and other spellings of one."""

from decimal import Decimal

import pytest

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.validate.interpreter import compile_interpreter

PLAIN = ("No", "Date", "Net", "Text")


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows with any header; both lanes agree on it."""

    def judge(rows, header=PLAIN, **changes):
        vendor = make_vendor(**changes)
        chunks = [make_chunk(rows, header)]
        model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        return both

    return judge


@pytest.mark.parametrize(
    "changes",
    [
        {"clean": "all"},
        {"clean": ["controls"]},
        {"ids": {"case": "upper", "leading_zeros": "drop"}},
        {"clean": "all", "ids": {"case": "upper"}},
    ],
)
@pytest.mark.parametrize("field", ["transaction_id", "description"])
def test_two_columns_that_differ_stay_a_contradiction_whatever_is_cleaned(judged, changes, field):
    columns = {
        "transaction_id": ["No"],
        "transaction_date": ["Date"],
        "amount": ["Net"],
        "description": ["Text"],
    }
    columns[field] = [*columns[field], "Other"]
    rows = [
        ("A1", "1/4/2026", "1", "A1", "B1"),
        ("A2", "1/4/2026", "1", "A2", "A2"),
        ("A3", "1/4/2026", "1", "A3", ""),
    ]
    outcome = judged(rows, (*PLAIN, "Other"), columns=columns, **changes)
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"]}
    assert outcome.records["transaction_id"].to_pylist() == ["A2", "A3"]


CONTRADICTED = [
    "Euro",
    "euros",
    "€uro",
    "Pound",
    "£stg",
    "\uffe1",
    "\u20a3",
    "din",
    "Dirhams",
    "CAD$",
    "RMB",
]


@pytest.mark.parametrize("sign", CONTRADICTED)
def test_a_currency_in_words_or_wide_letters_contradicts_as_its_sign_does(judged, sign):
    constants = {"currency": "USD", "department_code": "2000", "gl_code": "2000-01"}
    rows = [("A1", "1/4/2026", f"5 {sign}", "x"), ("A2", "1/4/2026", "5", "x")]
    outcome = judged(rows, numbers={"symbols": [sign]}, constants=constants)
    assert outcome.reasons == {1: ["CURRENCY_CONTRADICTED"]}


@pytest.mark.parametrize("sign", ["\uff04", "Dollars", "US$", "USD$", "items", "pcs"])
def test_a_word_of_the_same_currency_or_of_none_is_taken_off(judged, sign):
    constants = {"currency": "USD", "department_code": "2000", "gl_code": "2000-01"}
    rows = [("A1", "1/4/2026", f"5 {sign}", "x")]
    outcome = judged(rows, numbers={"symbols": [sign]}, constants=constants)
    assert outcome.records["amount"].to_pylist() == [5]


UNSEEN = ["\u034f", "\u115f", "\u1160", "\u180b", "\u3164", "\ufe0f", "\uffa0", "\U000e0101"]


@pytest.mark.parametrize("mark", UNSEEN)
def test_an_id_has_no_characters_that_nobody_sees(judged, mark):
    rows = [(f"B{mark}1", "1/4/2026", "1", "x"), (f"{mark}B1{mark}", "1/4/2026", "1", "x")]
    outcome = judged([*rows, (mark, "1/4/2026", "1", "x")])
    assert outcome.records["transaction_id"].to_pylist() == ["B1"] * 2
    assert outcome.reasons == {3: ["MISSING_FIELD"]}


MARKS = {"marks": {"debit": "DR", "credit": "CR"}}
SIDES = {"debit": "Debit", "credit": "Credit", "zero": "-"}
TOTALS = [
    (MARKS, {"Net": "5.00 DR"}, "5"),
    (MARKS, {"Net": "CR £5.00"}, "-5"),
    ({**MARKS, "inverted": True}, {"Net": "5.00 CR"}, "5"),
    ({"zero": ["-", "nil"]}, {"Net": "NIL"}, "0"),
    (SIDES, {"Debit": "8.00", "Credit": "-"}, "8"),
    (SIDES, {"Debit": "-", "Credit": "3.00"}, "-3"),
    (MARKS, {"Net": "-5.00 CR"}, None),
]


@pytest.mark.parametrize(("amount", "cells", "total"), TOTALS)
def test_a_total_is_read_as_the_amounts_above_it(make_vendor, amount, cells, total):
    columns = {"transaction_id": ["No"], "transaction_date": ["Date"]}
    columns |= {} if "debit" in amount else {"amount": ["Net"]}
    form = {"kind": "csv", "control_total": {}}
    vendor = make_vendor(amount=amount, format=form, columns=columns)
    header = [*PLAIN, "Debit", "Credit"]
    found = compile_interpreter(vendor, COST_CONTRACT, ["P100"], header).declared_total(cells)
    assert found == Decimal(total) if total else found.code == "BAD_AMOUNT"
