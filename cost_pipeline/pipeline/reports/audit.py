"""Holds the audit log against the tables that it announces, and exports it for a SIEM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.audit_blocks import (
    ANNOUNCED,
    VOID,
    Block,
    block_from_row,
    chain_breaks,
    digest_of_subjects,
    token_of,
)
from cost_pipeline.lake.delta import COMMITTED, FENCED
from cost_pipeline.lake.tables import AUDIT_LOG
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 3

_TOLD: Final = """
    with kept as (select root from fates where fate = 1),
    told as (
        select unnest(events) as event, unnest(subjects) as hashes
        from {table} semi join kept using (root) where {of_table})
    select unnest(hashes) as subject from told where {of_event}
"""

# Columns: line (JSON).
_EXPORTED: Final = """
    with told as (
        select announced_at, run_id, "table", chain, number, root,
            unnest(events) as event, unnest(subjects) as hashes
        from blocks where kind = 'announced'
    ), every as (select * exclude (hashes), unnest(hashes) as subject from told)
    select json_object(
        'time', strftime(announced_at::timestamp, '%Y-%m-%dT%H:%M:%S.%fZ'), 'event', event,
        'subject', subject, 'table', "table", 'state', coalesce(state, 'open'), 'run_id', run_id,
        'chain', chain, 'block', number, 'root', root)::varchar as line
    from every left join states using (root)
    order by announced_at, chain, number, event, subject
"""


@dataclass(frozen=True, slots=True)
class AuditVerification:
    """What the audit log says, and whether it is whole and says what was committed.

    Attributes:
        blocks: Announcements, those that are void included.
        events: Events of commits that were made.
        void: Announcements of commits that never were.
        open: Announcements of which nothing is known yet: of a run under way, or one that died.
        problems: What is wrong, in words.
    """

    blocks: int
    events: int
    void: int
    open: int
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "ok": not self.problems,
            "blocks": self.blocks,
            "events": self.events,
            "void": self.void,
            "open": self.open,
            "problems": list(self.problems),
        }


def verify_audit(session: Session) -> AuditVerification:
    """Recomputes every hash of the log and compares it with what its tables hold."""
    # Tables as they are at one moment, and whatever was announced until then: a run that commits
    # while we look is neither missed nor taken for a liar.
    tables = {spec.name: session.lake.table(spec).snapshot() for spec in session.feed.audited}
    blocks = session.lake.audit.headers()
    fates = {
        root: fate
        for block, root in blocks
        if block.table in tables and (fate := tables[block.table].sequence(token_of(root)))
    }
    announced = [(block, root) for block, root in blocks if block.kind == ANNOUNCED]
    problems = [*chain_breaks(blocks), *_changed_hashes(session), *_wrong_voids(blocks, fates)]
    events = 0
    for spec in session.feed.audited:
        for audited in spec.audited:
            told = _told(session, spec.name, audited.event, fates)
            actual = tables[spec.name].query(
                f'select "{audited.subject}" as subject from {{table}} where {audited.where}'
            )
            events += told.num_rows
            problems += _differing(f"{audited.event} ({spec.name})", told, actual)
    return AuditVerification(
        blocks=len(announced),
        events=events,
        void=sum(fates.get(root) == FENCED for _, root in announced) + _lost_races(blocks, fates),
        open=sum(root not in fates for _, root in announced) - _lost_races(blocks, fates),
        problems=tuple(problems),
    )


def audit_lines(
    session: Session, first: date | None = None, last: date | None = None
) -> Iterator[pa.ChunkedArray]:
    """Yields every event announced on these days (both included) as JSON lines, day by day."""
    log = session.lake.table(AUDIT_LOG).snapshot()
    blocks = session.lake.audit.headers()
    states = _states(blocks, session.lake.audit.fates(blocks))
    days = sorted({block.announced_at.date() for block, _ in blocks})
    for day in days:
        if (first is None or day >= first) and (last is None or day <= last):
            of_day = log.read(where=equals("day", day))
            yield query(_EXPORTED, blocks=of_day, states=states)["line"]


def _told(session: Session, table: str, event: str, fates: dict[str, int]) -> pa.Table:
    known = pa.table(
        {
            "root": pa.array(list(fates), pa.string()),
            "fate": pa.array(list(fates.values()), pa.int64()),
        }
    )
    log = session.lake.table(AUDIT_LOG).snapshot()
    told = _TOLD.format(
        table="{table}", of_table=equals('"table"', table), of_event=equals("event", event)
    )
    return log.query(told, fates=known)


def _changed_hashes(session: Session) -> Iterator[str]:
    """Returns blocks whose stored row hashes are not those that their root covers, day by day."""
    log = session.lake.table(AUDIT_LOG).snapshot()
    days = log.query("select distinct day from {table} order by day")["day"].to_pylist()
    for day in days:
        rows = log.read(where=equals("day", day))
        for place, row in enumerate(rows.drop_columns(["subjects"]).to_pylist()):
            block = block_from_row(row)
            stored = rows["subjects"].slice(place, 1).combine_chunks().flatten()
            try:
                found = digest_of_subjects([stored[n].values for n in range(len(stored))])
            except ValueError:
                found = ""
            if found != block.subjects_digest:
                yield (
                    f"block {block.number} of chain {block.chain[:8]} was changed: its events are "
                    "not those that it was sealed with"
                )


def _wrong_voids(blocks: list[tuple[Block, str]], fates: dict[str, int]) -> Iterator[str]:
    """Returns commits that are called void and were made; dead ones that nobody called void."""
    voided = {block.voids for block, _ in blocks if block.kind == VOID}
    for block, root in blocks:
        where = f"block {block.number} of chain {block.chain[:8]} ({block.table})"
        if root in voided and fates.get(root) == COMMITTED:
            yield f"{where} is called void, but its commit was made"
        if root not in voided and fates.get(root) == FENCED:
            yield f"{where} was never committed and is not marked void: run again"


def _lost_races(blocks: list[tuple[Block, str]], fates: dict[str, int]) -> int:
    """Returns void announcements whose table never heard of them: another run was first."""
    voided = {block.voids for block, _ in blocks if block.kind == VOID}
    return sum(root in voided and root not in fates for _, root in blocks)


def _differing(what: str, told: pa.Table, actual: pa.Table) -> Iterator[str]:
    for words, one, other in (
        ("has no event in the audit log", actual, told),
        ("is in the audit log and not in its table", told, actual),
    ):
        rest = query("from one except all from other", one=one, other=other)["subject"]
        if len(rest):
            some = ", ".join(s[:16] for s in rest.slice(0, _SHOWN).to_pylist())
            yield f"{what}: {len(rest):,} times a row {words}: {some}"


def _states(blocks: list[tuple[Block, str]], fates: dict[str, int]) -> pa.Table:
    voided = {block.voids for block, _ in blocks if block.kind == VOID}
    told = {
        root: "committed" if fates.get(root) == COMMITTED else "void"
        for _, root in blocks
        if root in voided or root in fates
    }
    return pa.table(
        {
            "root": pa.array(list(told), pa.string()),
            "state": pa.array(list(told.values()), pa.string()),
        }
    )
