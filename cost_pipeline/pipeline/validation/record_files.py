"""Summarises the data files of `records`, so that they are not read again.

Belongs here: summaries of records (`lake.derived`) that comparisons and postings share.
"""

from __future__ import annotations

import functools
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.tables import DAY, HASH, TEXT, Shape
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


@functools.cache
def by_date(shape: Shape) -> Summary:
    """Returns what a data file of records has per business day: how many, and their hashes summed.

    Columns: vendor, delivery, interpretation, day, scope and unit where the shape has them, `n`,
    `low`, `high`.
    """
    named = [
        name for name in (shape.day, shape.scope, shape.measure and shape.measure.unit) if name
    ]
    return Summary(
        "by_date",
        f"""
    with parts as (select *, {PART} as part from {{table}})
    select filename, vendor, delivery, interpretation, {", ".join(named)},
        count(*) as n, {SUMS}
    from parts group by all
    """,
        pa.schema(
            [
                ("vendor", TEXT),
                ("delivery", HASH),
                ("interpretation", HASH),
                *((name, shape.type_of(name)) for name in named),
                ("n", pa.int64()),
                ("low", pa.decimal128(38, 0)),
                ("high", pa.decimal128(38, 0)),
            ]
        ),
    )


@functools.cache
def rivals(shape: Shape) -> Crossing:
    """Returns the index of keys that occur on several business days."""
    return Crossing(
        "rivals",
        key=("vendor", "key"),
        by=shape.day,
        kept=("vendor", "key", "delivery", "interpretation", shape.day, "fingerprint"),
    )


@functools.cache
def claim_schema(shape: Shape) -> pa.Schema:
    """Returns the columns of a record that is a correction, or may be answered by one."""
    names = (
        "vendor", "delivery", "interpretation", shape.day, "fingerprint", "answers",
        "answers_delivery", "answers_stage",
    )  # fmt: skip
    return pa.schema([(name, DAY if name == shape.day else TEXT) for name in names])


@functools.cache
def claims(shape: Shape) -> Summary:
    """Returns the records of a data file that are corrections; rows without `answers` are none.

    A file without a correction has one row that says so, or it would be read again each time.
    """
    return Summary(
        "claims",
        f"""
    select filename, {", ".join(claim_schema(shape).names)} from {{table}} where answers is not null
    union all by name
    select filename from {{table}} group by filename having count(answers) = 0
    """,
        claim_schema(shape),
    )
