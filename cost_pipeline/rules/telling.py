"""Makes findings of what the rules answered: how grave each is, and its explanation in full.

The statement of a rule has its numbers and its own words. This module says what is said of every
rule in the same way (what was due and paid, caveats, what was not evaluated), in one pass for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import Statements
from cost_pipeline.contracts.findings import TEXTS_OF_CARD, TOLD_SCHEMA, Severity
from cost_pipeline.core.sql import literal
from cost_pipeline.rules.groups import Array, codes, distinct, true, whole
from cost_pipeline.rules.numbers import money
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
evaluated, money in ten-thousandths, whether a rule without money is broken, and its own words.
"""

CARD_RULE: Final = "card.evaluated"
CARD_FAMILY: Final = "card"
SCALE: Final = "scale"
SCALE_RULE: Final = "card.scale"
_DAYS_OF_CARD: Final = ("work_date", "week_ending")

# Cards that cannot be evaluated. Non-union work has no rules to evaluate, which is in order.
REFUSED: Final = """
SELECT id, CAST(0 AS BIGINT) AS context, CASE WHEN agreement <> 'non_union' THEN unknown END AS why,
    CAST(NULL AS BIGINT) AS due, CAST(NULL AS BIGINT) AS paid,
    CASE WHEN agreement = 'non_union' THEN false END AS broken, unknown AS words
FROM refused
"""
# What is said of money, for each distinct pair of amounts.
_MONEY: Final = f"""
WITH spelt AS (
    SELECT due, paid, floor, {dollars("due")} AS said_due, {dollars("paid")} AS said_paid,
        {dollars("abs(due - paid)")} AS said_apart
    FROM amounts)
SELECT CASE
    WHEN due IS NULL THEN ''
    WHEN paid IS NULL THEN concat('. Due ', said_due, '; what was paid is not on the card')
    WHEN floor AND paid >= due THEN concat('. Due at least ', said_due, ', paid ', said_paid)
    WHEN due = paid THEN concat('. Due and paid ', said_due)
    WHEN due > paid
        THEN concat('. Due ', said_due, ', paid ', said_paid, ': ', said_apart, ' too little')
    ELSE concat('. Due ', said_due, ', paid ', said_paid, ': ', said_apart, ' more than due')
    END AS money
FROM spelt
"""
# Columns: severity, due, paid, difference, explanation; one row per answer, in their order.
_TOLD: Final = f"""
WITH judged AS (
    SELECT *, why IS NULL AND (broken IS NOT NULL OR due IS NOT NULL) AS evaluated,
        coalesce(broken, due > paid, false) AS wrong,
        coalesce(CASE WHEN paid IS NULL THEN due <> 0 AND NOT silent
                      ELSE due < paid AND NOT floor END, false) AS doubtful,
        quiet <> '' AND coalesce(due = 0 AND paid = 0, false) AS hushed
    FROM answers)
SELECT CASE WHEN NOT evaluated THEN {literal(Severity.NOT_EVALUATED)} WHEN wrong THEN grade
            WHEN doubtful THEN {literal(Severity.FLAG)} ELSE {literal(Severity.OK)} END AS severity,
    CASE WHEN evaluated THEN due END AS due,
    CASE WHEN evaluated THEN paid END AS paid,
    CASE WHEN evaluated THEN CASE WHEN floor THEN greatest(due - paid, 0) ELSE due - paid END END
        AS difference,
    CASE WHEN NOT evaluated
         THEN concat('not evaluated: ', coalesce(why, 'something it needs is not on the card'))
         WHEN hushed THEN quiet
         ELSE concat(words, money, CASE WHEN wrong OR doubtful OR due <> 0 THEN caveat END)
    END AS explanation
FROM judged
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule that was asked of cards, and its answers (`ANSWER_SCHEMA`).

    `query` is None for answers about cards that no rule can be asked of; `rule` and `family` name
    such an answer.
    """

    query: Query | None
    answers: pa.Table
    rule: str = CARD_RULE
    family: str = CARD_FAMILY


def unlooked(cards: pa.Table, asked: Sequence[Asked]) -> Asked:
    """Returns the answers for the cards that no rule looked at: they are not evaluated."""
    ids = np.flatnonzero(~_looked_at(cards, asked))
    kinds = cards["day_type"].take(ids).to_pylist()
    why = [f"the packs have no rule for a day of {k} of this craft and agreement" for k in kinds]
    return Asked(None, _not_evaluated(ids, why))


def unrated(cards: pa.Table, asked: Sequence[Asked]) -> Asked:
    """Returns the answers for days of work whose craft has no minimum in the packs.

    Silence would look like a rate that is in order.
    """
    rates = [one for one in asked if one.query is None or one.query.slot == SCALE]
    work = true(pc.equal(cards["day_type"], "work"))
    ids = np.flatnonzero(_looked_at(cards, asked) & ~_looked_at(cards, rates) & work)
    crafts = [craft.replace("_", " ") for craft in cards["craft"].take(ids).to_pylist()]
    why = [f"the packs have no minimum rate of a {c} under this agreement" for c in crafts]
    return Asked(None, _not_evaluated(ids, why), SCALE_RULE, SCALE)


def _looked_at(cards: pa.Table, asked: Sequence[Asked]) -> Array:
    """Whether one of the rules answered for each card."""
    found = np.zeros(cards.num_rows, bool)
    for one in asked:
        found[one.answers["id"].to_numpy()] = True
    return found


def _not_evaluated(ids: Array, why: list[str]) -> pa.Table:
    """Returns answers (`ANSWER_SCHEMA`) that say why these cards are not evaluated."""
    given = {"id": ids, "context": np.zeros(len(ids), np.int64), "why": why}
    columns = {
        field.name: pa.array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(len(ids), field.type)
        for field in ANSWER_SCHEMA
    }
    return pa.table(columns, schema=ANSWER_SCHEMA)


def findings(
    statements: Statements,
    cards: pa.Table,
    terms: pa.Table,
    asked: Sequence[Asked],
    *,
    at_once: int,
) -> Iterator[pa.Table]:
    """Yields the findings (`TOLD_SCHEMA`): rule by rule, each with its cards in order.

    Args:
        statements: A session.
        cards: The cards that were evaluated.
        terms: The terms of the contexts, by their number.
        asked: Every rule with its answers, each in the order of the cards.
        at_once: How many cards one table has the findings of.
    """
    manners = pa.concat_tables([_manner(terms, one) for one in asked]).combine_chunks()
    of_cards = cards.select([*TEXTS_OF_CARD, *_DAYS_OF_CARD]).combine_chunks()
    borders = np.arange(0, cards.num_rows + at_once, at_once)
    cuts = np.array([np.searchsorted(one.answers["id"].to_numpy(), borders) for one in asked])
    for first, last in pairwise(cuts.T):
        parts = zip(asked, first, last, strict=True)
        answers = pa.concat_tables([one.answers.slice(f, t - f) for one, f, t in parts])
        manner = np.repeat(np.arange(len(asked)), last - first) * terms.num_rows
        spoken = _coded(manners, manner + whole(answers["context"]))
        yield _told(statements, _of_card(of_cards, whole(answers["id"])), answers, spoken)


def _of_card(cards: pa.Table, rows: Array) -> dict[str, pa.Array]:
    days = {name: cards[name].chunk(0).take(pa.array(rows)) for name in _DAYS_OF_CARD}
    return _coded(cards.drop_columns(_DAYS_OF_CARD), rows) | days


def _coded(table: pa.Table, rows: Array) -> dict[str, pa.Array]:
    """Returns columns of a small table for many rows: dictionaries, so that no word is copied."""
    indices = pa.array(rows, pa.int32())
    return {
        name: pa.DictionaryArray.from_arrays(indices, table[name].chunk(0))
        for name in table.column_names
    }


def _told(
    statements: Statements,
    of_card: dict[str, pa.Array],
    answers: pa.Table,
    manner: dict[str, pa.Array],
) -> pa.Table:
    columns = {name: manner[name] for name in ("grade", "caveat", "floor", "silent", "quiet")}
    columns["money"] = _of_money(statements, answers["due"], answers["paid"], manner["floor"])
    columns |= {name: answers[name] for name in ("why", "due", "paid", "broken", "words")}
    statements.register("answers", pa.table(columns))
    told = statements.table(_TOLD)
    columns = of_card | {name: manner[name] for name in ("rule", "family", "pack")}
    columns |= {name: told[name] for name in ("severity", "explanation")}
    columns |= {name: money(told[name]) for name in ("due", "paid", "difference")}
    return pa.table([columns[name] for name in TOLD_SCHEMA.names], schema=TOLD_SCHEMA)


def _of_money(
    statements: Statements,
    due: pa.ChunkedArray,
    paid: pa.ChunkedArray,
    floor: pa.DictionaryArray,
) -> pa.DictionaryArray:
    """Returns what is said of the money of answers: each distinct sentence is made once."""
    least = np.asarray(floor.dictionary)[floor.indices]
    which, examples = distinct(codes(due), codes(paid), least)
    amounts = {
        "due": due.take(examples),
        "paid": paid.take(examples),
        "floor": least[examples],
    }
    statements.register("amounts", pa.table(amounts))
    sentences = statements.table(_MONEY)["money"].combine_chunks()
    return pa.DictionaryArray.from_arrays(which, sentences)


_MANNER: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("rule", "family", "pack", "grade", "caveat")),
        *(pa.field(name, pa.bool_()) for name in ("floor", "silent")),
        pa.field("quiet", pa.string()),
    ]
)


def _manner(terms: pa.Table, asked: Asked) -> pa.Table:
    """Returns what a rule is called in each context, and how it is spoken of (`_MANNER`)."""
    query = asked.query
    if query is None:
        spoken = {"rule": asked.rule, "family": asked.family, "caveat": "", "quiet": ""}
        return pa.Table.from_pylist(
            [{**spoken, "floor": False, "silent": False}] * terms.num_rows, schema=_MANNER
        )
    of = {name: terms[f"{query.slot}__{name}"].to_pylist() for name in _MANNER.names[:5]}
    if query.at_most:
        of["grade"] = [Severity.FLAG.value] * terms.num_rows
    of["caveat"] = [". " + caveat.rstrip(".") if caveat else "" for caveat in of["caveat"]]
    for name, value in (
        ("floor", query.floor),
        ("silent", query.unpaid_is_silent),
        ("quiet", query.quiet),
    ):
        of[name] = [value] * terms.num_rows
    return pa.table(of, schema=_MANNER)
