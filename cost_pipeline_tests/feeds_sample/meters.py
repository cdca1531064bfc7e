"""A feed in one file: readings of electricity and water meters of a studio lot.

It is the example of docs/a-new-feed.md. Nothing in the product knows it.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cost_pipeline.contracts.kinds import FeedContract, Kind
from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.record import Record
from cost_pipeline.contracts.rules import Rule, Seen
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.shapes import shape_of
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason
from cost_pipeline.feeds.listed import Listed
from cost_pipeline.pipeline.records_only import feed_without_book

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z][A-Z0-9-]{0,19}$"),
    RefusedAs(Reason.BAD_TEXT, "is not a name such as LOT-7"),
]
Quantity = Annotated[
    Decimal,
    Field(max_digits=24, decimal_places=12, allow_inf_nan=False),
    RefusedAs(Reason.BAD_NUMBER, "is not a quantity of at most 12 digits before and after a point"),
]
Unit = Annotated[Literal["kWh", "m3"], RefusedAs(Reason.BAD_TEXT, "is not kWh or m3")]


def _unit_of_meter(meter: str, unit: str) -> Problem | None:
    """Meters whose name begins with W count water."""
    if meter.startswith("W") == (unit == "m3"):
        return None
    return Problem("unit", Reason.BAD_TEXT, f"the meter {meter} does not count {unit}", unit)


class Reading(Record):
    """What a meter of a lot stood at on a day; `used` may be negative where a meter was changed."""

    kind = "reading"

    reading_id: Name
    read_on: date
    lot: Name
    meter: Name
    used: Quantity
    unit: Unit

    @classmethod
    def rules(cls):
        """Returns what its fields must agree on."""
        return (Rule("unit of the meter", (Seen("meter"), Seen("unit")), _unit_of_meter),)


class Lots(Section):
    """`feeds/meters.yaml`: the lots."""

    lots: tuple[str, ...]


class LotVendor(Vendor):
    """A vendor file; `lot` says whose meters it reads."""

    exact = ("used",)
    deciding = (*Vendor.deciding, "lot")

    feed: Literal["meters"]
    lot: str

    @property
    def scope(self):
        """The lot."""
        return self.lot


CONTRACT = FeedContract(
    name="meters",
    kinds={"reading": Kind(Reading, key="update", order=("read_on",))},
    shape=shape_of(
        Reading,
        identity="reading_id",
        day="read_on",
        scope="lot",
        measure=Measure("used", "unit", "quantities"),
    ),
    vendor=LotVendor,
    settings=Lots,
    scopes=lambda settings: settings.lots,
)
METERS = feed_without_book(CONTRACT, owners=("team:lot-services",))
LISTED = Listed("meters", lambda: METERS)
