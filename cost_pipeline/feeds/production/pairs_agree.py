"""Turns the report on pairs of vendors into a check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cost_pipeline.feeds.production.reconcile import Reconciled
from cost_pipeline.pipeline.reports.outcome import Outcome

_SHOWN: Final = 5


def sides_agree(found: Iterable[Reconciled]) -> Outcome:
    """Checks that the two vendors of each pair tell of the same transactions in the same way."""
    found = list(found)
    silent = [one for one in found if not one.compared]
    red = [one for one in found if one.red]
    numbers = {
        "pairs": len(found),
        "agree": sum(one.here.agree for one in found),
        "differ": sum(one.here.differ for one in found),
        "only_here": sum(one.here.only for one in found),
        "only_there": sum(one.there.only for one in found),
        "waiting": sum(one.here.waiting + one.there.waiting for one in found),
    }
    if red:
        message = "; ".join(
            f"{one.pair.name}: {one.here.differ} transactions differ, {one.here.only} only with "
            f"{one.here.vendor}, {one.there.only} only with {one.there.vendor}"
            for one in red[:_SHOWN]
        )
        return Outcome(passed=False, message=message, numbers=numbers)
    if silent:
        message = f"{silent[0].pair.name}: one side has no records yet, so nothing was compared"
        return Outcome(passed=False, message=message, numbers=numbers, warning=True)
    message = f"{numbers['agree']:,} transactions agree, {numbers['waiting']:,} wait for a pull"
    return Outcome(passed=True, message=message, numbers=numbers)
