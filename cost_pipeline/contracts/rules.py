"""Rules between fields of a record, each declared once and used by both lanes.

A rule says what it looks at (`sees`) and judges just that. The model's lane shows it the values of
one row; the columnar lane shows it every distinct combination once. So a rule must be a function of
what it sees and of reference data, nothing else. Rules of one field are its constraints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from cost_pipeline.contracts.problems import Problem


class View(StrEnum):
    """What a rule looks at: a value, whether there is one, or how many decimals it needs."""

    VALUE = "value"
    PRESENT = "present"
    DECIMALS = "decimals"


def view(value: Any, how: View) -> Any:  # noqa: ANN401 - a rule's own check knows its types
    """Returns what a rule sees of a value."""
    if how is View.PRESENT:
        return value is not None
    if how is View.DECIMALS:
        return significant_decimals(value)
    return value


def significant_decimals(number: Decimal) -> int:
    """Returns how many decimals a number needs: 1 for 1.50, 0 for 1.00."""
    return len(format(number, "f").partition(".")[2].rstrip("0"))


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that a rule looks at."""

    field: str
    how: View = View.VALUE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule between fields.

    Attributes:
        name: The name for people.
        sees: The arguments of `check`, in order.
        check: None if what is seen is in order.
    """

    name: str
    sees: tuple[Seen, ...]
    check: Callable[..., Problem | None]


@dataclass(frozen=True, slots=True)
class OwnRules:
    """Rules that the settings of a home add to those of a contract.

    Attributes:
        rules: The rules.
        said: What they go by, as one text: part of every interpretation. Empty without rules.
    """

    rules: tuple[Rule, ...] = ()
    said: str = ""


NO_RULES: Final = OwnRules()
"""What a home says that adds none."""


def broken(
    rules: tuple[Rule, ...], values: Mapping[str, object], wrong: Collection[str] = ()
) -> Iterator[Problem]:
    """Yields the problems of a row, whose empty fields may be absent from `values`.

    A rule that looks at one of the fields that are `wrong` by themselves is not asked.
    """
    for rule in rules:
        if wrong and any(seen.field in wrong for seen in rule.sees):
            continue
        problem = rule.check(*[view(values.get(seen.field), seen.how) for seen in rule.sees])
        if problem is not None:
            yield problem
