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

from cost_pipeline.rules.breaks import BREAKS, bands
from cost_pipeline.rules.context import Epochs
from cost_pipeline.rules.pack import Packs
from cost_pipeline.rules.paid import PAID
from cost_pipeline.rules.shifts import RESTS, SHIFTS
from cost_pipeline.rules.terms import TERMS_SCHEMA
from cost_pipeline.rules.tiers import TIERS
from cost_pipeline.rules.timed import PEOPLE, TIMED, days_table, terms_table

_FACTS: Final = """
SELECT timed.*, paid.* EXCLUDE (id), shifts.* EXCLUDE (id), tiers.* EXCLUDE (id),
       breaks.* EXCLUDE (id)
FROM timed LEFT JOIN paid USING (id) JOIN shifts USING (id) JOIN tiers USING (id)
JOIN breaks USING (id)
"""
STAGES: Final = {
    "people": PEOPLE,
    "timed": TIMED,
    "paid": PAID,
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
    tables = {"cards": cards, "days": days, "starts": starts, "found": found, "bands": bands(packs)}
    for name, table in tables.items():
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
