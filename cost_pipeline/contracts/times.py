"""Fields of a record that hold times of day and timecodes.

Belongs here: the annotations that kinds of records use. How a vendor writes such values is
`time_style`'s; a kind that bounds them adds a constraint of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.texts import ReadAs
from cost_pipeline.contracts.time_style import rate_text
from cost_pipeline.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReadByStyle:
    """A note in a field's annotation: its text is read as the vendor's `times` say."""

    what: Literal["clock", "frames"]


@dataclass(frozen=True, slots=True)
class GivenRate:
    """A note in a field's annotation: it is the frame rate by which the row's timecodes count."""


def _rate(name: str, text: str) -> str | Problem:
    try:
        return rate_text(text)
    except ValueError as error:
        return Problem(name, Reason.BAD_TIME, str(error), text)


Seconds = Annotated[
    Decimal,
    ReadByStyle("clock"),
    Field(ge=0, max_digits=12, decimal_places=6, allow_inf_nan=False),
    RefusedAs(Reason.BAD_TIME, "seconds are past what this time can be, or too exact"),
]
"""A clock or a duration, in seconds: `25:30:00` is 91800, half past one of the next day."""
Frames = Annotated[
    int,
    ReadByStyle("frames"),
    Field(ge=0, le=10**9),
    RefusedAs(Reason.BAD_TIME, "is not a number of frames"),
]
"""A timecode as a count of frames since 00:00:00:00, at the rate that stands in `FrameRate`."""
FrameRate = Annotated[
    str,
    GivenRate(),
    ReadAs(_rate),
    RefusedAs(Reason.BAD_TIME, "is not a frame rate such as 25 or 30000/1001"),
]
"""The rate of the record's timecodes, from `times.frame_rate`: `25`, or `30000/1001`."""
