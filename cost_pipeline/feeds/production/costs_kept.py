"""Cost summaries that were made: kept beside the ledger, so that the next one says what moved."""

from __future__ import annotations

from datetime import UTC, date
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import INSTANT, TEXT
from cost_pipeline.core.sql import equals
from cost_pipeline.feeds.production.cost_rows import COST_REPORT_SCHEMA, CostReport
from cost_pipeline.feeds.production.tables import COST_REPORTS
from cost_pipeline.pipeline.session import Session

_WRITER: Final = "costs/"


def keep(session: Session, report: CostReport) -> None:
    """Keeps a report of all productions as that of its date; what was kept before stays."""
    count, stamp = report.rows.num_rows, session.stamp()
    rows = report.rows.append_column(
        "recorded_at", pa.array([stamp.recorded_at] * count, INSTANT)
    ).append_column("run_id", pa.array([stamp.run_id] * count, TEXT))
    session.lake.table(COST_REPORTS).append_next(
        f"{_WRITER}{report.report_date}", rows, run_id=session.run_id
    )


def kept(session: Session, day: date) -> CostReport | None:
    """Returns the report of a date that was kept last; None if none was."""
    table = session.lake.table(COST_REPORTS)
    if not table.folder.exists():
        return None
    of_day = equals("report_date", day)
    rows = table.snapshot().query(
        f"select * from {{table}} where {of_day} "
        "qualify rank() over (order by recorded_at desc, as_of desc, run_id) = 1",
        where=of_day,
    )
    if not rows.num_rows:
        return None
    as_of = rows["as_of"][0].as_py().astimezone(UTC)
    return CostReport(rows.select(COST_REPORT_SCHEMA.names).cast(COST_REPORT_SCHEMA), day, as_of)
