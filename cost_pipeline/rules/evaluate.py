"""Timecards in, findings out: every rule that applies to a card gives one.

Pure: cards and packs are arguments. Cards of one person on one production must come together with
those around them (their week, and the days before), because rest, weekly limits, days in a row and
ceilings look at them; `in_chunks` keeps persons whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.contracts.columns import session
from cost_pipeline.contracts.findings import FINDING_SCHEMA, Severity
from cost_pipeline.rules.facts import lay_out, with_terms
from cost_pipeline.rules.families import QUERIES
from cost_pipeline.rules.numbers import money
from cost_pipeline.rules.pack import Packs

CARD_RULE: Final = "card.evaluated"
CARD_FAMILY: Final = "card"
CHUNK_CARDS: Final = 100_000

_REFUSED: Final = f"""
SELECT id, '{CARD_RULE}' AS rule, '{CARD_FAMILY}' AS family, CAST(NULL AS VARCHAR) AS pack,
    CASE WHEN agreement = 'non_union' THEN '{Severity.OK}' ELSE '{Severity.NOT_EVALUATED}' END
        AS severity,
    CAST(NULL AS BIGINT) AS due, CAST(NULL AS BIGINT) AS paid, CAST(NULL AS BIGINT) AS difference,
    CASE WHEN agreement = 'non_union' THEN unknown ELSE 'not evaluated: ' || unknown END
        AS explanation
FROM refused
"""
_STATEMENTS: Final = [with_terms(query.sql()) for query in QUERIES]
# Planning a statement costs more than running it on a day's cards: ask first which have any.
_ANY: Final = with_terms(
    f"SELECT {', '.join(query.any_card() for query in QUERIES)} FROM facts JOIN TERMS USING (context)"
)
_OF_CARD: Final = (
    "fingerprint",
    "vendor",
    "production",
    "transaction_id",
    "work_date",
    "week_ending",
    "worker_id",
    "department_code",
    "agreement",
    "currency",
)


def evaluate(cards: pa.Table, packs: Packs) -> pa.Table:
    """The findings of cards, as `FINDING_SCHEMA`, card by card in their order, then rule by rule.

    Args:
        cards: `TIMECARD_SCHEMA`. Every card gets at least one finding.
        packs: The rules in force; each card meets those of its work date.

    Raises:
        pa.ArrowInvalid: If the cards are not of `TIMECARD_SCHEMA`.
    """
    cards = cards.select(TIMECARD_SCHEMA.names).cast(TIMECARD_SCHEMA)
    if cards.num_rows == 0:
        return FINDING_SCHEMA.empty_table()
    with session() as connection:
        connection.register("refused", lay_out(connection, cards, packs))
        (wanted,) = connection.sql(_ANY).fetchall()
        chosen = [sql for sql, some in zip(_STATEMENTS, wanted, strict=True) if some]
        answers = [connection.sql(sql).to_arrow_table() for sql in (_REFUSED, *chosen)]
    return _findings(cards, pa.concat_tables(answers))


def _findings(cards: pa.Table, answers: pa.Table) -> pa.Table:
    """Answers with the columns of their cards, in the order of the cards."""
    ids = answers["id"].to_numpy()
    order = np.argsort(ids, kind="stable")
    answers, theirs = answers.take(order), cards.select(_OF_CARD).take(ids[order])
    columns = {name: theirs[name] for name in _OF_CARD}
    columns |= {
        name: answers[name] for name in ("family", "rule", "pack", "severity", "explanation")
    }
    columns |= {name: money(answers[name]) for name in ("due", "paid", "difference")}
    return pa.table([columns[name] for name in FINDING_SCHEMA.names], schema=FINDING_SCHEMA)


def in_chunks(
    batches: Iterable[pa.Table], packs: Packs, *, at_least: int = CHUNK_CARDS
) -> Iterator[pa.Table]:
    """Findings of cards that come ordered by production and worker, chunk by chunk.

    Memory is that of a chunk: persons are kept whole, however the batches cut them.

    Args:
        batches: Tables of `TIMECARD_SCHEMA`; a person's cards are next to each other.
        packs: The rules in force.
        at_least: Cards of a chunk, but for the last.
    """
    held: pa.Table | None = None
    for batch in batches:
        held = batch if held is None else pa.concat_tables([held, batch])
        if held.num_rows < at_least:
            continue
        ready, held = _at_a_person(held)
        if ready.num_rows:
            yield evaluate(ready, packs)
    if held is not None and held.num_rows:
        yield evaluate(held, packs)


def _at_a_person(cards: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The cards of all persons but the last, and those of the last, who may go on."""
    last = cards.num_rows - 1
    same = pc.and_(
        pc.equal(cards["worker_id"], cards["worker_id"][last]),
        pc.equal(cards["production"], cards["production"][last]),
    )
    where = pc.index(same, value=True).as_py()
    return cards.slice(0, where), cards.slice(where)
