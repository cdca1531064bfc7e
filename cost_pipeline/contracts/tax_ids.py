"""Tax ids of payees: `SCHEME:NUMBER`, or a bare number, which is read as a US EIN.

Whether a number is well-formed (length, check digits) is python-stdnum's knowledge. Which kinds of
record demand one is data: `data/reference/tax_id_demands.csv`.
"""

from __future__ import annotations

import csv
import functools
import importlib
from typing import Final

from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError as NotValid

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.core.reference import reference_path

BARE_SCHEME: Final = "US-EIN"

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


def canonical_tax_id(text: str) -> str:
    """Returns the id as `SCHEME:NUMBER`, the number without separators.

    Raises:
        PydanticCustomError: Its type is BAD_TAX_ID; its words do not repeat the number.
    """
    scheme, colon, number = text.partition(":")
    if not colon:
        scheme, number = BARE_SCHEME, text
    if scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise _bad(f"its scheme is not one of {known}")
    module = importlib.import_module(f"stdnum.{SCHEMES[scheme]}")
    try:
        return f"{scheme}:{module.validate(number)}"
    except NotValid as error:
        raise _bad(f"it is not a valid {scheme} number: {error}") from None


def _bad(words: str) -> PydanticCustomError:
    # The words hold no brace: scheme names and python-stdnum's fixed sentences only.
    return PydanticCustomError(CostReason.BAD_TAX_ID.value, words)


@functools.cache
def kinds_demanding_tax_id() -> frozenset[RecordKind]:
    """Returns the record kinds whose payee must be identified."""
    with reference_path("tax_id_demands.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(
            RecordKind(row["kind"]) for row in csv.DictReader(file) if row["demanded"] == "yes"
        )
