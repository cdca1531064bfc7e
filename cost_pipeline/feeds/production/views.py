"""The views of production beside those of every feed: ledger, findings, costs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import TEXT, required
from cost_pipeline.feeds.production.ledger_view import parse_instant
from cost_pipeline.feeds.production.tables import FINDINGS, LEDGER
from cost_pipeline.ledger.totals import active_lines, known_at, net
from cost_pipeline.pipeline.declared.views import Rows, View
from cost_pipeline.pipeline.session import Session

_SUM: Final = pa.decimal128(38, 4)
_BY: Final = (
    "production",
    "gl_code",
    "department_code",
    "vendor",
    "original_currency",
    "base_currency",
)
COST_SCHEMA: Final = pa.schema(
    [
        *(required(name, TEXT) for name in _BY),
        required("postings", pa.int64()),
        required("original_amount", _SUM),
        required("base_amount", _SUM),
    ]
)
"""What is posted to date, a line for each production, account, department, vendor and pair of
currencies: active postings, and what they come to."""


def _instant(as_of: object) -> datetime | None:
    """Reads what people give: nothing, a text, a date (which means its end), an instant."""
    if as_of is None:
        return None
    # An instant of Python is a day, too.
    return parse_instant(as_of.isoformat() if isinstance(as_of, date) else str(as_of))


def _ledger(session: Session, as_of: object) -> Rows:
    lines = active_lines("{table}", _instant(as_of))
    return Rows(lines, LEDGER.schema, session.lake.table(LEDGER).snapshot())


def _findings(session: Session, _none: object) -> Rows:
    return Rows("from {table}", FINDINGS.schema, session.lake.table(FINDINGS).snapshot())


def _costs(session: Session, as_of: object) -> Rows:
    return Rows(
        f"select {', '.join(_BY)}, {net('1')}::bigint as postings, "
        f"{net('original_amount')} as original_amount, {net('base_amount')} as base_amount "
        f"from {{table}} where {known_at(_instant(as_of))} group by all "
        f"having postings <> 0 or {net('original_amount')} <> 0 or {net('base_amount')} <> 0 "
        f"order by {', '.join(_BY)}",
        COST_SCHEMA,
        session.lake.table(LEDGER).snapshot(),
    )


VIEWS: Final[tuple[View[Session], ...]] = (
    View("ledger", "an active posting, as known now or at `as_of`", _ledger, option="as_of"),
    View("findings", "what one union rule says of one timecard", _findings),
    View("costs", "what is posted to date, by account and vendor", _costs, option="as_of"),
)
