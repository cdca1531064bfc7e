"""Verification of the whole ledger: heads, logs, files and every posting; no Dagster, flat memory.

Partitions are verified two at a time: hashing and decompression leave Python's lock, so threads
use both cores (processes were no faster and need a second of imports each; see benchmarks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.feeds.production.signing import signature_holds
from cost_pipeline.feeds.production.tables import HEADS, LEDGER
from cost_pipeline.lake.content import hash_file
from cost_pipeline.lake.log import LogEntry, log_entries, misread, names_in
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.sound import soundness
from cost_pipeline.ledger.breaks import Break, Broken, Verified
from cost_pipeline.ledger.heads import Gathered, HeadBreak, Replayed, replay
from cost_pipeline.ledger.seal import Head
from cost_pipeline.ledger.verify import verify_partition
from cost_pipeline.pipeline.session import Session

_WORKERS: Final = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed; `transaction_date` is None for the ledger itself."""

    transaction_date: date | None
    first: Break


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the ledger is as it was sealed.

    Attributes:
        partitions: Transaction dates with postings.
        batches: How many batches they have.
        postings: How many postings they have.
        head: The last head; 64 zeros if there is none yet.
        heads: How many heads were checked.
        files: How many files were hashed, the ledger's and those that it was made from.
        uncovered: Commits that no head covers yet: those of a run that was killed, or still works.
        signed: How many heads are signed; each signature was checked.
        broken: What is not as it was sealed: postings first, then heads, log and files.
    """

    partitions: int
    batches: int
    postings: int
    head: str
    heads: int
    files: int
    uncovered: int
    signed: int
    broken: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        numbers = {
            name: getattr(self, name)
            for name in ("partitions", "batches", "postings", "head", "heads", "files",
                         "uncovered", "signed")
        }  # fmt: skip
        first = None
        if self.broken:
            day = self.broken[0].transaction_date
            first = {
                "transaction_date": day and day.isoformat(),
                **asdict(self.broken[0].first),
            }
        return {"ok": not self.broken, **numbers, "first_broken": first}


def verify_ledger(
    session: Session, *, expected_head: str | None = None, public_key: str | None = None
) -> Verification:
    """Checks what the ledger says of itself, and what is known of it from elsewhere.

    Args:
        session: The run.
        expected_head: A head that was noted earlier; it must be one of the heads.
        public_key: Whose signature the last head must have, in hex.
    """
    known = replay(session.lake.table(HEADS).snapshot().read())
    findings: list[Finding] = []
    if isinstance(known, HeadBreak):
        findings.append(_finding("heads", known.message, known.expected, known.found))
        known = Replayed(Gathered(), frozenset(), {}, ())
    else:
        findings += _of_heads(known, expected_head, public_key)
    of_files = _of_files(session, known)
    # What the ledger is made from: the heads say nothing of it.
    others = soundness(session.lake.root / "tables", {LEDGER.name}, session.progress)
    files = len(known.files) + others.files
    of_files += [_finding("file", d.message, d.expected, d.found) for d in others.damages]
    try:
        ledger = session.lake.table(LEDGER).snapshot()
    except EnvironmentFailedError as error:
        message = f"the ledger cannot be opened: {error.message}"
        unread = _finding("log", message, "a log that can be read", "none")
        return _verification(known, (), (0, 0, 0), files, (*findings, *of_files, unread))
    log, of_log = _log(session.lake.table(LEDGER).folder, ledger, known.last)
    findings += [*of_log, *of_files, *_of_listing(session, ledger, log, known)]
    counts, of_partitions = _partitions(session, ledger, known.last)
    return _verification(known, log, counts, files, (*of_partitions, *findings))


def _verification(
    known: Replayed,
    log: tuple[LogEntry, ...],
    counts: tuple[int, int, int],
    files: int,
    broken: tuple[Finding, ...],
) -> Verification:
    partitions, batches, postings = counts
    return Verification(
        partitions=partitions,
        batches=batches,
        postings=postings,
        head=known.last.head,
        heads=known.last.sequence,
        files=files,
        uncovered=sum(
            1 for entry in log if entry.version > known.last.ledger_version and entry.tokens
        ),
        signed=len(known.signatures),
        broken=broken,
    )


def _of_heads(
    known: Replayed, expected_head: str | None, public_key: str | None
) -> Iterator[Finding]:
    if expected_head is not None and expected_head not in known.heads:
        message = "the head that was noted is none of the ledger's heads: entries are missing"
        yield _finding("heads", message, expected_head, known.last.head)
    for head, key, signature in known.signatures:
        if not signature_holds(head, key, signature):
            yield _finding("heads", "the signature of a head does not hold", head, signature)
            return
    if public_key is None:
        return
    signed_by = {key for head, key, _ in known.signatures if head == known.last.head}
    if signed_by != {public_key.lower()}:
        message = "the last head is not signed by the key that was named"
        yield _finding("heads", message, public_key, ", ".join(signed_by) or "no signature")


def _log(
    folder: Path, ledger: Snapshot, known: Gathered
) -> tuple[tuple[LogEntry, ...], list[Finding]]:
    version = ledger.identity[1]
    findings = []
    if version < known.ledger_version:
        message = (
            f"the ledger's log ends at version {version} and its heads know version "
            f"{known.ledger_version}: commits are missing at its end"
        )
        findings.append(_finding("log", message, known.ledger_version, version))
    try:
        return tuple(log_entries(folder, 0, version)), findings
    except EnvironmentFailedError as error:
        findings.append(_finding("log", f"{error.message}: {error.where}", "an entry", "none"))
        return (), findings


def _of_files(session: Session, known: Replayed) -> list[Finding]:
    """Finds files that the heads know and whose bytes are others."""
    folder = session.lake.table(LEDGER).folder
    findings = []
    names = sorted(known.files)
    with ThreadPoolExecutor(_WORKERS) as pool:
        hashes = pool.map(lambda name: _hash(folder / name), names)
        for number, (name, found) in enumerate(zip(names, hashes, strict=True)):
            session.progress("hashing files", number + 1, len(names))
            if found != known.files[name]:
                message = f"the file {name} is not as it was written"
                findings.append(
                    _finding("file", message, known.files[name], found or "no file", _day_of(name))
                )
    return findings


def _of_listing(
    session: Session, ledger: Snapshot, log: tuple[LogEntry, ...], known: Replayed
) -> list[Finding]:
    """Compares the log with the heads, and the files that the ledger reads with the log."""
    findings = []
    for entry in log:
        strangers = {entry.path, *entry.added} - known.files.keys()
        if entry.version <= known.last.ledger_version and strangers:
            message = f"version {entry.version} of the log has files that no head knows"
            findings.append(_finding("log", message, "none", min(strangers)))
    read = names_in(session.lake.table(LEDGER).folder, ledger.files())
    if log and (wrong := misread(log, read)):
        message = "the files that are read are not those that the log adds"
        findings.append(_finding("log", message, f"{wrong.added} files", wrong.first))
    return findings


def _hash(file: Path) -> str | None:
    try:
        return hash_file(file)
    except OSError:
        return None


def _day_of(name: str) -> date | None:
    key, _, value = name.partition("/")[0].partition("=")
    return date.fromisoformat(value) if key == LEDGER.partition else None


def _partitions(
    session: Session, ledger: Snapshot, known: Gathered
) -> tuple[tuple[int, int, int], list[Finding]]:
    """Returns how many partitions, batches and postings are whole, and what is not."""
    present = {date.fromisoformat(day): files for day, files in ledger.files_by_partition().items()}
    days = sorted(present.keys() | known.partitions.keys())
    broken: list[Finding] = []
    batches = postings = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        checked = pool.map(lambda day: _verify(ledger, day, present.get(day, []), known), days)
        for number, result in enumerate(checked):
            session.progress("verifying transaction dates", number + 1, len(days))
            if isinstance(result, Verified):
                batches += result.batches
                postings += result.postings
            else:
                broken.append(Finding(result.transaction_date, result.first))
    return (len(days), batches, postings), broken


def _verify(
    ledger: Snapshot, day: date, files: Sequence[str], known: Gathered
) -> Verified | Broken:
    top = known.partitions.get(day)
    head = Head(top.batch, top.root) if top else None
    try:
        return verify_partition(day, ledger.stream(files), head=head)
    except EnvironmentFailedError as error:
        message = f"a file cannot be read: {error.where}"
        return Broken(
            day, (Break(None, None, None, "file", message, "a whole file", error.message),)
        )


def _finding(
    group: str, message: str, expected: object, found: object, day: date | None = None
) -> Finding:
    return Finding(day, Break(None, None, None, group, message, str(expected), str(found)))
