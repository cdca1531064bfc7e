"""Tax ids by the scheme that a vendor declares."""

from datetime import date
from typing import get_args

import pytest
from pydantic import ValidationError
from stdnum.eu.vat import MEMBER_STATES

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.tax_ids import canonical_tax_id
from cost_pipeline.contracts.tax_schemes import COUNTRIES, SCHEMES, Scheme, TaxIds

# Numbers with right check digits, from the documentation of python-stdnum.
GOOD = [
    ("us_ein", "91-1144442", "US-EIN:911144442"),
    ("us_ein", "US-EIN:91-1144442", "US-EIN:911144442"),
    ("us_ssn", "536-90-4399", "US-SSN:536904399"),
    ("us_itin", "912-90-3456", "US-ITIN:912903456"),
    ("us_any", "912-90-3456", "US-TIN:912903456"),
    ("us_any", "91-1144442", "US-TIN:911144442"),
    ("ca_bn", "12302 6635", "CA-BN:123026635"),
    ("ca_sin", "123-456-782", "CA-SIN:123456782"),
    ("gb_vat", "GB 980 7806 84", "GB-VAT:980780684"),
    ("gb_utr", "1955839661", "GB-UTR:1955839661"),
    ("eu_vat", "DE 136,695 976", "EU-VAT:DE136695976"),
    ("eu_vat", "atu13585627", "EU-VAT:ATU13585627"),
    ("eu_vat", "ESB58378431", "EU-VAT:ESB58378431"),
    ("eu_vat", "Fr 40 303 265 045", "EU-VAT:FR40303265045"),
    ("eu_vat", "EL094259216", "EU-VAT:EL094259216"),
    ("au_abn", "83 914 571 673", "AU-ABN:83914571673"),
    ("nz_ird", "49-098-576", "NZ-IRD:49098576"),
]
BAD = [
    ("us_ein", "07-1144442"), ("us_ein", "91-114444"), ("us_ssn", "666-00-0000"),
    ("us_itin", "123-45-6789"), ("us_any", "000-00-0000"), ("ca_bn", "123456783"),
    ("ca_sin", "123456789"), ("gb_vat", "802311781"), ("gb_utr", "1955839662"),
    ("eu_vat", "DE136695978"), ("eu_vat", "136695976"), ("eu_vat", "US911144442"),
    ("eu_vat", "DE"), ("au_abn", "99999999999"), ("nz_ird", "49098577"),
    ("gb_vat", "EU-VAT:DE136695976"), ("us_ein", "GB-VAT:980780684"), ("us_ein", ":"),
    ("us_ein", "US-EIN:US-EIN:91-1144442"), ("eu_vat", "{0}"), ("us_ein", "9" * 4000),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "text", "wanted"), GOOD)
def test_a_number_of_the_scheme_is_read_with_its_scheme(scheme, text, wanted):
    found = TaxIds.model_validate(scheme).read("tax_id", text)
    assert found == wanted
    assert canonical_tax_id(wanted) == wanted  # as the contract sees it


@pytest.mark.parametrize(("scheme", "text"), BAD)
def test_another_number_is_refused_and_not_repeated(scheme, text):
    found = TaxIds.model_validate(scheme).read("tax_id", text)
    assert isinstance(found, Problem)
    assert (found.code, found.value) == (CostReason.BAD_TAX_ID, None)
    assert not any(part in found.message for part in (text, text.replace("-", "")) if len(text) > 3)


def test_a_country_is_that_of_numbers_that_do_not_say_theirs():
    german = TaxIds.model_validate({"scheme": "eu_vat", "country": "de"})
    assert german.read("tax_id", "136 695 976") == "EU-VAT:DE136695976"
    assert german.read("tax_id", "DE136695976") == "EU-VAT:DE136695976"
    assert german.read("tax_id", "ATU13585627") == "EU-VAT:ATU13585627"
    assert isinstance(german.read("tax_id", "136695978"), Problem)


def test_a_number_that_may_be_of_two_countries_is_not_guessed():
    """A French number may begin with letters: without its prefix it may look like a German one."""
    french, german = TaxIds(scheme="eu_vat", country="FR"), TaxIds(scheme="eu_vat")
    texts = [f"DE{number}" for number in range(136_695_000, 136_705_000)]
    good = [text for text in texts if isinstance(german.read("tax_id", text), str)]
    both = [text for text in good if isinstance(german.read("tax_id", f"FR{text}"), str)]
    assert both
    for text in good:
        found = french.read("tax_id", text)
        assert isinstance(found, Problem) == (text in both)
        assert text not in both or "of the country it begins with" in found.message


def test_every_scheme_has_a_word_and_every_word_a_scheme():
    assert {TaxIds.model_validate(word).name for word in get_args(Scheme)} == {*SCHEMES}
    assert {country.lower() for country in COUNTRIES} == {*MEMBER_STATES, "el"}


PLAIN = {
    "vendor": "v", "production": "P100", "record": "vendor_invoice",
    "source": {"kind": "folder", "path": "inbox"}, "format": {"kind": "csv"},
    "key": ["transaction_id"],
    "columns": {"transaction_id": ["Id"], "transaction_date": ["Date"], "tax_id": ["Tax"]},
}  # fmt: skip
WRONG = {
    "a scheme that is none": ("us", "Input should be"),
    "a country of no Union": ({"scheme": "eu_vat", "country": "US"}, "must be a country of EU VAT"),
    "a country of another scheme": ({"scheme": "gb_vat", "country": "DE"}, "`scheme: eu_vat`"),
    "a country alone": ({"country": "DE"}, "Field required"),
    "another key": ({"scheme": "eu_vat", "land": "DE"}, "Extra inputs"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_section_is_told(name):
    said, words = WRONG[name]
    with pytest.raises(ValidationError, match=words):
        CostVendor.model_validate({**PLAIN, "tax_ids": said})


def test_a_scheme_may_change_on_a_date():
    change = {"from": "2026-07-01", "why": "they moved", "tax_ids": "eu_vat"}
    vendor = CostVendor.model_validate({**PLAIN, "tax_ids": "us_ein", "changes": [change]})
    named = [vendor.as_of(day).tax_ids.name for day in (date(2026, 6, 30), date(2026, 7, 1))]
    assert named == ["US-EIN", "EU-VAT"]


def test_a_kept_vendor_file_has_its_scheme_again():
    for said in ("gb_vat", {"scheme": "eu_vat", "country": "DE"}):
        vendor = CostVendor.model_validate({**PLAIN, "tax_ids": said})
        again = CostVendor.model_validate_json(vendor.model_dump_json(by_alias=True))
        assert again.tax_ids == vendor.tax_ids
