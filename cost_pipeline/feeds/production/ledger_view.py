"""The ledger as people ask for it: totals, verification, and the way of one posting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.tables import RECORD_SCHEMA
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.rates import stored_rates
from cost_pipeline.feeds.production.rows import texts_of
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.feeds.session import Session
from cost_pipeline.lake.delta import Snapshot
from cost_pipeline.lake.tables import DELIVERIES, RECORDS
from cost_pipeline.ledger.totals import Totals, active, totals
from cost_pipeline.ledger.verify import Broken, Verified, verify_partition

_WORKERS: Final = 2
_HEX: Final = frozenset("0123456789abcdef")
_PREFIX: Final = 8
_NAMED: Final = 5


def ledger_totals(session: Session) -> Totals:
    """Totals and digest of the whole active ledger."""
    return totals(session.lake.table(LEDGER).snapshot().read())


def totals_as_json(found: Totals) -> dict[str, Any]:
    """The public shape (docs/interfaces.md)."""
    return {
        "postings": found.postings,
        "active_postings": found.active_postings,
        "original": {code: shown(total) for code, total in sorted(found.original.items())},
        "base": {code: shown(total) for code, total in sorted(found.base.items())},
        "by_transaction_date": {
            day.isoformat(): {
                "active_postings": entry.active_postings,
                "base": {code: shown(total) for code, total in sorted(entry.base.items())},
            }
            for day, entry in sorted(found.by_transaction_date.items())
        },
        "digest": found.digest,
    }


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether every partition is as it was sealed; `broken` are those that are not."""

    partitions: int
    batches: int
    postings: int
    broken: tuple[Broken, ...]

    def as_json(self) -> dict[str, Any]:
        """The public shape (docs/interfaces.md)."""
        first = None
        if self.broken:
            first = {
                "transaction_date": self.broken[0].transaction_date.isoformat(),
                **asdict(self.broken[0].first),
            }
        return {
            "ok": not self.broken,
            "partitions": self.partitions,
            "batches": self.batches,
            "postings": self.postings,
            "first_broken": first,
        }


def verify_ledger(session: Session) -> Verification:
    """Check every partition of the ledger, one at a time per worker, memory flat in its size."""
    snapshot = session.lake.table(LEDGER).snapshot()
    days = snapshot.query(
        "select transaction_date, count(*) as n from {table} group by all order by all"
    )
    dates: list[date] = days["transaction_date"].to_pylist()
    broken: list[Broken] = []
    batches = postings = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        checked = pool.map(lambda day: _verify(snapshot, day), dates)
        for number, result in enumerate(checked):
            session.progress("verifying transaction dates", number + 1, len(dates))
            if isinstance(result, Verified):
                batches += result.batches
                postings += result.postings
            else:
                broken.append(result)
    return Verification(len(dates), batches, postings, tuple(broken))


def _verify(snapshot: Snapshot, day: date) -> Verified | Broken:
    return verify_partition(day, [snapshot.read(where=f"transaction_date = '{day}'")])


def trace(session: Session, posting: str) -> dict[str, Any]:
    """The way of a posting back to the bytes: posting, record, row, delivery, rate, batch, run.

    Args:
        session: The run.
        posting: A posting id, the first eight or more characters of one, or the transaction id
            of an active posting.

    Raises:
        UsageError: If there is no such posting, or more than one.
    """
    found = _posting(session, posting)
    record = _record(session, found["vendor"], found["record_fingerprint"])
    return {
        "posting": found,
        "record": record,
        "row": _row(session, found),
        "delivery": _deliveries(session, found),
        "rate": _rate(session, found),
        "batch": {
            "transaction_date": found["transaction_date"],
            "number": found["batch"],
            "root": found["batch_root"],
            "previous_root": found["previous_root"],
        },
        "run": {"run_id": found["run_id"], "code_version": found["code_version"]},
    }


def _posting(session: Session, posting: str) -> dict[str, Any]:
    snapshot = session.lake.table(LEDGER).snapshot()
    rows: list[dict[str, Any]] = []
    if len(posting) >= _PREFIX and set(posting) <= _HEX:
        # The prefix is hex by the test above, so it cannot be SQL.
        rows = _plain(snapshot.query(f"from {{table}} where starts_with(posting_id, '{posting}')"))
    if not rows:
        rows = _of_transaction(snapshot, posting)
    if len(rows) != 1:
        what = "no posting has" if not rows else f"{len(rows)} postings have"
        raise UsageError(
            f"{what} the id or transaction id {posting!r}",
            where="POSTING",
            remedy="give a posting id (its first eight characters do) or a transaction id"
            if not rows
            else "give one of these ids: " + ", ".join(row["posting_id"] for row in rows[:_NAMED]),
            code="NO_SUCH_POSTING",
        )
    return {name: rows[0][name] for name in LEDGER.schema.names}


def _of_transaction(snapshot: Snapshot, transaction_id: str) -> list[dict[str, Any]]:
    """The active postings with this transaction id, which is anybody's text and no part of SQL."""
    found = snapshot.query(
        "select p.* from {table} p semi join wanted using (transaction_id)",
        wanted=pa.table({"transaction_id": pa.array([transaction_id], pa.string())}),
    )
    return _plain(active(found))


def _record(session: Session, vendor: str, fingerprint: str) -> dict[str, Any] | None:
    snapshot = session.lake.table(RECORDS).snapshot()
    rows = _plain(
        snapshot.query(
            f"from {{table}} where fingerprint = '{fingerprint}' and vendor = '{vendor}'"
        )
    )
    return {name: rows[-1][name] for name in RECORD_SCHEMA.names} if rows else None


def _row(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    """The row's verbatim text, read again from the landed bytes."""
    number = posting["row"]
    texts = texts_of(session, posting["vendor"], posting["delivery"], [number])
    if number not in texts:
        return None
    line, text = texts[number]
    return {"number": number, "line": line, "text": text}


def _deliveries(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    snapshot = session.lake.table(DELIVERIES).snapshot()
    rows = _plain(
        snapshot.query(
            f"from {{table}} where delivery = '{posting['delivery']}' "
            f"and vendor = '{posting['vendor']}' order by pull_date, uri"
        )
    )
    return rows[0] if rows else None


def _rate(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    if posting["snapshot"] is None:
        return None
    rates = stored_rates(session)
    mine = rates.filter(pc.equal(rates["snapshot"], posting["snapshot"]))
    head = _plain(mine.slice(0, 1))
    return {
        "original": posting["rate_original"],
        "base": posting["rate_base"],
        "rate_date": posting["rate_date"],
        "snapshot": posting["snapshot"],
        "source": head[0]["source"] if head else None,
        "vintage": head[0]["vintage"] if head else None,
        "reason": head[0]["reason"] if head else None,
    }


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows with everything as JSON knows it: amounts and times as text."""
    return [{name: _text(value) for name, value in row.items()} for row in table.to_pylist()]


def _text(value: Any) -> Any:  # noqa: ANN401 - any cell
    if value is None or isinstance(value, str | int | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
