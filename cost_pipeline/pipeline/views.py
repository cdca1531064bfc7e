"""The views that every feed has: its records, its dead letters, its deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT, required
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import EVERYTHING, equals
from cost_pipeline.core.text import nearest
from cost_pipeline.pipeline.declared.views import Rows, View
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport, deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import LETTERS_NOW

TOTAL: Final = pa.decimal128(38, 18)
"""Wide enough for the control total of any measure."""

DELIVERY_SCHEMA: Final = pa.schema(
    [
        required("pull_date", DAY),
        required("vendor", TEXT),
        required("kind", TEXT),
        required("uri", TEXT),
        required("delivery", HASH),
        required("size", pa.int64()),
        required("state", TEXT),
        pa.field("encoding", TEXT),
        *(
            required(name, pa.int64())
            for name in (
                "rows", "blank_rows", "records", "posted", "commitments", "duplicates",
                "dead_letters", "reference",
            )
        ),
        pa.field("control_declared", TOTAL),
        pa.field("control_computed", TOTAL),
        pa.field("control_difference", TOTAL),
        pa.field("control_problem", TEXT),
        pa.field("duplicate_of", HASH),
        pa.field("role", TEXT),
    ]
)  # fmt: skip


def _records(session: Session, kind: object) -> Rows:
    feed = session.feed
    kinds = feed.contract.kinds
    if kind is not None and kind not in kinds:
        raise UsageError(
            f"the feed {feed.name} has no records of the kind {kind}",
            where="records",
            remedy=f"{nearest(str(kind), kinds)}; it has: {', '.join(kinds)}",
            code="NO_SUCH_VIEW",
        )
    of_kind = EVERYTHING if kind is None else equals("kind", str(kind))
    return Rows(
        f"select * from ({LIVE}) where {of_kind}",
        feed.records.schema,
        session.lake.table(feed.records).snapshot(),
        {"deliveries": current_deliveries(session)},
    )


def _dead_letters(session: Session, _none: object) -> Rows:
    spec = session.feed.dead_letters
    now = [pa.field("state", TEXT), pa.field("opened_at", INSTANT)]
    return Rows(
        LETTERS_NOW % EVERYTHING,
        pa.schema([*spec.schema, *now]),
        session.lake.table(spec).snapshot(),
    )


def _deliveries(session: Session, _none: object) -> Rows:
    rows = [_delivery(report) for report in deliveries(session)]
    found = pa.Table.from_pylist(rows, schema=DELIVERY_SCHEMA)
    return Rows("from found", DELIVERY_SCHEMA, tables={"found": found})


def _delivery(report: DeliveryReport) -> dict[str, object]:
    said = report.as_json()
    control = report.control
    return {
        **{name: said.get(name) for name in DELIVERY_SCHEMA.names},
        "kind": report.kind,
        "pull_date": report.pull_date,
        "control_declared": control and control.declared,
        "control_computed": control and control.computed,
        "control_difference": control and control.difference,
        "control_problem": report.control_problem,
    }


_OF_EVERY_FEED: Final[tuple[View[Session], ...]] = (
    View("records", "a row that satisfied its contract, and counts", _records, option="kind"),
    View("dead_letters", "a refused row with its last event and its state", _dead_letters),
    View("deliveries", "a delivery as received, and what became of its rows", _deliveries),
)


def views_of(session: Session) -> Mapping[str, View[Session]]:
    """Returns the views of the session's feed by name: its own, and those that every feed has."""
    return {view.name: view for view in (*session.feed.views, *_OF_EVERY_FEED)}
