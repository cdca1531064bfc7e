"""Times of day and timecodes as vendors write them: exact, or refused with what is wrong."""

from decimal import Decimal
from fractions import Fraction

import pytest

from cost_pipeline.contracts.problems import Problem
from cost_pipeline.contracts.time_style import TimeStyle, rate_text, seconds_of
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate.times import TimeReader

# The forms, a text, and its seconds; None where it is none.
CLOCKS = [
    (["%H:%M:%S"], "00:00:00", "0"),
    (["%H:%M:%S"], "23:59:59", "86399"),
    (["%H:%M:%S"], "25:30:00", "91800"),
    (["%H:%M:%S"], "7:30:00", "27000"),
    (["%H:%M:%S"], "07:60:00", None),
    (["%H:%M:%S"], "07:30:60", None),
    (["%H:%M:%S"], "-07:30:00", None),
    (["%H:%M:%S"], "07:30", None),
    (["%H:%M:%S.%f"], "00:00:01.000001", "1.000001"),
    (["%H:%M"], "24:00", "86400"),
    (["%H%M%S"], "255959", "93599"),
    (["%H%M%S"], "55959", None),  # a leading zero that was lost may be another hour
    (["%I:%M%p"], "7:12am", "25920"),
    (["%I:%M%p"], "12:05 AM", None),
    (["%I:%M %p"], "12:05 a.m.", "300"),
    (["%I:%M %p"], "12:05 PM", "43500"),
    (["%I:%M %p"], "13:05 PM", None),
    (["* %H:%M:%S"], "2026-03-31 25:30:00", "91800"),
    (["%H:%M:%S", "%H:%M:%S.%f"], "00:00:01.5", "1.5"),
    (["%H:%M:%S", "*%H:%M:%S"], "12:00:00", None),  # twelve o'clock, or two
]


@pytest.mark.parametrize(("forms", "text", "expected"), CLOCKS)
def test_a_clock_is_read_as_declared_or_not_at_all(forms, text, expected):
    found = TimeReader(TimeStyle(forms=forms)).clock(text)
    if expected is None:
        assert found.code is Reason.BAD_TIME
        assert text in found.message
    else:
        assert found == Decimal(expected)


def test_a_cell_that_holds_a_time_needs_no_form():
    style = TimeStyle(forms=["%I:%M %p"])
    assert TimeReader(style, typed=True).clock("09:30:00") == 34200
    assert isinstance(TimeReader(style).clock("09:30:00"), Problem)


# The rate, a timecode, and its frames; None where it is none. The drop-frame ones are from a table.
TIMECODES = [
    ("25", "00:00:20:01", 501),
    ("25", "25:30:00:24", 2295024),
    ("25", "00:00:00:25", None),
    ("25", "00:00:00;01", None),
    ("24", "00:00:01:23", 47),
    ("23.976", "00:00:01:23", 47),
    ("29.97", "00:00:59:29", 1799),
    ("29.97", "00:01:00:00", 1800),
    ("29.97", "00:00:59;29", 1799),
    ("29.97", "00:01:00;00", None),
    ("29.97", "00:01:00;01", None),
    ("29.97", "00:01:00;02", 1800),
    ("29.97", "00:01:01;00", 1828),
    ("29.97", "00:10:00;00", 17982),
    ("29.97", "01:00:00;00", 107892),
    ("29.97", "24:00:00;00", 2589408),
    ("59.94", "00:01:00;03", None),
    ("59.94", "00:01:00;04", 3600),
    ("59.94", "01:00:00;00", 215784),
    ("30", "00:01:00;02", None),
    ("30", "00:01:00:00", 1800),
    ("30", "00:01:00", None),
]


@pytest.mark.parametrize(("rate", "text", "expected"), TIMECODES)
def test_a_timecode_is_a_count_of_frames_or_none(rate, text, expected):
    found = TimeReader(TimeStyle(frame_rate=rate)).frames(text)
    if expected is None:
        assert found.code is Reason.BAD_TIME
        assert text in found.message
    else:
        assert found == expected


def test_every_drop_frame_timecode_of_a_day_is_the_next_frame():
    reader = TimeReader(TimeStyle(frame_rate="29.97", drop_frame="always"))
    seconds = [f"{m // 60:02}:{m % 60:02}:{s:02}" for m in range(61) for s in (0, 1, 59)]
    found = [reader.frames(f"{second}:{frame:02}") for second in seconds for frame in range(30)]
    frames = [one for one in found if not isinstance(one, Problem)]
    assert len(found) - len(frames) == 2 * 54  # two numbers of each minute but every tenth
    assert frames == sorted(set(frames))


def test_a_timecode_may_stand_behind_a_date():
    style = TimeStyle(frame_rate="29.97", timecodes=["* %H:%M:%S;%F"])
    assert TimeReader(style).frames("31/03/2026 00:10:00;00") == 17982


def test_frames_last_exactly_as_long_as_their_rate_says():
    assert seconds_of(501, "25") == Fraction("20.04")
    assert seconds_of(107892, rate_text("29.97")) == Fraction(107892 * 1001, 30000)
    assert rate_text("29.97") == rate_text("30000/1001") == "30000/1001"
