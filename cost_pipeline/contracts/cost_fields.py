"""The types of the fields of a cost: their constraints, and how a broken one is called.

Belongs here: annotations that contracts and rules between fields may both import. Constraints are
written as annotations only, never as validator methods: the columnar lane is derived from the
annotations and would not see a method (a test holds that).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import ProductionCode
from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.problems import Identifies, OneOf, RefusedAs, shown
from cost_pipeline.contracts.tax_ids import canonical_tax_id
from cost_pipeline.core.money import AMOUNT_PRECISION, AMOUNT_SCALE
from cost_pipeline.core.reasons import Reason

# No control characters, no line breaks, and none of the marks that make text read other than it is.
_PLAIN: Final = r"^[^\x{0}-\x{1f}\x{7f}-\x{9f}\x{2028}-\x{202e}\x{2066}-\x{2069}]*$"

FIRST_DAY: Final = date(1999, 1, 1)
LAST_DAY: Final = date(2035, 12, 31)


def _plain(length: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=length, pattern=_PLAIN)


def _not_plain(length: int) -> RefusedAs:
    words = f"is not plain text of 1 to {length} characters (no control characters, no line breaks)"
    return RefusedAs(Reason.BAD_TEXT, words)


def _known_currency(code: str) -> str:
    if code in currencies():
        return code
    hint = f"; write {code.upper()}" if code.upper() in currencies() else ""
    words = f"{shown(code)} is not an ISO 4217 currency of a cost{hint}".replace("{", "(")
    raise PydanticCustomError(Reason.UNKNOWN_CURRENCY.value, words)


Id = Annotated[str, _plain(64), _not_plain(64), Identifies()]
ShortText = Annotated[str, _plain(200), _not_plain(200)]
LongText = Annotated[str, _plain(1000), _not_plain(1000)]

ProductionRef = Annotated[
    ProductionCode, RefusedAs(CostReason.UNKNOWN_PRODUCTION, "is not a production code")
]
DepartmentCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{3,4}$"),
    RefusedAs(CostReason.BAD_DEPARTMENT, "is not a department code of three or four digits"),
]
GlCode = Annotated[
    str,
    # Four-digit studio charts (6305, 2000-01, 2000-0150) and three plus two (101-00).
    StringConstraints(pattern=r"^[0-9]{3,4}(-[0-9]{2,4})?$"),
    RefusedAs(
        CostReason.BAD_GL_CODE, "is not a GL code such as 6305, 2000-01, 101-00 or 2000-0150"
    ),
]
Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=AMOUNT_PRECISION, decimal_places=AMOUNT_SCALE, allow_inf_nan=False),
    RefusedAs(
        Reason.BAD_NUMBER,
        f"is not an amount of at most {AMOUNT_PRECISION - AMOUNT_SCALE} digits before and"
        f" {AMOUNT_SCALE} after the point",
        (
            (
                "greater_than_equal",
                CostReason.NEGATIVE_AMOUNT,
                "is negative: a cost is never negative, a reversal of the original is needed",
            ),
        ),
    ),
]
CurrencyCode = Annotated[
    str,
    AfterValidator(_known_currency),
    OneOf(currencies),
    RefusedAs(Reason.UNKNOWN_CURRENCY, "is not an ISO 4217 currency of a cost"),
]
TaxId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Z0-9][A-Z0-9 :./-]*$"),
    AfterValidator(canonical_tax_id),
    RefusedAs(CostReason.BAD_TAX_ID, "is not a tax id as SCHEME:NUMBER", secret=True),
]
TransactionDate = Annotated[
    date,
    Field(ge=FIRST_DAY, le=LAST_DAY),
    RefusedAs(Reason.BAD_DATE, f"is not between {FIRST_DAY} and {LAST_DAY}"),
]
