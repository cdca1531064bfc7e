"""Draws the costs of one invented vendor: same seed, same costs, whatever else is drawn.

A cost knows its fate: good, a duplicate, or the reason code with which it must be refused. How it
is written down is its vendor's business (`writers`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

GOOD: Final = ""
DUPLICATE: Final = "DUPLICATE"
# Refused after they satisfied the contract.
AFTER_VALIDATION: Final = frozenset({"KEY_CONFLICT", "FX_RATE_MISSING"})


@dataclass(frozen=True, slots=True)
class Cost:
    """One line that a vendor bills.

    Attributes:
        number: Its transaction id.
        day: Its transaction date.
        category: The union agreement, for payroll.
        tax_id: The payee's, as SCHEME:NUMBER.
        fate: GOOD, DUPLICATE, or a reason code.
    """

    number: str
    day: date
    amount: Decimal
    currency: str
    gl_code: str
    department: str
    payee: str
    words: str
    category: str | None = None
    tax_id: str | None = None
    order: str | None = None
    fate: str = GOOD


@dataclass(frozen=True, slots=True)
class Account:
    """A cost code with its union agreement and the words of its invoices."""

    gl_code: str
    department: str
    category: str | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Character:
    """What an invented vendor is like.

    Attributes:
        daily: New costs per pull date.
        currencies: Drawn from in order of share; repeat one to weigh it.
        largest: The largest amount.
        again: Good costs of the pull date before that are exported once more.
        faults: How many costs have each reason code, by place of the pull date (0 is the first).
    """

    name: str
    prefix: str
    daily: int
    currencies: tuple[str, ...]
    accounts: tuple[Account, ...]
    payees: tuple[str, ...]
    largest: int
    again: int = 0
    tax_scheme: str | None = None
    faults: Mapping[int, Mapping[str, int]] | None = None


def draw(character: Character, seed: int, days: Sequence[date]) -> dict[date, tuple[Cost, ...]]:
    """Returns the costs that the vendor hands over on each pull date, in the order of its files."""
    drawn: dict[date, tuple[Cost, ...]] = {}
    before: list[Cost] = []
    for place, day in enumerate(days):
        # No secret: equal worlds are the point. A text seeds alike on every platform.
        chance = Random(f"{seed}/{character.name}/{day}")  # noqa: S311
        new = [_cost(character, chance, day, number) for number in range(character.daily)]
        faults = dict((character.faults or {}).get(place, {}))
        conflicts = faults.pop("KEY_CONFLICT", 0)
        new = _spoil(new, faults, chance)
        good = [cost for cost in before if cost.fate == GOOD]
        again = [replace(cost, fate=DUPLICATE) for cost in good[-character.again :]] * bool(
            character.again
        )
        changed = [
            replace(cost, amount=cost.amount + 1, fate="KEY_CONFLICT") for cost in good[:conflicts]
        ]
        drawn[day] = (*again, *changed, *new)
        before = new
    return drawn


def _cost(character: Character, chance: Random, day: date, number: int) -> Cost:
    account = character.accounts[chance.randrange(len(character.accounts))]
    payee = chance.randrange(len(character.payees))
    return Cost(
        number=f"{character.prefix}-{day:%y%m%d}-{number + 1:05}",
        day=day - timedelta(days=_lateness(chance)),
        amount=Decimal(chance.randrange(100, character.largest * 100)).scaleb(-2),
        currency=character.currencies[chance.randrange(len(character.currencies))],
        gl_code=account.gl_code,
        department=account.department,
        payee=character.payees[payee],
        words=account.words[chance.randrange(len(account.words))],
        category=account.category,
        tax_id=_tax_id(character, payee),
        order=f"PO-{chance.randrange(9000) + 1000}",
    )


def _lateness(chance: Random) -> int:
    """Returns the days between a cost and its pull: mostly none, sometimes weeks."""
    kind = chance.randrange(100)
    if kind < 70:  # noqa: PLR2004  (a share in percent)
        return chance.randrange(2)
    return chance.randrange(8) if kind < 96 else chance.randrange(8, 41)  # noqa: PLR2004


def _tax_id(character: Character, payee: int) -> str | None:
    """Returns a well-formed number of nobody we know: 9 digits with a Luhn check."""
    if character.tax_scheme is None:
        return None
    digits = f"9000{payee:04}"
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(digits)]
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    return f"{character.tax_scheme}:{digits}{check}"


def _spoil(costs: list[Cost], faults: Mapping[str, int], chance: Random) -> list[Cost]:
    """Gives some costs a fault, spread over the day's file."""
    fates = [reason for reason, count in sorted(faults.items()) for _ in range(count)]
    places = chance.sample(range(len(costs)), len(fates))
    for place, reason in zip(places, fates, strict=True):
        costs[place] = _spoiled(costs[place], reason)
    return costs


def _spoiled(cost: Cost, reason: str) -> Cost:
    """Returns the cost with that fault; writers add faults of writing (a stray quote)."""
    cost = replace(cost, fate=reason)
    if reason == "NEGATIVE_AMOUNT":
        return replace(cost, amount=-cost.amount)
    if reason == "UNION_CATEGORY_MISMATCH":
        return replace(cost, category="WGA")
    simple: dict[str, dict[str, str | None]] = {
        "UNKNOWN_CURRENCY": {"currency": "CDN"},
        # Bulgaria's currency ended with 2025.
        "CURRENCY_NOT_VALID_ON_DATE": {"currency": "BGN"},
        # A currency that is good, and that the ECB has never published.
        "FX_RATE_MISSING": {"currency": "AED"},
        "BAD_GL_CODE": {"gl_code": "GRIP"},
        "UNMAPPED_COST_CODE": {"gl_code": "3950"},
        "UNION_CATEGORY_MISSING": {"category": None},
        "MISSING_TAX_ID": {"tax_id": None},
        "BAD_TAX_ID": {"tax_id": "CA-BN:123456789"},
    }
    return replace(cost, **simple.get(reason, {}))  # type: ignore[arg-type]
