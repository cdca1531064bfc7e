"""Traces a posting back to the bytes that a vendor sent, which is what an auditor asks first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.cost_tables import RECORD_SCHEMA
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import Predicate, begins, equals
from cost_pipeline.feeds.production.approvals import acts_on_approvals
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS, ID_BEGINNING, LEDGER, NAMED, RECORDS
from cost_pipeline.lake.lookup import files_with
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.ledger.totals import active
from cost_pipeline.pipeline.dead_letters.rows import texts_of
from cost_pipeline.pipeline.session import Session

_HEX: Final = frozenset("0123456789abcdef")
_WHOLE: Final = 64
_TOLD: Final = 5


def trace(session: Session, posting: str) -> dict[str, Any]:
    """Returns the chain from a posting to the bytes, part by part.

    Args:
        session: The run.
        posting: A posting id, the first eight or more characters of one, or the transaction id
            of an active posting. A few files of the ledger are read, however large it is.

    Raises:
        UsageError: If there is no such posting, or more than one.
    """
    found = find_posting(session, posting)
    delivery = _delivery(session, found)
    record = _record(session, found, delivery)
    return {
        "posting": found,
        "record": record,
        "row": _row(session, found),
        "delivery": delivery,
        "contract": _contract(session, record, delivery),
        "rate": _rate(session, found),
        "rules": {"rule_pack": found["rule_pack"]} if found["rule_pack"] else None,
        "approvals": _approvals(session, found),
        "history": _history(session, found),
        "batch": {
            "transaction_date": found["transaction_date"],
            "number": found["batch"],
            "leaf": found["leaf"],
            "root": found["batch_root"],
            "previous_root": found["previous_root"],
        },
        "run": {
            "run_id": found["run_id"],
            "code_version": found["code_version"],
            "recorded_at": found["recorded_at"],
        },
    }


def find_posting(session: Session, posting: str) -> dict[str, Any]:
    """Returns the one posting that is named, as JSON knows it.

    Raises:
        UsageError: If there is no such posting, or more than one.
    """
    snapshot = session.lake.table(LEDGER).snapshot()
    texts = {posting, posting[:ID_BEGINNING]}
    looked_up = {f for text in texts for f in files_with(snapshot, NAMED, text, session.progress)}
    # It is reported as missing only after a look at every file.
    rows = _named(snapshot, posting, sorted(looked_up)) or _named(
        snapshot, posting, snapshot.files()
    )
    if len(rows) != 1:
        what = "no posting has" if not rows else f"{len(rows)} postings have"
        raise UsageError(
            f"{what} the id or transaction id {posting!r}",
            where="POSTING",
            remedy="give a posting id (its first eight characters do) or a transaction id"
            if not rows
            else "give one of these ids: " + ", ".join(row["posting_id"] for row in rows[:_TOLD]),
            code="NO_SUCH_POSTING",
        )
    return {name: rows[0][name] for name in LEDGER.schema.names}


def _named(snapshot: Snapshot, posting: str, files: Sequence[str]) -> list[dict[str, Any]]:
    """Returns the postings in these files with this id, or active ones with this transaction id."""
    rows: list[dict[str, Any]] = []
    if len(posting) >= ID_BEGINNING and set(posting) <= _HEX:
        same = (equals if len(posting) == _WHOLE else begins)("posting_id", posting)
        rows = plain(snapshot.query(f"from {{table}} where {same}", files=files))
    if not rows:
        same = equals("transaction_id", posting)
        rows = plain(active(snapshot.query(f"from {{table}} where {same}", files=files)))
    return rows


def _delivery(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    where = equals("delivery", posting["delivery"])
    rows = plain(
        session.lake.table(DELIVERIES)
        .snapshot()
        .query(
            f"from {{table}} where {where & equals('vendor', posting['vendor'])} "
            "order by pull_date, uri",
            where=where,
        )
    )
    return rows[0] if rows else None


def _record(
    session: Session, posting: dict[str, Any], delivery: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Returns the record, from the one file or two that can hold this row of this delivery."""
    if delivery is None:
        return None
    where = equals("pull_date", delivery["pull_date"]) & equals("delivery", posting["delivery"])
    where &= equals('"row"', posting["row"])
    it = where & equals("vendor", posting["vendor"])
    it &= equals("fingerprint", posting["record_fingerprint"])
    found = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            f"from {{table}} where {it}",
            where=where,
        )
    )
    rows = plain(found)
    return {name: rows[-1][name] for name in RECORD_SCHEMA.names} if rows else None


def _row(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the row's verbatim text, read again from the landed bytes."""
    number = posting["row"]
    texts = texts_of(session, posting["vendor"], posting["delivery"], [number])
    if number not in texts:
        return None
    line, text = texts[number]
    return {"number": number, "line": line, "text": text}


def _contract(
    session: Session, record: dict[str, Any] | None, delivery: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Returns the hash of what judged the row: contract, vendor file and reference data."""
    if record is None or delivery is None:
        return None
    where = equals("delivery", delivery["delivery"])
    it = where & equals("vendor", delivery["vendor"])
    it &= equals("interpretation", record["interpretation"])
    rows = plain(
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            "select interpretation, encoding, sequence, recorded_at as validated_at, run_id "
            f"from {{table}} where {it} order by sequence desc limit 1",
            where=where,
        )
    )
    seen = rows[0] if rows else {"interpretation": record["interpretation"]}
    return {"record": delivery["kind"], **seen}


def _rate(session: Session, posting: dict[str, Any]) -> dict[str, Any] | None:
    if posting["snapshot"] is None:
        return None
    where = equals("snapshot", posting["snapshot"])
    head = plain(
        session.lake.table(FX_SNAPSHOTS)
        .snapshot()
        .query(
            f"select source, vintage, reason from {{table}} where {where} limit 1",
            where=where,
        )
    )
    return {
        "original": posting["rate_original"],
        "base": posting["rate_base"],
        "rate_date": posting["rate_date"],
        "snapshot": posting["snapshot"],
        "source": head[0]["source"] if head else None,
        "vintage": head[0]["vintage"] if head else None,
        "reason": head[0]["reason"] if head else None,
    }


def _approvals(session: Session, posting: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns who allowed this posting to reverse, or to be reversed; by time."""
    found = []
    for act in acts_on_approvals(session):
        mine = act["approval"] == posting["approval"]
        named = act["original_vendor"] == posting["vendor"] and (
            act["original_fingerprint"] == posting["record_fingerprint"]
            or act["original_transaction_id"] == posting["transaction_id"]
        )
        if mine or named:
            allows = "this posting" if mine else "a reversal of this posting"
            told = {name: act[name] for name in ("by", "reason", "approval", "dead_letter")}
            at = _text(act["recorded_at"])
            found.append({"at": at, "act": act["act"], "allows": allows, **told})
    return found


def _history(session: Session, posting: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns every line of the ledger that came from the same row, in the order of recording."""
    where = equals("transaction_date", posting["transaction_date"])
    row = equals("vendor", posting["vendor"]) & equals("delivery", posting["delivery"])
    row &= equals("record_fingerprint", posting["record_fingerprint"])
    return history_of(session, where & row, where)


def history_of(session: Session, condition: Predicate, where: Predicate) -> list[dict[str, Any]]:
    """Returns the lines of the ledger under a condition, as recorded; `where` prunes files."""
    names = (
        "recorded_at, kind, cause, posting_id, reverses, transaction_date, original_amount, "
        "original_currency, base_amount, base_currency, rate_date, snapshot, posting_period, run_id"
    )
    return plain(
        session.lake.table(LEDGER)
        .snapshot()
        .query(
            f"select {names} from {{table}} where {condition} order by recorded_at, batch, leaf",
            where=where,
        )
    )


def plain(table: pa.Table) -> list[dict[str, Any]]:
    """Returns rows with everything as JSON knows it: amounts and times as text."""
    return [{name: _text(value) for name, value in row.items()} for row in table.to_pylist()]


def _text(value: Any) -> Any:  # noqa: ANN401 - any cell
    if value is None or isinstance(value, str | int | list):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
