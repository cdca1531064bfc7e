"""Why a row or a delivery was refused: an enumerated, documented list.

The codes are stable and public. Their class, plain words, likely cause and remedy are data, in
`data/reference/reason_codes.toml`; a test holds the two lists equal.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.reference import reference_path


class FailureClass(StrEnum):
    """Whether trying again without a change can help."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"


class Stage(StrEnum):
    """Where in the flow something was refused."""

    ACQUIRE = "acquire"
    PARSE = "parse"
    VALIDATE = "validate"
    POST = "post"


class Reason(StrEnum):
    """The reason codes; `data/reference/reason_codes.toml` says what each means."""

    MALFORMED_ROW = "MALFORMED_ROW"
    ENCODING = "ENCODING"
    NOT_THE_FORMAT = "NOT_THE_FORMAT"
    SCHEMA_DRIFT = "SCHEMA_DRIFT"
    MISSING_FIELD = "MISSING_FIELD"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    BAD_TEXT = "BAD_TEXT"
    BAD_AMOUNT = "BAD_AMOUNT"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    BAD_DATE = "BAD_DATE"
    AMBIGUOUS_DATE = "AMBIGUOUS_DATE"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    CURRENCY_NOT_VALID_ON_DATE = "CURRENCY_NOT_VALID_ON_DATE"
    UNKNOWN_PRODUCTION = "UNKNOWN_PRODUCTION"
    BAD_GL_CODE = "BAD_GL_CODE"
    BAD_DEPARTMENT = "BAD_DEPARTMENT"
    BAD_TIME = "BAD_TIME"
    BAD_CODE = "BAD_CODE"
    BAD_GROSS_LINE = "BAD_GROSS_LINE"
    GROSS_NOT_THE_SUM = "GROSS_NOT_THE_SUM"
    UNMAPPED_COST_CODE = "UNMAPPED_COST_CODE"
    UNION_CATEGORY_MISSING = "UNION_CATEGORY_MISSING"
    UNION_CATEGORY_MISMATCH = "UNION_CATEGORY_MISMATCH"
    MISSING_TAX_ID = "MISSING_TAX_ID"
    BAD_TAX_ID = "BAD_TAX_ID"
    KEY_CONFLICT = "KEY_CONFLICT"
    REVERSAL_UNKNOWN = "REVERSAL_UNKNOWN"
    REVERSAL_AMBIGUOUS = "REVERSAL_AMBIGUOUS"
    REVERSAL_NOT_POSTED = "REVERSAL_NOT_POSTED"
    REVERSAL_OF_REVERSAL = "REVERSAL_OF_REVERSAL"
    REVERSAL_OTHER_PRODUCTION = "REVERSAL_OTHER_PRODUCTION"
    REVERSAL_OTHER_CURRENCY = "REVERSAL_OTHER_CURRENCY"
    REVERSAL_PERIOD_CLOSED = "REVERSAL_PERIOD_CLOSED"
    REVERSAL_EXCEEDS = "REVERSAL_EXCEEDS"
    CREDIT_UNMATCHED = "CREDIT_UNMATCHED"
    CREDIT_EXCEEDS = "CREDIT_EXCEEDS"
    FX_RATE_MISSING = "FX_RATE_MISSING"
    FX_RATE_TOO_OLD = "FX_RATE_TOO_OLD"
    UNION_SCALE = "UNION_SCALE"
    UNION_OVERTIME = "UNION_OVERTIME"
    UNION_GUARANTEES = "UNION_GUARANTEES"
    UNION_WEEKLY = "UNION_WEEKLY"
    UNION_MEALS = "UNION_MEALS"
    UNION_REST = "UNION_REST"
    UNION_PREMIUM_DAYS = "UNION_PREMIUM_DAYS"
    UNION_NIGHT = "UNION_NIGHT"
    UNION_TRAVEL = "UNION_TRAVEL"
    UNION_PER_DIEM = "UNION_PER_DIEM"
    UNION_ALLOWANCES = "UNION_ALLOWANCES"
    UNION_MINORS = "UNION_MINORS"
    UNION_PENSION_HEALTH = "UNION_PENSION_HEALTH"
    UNION_PAYROLL_RUN = "UNION_PAYROLL_RUN"
    CONTROL_TOTAL = "CONTROL_TOTAL"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    FETCH_FAILED = "FETCH_FAILED"
    CORRECTION_UNKNOWN = "CORRECTION_UNKNOWN"
    CORRECTION_IDENTITY = "CORRECTION_IDENTITY"
    CORRECTION_ANSWERED = "CORRECTION_ANSWERED"


def dead_letter_id(vendor: str, fingerprint: str, stage: Stage, reasons: Iterable[str]) -> str:
    """The same refusal of the same row has the same id, however often it is judged.

    The vendor is part of it: two vendors may send the same bytes, and then the same row twice.
    """
    return digest("dead_letter", vendor, fingerprint, stage.value, *sorted(reasons))


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason code means to a person.

    Attributes:
        failure_class: permanent (mend the data) or transient (try again).
        words: One sentence for an accountant.
        cause: What usually leads to it.
        remedy: What to do.
    """

    failure_class: FailureClass
    words: str
    cause: str
    remedy: str


@functools.cache
def catalogue() -> dict[Reason, ReasonText]:
    """Every reason code with its words, from the reference data."""
    with reference_path("reason_codes.toml").open("rb") as file:
        entries = tomllib.load(file)
    return {
        Reason(code): ReasonText(
            failure_class=FailureClass(entry["class"]),
            words=entry["words"],
            cause=entry["cause"],
            remedy=entry["remedy"],
        )
        for code, entry in entries.items()
    }
