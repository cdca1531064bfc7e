"""Corrected rates that are more likely typing errors than rates: refused, or asked about first.

Belongs here: comparing a correction with the currencies that there are and with the rates of the
days around. A point in the wrong place would restate every cost of its days.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx.reading import DayRates

_FAR: Final = Decimal("0.20")
# A source that publishes by the quarter has neighbours within so many days.
AROUND: Final = timedelta(days=100)


def refuse_doubtful(
    rates: pa.Table, source: Source, corrected: DayRates, *, where: str, confirmed: bool
) -> None:
    """Refuses a correction of what is no currency, or by far, unless somebody confirmed it.

    Args:
        rates: Rates in force, at least for the days up to `AROUND` before and after.
        source: The source of the rates.
        corrected: The day, and its rates as they are to be.
        where: The file, for messages.
        confirmed: Whether a person said that a rate so far off is right.

    Raises:
        UsageError: `FX_FILE` for an unknown currency, `FX_FAR_OFF` for a rate that is more than a
            fifth off those of the nearest days before and after.
    """
    for code in corrected.rates:
        _refuse_unknown(code, corrected.reference_date, where)
    far = [] if confirmed else _far_off(rates, source, corrected)
    if far:
        raise UsageError(
            "; ".join(far),
            where=where,
            remedy="mend the rate; if it is right, say --confirm, or `# confirm: yes` in the file",
            code="FX_FAR_OFF",
        )


def _refuse_unknown(code: str, day: date, where: str) -> None:
    known = currencies().get(code)
    words = f"{code} is not a currency of ISO 4217" if known is None else known.refusal_on(day)
    if words is not None:
        raise UsageError(
            words, where=where, remedy="write the code that was in use on that day", code="FX_FILE"
        )


def _far_off(rates: pa.Table, source: Source, corrected: DayRates) -> list[str]:
    """Returns what is said of each rate that is far from its neighbours, by currency."""
    day = corrected.reference_date
    rates = rates.filter(pc.equal(rates["source"], source.name)).sort_by("reference_date")
    found = []
    for code, rate in sorted(corrected.rates.items()):
        own = rates.filter(pc.equal(rates["currency"], code))
        known = dict(zip(own["reference_date"].to_pylist(), own["rate"].to_pylist(), strict=True))
        before = max((d for d in known if day - AROUND <= d < day), default=None)
        after = min((d for d in known if day < d <= day + AROUND), default=None)
        beside = {d: known[d] for d in (before, after) if d is not None}
        if beside and all(_is_far(rate, other) for other in beside.values()):
            listed = " and ".join(f"{other.normalize():f} on {d}" for d, other in beside.items())
            found.append(f"{code} {rate.normalize():f} is more than {_FAR:.0%} off {listed}")
    return found


def _is_far(rate: Decimal, other: Decimal) -> bool:
    return abs(rate - other) > _FAR * other
