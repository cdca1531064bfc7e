"""From what the rules answered to findings: how grave each is, and its explanation in full.

A rule's own statement has numbers and its own words; what is said of every rule in the same way (what
was due and paid, caveats, what was not evaluated) is said here, for all rules in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.findings import FINDING_SCHEMA, Severity
from cost_pipeline.rules.numbers import money
from cost_pipeline.rules.spelling import spelled
from cost_pipeline.rules.sql import Query, dollars

ANSWER_SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("context", pa.int64()),
        pa.field("why", pa.string()),
        pa.field("due", pa.int64()),
        pa.field("paid", pa.int64()),
        pa.field("broken", pa.bool_()),
        pa.field("words", pa.string()),
    ]
)
"""What one rule answers: for which card (its row number) in which context, why it cannot be
evaluated, money in ten-thousandths, whether a rule without money is broken, and its own words."""

CARD_RULE: Final = "card.evaluated"
CARD_FAMILY: Final = "card"
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
_NAMES: Final = ("rule", "family", "pack", "grade", "caveat")

# Cards that cannot be looked at: non-union work is none to look at, which is in order.
REFUSED: Final = """
SELECT id, CAST(0 AS BIGINT) AS context, CASE WHEN agreement <> 'non_union' THEN unknown END AS why,
    CAST(NULL AS BIGINT) AS due, CAST(NULL AS BIGINT) AS paid,
    CASE WHEN agreement = 'non_union' THEN false END AS broken, unknown AS words
FROM refused
"""
_MONEY: Final = """CASE
    WHEN due IS NULL THEN ''
    WHEN paid IS NULL THEN concat('. Due ', said_due, '; what was paid is not on the card')
    WHEN floor AND paid >= due THEN concat('. Due at least ', said_due, ', paid ', said_paid)
    WHEN due = paid THEN concat('. Due and paid ', said_due)
    WHEN due > paid
        THEN concat('. Due ', said_due, ', paid ', said_paid, ': ', said_apart, ' too little')
    ELSE concat('. Due ', said_due, ', paid ', said_paid, ': ', said_apart, ' more than due') END"""
_TOLD: Final = f"""
SELECT severity,
    CASE WHEN evaluated THEN due END AS due,
    CASE WHEN evaluated THEN paid END AS paid,
    CASE WHEN evaluated THEN CASE WHEN floor THEN greatest(due - paid, 0) ELSE due - paid END END
        AS difference,
    CASE WHEN NOT evaluated
         THEN concat('not evaluated: ', coalesce(why, 'something it needs is not on the card'))
         WHEN quiet <> '' AND due = 0 AND paid = 0 THEN quiet
         WHEN caveat = '' OR (severity = '{Severity.OK}' AND coalesce(due, 0) = 0)
         THEN concat(words, {_MONEY})
         ELSE concat(words, {_MONEY}, '. ', rtrim(caveat, '.')) END AS explanation
FROM (SELECT *, severity <> '{Severity.NOT_EVALUATED}' AS evaluated FROM (SELECT *, CASE
    WHEN why IS NOT NULL THEN '{Severity.NOT_EVALUATED}'
    WHEN broken IS NOT NULL THEN CASE WHEN broken THEN grade ELSE '{Severity.OK}' END
    WHEN due IS NULL THEN '{Severity.NOT_EVALUATED}'
    WHEN paid IS NULL
        THEN CASE WHEN silent OR due = 0 THEN '{Severity.OK}' ELSE '{Severity.FLAG}' END
    WHEN due > paid THEN grade
    WHEN due < paid AND NOT floor THEN '{Severity.FLAG}'
    ELSE '{Severity.OK}' END AS severity FROM answers))
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that was asked of cards, and its answers (`ANSWER_SCHEMA`).

    `query` is None for what is said of cards that no rule can be asked of.
    """

    query: Query | None
    answers: pa.Table


def findings(
    connection: duckdb.DuckDBPyConnection, cards: pa.Table, terms: pa.Table, asked: Sequence[Asked]
) -> pa.Table:
    """The findings (`FINDING_SCHEMA`), in the order of the cards, then of the rules.

    Args:
        connection: A session.
        cards: What was evaluated.
        terms: The terms of the contexts, by their number.
        asked: Every rule with its answers, each in the order of the cards.
    """
    answers = pa.concat_tables([one.answers for one in asked]).combine_chunks()
    number = np.repeat(np.arange(len(asked)), [one.answers.num_rows for one in asked])
    order = np.argsort(answers["id"].to_numpy(), kind="stable")
    answers, number = answers.take(order), number[order]
    named = _named(terms, asked)
    place = number * terms.num_rows + answers["context"].to_numpy()
    due, paid = answers["due"].combine_chunks(), answers["paid"].combine_chunks()
    apart = pc.abs(pc.subtract(due, paid))
    columns = {name: answers[name] for name in ("why", "due", "paid", "broken", "words")}
    columns |= {name: named[name].take(place) for name in ("grade", "caveat")}
    columns |= {name: flags.take(number) for name, flags in _manners(asked).items()}
    amounts = {"said_due": due, "said_paid": paid, "said_apart": apart}
    columns |= spelled(connection, {name: (values, dollars) for name, values in amounts.items()})
    connection.register("answers", pa.table(columns))
    told = connection.sql(_TOLD).to_arrow_table()
    columns = {name: cards[name].combine_chunks().take(answers["id"]) for name in _OF_CARD}
    columns |= {name: named[name].take(place) for name in ("rule", "family", "pack")}
    columns |= {name: told[name] for name in ("severity", "explanation")}
    columns |= {name: money(told[name]) for name in ("due", "paid", "difference")}
    return pa.table([columns[name] for name in FINDING_SCHEMA.names], schema=FINDING_SCHEMA)


def _manners(asked: Sequence[Asked]) -> dict[str, pa.Array]:
    """How each rule is spoken of, whatever the context: see `Query`."""
    queries = [one.query for one in asked]
    return {
        "floor": pa.array([query is not None and query.floor for query in queries]),
        "silent": pa.array([query is not None and query.unpaid_is_silent for query in queries]),
        "quiet": pa.array(["" if query is None else query.quiet for query in queries]),
    }


def _named(terms: pa.Table, asked: Sequence[Asked]) -> dict[str, pa.Array]:
    """What each rule is called in each context: rule after rule, each for all contexts."""
    found: dict[str, list[str | None]] = {name: [] for name in _NAMES}
    for one in asked:
        for name in _NAMES:
            found[name] += _of(terms, one.query, name)
    return {name: pa.array(values, pa.string()) for name, values in found.items()}


def _of(terms: pa.Table, query: Query | None, name: str) -> list[str | None]:
    if query is None:
        words = {"rule": CARD_RULE, "family": CARD_FAMILY, "pack": None, "caveat": ""}
        return [words.get(name)] * terms.num_rows
    if name == "grade" and query.at_most:
        return [Severity.FLAG.value] * terms.num_rows
    column: list[str | None] = terms[f"{query.slot}__{name}"].to_pylist()
    return column
