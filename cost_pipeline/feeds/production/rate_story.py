"""The story of corrected rates: what was corrected, which dates wait for it, what it changed.

It is read from the lake alone: vintages are the corrections, lines with the cause `fx_correction`
the repairs. So it says the same whichever run asks, and no run hides it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.core.markdown import code, escaped, link, table
from cost_pipeline.core.money import shown
from cost_pipeline.core.people import counted, money
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.feeds.production.inputs import pin_pairs, present_inputs, stored_inputs
from cost_pipeline.feeds.production.names import CORRECTIONS
from cost_pipeline.feeds.production.names import LEDGER as LEDGER_KEY
from cost_pipeline.feeds.production.rates import rate_days
from cost_pipeline.feeds.production.shown_postings import SHORT
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS, LEDGER
from cost_pipeline.ledger.difference import Cause
from cost_pipeline.pipeline.declared.links import partition_page
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.session import Session

MOST: Final = 50
"""Corrected rates that are told, the newest; `cost-pipeline fx list` has every vintage."""
MOST_DATES: Final = 50
"""Repaired transaction dates that are told; `cost-pipeline ledger trace` has each posting's."""


def story_of(session: Session, dates: Collection[date]) -> dict[Key, dict[str, Shown]]:
    """Returns the story, by the asset that tells it, if work on the dates may have changed it."""
    days = _corrected_days(session)
    near = {day for day in dates if _near(day, days["reference_date"].to_pylist())}
    if not near or near.isdisjoint(_touched(session, days)):
        return {}
    return {CORRECTIONS: story(session)}


def _near(day: date, corrected: Collection[date]) -> bool:
    """Whether the rates of a corrected day may be used, or have been used, on another day."""
    return any(timedelta() <= day - one <= _REACH for one in corrected)


_REACH: Final = timedelta(days=120)
"""No production may use rates that are older (`max_age_days`)."""


def story(session: Session) -> dict[str, Shown]:
    """Returns what the corrections of a home did; empty if there is none."""
    corrected_days = _corrected_days(session)
    if not corrected_days.num_rows:
        return {}
    corrected, touched = _corrected(session, corrected_days), _touched(session, corrected_days)
    stored = stored_inputs(session)
    waiting = sorted(touched.intersection(out_of_date(present_inputs(session), stored)))
    days = corrected_days["reference_date"].to_pylist()
    repairs = _repairs(session, touched | {day for day in stored if _near(day, days)})
    return {
        "state": _state(corrected, waiting, repairs),
        "dates_to_repair": [day.isoformat() for day in waiting],
        "repaired_dates": _repaired(repairs),
        "corrections": Table(_CORRECTIONS, [_correction(row) for row in corrected[:MOST]]),
    }


def _corrected_days(session: Session) -> pa.Table:
    """Returns the days that were ever corrected. Columns: source, reference_date, vintage."""
    return query(_CORRECTED_DAYS, days=rate_days(session))


def _touched(session: Session, days: pa.Table) -> set[date]:
    """Returns the transaction dates that use the rates of these days."""
    found = query(
        "select distinct transaction_date from pins join days "
        "on pins.rate_source = days.source and pins.rate_date = days.reference_date",
        pins=pin_pairs(session),
        days=days,
    )
    return set(found["transaction_date"].to_pylist())


def _corrected(session: Session, days: pa.Table) -> list[dict[str, Any]]:
    """Returns each rate that a later vintage changed, with the one before; the newest first."""
    years = sorted({day.year for day in days["reference_date"].to_pylist()})
    where = one_of("reference_year", years)
    rates = session.lake.table(FX_SNAPSHOTS).snapshot().read(where=where, columns=RATE_SCHEMA.names)
    found: list[dict[str, Any]] = query(_CHANGED, rates=rates, days=days).to_pylist()
    return found


_CORRECTIONS: Final = {
    **dict.fromkeys(("day", "source"), "string"),
    "vintage": "int",
    **dict.fromkeys(("currency", "from", "to", "quoted", "corrected_at", "reason"), "string"),
}


def _correction(row: Mapping[str, Any]) -> dict[str, str | int]:
    pivot, currency = row["pivot"], row["currency"]
    few, one = (currency, pivot) if row["quote"] == "per_pivot" else (pivot, currency)
    return {
        "day": row["reference_date"].isoformat(),
        "source": row["source"],
        "vintage": row["vintage"],
        "currency": currency,
        "from": "none" if row["before"] is None else shown(row["before"], 0),
        "to": shown(row["rate"], 0),
        "quoted": f"{few} for 1 {one}",
        "corrected_at": _at(row["recorded_at"]),
        "reason": row["reason"] or "",
    }


def _repairs(session: Session, dates: Collection[date]) -> list[dict[str, Any]]:
    """Returns what each run changed on each date because of corrected rates, the newest first."""
    if not dates:
        return []
    on_dates = one_of("transaction_date", sorted(dates))
    it = on_dates & equals("cause", Cause.FX_CORRECTION)
    ledger = session.lake.table(LEDGER).snapshot()
    found: list[dict[str, Any]] = ledger.query(_REPAIRS % it, where=on_dates).to_pylist()
    return found


def _state(
    corrected: Sequence[Mapping[str, Any]],
    waiting: Sequence[date],
    repairs: Sequence[Mapping[str, Any]],
) -> str:
    """Returns in a sentence whether the book follows the newest correction."""
    if waiting:
        return (
            f"{counted(len(waiting), 'transaction date waits', 'transaction dates wait')} to be "
            "repaired; the next `cost-pipeline run`, or the sensor, posts them"
        )
    newest = max((row["recorded_at"] for row in corrected), default=None)
    mine = [row for row in repairs if newest is not None and row["recorded_at"] >= newest]
    if not mine:
        return "no transaction date waits for a correction, and the newest one changed no posting"
    dates = counted(len({row["transaction_date"] for row in mine}), "date")
    return f"the ledger follows every correction; the newest one repaired {dates}"


def _repaired(repairs: Sequence[Mapping[str, Any]]) -> Markdown:
    if not repairs:
        return Markdown("no posting was changed by a correction yet")
    numbers = ("postings", "before", "after", "difference")
    heads = ("transaction date", *numbers, "repaired at", "by run")
    rows = [
        (
            link(str(row["transaction_date"]), partition_page(LEDGER_KEY, row["transaction_date"])),
            f"{row['postings']:,}",
            f"{money(row['before'])} {row['base_currency']}",
            f"{money(row['after'])} {row['base_currency']}",
            f"{money(row['after'] - row['before'])} {row['base_currency']}",
            escaped(_at(row["recorded_at"])),
            code(row["run_id"][:SHORT]),
        )
        for row in repairs[:MOST_DATES]
    ]
    more = len(repairs) - len(rows)
    return Markdown(table(heads, rows, numbers) + (f"\n\nand {more:,} more" if more else ""))


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


_CORRECTED_DAYS: Final = """
    select source, reference_date, max(vintage) as vintage from days group by all
    having max(vintage) > 1 order by all
"""
_CHANGED: Final = """
    with all_of_them as (
        select r.*, lag(rate) over (
            partition by source, reference_date, currency order by r.vintage
        ) as before
        from rates r semi join days using (source, reference_date)
    )
    from all_of_them where vintage > 1 and rate is distinct from before
    order by recorded_at desc, reference_date desc, source, currency
"""
_REPAIRS: Final = """
    select transaction_date, base_currency, batch, any_value(run_id) as run_id,
        max(recorded_at) as recorded_at,
        count(distinct (vendor, record_fingerprint))::bigint as postings,
        coalesce(sum(base_amount) filter (kind = 'reverse'), 0)::decimal(38, 4) as before,
        coalesce(sum(base_amount) filter (kind = 'post'), 0)::decimal(38, 4) as after
    from {table} where %s group by all
    order by recorded_at desc, transaction_date, base_currency
"""
