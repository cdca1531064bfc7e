"""The reason codes of the production feed: what only costs, their currencies and their pay have.

Belongs here: the codes. What reading and validating any row needs is shared (`core.reasons`); what
the codes mean to a person is in `data/reference/reason_codes_production.toml`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cost_pipeline.core.reasons import ReasonList


class CostReason(StrEnum):
    """Why a cost was refused, beside the shared reasons; stable and public as those are."""

    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    UNKNOWN_PRODUCTION = "UNKNOWN_PRODUCTION"
    BAD_GL_CODE = "BAD_GL_CODE"
    BAD_DEPARTMENT = "BAD_DEPARTMENT"
    UNKNOWN_ACCOUNT = "UNKNOWN_ACCOUNT"
    BAD_CODE = "BAD_CODE"
    BAD_GROSS_LINE = "BAD_GROSS_LINE"
    GROSS_NOT_THE_SUM = "GROSS_NOT_THE_SUM"
    UNMAPPED_COST_CODE = "UNMAPPED_COST_CODE"
    UNION_CATEGORY_MISSING = "UNION_CATEGORY_MISSING"
    UNION_CATEGORY_MISMATCH = "UNION_CATEGORY_MISMATCH"
    MISSING_TAX_ID = "MISSING_TAX_ID"
    BAD_TAX_ID = "BAD_TAX_ID"
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
    PERIOD_CLOSED = "PERIOD_CLOSED"


COST_REASONS: Final = ReasonList(
    CostReason, "reason_codes_production.toml", waits=CostReason.NEGATIVE_AMOUNT
)
"""What the feed declares as its reasons."""
