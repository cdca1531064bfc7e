"""The rules of posting as a loop over rows: slow, in memory, and written without the product.

It reads the same generated rows that the files hold and says of each what must become of it.
"""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

BAD_AMOUNTS = {"abc", "", "1,00"}
BAD_DATES = {"2026-02-31", ""}
# Transaction date to the publication day whose rates it uses; 9 April's are not loaded. Easter
# Saturday uses Maundy Thursday's.
PUBLISHED = {
    "2026-03-31": "2026-03-31",
    "2026-04-01": "2026-04-01",
    "2026-04-02": "2026-04-02",
    "2026-04-04": "2026-04-02",
    "2026-04-09": None,
}
KINDS = {"rentals": "key", "orders": "key", "lodging": "ordinal", "petty": "none", "notes": "key"}
BASES = {"rentals": "USD", "orders": "USD", "petty": "USD", "lodging": "EUR", "notes": "USD"}
PRODUCTIONS = {"lodging": "P200"}


Place = tuple[str, str, int]
Fate = str | tuple[str, str] | Place  # a reason or `duplicate`, an invoice, or an original


@dataclass(frozen=True)
class Row:
    """One generated row of a delivery."""

    id: str
    date: str
    amount: str
    currency: str
    text: str
    invoice: str = ""
    of: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.id, self.date, self.amount, self.currency, self.text)

    @property
    def all_cells(self) -> tuple[str, ...]:
        return (*self.cells, self.invoice, self.of)

    def good_for(self, vendor: str) -> bool:
        """Whether it satisfies the contract; without a key a row needs no number of its own."""
        return not (
            (self.id == "" and KINDS[vendor] != "none")
            or self.date in BAD_DATES
            or self.amount in BAD_AMOUNTS
            or self.currency == "ZZZ"
        )


@dataclass(frozen=True)
class Allowed:
    """An approval: the negative row, and the transaction that it takes back."""

    at: datetime
    id: str
    place: tuple[str, str, int]
    vendor: str
    transaction: str


@dataclass
class Fates:
    """What became of the rows of one vendor's delivery."""

    rows: int = 0
    records: int = 0
    posted: int = 0
    commitments: int = 0
    duplicates: int = 0
    dead_letters: int = 0


@dataclass
class Outcome:
    """The state that the product must come to.

    Attributes:
        fates: By (vendor, delivery).
        active: (vendor, delivery, row) to (original, currency, base, base currency).
        amounts: By (vendor, delivery, currency): recorded, posted, held.
        reasons: Open dead letters by reason, of those refused when posting.
        taken_back: Place of a posted negative row to the place of the row that it reverses, or to
            the reference of its invoice.
    """

    fates: dict[tuple[str, str], Fates] = field(default_factory=dict)
    active: dict[tuple[str, str, int], tuple[Decimal, str, Decimal, str]] = field(
        default_factory=dict
    )
    amounts: dict[tuple[str, str, str], list[Decimal]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    taken_back: dict[tuple[str, str, int], object] = field(default_factory=dict)


def outcome(
    files: Sequence[tuple[str, str, str, Sequence[Row]]],
    rates: Mapping[str, Mapping[str, str]],
    allowed: Sequence[Allowed] = (),
    was_closed: Callable[[str, datetime], bool] = lambda _period, _at: False,
) -> Outcome:
    """What must become of files, each (vendor, pull date, SHA-256 of its bytes, rows)."""
    first: dict[tuple[str, str], str] = {}
    content: dict[tuple[str, str], Sequence[Row]] = {}
    for vendor, pulled, sha, rows in files:
        known = (vendor, sha)
        first[known] = min(pulled, first.get(known, pulled))
        content[known] = rows
    result = Outcome()
    stands: dict[tuple[object, ...], Row] = {}
    costs: dict[tuple[str, str, int], tuple[Row, bool]] = {}  # those that stand; whether posted
    negatives: list[tuple[tuple[str, str, int], tuple[object, ...], Row]] = []
    for vendor, sha in sorted(content, key=lambda known: (first[known], known[1], known[0])):
        fates = result.fates.setdefault((vendor, sha), Fates())
        seen: Counter[str] = Counter()
        for number, row in enumerate(content[vendor, sha], start=1):
            fates.rows += 1
            seen[row.id] += 1
            if not row.good_for(vendor):
                fates.dead_letters += 1
                continue
            fates.records += 1
            sums = result.amounts.setdefault((vendor, sha, row.currency), [Decimal(0)] * 3)
            sums[0] += Decimal(row.amount)
            key = {
                "key": (vendor, row.id),
                "ordinal": (vendor, row.id, seen[row.id]),
                "none": (vendor, sha, number),
            }[KINDS[vendor]]
            if row.amount.startswith("-"):
                negatives.append(((vendor, sha, number), key, row))
                continue
            before = stands.setdefault(key, row)
            if before is not row:
                sums[2] += Decimal(row.amount)
                if before.all_cells == row.all_cells:
                    fates.duplicates += 1
                else:
                    fates.dead_letters += 1
                    result.reasons["KEY_CONFLICT"] += 1
                continue
            base = converted(row, BASES[vendor], rates)
            too_large = base is not None and base >= 10**16
            base = None if too_large else base
            costs[vendor, sha, number] = (row, base is not None and vendor != "orders")
            if base is None:
                sums[2] += Decimal(row.amount)
                fates.dead_letters += 1
                result.reasons["BAD_AMOUNT" if too_large else "FX_RATE_MISSING"] += 1
            elif vendor == "orders":
                sums[2] += Decimal(row.amount)
                fates.commitments += 1
            else:
                sums[1] += Decimal(row.amount)
                fates.posted += 1
                result.active[vendor, sha, number] = (
                    Decimal(row.amount),
                    row.currency,
                    base,
                    BASES[vendor],
                )
    _take_back(result, negatives, costs, allowed, was_closed, rates)
    return result


def _take_back(
    result: Outcome,
    negatives: Sequence[tuple[Place, tuple[object, ...], Row]],
    costs: Mapping[Place, tuple[Row, bool]],
    allowed: Sequence[Allowed],
    was_closed: Callable[[str, datetime], bool],
    rates: Mapping[str, Mapping[str, str]],
) -> None:
    """The negative rows: who has leave, who comes first, what is left to take."""
    leave: dict[Place, Allowed] = {}
    for act in sorted(allowed, key=lambda a: (a.at, a.id)):
        leave.setdefault(act.place, act)
    left = {place: Decimal(row.amount) for place, (row, posted) in costs.items() if posted}
    rows = {place: row for place, _, row in negatives}
    fates = _by_key(negatives, leave)
    waiting = [place for place in rows if place not in fates]
    for place in sorted(
        (p for p in waiting if p in leave), key=lambda p: (leave[p].at, leave[p].id)
    ):
        original = _reversal(place, rows, leave[place], costs, was_closed)
        fates[place] = original
        if not isinstance(original, str):
            if left[original] < -Decimal(rows[place].amount):
                fates[place] = "REVERSAL_EXCEEDS"
            else:
                left[original] += Decimal(rows[place].amount)
    for place in waiting:
        if place not in leave:
            fates[place] = _credit_note(place, rows[place], costs, left)
    for place, fate in fates.items():
        _book(result, place, rows[place], fate, rates)


def _by_key(
    negatives: Sequence[tuple[Place, tuple[object, ...], Row]], leave: Mapping[Place, Allowed]
) -> dict[Place, Fate]:
    """Those that come after another one of their key, or have no leave."""
    firsts: dict[tuple[object, ...], tuple[Place, Row]] = {}
    for place, key, row in negatives:
        if place in leave or row.of:
            firsts.setdefault(key, (place, row))
    fates: dict[Place, Fate] = {}
    for place, key, row in negatives:
        first = firsts.get(key, (place, row))
        if first[0] != place and first[1].all_cells == row.all_cells:
            fates[place] = "duplicate"
        elif place not in leave and not row.of:
            fates[place] = "NEGATIVE_AMOUNT"
        elif first[0] != place:
            fates[place] = "KEY_CONFLICT"
    return fates


def _credit_note(
    place: Place,
    row: Row,
    costs: Mapping[Place, tuple[Row, bool]],
    left: dict[Place, Decimal],
) -> Fate:
    """What becomes of a row that names its invoice; what it takes is taken from `left`."""
    lines = [
        p
        for p, (cost, posted) in costs.items()
        if posted
        and p[0] == place[0]
        and (cost.invoice or cost.id, cost.currency) == (row.of, row.currency)
    ]
    rest = -Decimal(row.amount)
    if not lines:
        return "CREDIT_UNMATCHED"
    if sum(left[p] for p in lines) < rest:
        return "CREDIT_EXCEEDS"
    for line in lines:
        part = min(rest, left[line])
        left[line] -= part
        rest -= part
    return ("invoice", row.of)


def _reversal(
    place: Place,
    negatives: Mapping[Place, Row],
    act: Allowed,
    costs: Mapping[Place, tuple[Row, bool]],
    was_closed: Callable[[str, datetime], bool],
) -> str | Place:
    """The place of the cost that an approved row takes back, or why it cannot."""
    row = negatives[place]
    named = (act.vendor, act.transaction)
    found = [p for p, (cost, _) in costs.items() if (p[0], cost.id) == named]
    if not found:
        of_credit = any((p[0], other.id) == named for p, other in negatives.items())
        return "REVERSAL_OF_REVERSAL" if of_credit else "REVERSAL_UNKNOWN"
    cost, posted = costs[found[0]]
    against = {
        "REVERSAL_AMBIGUOUS": len(found) > 1,
        "REVERSAL_NOT_POSTED": not posted or place[0] == "orders",
        "REVERSAL_OTHER_PRODUCTION": PRODUCTIONS.get(place[0]) != PRODUCTIONS.get(act.vendor),
        "REVERSAL_OTHER_CURRENCY": cost.currency != row.currency,
        "REVERSAL_PERIOD_CLOSED": was_closed(cost.date[:7], act.at),
    }
    return next((why for why, holds in against.items() if holds), found[0])


def _book(
    result: Outcome, place: Place, row: Row, fate: Fate, rates: Mapping[str, Mapping[str, str]]
) -> None:
    """Count a negative row where its fate puts it."""
    vendor, sha, _ = place
    fates, sums = result.fates[vendor, sha], result.amounts[vendor, sha, row.currency]
    base = converted(row, BASES[vendor], rates)
    if fate == "NEGATIVE_AMOUNT":
        fates.records -= 1  # it is none until it has leave
    if fate == "duplicate":
        fates.duplicates += 1
        sums[2] += Decimal(row.amount)
    elif isinstance(fate, str) or base is None:
        fates.dead_letters += 1
        result.reasons[fate if isinstance(fate, str) else "FX_RATE_MISSING"] += 1
        sums[2] += Decimal(row.amount)
    else:
        fates.posted += 1
        sums[1] += Decimal(row.amount)
        result.active[place] = (Decimal(row.amount), row.currency, base, BASES[vendor])
        result.taken_back[place] = fate


def converted(
    row: Row, base_currency: str, rates: Mapping[str, Mapping[str, str]]
) -> Decimal | None:
    """The base amount: exact, rounded once, half to even; None without a rate."""
    with decimal.localcontext() as context:
        context.prec = 60
        if row.currency == base_currency:
            pair: tuple[str, str] | None = ("1", "1")
        else:
            pair = _pair(row, base_currency, rates)
        if pair is None:
            return None
        exact = Decimal(row.amount) * Decimal(pair[1]) / Decimal(pair[0])
        return exact.quantize(Decimal("0.01"), rounding=decimal.ROUND_HALF_EVEN)


def _pair(
    row: Row, base_currency: str, rates: Mapping[str, Mapping[str, str]]
) -> tuple[str, str] | None:
    published = PUBLISHED[row.date]
    if published is None:
        return None
    # All loaded days lie within the five days that a rate may be old.
    for day in sorted((day for day in rates if day <= published), reverse=True):
        known = {"EUR": "1", **rates[day]}
        if row.currency in known and base_currency in known:
            return known[row.currency], known[base_currency]
    return None
