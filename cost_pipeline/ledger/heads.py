"""Heads: the seals of all partitions and the bytes of all files, gathered after each commit.

A partition's chain of seals cannot tell that its last batches, or all of it, were taken away. So
each commit is followed by an entry here, linked to the one before it, whose root covers the last
batch of every partition there is, and the SHA-256 of every file that the ledger got since. The
first entry of a day names all partitions and the others only those that changed, so that what is
needed to go on is in the rows of one day however long the ledger is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, INSTANT, TEXT
from cost_pipeline.core import merkle
from cost_pipeline.core.canonical import digest
from cost_pipeline.ledger.schema import FIRST_ROOT
from cost_pipeline.ledger.seal import Stamp

PARTITION: Final = "partition"
FILE: Final = "file"


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


HEAD_SCHEMA: Final = pa.schema(
    [
        _required("day", DAY),
        _required("sequence", pa.int64()),
        _required("subject", TEXT),
        pa.field("transaction_date", DAY),
        pa.field("batch", pa.int64()),
        pa.field("batch_root", HASH),
        pa.field("postings", pa.int64()),
        pa.field("path", TEXT),
        pa.field("sha256", HASH),
        _required("ledger_version", pa.int64()),
        _required("partitions", pa.int64()),
        _required("partitions_root", HASH),
        _required("files_root", HASH),
        _required("recorded_at", INSTANT),
        _required("code_version", TEXT),
        _required("run_id", TEXT),
        _required("previous_head", HASH),
        _required("head", HASH),
        pa.field("public_key", TEXT),
        pa.field("signature", TEXT),
    ]
)
"""One row per partition (`transaction_date` to `postings`) or file (`path`, `sha256`) of an entry.

The other columns are those of the entry and repeat. `day` is the UTC day of `recorded_at`.
"""

HEAD_COLUMNS: Final = (
    "sequence",
    "previous_head",
    "ledger_version",
    "partitions",
    "partitions_root",
    "files_root",
    "recorded_at",
    "code_version",
    "run_id",
)
"""What the hash of an entry is over, in this order; the time as text in UTC."""

Signer = Callable[[str], tuple[str, str]]
"""A head to its public key and signature, both in hex."""


@dataclass(frozen=True, slots=True)
class PartitionHead:
    """The last batch of a partition, and how many postings the partition has with it."""

    batch: int
    root: str
    postings: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """The last entry, and where every partition stands with it."""

    sequence: int = 0
    head: str = FIRST_ROOT
    ledger_version: int = -1
    recorded_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    partitions: Mapping[date, PartitionHead] = field(default_factory=dict)


def partition_leaf(day: date, head: PartitionHead) -> str:
    """Returns the leaf of one partition in the root over all of them."""
    return digest("partition", day, head.batch, head.root, head.postings)


def partitions_root(partitions: Mapping[date, PartitionHead]) -> str:
    """Returns the Merkle root over all partitions, by transaction date; zeros if there is none.

    There is none where a period was closed before anything was posted.
    """
    if not partitions:
        return FIRST_ROOT
    return merkle.root([partition_leaf(day, head) for day, head in sorted(partitions.items())])


def files_root(files: Iterable[tuple[str, str]]) -> str:
    """Returns the Merkle root over (path, SHA-256) of files, by path."""
    return merkle.root([digest("file", path, sha256) for path, sha256 in sorted(files)])


def head_of(row: Mapping[str, Any]) -> str:
    """Returns the hash of an entry, from any of its rows."""
    at = row["recorded_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return digest("head", *({**row, "recorded_at": at}[name] for name in HEAD_COLUMNS))


def gathered(newest: pa.Table) -> Gathered:
    """Returns where things stand, from the rows of the newest day (`HEAD_SCHEMA`), in any order."""
    rows = newest.sort_by("sequence").to_pylist()
    if not rows:
        return Gathered()
    last = rows[-1]
    return Gathered(
        sequence=last["sequence"],
        head=last["head"],
        ledger_version=last["ledger_version"],
        recorded_at=last["recorded_at"],
        partitions={r["transaction_date"]: _head(r) for r in rows if r["subject"] == PARTITION},
    )


def next_entry(
    before: Gathered,
    changed: Mapping[date, PartitionHead],
    files: Mapping[str, str],
    *,
    ledger_version: int,
    stamp: Stamp,
    sign: Signer | None = None,
) -> pa.Table:
    """Returns the rows of the entry that follows (`HEAD_SCHEMA`).

    Args:
        before: Where things stood.
        changed: The partitions that got batches since, as they stand now.
        files: Path to SHA-256 of the files that the ledger got since, its log entries included.
        ledger_version: The version of the ledger that this entry covers.
        stamp: When, by which code and in which run; an entry is never older than the one before.
        sign: Signs the head, if heads are to be signed.
    """
    partitions = {**before.partitions, **changed}
    recorded_at = max(stamp.recorded_at, before.recorded_at)
    day = recorded_at.astimezone(UTC).date()
    common: dict[str, Any] = {
        "day": day,
        "sequence": before.sequence + 1,
        "ledger_version": ledger_version,
        "partitions": len(partitions),
        "partitions_root": partitions_root(partitions),
        "files_root": files_root(files.items()),
        "recorded_at": recorded_at,
        "code_version": stamp.code_version,
        "run_id": stamp.run_id,
        "previous_head": before.head,
    }
    common["head"] = head_of(common)
    if sign is not None:
        common["public_key"], common["signature"] = sign(common["head"])
    named = changed if before.sequence and day == _day(before) else partitions
    rows = [
        {
            "subject": PARTITION,
            "transaction_date": at,
            "batch": head.batch,
            "batch_root": head.root,
            "postings": head.postings,
        }
        for at, head in sorted(named.items())
    ] + [{"subject": FILE, "path": path, "sha256": files[path]} for path in sorted(files)]
    return pa.Table.from_pylist([common | row for row in rows], schema=HEAD_SCHEMA)


def _day(before: Gathered) -> date:
    return before.recorded_at.astimezone(UTC).date()


def _head(row: Mapping[str, Any]) -> PartitionHead:
    return PartitionHead(row["batch"], row["batch_root"], row["postings"])


@dataclass(frozen=True, slots=True)
class HeadBreak:
    """The first entry that is not as it was written."""

    sequence: int
    message: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """Heads that are whole: where things stand, every head there was, every file with its bytes."""

    last: Gathered
    heads: frozenset[str]
    files: Mapping[str, str]
    signatures: tuple[tuple[str, str, str], ...]


def replay(rows: pa.Table) -> Replayed | HeadBreak:
    """Checks every entry from the first to the last.

    Args:
        rows: All rows (`HEAD_SCHEMA`), in any order.
    """
    entries: dict[int, list[dict[str, Any]]] = {}
    for row in rows.to_pylist():
        entries.setdefault(row["sequence"], []).append(row)
    state = Gathered()
    heads: set[str] = set()
    files: dict[str, str] = {}
    signatures: list[tuple[str, str, str]] = []
    for sequence in sorted(entries, key=lambda s: (s is not None, s)):
        entry = entries[sequence]
        after = _after(state, entry)
        if isinstance(after, HeadBreak):
            return after
        state = after
        heads.add(state.head)
        files |= {row["path"]: row["sha256"] for row in entry if row["subject"] == FILE}
        if entry[0]["signature"] is not None:
            signatures.append((state.head, entry[0]["public_key"], entry[0]["signature"]))
    return Replayed(state, frozenset(heads), files, tuple(signatures))


def _after(  # noqa: C901, PLR0911 - one answer each
    before: Gathered, entry: list[dict[str, Any]]
) -> Gathered | HeadBreak:
    """Returns where things stand after an entry, or what is wrong with it."""
    first = entry[0]
    sequence = before.sequence + 1

    def wrong(message: str, expected: object, found: object) -> HeadBreak:
        return HeadBreak(sequence, message, str(expected), str(found))

    if first["sequence"] != sequence:
        return wrong("an entry is missing", sequence, first["sequence"])
    if any({**row, **_OWN} != {**first, **_OWN} for row in entry):
        return wrong("its rows contradict each other", "one entry", "several")
    if first["previous_head"] != before.head:
        return wrong("it does not follow the entry before it", before.head, first["previous_head"])
    if any(first[name] is None for name in _NEEDED) or first["head"] != head_of(first):
        return wrong("its hash is not that of what it says", "its own hash", first["head"])
    if first["recorded_at"] < before.recorded_at:
        return wrong("it is older than the one before", before.recorded_at, first["recorded_at"])
    partitions = dict(before.partitions)
    files: dict[str, str] = {}
    named = set()
    for row in entry:
        if row["subject"] == PARTITION:
            named.add(row["transaction_date"])
            partitions[row["transaction_date"]] = _head(row)
        elif row["subject"] == FILE:
            files[row["path"]] = row["sha256"]
    if len(named) + len(files) != len(entry) or first["day"] != first["recorded_at"].date():
        return wrong("a row of it is there twice, or under another day", len(entry), len(named))
    if partitions_root(partitions) != first["partitions_root"]:
        return wrong(
            "its partitions are not those of its root",
            first["partitions_root"],
            partitions_root(partitions),
        )
    if not files or files_root(files.items()) != first["files_root"]:
        return wrong("its files are not those of its root", first["files_root"], "others")
    return Gathered(
        sequence, first["head"], first["ledger_version"], first["recorded_at"], partitions
    )


_OWN: Final = dict.fromkeys(
    ("subject", "transaction_date", "batch", "batch_root", "postings", "path", "sha256")
)
_NEEDED: Final = tuple(f.name for f in HEAD_SCHEMA if not f.nullable and f.name != "subject")
