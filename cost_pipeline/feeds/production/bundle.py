"""A period of the ledger as a folder that verifies anywhere: postings, manifest, head, signature.

Parquet for those who compute with it, and beside it the same postings as lines of the very texts
that are hashed, because a verifier must not need a Parquet reader. Whole partitions are exported: a
chain of seals cannot be checked in parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError, UsageError
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import equals, within
from cost_pipeline.feeds.production.proof import last_entry
from cost_pipeline.feeds.production.signing import signer
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.ledger.breaks import Broken
from cost_pipeline.ledger.heads import HEAD_COLUMNS, Gathered
from cost_pipeline.ledger.schema import REVERSE, canonical_line, described, without_zones
from cost_pipeline.ledger.seal import Head
from cost_pipeline.ledger.verify import verify_partition
from cost_pipeline.pipeline.session import Session

FORMAT: Final = "cost-pipeline-bundle-1"
_POSTINGS: Final = "postings"
_PERIOD: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote."""

    folder: Path
    period: str
    partitions: int
    postings: int
    head: str
    manifest: str
    public_key: str | None

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "folder": str(self.folder),
            "period": self.period,
            "partitions": self.partitions,
            "postings": self.postings,
            "head": self.head,
            "manifest": self.manifest,
            "public_key": self.public_key,
        }


def export(session: Session, period: str, folder: Path) -> Exported:
    """Writes the bundle of a posting period into a new or empty folder.

    Every transaction date of that month, or with a line of the period, is in it whole. The manifest
    comes last: a folder without one is no bundle.

    Raises:
        UsageError: If the period is none or has no posting, or the folder holds something.
        CheckFailedError: If a partition does not verify: nothing broken is signed.
        EnvironmentFailedError: If no head covers the period yet.
    """
    _check(period, folder)
    sign = signer(session.environment)
    entry, known = last_entry(session)
    ledger = session.lake.table(LEDGER).snapshot()
    covered = [day for day in _days(ledger, period) if day in known.partitions]
    # All dates of the month, so that it can be seen that none is missing; and the late ones.
    in_month = {day for day in known.partitions if day.isoformat().startswith(period)}
    covered = sorted({*covered, *in_month})
    if entry is None or not covered:
        raise EnvironmentFailedError(
            "no head of the ledger covers the period yet",
            where=period,
            remedy="run `cost-pipeline run`: each run writes the head of what was posted",
            code="NO_HEAD",
        )
    with clear_storage_errors(str(folder)):
        (folder / _POSTINGS).mkdir(parents=True, exist_ok=True)
        sums: dict[tuple[str, str, str], list[Any]] = {}
        partitions = []
        for number, day in enumerate(covered):
            session.progress("exporting transaction dates", number, len(covered))
            partitions.append(_partition(ledger, day, known, folder, period, sums))
        manifest = {
            "format": FORMAT,
            "period": period,
            "columns": {**described(), "head": list(HEAD_COLUMNS)},
            "partitions": partitions,
            "totals": _totals(sums),
            "head": entry,
            "of_partitions": [
                [day.isoformat(), head.batch, head.root, head.postings]
                for day, head in sorted(known.partitions.items())
            ],
            "exported_at": session.clock().isoformat(),
        }
        place = folder / "manifest.json"
        place.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")
        sha256 = hash_file(place)
        public_key = None
        if sign is not None:
            public_key, signature = sign(sha256)
            text = json.dumps({"of": sha256, "public_key": public_key, "signature": signature})
            (folder / "signature.json").write_text(text + "\n", "utf-8")
    lines = sum(partition["postings"] for partition in partitions)
    return Exported(folder, period, len(partitions), lines, entry["head"], sha256, public_key)


def _check(period: str, folder: Path) -> None:
    if not _PERIOD.fullmatch(period):
        raise UsageError(
            f"{period!r} is not a posting period",
            where="--period",
            remedy="write it as 2026-03",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "the folder of a bundle must be new or empty",
            where=str(folder),
            remedy="name another one as --to",
            code="NOT_EMPTY",
        )


def _days(ledger: Snapshot, period: str) -> list[date]:
    of_period = equals("posting_period", period)
    found = ledger.query(
        f"select distinct transaction_date as day from {{table}} where {of_period} order by day",
        where=of_period,
    )
    days: list[date] = found["day"].to_pylist()
    if not days:
        raise UsageError(
            f"no posting is in the period {period}",
            where="--period",
            remedy="`cost-pipeline ledger totals --json` shows the dates that have postings",
            code="NO_SUCH_PERIOD",
        )
    return days


def _partition(
    ledger: Snapshot,
    day: date,
    known: Gathered,
    folder: Path,
    period: str,
    sums: dict[tuple[str, str, str], list[Any]],
) -> dict[str, Any]:
    """Writes one partition as far as the head knows it; returns its entry of the manifest."""
    head = known.partitions[day]
    known_lines = equals("transaction_date", day) & within("batch", None, head.batch)
    lines = ledger.read(where=known_lines).sort_by([("batch", "ascending"), ("leaf", "ascending")])
    verified = verify_partition(day, [lines], head=Head(head.batch, head.root))
    if isinstance(verified, Broken):
        raise CheckFailedError(
            f"{day}, batch {verified.first.batch}, posting {verified.first.posting}: "
            f"{verified.first.message}",
            where="the ledger",
            remedy="`cost-pipeline ledger verify` says more; nothing broken is exported",
            code="LEDGER_BROKEN",
        )
    _add(sums, lines, period)
    base = f"{_POSTINGS}/{day}"
    pq.write_table(lines, folder / f"{base}.parquet", compression="zstd")
    with (folder / f"{base}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        for text in _texts(lines):
            file.write(text + "\n")
    return {
        "transaction_date": day.isoformat(),
        "batches": head.batch,
        "postings": lines.num_rows,
        "root": head.root,
        "lines": f"{base}.jsonl",
        "files": {name: hash_file(folder / name) for name in (f"{base}.jsonl", f"{base}.parquet")},
    }


def _texts(lines: pa.Table) -> Iterator[str]:
    for start in range(0, lines.num_rows, _AT_ONCE):
        piece = without_zones(lines.slice(start, _AT_ONCE))
        texts = query(f"select {canonical_line()} as text from piece", piece=piece)
        yield from texts["text"].to_pylist()


_AT_ONCE: Final = 65_536
_REVERSES: Final = equals("kind", REVERSE)


def _add(sums: dict[tuple[str, str, str], list[Any]], lines: pa.Table, period: str) -> None:
    """Adds what the period's lines come to: posts less reversals, by account and currencies."""
    found = query(
        f"""select gl_code, original_currency, base_currency,
            sum(if({_REVERSES}, -original_amount, original_amount)) as original,
            sum(if({_REVERSES}, -base_amount, base_amount)) as base, count(*) as n
        from lines where {equals("posting_period", period)} group by all""",
        lines=lines.select([
            "kind", "gl_code", "original_currency", "base_currency", "original_amount",
            "base_amount", "posting_period",
        ]),
    )  # fmt: skip
    for row in found.to_pylist():
        entry = sums.setdefault(
            (row["gl_code"], row["original_currency"], row["base_currency"]),
            [Decimal(0), Decimal(0), 0],
        )
        entry[0] += row["original"]
        entry[1] += row["base"]
        entry[2] += row["n"]


def _totals(sums: dict[tuple[str, str, str], list[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "gl_code": gl_code,
            "original_currency": original_currency,
            "base_currency": base_currency,
            "original": shown(original),
            "base": shown(base),
            "lines": lines,
        }
        for (gl_code, original_currency, base_currency), (original, base, lines) in sorted(
            sums.items()
        )
    ]
