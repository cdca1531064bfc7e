"""Refusals are explained in columns exactly as the whole row's model explains them, byte for byte.

Every kind of contract, every kind of vendor file; rows in which several things are wrong at once,
so that the order of the problems and what hides what are compared too.
"""

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.contracts.cost_vendor import CostVendor, RecordKind
from cost_pipeline.contracts.date_style import DateStyle
from cost_pipeline.contracts.problems import SHOWN_CHARACTERS, Problem, errors_of, shown
from cost_pipeline.contracts.proofs import shown_as_they_are
from cost_pipeline.contracts.vendor import NumberStyle
from cost_pipeline.core.money import AMOUNT
from cost_pipeline.core.reasons import Stage, catalogue, dead_letter_id
from cost_pipeline.feeds.production.kinds import KINDS
from cost_pipeline.validate.dates import DateReader
from cost_pipeline.validate.numbers import NumberReader

GOOD = {
    "transaction_id": "A-1",
    "transaction_date": "2026-04-01",
    "production": "P100",
    "department_code": "2000",
    "gl_code": "3305",
    "amount": "12.50",
    "currency": "GBP",
    "union_category": "IATSE",
    "tax_id": "12-3456789",
    "vendor_name": "Lamps Ltd",
    "description": "hire",
    "po_number": "P-1",
    "credit_of": "INV-7",
    "invoice_number": "I-1",
    "worker_id": "W-1",
    "location": "quay",
    # Of a timecard only.
    "agreement": "IATSE Basic",
    "craft": "grip",
    "engagement": "daily",
    "contract_type": "television",
    "rate": "54.78",
    "rate_unit": "hour",
    "week_ending": "2026-04-04",
    "workday": "6",
    "zone": "studio",
    "gross": "straight|1|1|12.50|12.50",
    "wrap": "17:30",
    "days_off": "sat,sun",
}
# What is wrong in one field may be right in another; each breaks something somewhere.
BAD = st.sampled_from(
    [
        *("", " ", "\t", "x" * 65, "x" * 201, "x" * 1001, "a\nb", "a\x00", "\u202e", "é", "'q'\""),
        *("-1", "-1.005", "(2)", "1e5", "12.5O", "9" * 17, "-" + "9" * 17, "0.00001", "1.00000"),
        *("1,000.5", "£3", "-£3", "NaN", "7.123", "-7.123", "0", "-0.00", "1,23"),
        *("2026-02-30", "1998-12-31", "2036-01-01", "01/02/2026", "13/02/2026", "2025-12-31"),
        *("GBX", "gbp", "BGN", "JPY", "KWD", "EUR", "P200", "P999", "p100", "200", "63O5", "6305"),
        *("9999", "1250", "DGA", "NON-UNION", "US-EIN:07-1144442", "XX:1", "12-345678", "{0}"),
        *(
            "golden|1|1|1|1",
            "straight|1|1|1|9",
            "maybe",
            "8",
            "7:61",
            "someday",
            "2026-03-31 09:00",
        ),
    ]
)


odd_header = st.integers(0, 3).map(lambda n: n == 0)


@st.composite
def vendors(draw, kind):
    """A vendor of this kind: which fields have columns, which constants, and how it writes."""
    fields = [name for name in GOOD if name in KINDS[kind].contract.model_fields]
    notes = draw(st.booleans()) and kind is not RecordKind.PURCHASE_ORDER
    names = [name for name in fields if notes or name != "credit_of"]
    constant = draw(st.sets(st.sampled_from(["currency", "gl_code", "po_number", "amount"])))
    constants = {name: GOOD[name] for name in sorted(constant) if name in names}
    both = draw(st.booleans())  # a column whose empty cells the constant fills
    columns = [name for name in names if both or name not in constants]
    keys = st.sampled_from(
        ["none", ["transaction_id"], {"columns": ["po_number", "amount"], "ordinal": True}]
    )
    return CostVendor.model_validate(
        {
            "vendor": "wide",
            "production": "P100",
            "record": kind.value,
            "source": {"kind": "folder", "path": "inbox"},
            "format": {"kind": draw(st.sampled_from(["csv", "json"]))},
            "dates": draw(st.sampled_from([["%Y-%m-%d"], ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y"]])),
            "numbers": {
                "thousands": ",",
                "symbols": ["£"],
                "negatives": ["leading", "parentheses"],
            },
            "negatives": "credit_note" if notes else "dead_letter",
            "key": draw(keys),
            "columns": {name: [name.upper()] for name in draw(st.permutations(columns))},
            "constants": constants,
        }
    )


@st.composite
def deliveries(draw, vendor):
    """A header, which may lack a column, have one twice or an unknown one; and rows of it."""
    fields = list(vendor.columns)
    for name in draw(st.lists(st.sampled_from(fields), max_size=1)) if draw(odd_header) else ():
        fields.remove(name)
    header = [name.upper() for name in fields]
    values = [GOOD[name] for name in fields]
    extra = (
        draw(st.sampled_from([None, "NEW", "amount ", *header[:2]])) if draw(odd_header) else None
    )
    if extra is not None:
        header.append(extra)
        values.append(None)
    rows = []
    for number in range(draw(st.integers(1, 12))):
        row = [f"A-{number}" if value == GOOD["transaction_id"] else value for value in values]
        for place in draw(st.lists(st.integers(0, len(row) - 1), max_size=4)):
            row[place] = draw(st.none() | BAD | st.text(st.characters(codec="utf-8"), max_size=4))
        rows.append(tuple(row))
    malformed = {n: f"it has {n} cells" for n in draw(st.sets(st.integers(1, 12), max_size=2))}
    return header, rows, {n: why for n, why in malformed.items() if n <= len(rows)}


@pytest.mark.parametrize("kind", list(RecordKind))
@given(data=st.data())
def test_what_columns_explain_is_what_the_whole_rows_model_explains(
    make_chunk, validate, kind, data
):
    vendor = data.draw(vendors(kind))
    header, rows, malformed = data.draw(deliveries(vendor))
    chunks = [make_chunk(rows, header, malformed=malformed)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.dead_letters.equals(model.dead_letters)
    assert both.records.equals(model.records)
    assert both.state == model.state


@pytest.mark.parametrize("kind", list(RecordKind))
@given(data=st.data())
def test_every_error_has_a_code_of_the_catalogue_and_reasons_are_just_these(
    make_chunk, validate, kind, data
):
    vendor = data.draw(vendors(kind))
    header, rows, malformed = data.draw(deliveries(vendor))
    outcome = validate([make_chunk(rows, header, malformed=malformed)], vendor)
    for letter in outcome.dead_letters.to_pylist():
        errors = errors_of(letter["errors"])
        assert sorted({error["code"] for error in errors}) == letter["reasons"]
        for error in errors:
            assert error["code"] in catalogue(KINDS[kind].contract.reasons)
            value = error["value"]
            assert value is None or len(value) <= SHOWN_CHARACTERS
            if error["field"] == "tax_id" and error["code"] != "SCHEMA_DRIFT":
                assert value is None  # a header that is there twice is no secret


def test_a_contract_that_is_judged_in_columns_has_fields_of_one_plain_type_without_defaults():
    """What columns rely on: the model complains of such a value once, and invents none."""
    for contract in [kind.contract for kind in KINDS.values()]:
        if contract.columnar:
            assert {"vendor", *COSTS.names} > set(contract.model_fields)
            for info in contract.model_fields.values():
                assert parts(info).base in {str, date, Decimal}
                assert info.is_required() or info.default is None


@pytest.fixture(scope="session")
def vendor():
    fields = [n for n in GOOD if n in KINDS[RecordKind.PAYROLL_LINE].contract.model_fields]
    return CostVendor.model_validate(
        {
            "vendor": "wide",
            "production": "P100",
            "record": "payroll_line",
            "source": {"kind": "folder", "path": "inbox"},
            "format": {"kind": "json"},
            "key": ["transaction_id"],
            "columns": {name: [name.upper()] for name in fields if name != "credit_of"},
        }
    )


def test_problems_stand_in_the_order_of_reading_missing_unknown_model_and_rules(
    make_chunk, validate, vendor
):
    """Unreadable, empty, unknown, then what the model and its rules refuse."""
    changed = {
        "transaction_date": "x", "currency": "", "amount": "-1", "union_category": "DGA",
        "description": "a\nb",
    }  # fmt: skip
    header = [*(column for (column,) in vendor.columns.values()), "NEW"]
    row = (*({**GOOD, **changed}[name] for name in vendor.columns), "1")
    outcome = validate([make_chunk([row], header)], vendor)
    assert outcome.in_columns == 1
    (letter,) = outcome.dead_letters.to_pylist()
    assert [error["field"] for error in json.loads(letter["errors"])] == [
        *("transaction_date", "currency", "NEW", "amount", "description", "union_category"),
    ]
    reasons = [
        *("BAD_DATE", "BAD_TEXT", "MISSING_FIELD", "NEGATIVE_AMOUNT", "UNION_CATEGORY_MISMATCH"),
        "UNKNOWN_FIELD",
    ]
    assert letter["reasons"] == reasons
    assert letter["id"] == dead_letter_id("wide", letter["fingerprint"], Stage.VALIDATE, reasons)
    assert (letter["transaction_date"], letter["currency"], letter["amount"]) == (None, None, -1)


def test_an_unknown_key_with_the_name_of_a_field_is_left_to_the_model(make_chunk, validate, vendor):
    """The model is not heard on a field under whose name something else was refused already."""
    header = [*(column for (column,) in vendor.columns.values()), "description"]
    row = ({**GOOD, "description": "a\nb"}[name] for name in vendor.columns)
    known = vendor.model_copy(update={"columns": {**vendor.columns, "description": ("TEXT",)}})
    chunk = make_chunk([(*row, "1")], [n if n != "DESCRIPTION" else "TEXT" for n in header])
    outcome = validate([chunk], known)
    assert outcome.in_columns == 0
    assert outcome.reasons == {1: ["UNKNOWN_FIELD"]}


def test_a_file_in_which_all_is_wrong_is_explained_without_the_model(make_chunk, validate, vendor):
    header = [column for (column,) in vendor.columns.values()]
    rows = [
        tuple({**GOOD, "amount": f"{n}.5O", "gl_code": f"63O{n}"}[name] for name in vendor.columns)
        for n in range(3000)
    ]
    chunks = [make_chunk(rows, header)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.in_columns == both.state.unreadable == 3000
    assert both.dead_letters.equals(model.dead_letters)


def test_amounts_of_refused_rows_are_shown_and_summed(make_chunk, validate, vendor):
    header = [column for (column,) in vendor.columns.values()]
    amounts = ["-7.25", "1.5", "9" * 20, "x", "1234567890123456.5"]
    rows = [
        tuple({**GOOD, "currency": "GBX", "amount": amount}[name] for name in vendor.columns)
        for amount in amounts
    ]
    outcome = validate([make_chunk(rows, header)], vendor)
    shown = [Decimal("-7.25"), Decimal("1.5"), None, None, Decimal("1234567890123456.5")]
    assert outcome.dead_letters["amount"].to_pylist() == shown
    assert AMOUNT.of_quanta(outcome.state.quanta) == sum(filter(None, shown))
    assert outcome.state.unreadable == 2


MANY = 70  # more distinct values than are judged one by one


@pytest.mark.parametrize(
    ("name", "filler"),
    [
        ("amount", "{}.5O"),
        ("transaction_date", "2026-04-O{}"),
        ("gl_code", "63O{}"),
        ("department_code", "x'{}"),
        ("description", "a\x01{}"),
        ("worker_id", "{}" + "x" * 61),
        ("currency", "G{}"),
        ("tax_id", "{}"),
    ],
)
@given(
    texts=st.lists(BAD | st.text(st.characters(codec="utf-8"), max_size=70), max_size=40),
    forms=st.sampled_from([["%Y-%m-%d"], ["%d %b %Y", "%Y%%%m-%d"]]),
)
def test_many_texts_that_are_refused_alike_are_each_shown(
    make_chunk, validate, vendor, name, filler, texts, forms
):
    """The words are made once; quotes, cuts and escapes of a text are still its own."""
    vendor = vendor.model_copy(update={"dates": DateStyle(forms=tuple(forms)), "key": None})
    header = [column for (column,) in vendor.columns.values()]
    cells = [*map(filler.format, range(MANY)), *texts, None]
    rows = [tuple({**GOOD, name: cell}[field] for field in vendor.columns) for cell in cells]
    chunks = [make_chunk(rows, header)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.dead_letters.equals(model.dead_letters)
    assert both.records.equals(model.records)
    assert both.state == model.state


@given(text=st.text(st.characters(codec="utf-8"), max_size=70))
def test_a_text_is_shown_as_it_is_where_columns_say_so(text):
    if shown_as_they_are(pa.array([text])).to_pylist() == [True]:
        assert json.dumps(shown(text), ensure_ascii=False) == f"\"'{text}'\""


@given(
    texts=st.lists(BAD | st.text("0123456789.,-()£ eOJjunTt%/", max_size=8), min_size=1),
    forms=st.sampled_from([["%Y-%m-%d"], ["%d %b %Y", "%d/%m/%y"], ["%dT%m%%%Y"]]),
    style=st.sampled_from([{}, {"thousands": ",", "symbols": ["£", "Oe"]}, {"decimal": ","}]),
)
def test_what_columns_call_unreadable_cannot_be_read(texts, forms, style):
    column = pa.array([text.strip() for text in texts])
    for reader in (NumberReader(NumberStyle.model_validate(style)), DateReader(forms)):
        for text in column.filter(reader.unreadable(column)).to_pylist():
            assert isinstance(reader.read(text), Problem)
