"""A chart of accounts: the accounts that a production may be charged to, and from when until when.

Belongs here: what a chart says of one cost. `home` reads the file that it is made of.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cost_pipeline.contracts.cost import VendorInvoice
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.lookups import Table, WrongRow
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.record import judge_field
from cost_pipeline.contracts.rules import NO_RULES, OwnRules, Rule, Seen
from cost_pipeline.core.text import nearest

ACCOUNT: Final = "gl_code"
DEPARTMENT: Final = "department_code"
_HEADINGS: Final = (ACCOUNT, "title", DEPARTMENT, "from", "until")
_EVER: Final = (date.min, date.max)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """One row of a chart.

    Attributes:
        gl_code: The account.
        department: The department that may be charged to it; empty for any.
        first, last: The days on which it is open.
    """

    gl_code: str
    department: str = ""
    first: date = date.min
    last: date = date.max

    def is_on(self, day: date) -> bool:
        """Whether it is open on a day."""
        return self.first <= day <= self.last

    def shares_a_day_with(self, other: Account) -> bool:
        """Whether the two are the same account on some day."""
        same = (self.gl_code, self.department) == (other.gl_code, other.department)
        return same and self.first <= other.last and other.first <= self.last

    def words(self) -> str:
        """Returns when it is open."""
        first = "" if self.first == date.min else f"from {self.first}"
        last = "" if self.last == date.max else f"until {self.last}"
        return " ".join(filter(None, (first, last)))


@dataclass(frozen=True, slots=True)
class Chart:
    """The accounts of a production.

    Attributes:
        file: Where they are written, as the settings say.
        accounts: In their order.
    """

    file: str
    accounts: tuple[Account, ...]
    _by_code: Mapping[str, Sequence[Account]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        by_code: dict[str, list[Account]] = {}
        for account in self.accounts:
            by_code.setdefault(account.gl_code, []).append(account)
        object.__setattr__(self, "_by_code", by_code)

    @property
    def is_dated(self) -> bool:
        """Whether an account is open on some days only."""
        return any((one.first, one.last) != _EVER for one in self.accounts)

    def rows(self) -> list[tuple[object, ...]]:
        """Returns what it says, in an order that does not depend on that of the file."""
        return [(a.gl_code, a.department, a.first, a.last) for a in sorted(self.accounts)]

    def refusal(self, gl_code: str, department: str, day: date) -> Problem | None:
        """Returns why a cost cannot be charged to an account; None if it can."""
        same = self._by_code.get(gl_code, ())
        own = [one for one in same if one.department in {"", department}]
        if any(one.is_on(day) for one in own):
            return None
        if not same:
            message = f"{shown(gl_code)} is not in {self.file}"
        elif not own:
            message = f"{shown(gl_code)} is not an account of {shown(department)} in {self.file}"
        else:
            when = ", ".join(sorted(one.words() for one in own))
            message = f"{shown(gl_code)} is not open on {day} by {self.file}, but {when}"
        return Problem(ACCOUNT, CostReason.UNKNOWN_ACCOUNT, message, gl_code)


def rules_of(charts: Mapping[str, Chart]) -> OwnRules:
    """Returns the rule that costs are charged to accounts of the chart of their production.

    Args:
        charts: Production to its chart; a production without one may be charged to any account.
    """
    if not charts:
        return NO_RULES
    said = {
        name: [chart.file, [[str(part) for part in row] for row in chart.rows()]]
        for name, chart in charts.items()
    }
    return OwnRules((_rule(charts),), json.dumps(said, sort_keys=True))


def _rule(charts: Mapping[str, Chart]) -> Rule:
    name = "an account of the production's chart"
    seen = (Seen("production"), Seen(ACCOUNT), Seen(DEPARTMENT))
    if any(chart.is_dated for chart in charts.values()):

        def on_the_day(production: str, code: str, department: str, day: date) -> Problem | None:
            chart = charts.get(production)
            return None if chart is None else chart.refusal(code, department, day)

        return Rule(name, (*seen, Seen("transaction_date")), on_the_day)

    def ever(production: str, code: str, department: str) -> Problem | None:
        chart = charts.get(production)
        return None if chart is None else chart.refusal(code, department, date.max)

    return Rule(name, seen, ever)


# A home is read at each step and each tick of a sensor, mostly with the same files as before.
@functools.lru_cache(maxsize=32)
def chart_of(table: Table, file: str) -> tuple[Chart, tuple[WrongRow, ...]]:
    """Returns the chart in a file, and what is wrong with it.

    Args:
        table: What the file holds.
        file: Its name in the settings.
    """
    wrong = [WrongRow(file, 1, *words) for words in _wrong_heading(table.heading)]
    if wrong:
        return Chart(file, ()), tuple(wrong)
    accounts: list[Account] = []
    by_code: dict[str, list[tuple[int, Account]]] = {}
    for line, cells in table.rows:
        found = _account(dict(zip(table.heading, cells, strict=True)))
        if isinstance(found, str):
            wrong.append(WrongRow(file, line, found))
            continue
        others = by_code.setdefault(found.gl_code, [])
        first = next((at for at, other in others if other.shares_a_day_with(found)), None)
        if first is not None:
            message = f"the account `{found.gl_code}` is there twice (first in line {first})"
            wrong.append(WrongRow(file, line, message, "keep one, or part them by their days"))
        others.append((line, found))
        accounts.append(found)
    if not accounts and not wrong:
        wrong.append(WrongRow(file, 1, "has a heading and no accounts", "add a row for each"))
    return Chart(file, tuple(accounts)), tuple(wrong)


def _wrong_heading(heading: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in heading:
        if name not in _HEADINGS:
            yield f"the heading `{name}` is not one of a chart", nearest(name, _HEADINGS)
    if ACCOUNT not in heading:
        yield f"the heading `{ACCOUNT}` is missing", "head the column of the accounts so"


def _account(row: Mapping[str, str]) -> Account | str:
    """Returns the account that a row says, or what is wrong with it."""
    if not row[ACCOUNT]:
        return f"the row has no `{ACCOUNT}`"
    for name in (ACCOUNT, DEPARTMENT):
        text = row.get(name)
        found = judge_field(VendorInvoice, name, text) if text else None
        if isinstance(found, Problem):
            return f"`{name}` cannot be `{text}`: {found.message}"
    days = []
    for name, otherwise in (("from", date.min), ("until", date.max)):
        text = row.get(name, "")
        day = _day(text) if text else otherwise
        if day is None:
            return f"`{name}` cannot be `{text}`: write a day as 2026-04-01"
        days.append(day)
    if days[0] > days[1]:
        return f"it is open from {days[0]} until {days[1]}, which is before"
    return Account(row[ACCOUNT], row.get(DEPARTMENT, ""), days[0], days[1])


def _day(text: str) -> date | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
