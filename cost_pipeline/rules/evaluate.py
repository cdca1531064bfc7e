"""Timecards come in, findings go out: every rule that applies to a card gives one.

The functions are pure: cards and packs are arguments. Cards of one person on one production must
come together with those around them (their week, and the days before), because rest, weekly limits,
days in a row and ceilings depend on them; `in_chunks` keeps persons whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.contracts.columns import Statements, session
from cost_pipeline.contracts.findings import TOLD_SCHEMA
from cost_pipeline.rules.facts import lay_out
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.telling import REFUSED, Asked, findings, unlooked, unrated
from cost_pipeline.rules.terms import Terms

# Planning the statements of a chunk takes as long as some 40,000 cards; a chunk is held in 2 GB.
CHUNK_CARDS: Final = 300_000
TOLD_CARDS: Final = 50_000


def evaluate(cards: pa.Table, packs: Packs) -> pa.Table:
    """Returns the findings of cards (`TOLD_SCHEMA`): rule by rule, each with its cards in order.

    The findings of the first `TOLD_CARDS` cards come before those of the next so many.

    Args:
        cards: Timecards (`TIMECARD_SCHEMA`); every card gets at least one finding.
        packs: The rules in force; each card meets those of its work date.

    Raises:
        pa.ArrowInvalid: If the cards are not of `TIMECARD_SCHEMA`.
    """
    with session() as connection:
        tables = list(_evaluated(Statements(connection), cards, Terms(packs)))
    return pa.concat_tables(tables) if tables else TOLD_SCHEMA.empty_table()


def _evaluated(statements: Statements, cards: pa.Table, resolver: Terms) -> Iterator[pa.Table]:
    """Yields the findings of cards (`TOLD_SCHEMA`), in tables of `TOLD_CARDS` cards."""
    cards = cards.select(TIMECARD_SCHEMA.names).cast(TIMECARD_SCHEMA)
    if cards.num_rows == 0:
        return
    laid = lay_out(statements, cards, resolver)
    statements.register("refused", laid.refused)
    asked = [Asked(None, statements.table(REFUSED))]
    asked += [Asked(query, laid.answers(query)) for query in laid.meant()]
    asked += [unlooked(cards, asked), unrated(cards, asked)]
    statements.forget("facts")
    yield from findings(statements, cards, laid.terms, asked, at_once=TOLD_CARDS)


def in_chunks(
    batches: Iterable[pa.Table], packs: Packs, *, at_least: int = CHUNK_CARDS
) -> Iterator[pa.Table]:
    """Yields the findings (`TOLD_SCHEMA`) of cards that come ordered by production and worker.

    It holds one chunk in memory, and keeps persons whole, however the batches cut them.

    Args:
        batches: Tables of `TIMECARD_SCHEMA`; a person's cards are next to each other.
        packs: The rules in force.
        at_least: The fewest cards that a chunk has; the last may have fewer.
    """
    resolver = Terms(packs)
    with session() as connection:
        statements = Statements(connection)
        for chunk in _of_whole_persons(batches, at_least):
            yield from _evaluated(statements, chunk, resolver)


def _of_whole_persons(batches: Iterable[pa.Table], at_least: int) -> Iterator[pa.Table]:
    held: pa.Table | None = None
    for batch in batches:
        held = batch if held is None else pa.concat_tables([held, batch])
        if held.num_rows < at_least:
            continue
        ready, held = _at_a_person(held)
        if ready.num_rows:
            yield ready
    if held is not None and held.num_rows:
        yield held


def _at_a_person(cards: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Returns the cards of all persons but the last, and those of the last, who may have more."""
    last = cards.num_rows - 1
    same = pc.and_(
        pc.equal(cards["worker_id"], cards["worker_id"][last]),
        pc.equal(cards["production"], cards["production"][last]),
    )
    where = pc.index(same, value=True).as_py()
    return cards.slice(0, where), cards.slice(where)
