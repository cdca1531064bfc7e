"""Tells the home's webhook what is red, each thing once.

Level-triggered, as posting is: what is red now is compared with what the webhook has taken
(`alerts` in the lake). A message that was not taken is not noted, so it is sent again at the next
look; killed between the two, it is sent twice with the same key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa

from cost_pipeline.dispatch.alerts import Alert, Telling, Told, plan
from cost_pipeline.lake.tables import ALERTS
from cost_pipeline.pipeline.session import Session


def tell(session: Session, red: Sequence[Alert], well: Collection[str] = ()) -> int:
    """Sends what is red and was not told; returns how many alerts there were.

    Raises:
        UsageError: If the environment does not say where to.
        EnvironmentFailedError: If the webhook does not take it; nothing is noted then.
    """
    settings = session.home.general.alerts
    if settings is None:
        return 0
    # A home without alerts needs no HTTP client, which takes a fifth of a second to import.
    from cost_pipeline.dispatch.webhook import send, webhook_of  # noqa: PLC0415

    webhook = webhook_of(settings.webhook_env, session.environment)
    wanted = [alert for alert in red if settings.warnings or alert.severity != "WARN"]
    tellings = plan(wanted, told(session), well)
    for telling in tellings:
        body = telling.body(session.home.path.name, text_only=settings.body == "text")
        send(webhook, body, key=telling.key)
        _note(session, telling)
    return sum(len(telling.alerts) + len(telling.over) for telling in tellings)


def told(session: Session) -> dict[str, Told]:
    """Returns, by key, what the webhook has taken last."""
    found = session.lake.table(ALERTS).snapshot()
    rows = found.query(
        "select key, arg_max(title, recorded_at) as title, arg_max(digest, recorded_at) as digest "
        "from {table} group by all"
    )
    return {row["key"]: Told(row["title"], row["digest"]) for row in rows.to_pylist()}


def _note(session: Session, telling: Telling) -> None:
    stamp = session.stamp()
    said = [(alert.key, alert.title, alert.digest) for alert in telling.alerts]
    said += [(key, title, "") for key, title in telling.over]
    rows = [
        {
            "day": stamp.recorded_at.date(),
            "key": key,
            "title": title,
            "digest": digest,
            "recorded_at": stamp.recorded_at,
            "run_id": stamp.run_id,
        }
        for key, title, digest in said
    ]
    table = pa.Table.from_pylist(rows, schema=ALERTS.schema)
    session.lake.table(ALERTS).append_next("alerts", table, run_id=session.run_id)
