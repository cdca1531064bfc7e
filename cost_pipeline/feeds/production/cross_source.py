"""Compares the loaded sources of rates with each other, for a command and for a check."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

import pyarrow.compute as pc

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import sources_of
from cost_pipeline.feeds.production.rate_corrections import waiting_corrections
from cost_pipeline.feeds.production.rates import (
    rate_days,
    rates_between,
    rates_in_force,
    source_of,
)
from cost_pipeline.fx.compare import (
    FAIL_OVER,
    WARN_OVER,
    Comparison,
    compare,
    shown_fraction,
)
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_LOOK_BACK: Final = timedelta(days=400)


def compare_sources(
    session: Session, first: str, second: str, since: date | None = None
) -> dict[str, Any]:
    """Compares two sources on the days that both have (shape: docs/interfaces.md)."""
    found = compare(
        rates_in_force(session),
        source_of(session, first),
        source_of(session, second),
        since=since,
    )
    return {
        "days": found.days,
        "compared": found.compared,
        "state": _state(found),
        "warn_over": WARN_OVER,
        "fail_over": FAIL_OVER,
        "median": None if found.median is None else str(shown_fraction(found.median, _TENTH)),
        "largest": None if found.largest is None else str(found.largest.shown_points),
        "wide": [
            {
                "date": one.day.isoformat(),
                "currency": one.currency,
                "against": one.against,
                "first": str(shown_fraction(one.first, _RATE)),
                "second": str(shown_fraction(one.second, _RATE)),
                "basis_points": str(one.shown_points),
                "failed": one.basis_points > FAIL_OVER,
            }
            for one in found.worst
        ],
    }


def _state(found: Comparison) -> str:
    if found.largest is None:
        return "not evaluated"
    return "fail" if found.failed else "warn" if found.warned else "pass"


_TENTH: Final = Decimal("0.1")
_RATE: Final = Decimal("0.000001")


def sources_agree(session: Session) -> Outcome:
    """Compares every two loaded sources over the last 400 days of rates."""
    days = rate_days(session)
    known = sources_of(session.home.settings_of(Productions))
    loaded = sorted(name for name in pc.unique(days["source"]).to_pylist() if name in known)
    if not loaded:
        return Outcome(passed=True, message="not evaluated: no source is loaded")
    newest = pc.max(days["reference_date"]).as_py()
    since = newest - _LOOK_BACK
    rates = rates_between(session, since, newest)
    found = {
        (a, b): compare(rates, known[a], known[b], since=since) for a, b in combinations(loaded, 2)
    }
    compared = sum(one.compared for one in found.values())
    if not compared:
        message = f"not evaluated: only one source ({', '.join(loaded)}) has any of the days"
        return Outcome(passed=True, message=message)
    wide = {pair: one for pair, one in found.items() if one.warned}
    failed = any(one.failed for one in found.values())
    return Outcome(
        passed=not wide,
        message="; ".join(_words(pair, one) for pair, one in wide.items())
        or f"{compared:,} rates of {', '.join(loaded)} lie within {WARN_OVER} basis points",
        numbers={"compared": compared, "wide": sum(len(one.worst) for one in wide.values())},
        warning=not failed,
    )


def _words(pair: tuple[str, str], found: Comparison) -> str:
    worst = found.worst[0]
    limit = FAIL_OVER if found.failed else WARN_OVER
    return (
        f"{pair[0]} and {pair[1]} differ on {worst.currency} of {worst.day} by "
        f"{worst.shown_points} basis points (over {limit}); {len(found.worst)} rates are over "
        f"{WARN_OVER}"
    )


def corrections_are_applied(session: Session) -> Outcome:
    """Checks that every file in the watched folder was applied."""
    waiting = waiting_corrections(session)
    wrong = [one for one in waiting if one.problem is not None]
    ready = len(waiting) - len(wrong)
    message = "every correction in the watched folder is applied"
    if ready:
        message = f"{ready} corrections wait to be applied"
    if wrong:
        message = "; ".join(
            f"{one.name}: {one.problem.message}; {one.problem.remedy}"
            for one in wrong
            if one.problem is not None
        )
    return Outcome(not wrong, message, {"unreadable": len(wrong), "waiting": ready})
