"""Blocks of the audit log: what one holds, what its root covers, whether a log of them is whole.

A block announces one commit of one table: the tokens of the commit, and the hashes of the rows that
will be parsed, rejected, converted or posted by it. Blocks of one process form a chain; the first
block of a chain names the ends of all chains that were settled before it. So the log is one graph
of hashes without a single writer, and a block that is taken out is missed by the one behind it.

Pure: reading and writing are `audit_log`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.canonical import Value, digest
from cost_pipeline.lake.tables import AUDIT_LOG

ANNOUNCED: Final = "announced"
VOID: Final = "void"
FIRST_ROOT: Final = "0" * 64
HASH_LENGTH: Final = 64

HEADER: Final = tuple(name for name in AUDIT_LOG.schema.names if name != "subjects")
"""Everything of a block but the hashes of its rows."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block without the hashes of its rows, which its `subjects_digest` covers.

    Attributes:
        chain: The process that wrote it.
        number: Its place there, from 1.
        kind: `announced`, or `void` for one that says that another was never committed.
        previous_root: The root of the block before it in the chain.
        parents: In the first block of a chain, the roots of the ends of other chains.
        voids: The root of the block that is void.
        table: The table of the commit.
        tokens: `writer=sequence` of each application transaction of the commit.
        events: What happens to the rows.
    """

    chain: str
    number: int
    kind: str
    previous_root: str
    parents: tuple[str, ...]
    voids: str | None
    table: str
    tokens: tuple[str, ...]
    events: tuple[str, ...]
    subjects_digest: str
    host: str
    process: int
    announced_at: datetime
    run_id: str

    @property
    def root(self) -> str:
        """The hash of everything that the block says, and of the blocks before it."""
        parts: list[Value] = [self.chain, self.number, self.kind, self.previous_root, self.voids]
        for texts in (self.parents, self.tokens, self.events):
            parts += [len(texts), *texts]
        parts += [self.table, self.subjects_digest, self.host, self.process]
        return digest("audit_block", *parts, self.announced_at.isoformat(), self.run_id)


def block_from_row(row: Mapping[str, Any]) -> Block:
    """Returns a stored block."""
    values = {name: row[name] for name in Block.__slots__}
    for name in ("parents", "tokens", "events"):
        values[name] = tuple(values[name])
    return Block(**values)


def token_of(root: str) -> str:
    """Returns the application transaction by which a table says that a block's commit was made."""
    return f"audit/{root}"


def digest_of_subjects(subjects: Sequence[pa.Array]) -> str:
    """Returns one hash over the hashes of each event's rows, in order; no loop over rows.

    Raises:
        ValueError: If one is not a hash: the borders between them would then be lost.
    """
    parts: list[Value] = []
    for hashes in subjects:
        if not pc.all(pc.equal(pc.binary_length(hashes), HASH_LENGTH), min_count=0).as_py():
            raise ValueError("a subject of an audit event is not a hash")
        parts += [len(hashes), hashlib.sha256(_bytes(hashes)).hexdigest()]
    return digest("audit_subjects", *parts)


def _bytes(hashes: pa.Array) -> memoryview:
    """Returns the texts of an array of hashes, one after the other, where they lie."""
    data = hashes.buffers()[2]
    if data is None or not len(hashes):
        return memoryview(b"")
    start = hashes.offset * HASH_LENGTH
    return memoryview(data)[start : start + len(hashes) * HASH_LENGTH]


def chain_breaks(blocks: Iterable[tuple[Block, str]]) -> Iterator[str]:
    """Yields what is wrong with a log: each block with the root that is stored for it.

    Whether the stored hashes of rows are those of `subjects_digest` is looked at where they are
    read.
    """
    every = list(blocks)
    roots = {root for _, root in every}
    heads: dict[str, tuple[int, str]] = {}
    for block, root in sorted(every, key=lambda pair: (pair[0].chain, pair[0].number)):
        where = f"block {block.number} of chain {block.chain[:8]}"
        number, before = heads.get(block.chain, (0, FIRST_ROOT))
        if block.number != number + 1:
            yield f"{where}: block {number + 1} of that chain is missing or there twice"
        elif block.previous_root != before:
            yield f"{where} does not follow the block before it"
        if block.root != root:
            yield f"{where} was changed: its root is not the hash of what it says"
        for parent in block.parents:
            if parent not in roots:
                yield f"{where} follows a block {parent[:8]} that is missing"
        if block.voids is not None and block.voids not in roots:
            yield f"{where} voids a block {block.voids[:8]} that is missing"
        heads[block.chain] = (block.number, root)


def tokens_by_table(blocks: Iterable[tuple[Block, str]]) -> dict[str, list[str]]:
    """Returns the tokens of the announced commits, by their table."""
    found: dict[str, list[str]] = {}
    for block, root in blocks:
        if block.kind == ANNOUNCED:
            found.setdefault(block.table, []).append(token_of(root))
    return found


def ends(blocks: Iterable[tuple[Block, str]]) -> list[tuple[Block, str]]:
    """Returns the blocks that no other block follows or voids, by root."""
    every = list(blocks)
    followed = {named for block, _ in every for named in (block.previous_root, *block.parents)}
    followed |= {block.voids for block, _ in every if block.voids}
    return sorted((pair for pair in every if pair[1] not in followed), key=lambda pair: pair[1])
