"""Which ledger partitions to run, and in which runs: pure functions of sets, no Dagster."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.core.canonical import digest_of_set

# A run costs Dagster a second whatever it holds; its work is cut into parts by records.
MOST_DATES_A_RUN: Final = 366


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run over consecutive transaction dates; `key` is the same for the same inputs."""

    first: str
    last: str
    key: str


def plan_posting(dates: Sequence[date], present: Mapping[date, str]) -> list[PlannedRun]:
    """Returns runs that cover the dates and no other date that has records, each of at most a year.

    Args:
        dates: The dates that are to be posted.
        present: The inputs digest of every date that has records.
    """
    wanted = sorted(set(dates))
    across = present.keys() - set(wanted)
    return [
        PlannedRun(first.isoformat(), last.isoformat(), _key(first, last, wanted, present))
        for first, last in ranges(wanted, most=MOST_DATES_A_RUN, across=across)
    ]


def _key(first: date, last: date, dates: Sequence[date], present: Mapping[date, str]) -> str:
    inputs = [f"{day} {present.get(day, '')}" for day in dates if first <= day <= last]
    return digest_of_set(f"post {first}..{last}", inputs)


def ranges(days: Iterable[date], *, most: int, across: Collection[date]) -> list[tuple[date, date]]:
    """Returns the dates as ranges, first and last included.

    Args:
        days: The dates to cover.
        most: The most dates in a range.
        across: Dates that no range may take in: a gap is only bridged if none of these lies in it.
            Weekends without a record would otherwise make every week a run.
    """
    barred = sorted(across)
    found: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if found:
            first, last = found[-1]
            open_gap = bisect_right(barred, last) == bisect_right(barred, day)
            if open_gap and (day - first).days < most:
                found[-1] = (first, day)
                continue
        found.append((day, day))
    return found


def left_out(dates: Iterable[date], spans: Iterable[tuple[str, str]]) -> list[date]:
    """Returns the dates that lie in none of the spans of partition keys, in order."""
    listed = list(spans)
    return sorted(
        day
        for day in set(dates)
        if not any(first <= day.isoformat() <= last for first, last in listed)
    )
