"""Tax ids by a vendor's scheme: one verdict in both lanes, and nothing new for other vendors."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.tax_schemes import Scheme
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.validate.interpreter import compile_interpreter

COLUMNS = ("No", "Date", "Net", "Tax")
SETTINGS = {"scheme": "eu_vat", "country": "DE"}
TEXTS = st.one_of(
    st.sampled_from([
        "DE136695976", "136 695 976", "136695976", "ATU13585627", "GB980780684", "91-1144442",
        "US-EIN:91-1144442", "EU-VAT:DE136695976", "gb-vat:980780684", " 980780684 ", "", " ", ":",
        "{0}", "\uff11\uff13\uff16", "DE\u00a0136695976", "x" * 41, "536-90-4399", "123456782",
    ]),
    st.from_regex(r"\A([A-Z]{2})?[0-9]{8,10}\Z"),
    st.text(max_size=12),
    st.none(),
)  # fmt: skip


def vendor_of(make_vendor, said, kind="vendor_invoice"):
    columns = {
        "transaction_id": ["No"],
        "transaction_date": ["Date"],
        "amount": ["Net"],
        "tax_id": ["Tax"],
    }
    more = {} if said is None else {"tax_ids": said}
    return make_vendor(columns=columns, record=kind, **more)


@given(
    texts=st.lists(TEXTS, min_size=1, max_size=20),
    said=st.sampled_from([None, SETTINGS, *get_args(Scheme)]),
    kind=st.sampled_from(["vendor_invoice", "location_settlement"]),
)
def test_both_lanes_give_the_same_verdicts(make_vendor, make_chunk, validate, texts, said, kind):
    rows = [(f"A{n}", "1/2/2026", "1", text) for n, text in enumerate(texts)]
    vendor = vendor_of(make_vendor, said, kind)
    model, both = (
        validate([make_chunk(rows, COLUMNS)], vendor, lanes=lanes) for lanes in ("model", "both")
    )
    assert both.records.to_pylist() == model.records.to_pylist()
    assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
    assert both.state == model.state
    assert both.in_columns == len(rows)


def test_records_hold_the_scheme_and_what_is_refused_keeps_its_secret(
    make_vendor, make_chunk, validate
):
    rows = [(f"A{n}", "1/2/2026", "1", text) for n, text in enumerate(
        ["DE136695976", "136695976", "136695978", "US-EIN:91-1144442"])]  # fmt: skip
    outcome = validate([make_chunk(rows, COLUMNS)], vendor_of(make_vendor, SETTINGS))
    assert outcome.records["tax_id"].to_pylist() == ["EU-VAT:DE136695976"] * 2
    assert outcome.reasons == {3: ["BAD_TAX_ID"], 4: ["BAD_TAX_ID"]}
    told = " ".join(outcome.dead_letters["errors"].to_pylist())
    assert "136695978" not in told
    assert "1144442" not in told
    assert "it is not a valid EU-VAT number" in told


def test_without_a_scheme_each_id_says_its_own(make_vendor, make_chunk, validate):
    rows = [("A", "1/2/2026", "1", "EU-VAT:DE136695976"), ("B", "1/2/2026", "1", "91-1144442"),
            ("C", "1/2/2026", "1", "DE136695976")]  # fmt: skip
    outcome = validate([make_chunk(rows, COLUMNS)], vendor_of(make_vendor, None))
    assert outcome.records["tax_id"].to_pylist() == ["EU-VAT:DE136695976", "US-EIN:911144442"]
    assert outcome.reasons == {3: ["BAD_TAX_ID"]}


def test_a_constant_is_read_by_the_scheme(make_vendor, make_chunk, validate):
    vendor = make_vendor(
        tax_ids="gb_vat",
        constants={
            "currency": "GBP", "department_code": "2000", "gl_code": "2000-01",
            "tax_id": "980 7806 84",
        },
    )  # fmt: skip
    outcome = validate([make_chunk([("A", "1/2/2026", "1")], COLUMNS[:3])], vendor)
    assert outcome.records["tax_id"].to_pylist() == ["GB-VAT:980780684"]


def test_only_a_vendor_with_a_scheme_is_read_under_another_name(make_vendor, productions):
    def named(said):
        vendor = vendor_of(make_vendor, said)
        scopes = productions.productions
        return compile_interpreter(vendor, COST_CONTRACT, scopes, ()).interpretation

    assert len({named(said) for said in (None, "us_ein", "eu_vat", SETTINGS)}) == 4


@pytest.mark.parametrize("said", get_args(Scheme))
def test_a_scheme_is_taken_by_the_compiler(make_vendor, productions, said):
    compiled = compile_interpreter(
        vendor_of(make_vendor, said), COST_CONTRACT, productions.productions, COLUMNS
    )
    assert "tax_id" in compiled.reading.readers
