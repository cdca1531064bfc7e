"""Schemes of tax ids, and the one by which a vendor writes the tax ids of payees (`tax_ids`).

Whether a number is well-formed (length, check digits) is python-stdnum's knowledge; here is which
of its schemes are known, what vendor files and records call them, and how a text is read by one.
No message repeats a number: it may be a person's.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, ClassVar, Final, Literal, Self, get_args

from pydantic import field_validator, model_serializer, model_validator
from stdnum.exceptions import ValidationError as NotValid

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.sections import Section, ShortForms

# Scheme to the module of python-stdnum that knows it.
SCHEMES: Final = {
    "US-EIN": "us.ein",
    "US-SSN": "us.ssn",
    "US-ITIN": "us.itin",
    "US-TIN": "us.tin",
    "CA-BN": "ca.bn",
    "CA-SIN": "ca.sin",
    "GB-VAT": "gb.vat",
    "GB-UTR": "gb.utr",
    "EU-VAT": "eu.vat",
    "AU-ABN": "au.abn",
    "NZ-IRD": "nz.ird",
}
EU_VAT: Final = "EU-VAT"
COUNTRIES: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
)  # fmt: skip
"""The prefixes of VAT numbers of the European Union; Greece has two."""
# As long as the field of a record may be.
_LONGEST: Final = 40

Scheme = Literal[
    "us_ein", "us_ssn", "us_itin", "us_any", "ca_bn", "ca_sin", "gb_vat", "gb_utr", "eu_vat",
    "au_abn", "nz_ird",
]  # fmt: skip
_NAMED: Final = {"us_any": "US-TIN"}
# python-stdnum's own `us.tin` takes any nine digits, because those of an adoption are not checked.
_ANY_OF: Final = {"US-TIN": ("US-EIN", "US-SSN", "US-ITIN")}


class TaxIds(Section):
    """The scheme of a vendor's tax ids; its word alone is short for the section.

    Attributes:
        scheme: Which numbers they are; `us_any` is any of EIN, SSN and ITIN, `eu_vat` is checked
            by the country that a number begins with.
        country: With `eu_vat`, the country of numbers that do not say it.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(instead=({"enum": [*get_args(Scheme)]},))

    scheme: Scheme
    country: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, said: object) -> object:
        return {"scheme": said} if isinstance(said, str) else said

    @field_validator("country")
    @classmethod
    def _of_the_union(cls, country: str | None) -> str | None:
        code = None if country is None else country.upper()
        if code is not None and code not in COUNTRIES:
            known = ", ".join(COUNTRIES)
            raise ValueError(f"must be a country of EU VAT numbers: {known} (it is `{country}`)")
        return code

    @model_validator(mode="after")
    def _needs_a_country(self) -> Self:
        if self.country is not None and self.scheme != "eu_vat":
            raise ValueError("`country` is read with `scheme: eu_vat`")
        return self

    @model_serializer(mode="plain")
    def _as_said(self) -> Any:  # noqa: ANN401 - a word, or both
        return self.scheme if self.country is None else dict(self)

    @property
    def name(self) -> str:
        """The scheme as records name it: `EU-VAT`."""
        return _NAMED.get(self.scheme) or self.scheme.upper().replace("_", "-")

    def read(self, field: str, text: str) -> str | Problem:
        """Returns a stripped text as `SCHEME:NUMBER`, or what is wrong with it."""
        own = f"{self.name}:"
        number = text.removeprefix(own)
        if len(text) > _LONGEST or ":" in number:
            return _wrong(field, f"it is not a {self.name} number")
        numbers = [number] if self.country is None else [number, f"{self.country}{number}"]
        found, words = set(), ""
        for one in numbers:
            for scheme in _ANY_OF.get(self.name, (self.name,)):
                try:
                    found.add(valid_number(scheme, one))
                except NotValid as error:
                    words = str(error)
        if not found:
            return _wrong(field, f"it is not a valid {self.name} number: {words}")
        if len(found) > 1:
            return _wrong(field, f"it may be of {self.country}, and of the country it begins with")
        return f"{own}{found.pop()}"


def valid_number(scheme: str, number: str) -> str:
    """Returns a number of a scheme without separators.

    Raises:
        NotValid: If it is none; its words do not repeat the number.
    """
    validate: Callable[[str], str] = importlib.import_module(f"stdnum.{SCHEMES[scheme]}").validate
    return validate(number)


def _wrong(field: str, words: str) -> Problem:
    return Problem(field, CostReason.BAD_TAX_ID, words)
