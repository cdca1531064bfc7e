"""What each rule gives at each of its borders, by hand: one module of rows for each agreement.

Amounts are reckoned from the collected facts, whose section each row names; none comes from the
code under test. `test_borders` evaluates the cards of all rows at once.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, line

DAY = timedelta(days=1)
CLOCKS = {f.name for f in TIMECARD_SCHEMA if pa.types.is_int32(f.type)} - {
    *("program_minutes", "season", "workday", "clock_shift_at", "clock_shift")
}
DATES = {f.name for f in TIMECARD_SCHEMA if pa.types.is_date32(f.type)}
SUMS = {f.name for f in TIMECARD_SCHEMA if pa.types.is_decimal(f.type)}


def on(card, **changes):
    """A card with changes; times, dates and sums are written as text."""
    return card | {name: _typed(name, value) for name, value in changes.items()}


def _typed(name, value):
    if not isinstance(value, str):
        return value
    if name in CLOCKS:
        return at(value)
    if name in DATES:
        return date.fromisoformat(value)
    return Decimal(value) if name in SUMS else value


NO_MEAL = {"meal1_out": None, "meal1_in": None}
DAYS = {"daily": "day", "weekly": "week", "three_day": "three_day"}


def performer(craft="performer", engagement="daily", schedule="A", rate="1246", **changes):
    """A performer's day from 7:00 to 17:30 with half an hour's meal: ten hours worked."""
    card = PERFORMER | {"craft": craft, "engagement": engagement, "schedule": schedule}
    return on(card | {"rate_unit": DAYS.get(engagement, "day")}, rate=rate, **changes)


def crew(craft="grip", agreement="iatse_basic", rate="60", **changes):
    """The same day of somebody of the crew, at a rate by the hour."""
    return on(GRIP | {"craft": craft, "agreement": agreement}, rate=rate, **changes)


def meal(out):
    """A first meal of half an hour that begins then."""
    return {"meal1_out": at(out), "meal1_in": at(out) + 30}


def paid(*lines):
    """Gross lines: category, amount, multiple, hours."""
    return {"gross": [line(*parts) for parts in lines]}


def week(card, *wraps, **last):
    """Days in a row from Monday on that end then, the last with changes of its own."""
    days = [
        on(card, wrap=wrap, workday=place, prior_wrap=None, week_ending="2026-03-08")
        | {"work_date": date(2026, 3, 1) + place * DAY}
        for place, wrap in enumerate(wraps, 1)
    ]
    return (*days[:-1], on(days[-1], **last))


@dataclass(frozen=True)
class Row:
    """One card (the last), a rule and what it gives.

    `gives` is a sum, or the severity of a rule that has none; None where the rule says nothing or
    that it is not evaluated.
    """

    rule: str
    cards: tuple
    gives: str | None


@dataclass
class Rows:
    """The rows of an agreement, and the borders in time that they are at."""

    named: dict = field(default_factory=dict)
    dated: set = field(default_factory=set)
    swept: set = field(default_factory=set)
    known: set = field(default_factory=set)

    def _add(self, source, rule, rows, about):
        assert (source, rule) not in self.named, (source, rule)
        self.named[source, rule] = rows
        self.known |= {rule, *about}

    def steps(self, source, card, *steps, by="work_date", about=()):
        """A day before, on and after each date on which something changes.

        A step is its first day (None where the facts have none), the rule that holds from then on,
        and what it gives. Days before the first step, and after one without a rule, have no number.
        """
        cards = card if isinstance(card, tuple) else (card,)
        rows = []
        rules = {rule for _, rule, _ in steps if rule}
        before = (None, None)
        for start, rule, gives in steps:
            if start is not None:
                first = date.fromisoformat(start)
                held = {rule, before[0], *about} - {None}
                self.dated |= {(name, first, by) for name in held}
                held_on = {-1: before, 0: (rule, gives), 1: (rule, gives)}
                for days, holds in held_on.items():
                    day = first + days * DAY
                    moved = _moved(cards, day, by)
                    rows += [Row(n, moved, holds[1] if n == holds[0] else None) for n in rules]
            before = (rule, gives)
        self._add(source, min(rules), rows, {*rules, *about})

    def sweep(self, source, rule, card, what, gives, about=()):
        """One field (or a function of the value) at values on both sides of what matters."""
        cards = card if isinstance(card, tuple) else (card,)
        rows = []
        for value, due in gives.items():
            last = cards[-1] | what(value) if callable(what) else on(cards[-1], **{what: value})
            rows.append(Row(rule, (*cards[:-1], last), due))
        self.swept |= {rule, *about}
        self._add(source, rule, rows, about)

    def one(self, source, rule, gives, *cards, about=()):
        """One case."""
        self._add(source, rule, [Row(rule, cards, gives)], about)


def _moved(cards, day, by):
    if by == "photography_start":
        return tuple(card | {by: day} for card in cards)
    shift = day - cards[-1]["work_date"]
    with_it = ("work_date", "prior_work_date", "week_ending")
    return tuple(
        card | {name: card[name] + shift for name in with_it if card.get(name)} for card in cards
    )
