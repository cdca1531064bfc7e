"""Numbers in words, each distinct one once: cards share hours, clocks and rates.

`said_*` are the pieces that several rules say of a card.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.rules.groups import numbered, whole
from cost_pipeline.rules.sql import clock, dollars, hours, tenths


def spelled(
    connection: duckdb.DuckDBPyConnection, values: pa.Array, words: Callable[[str], str]
) -> pa.Array:
    """Values in words, null where there is none.

    Args:
        connection: A session.
        values: Of any type.
        words: The SQL that spells a column of them.
    """
    coded = values.dictionary_encode()
    connection.register("distinct_values", pa.table({"value": coded.dictionary}))
    found = connection.sql(f"SELECT {words('value')} AS words FROM distinct_values")
    return found.to_arrow_table()["words"].combine_chunks().take(coded.indices)


def said(connection: duckdb.DuckDBPyConnection, facts: pa.Table) -> dict[str, pa.Array]:
    """The `said_*` columns of facts; null where one of their numbers is."""

    def of(name: str, words: Callable[[str], str]) -> pa.Array:
        return spelled(connection, facts[name].combine_chunks(), words)

    rate, rest = of("rate", dollars), of("rest", hours)
    call, prior = of("call", clock), of("prior_shown", _clock_of_day)
    return {
        "said_rate": rate,
        "said_hourly": _joined(rate, of("rate_tenths", _per)),
        "said_worked": _joined(
            of("worked", hours), " worked, ", of("elapsed", hours), of("elapsed_before", _elapsed)
        ),
        "said_call": call,
        "said_prior": prior,
        "said_rest": rest,
        "said_rested": _joined(
            *("wrap ", prior, _on_earlier_day(connection, facts), ", next call ", call),
            *(": ", rest, " rest, ", of("rest_needed", hours), " due"),
        ),
    }


def _joined(*pieces: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, "")


def _per(rate_tenths: str) -> str:
    return f"CASE WHEN {rate_tenths} = 10 THEN ' an hour' ELSE ' for ' || {tenths(rate_tenths)} END"


def _elapsed(before: str) -> str:
    return (
        f"CASE WHEN {before} > 0 THEN ' elapsed after ' || {hours(before)} ||"
        " ' of the shift before, which counts as one with it' ELSE ' elapsed' END"
    )


def _clock_of_day(wall: str) -> str:
    return clock(f"({wall} % 1440)")


def _on_earlier_day(connection: duckdb.DuckDBPyConnection, facts: pa.Table) -> pa.Array:
    """On which day the shift before was; nothing where it was the day before."""
    between = whole(facts["days_between"])
    days = numbered(whole(facts["work_date"]) - between, pa.date32(), between > 1)
    return pc.fill_null(spelled(connection, days, lambda day: f"' on ' || {day}"), "")
