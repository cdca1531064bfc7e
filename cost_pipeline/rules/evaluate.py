"""Timecards in, findings out: every rule that applies to a card gives one.

Pure: cards and packs are arguments. Cards of one person on one production must come together with
those around them (their week, and the days before), because rest, weekly limits, days in a row and
ceilings look at them; `in_chunks` keeps persons whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.contracts.columns import session
from cost_pipeline.contracts.findings import FINDING_SCHEMA, Severity
from cost_pipeline.rules.facts import lay_out, with_terms
from cost_pipeline.rules.families import QUERIES
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.sql import dollars

CARD_RULE: Final = "card.evaluated"
CARD_FAMILY: Final = "card"
CHUNK_CARDS: Final = 100_000

_DIFFERENCE: Final = "(due - paid)"
_SEVERITY: Final = f"""CASE
    WHEN why IS NOT NULL THEN '{Severity.NOT_EVALUATED}'
    WHEN broken IS NOT NULL THEN CASE WHEN broken THEN grade ELSE '{Severity.OK}' END
    WHEN due IS NULL THEN '{Severity.NOT_EVALUATED}'
    WHEN paid IS NULL THEN CASE WHEN silent OR due = 0 THEN '{Severity.OK}' ELSE '{Severity.FLAG}' END
    WHEN due > paid THEN grade
    WHEN due < paid AND NOT floor THEN '{Severity.FLAG}'
    ELSE '{Severity.OK}' END"""
_MONEY_WORDS: Final = f"""CASE
    WHEN due IS NULL OR broken IS NOT NULL THEN ''
    WHEN paid IS NULL THEN '. Due ' || {dollars("due")} || '; what was paid is not on the card'
    WHEN floor AND paid >= due THEN '. Due at least ' || {dollars("due")} || ', paid ' || {dollars("paid")}
    WHEN due = paid THEN '. Due and paid ' || {dollars("due")}
    WHEN due > paid THEN '. Due ' || {dollars("due")} || ', paid ' || {dollars("paid")} || ': '
        || {dollars(_DIFFERENCE)} || ' too little'
    ELSE '. Due ' || {dollars("due")} || ', paid ' || {dollars("paid")} || ': '
        || {dollars("(paid - due)")} || ' more than due' END"""
_AMOUNT: Final = "CAST({0} AS DECIMAL(18, 0)) * CAST(0.0001 AS DECIMAL(4, 4))"


def _amount(units: str) -> str:
    return f"CAST({_AMOUNT.format(units)} AS DECIMAL(20, 4))"


_COLUMNS: Final = (
    "fingerprint, vendor, production, transaction_id, work_date, week_ending, worker_id,"
    " department_code, agreement"
)
_FINDINGS: Final = f"""
WITH answers AS ({" UNION ALL ".join(with_terms(query.sql(place)) for place, query in enumerate(QUERIES))}),
judged AS (
    SELECT *, {_SEVERITY} AS severity,
        CASE WHEN floor AND paid > due THEN 0 ELSE due - paid END AS difference
    FROM answers)
SELECT {_COLUMNS.replace("agreement", "timed.agreement")}, family, rule, pack, severity,
    CASE WHEN severity <> '{Severity.NOT_EVALUATED}' THEN {_amount("due")} END AS due,
    CASE WHEN severity <> '{Severity.NOT_EVALUATED}' THEN {_amount("paid")} END AS paid,
    CASE WHEN severity <> '{Severity.NOT_EVALUATED}' THEN {_amount("difference")} END AS difference,
    currency,
    CASE WHEN severity = '{Severity.NOT_EVALUATED}' THEN 'not evaluated: '
            || coalesce(why, 'something it needs is not on the card')
         ELSE coalesce(words, '') || {_MONEY_WORDS}
            || CASE WHEN caveat = '' OR (severity = '{Severity.OK}' AND coalesce(due, 0) = 0) THEN '' ELSE '. ' || rtrim(caveat, '.') END END AS explanation, id, place
FROM judged JOIN timed USING (id)
"""
_REFUSED: Final = f"""
SELECT {_COLUMNS}, '{CARD_FAMILY}' AS family, '{CARD_RULE}' AS rule, NULL AS pack,
    CASE WHEN agreement = 'non_union' THEN '{Severity.OK}' ELSE '{Severity.NOT_EVALUATED}' END
        AS severity,
    NULL AS due, NULL AS paid, NULL AS difference, currency,
    CASE WHEN agreement = 'non_union' THEN unknown ELSE 'not evaluated: ' || unknown END
        AS explanation, id, 0 AS place
FROM timed WHERE unknown IS NOT NULL
"""


_ALL: Final = f"{_FINDINGS} UNION ALL BY NAME {_REFUSED} ORDER BY id, place"


def evaluate(cards: pa.Table, packs: Packs) -> pa.Table:
    """The findings of cards, as `FINDING_SCHEMA`, card by card in the order of the cards.

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
        lay_out(connection, cards, packs)
        findings = connection.sql(_ALL).to_arrow_table()
    return findings.select(FINDING_SCHEMA.names).cast(FINDING_SCHEMA)


def in_chunks(batches: Iterable[pa.Table], packs: Packs) -> Iterator[pa.Table]:
    """Findings of cards that come ordered by production and worker, chunk by chunk.

    Memory is that of a chunk: persons are kept whole, however the batches cut them.

    Args:
        batches: Tables of `TIMECARD_SCHEMA`; a person's cards are next to each other.
        packs: The rules in force.
    """
    held: pa.Table | None = None
    for batch in batches:
        held = batch if held is None else pa.concat_tables([held, batch])
        if held.num_rows < CHUNK_CARDS:
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
