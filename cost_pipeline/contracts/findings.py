"""Findings: the results of evaluating rules on cards, in the shape that rooms exchange.

Every rule that applies to a card gives one, also where nothing is wrong: silence would look like
compliance. `difference` is due minus paid, so that what is owed to the person is positive.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.tables import DAY, HASH, TEXT


class Severity(StrEnum):
    """What a finding asks for."""

    OK = "ok"
    FLAG = "flag"
    BLOCK = "block"
    NOT_EVALUATED = "not_evaluated"


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


TEXTS_OF_CARD: Final = (
    "fingerprint",
    "vendor",
    "production",
    "transaction_id",
    "worker_id",
    "department_code",
    "agreement",
    "currency",
)
_REPEATED: Final = frozenset({*TEXTS_OF_CARD, "family", "rule", "pack"})

FINDING_SCHEMA: Final = pa.schema(
    [
        _required("fingerprint", HASH),
        _required("vendor", TEXT),
        _required("production", TEXT),
        _required("transaction_id", TEXT),
        _required("work_date", DAY),
        _required("week_ending", DAY),
        _required("worker_id", TEXT),
        _required("department_code", TEXT),
        _required("agreement", TEXT),
        _required("family", TEXT),
        _required("rule", TEXT),
        pa.field("pack", TEXT),
        _required("severity", TEXT),
        pa.field("due", MONEY),
        pa.field("paid", MONEY),
        pa.field("difference", MONEY),
        _required("currency", TEXT),
        _required("explanation", TEXT),
    ]
)
"""One rule on one card. `due`, `paid` and `difference` are null where the rule was not evaluated,
and `paid` and `difference` where the card does not say what was paid for it. `pack` names the
pack's version (`<agreement>@<digest>`), null only where no pack covers the date."""

TOLD_SCHEMA: Final = pa.schema(
    [
        field.with_type(pa.dictionary(pa.int32(), TEXT)) if field.name in _REPEATED else field
        for field in FINDING_SCHEMA
    ]
)
"""Findings as rules tell them: each text of a card or a rule once, as a dictionary. Cast to
`FINDING_SCHEMA`, or read by a query, they are the same."""
