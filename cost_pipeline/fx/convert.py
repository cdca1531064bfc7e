"""Conversion of columns of money: exact, with one rounding at the end.

    base = amount * rate_base / rate_original, half to even at the base currency's ISO minor units

No cross rate is ever formed or stored. Everything is done in integers: per distinct request the
ratio of the two rates is reduced to lowest terms in Python; per line one product, one integer
division and one remainder are done in SQL on 128-bit integers, which are exact and raise when they
overflow. Lines that could overflow them are divided in Python, where integers have no end.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import gcd
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import DAY, HASH, MONEY, RATE, TEXT
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import AMOUNT_PRECISION, AMOUNT_SCALE
from cost_pipeline.core.reasons import Reason
from cost_pipeline.fx.ecb import RATE_SCALE

CONVERSION_SCHEMA: Final = pa.schema(
    [
        pa.field("base_amount", MONEY),
        pa.field("rate_original", RATE),
        pa.field("rate_base", RATE),
        pa.field("rate_date", DAY),
        pa.field("snapshot", HASH),
        pa.field("refusal", TEXT),
        pa.field("refusal_message", TEXT),
    ]
)
"""What `convert` appends to its lines: either an amount with its rates, or a refusal."""

_INT128_MAX: Final = 2**127 - 1
_LIMIT: Final = 10**AMOUNT_PRECISION


def convert(lines: pa.Table, pinned: pa.Table, minor_units: Mapping[str, int]) -> pa.Table:
    """The lines, in their order, with the columns of `CONVERSION_SCHEMA` appended.

    Args:
        lines: Any table with `amount` (`MONEY`) and the columns of `fx.rates.REQUEST_SCHEMA`.
        pinned: `fx.rates.pin` of these lines (or of more).
        minor_units: ISO 4217 minor units (0 to 4) of each base currency.

    Returns:
        A line whose request was refused has that refusal and no amount. A line whose result has
        more than sixteen digits before the point is refused as `BAD_AMOUNT`.

    Raises:
        UsageError: `NO_MINOR_UNITS` for a base currency that has none (gold, for example).
        ValueError: If `pinned` does not answer every line once.
    """
    ratios = _ratios(pinned, minor_units)
    asked = lines.select(
        ["transaction_date", "currency", "base_currency", "max_age_days", "amount"]
    )
    converted = query(_CONVERTED, lines=asked, ratios=ratios)
    if converted.num_rows != lines.num_rows:
        raise ValueError(f"{lines.num_rows} lines have {converted.num_rows} pinned rates")
    if converted["in_python"].null_count < converted.num_rows:
        converted = _with_python_lane(converted)
    columns = converted.select(CONVERSION_SCHEMA.names).cast(CONVERSION_SCHEMA)
    for field in CONVERSION_SCHEMA:
        lines = lines.append_column(field, columns[field.name])
    return lines


def rounded_quotient(numerator: int, denominator: int) -> int:
    """`numerator / denominator` (positive) rounded to an integer, half to even."""
    quotient, remainder = divmod(abs(numerator), denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient % 2):
        quotient += 1
    return -quotient if numerator < 0 else quotient


def _ratios(pinned: pa.Table, minor_units: Mapping[str, int]) -> pa.Table:
    """Each request with its ratio in lowest terms.

    An amount is a count of 1/10000; `amount * numerator / denominator` is the base amount as a
    count of minor units, each worth `unit` of 1/10000. Where the products could leave 128 bits,
    `wide` holds the ratio as text and the numbers are null.
    """
    columns: dict[str, list[object]] = {name: [] for name in _RATIO_SCHEMA.names}
    for base, original_rate, base_rate in zip(
        *(pinned[name].to_pylist() for name in ("base_currency", "rate_original", "rate_base")),
        strict=True,
    ):
        places = minor_units.get(base)
        if places is None or not 0 <= places <= AMOUNT_SCALE:
            raise UsageError(
                f"{base} cannot be a base currency: ISO 4217 gives it no minor units",
                where="productions.yaml",
                code="NO_MINOR_UNITS",
            )
        numerator, denominator = _lowest(original_rate, base_rate, places)
        unit = 10 ** (AMOUNT_SCALE - places)
        fits = max(numerator * _LIMIT * unit, 2 * denominator) <= _INT128_MAX
        columns["numerator"].append(numerator if fits else None)
        columns["denominator"].append(denominator if fits else None)
        columns["unit"].append(unit)
        columns["wide"].append(None if fits else f"{numerator} {denominator}")
    ratios = pa.table(columns, schema=_RATIO_SCHEMA)
    for name in ratios.column_names:
        pinned = pinned.append_column(name, ratios[name])
    return pinned


_RATIO_SCHEMA: Final = pa.schema(
    [
        ("numerator", pa.decimal128(38, 0)),
        ("denominator", pa.decimal128(38, 0)),
        ("unit", pa.int64()),
        ("wide", TEXT),
    ]
)


def _lowest(original: Decimal | None, base: Decimal | None, places: int) -> tuple[int, int]:
    if original is None or base is None:  # refused: nothing will be multiplied
        return 0, 1
    numerator = int(base.scaleb(RATE_SCALE)) * 10**places
    denominator = int(original.scaleb(RATE_SCALE)) * 10**AMOUNT_SCALE
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common


def _with_python_lane(converted: pa.Table) -> pa.Table:
    """Settle the lines whose numbers do not fit 128 bits."""
    schema = pa.schema([*CONVERSION_SCHEMA, pa.field("in_python", TEXT)])
    return pa.Table.from_pylist([_settled(row) for row in converted.to_pylist()], schema=schema)


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    if row["in_python"] is None:
        return row
    amount, numerator, denominator, unit = map(int, row["in_python"].split())
    base = rounded_quotient(amount * numerator, denominator) * unit
    if abs(base) >= _LIMIT:
        refused = dict.fromkeys(CONVERSION_SCHEMA.names)
        return refused | {"refusal": str(Reason.BAD_AMOUNT), "refusal_message": _TOO_LARGE}
    return row | {"base_amount": Decimal(base).scaleb(-AMOUNT_SCALE)}


_TOO_LARGE: Final = "in the base currency the amount has more than sixteen digits before the point"

# `//` and `%` of HUGEINT are exact. The scaled result is below 10^20, so it fits DECIMAL(20, 0),
# and its product with 0.0001 is a DECIMAL(24, 4): nothing is rounded on the way back to money.
_CONVERTED: Final = f"""
WITH scaled AS (
    SELECT r.*, l.position,
           (l.amount * {10**AMOUNT_SCALE}::DECIMAL(5, 0))::HUGEINT AS amount
    FROM (SELECT *, row_number() OVER () AS position FROM lines) l
    JOIN ratios r USING (transaction_date, currency, base_currency, max_age_days)),
product AS (
    SELECT *, abs(amount) * numerator::HUGEINT AS product, denominator::HUGEINT AS divisor
    FROM scaled),
divided AS (
    SELECT *, product // divisor AS quotient, product % divisor AS remainder FROM product),
rounded AS (
    SELECT *, (quotient + CASE WHEN 2 * remainder > divisor THEN 1
                               WHEN 2 * remainder = divisor THEN quotient % 2 ELSE 0 END)
              * unit AS magnitude
    FROM divided),
judged AS (
    SELECT *, CASE WHEN refusal IS NULL AND magnitude >= {_LIMIT}::HUGEINT
                   THEN '{Reason.BAD_AMOUNT}' END AS too_large
    FROM rounded)
SELECT CASE WHEN refusal IS NULL AND too_large IS NULL
            THEN (sign(amount) * magnitude)::DECIMAL(20, 0) * 0.0001::DECIMAL(4, 4)
       END AS base_amount,
       CASE WHEN too_large IS NULL THEN rate_original END AS rate_original,
       CASE WHEN too_large IS NULL THEN rate_base END AS rate_base,
       CASE WHEN too_large IS NULL THEN rate_date END AS rate_date,
       CASE WHEN too_large IS NULL THEN snapshot END AS snapshot,
       coalesce(refusal, too_large) AS refusal,
       CASE WHEN too_large IS NULL THEN refusal_message ELSE '{_TOO_LARGE}' END AS refusal_message,
       CASE WHEN wide IS NOT NULL THEN amount || ' ' || wide || ' ' || unit END AS in_python
FROM judged ORDER BY position
"""
