"""Summarises the data files of `records`, so that they are not read again.

Belongs here: summaries of records (`lake.derived`) that comparisons and postings share.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.lake.crossing import Crossing
from cost_pipeline.lake.derived import Summary

# What a record says is a function of its row and of the interpretation, so these two stand for it.
# Their hashes are summed as two 64-bit halves: the sum of a set does not depend on its order, and
# costs one pass however many records there are.
PART: Final = "md5_number(fingerprint || interpretation)"
SUMS: Final = """
    sum((part & 18446744073709551615::uhugeint)::hugeint)::decimal(38, 0) as low,
    sum((part >> 64)::hugeint)::decimal(38, 0) as high
"""
BY_DATE: Final = Summary(
    "by_date",
    f"""
    with parts as (select *, {PART} as part from {{table}})
    select filename, vendor, delivery, interpretation, transaction_date, production, currency,
        count(*) as n, {SUMS}
    from parts group by all
    """,
    pa.schema(
        [
            ("vendor", TEXT),
            ("delivery", HASH),
            ("interpretation", HASH),
            ("transaction_date", DAY),
            ("production", TEXT),
            ("currency", TEXT),
            ("n", pa.int64()),
            ("low", pa.decimal128(38, 0)),
            ("high", pa.decimal128(38, 0)),
        ]
    ),
)

RIVALS: Final = Crossing(
    "rivals",
    key=("vendor", "key"),
    by="transaction_date",
    kept=("vendor", "key", "delivery", "interpretation", "transaction_date", "fingerprint"),
)

_OF_CLAIM: Final = (
    "vendor", "delivery", "interpretation", "transaction_date", "fingerprint", "answers",
    "answers_delivery", "answers_stage",
)  # fmt: skip
CLAIM_SCHEMA: Final = pa.schema(
    [(name, DAY if name == "transaction_date" else TEXT) for name in _OF_CLAIM]
)
# A file without a correction has one row that says so, or it would be read again each time.
CLAIMS: Final = Summary(
    "claims",
    f"""
    select filename, {", ".join(_OF_CLAIM)} from {{table}} where answers is not null
    union all by name
    select filename from {{table}} group by filename having count(answers) = 0
    """,
    CLAIM_SCHEMA,
)
"""The records that are corrections; rows whose `answers` is null are none."""
