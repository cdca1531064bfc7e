"""A feed of a few lines, to show that Dagster and the command line need a declaration only."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import pyarrow as pa
from pydantic import StringConstraints

from cost_pipeline.contracts.kinds import FeedContract, Kind
from cost_pipeline.contracts.problems import RefusedAs
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.tables import DAY, TEXT, Shape, required
from cost_pipeline.core.reasons import Reason, ReasonList
from cost_pipeline.feeds.listed import Listed
from cost_pipeline.lake.tables import dead_letters_table, records_table
from cost_pipeline.pipeline.checks import EVERY_FEED
from cost_pipeline.pipeline.declared.assets import Asked, Asset, Job, Made
from cost_pipeline.pipeline.declared.checks import Check, only
from cost_pipeline.pipeline.declared.commands import Command
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.reports.deliveries import deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

VENDOR = """vendor: shelf
feed: toy
record: item
source: {kind: folder, path: inbox/shelf, files: "{pull_date:%Y-%m-%d}*.csv"}
format: {kind: csv}
key: [item_id]
columns: {item_id: [id], observed_on: [date], place: [place]}
"""
GOOD = "id,date,place\nI1,2026-04-01,vault\nI2,2026-04-01,shop\n"
BAD = "id,date,place\nI3,not a day,vault\n"


class NoReason(StrEnum):
    """The toy refuses nothing that other feeds would not refuse too."""


_REASONS: Final = ReasonList(NoReason, str(Path(__file__).with_name("toy_reasons.toml")))
_Text = Annotated[
    str, StringConstraints(min_length=1, max_length=40), RefusedAs(Reason.BAD_TEXT, "is too long")
]
_Day = Annotated[date, RefusedAs(Reason.BAD_DATE, "is not a day")]


class Item(Record):
    kind = "item"
    reasons = _REASONS

    item_id: _Text
    observed_on: _Day
    place: _Text


SHAPE: Final = Shape(
    (required("item_id", TEXT), required("observed_on", DAY), pa.field("place", TEXT)),
    identity="item_id",
    day="observed_on",
)
RECORDS: Final = records_table("toy_records", SHAPE)
LETTERS: Final = dead_letters_table("toy_dead_letters", SHAPE)
CENSUS: Final = ("report", "toy", "census")


def _count(session: Session, _asked: Asked) -> Made:
    rows = sum(one.rows for one in deliveries(session))
    return Made({"rows": rows}, found=rows)


TOY: Final[Feed[Session]] = Feed(
    contract=FeedContract("toy", {"item": Kind(Item)}, SHAPE, _REASONS),
    records=RECORDS,
    dead_letters=LETTERS,
    choices=lambda _home: {},
    audited=(RECORDS, LETTERS),
    refuse_damaged=lambda _lake: None,
    checks=(
        *EVERY_FEED,
        Check(
            name="counted",
            words="There is something to count.",
            assets=only(CENSUS),
            look=None,
            judge=lambda rows, _subject: Outcome(rows > 0, f"{rows} rows"),
        ),
    ),
    assets=lambda _home: [
        Asset(key=CENSUS, words="How many rows there are.", group="report", make=_count)
    ],
    jobs=(Job(name="toy_census", words="Counts.", assets=[CENSUS], runs="last"),),
    owners=("team:toys",),
)
LISTED: Final = Listed(
    "toy", lambda: TOY, (Command("toys", "What only toys have.", __name__, "toys"),)
)
