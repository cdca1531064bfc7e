"""When a vendor's deliveries are due: the `expect:` of a vendor file.

Belongs here: the shape of the declaration, and the instants that it names. Whether something came
is looked up elsewhere (`pipeline.pull.expected`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import BeforeValidator, StringConstraints, field_validator

from cost_pipeline.contracts.sections import Section, ShortForms

if TYPE_CHECKING:
    from croniter import croniter

_FIELDS: Final = 5
_LOOKED_BACK: Final = 8
_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = "24:00"
_NEXT: Final = "next"
_TIME: Final = rf"^([01]\d|2[0-3]):[0-5]\d$|^{_MIDNIGHT}$|^{_NEXT}$"


class Expectation(Section):
    """When something must have come.

    Attributes:
        cron: When it is sent, as five fields of cron, in the production's time zone.
        by: The time of day until which it is in time: on the day on which it is sent, or on the
            next one where that is earlier; `next` for the instant at which the next one is sent.
            If it is not given, the instant that `cron` names.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(
        instead=({"enum": ["daily", "weekdays", "monthly"]},)
    )

    cron: str
    by: Annotated[str, StringConstraints(pattern=_TIME)] | None = None

    @field_validator("cron")
    @classmethod
    def _names_instants(cls, cron: str) -> str:
        if len(cron.split()) != _FIELDS or not _croniter().is_valid(cron):
            raise ValueError(
                f"{cron!r} is no schedule of cron: write minute, hour, day, month and weekday,"
                " such as '0 18 * * 1-5'"
            )
        try:
            _croniter()(cron, datetime(2000, 1, 1)).get_next()  # noqa: DTZ001 - any will do
        except ValueError as error:
            raise ValueError(f"{cron!r} names no day that there is") from error
        return cron

    def __str__(self) -> str:
        """Returns it as a vendor file says it."""
        word = next((word for word, (cron, by) in _WORDS.items() if (cron, by) == self.said), None)
        return word or (f"{self.cron}, by {self.by}" if self.by else self.cron)

    @property
    def said(self) -> tuple[str, str | None]:
        """Both of its values."""
        return self.cron, self.by


_WORDS: Final = {
    "daily": ("0 0 * * *", _MIDNIGHT),
    "weekdays": ("0 0 * * 1-5", _MIDNIGHT),
    "monthly": ("0 0 1 * *", _NEXT),
}


def _in_full(value: object) -> object:
    if isinstance(value, str):
        if value not in _WORDS:
            raise ValueError("must be daily, weekdays, monthly, or a mapping with `cron` and `by`")
        cron, by = _WORDS[value]
        return {"cron": cron, "by": by}
    return value


Expect = Annotated[Expectation, BeforeValidator(_in_full)]


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery that is expected.

    Attributes:
        sent: When it is sent, at the earliest.
        by: When it must be there.
        until: When the next one is sent.
    """

    sent: datetime
    by: datetime
    until: datetime


def last_due(expect: Expectation, at: datetime) -> Due | None:
    """Returns the newest delivery that must be there at an instant; None if there is none.

    Args:
        expect: The declaration.
        at: In the time zone of the production.
    """
    return next((due for due in islice(_backwards(expect, at), _LOOKED_BACK) if due.by <= at), None)


def _backwards(expect: Expectation, at: datetime) -> Iterator[Due]:
    croniter = _croniter()
    times = croniter(expect.cron, at + timedelta(microseconds=1))
    sent = times.get_prev(datetime)
    until = croniter(expect.cron, sent).get_next(datetime)
    while True:
        yield Due(sent, _by(expect, sent, until), until)
        sent, until = times.get_prev(datetime), sent


def _by(expect: Expectation, sent: datetime, until: datetime) -> datetime:
    if expect.by is None:
        return sent
    if expect.by == _NEXT:
        return until
    day = sent.date()
    if expect.by == _MIDNIGHT:
        return start_of(day + _DAY, sent.tzinfo)
    limit = datetime.combine(day, time.fromisoformat(expect.by), sent.tzinfo)
    if limit < sent:
        limit = datetime.combine(day + _DAY, time.fromisoformat(expect.by), sent.tzinfo)
    return limit


def _croniter() -> type[croniter]:
    """Returns the class; few homes need it, and every command reads vendor files."""
    from croniter import croniter  # noqa: PLC0415

    return croniter


def start_of(day: date, zone: tzinfo | None) -> datetime:
    """Returns the first instant of a day in a time zone."""
    return datetime.combine(day, time.min, zone)
