"""The audit log: written and synced before the commit that it announces.

The commit carries the block's token, so a rerun can tell a commit that was made from one that never
was, and marks the latter void. To be sure that a process that was only slow does not make it after
all, the token is taken first (`delta.fence`): such a process then fails, looks again and announces
anew. Each open lake writes a chain of its own, so processes do not wait for each other.
"""

from __future__ import annotations

import os
import platform
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.lake.audit_blocks import (
    ANNOUNCED,
    FIRST_ROOT,
    HEADER,
    VOID,
    Block,
    block_from_row,
    digest_of_subjects,
    ends,
    token_of,
    tokens_by_table,
)
from cost_pipeline.lake.delta import (
    COMMITTED,
    FENCED,
    Part,
    StaleSnapshotError,
    Table,
    fence,
    tokens_of,
)
from cost_pipeline.lake.tables import AUDIT_LOG, TableSpec

# On another machine nobody can be asked whether it lives: after this it is taken for dead, and if
# it is not, it only has to announce once more.
_GIVEN_UP: Final = timedelta(hours=1)

# Blocks that this process has announced and neither committed nor given up.
_in_flight: set[str] = set()


def _now() -> datetime:
    return datetime.now(UTC)


def _new_chain() -> str:
    return uuid.uuid4().hex


class AuditLog:
    """Announces the commits of a lake.

    Args:
        table: The log's own table.
        folder: Where the lake's tables lie.
        clock: The present instant.
        name: Names a chain; no two may be alike.
    """

    def __init__(
        self,
        table: Table,
        folder: Path,
        *,
        clock: Callable[[], datetime] = _now,
        name: Callable[[], str] = _new_chain,
    ) -> None:
        self._table = table
        self._folder = folder
        self._clock = clock
        self._name = name
        self._chain: str | None = None
        self._number = 0
        self._root = FIRST_ROOT
        self._parents: tuple[str, ...] = ()
        self._process = 0
        self._lock = threading.Lock()

    @contextmanager
    def announced(
        self, spec: TableSpec, rows: pa.Table, tokens: Mapping[str, int], run_id: str
    ) -> Iterator[str]:
        """Announces the rows that a commit will append; the commit is made inside.

        Yields:
            The token that the commit must carry as `COMMITTED`.
        """
        with self._lock:
            root = self._announce(spec, rows, tokens, run_id)
        try:
            yield token_of(root)
        except StaleSnapshotError:  # somebody else was first: this commit was not and will not be
            with self._lock:
                self._void(spec.name, root, run_id)
            raise
        except BaseException:
            self._chain = None  # what became of it is for the next chain to find out
            raise
        finally:
            _in_flight.discard(root)

    def settle(self, run_id: str) -> int:
        """Marks void what was announced by processes that died before their commit.

        Returns:
            How many blocks were marked.
        """
        with self._lock:
            headers = self.headers()
            unsettled = self._unsettled(headers)
            dead = [r for b, r in ends(headers) if r in unsettled and self._given_up(b, r)]
            if dead and not self._has_begun():
                self._begin(run_id)  # settles
            elif dead:
                self._settle(headers, run_id)
        return len(dead)

    def _announce(
        self, spec: TableSpec, rows: pa.Table, tokens: Mapping[str, int], run_id: str
    ) -> str:
        subjects = [_subjects(rows, audited.subject, audited.where) for audited in spec.audited]
        told = [
            (audited.event, hashes)
            for audited, hashes in zip(spec.audited, subjects, strict=True)
            if len(hashes)
        ]
        if not self._has_begun():
            self._begin(run_id)
        block = self._block(
            ANNOUNCED,
            spec.name,
            run_id,
            tokens=tuple(f"{writer}={number}" for writer, number in sorted(tokens.items())),
            events=tuple(event for event, _ in told),
            subjects=[hashes for _, hashes in told],
        )
        _in_flight.add(block.root)  # before it can be seen
        self._append(block, [hashes for _, hashes in told])
        return block.root

    def _begin(self, run_id: str) -> None:
        """Begins a new chain behind the ends of all that are settled."""
        self._chain, self._number, self._root = self._name(), 0, FIRST_ROOT
        self._process = os.getpid()
        headers = self.headers()
        settled = {root for _, root in ends(headers)} - self._unsettled(headers)
        self._parents = tuple(sorted(settled))
        self._settle(headers, run_id)

    def _unsettled(self, headers: list[tuple[Block, str]]) -> set[str]:
        """Returns the ends that announce a commit that is not there."""
        open_ends = [(block, root) for block, root in ends(headers) if block.kind == ANNOUNCED]
        made = self.fates(open_ends)
        return {root for _, root in open_ends if made.get(root) != COMMITTED}

    def _settle(self, headers: list[tuple[Block, str]], run_id: str) -> None:
        unsettled = self._unsettled(headers)
        for block, root in ends(headers):
            if root not in unsettled or not self._given_up(block, root):
                continue
            if fence(self._folder / block.table, token_of(root), run_id=run_id) == FENCED:
                self._void(block.table, root, run_id)

    def _given_up(self, block: Block, root: str) -> bool:
        """Whether nobody is about to make the commit any more."""
        if block.host != platform.node():
            return self._clock() - block.announced_at > _GIVEN_UP
        if block.process == os.getpid():
            return root not in _in_flight
        return not _lives(block.process)

    def _void(self, table: str, root: str, run_id: str) -> None:
        if not self._has_begun():
            self._begin(run_id)
        self._append(self._block(VOID, table, run_id, voids=root), [])

    def _has_begun(self) -> bool:
        """Whether there is a chain of this very process: a forked child begins its own."""
        return self._chain is not None and self._process == os.getpid()

    def _block(
        self,
        kind: str,
        table: str,
        run_id: str,
        *,
        tokens: tuple[str, ...] = (),
        events: tuple[str, ...] = (),
        subjects: list[pa.Array] | None = None,
        voids: str | None = None,
    ) -> Block:
        assert self._chain is not None  # noqa: S101 - for the type checker
        return Block(
            chain=self._chain,
            number=self._number + 1,
            kind=kind,
            previous_root=self._root,
            parents=() if self._number else self._parents,
            voids=voids,
            table=table,
            tokens=tokens,
            events=events,
            subjects_digest=digest_of_subjects(subjects or []),
            host=platform.node(),
            process=os.getpid(),
            announced_at=self._clock(),
            run_id=run_id,
        )

    def _append(self, block: Block, subjects: list[pa.Array]) -> None:
        row: dict[str, Any] = {name: getattr(block, name) for name in Block.__slots__}
        row |= {"day": block.announced_at.date(), "root": block.root}
        lengths = [len(hashes) for hashes in subjects]
        borders = [sum(lengths[:place]) for place in range(len(lengths) + 1)]
        flat = pa.concat_arrays(subjects) if subjects else pa.array([], pa.string())
        inner = pa.ListArray.from_arrays(pa.array(borders, pa.int32()), flat)
        outer = pa.ListArray.from_arrays(pa.array([0, len(subjects)], pa.int32()), inner)
        columns = {
            field.name: outer
            if field.name == "subjects"
            else pa.array([row[field.name]], field.type)
            for field in AUDIT_LOG.schema
        }
        part = Part(f"audit/{block.chain}", block.number, pa.table(columns))
        try:
            self._table.append_once([part], run_id=block.run_id)
        except BaseException:
            _in_flight.discard(block.root)
            self._chain = None  # whether it is there is not known: the chain ends here
            raise
        self._number, self._root = block.number, block.root

    def headers(self) -> list[tuple[Block, str]]:
        """Returns every block with its root, without the hashes of its rows."""
        rows = self._table.snapshot().read(columns=HEADER).to_pylist()
        return [(block_from_row(row), row["root"]) for row in rows]

    def fates(self, blocks: Iterable[tuple[Block, str]]) -> dict[str, int]:
        """Returns the roots of the decided blocks and whether the commit of each was made."""
        found: dict[str, int] = {}
        for table, tokens in tokens_by_table(blocks).items():
            found |= tokens_of(self._folder / table, tokens)
        return {token.removeprefix(token_of("")): fate for token, fate in found.items()}


def _subjects(rows: pa.Table, column: str, where: str) -> pa.Array:
    found = query(f'select "{column}" as subject from rows where {where}', rows=rows)["subject"]
    return found.combine_chunks() if found.num_chunks != 1 else found.chunk(0)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
