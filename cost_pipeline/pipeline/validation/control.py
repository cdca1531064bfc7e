"""What control rows declare, compared with what the rows of a delivery come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from cost_pipeline.parse import RowReader
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.state import DeliveryState

MISSING_TOTAL: Final = "missing"
"""`control_problem` of a delivery in which a total must be and is not."""


UNREADABLE_TOTAL: Final = "unreadable"

COUNT: Final = "count "
"""Before the number of records that a trailer declares, where it is not the number that came."""


def control_of(
    interpreter: Interpreter, reader: RowReader, state: DeliveryState
) -> dict[str, object]:
    """Returns what the control rows declare against what the rows come to."""
    found = _total_of(interpreter, reader, state)
    problem = _trailer_problem(reader)
    return found if problem is None else found | {"control_problem": problem}


def _trailer_problem(reader: RowReader) -> str | None:
    """Returns what is wrong with the trailers, but for their sums."""
    if reader.unclosed:
        return MISSING_TOTAL
    for declared, came in reader.counts:
        if not (declared.isascii() and declared.isdigit()):
            return UNREADABLE_TOTAL
        if declared.lstrip("0") != str(came or ""):
            return f"{COUNT}{declared}"
    return None


def _total_of(
    interpreter: Interpreter, reader: RowReader, state: DeliveryState
) -> dict[str, object]:
    rule, measure = (
        interpreter.reading.vendor.format.control_total,
        interpreter.reading.shape.measure,
    )
    if rule is None or measure is None:
        return {}
    sheets = sum(sheet.read for sheet in reader.sheets)
    if not reader.controls or (sheets and len(reader.controls) < sheets):
        # Of several sheets either none has a total or each has: else nothing can be compared.
        return {"control_problem": MISSING_TOTAL} if rule.required or reader.controls else {}
    declared = [interpreter.declared_total(control) for control in reader.controls]
    read = [total for total in declared if isinstance(total, Decimal)]
    if len(read) < len(declared):
        return {"control_problem": UNREADABLE_TOTAL}
    return {
        "control_declared": str(sum(read)),
        "control_computed": str(interpreter.reading.exact[measure.field].of_quanta(state.quanta)),
        "control_tolerance": str(rule.tolerance),
        "unreadable_amounts": state.unreadable,
    }
