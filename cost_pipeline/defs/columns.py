"""Column schemas and column lineage as Dagster shows them.

Schemas come from the Arrow schemas that the tables have, lineage of records from the vendor files
and lineage of the ledger from its fields, so that neither is written a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import dagster as dg
import pyarrow as pa

from cost_pipeline.contracts.cards import CARD_FIELDS
from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA, RATE_SCHEMA, RECORD_SCHEMA
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.defs.keys import SNAPSHOTS, raw_key, records_key
from cost_pipeline.feeds.production.tables import FINDINGS, LEDGER

# One word means one thing in every table, so one list does for all of them.
_MEANINGS: Final[Mapping[str, str]] = {
    "approval": "act by which a person allowed a negative amount",
    "amount": "in `currency`, exact to four decimals",
    "attempts": "how often the work was tried",
    "base_amount": "the original amount in `base_currency`, rounded once",
    "base_currency": "in which the production keeps its books",
    "batch": "batches of a transaction date count from 1",
    "batch_root": "the seal: Merkle root of the batch and of the seal before it",
    "cause": "why this line was appended",
    "code_version": "of the program that wrote the line",
    "content_hash": "hash of what the line says, wherever it came from",
    "credit_of": "reference of the invoice that a credit note takes back",
    "agreement": "of the timecard: which rules it is under",
    "card": "what only a timecard says, as canonical JSON",
    "difference": "due less paid",
    "due": "what the rule gives",
    "explanation": "the finding in words, with its arithmetic",
    "family": "of rules",
    "pack": "the rules in force on the work date, by name and digest",
    "paid": "what the gross lines of the rule's categories add up to",
    "rule": "id of the rule in its pack",
    "severity": "ok, flag, block or not_evaluated",
    "week_ending": "of the payroll week",
    "work_date": "day of the work",
    "worker_id": "the person in the vendor's payroll",
    "currency": "ISO 4217, valid on the transaction date",
    "day": "pull date, or transaction date when refused while posting",
    "delivery": "SHA-256 of the delivered bytes",
    "department_code": "department of the production's chart of accounts",
    "errors": "JSON list of field, code, message and value",
    "event": "opened or resolved",
    "failure_class": "what kind of failure the reasons are",
    "fingerprint": "hash of delivery, row number and text: which row",
    "gl_code": "account of the production's chart of accounts",
    "id": "of the dead letter: the same row refused for the same reasons has the same",
    "interpretation": "hash of contract, vendor file and reference data that decided",
    "key": "natural key of the row, null where the vendor has none",
    "kind": "of a record: its contract; of a posting: post or reverse",
    "leaf": "place of the line in its batch, from 0",
    "leaf_hash": "hash of the line as the Merkle tree holds it",
    "line": "physical line in the delivery, from 1",
    "original_amount": "as the vendor billed it, in `original_currency`",
    "original_currency": "in which the vendor billed",
    "payload": "verbatim text of the row; null where the landed bytes are read instead",
    "posting_id": "hash of kind, content and place",
    "posting_period": "accounting period, such as 2026-03",
    "previous_root": "the seal of the batch before, zeros for the first",
    "pull_date": "day on which the delivery was pulled",
    "other_snapshot": "FX snapshot of the other side of a repair of rates",
    "pivot": "currency that the source quotes all rates against",
    "quote": "per_pivot: units for one pivot; per_unit: units of the pivot for one",
    "quote_base": "which way round `rate_base` is quoted",
    "quote_original": "which way round `rate_original` is quoted",
    "rate": "as the source quotes it",
    "rate_base": "rate of the base currency, as its source quotes it",
    "rate_date": "day whose published rates were used",
    "rate_original": "rate of the original currency, as its source quotes it",
    "rate_source": "source of exchange rates that the production uses",
    "reasons": "reason codes",
    "record_fingerprint": "the row that was posted",
    "record_kind": "the contract of the row",
    "recorded_at": "UTC instant of writing",
    "reference_date": "day whose published rates these are",
    "resolved_by": "what answered the dead letter",
    "reversal_of": "record that an approved negative amount takes back",
    "reverses": "posting that this line takes out of the active ledger",
    "rounding": "how the base amount was rounded to minor units",
    "row": "number of the row in its delivery, from 1",
    "run_id": "Dagster run that wrote the line",
    "snapshot": "id of an FX snapshot",
    "source": "publisher of the rates",
    "stage": "where the row was refused",
    "transaction_date": "day the cost belongs to",
    "vintage": "how-manieth version of a reference date's rates",
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


def schema(table: pa.Schema) -> dg.TableSchema:
    """The columns of an Arrow schema."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=field.name,
                type=str(field.type),
                description=_MEANINGS.get(field.name),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in table
        ]
    )


def delivered(vendor: Vendor) -> dg.TableSchema:
    """The columns that a vendor file knows in a delivery: all of them text, and what they mean."""
    read = {name: field for field, names in vendor.columns.items() for name in names}
    meanings = {name: f"read as {field}" for name, field in read.items()}
    meanings |= dict.fromkeys(vendor.ignore, "known and not read")
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=name, type="text", description=meaning)
            for name, meaning in meanings.items()
        ]
    )


def records() -> dg.TableSchema:
    """Columns of accepted records."""
    return schema(RECORD_SCHEMA)


def dead_letters() -> dg.TableSchema:
    """Columns of dead letters."""
    return schema(DEAD_LETTER_SCHEMA)


def rates() -> dg.TableSchema:
    """Columns of FX snapshots."""
    return schema(RATE_SCHEMA)


def postings() -> dg.TableSchema:
    """Columns of the ledger."""
    return schema(LEDGER.schema)


def findings() -> dg.TableSchema:
    """Columns of findings."""
    return schema(FINDINGS.schema)


def lineage_of_records(vendors: Iterable[Vendor]) -> dg.TableColumnLineage:
    """From the vendors' columns; a field that is a constant of the vendor file has no origin.

    What only a timecard says is in one column.
    """
    found: dict[str, list[dg.TableColumnDep]] = {}
    for vendor in vendors:
        for field, names in vendor.columns.items():
            origin = [dg.TableColumnDep(raw_key(vendor.vendor), name) for name in names]
            found.setdefault("card" if field in CARD_FIELDS else field, []).extend(origin)
    return dg.TableColumnLineage(deps_by_column=found)


def lineage_of_postings(kinds: Iterable[str]) -> dg.TableColumnLineage:
    """From records and FX snapshots. Purchase orders are held, so no posting comes from them."""
    posted = sorted(kind for kind in kinds if kind != RecordKind.PURCHASE_ORDER)
    return dg.TableColumnLineage(
        deps_by_column={
            name: origins
            for name in LEDGER.schema.names
            if (origins := list(_origins(name, posted)))
        }
    )


def _origins(name: str, kinds: Iterable[str]) -> Iterator[dg.TableColumnDep]:
    own = _RENAMED.get(name, name)
    copied = (own,) if own in RECORD_SCHEMA.names else ()
    from_records, from_rates = _COMPUTED.get(name, (copied, ()))
    for kind in kinds:
        yield from (dg.TableColumnDep(records_key(kind), column) for column in from_records)
    yield from (dg.TableColumnDep(SNAPSHOTS, column) for column in from_rates)
