"""The proof that one posting is in the ledger: short, and checked without the ledger or us."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core import merkle
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.sql import equals
from cost_pipeline.feeds.production.tables import HEADS, LEDGER
from cost_pipeline.feeds.production.trace import find_posting
from cost_pipeline.ledger.heads import HEAD_COLUMNS, Gathered, gathered, partition_leaf
from cost_pipeline.ledger.schema import canonical_texts, described, without_zones
from cost_pipeline.pipeline.session import Session

FORMAT: Final = "cost-pipeline-proof-1"


def prove(session: Session, posting: str) -> dict[str, Any]:
    """Returns the posting, its path to the seal of its batch, and from there to the last head.

    Raises:
        UsageError: If there is no such posting, or more than one.
        EnvironmentFailedError: If no head covers it yet.
    """
    entry, known = last_entry(session)
    found = find_posting(session, posting)
    day = date.fromisoformat(found["transaction_date"])
    top = known.partitions.get(day)
    if top is None or top.batch < found["batch"] or entry is None:
        raise EnvironmentFailedError(
            "no head of the ledger covers the posting yet",
            where=found["posting_id"],
            remedy="run `cost-pipeline run`: each run writes the head of what was posted",
            code="NO_HEAD",
        )
    where = equals("transaction_date", day)
    ledger = session.lake.table(LEDGER).snapshot()
    row = ledger.read(where=where & equals("posting_id", found["posting_id"]))
    leaves = ledger.read(where=where, columns=["batch", "leaf", "leaf_hash", "batch_root"])
    batches = _batches(leaves, found["batch"], top.batch)
    mine = batches[found["batch"]]
    return {
        "format": FORMAT,
        "columns": {**described(), "head": list(HEAD_COLUMNS)},
        "posting": canonical_row(row),
        "batch": {
            "number": found["batch"],
            "lines": len(mine["leaves"]),
            "path": merkle.path(mine["leaves"], found["leaf"]),
            "root": mine["root"],
        },
        "later": [
            {
                "number": number,
                "lines": len(batch["leaves"]),
                "merkle_root": merkle.root(batch["leaves"]),
                "root": batch["root"],
            }
            for number, batch in sorted(batches.items())
            if number > found["batch"]
        ],
        "partition": {"postings": top.postings, "path": _partition_path(known, day)},
        "head": entry,
    }


def last_entry(session: Session) -> tuple[dict[str, Any] | None, Gathered]:
    """Returns the last head as JSON, and where every partition stands with it."""
    snapshot = session.lake.table(HEADS).snapshot()
    days = snapshot.partitions()
    if not days:
        return None, Gathered()
    rows = snapshot.read(where=equals("day", max(days)))
    known = gathered(rows)
    last = rows.sort_by("sequence").slice(rows.num_rows - 1).to_pylist()[0]
    at = last["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    names = (*HEAD_COLUMNS, "head", "public_key", "signature")
    return {**{name: last[name] for name in names}, "recorded_at": at}, known


def canonical_row(row: pa.Table) -> dict[str, str | None]:
    """Returns a posting as the texts that are hashed."""
    texts = query(f"select {canonical_texts()} from row", row=without_zones(row))
    return dict(texts.to_pylist()[0])


def _batches(leaves: pa.Table, first: int, last: int) -> dict[int, dict[str, Any]]:
    found = query(
        "select batch, any_value(batch_root) as root, list(leaf_hash order by leaf) as leaves "
        f"from leaves where batch between {first} and {last} group by batch",
        leaves=leaves,
    )
    return {row["batch"]: row for row in found.to_pylist()}


def _partition_path(known: Gathered, day: date) -> list[tuple[str, str]]:
    ordered = sorted(known.partitions.items())
    leaves = [partition_leaf(at, head) for at, head in ordered]
    return merkle.path(leaves, [at for at, _ in ordered].index(day))
