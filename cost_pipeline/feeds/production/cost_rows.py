"""The rows of the cost summary, and their totals; which figures there are, in which order.

Belongs here: the shape of the report. How its figures are found is in `costs`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, INSTANT, TEXT, required
from cost_pipeline.core.money import shown
from cost_pipeline.core.people import money

SUM: Final = pa.decimal128(38, 4)
GRAIN: Final = (
    "production", "gl_code", "department_code", "vendor", "currency", "base_currency",
)  # fmt: skip
COUNTS: Final = ("postings", "at_risk_rows", "unreadable")
SUMS: Final = (
    "original_to_date", "posted_to_date", "posted_in_period", "posted_later", "original_later",
    "commitments_open", "commitments_base", "at_risk", "fx_effect",
)  # fmt: skip
NOT_YET: Final = ("budget", "estimate_to_complete", "estimate_at_completion", "variance")
"""What nothing is known of yet: null in every row, and never zero."""

COST_REPORT_SCHEMA: Final = pa.schema(
    [
        required("report_date", DAY),
        required("as_of", INSTANT),
        *(pa.field(name, TEXT) for name in GRAIN),
        *(required(name, pa.int64()) for name in COUNTS),
        *(required(name, SUM) for name in SUMS),
        pa.field("reported_before", SUM),
        pa.field("movement", SUM),
        *(pa.field(name, SUM) for name in NOT_YET),
    ]
)
"""A line for each production, account, department, vendor and pair of currencies.

Null of a production, an account or a currency says that a refused row could not be read so far.
"""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The report that movements are counted from."""

    report_date: date
    as_of: datetime


@dataclass(frozen=True, slots=True)
class CostReport:
    """The cost summary of a report date.

    Attributes:
        rows: `COST_REPORT_SCHEMA`, in the order of its grain.
        report_date: The last transaction date that counts.
        as_of: Nothing that was recorded later is in it.
        earlier: The last report that was kept of an earlier date; None if there was none.
        of: The only production in it; None if all are.
    """

    rows: pa.Table
    report_date: date
    as_of: datetime
    earlier: Earlier | None = None
    of: str | None = None

    @property
    def period(self) -> str:
        """The accounting period of the report date, such as 2026-03."""
        return period_of(self.report_date)


def period_of(day: date) -> str:
    """Returns the accounting period that a day lies in."""
    return f"{day:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Headline:
    """What a production has cost in all, in its base currency.

    Attributes:
        production: None of what could not be told of refused rows.
        at_risk: Open dead letters by the currency of their rows; they have no rate yet.
        unreadable: Refused rows and deliveries whose amount could not be read.
        movement: None if there was no report before.
    """

    production: str | None
    base_currency: str | None
    postings: int
    posted_to_date: Decimal
    posted_in_period: Decimal
    posted_later: Decimal
    commitments_base: Decimal
    fx_effect: Decimal
    movement: Decimal | None
    at_risk: dict[str, Decimal]
    unreadable: int

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The production and its base currency, which its rows share."""
        return self.production, self.base_currency

    def as_row(self) -> dict[str, Any]:
        """Returns it for JSON: at risk is by currency, as text."""
        risks = {code: shown(total) for code, total in self.at_risk.items()}
        return {**{one.name: getattr(self, one.name) for one in fields(self)}, "at_risk": risks}


def risk_words(at_risk: Mapping[str, Decimal], unreadable: int) -> list[str]:
    """Returns what is at risk by currency, and how much of it has no amount, in words."""
    words = [f"{money(total)} {currency}" for currency, total in at_risk.items()]
    return [*words, f"{unreadable:,} of unknown amount"] if unreadable else words


def headlines(report: CostReport) -> list[Headline]:
    """Returns the totals of each production, exactly."""
    found = query(_HEADLINES, rows=report.rows).to_pylist()
    risks = query(_RISKS, rows=report.rows).to_pylist()
    by_place: dict[tuple[str | None, str | None], dict[str, Decimal]] = {}
    for risk in risks:
        place = (risk["production"], risk["base_currency"])
        by_place.setdefault(place, {})[risk["currency"]] = risk["at_risk"]
    return [
        Headline(**row, at_risk=by_place.get((row["production"], row["base_currency"]), {}))
        for row in found
    ]


def by_account(report: CostReport, one: Headline) -> list[dict[str, Any]]:
    """Returns the figures of a production in base currency, for each `gl_code`."""
    found = query(_BY_ACCOUNT, rows=report.rows).to_pylist()
    return [row for row in found if (row["production"], row["base_currency"]) == one.place]


_BASE_SUMS: Final = (
    "posted_to_date", "posted_in_period", "posted_later", "commitments_base", "fx_effect",
    "movement",
)  # fmt: skip
_HEADLINES: Final = f"""
    select production, base_currency, sum(postings)::bigint as postings,
        {", ".join(f"sum({name}) as {name}" for name in _BASE_SUMS)},
        sum(unreadable)::bigint as unreadable
    from rows group by all order by production nulls last, base_currency
"""
_BY_ACCOUNT: Final = f"""
    select production, base_currency, gl_code,
        {", ".join(f"sum({name}) as {name}" for name in _BASE_SUMS)}
    from rows group by all order by production nulls last, base_currency, gl_code nulls last
"""
_RISKS: Final = """
    select production, base_currency, coalesce(currency, 'of unknown currency') as currency,
        sum(at_risk) as at_risk
    from rows group by all having sum(at_risk) <> 0 order by all
"""
