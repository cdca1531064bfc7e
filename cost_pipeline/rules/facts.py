"""The facts of each card, laid out as tables of a session, for the families to look at.

Step by step: times (`timed`), rest and which shifts count as one (`shifts`), hours by tier and the
sums of the week (`tiers`), meals (`breaks`). Each step is a table with a card's `id` and few columns,
because a window carries every column of its input, and with the terms there would be hundreds.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb
import pyarrow as pa

from cost_pipeline.rules.breaks import BREAK_COLUMNS, BREAKS, bands
from cost_pipeline.rules.context import Epochs
from cost_pipeline.rules.families import QUERIES
from cost_pipeline.rules.numbers import units
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.paid import PAID_COLUMNS, paid_for
from cost_pipeline.rules.shifts import RESTS, SHIFT_COLUMNS, SHIFTS
from cost_pipeline.rules.terms import TERMS_SCHEMA
from cost_pipeline.rules.tiers import TIER_COLUMNS, TIERS
from cost_pipeline.rules.timed import PEOPLE, TIMED, TIMED_COLUMNS, days_table, terms_table

_WORD: Final = re.compile(r"[a-z_0-9]+")
_FAMILIES: Final = frozenset(_WORD.findall(" ".join(query.sql() for query in QUERIES)))
_LATER: Final = _FAMILIES | frozenset(_WORD.findall(f"{RESTS} {SHIFTS} {TIERS} {BREAKS}"))
_TIMED: Final = [name for name in TIMED_COLUMNS if name in _LATER]
_KEPT: Final = [
    name
    for name in (*_TIMED, *PAID_COLUMNS, *SHIFT_COLUMNS, *TIER_COLUMNS, *BREAK_COLUMNS)
    if name in _FAMILIES
]
_FACTS: Final = f"""
SELECT {", ".join(dict.fromkeys(("id", "context", *_KEPT)))}
FROM timed LEFT JOIN paid USING (id) JOIN shifts USING (id) JOIN tiers USING (id)
JOIN breaks USING (id)
"""
STAGES: Final = {
    "people": PEOPLE,
    "timed": f"SELECT {', '.join(_TIMED)} FROM ({TIMED})",
    "rests": RESTS,
    "shifts": SHIFTS,
    "tiers": TIERS,
    "breaks": BREAKS,
    "facts": _FACTS,
}
"""Name of each table to its statement; `TERMS` stands for the terms that the statement names."""


def lay_out(connection: duckdb.DuckDBPyConnection, cards: pa.Table, packs: Packs) -> None:
    """Make the table `facts`, one narrow row for each card, and `terms`, in a session.

    The steps are tables of their own with a card's `id` (its row number in `cards`, from 0) and few
    columns: a window carries every column of its input, and with the terms there would be hundreds.
    """
    days, starts = days_table(cards, Epochs(packs))
    found = terms_table(cards, packs, days, starts)
    paid = paid_for(cards)
    for place, field in enumerate(cards.schema):
        if pa.types.is_decimal(field.type):
            cards = cards.set_column(place, field.name, units(cards[field.name]))
    tables = {"cards": cards, "days": days, "starts": starts, "found": found, "paid": paid}
    for name, table in {**tables, "bands": bands(packs)}.items():
        connection.register(name, table)
    connection.execute("CREATE TEMP TABLE terms AS SELECT * FROM found")
    for name, statement in STAGES.items():
        connection.execute(f"CREATE TEMP TABLE {name} AS {with_terms(statement)}")


_TERM: Final = re.compile(r"\b[a-z_]+__[a-z_0-9]+\b")


def with_terms(statement: str) -> str:
    """A statement with `TERMS` in the place of the terms: only the columns that it names."""
    named = sorted(set(_TERM.findall(statement)) & _TERM_NAMES)
    return statement.replace("TERMS", f"(SELECT {', '.join(['context', *named])} FROM terms)")


_TERM_NAMES: Final = frozenset(TERMS_SCHEMA.names)
