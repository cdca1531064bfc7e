"""Tax ids of payees: `SCHEME:NUMBER`, or a bare number, which is read as a US EIN.

Which schemes there are, and how a vendor declares one, is in `tax_schemes`. Which kinds of record
demand a tax id is data: `data/reference/tax_id_demands.csv`.
"""

from __future__ import annotations

import csv
import functools
from typing import Final

from pydantic_core import PydanticCustomError
from stdnum.exceptions import ValidationError as NotValid

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.tax_schemes import SCHEMES, valid_number
from cost_pipeline.core.reference import reference_path

BARE_SCHEME: Final = "US-EIN"


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
    try:
        return f"{scheme}:{valid_number(scheme, number)}"
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
