"""Bookmarks (watermarks): what pulls leave for later ones, validators and cursors, in the lake.

A bookmark belongs to a vendor and a pull date (docs/adr/0011). A pull believes the validators of
its own date and of those before, and begins where the dates before it ended: pulled again, a date
asks the same question again, and pulled in another order, dates overlap and leave no gap.

A bookmark is written after everything that it speaks of was landed and recorded. Killed before
that, the next pull fetches again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import pyarrow as pa

from cost_pipeline.acquire.engine import Bookmark, Pulled, PullJob, Validator
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import equals, literal, within
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import BOOKMARKS
from cost_pipeline.pipeline.session import Session

# How a vendor is asked, and not what for: a change of these leaves a bookmark good.
_MANNERS: Final = {
    "retry",
    "limits",
    "breaker",
    "connect_timeout",
    "read_timeout",
    "total_timeout",
    "known_hosts",
    "control",
    "settle",
}
_NEWEST: Final = """
    select vendor, asked, uri, value from {table}
    where pull_date <= $day and (uri is not null or pull_date < $day)
    qualify row_number() over (
        partition by vendor, asked, uri order by pull_date desc, sequence desc) = 1
"""


def bookmarks_of(
    session: Session, vendors: Iterable[Vendor], pull_date: date
) -> dict[str, Bookmark]:
    """Returns, by vendor, what a pull of this date may rely on."""
    snapshot = session.lake.table(BOOKMARKS).snapshot()
    found = _newest(snapshot, pull_date)
    return {vendor.vendor: _of(vendor, found) for vendor in vendors}


def keep_bookmarks(session: Session, jobs: Sequence[PullJob], results: Sequence[Pulled]) -> None:
    """Keeps what the pulls left, where it says something new. Everything of them is recorded."""
    table = session.lake.table(BOOKMARKS)
    while True:
        snapshot = table.snapshot()
        parts = [
            part
            for job, pulled in zip(jobs, results, strict=True)
            if (part := _part(session, snapshot, job, pulled)) is not None
        ]
        try:
            if parts:
                table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # another pull of the same vendor and date; both landed what they say
        return


def asked(vendor: Vendor) -> str:
    """Returns the hash of what is asked for. Names of secrets are part of it, secrets are not."""
    return digest("asked", vendor.source.model_dump_json(exclude=_MANNERS))


def _newest(snapshot: Snapshot, pull_date: date) -> dict[tuple[str, str], dict[str | None, str]]:
    sql = _NEWEST.replace("$day", f"date {literal(pull_date)}")
    rows = snapshot.query(sql, where=within("pull_date", None, pull_date)).to_pylist()
    found: dict[tuple[str, str], dict[str | None, str]] = {}
    for row in rows:
        found.setdefault((row["vendor"], row["asked"]), {})[row["uri"]] = row["value"]
    return found


def _of(vendor: Vendor, found: dict[tuple[str, str], dict[str | None, str]]) -> Bookmark:
    if isinstance(vendor.source, FolderSource):
        return Bookmark()
    values = found.get((vendor.vendor, asked(vendor)), {})
    validators = {
        uri: Validator.from_json(value) for uri, value in values.items() if uri is not None
    }
    return Bookmark(validators, values.get(None, ""))


def _part(session: Session, snapshot: Snapshot, job: PullJob, pulled: Pulled) -> Part | None:
    """Returns the rows that are new; a pull that failed in part leaves the cursor where it was."""
    vendor, day, left = job.vendor, job.pull_date, pulled.bookmark
    before = job.bookmark.validators
    fresh: dict[str | None, str] = {
        uri: validator.as_json()
        for uri, validator in left.validators.items()
        if before.get(uri) != validator
    }
    ended = _cursor_at(snapshot, vendor, day, job.bookmark.cursor)
    if not pulled.failures and left.cursor != ended:
        fresh[None] = left.cursor
    if not fresh:
        return None
    writer = f"bookmark/{vendor.vendor}/{day}"
    sequence = snapshot.sequence(writer) + 1
    stamp = session.stamp()
    rows = [
        {
            "pull_date": day,
            "vendor": vendor.vendor,
            "asked": asked(vendor),
            "uri": uri,
            "value": value,
            "sequence": sequence,
            "recorded_at": stamp.recorded_at,
            "run_id": stamp.run_id,
        }
        for uri, value in fresh.items()
    ]
    return Part(writer, sequence, pa.Table.from_pylist(rows, schema=BOOKMARKS.schema))


def _cursor_at(snapshot: Snapshot, vendor: Vendor, day: date, before: str) -> str:
    """Returns where this date ended when last pulled; if never, where the dates before it ended."""
    if not snapshot.sequence(f"bookmark/{vendor.vendor}/{day}"):
        return before
    of_day = equals("pull_date", day)
    mine = of_day & equals("vendor", vendor.vendor) & equals("asked", asked(vendor))
    found = snapshot.query(
        f"select value from {{table}} where {mine} and uri is null order by sequence desc limit 1",
        where=of_day,
    ).to_pylist()
    return str(found[0]["value"]) if found else before
