"""A second small feed: what the screens of a studio lot played, by clocks and timecodes.

It is an example of docs/a-new-feed.md. Nothing in the product knows it.
"""

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cost_pipeline.contracts.kinds import FeedContract, Kind
from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.rules import Rule, Seen
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.shapes import shape_of
from cost_pipeline.contracts.time_style import seconds_of
from cost_pipeline.contracts.times import FrameRate, Frames, Seconds
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason
from cost_pipeline.feeds.listed import Listed
from cost_pipeline.pipeline.records_only import feed_without_book

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}$"),
    RefusedAs(Reason.BAD_TEXT, "is not a name such as S-1"),
]
LAST = 30 * 3600
"""A day of a screen ends at six in the morning of the next."""
Planned = Annotated[Seconds, Field(lt=LAST)]


def _long_enough(length: int, rate: str) -> Problem | None:
    """Nobody sees what is shown for less than half a second."""
    if seconds_of(length, rate) >= Fraction(1, 2):
        return None
    return Problem("length", Reason.BAD_TIME, f"{length} frames at {rate} are not half a second")


class Play(Record):
    """What a screen played: planned by the clock of its day, played by the machine's timecode."""

    kind = "play"

    play_id: Name
    played_on: date
    screen: Name
    planned: Planned
    started: Frames
    length: Frames
    frame_rate: FrameRate

    @classmethod
    def rules(cls):
        """Returns what its fields must agree on."""
        return (Rule("long enough", (Seen("length"), Seen("frame_rate")), _long_enough),)


class Screens(Section):
    """`feeds/plays.yaml`: nothing to say."""


class ScreenVendor(Vendor):
    """A vendor file."""

    feed: Literal["plays"]


CONTRACT = FeedContract(
    name="plays",
    kinds={"play": Kind(Play, key="update", order=("played_on",))},
    shape=shape_of(Play, identity="play_id", day="played_on"),
    vendor=ScreenVendor,
    settings=Screens,
)
PLAYS = feed_without_book(CONTRACT, owners=("team:lot-services",))
LISTED = Listed("plays", lambda: PLAYS)
