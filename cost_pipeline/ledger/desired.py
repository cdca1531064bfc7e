"""The ledger as it should be: a pure function of records, their standing and their conversion.

Every record given is exactly one of: a posting, a commitment, a duplicate, a dead letter, or kept
for reference. What then differs from the ledger that is there is `ledger.difference`'s matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_reasons import COST_REASONS, CostReason
from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA, MONEY, RATE
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.problems import Problem, errors_json
from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.core.canonical import sql_digest, sql_field
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason, Stage, catalogue
from cost_pipeline.core.sql import literal
from cost_pipeline.ledger.credits import RULED_SCHEMA
from cost_pipeline.ledger.schema import (
    CONTENT_COLUMNS,
    DESIRED_SCHEMA,
    DISPOSITION_SCHEMA,
    SQL_CONTENT_HASH,
)
from cost_pipeline.standing.keys import ANSWERED, CONFLICT, DUPLICATE, OVERRULED, REFERENCE

COMMITMENT: Final = "commitment"
DEAD_LETTER: Final = "dead_letter"

PRICED_SCHEMA: Final = pa.schema(
    [
        *RULED_SCHEMA,
        pa.field("base_currency", TEXT, nullable=False),
        pa.field("rate_source", TEXT, nullable=False),
        pa.field("rounding", TEXT, nullable=False),
        pa.field("base_amount", MONEY),
        pa.field("rate_original", RATE),
        pa.field("quote_original", TEXT),
        pa.field("rate_base", RATE),
        pa.field("quote_base", TEXT),
        pa.field("rate_date", DAY),
        pa.field("snapshot", HASH),
        pa.field("refusal", TEXT),
        pa.field("refusal_message", TEXT),
        pa.field("rule_pack", TEXT),
    ]
)
"""A ruled record with its conversion: an amount and its rates, or the reason why there is none.

Conversions of records that do not stand are ignored and may be null. `rule_pack` names the rules
that a timecard was evaluated under; a card that they block has a refusal too.
"""


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired state: postings (`DESIRED_SCHEMA`), and what became of every other record.

    Attributes:
        postings: What the active ledger should hold.
        dispositions: One row for each record that is not posted (`DISPOSITION_SCHEMA`).
        dead_letters: The refused ones among them in full (`DEAD_LETTER_SCHEMA`).
    """

    postings: pa.Table
    dispositions: pa.Table
    dead_letters: pa.Table


def desired(priced: pa.Table) -> Desired:
    """Assembles the desired state of the records' transaction dates.

    Args:
        priced: Every record of those dates once (`PRICED_SCHEMA`; further columns are ignored,
            and `rule_pack` may be left out).

    Raises:
        ValueError: If a record is given twice; posting it twice would be worse.
    """
    if "rule_pack" not in priced.column_names:
        priced = priced.append_column("rule_pack", pa.nulls(priced.num_rows, TEXT))
    judged = query(_JUDGED, priced=priced.select(_JUDGED_BY))
    posted = judged.filter(pc.is_null(judged["disposition"]))["position"]
    others = judged.filter(pc.is_valid(judged["disposition"]))
    held = priced.select(PRICED_SCHEMA.names).take(others["position"])
    held = held.append_column("disposition", others["disposition"])
    return Desired(
        postings=_postings(priced, posted),
        dispositions=query(_DISPOSITIONS, held=held).cast(DISPOSITION_SCHEMA),
        dead_letters=_dead_letters(held),
    )


def _postings(priced: pa.Table, posted: pa.ChunkedArray) -> pa.Table:
    """Returns the records at these positions as postings.

    The wide columns are copied once, into the order of partitions, and not at all if they have it;
    only their hash is computed.
    """
    renamed = priced.rename_columns(_POSTED_AS)
    content = renamed.select(CONTENT_COLUMNS)
    ascending = pc.less(posted.slice(0, max(len(posted) - 1, 0)), posted.slice(1))
    if len(posted) < priced.num_rows or not pc.all(ascending, min_count=0).as_py():
        content = content.take(posted)
    hashes = query(f"SELECT {SQL_CONTENT_HASH} AS content_hash FROM content", content=content)
    twice = query(
        "SELECT content_hash FROM hashes GROUP BY 1 HAVING count(*) > 1 LIMIT 1", hashes=hashes
    )
    if twice.num_rows:
        raise ValueError(f"a record is given twice: content {twice['content_hash'][0]}")
    return content.append_column("content_hash", hashes["content_hash"]).cast(DESIRED_SCHEMA)


def _dead_letters(held: pa.Table) -> pa.Table:
    """Returns the refused ones of what is held (`DEAD_LETTER_SCHEMA`)."""
    refused = query(_DEAD_LETTERS, held=held, classes=_classes())
    columns = (refused[name].to_pylist() for name in ("field", "reason", "message", *_FOUND))
    errors = [
        errors_json([Problem(field, reason, message, _found(field, amount, currency))])
        for field, reason, message, amount, currency in zip(*columns, strict=True)
    ]
    refused = refused.append_column("errors", pa.array(errors, TEXT))
    return refused.select(DEAD_LETTER_SCHEMA.names).cast(DEAD_LETTER_SCHEMA)


_FOUND: Final = ("amount", "currency")


def _found(field: str, amount: Decimal, currency: str) -> str | None:
    """Returns what the record has in the field for which it is refused."""
    if field == "amount":
        return shown(amount)
    return currency if field == "currency" else None


def _classes() -> pa.Table:
    entries = catalogue(COST_REASONS)
    return pa.table(
        {
            "reason": [str(reason) for reason in entries],
            "failure_class": [str(text.failure_class) for text in entries.values()],
        }
    )


_POSTED_AS: Final = {
    "kind": "record_kind",
    "amount": "original_amount",
    "currency": "original_currency",
    "fingerprint": "record_fingerprint",
}

_JUDGED_BY: Final = ["standing", "ruling", "refusal", "kind", "transaction_date"]

# Purchase orders are obligations, not actuals: they are converted and held.
_JUDGED: Final = f"""
SELECT row_number() OVER () - 1 AS position,
       CASE WHEN standing IN ({literal(DUPLICATE)}, {literal(REFERENCE)}) THEN standing
            WHEN standing IN ({literal(CONFLICT)}, {literal(ANSWERED)}, {literal(OVERRULED)})
                OR coalesce(ruling, refusal) IS NOT NULL
            THEN {literal(DEAD_LETTER)}
            WHEN kind = {literal(RecordKind.PURCHASE_ORDER)} THEN {literal(COMMITMENT)}
       END AS disposition
FROM priced ORDER BY transaction_date, position
"""

_REASON: Final = (
    f"CASE WHEN standing = {literal(CONFLICT)} THEN {literal(Reason.KEY_CONFLICT)} "
    f"WHEN standing = {literal(OVERRULED)} THEN {literal(Reason.CORRECTION_ANSWERED)} "
    f"WHEN standing <> {literal(ANSWERED)} THEN coalesce(ruling, refusal) END"
)

# A credit without leave is no record to people: it was refused before anything was posted.
_STAGE: Final = (
    f"CASE WHEN {_REASON} = {literal(CostReason.NEGATIVE_AMOUNT)} "
    f"THEN {literal(Stage.VALIDATE)} ELSE {literal(Stage.POST)} END"
)

# Columns: those of a disposition, without what a run adds.
_DISPOSITIONS: Final = f"""
SELECT transaction_date, fingerprint, delivery, "row", vendor, feed, production,
       kind AS record_kind, disposition,
       CASE WHEN disposition = {literal(DEAD_LETTER)} THEN {_REASON} END AS reason, of,
       transaction_id, gl_code, department_code, vendor_name, description, po_number,
       amount, currency,
       CASE WHEN disposition = {literal(COMMITMENT)} THEN base_amount END AS base_amount,
       CASE WHEN disposition = {literal(COMMITMENT)} THEN base_currency END AS base_currency
FROM held
ORDER BY transaction_date, fingerprint, vendor
"""

_DEAD_LETTER_ID: Final = sql_digest(
    "dead_letter",
    [
        sql_field("vendor"),
        sql_field("fingerprint"),
        sql_field("stage"),
        sql_field("reason"),
    ],
)

# Columns: those of a dead letter, with one `field`, `reason` and `message` for its errors.
_DEAD_LETTERS: Final = f"""
WITH refused AS (
    SELECT *, {_REASON} AS reason, {_STAGE} AS stage,
        CASE WHEN standing = {literal(CONFLICT)} THEN 'key'
             WHEN standing = {literal(OVERRULED)} THEN ''
             WHEN ruling IS NOT NULL THEN 'amount'
             WHEN refusal = {literal(Reason.IMPLAUSIBLE_DATE)} THEN 'transaction_date'
             WHEN starts_with(refusal, 'UNION_') THEN 'gross'
             WHEN refusal = {literal(Reason.BAD_NUMBER)} THEN 'amount' ELSE 'currency' END AS field,
        CASE WHEN standing = {literal(CONFLICT)}
             THEN 'the same key came first, with other content, in row ' || of_row
                  || ' of delivery ' || of_delivery || '; that one stands'
             WHEN standing = {literal(OVERRULED)}
             THEN 'the row that it answers has its place by row ' || of_row || ' of delivery '
                  || of_delivery || ', which says something else'
             ELSE coalesce(ruling_message, refusal_message) END AS message
    FROM held WHERE disposition = {literal(DEAD_LETTER)} AND standing <> {literal(ANSWERED)})
SELECT {_DEAD_LETTER_ID} AS id, fingerprint, delivery, "row", line, vendor, feed, production, kind,
       stage, failure_class, [reason] AS reasons, field, reason, message,
       NULL::VARCHAR AS payload, pull_date, transaction_date, amount, currency, interpretation,
       answers, NULL::VARCHAR AS traceback
FROM refused LEFT JOIN classes USING (reason)
ORDER BY transaction_date, id, vendor
"""
