"""When rates are out, and how old loaded ones are: weekends and closing days make nothing old."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cost_pipeline.contracts.rate_sources import ecb, published_sources
from cost_pipeline.fx.publication import freshness, missing_days, newest_due


def _at(text, zone="Europe/Berlin"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-04-02T16:14", "2026-04-01"),  # a minute before they can be out
        ("2026-04-02T16:15", "2026-04-02"),
        ("2026-04-03T17:00", "2026-04-02"),  # Good Friday
        ("2026-04-05T17:00", "2026-04-02"),  # Easter Sunday
        ("2026-04-06T17:00", "2026-04-02"),  # Easter Monday
        ("2026-04-07T09:00", "2026-04-02"),
        ("2026-04-07T17:00", "2026-04-07"),
        ("2026-05-01T17:00", "2026-04-30"),  # Labour Day
        ("2026-12-28T09:00", "2026-12-24"),  # Christmas before a weekend
        ("1998-12-31T17:00", None),
    ],
)
def test_the_newest_day_that_should_be_out_is_by_the_calendar_and_the_clock_of_the_source(now, due):
    found = newest_due(ecb(), _at(now))
    assert (found and found.isoformat()) == due


def test_a_clock_elsewhere_does_not_move_the_day():
    # 16:15 in Frankfurt is 10:15 in New York, and still 2 April there and in Auckland the 3rd.
    assert newest_due(ecb(), _at("2026-04-02T10:16", "America/New_York")) == date(2026, 4, 2)
    assert newest_due(ecb(), _at("2026-04-03T03:14", "Pacific/Auckland")) == date(2026, 4, 1)


def test_a_weekly_publisher_is_not_late_for_a_week():
    fed = published_sources()["fed_h10"]
    assert newest_due(fed, _at("2026-04-13T17:00", "America/New_York")) == date(2026, 4, 6)


def test_the_missing_days_are_those_of_the_calendar_after_the_newest_loaded_one():
    loaded = [date(2026, 3, 30), date(2026, 3, 31)]
    found = missing_days(ecb(), loaded, _at("2026-04-08T17:00"), 31)
    assert [str(day) for day in found] == ["2026-04-01", "2026-04-02", "2026-04-07", "2026-04-08"]
    assert [str(d) for d in missing_days(ecb(), loaded, _at("2026-04-08T17:00"), 1)] == [
        "2026-04-08"
    ]
    assert missing_days(ecb(), [date(2026, 4, 8)], _at("2026-04-08T17:00"), 31) == []
    assert missing_days(ecb(), [], _at("2026-04-08T17:00"), 31) == [date(2026, 4, 8)]
    assert missing_days(ecb(), [], _at("1998-12-31T17:00"), 31) == []


@pytest.mark.parametrize(
    ("newest", "now", "fresh", "usable"),
    [
        ("2026-04-02", "2026-04-07T16:30", True, True),  # the publisher may be late
        ("2026-04-02", "2026-04-07T20:16", False, True),  # five days: within the limit
        ("2026-04-02", "2026-04-08T09:00", False, False),  # six
        ("2026-04-02", "2026-04-06T23:00", True, True),  # closed since
        ("2026-12-24", "2026-12-28T09:00", True, True),
    ],
)
def test_rates_are_old_by_the_calendar_and_unusable_by_the_limit(newest, now, fresh, usable):
    found = freshness(ecb(), [date(2026, 1, 2), date.fromisoformat(newest)], _at(now), 5)
    assert (found.is_fresh, found.is_usable) == (fresh, usable)


def test_without_rates_nothing_is_fresh():
    found = freshness(ecb(), [], _at("2026-04-07T16:30"), 5)
    assert (found.newest, found.is_fresh, found.is_usable) == (None, False, False)
