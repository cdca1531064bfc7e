"""The unit of a measure that no column says: by signs beside its numbers, its name, the title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cost_pipeline.contracts.currency_signs import may_be_in
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.record import Record, judge_field
from cost_pipeline.pipeline.guessing.columns import Column

_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_SHOWN: Final = 4


def unit_of(
    signs: Sequence[str],
    columns: Sequence[Column],
    above: Sequence[str],
    model: type[Record],
    name: str,
) -> tuple[str | None, str]:
    """Returns the unit with its evidence, or None with what is left open.

    Args:
        signs: What stands beside the numbers.
        columns: Those of the measure.
        above: The texts above the header.
        model: The contract.
        name: The field of the unit.
    """
    for symbol in signs:
        lawful = sorted(may_be_in(symbol) or ())
        if len(lawful) == 1:
            return lawful[0], f"{symbol!r} stands beside the numbers"
        if lawful:
            more = ", ..." if len(lawful) > _SHOWN else ""
            return None, f"{symbol!r} stands beside the numbers: {', '.join(lawful[:_SHOWN])}{more}"
        if _is_unit(symbol, model, name):
            return symbol, f"{symbol!r} stands beside the numbers"
    for where, texts in (
        ("the name of the column", [column.name for column in columns]),
        ("what stands above the header", above),
    ):
        codes = dict.fromkeys(
            code for text in texts for code in _CODE.findall(text) if _is_unit(code, model, name)
        )
        if len(codes) == 1:
            code = next(iter(codes))
            return code, f"{where} says {code}"
    return None, "nothing in the file says it"


def _is_unit(code: str, model: type[Record], name: str) -> bool:
    return not isinstance(judge_field(model, name, code), Problem)
