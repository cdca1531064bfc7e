"""The rules of posting as a loop over rows: slow, in memory, and written without the product.

It reads the same generated rows that the files hold and says of each what must become of it.
"""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

BAD_AMOUNTS = {"-5.00", "abc", "", "1,00"}
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
KINDS = {"rentals": "key", "orders": "key", "lodging": "ordinal", "petty": "none"}
BASES = {"rentals": "USD", "orders": "USD", "petty": "USD", "lodging": "EUR"}


@dataclass(frozen=True)
class Row:
    """One generated row of a delivery."""

    id: str
    date: str
    amount: str
    currency: str
    text: str

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.id, self.date, self.amount, self.currency, self.text)

    def good_for(self, vendor: str) -> bool:
        """Whether it satisfies the contract; without a key a row needs no number of its own."""
        return not (
            (self.id == "" and KINDS[vendor] != "none")
            or self.date in BAD_DATES
            or self.amount in BAD_AMOUNTS
            or self.currency == "ZZZ"
        )


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
    """

    fates: dict[tuple[str, str], Fates] = field(default_factory=dict)
    active: dict[tuple[str, str, int], tuple[Decimal, str, Decimal, str]] = field(
        default_factory=dict
    )
    amounts: dict[tuple[str, str, str], list[Decimal]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)


def outcome(
    files: Sequence[tuple[str, str, str, Sequence[Row]]],
    rates: Mapping[str, Mapping[str, str]],
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
            before = stands.setdefault(key, row)
            if before is not row:
                sums[2] += Decimal(row.amount)
                if before.cells == row.cells:
                    fates.duplicates += 1
                else:
                    fates.dead_letters += 1
                    result.reasons["KEY_CONFLICT"] += 1
                continue
            base = converted(row, BASES[vendor], rates)
            if base is None:
                sums[2] += Decimal(row.amount)
                fates.dead_letters += 1
                result.reasons["FX_RATE_MISSING"] += 1
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
    return result


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
