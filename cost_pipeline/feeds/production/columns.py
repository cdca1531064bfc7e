"""What the columns of production's tables mean, and what those of the ledger are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cost_pipeline.contracts.cost_tables import RECORD_SCHEMA
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.feeds.production.names import NAMES, SNAPSHOTS
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.pipeline.declared.names import Key

# One word means one thing in every table, so one list does for all of them.
MEANINGS: Final[Mapping[str, str]] = {
    "agreement": "of the timecard: which rules it is under",
    "amount": "in `currency`, exact to four decimals",
    "approval": "act by which a person allowed a negative amount",
    "as_of": "nothing that was recorded later is in the report",
    "at_risk": "amounts of open dead letters, in `currency`",
    "at_risk_rows": "refused rows whose amount could be read",
    "base_amount": "the original amount in `base_currency`, rounded once",
    "base_currency": "in which the production keeps its books",
    "batch": "batches of a transaction date count from 1",
    "batch_root": "the seal: Merkle root of the batch and of the seal before it",
    "budget": "not known yet",
    "card": "what only a timecard says, as canonical JSON",
    "cause": "why this line was appended",
    "code_version": "of the program that wrote the line",
    "commitments_base": "what is open of orders, at the rate of the order",
    "commitments_open": "orders less the invoices that name them, in `currency`",
    "content_hash": "hash of what the line says, wherever it came from",
    "credit_of": "reference of the invoice that a credit note takes back",
    "currency": "ISO 4217, valid on the transaction date",
    "department_code": "department of the production's chart of accounts",
    "difference": "due less paid",
    "due": "what the rule gives",
    "estimate_at_completion": "not known yet",
    "estimate_to_complete": "not known yet",
    "explanation": "the finding in words, with its arithmetic",
    "family": "of rules",
    "fx_effect": "what corrected rates changed, in `base_currency`",
    "gl_code": "account of the production's chart of accounts",
    "leaf": "place of the line in its batch, from 0",
    "leaf_hash": "hash of the line as the Merkle tree holds it",
    "movement": "posted to date less what was reported before; null if nothing was",
    "original_amount": "as the vendor billed it, in `original_currency`",
    "original_currency": "in which the vendor billed",
    "original_later": "known then and no part of the report, in `currency`",
    "original_to_date": "posted to date, in `currency`",
    "other_snapshot": "FX snapshot of the other side of a repair of rates",
    "pack": "the rules in force on the work date, by name and digest",
    "paid": "what the gross lines of the rule's categories add up to",
    "pivot": "currency that the source quotes all rates against",
    "posted_in_period": "of what is posted to date, that of the month of the report date",
    "posted_later": "known then and no part of the report, in `base_currency`",
    "posted_to_date": "active postings up to the report date, in `base_currency`",
    "posting_id": "hash of kind, content and place",
    "posting_period": "accounting period, such as 2026-03",
    "postings": "how many active postings there are up to the report date",
    "previous_root": "the seal of the batch before, zeros for the first",
    "quote": "per_pivot: units for one pivot; per_unit: units of the pivot for one",
    "quote_base": "which way round `rate_base` is quoted",
    "quote_original": "which way round `rate_original` is quoted",
    "rate": "as the source quotes it",
    "rate_base": "rate of the base currency, as its source quotes it",
    "rate_date": "day whose published rates were used",
    "rate_original": "rate of the original currency, as its source quotes it",
    "rate_source": "source of exchange rates that the production uses",
    "record_fingerprint": "the row that was posted",
    "record_kind": "the contract of the row",
    "reference_date": "day whose published rates these are",
    "report_date": "last transaction date that counts",
    "reported_before": "posted to date as the last report of an earlier date said",
    "reversal_of": "record that an approved negative amount takes back",
    "reverses": "posting that this line takes out of the active ledger",
    "rounding": "how the base amount was rounded to minor units",
    "rule": "id of the rule in its pack",
    "severity": "ok, flag, block or not_evaluated",
    "snapshot": "id of an FX snapshot",
    "source": "publisher of the rates",
    "unreadable": "refused rows and deliveries whose amount could not be read",
    "variance": "not known yet",
    "vintage": "number of the version of a reference date's rates, from 1",
    "week_ending": "of the payroll week",
    "work_date": "day of the work",
    "worker_id": "the person in the vendor's payroll",
}

# Columns of the ledger that a record's column of another name becomes.
_RENAMED: Final = {
    "record_kind": "kind",
    "record_fingerprint": "fingerprint",
    "original_amount": "amount",
    "original_currency": "currency",
}
# Columns of the ledger that are more than a copy: the columns of records and of FX snapshots that
# they are made from. The content hash of a posting is of a posting, not the record's.
_COMPUTED: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "base_amount": (("amount", "currency"), ("rate",)),
    "snapshot": ((), ("snapshot",)),
    "rate_original": ((), ("rate",)),
    "rate_base": ((), ("rate",)),
    "quote_original": ((), ("quote",)),
    "quote_base": ((), ("quote",)),
    "rate_source": ((), ("source",)),
    "rate_date": ((), ("reference_date",)),
    "content_hash": ((), ()),
}


def lineage_of_postings(kinds: Iterable[str]) -> dict[str, list[tuple[Key, str]]]:
    """Returns of each column of the ledger the columns of records and of FX snapshots.

    Purchase orders are held, so no posting comes from them.
    """
    posted = sorted(kind for kind in kinds if kind != RecordKind.PURCHASE_ORDER)
    return {
        name: origins for name in LEDGER.schema.names if (origins := list(_origins(name, posted)))
    }


def _origins(name: str, kinds: Iterable[str]) -> Iterator[tuple[Key, str]]:
    own = _RENAMED.get(name, name)
    copied = (own,) if own in RECORD_SCHEMA.names else ()
    from_records, from_rates = _COMPUTED.get(name, (copied, ()))
    for kind in kinds:
        yield from ((NAMES.records(kind), column) for column in from_records)
    yield from ((SNAPSHOTS, column) for column in from_rates)
