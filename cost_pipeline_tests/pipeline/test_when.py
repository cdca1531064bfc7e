"""Which vendors are pulled when: changes of the clock, ends of months, weekends, holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cost_pipeline.contracts.expectations import Expect
from cost_pipeline.pipeline.pull.when import Declared, PlannedPull, newly_due, plan_pulls

LA = ZoneInfo("America/Los_Angeles")
TOKYO = ZoneInfo("Asia/Tokyo")
START = date(2026, 1, 1)


def declared(value, zone=LA):
    return Declared(TypeAdapter(Expect).validate_python(value), zone)


def at(text, zone=LA):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def asked(value, now, *, zone=LA, came=(), before=None, start=START):
    """The pull dates that are asked for of one vendor `v` at an instant."""
    seen = {} if before is None else {"v": before}
    due = newly_due({"v": declared(value, zone)}, now, seen)
    return [pull.pull_date.isoformat() for pull in plan_pulls(due, came, start)]


EVENING = {"cron": "0 17 * * 1-5", "by": "20:00"}
NIGHT = {"cron": "30 1 * * *", "by": "02:30"}
# The holidays that an expectation knows are those that its cron leaves out.
NOT_AT_NEW_YEAR = {"cron": "0 17 2-31 1 *", "by": "20:00"}


@pytest.mark.parametrize(
    ("value", "now", "pulled"),
    [
        (EVENING, "2026-03-06T20:00", "2026-03-06"),
        (EVENING, "2026-03-06T19:59", "2026-03-05"),
        # A weekend: on Sunday and Monday morning the last one is Friday's.
        (EVENING, "2026-03-08T23:00", "2026-03-06"),
        (EVENING, "2026-03-09T19:59", "2026-03-06"),
        (EVENING, "2026-03-09T20:00", "2026-03-09"),
        # 8 March 2026 has 23 hours in Los Angeles and no 02:30; 1 November has 25.
        (NIGHT, "2026-03-08T04:00", "2026-03-08"),
        (NIGHT, "2026-03-09T02:30", "2026-03-09"),
        ("daily", "2026-03-08T23:59", "2026-03-07"),
        ("daily", "2026-03-09T00:00", "2026-03-08"),
        ("daily", "2026-11-01T23:59", "2026-10-31"),
        ("daily", "2026-11-02T00:00", "2026-11-01"),
        # The ends of months, of a leap year too: the last day of the time in which it may come.
        ("monthly", "2026-02-28T23:59", "2026-01-31"),
        ("monthly", "2026-03-01T00:00", "2026-02-28"),
        ("monthly", "2028-03-01T00:00", "2028-02-29"),
        ("monthly", "2027-01-01T00:00", "2026-12-31"),
        ({"cron": "0 22 * * 5", "by": "06:00"}, "2026-03-07T06:00", "2026-03-06"),
        ({"cron": "0 17 * * 1-5", "by": "next"}, "2026-03-09T17:00", "2026-03-06"),
        (NOT_AT_NEW_YEAR, "2027-01-02T19:59", "2026-01-31"),
        (NOT_AT_NEW_YEAR, "2027-01-02T20:00", "2027-01-02"),
    ],
)
def test_the_newest_delivery_that_must_be_there_is_pulled_for_its_day(value, now, pulled):
    assert asked(value, at(now)) == [pulled]


def test_a_time_of_day_is_that_of_the_production_whatever_the_clock_of_the_machine():
    now = datetime(2026, 3, 6, 11, 0, tzinfo=UTC)  # 20:00 in Tokyo, 03:00 in Los Angeles
    assert asked(EVENING, now, zone=TOKYO) == ["2026-03-06"]
    assert asked(EVENING, now) == ["2026-03-05"]


def test_what_came_and_what_was_looked_after_is_not_asked_for():
    now = at("2026-03-06T20:00")
    assert asked(EVENING, now, came={"v"}) == []
    assert asked(EVENING, now, before=at("2026-03-06T20:00")) == []
    assert asked(EVENING, now, before=at("2026-03-05T20:00")) == ["2026-03-06"]


def test_nothing_is_asked_for_that_lies_before_the_home():
    assert asked(EVENING, at("2026-03-06T20:00"), start=date(2026, 3, 7)) == []


def test_after_days_without_a_daemon_only_the_newest_one_is_asked_for():
    assert asked("daily", at("2026-03-20T09:00"), before=at("2026-03-02T00:00")) == ["2026-03-19"]


def test_vendors_of_one_pull_date_share_a_run():
    now = at("2026-03-06T20:00")
    home = {"b": declared(EVENING), "a": declared(EVENING), "m": declared("monthly")}
    assert plan_pulls(newly_due(home, now, {}), set(), START) == [
        PlannedPull(date(2026, 2, 28), ("m",)),
        PlannedPull(date(2026, 3, 6), ("a", "b")),
    ]


@given(
    st.sampled_from(["daily", "weekdays", "monthly", EVENING, NIGHT, NOT_AT_NEW_YEAR]),
    st.lists(st.integers(0, 400 * 24 * 4), min_size=1, max_size=12),
)
def test_however_often_it_is_looked_each_delivery_is_asked_for_at_most_once(value, ticks):
    seen, pulled = {}, []
    for tick in sorted(ticks):
        now = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=15 * tick)
        due = newly_due({"v": declared(value)}, now, seen)
        seen |= {vendor: one.by for vendor, one in due.items()}
        pulled += [pull.pull_date for pull in plan_pulls(due, set(), START)]
        assert all(one.by <= now for one in due.values())
    assert pulled == sorted(set(pulled))
