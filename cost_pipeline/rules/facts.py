"""The facts of each card, laid out as a table of a session, for the families to look at.

Each step adds columns: times (`timed`), rest and which shifts count as one (`shifts`), meals
(`breaks`), hours by tier and the sums of the week (`tiers`). Statements compute what a card alone
decides, row by row over the facts so far; `groups` computes what depends on the cards around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import Statements
from cost_pipeline.rules.breaks import BREAKS, NEEDED, bands, used_before
from cost_pipeline.rules.families import QUERIES
from cost_pipeline.rules.groups import Groups, whole
from cost_pipeline.rules.numbers import units
from cost_pipeline.rules.paid import paid_for
from cost_pipeline.rules.shifts import RESTS, looked_back, run_on
from cost_pipeline.rules.spelling import said
from cost_pipeline.rules.sql import Query
from cost_pipeline.rules.terms import TERMS_SCHEMA, Terms
from cost_pipeline.rules.tiers import TIERS, summed
from cost_pipeline.rules.timed import TIMED, contexts_of, days_table, persons, twins

BATCH_ROWS: Final = 25_000
_WORD: Final = re.compile(r"[a-z_0-9]+")
_FAMILIES: Final = frozenset(_WORD.findall(" ".join(query.sql() for query in QUERIES)))
# The names of the craft and its group become facts.
_TERM_NAMES: Final = frozenset({*TERMS_SCHEMA.names} - {"unknown", "craft_name", "group_name"})


@dataclass(frozen=True, slots=True)
class Laid:
    """A session with the tables `facts`, a row for each card that can be evaluated, and `terms`.

    Attributes:
        statements: The session.
        terms: The content of the table `terms`.
        names: The columns of `facts`.
        refused: The cards that are impossible or have no rules: `id` (the row number in the cards,
            from 0), `agreement`, and `unknown`, which says why.
    """

    statements: Statements
    terms: pa.Table
    names: frozenset[str]
    refused: pa.Table

    def meant(self) -> list[Query]:
        """Returns the rules that are for any card.

        Planning a statement costs more than running it on a day's cards, so this is asked first.
        """
        rules = {query: self.terms[f"{query.slot}__rule"] for query in QUERIES}
        there = [query for query, named in rules.items() if named.null_count < len(named)]
        if not there:
            return []
        asked = ", ".join(query.any_card() for query in there)
        statement = _narrowed(f"SELECT {asked} FROM FACTS JOIN TERMS USING (context)", self.names)
        some = self.statements.table(statement).columns
        return [query for query, found in zip(there, some, strict=True) if found[0].as_py()]

    def answers(self, query: Query) -> pa.Table:
        """Returns what a rule says of the cards that it is for, in order (`ANSWER_SCHEMA`)."""
        return self.statements.table(_narrowed(query.sql(), self.names))


def lay_out(statements: Statements, cards: pa.Table, resolver: Terms) -> Laid:
    """Makes the facts of cards in a session, with the terms of their contexts.

    Args:
        statements: A session; its tables are replaced.
        cards: Timecards (`TIMECARD_SCHEMA`).
        resolver: Resolves contexts by the packs.
    """
    context, contexts = contexts_of(cards, resolver.epochs)
    terms = resolver.table(enumerate(contexts))
    statements.register("terms", terms)
    statements.register("days", days_table(cards))
    statements.register("bands", bands(resolver.packs))
    person = persons(cards)
    numbers = {
        "id": pa.array(np.arange(cards.num_rows)),
        "context": pa.array(context),
        "person": pa.array(person),
        "twins": pa.array(twins(cards, person)),
        **paid_for(cards),
        **{f.name: units(cards[f.name]) for f in cards.schema if pa.types.is_decimal(f.type)},
    }
    facts = _stated(statements, _with(cards, numbers), TIMED)
    refused = facts.filter(pc.is_valid(facts["unknown"]))
    if refused.num_rows:
        facts = facts.filter(pc.is_null(facts["unknown"]))
    facts = _looked_around(statements, facts)
    facts = _with(facts, said(statements, facts))
    names = _FAMILIES.intersection(facts.column_names) | {"id", "context"}
    statements.register("facts", _in_batches(facts.select(sorted(names))))
    return Laid(statements, terms, names, refused.select(["id", "agreement", "unknown"]))


def _looked_around(statements: Statements, facts: pa.Table) -> pa.Table:
    person, date = whole(facts["person"]), whole(facts["work_date"])
    days = Groups((person,), (date,))
    weeks = Groups((person, whole(facts["week_ending"])), (date,))
    facts = _with(facts, looked_back(facts, days))
    facts = _stated(statements, facts, RESTS)
    facts = _with(facts, run_on(facts, days))
    facts = _stated(statements, facts, BREAKS)
    facts = _with(facts, used_before(facts, days, weeks))
    facts = _stated(statements, facts, NEEDED)
    facts = _stated(statements, facts, TIERS)
    return _with(facts, summed(facts, weeks))


def _with(facts: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Returns the facts with these columns, which replace those of the same name."""
    named = dict(zip(facts.column_names, facts.columns, strict=True)) | dict(columns)
    return pa.table(named)


def _stated(statements: Statements, facts: pa.Table, statement: str) -> pa.Table:
    """Returns the facts with the columns that a statement gives for each `id`.

    The statement is over `FACTS` and `TERMS`.
    """
    statements.register("facts", _in_batches(facts))
    found = statements.table(_narrowed(statement, facts.column_names))
    statements.forget("facts")
    # Joins may give the rows in another order.
    if not found["id"].equals(facts["id"]):
        found = found.take(np.argsort(found["id"].to_numpy(), kind="stable"))
    return _with(facts, dict(zip(found.column_names, found.columns, strict=True)))


def _in_batches(facts: pa.Table) -> pa.Table:
    """Returns the facts in batches, not copied: a thread of DuckDB takes a whole batch."""
    return pa.Table.from_batches(facts.to_batches(max_chunksize=BATCH_ROWS), facts.schema)


def _narrowed(statement: str, names: Iterable[str]) -> str:
    """Returns a statement that reads of `FACTS` and `TERMS` only the columns that it names.

    DuckDB would plan all of them.
    """
    words = {*_WORD.findall(statement), "id", "context"}
    facts, terms = (", ".join(sorted(words.intersection(has))) for has in (names, _TERM_NAMES))
    return statement.replace("FACTS", f"(SELECT {facts} FROM facts)").replace(
        "TERMS", f"(SELECT {terms} FROM terms)"
    )
