import xml.etree.ElementTree as ET
from datetime import date
from enum import StrEnum

import pytest

from cost_pipeline.contracts.cost_reasons import COST_REASONS, CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.tax_ids import SCHEMES, canonical_tax_id, kinds_demanding_tax_id
from cost_pipeline.contracts.unions import AccountRange, UnionCategories, union_categories
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reasons import FailureClass, Reason, ReasonList, catalogue
from cost_pipeline.core.reference import reference_path

COSTS = catalogue(COST_REASONS)


def test_every_reason_code_is_documented_and_no_other():
    assert list(catalogue()) == list(Reason)
    assert list(COSTS) == [*Reason, *CostReason]


@pytest.mark.parametrize("reason", COSTS)
def test_a_reason_says_what_why_and_what_to_do(reason):
    text = COSTS[reason]
    for sentence in (text.words, text.cause, text.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


def test_only_what_a_rerun_can_mend_is_transient():
    transient = {r for r, t in COSTS.items() if t.failure_class is FailureClass.TRANSIENT}
    assert transient == {"FX_RATE_MISSING", "CREDIT_UNMATCHED", "FETCH_FAILED"}


class Undescribed(StrEnum):
    SPILT_COFFEE = "SPILT_COFFEE"


FEWER = [(code.name, code.value) for code in list(CostReason)[1:]]


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (Undescribed, "reason_codes_production.toml"),
        (Reason, "reason_codes.toml"),
        (StrEnum("Fewer", FEWER), "reason_codes_production.toml"),
    ],
    ids=["without words", "shared already", "described and not declared"],
)
def test_a_list_that_does_not_fit_stops_the_load(codes, words):
    with pytest.raises(EnvironmentFailedError) as caught:
        catalogue(ReasonList(codes, words))
    assert caught.value.code == "REFERENCE_DATA"


@pytest.mark.real_data
def test_present_currencies_are_those_of_iso_4217(shared_data):
    listed = {}
    for entry in ET.parse(shared_data / "iso4217-list-one.xml").iter("CcyNtry"):  # noqa: S314
        code, units = entry.findtext("Ccy"), entry.findtext("CcyMnrUnts")
        if code and units != "N.A." and entry.find("CcyNm").get("IsFund") is None:
            listed[code] = int(units)
    present = {c.code: c.minor_units for c in currencies().values() if c.valid_to is None}
    # Units of account in which no cost is paid.
    assert {code: listed[code] for code in listed if code not in {"XAD", "UYW"}} == present


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "CLF", "XDR", "USN", ""])
def test_metals_funds_and_test_codes_are_no_currencies_of_a_cost(code):
    assert code not in currencies()


@pytest.mark.parametrize(
    ("code", "last", "replacement"),
    [
        ("DEM", date(2002, 2, 28), "EUR"),
        ("ROL", date(2005, 6, 30), "RON"),
        ("TRL", date(2004, 12, 31), "TRY"),
        ("HRK", date(2022, 12, 31), "EUR"),
        ("BGN", date(2025, 12, 31), "EUR"),
    ],
)
def test_a_replaced_currency_ends_on_its_last_day(code, last, replacement):
    currency = currencies()[code]
    assert currency.refusal_on(last) is None
    assert f"replaced by {replacement}" in currency.refusal_on(date(2026, 4, 1))


def test_a_new_currency_begins_on_its_first_day():
    assert currencies()["TRY"].refusal_on(date(2005, 1, 1)) is None
    assert "came into use on 2005-01-01" in currencies()["TRY"].refusal_on(date(2004, 12, 31))


def test_every_replacement_is_a_currency_itself():
    for currency in currencies().values():
        assert not currency.replaced_by or currency.replaced_by in currencies()


def test_an_account_has_one_agreement():
    table = union_categories()
    assert table.agreement("1301") == "DGA"
    assert table.agreement("3599-10") == "TEAMSTERS-399"
    assert table.agreement("2000-0150") == "DGA"
    assert [table.agreement(code) for code in ("3000", "0000", "9999", "101-00")] == [None] * 4


@pytest.mark.parametrize(
    "ranges",
    [
        [("1000", "1099"), ("1099", "1199")],
        [("1000", "1999"), ("1500", "1501")],
        [("1200", "1100")],
        [("100", "1100")],
    ],
)
def test_overlapping_or_upside_down_ranges_stop_the_load(ranges):
    with pytest.raises(EnvironmentFailedError) as caught:
        UnionCategories(AccountRange(first, last, "DGA") for first, last in ranges)
    assert caught.value.code == "REFERENCE_DATA"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("12-3456789", "US-EIN:123456789"),
        ("US-EIN:91-1144442", "US-EIN:911144442"),
        ("EU-VAT:DE136695976", "EU-VAT:DE136695976"),
        ("GB-VAT:GB 980 7806 84", "GB-VAT:980780684"),
        ("CA-BN:12302 6635", "CA-BN:123026635"),
    ],
)
def test_a_tax_id_comes_out_in_one_form(text, canonical):
    assert canonical_tax_id(text) == canonical
    assert canonical_tax_id(canonical) == canonical


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_refuses_nonsense_without_repeating_it(scheme):
    with pytest.raises(ValueError, match=scheme) as caught:
        canonical_tax_id(f"{scheme}:12345X")
    assert "12345X" not in str(caught.value)


def test_the_table_of_demands_names_every_kind():
    lines = reference_path("tax_id_demands.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert {line.split(",")[0] for line in lines} == {kind.value for kind in RecordKind}
    assert kinds_demanding_tax_id() == {RecordKind.LOCATION_SETTLEMENT}
