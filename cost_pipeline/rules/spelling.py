"""Numbers in words, each distinct one spelled once: cards share hours, clocks and rates.

The columns `said_*` are the pieces that several rules say of a card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import Statements
from cost_pipeline.rules.groups import distinct, numbered, whole
from cost_pipeline.rules.sql import clock, dollars, hours, tenths, times
from cost_pipeline.rules.tiers import STEPS

Words = Callable[[str], str]
_SHIFT = 10_000  # above every multiple in hundredths


def spelled(
    statements: Statements, asked: Mapping[str, tuple[pa.Array, Words]]
) -> dict[str, pa.DictionaryArray]:
    """Returns columns in words, null where there is no value, as dictionaries of distinct words.

    Args:
        statements: A session.
        asked: The values by name, of any type, each with a function that gives the SQL to spell
            them.
    """
    coded = {name: values.dictionary_encode() for name, (values, _) in asked.items()}
    most = max(len(one.dictionary) for one in coded.values())
    statements.register(
        "spelled", pa.table({name: _padded(one.dictionary, most) for name, one in coded.items()})
    )
    words = ", ".join(f"{words(name)} AS {name}" for name, (_, words) in asked.items())
    found = statements.table(f"SELECT {words} FROM spelled")
    return {
        name: pa.DictionaryArray.from_arrays(one.indices, found[name].combine_chunks())
        for name, one in coded.items()
    }


def _padded(values: pa.Array, length: int) -> pa.Array:
    return pa.concat_arrays([values, pa.nulls(length - len(values), values.type)])


def said(statements: Statements, facts: pa.Table) -> dict[str, pa.Array]:
    """Returns the `said_*` columns of facts; null where one of their numbers is null."""
    plain = {
        "rate": dollars,
        "rate_tenths": _per,
        "worked": hours,
        "elapsed": hours,
        "elapsed_before": _elapsed,
        "call": clock,
        "prior_shown": _clock_of_day,
        "rest": hours,
        "rest_needed": hours,
    }
    asked = {name: (facts[name].combine_chunks(), words) for name, words in plain.items()}
    asked |= {"day": (_earlier_day(facts), _on), "steps": (_steps(facts), _step)}
    of = spelled(statements, asked)
    rested = ("wrap ", of["prior_shown"], of["day"], ", next call ", of["call"])
    steps = {
        f"said_{name}": of["steps"].slice(number * facts.num_rows, facts.num_rows)
        for number, name in enumerate(STEPS)
    }
    return {
        **steps,
        "said_rate": of["rate"],
        "said_hourly": _joined(of["rate"], of["rate_tenths"]),
        "said_worked": _joined(of["worked"], " worked, ", of["elapsed"], of["elapsed_before"]),
        "said_call": of["call"],
        "said_prior": of["prior_shown"],
        "said_rest": of["rest"],
        "said_rested": _joined(*rested, ": ", of["rest"], " rest, ", of["rest_needed"], " due"),
    }


def _joined(*pieces: pa.DictionaryArray | str) -> pa.DictionaryArray:
    """Returns the pieces joined, each distinct text made once; null where one is null."""
    columns = [piece for piece in pieces if not isinstance(piece, str)]
    numbers = [pc.fill_null(one.indices, len(one.dictionary)) for one in columns]
    which, examples = distinct(*map(np.asarray, numbers))
    texts = [
        piece if isinstance(piece, str) else piece.take(examples).dictionary_decode()
        for piece in pieces
    ]
    joined = pc.binary_join_element_wise(*texts, "")
    return pa.DictionaryArray.from_arrays(which, joined)


def _per(rate_tenths: str) -> str:
    return f"CASE WHEN {rate_tenths} = 10 THEN ' an hour' ELSE ' for ' || {tenths(rate_tenths)} END"


def _elapsed(before: str) -> str:
    return (
        f"CASE WHEN {before} > 0 THEN ' elapsed after ' || {hours(before)} ||"
        " ' of the shift before, which counts as one with it' ELSE ' elapsed' END"
    )


def _clock_of_day(wall: str) -> str:
    return clock(f"({wall} % 1440)")


def _earlier_day(facts: pa.Table) -> pa.Array:
    """Returns the day of the shift before if it was not yesterday, else 1970-01-01."""
    between = whole(facts["days_between"])
    earlier = np.where(between > 1, whole(facts["work_date"]) - between, 0)
    return numbered(earlier, pa.date32(), np.ones(len(between), bool))


def _on(day: str) -> str:
    return f"CASE WHEN {day} = DATE '1970-01-01' THEN '' ELSE ' on ' || {day} END"


def _steps(facts: pa.Table) -> pa.Array:
    """Returns the hours and the multiple of each tier as one number, tier after tier.

    It is null where a tier has no hours.
    """
    pairs = []
    for name in STEPS:
        hours_, multiple = whole(facts[f"tier_{name}"]), whole(facts[f"times_{name}"])
        pairs.append(numbered(hours_ * _SHIFT + multiple, pa.int64(), hours_ > 0))
    return pa.concat_arrays(pairs)


def _step(pair: str) -> str:
    """Returns SQL that spells such a number as `2.0 h at 1.5x`."""
    return f"{tenths(f'({pair} // {_SHIFT})')} || ' at ' || {times(f'({pair} % {_SHIFT})')}"
