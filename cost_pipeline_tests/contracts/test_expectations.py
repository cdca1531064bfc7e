"""When something is due: words and schedules of cron, in the time zone of a production."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from cost_pipeline.contracts.expectations import Expect, last_due

LA = ZoneInfo("America/Los_Angeles")
TOKYO = ZoneInfo("Asia/Tokyo")


def expect(value):
    return TypeAdapter(Expect).validate_python(value)


def at(text, zone=LA):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def cron(text, by=None):
    return {"cron": text} | ({"by": by} if by else {})


@pytest.mark.parametrize(
    ("declared", "now", "sent", "by"),
    [
        # 8 March 2026 is a Sunday of 23 hours in Los Angeles.
        ("daily", "2026-03-09T00:00", "2026-03-08T00:00", "2026-03-09T00:00"),
        ("daily", "2026-03-08T23:59", "2026-03-07T00:00", "2026-03-08T00:00"),
        ("weekdays", "2026-03-09T09:00", "2026-03-06T00:00", "2026-03-07T00:00"),
        ("weekdays", "2026-03-06T23:59", "2026-03-05T00:00", "2026-03-06T00:00"),
        ("monthly", "2026-03-31T23:59", "2026-02-01T00:00", "2026-03-01T00:00"),
        ("monthly", "2026-04-01T00:00", "2026-03-01T00:00", "2026-04-01T00:00"),
        (cron("0 17 * * 1-5"), "2026-03-06T17:00", "2026-03-06T17:00", "2026-03-06T17:00"),
        (cron("0 17 * * *", "20:00"), "2026-03-06T20:00", "2026-03-06T17:00", "2026-03-06T20:00"),
        (cron("0 17 * * *", "20:00"), "2026-03-06T19:59", "2026-03-05T17:00", "2026-03-05T20:00"),
        (cron("0 22 * * *", "06:00"), "2026-03-06T05:59", "2026-03-04T22:00", "2026-03-05T06:00"),
        (cron("0 22 * * *", "06:00"), "2026-03-06T06:00", "2026-03-05T22:00", "2026-03-06T06:00"),
        (cron("0 0 15 * *", "24:00"), "2026-03-16T00:00", "2026-03-15T00:00", "2026-03-16T00:00"),
    ],
)
def test_the_newest_delivery_that_must_be_there(declared, now, sent, by):
    found = last_due(expect(declared), at(now))
    assert (found.sent, found.by) == (at(sent), at(by))
    assert found.sent < found.until


def test_the_day_is_that_of_the_production():
    here, there = at("2026-03-06T20:00"), at("2026-03-06T20:00").astimezone(TOKYO)
    assert last_due(expect("daily"), here).sent.date().day == 5
    assert last_due(expect("daily"), there).sent.date().day == 6


@pytest.mark.parametrize(
    "wrong",
    [
        "hourly", "", 3, cron("0 17 * *"), cron("@daily"), cron("0 0 17 * * 1"), cron("61 1 * * *"),
        cron("0 0 31 2 *"),
        cron("0 1 * * *", "25:00"), cron("0 1 * * *", "9"), {"by": "09:00"},
        {"cron": "0 1 * * *", "word": "x"},
    ],
)  # fmt: skip
def test_what_names_no_instants_is_refused(wrong):
    with pytest.raises(ValidationError):
        expect(wrong)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("daily", "daily"),
        (cron("0 1 * * *", "09:00"), "0 1 * * *, by 09:00"),
        (cron("0 1 * * *"), "0 1 * * *"),
    ],
)
def test_it_is_told_as_it_was_written(declared, words):
    assert str(expect(declared)) == words
