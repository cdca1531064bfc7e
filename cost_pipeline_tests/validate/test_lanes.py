"""The two lanes give the same tables, whatever the values."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.core.canonical import digest

COLUMNS = ("id", "date", "prod", "dept", "gl", "amount", "cur", "union", "tax", "who", "text", "po")
FIELDS = (
    "transaction_id",
    "transaction_date",
    "production",
    "department_code",
    "gl_code",
    "amount",
    "currency",
    "union_category",
    "tax_id",
    "vendor_name",
    "description",
    "po_number",
)
WIDE = {
    "vendor": "wide",
    "production": "P100",
    "source": {"kind": "folder", "path": "inbox"},
    "format": {"kind": "csv"},
    "dates": ["%Y-%m-%d", "%d/%m/%Y"],
    "numbers": {"thousands": ",", "symbols": ["£", "R", "R$"], "negatives": ["leading"]},
    "columns": {field: [name] for field, name in zip(FIELDS, COLUMNS, strict=True)},
}
KINDS = ("purchase_order", "vendor_invoice", "payroll_line", "location_settlement")
KEYS = ("none", ["transaction_id"], {"columns": ["description", "amount"], "ordinal": True})

GOOD = ("A-1", "2026-04-01", "P100", "2000", "3305", "12.50", "GBP", "IATSE", None, "X", "Y", "P")
HOSTILE_TEXTS = [
    *("1e5", "NaN", "Infinity", "1_000", "-0", "-0.00", "+1", ".5", "5.", "0x1F", "1 000"),
    *("\uff11\uff12", "\u0661\u0662", "9" * 14, "9" * 15, "9" * 16, "9" * 17, "9" * 40),
    *(
        "1,234.50",
        "1,23.4",
        "12,34",
        ",123",
        "1,234,567,890,123.4567",
        "0.00001",
        "1.00000",
    ),
    *(
        "£5",
        "5 £",
        "-£5",
        "£-5",
        "R$5",
        "RR5",
        "R 5",
        "(5)",
        "5-",
        "--5",
        "- 5",
        "0",
        "00.10",
    ),
    *("0000-01-01", "9999-12-31", "1998-12-31", "2035-12-31", "2036-01-01", "2026-02-29"),
    *(
        "2024-02-29",
        "1/2/2026",
        "01/13/2026",
        "2026-4-1",
        "2026-04-01T00:00:00",
        "26-04-01",
    ),
    *("GBP", "gbp", "BGN", "JPY", "KWD", "XAU", "DEM", "P100", "P200", "p100", "P300"),
    *(
        "3305",
        "1250",
        "9999",
        "101-00",
        "2000-01",
        "IATSE",
        "DGA",
        "NON-UNION",
        "200",
        "20000",
    ),
    *(
        "12-3456789",
        "US-EIN:07-1144442",
        "EU-VAT:DE136695976",
        "eu-vat:x",
        ":",
        "{}",
        "{0}",
    ),
    *(
        "",
        " ",
        "\t",
        "\u00a0",
        "\u3000A\u2003",
        "\x1c",
        "\x1fB",
        "\u200bC",
        "\ufeffD",
        "\x85",
    ),
    *(
        "\x00",
        "a\x00b",
        "a\nb",
        "a\rb",
        "\x7f",
        "\x9f",
        "\u2028",
        "\u202e",
        "\u2066",
        "\ufffd",
    ),
    *(
        "\U0001f468\u200d\U0001f469",
        "e\u0301",
        "\u0130",
        "ß",
        "'",
        '"',
        "';--",
        "\\",
        "%",
        "$1",
    ),
    *("x" * 64, "x" * 65, "x" * 200, "x" * 1000, "x" * 1001, "x" * 10_000, "é" * 1000),
]
HOSTILE = st.one_of(
    st.sampled_from(HOSTILE_TEXTS),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.decimals(0, 10**15, places=4).map(str),
    st.dates().map(str),
)


@st.composite
def rows_of(draw):
    """Rows that are good but for a few cells: what is wrong must not hide behind the rest."""
    rows = []
    for number in range(draw(st.integers(1, 25))):
        row = [f"A-{number}", *GOOD[1:]]
        row[8] = "12-3456789"
        for place in draw(st.lists(st.integers(0, len(GOOD) - 1), max_size=3)):
            row[place] = draw(st.one_of(HOSTILE, st.none()))
        rows.append(tuple(row))
    return rows


@given(
    rows=rows_of(),
    kind=st.sampled_from(KINDS),
    key=st.sampled_from(KEYS),
    form=st.sampled_from(("csv", "json")),
)
def test_both_lanes_give_the_same_tables(make_chunk, validate, rows, kind, key, form):
    vendor = CostVendor.model_validate(
        {**WIDE, "record": kind, "key": key, "format": {"kind": form}}
    )
    chunks = [make_chunk(rows, COLUMNS), make_chunk(rows[:3], COLUMNS, first=len(rows) + 1)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.records.to_pylist() == model.records.to_pylist()
    assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
    assert both.records.schema == model.records.schema
    assert both.state == model.state
    assert model.in_columns == 0
    assert model.state.rows == model.records.num_rows + model.dead_letters.num_rows


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_every_hostile_text_in_every_field_gets_the_same_verdict(make_chunk, validate, kind, key):
    """Each alone in a row that is good otherwise, so that nothing else decides."""
    good = [*GOOD[:8], "12-3456789", *GOOD[9:]]
    rows = [
        (*good[:place], text, *good[place + 1 :])
        for place in range(len(good))
        for text in [*HOSTILE_TEXTS, None]
    ]
    vendor = CostVendor.model_validate({**WIDE, "record": kind, "key": key})
    chunks = [make_chunk(rows, COLUMNS)]
    model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
    assert both.records.to_pylist() == model.records.to_pylist()
    assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
    assert both.state == model.state
    assert both.in_columns == len(rows)
    assert both.state.records > len(rows) // 4
    assert both.state.dead_letters > len(rows) // 4


def test_odd_rows_and_refused_ones_need_no_lane_of_their_own(make_chunk, validate):
    vendor = CostVendor.model_validate(
        {**WIDE, "record": "payroll_line", "key": ["transaction_id"]}
    )
    rows = [(f"A-{n}", *GOOD[1:]) for n in range(100)]
    rows += [("B", *GOOD[1:5], amount, *GOOD[6:]) for amount in ("-1", "1e5")]
    outcome = validate([make_chunk(rows, COLUMNS)], vendor)
    assert outcome.in_columns == 102
    assert outcome.records["amount"].to_pylist()[100:] == [Decimal(-1)]
    assert outcome.reasons == {102: ["BAD_AMOUNT"]}


def test_amounts_that_are_not_proven_together_keep_their_place(make_chunk, validate, make_vendor):
    amounts = ["1", "5 £", "2", "(0)", "3", "123456789012345.67"]
    rows = [(f"A{place}", "1/2/2026", amount, "x") for place, amount in enumerate(amounts)]
    outcome = validate([make_chunk(rows, ("No", "Date", "Net", "Text"))], make_vendor())
    assert outcome.records["row"].to_pylist() == [1, 2, 3, 4, 5, 6]
    assert outcome.records["amount"].to_pylist()[-1] == Decimal("123456789012345.6700")


PLANTED = {
    "everything is proven": lambda texts: np.ones(len(texts), np.bool_),
    "too long a text is proven": lambda texts: pc.utf8_length(texts).to_numpy() <= 2000,
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_wrong_proof_is_seen(make_chunk, validate, make_vendor, name):
    """The comparison of the lanes is able to be red: a proof that lies gives other tables."""
    rows = [("A1", "1/2/2026", "1", "x" * 1500)]
    chunks = [make_chunk(rows, ("No", "Date", "Net", "Text"))]
    wrong = dict.fromkeys(("transaction_id", "description"), PLANTED[name])
    model = validate(chunks, make_vendor(), lanes="model", proofs=wrong)
    both = validate(chunks, make_vendor(), lanes="both", proofs=wrong)
    assert both.records.to_pylist() != model.records.to_pylist()
    honest = validate(chunks, make_vendor())
    assert honest.records.to_pylist() == model.records.to_pylist() == []


def test_a_field_without_a_proof_is_judged_by_its_distinct_values(
    make_chunk, validate, make_vendor
):
    chunks = [make_chunk([("A1", "1/2/2026", "1", "x")], ("No", "Date", "Net", "Text"))]
    assert validate(chunks, make_vendor(), proofs={}).in_columns == 1


def test_fingerprint_and_key_are_those_of_the_canonical_bytes(
    make_chunk, validate, make_vendor, delivery
):
    chunks = [make_chunk([("A1", "1/2/2026", "1.5", "é")], ("No", "Date", "Net", "Text"))]
    outcome = validate(chunks, make_vendor())
    assert outcome.in_columns == 1
    (record,) = outcome.records.to_pylist()
    assert record["fingerprint"] == digest("row", delivery, 1, "A1,1/2/2026,1.5,é")
    assert record["key"] == "s2:A1,"


def test_a_large_chunk_of_nearly_distinct_values_is_the_same_in_both_lanes(
    make_chunk, validate, make_vendor
):
    rows = [
        (
            f"A{n}",
            f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/2026",
            f"{n},000.{n % 100:02d}"[-9:],
            f"t {n}",
        )
        for n in range(20_000)
    ]
    chunks = [make_chunk(rows, ("No", "Date", "Net", "Text"))]
    model, both = (validate(chunks, make_vendor(), lanes=lanes) for lanes in ("model", "both"))
    assert both.records.equals(model.records)
    assert both.dead_letters.equals(model.dead_letters)
    assert both.state == model.state
    assert isinstance(both.records, pa.Table)
