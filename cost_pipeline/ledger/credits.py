"""Which negative records may be posted: a pure function of credits, originals, approvals, closings.

A credit is posted on one of two authorities: an approval by a person, which names the one original
that it takes back (a reversal), or its own reference to an invoice of the same vendor (a credit
note). Neither ever takes back more than was posted. Whatever order things came in, the ruling is
the same: approvals are served in the order in which they were given, credit notes after them in the
order of records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_tables import COST_FIELDS
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.tables import HASH, TEXT
from cost_pipeline.core.money import shown
from cost_pipeline.ledger.periods import Closing, closed_at, month_of
from cost_pipeline.ledger.records import RESOLVED_SCHEMA
from cost_pipeline.standing.keys import CONFLICT, DUPLICATE, STANDS

RULING_FIELDS: Final = (
    pa.field("reversal_of", HASH),
    pa.field("approval", HASH),
    pa.field("ruling", TEXT),
    pa.field("ruling_message", TEXT),
)
RULED_SCHEMA: Final = pa.schema([*RESOLVED_SCHEMA, *RULING_FIELDS])
"""A resolved record with the ruling on its sign.

`ruling` is the reason code for which it may not be posted, `reversal_of` the fingerprint of the
record that it takes back, `approval` the act that allows it; all null for what is not negative.
"""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that was not withdrawn.

    Attributes:
        id: The id of the recorded act.
        vendor, fingerprint: The negative row.
        original_vendor: The vendor of the record that it reverses.
        original_transaction_id: The transaction id of that record, if it was named by it.
        original_fingerprint: The record of the posting that was named, if one was.
        approved_at: When it was approved.
    """

    id: str
    vendor: str
    fingerprint: str
    original_vendor: str
    original_transaction_id: str | None
    original_fingerprint: str | None
    approved_at: datetime


@dataclass(slots=True)
class _Refusal:
    reason: str
    message: str


@dataclass(slots=True)
class _Ruled:
    """One credit, and what is known about it so far."""

    row: dict[str, Any]
    approval: Approval | None
    standing: str = STANDS
    first: dict[str, Any] | None = None
    original: dict[str, Any] | None = None
    refusal: _Refusal | None = None

    @property
    def takes(self) -> Decimal:
        amount: Decimal = self.row["amount"]
        return -amount

    def as_row(self) -> dict[str, Any]:
        first = self.first or {}
        allowed = self.standing == STANDS and self.refusal is None
        return self.row | {
            "standing": self.standing,
            "of": first.get("fingerprint"),
            "of_delivery": first.get("delivery"),
            "of_row": first.get("row"),
            "reversal_of": self.original["fingerprint"] if allowed and self.original else None,
            "approval": self.approval.id if allowed and self.approval else None,
            "ruling": str(self.refusal.reason) if self.refusal else None,
            "ruling_message": self.refusal.message if self.refusal else None,
        }


@dataclass(slots=True)
class _Originals:
    """The records that can be reversed: those that are not negative, with standing and price."""

    rows: Sequence[dict[str, Any]]
    by_fingerprint: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    by_transaction: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    by_reference: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            vendor = row["vendor"]
            self.by_fingerprint[vendor, row["fingerprint"]] = row
            if row["standing"] == STANDS:
                self.by_transaction.setdefault((vendor, row["transaction_id"]), []).append(row)
                self.by_reference.setdefault((vendor, reference(row)), []).append(row)

    def standing_for(self, vendor: str, fingerprint: str) -> dict[str, Any] | None:
        """Returns the record, or the one that stands in its place because it says the same."""
        row = self.by_fingerprint.get((vendor, fingerprint))
        if row is not None and row["standing"] == DUPLICATE:
            return self.by_fingerprint.get((vendor, row["of"]))
        return row


def reference(row: Mapping[str, Any]) -> str:
    """Returns what a credit note calls an invoice: its number, or else its transaction id."""
    named: str = row["invoice_number"] or row["transaction_id"]
    return named


def is_posted(row: Mapping[str, Any]) -> bool:
    """Whether a record that is not negative is in the ledger as it should be."""
    return (
        row["standing"] == STANDS
        and row["refusal"] is None
        and row["kind"] != RecordKind.PURCHASE_ORDER
    )


def rule(
    negatives: pa.Table,
    originals: pa.Table,
    approvals: Iterable[Approval],
    closings: Sequence[Closing],
) -> pa.Table:
    """Returns the ruling on every credit (`RULED_SCHEMA`), in the order of records.

    Args:
        negatives: All negative records that count (`CANDIDATE_SCHEMA`).
        originals: At least the records that approvals and credits name, and their rivals: resolved
            among what is not negative (`RESOLVED_SCHEMA`), with `refusal` of their conversion.
        approvals: Those that were not withdrawn.
        closings: When which period was closed.
    """
    ordered = sorted(approvals, key=lambda a: (a.approved_at, a.id))
    chosen: dict[tuple[str, str], Approval] = {}
    for approval in ordered:  # of two approvals of one row the first counts
        chosen.setdefault((approval.vendor, approval.fingerprint), approval)
    ruled = [
        _Ruled(row, chosen.get((row["vendor"], row["fingerprint"])))
        for row in sorted(negatives.to_pylist(), key=_order)
    ]
    known = _Originals(originals.to_pylist())
    _resolve(ruled)
    _reversals(ruled, known, closings)
    _credit_notes(ruled, known)
    rows = [one.as_row() for one in ruled]
    return pa.Table.from_pylist(rows, schema=RULED_SCHEMA)


def unruled(resolved: pa.Table) -> pa.Table:
    """Returns records that are not negative, as `RULED_SCHEMA`: they need no ruling."""
    for name in RULING_FIELDS:
        resolved = resolved.append_column(name, pa.nulls(resolved.num_rows, name.type))
    return resolved.select(RULED_SCHEMA.names).cast(RULED_SCHEMA)


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["first_pulled"], row["vendor"], row["delivery"], row["row"]


_CONTENT: Final = ("kind", *(entry.name for entry in COST_FIELDS))


def _resolve(ruled: Sequence[_Ruled]) -> None:
    """Settles which credits stand, among credits only: one often bears the number of its original.

    Only a credit that has an authority can stand; without one it is no rival of anybody.
    """
    firsts: dict[tuple[str, str], _Ruled] = {}
    for one in ruled:
        if one.row["key"] is not None and _has_authority(one):
            firsts.setdefault((one.row["vendor"], one.row["key"]), one)
    for one in ruled:
        first = firsts.get((one.row["vendor"], one.row["key"])) if one.row["key"] else None
        if first is None or first is one:
            continue
        if all(one.row[name] == first.row[name] for name in _CONTENT):
            one.standing, one.first = DUPLICATE, first.row
        elif _has_authority(one):
            one.standing, one.first = CONFLICT, first.row


def _has_authority(one: _Ruled) -> bool:
    return one.approval is not None or one.row["credit_of"] is not None


def _reversals(ruled: Sequence[_Ruled], known: _Originals, closings: Sequence[Closing]) -> None:
    """Decides on approved reversals in the order of approval; other nameless credits wait."""
    negative = {(one.row["vendor"], one.row["fingerprint"]) for one in ruled}
    numbers = {(one.row["vendor"], one.row["transaction_id"]) for one in ruled}
    approved = []
    for one in ruled:
        if one.standing != STANDS:
            continue
        if one.approval is not None:
            approved.append((one.approval, one))
        elif one.row["credit_of"] is None:
            words = f"'{shown(one.row['amount'])}' is negative: a cost is never negative, "
            one.refusal = _Refusal(
                CostReason.NEGATIVE_AMOUNT, words + "a reversal of the original is needed"
            )
    left: dict[tuple[str, str], Decimal] = {}
    for approval, one in sorted(approved, key=lambda pair: (pair[0].approved_at, pair[0].id)):
        found = _original(approval, known, negative, numbers)
        if isinstance(found, dict):
            found = _unlike(one.row, found) or _closed(approval, found, closings) or found
        if isinstance(found, _Refusal):
            one.refusal = found
            continue
        place = (found["vendor"], found["fingerprint"])
        rest = left.setdefault(place, found["amount"])
        if one.takes > rest:
            one.refusal = _Refusal(
                CostReason.REVERSAL_EXCEEDS, _exceeds(one, found["amount"], rest)
            )
            continue
        left[place] = rest - one.takes
        one.original = found


def _original(
    approval: Approval,
    known: _Originals,
    negative: set[tuple[str, str]],
    numbers: set[tuple[str, str]],
) -> dict[str, Any] | _Refusal:
    """Returns the record that an approval names, if it is one and is posted."""
    vendor, number = approval.original_vendor, approval.original_transaction_id
    if approval.original_fingerprint is not None:
        named = (vendor, approval.original_fingerprint)
        standing = known.standing_for(*named)
        found = [standing] if standing is not None else []
        is_credit, words = named in negative, "the posting that was named"
    else:
        named = (vendor, number or "")
        found = known.by_transaction.get(named, [])
        is_credit, words = named in numbers, f"transaction '{number}' of {vendor}"
    if not found and is_credit:
        return _Refusal(CostReason.REVERSAL_OF_REVERSAL, f"{words} is negative itself")
    if not found:
        return _Refusal(CostReason.REVERSAL_UNKNOWN, f"{words} is not there")
    if len(found) > 1:
        message = f"{words} names {len(found)} records; approve with the id of a posting"
        return _Refusal(CostReason.REVERSAL_AMBIGUOUS, message)
    if not is_posted(found[0]):
        return _Refusal(CostReason.REVERSAL_NOT_POSTED, f"{words} is not posted")
    return found[0]


def _unlike(row: Mapping[str, Any], original: Mapping[str, Any]) -> _Refusal | None:
    if row["kind"] == RecordKind.PURCHASE_ORDER:
        message = "a purchase order is held, not posted, and cannot reverse a posting"
        return _Refusal(CostReason.REVERSAL_NOT_POSTED, message)
    if row["production"] != original["production"]:
        message = f"it is of {row['production']} and the original of {original['production']}"
        return _Refusal(CostReason.REVERSAL_OTHER_PRODUCTION, message)
    if row["currency"] != original["currency"]:
        message = f"it is in {row['currency']} and the original in {original['currency']}"
        return _Refusal(CostReason.REVERSAL_OTHER_CURRENCY, message)
    return None


def _closed(
    approval: Approval, original: Mapping[str, Any], closings: Sequence[Closing]
) -> _Refusal | None:
    """Whether a period was closed at the time of the approval; later acts change nothing."""
    period = month_of(original["transaction_date"])
    if not closed_at(closings, period, approval.approved_at):
        return None
    message = f"the original belongs to {period}, which was closed when the reversal was approved"
    return _Refusal(CostReason.REVERSAL_PERIOD_CLOSED, message)


def _exceeds(one: _Ruled, total: Decimal, rest: Decimal) -> str:
    return (
        f"it takes back {shown(one.takes)} {one.row['currency']}, and of {shown(total)} only "
        f"{shown(rest)} is left"
    )


def _credit_notes(ruled: Sequence[_Ruled], known: _Originals) -> None:
    """Decides on credit notes, in order, by what reversals left of their invoice."""
    reversed_: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in ruled:
        if one.original is not None:
            reversed_[one.original["vendor"], one.original["fingerprint"]] += one.takes
    left: dict[tuple[str, ...], Decimal] = {}
    for one in _waiting(ruled):
        row = one.row
        invoice = (row["vendor"], row["credit_of"], row["production"], row["currency"])
        lines = [
            line
            for line in known.by_reference.get(invoice[:2], ())
            if is_posted(line) and (line["production"], line["currency"]) == invoice[2:]
        ]
        if not lines:
            message = (
                f"no posted invoice '{row['credit_of']}' of {row['vendor']} in {row['currency']} "
                f"for {row['production']}"
            )
            one.refusal = _Refusal(CostReason.CREDIT_UNMATCHED, message)
            continue
        total = sum((line["amount"] for line in lines), Decimal(0))
        taken = sum((reversed_[row["vendor"], line["fingerprint"]] for line in lines), Decimal(0))
        rest = left.setdefault(invoice, total - taken)
        if one.takes > rest:
            one.refusal = _Refusal(CostReason.CREDIT_EXCEEDS, _exceeds(one, total, rest))
        else:
            left[invoice] = rest - one.takes


def _waiting(ruled: Sequence[_Ruled]) -> Iterator[_Ruled]:
    for one in ruled:
        if one.standing == STANDS and one.approval is None and one.refusal is None:
            yield one
