"""Conversion of columns of money: exact, with one rounding at the end.

    base = amount * value(original) / value(base), rounded at the base currency's ISO minor units

where the value of a currency in units of the pivot is its rate if that is quoted per unit, and one
over its rate if it is quoted per pivot. No cross rate and no inverse is ever formed or stored.
Everything is done in integers: per distinct request the ratio is reduced to lowest terms in Python;
per line one product, one integer division and one remainder are done in SQL on 128-bit integers,
which are exact and raise when they overflow. Lines that could overflow them are divided in Python,
where integers have no end.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import MONEY
from cost_pipeline.contracts.production import Rounding
from cost_pipeline.contracts.rate_sources import Quote
from cost_pipeline.contracts.tables import TEXT
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import AMOUNT_PRECISION, AMOUNT_SCALE
from cost_pipeline.core.reasons import Reason
from cost_pipeline.fx.rates import PINNED_SCHEMA, RATES_SCHEMA, REQUEST_SCHEMA

CONVERSION_SCHEMA: Final = pa.schema([pa.field("base_amount", MONEY), *RATES_SCHEMA])
"""What `convert` appends to its lines: either an amount with its rates, or a refusal."""

_INT128_MAX: Final = 2**127 - 1
_LIMIT: Final = 10**AMOUNT_PRECISION


def convert(lines: pa.Table, pinned: pa.Table, minor_units: Mapping[str, int]) -> pa.Table:
    """Returns the lines, in their order, with the columns of `CONVERSION_SCHEMA` appended.

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
    asked = lines.select([*REQUEST_SCHEMA.names, "amount"])
    found = query(_CONVERTED, lines=asked, ratios=_ratios(pinned, minor_units))
    if found.num_rows != lines.num_rows:
        raise ValueError(f"{lines.num_rows} lines have {found.num_rows} pinned rates")
    if found["wide"].null_count < found.num_rows:
        found = _with_python_lane(found, too_large=pinned.num_rows)
    answers = pa.concat_tables([pinned.select(_ANSWER), _too_large()]).take(found["answer"])
    answers = answers.append_column("base_amount", found["base_amount"])
    for field in CONVERSION_SCHEMA:
        lines = lines.append_column(field, answers[field.name].cast(field.type))
    return lines


_ANSWER: Final = [name for name in CONVERSION_SCHEMA.names if name != "base_amount"]


def _too_large() -> pa.Table:
    """Returns the answer for lines whose result does not fit, numbered after the pinned ones."""
    refused = {
        "refusal": str(Reason.BAD_NUMBER),
        "refusal_message": "in the base currency it has more than sixteen digits before the point",
    }
    return pa.Table.from_pylist([refused], schema=PINNED_SCHEMA).select(_ANSWER)


def rounded_quotient(
    numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_EVEN
) -> int:
    """Divides positive integers and rounds to an integer; half up is away from zero."""
    quotient, remainder = divmod(abs(numerator), denominator)
    twice = 2 * remainder
    up = quotient % 2 if rounding is Rounding.HALF_EVEN else 1
    if twice > denominator or (twice == denominator and up):
        quotient += 1
    return -quotient if numerator < 0 else quotient


def _ratios(pinned: pa.Table, minor_units: Mapping[str, int]) -> pa.Table:
    """Returns each request with its ratio in lowest terms.

    An amount is a count of 1/10000; `amount * numerator / denominator` is the base amount as a
    count of minor units, each worth `unit` of 1/10000. Where the products could leave 128 bits,
    `wide` holds the ratio as text and the numbers are null.
    """
    rows = []
    for answer, row in enumerate(pinned.to_pylist()):
        places = minor_units.get(row["base_currency"])
        if places is None or not 0 <= places <= AMOUNT_SCALE:
            raise UsageError(
                f"{row['base_currency']} cannot be a base currency: it has no minor units",
                where="productions.yaml",
                remedy="name a currency that ISO 4217 gives minor units",
                code="NO_MINOR_UNITS",
            )
        ratio = _ratio(row) * Fraction(10**places, 10**AMOUNT_SCALE)
        numerator, denominator = ratio.numerator, ratio.denominator
        unit = 10 ** (AMOUNT_SCALE - places)
        fits = max(numerator * _LIMIT * unit, 2 * denominator) <= _INT128_MAX
        rows.append(
            {name: row[name] for name in REQUEST_SCHEMA.names}
            | {
                "answer": answer,
                "refused": row["refusal"] is not None,
                "numerator": numerator if fits else None,
                "denominator": denominator if fits else None,
                "unit": unit,
                "half_up": Rounding(row["rounding"]) is Rounding.HALF_UP,
                "wide": None if fits else f"{numerator} {denominator} {row['rounding']}",
            }
        )
    return pa.Table.from_pylist(rows, schema=_RATIO_SCHEMA)


_RATIO_SCHEMA: Final = pa.schema(
    [
        *REQUEST_SCHEMA,
        ("answer", pa.int64()),
        ("refused", pa.bool_()),
        ("numerator", pa.decimal128(38, 0)),
        ("denominator", pa.decimal128(38, 0)),
        ("unit", pa.int64()),
        ("half_up", pa.bool_()),
        ("wide", TEXT),
    ]
)


def _ratio(row: Mapping[str, Any]) -> Fraction:
    """Returns how many units of the base currency one unit of the original is worth, exactly."""
    if row["rate_original"] is None or row["rate_base"] is None:
        return Fraction(0)  # refused: nothing will be multiplied
    original = value_in_pivot(row["rate_original"], row["quote_original"])
    return original / value_in_pivot(row["rate_base"], row["quote_base"])


def value_in_pivot(rate: Decimal, quote: str) -> Fraction:
    """Returns what one unit of a currency is worth in units of the pivot."""
    return Fraction(rate) if Quote(quote) is Quote.PER_UNIT else 1 / Fraction(rate)


def _with_python_lane(found: pa.Table, *, too_large: int) -> pa.Table:
    """Settles the lines whose numbers do not fit 128 bits."""
    rows = [_settled(row, too_large) if row["wide"] else row for row in found.to_pylist()]
    return pa.Table.from_pylist(rows, schema=_FOUND_SCHEMA)


def _settled(row: dict[str, Any], too_large: int) -> dict[str, Any]:
    amount, numerator, denominator, rounding, unit = row["wide"].split()
    product = int(amount) * int(numerator)
    base = rounded_quotient(product, int(denominator), Rounding(rounding)) * int(unit)
    if abs(base) >= _LIMIT:
        return row | {"answer": too_large}
    return row | {"base_amount": Decimal(base).scaleb(-AMOUNT_SCALE)}


_FOUND_SCHEMA: Final = pa.schema(
    [("answer", pa.int64()), ("base_amount", MONEY), ("wide", TEXT)],
)

# `//` and `%` of HUGEINT are exact. The scaled result is below 10^20, so it fits DECIMAL(20, 0),
# and its product with 0.0001 is a DECIMAL(24, 4): nothing is rounded on the way back to money.
_CONVERTED: Final = f"""
WITH scaled AS (
    SELECT position, answer, refused, numerator::HUGEINT AS numerator,
           denominator::HUGEINT AS divisor, unit, half_up, wide,
           (l.amount * {10**AMOUNT_SCALE}::DECIMAL(5, 0))::HUGEINT AS amount
    FROM (SELECT *, row_number() OVER () AS position FROM lines) l
    JOIN ratios USING ({", ".join(REQUEST_SCHEMA.names)})),
product AS (SELECT *, abs(amount) * numerator AS product FROM scaled),
divided AS (
    SELECT *, product // divisor AS quotient, product % divisor AS remainder FROM product),
rounded AS (
    SELECT *, (quotient + CASE WHEN 2 * remainder > divisor THEN 1
                               WHEN 2 * remainder < divisor THEN 0
                               WHEN half_up THEN 1 ELSE quotient % 2 END)
              * unit AS magnitude
    FROM divided),
judged AS (
    SELECT *, coalesce(magnitude >= {_LIMIT}::HUGEINT, FALSE) AS too_large FROM rounded)
SELECT CASE WHEN too_large THEN (SELECT count(*) FROM ratios) ELSE answer END AS answer,
       CASE WHEN NOT refused AND NOT too_large
            THEN (sign(amount) * magnitude)::DECIMAL(20, 0) * 0.0001::DECIMAL(4, 4)
       END AS base_amount,
       CASE WHEN wide IS NOT NULL THEN amount || ' ' || wide || ' ' || unit END AS wide
FROM judged ORDER BY position
"""
