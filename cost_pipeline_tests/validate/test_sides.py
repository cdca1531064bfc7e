"""Which way an amount goes, and in which currency: from all that may say so beside its digits."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

HEADER = ("No", "Date", "Net", "Other", "Cur")
COLUMNS = {
    "transaction_id": ["No"],
    "transaction_date": ["Date"],
    "amount": ["Net"],
    "currency": ["Cur"],
}
CHART = {"department_code": "2000", "gl_code": "2000-01"}
TWO = {"debit": ["Net"], "credit": ["Other"]}
SIGN = {"sign": {"column": "Other", "debit": ["S", "PI"], "credit": ["H", "PC"]}}
MARKS = {"marks": {"debit": ["DR"], "credit": ["CR"]}}

# The style, the cells of Net and Other, and the amount or what is told.
CASES = [
    (TWO, "54.00", "0.00", "54"),
    (TWO, "0.00", "56.00", "-56"),
    (TWO, None, "7.00", "-7"),
    (TWO, "", "£7.00", "-7"),
    (TWO, "0.00", "0.00", "0"),
    (TWO, "-5.00", "", "-5"),
    (TWO, "5.00", "6.00", "a debit and"),
    (TWO, "", "-6.00", "sign of its own"),
    (TWO, "", "(6.00)", "sign of its own"),
    (TWO, "5.x", "0.00", "not a number"),
    (TWO | {"zero": ["-", "nil"]}, "-", "8.00", "-8"),
    (TWO | {"zero": ["-", "nil"]}, "NIL", "-", "0"),
    (TWO | {"inverted": True}, "", "8.00", "8"),
    (SIGN, "13.37", "S", "13.37"),
    (SIGN, "13.37", " h ", "-13.37"),
    (SIGN, "120.00", "PC", "-120"),
    (SIGN, "0.00", "H", "0"),
    (SIGN, "-3.00", "S", "-3"),
    (SIGN, "-3.00", "H", "sign of its own"),
    (SIGN, "3.00", "X", "no declared code"),
    (SIGN, "3.00", "", "no declared code"),
    (SIGN, "", "X", "empty"),
    (MARKS, "100.00 DR", "", "100"),
    (MARKS, "40.00 CR", "", "-40"),
    (MARKS, "40.00cr", "", "-40"),
    (MARKS, "Cr. 1,040.00", "", "-1040"),
    (MARKS, "40.00", "", "40"),
    (MARKS, "-40.00 CR", "", "sign of its own"),
    (MARKS, "DR 40.00 CR", "", "a debit and"),
    (MARKS, "40.00 CRX", "", "not a number"),
    ({"inverted": True}, "-12.00", "", "12"),
    ({"inverted": True}, "(12.00)", "", "12"),
    ({"inverted": True}, "£-12.00", "", "12"),
    ({"inverted": True}, "12.00", "", "-12"),
    ({"inverted": True}, "0.00", "", "0"),
    ({"zero": "-"}, "-", "", "0"),
    ({"zero": "-"}, "-1", "", "-1"),
]


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows of (Net, Other, Cur) under a style; both lanes agree on it."""

    def judge(rows, **changes):
        settings = {"columns": COLUMNS, "constants": CHART, "ignore": ["Other"], **changes}
        style = settings.get("amount") or {}
        if "debit" in style:
            del (settings := {**settings, "columns": {**settings["columns"]}})["columns"]["amount"]
        vendor = make_vendor(**settings)
        cells = [(f"A{n}", "1/4/2026", *row) for n, row in enumerate(rows)]
        chunks = [make_chunk(cells, HEADER)]
        model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        assert both.state == model.state
        return both

    return judge


@pytest.mark.parametrize(("style", "net", "other", "expected"), CASES)
def test_an_amount_has_the_sign_that_is_declared_or_is_refused(judged, style, net, other, expected):
    outcome = judged([(net, other, "GBP")], amount=style)
    if outcome.records.num_rows:
        assert outcome.records["amount"].to_pylist() == [Decimal(expected)]
    else:
        (letter,) = outcome.dead_letters.to_pylist()
        assert expected in json.loads(letter["errors"])[0]["message"]


def test_what_is_proven_together_is_judged_in_columns(judged):
    rows = [(f"{n}.50", "0.00", "GBP") for n in range(200)] + [("0.00", "1.00", "GBP")] * 3
    outcome = judged(rows, amount=TWO)
    assert outcome.in_columns == len(rows)
    assert sum(outcome.records["amount"].to_pylist()) == Decimal("19997.00")


TEXTS = st.sampled_from(
    ["", "0", "0.00", "-", "5", "-5", "(5)", "5-", "5 CR", "CR", "DR5", "£5", "-£5", "$5", "x"]
)
STYLES = st.sampled_from([TWO, SIGN, MARKS, {"inverted": True}, {"zero": "-"}, TWO | MARKS, None])


@given(
    rows=st.lists(
        st.tuples(TEXTS, TEXTS | st.sampled_from(["S", "H"]), st.sampled_from(["GBP", "USD", ""]))
    ),
    style=STYLES,
)
def test_both_lanes_agree_on_whatever_stands_beside_an_amount(judged, rows, style):
    judged([("1", "", "GBP"), *rows], amount=style, numbers={"symbols": ["£", "$"]})


@pytest.mark.parametrize("names", [["Net", "Other"], ["Other", "Net"]])
def test_two_columns_that_are_alternatives_and_both_say_something_refuse_the_row(judged, names):
    rows = [("5", "6", "GBP"), ("5", "0.00", "GBP"), ("5", "", "GBP"), ("", "6", "GBP")]
    outcome = judged(rows, columns={**COLUMNS, "amount": names}, ignore=[])
    first = names[0] == "Net"
    refused = [1, 4] if first else [1, 2, 3]
    assert outcome.reasons == {row: ["SCHEMA_DRIFT"] for row in refused}


@pytest.mark.parametrize(
    ("one", "other"),
    [("Debit", "Credit"), ("Soll", "Haben"), ("Debe (EUR)", "Haber"), ("Amount DR", "Amount CR")],
)
def test_alternatives_that_are_named_debit_and_credit_are_sides(make_vendor, one, other):
    vendor = make_vendor(columns={**COLUMNS, "amount": [other, one]})
    assert (vendor.measure.debit, vendor.measure.credit) == ((one,), (other,))


@pytest.mark.parametrize("symbols", [["CR", "DR"], ["cr."[:2], "£"], ["S", "H"], ["C", "D", "$"]])
def test_a_side_that_was_declared_as_a_symbol_is_read_as_a_side(make_vendor, symbols):
    vendor = make_vendor(numbers={"symbols": symbols})
    assert vendor.measure.marks.credit
    assert not {"CR", "S", "H", "D", "C", "cr"} & {*vendor.numbers.symbols}


def test_letters_that_only_look_like_a_side_stay_symbols(make_vendor):
    assert make_vendor(numbers={"symbols": ["S/", "D", "Kr"]}).measure is None


def test_a_sign_that_contradicts_the_currency_refuses_the_row(judged):
    rows = [
        ("£1", "", "GBP"),
        ("£1", "", "EUR"),
        ("$1", "", "CAD"),
        ("EUR 1", "", "USD"),
        ("1", "", "USD"),
    ]
    outcome = judged(rows, numbers={"symbols": ["£", "$", "EUR"]})
    assert outcome.reasons == {2: ["CURRENCY_CONTRADICTED"], 4: ["CURRENCY_CONTRADICTED"]}


def test_a_map_of_signs_reads_the_currency(judged):
    signs = {"currencies": {"£": "GBP", "€": "EUR", "$": "USD", "US$": "USD", "C$": "CAD"}}
    columns = {name: header for name, header in COLUMNS.items() if name != "currency"}
    rows = [("£1", "", ""), ("-€2", "", ""), ("US$3", "", ""), ("C$4", "", ""), ("5", "", "")]
    outcome = judged(rows, amount=signs, columns=columns, ignore=["Other", "Cur"])
    assert outcome.records["currency"].to_pylist() == ["GBP", "EUR", "USD", "CAD"]
    assert outcome.reasons == {5: ["MISSING_FIELD"]}


def test_a_map_and_a_column_that_differ_refuse_the_row(judged):
    signs = {"currencies": {"£": "GBP"}}
    rows = [("£1", "", "GBP"), ("£1", "", "USD"), ("1", "", "USD"), ("£1", "", "")]
    outcome = judged(rows, amount=signs)
    assert outcome.records["currency"].to_pylist() == ["GBP", "USD", "GBP"]
    assert outcome.reasons == {2: ["CURRENCY_CONTRADICTED"]}


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ({"debit": ["A"]}, "belong together"),
        ({**TWO, **SIGN}, "cannot both"),
        ({"sign": {"column": "X", "credit": "H"}}, "needs the codes"),
        ({"marks": {"debit": "CR", "credit": "cr"}}, "a debit and a credit"),
        ({"currencies": {"£": "GBX"}}, "not an ISO 4217"),
        ({"marks": {"credit": "1"}}, "cannot be told from a number"),
    ],
)
def test_a_style_without_sense_is_a_mistake_of_the_vendor_file(make_vendor, style, words):
    with pytest.raises(ValidationError, match=words):
        make_vendor(amount=style, columns={"transaction_id": ["No"], "transaction_date": ["Date"]})


def test_a_header_that_lacks_a_side_refuses_every_row(make_vendor, make_chunk, validate):
    columns = {name: header for name, header in COLUMNS.items() if name != "amount"}
    vendor = make_vendor(amount=TWO, columns=columns, constants=CHART)
    outcome = validate(
        [make_chunk([("A", "1/4/2026", "5", "GBP")], ("No", "Date", "Net", "Cur"))], vendor
    )
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"]}


@pytest.mark.parametrize("kind", ["json", "csv", "excel", "parquet"])
def test_sides_are_the_same_in_every_format(judged, kind):
    rows = [("5", None, "GBP"), (None, "6", "GBP"), ("0", "7", "GBP"), ("8", "9", "GBP")]
    outcome = judged(rows, amount=TWO, format={"kind": kind})
    assert outcome.records["amount"].to_pylist() == [Decimal(5), Decimal(-6), Decimal(-7)]
    assert outcome.reasons == {4: ["BAD_AMOUNT"]}
