"""Accounting periods: calendar months, closed and opened again by recorded acts.

Nothing is posted into a closed period: what comes late, and what corrects, goes into the first open
one from the month of its transaction date on. The period is no part of a posting's content, so
closing and opening never make anything be posted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.tables import TEXT

_DECEMBER: Final = 12


class Act(StrEnum):
    """An act on a period, in the order of a closing: `closing` announces, `closed` confirms."""

    CLOSING = "closing"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One act on a period; `sequence` counts the acts of a period from 1."""

    period: str
    sequence: int
    act: Act
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Closing:
    """One span of time in which a period was closed.

    Attributes:
        period: The month, such as `2026-03`.
        announced_at: When the closing was announced: since then no run may begin to post into it.
        closed_at: When it was finished: since then nothing can be posted; None until then.
        reopened_at: When it was reopened; None while it is closed.
    """

    period: str
    announced_at: datetime
    closed_at: datetime | None
    reopened_at: datetime | None


def closings(acts: Iterable[Recorded]) -> tuple[Closing, ...]:
    """Returns the spans in which periods were closed, by period and time."""
    found: list[Closing] = []
    for act in sorted(acts, key=lambda one: (one.period, one.sequence)):
        last = found[-1] if found and found[-1].period == act.period else None
        running = last if last is not None and last.reopened_at is None else None
        if act.act is Act.REOPENED:
            if running is not None:
                found[-1] = Closing(
                    act.period, running.announced_at, running.closed_at, act.recorded_at
                )
        elif running is None:
            confirmed = act.recorded_at if act.act is Act.CLOSED else None
            found.append(Closing(act.period, act.recorded_at, confirmed, None))
        elif act.act is Act.CLOSED and running.closed_at is None:
            found[-1] = Closing(act.period, running.announced_at, act.recorded_at, None)
    return tuple(found)


def closed_now(spans: Iterable[Closing]) -> frozenset[str]:
    """Returns the periods into which nothing may be posted, also those that are being closed."""
    return frozenset(span.period for span in spans if span.reopened_at is None)


def closed_at(spans: Sequence[Closing], period: str, instant: datetime) -> bool:
    """Whether the period was closed, or being closed, at an instant."""
    return any(
        span.period == period
        and span.announced_at <= instant
        and (span.reopened_at is None or instant < span.reopened_at)
        for span in spans
    )


def month_of(day: date) -> str:
    """Returns the period that a transaction date belongs to."""
    return f"{day:%Y-%m}"


def next_period(period: str) -> str:
    """Returns the month after."""
    year, month = map(int, period.split("-"))
    return f"{year + month // _DECEMBER:04d}-{month % _DECEMBER + 1:02d}"


def previous_period(period: str) -> str:
    """Returns the month before."""
    year, month = map(int, period.split("-"))
    return f"{year - (month == 1):04d}-{(month - 2) % _DECEMBER + 1:02d}"


def open_period(period: str, closed: Collection[str]) -> str:
    """Returns the first period from this one on that is open."""
    while period in closed:
        period = next_period(period)
    return period


def posting_periods(days: pa.ChunkedArray | pa.Array, closed: Collection[str]) -> pa.Array:
    """Returns the period into which a line with each of these transaction dates goes."""
    known = pc.unique(days)
    periods = [open_period(month_of(day), closed) for day in known.to_pylist()]
    return pa.array(periods, TEXT).take(pc.index_in(days, value_set=known))
