"""Timecards as a table: what the records hold as text, typed, for the rules to evaluate.

A record of kind `timecard` keeps the fields that other records do not have as one canonical text
(`card`), so that every other record is no wider for them. This module makes and reads that text
and says what the evaluation gets: `TIMECARD_SCHEMA`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost_tables import COST_FIELDS, MONEY
from cost_pipeline.contracts.gross import GrossLine
from cost_pipeline.contracts.tables import DAY, HASH, TEXT
from cost_pipeline.contracts.timecard import Timecard
from cost_pipeline.core.sql import literal

_COST_NAMES: Final = frozenset(entry.name for entry in COST_FIELDS)
CARD_FIELDS: Final = tuple(
    name for name in Timecard.model_fields if name not in _COST_NAMES and name != "vendor"
)
"""The fields of a timecard that only `card` holds, in the order of the contract."""

_UNITS: Final = pa.decimal128(12, 4)
LINE_TYPE: Final = pa.struct(
    [
        pa.field("category", TEXT),
        pa.field("quantity", _UNITS),
        pa.field("multiplier", _UNITS),
        pa.field("rate", MONEY),
        pa.field("amount", MONEY),
    ]
)


def _arrow_type(name: str) -> pa.DataType:
    taken = parts(Timecard.model_fields[name])
    if name == "gross":
        return pa.list_(LINE_TYPE)
    if taken.base is date:
        return DAY
    if taken.base is bool:
        return pa.bool_()
    if taken.base is int:
        return pa.int32()
    if taken.base is Decimal:
        return MONEY
    return pa.list_(TEXT) if str(taken.base).startswith("tuple") else TEXT


CLOCK_COLUMNS: Final = ("clock_shift_at", "clock_shift")
"""The clock change near a card, in minutes of its own wall clock: from `clock_shift_at` on, so many
minutes less have really passed than the wall clock says (60 in spring, -60 in autumn). Both are 0
where there is none. Elapsed minutes of a time t: `t - CASE WHEN t >= clock_shift_at THEN
clock_shift ELSE 0 END`, which is right for every t of the week around the work date."""

TIMECARD_SCHEMA: Final = pa.schema(
    [
        pa.field("fingerprint", HASH, nullable=False),
        pa.field("delivery", HASH, nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("vendor", TEXT, nullable=False),
        pa.field("production", TEXT, nullable=False),
        pa.field("transaction_id", TEXT, nullable=False),
        pa.field("work_date", DAY, nullable=False),
        pa.field("department_code", TEXT, nullable=False),
        pa.field("gl_code", TEXT, nullable=False),
        pa.field("union_category", TEXT),
        pa.field("amount", MONEY, nullable=False),
        pa.field("currency", TEXT, nullable=False),
        pa.field("worker_id", TEXT, nullable=False),
        *(pa.field(name, _arrow_type(name)) for name in CARD_FIELDS),
        *(pa.field(name, pa.int32(), nullable=False) for name in CLOCK_COLUMNS),
    ]
)
"""One row for each card: the evaluation's input. Times are minutes by the wall clock since the
midnight that begins `work_date`; `prior_wrap` counts from that of `prior_work_date` (the day before
where that is null). Lists are empty rather than null, and so are `gross` lines."""


def card_text(card: Timecard) -> str:
    """Returns the canonical text of a timecard's own fields; equal cards have equal texts."""
    values = {name: _plain(getattr(card, name)) for name in CARD_FIELDS}
    given = {name: value for name, value in values.items() if value is not None and value != []}
    return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def card_values(text: str) -> dict[str, Any]:
    """Returns the typed values that a canonical text holds, as the contract takes them."""
    found: dict[str, Any] = json.loads(text)
    return {name: _typed(name, value) for name, value in found.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - of the field's own type
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, GrossLine):
        fields = {name: _plain(part) for name, part in value}
        return {name: part for name, part in fields.items() if part is not None}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _number(value: Decimal) -> str:
    """Returns one text for one number: no trailing zeros, no exponent, no minus zero."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401 - of the field's own type
    kind = _arrow_type(name)
    if name == "gross":
        return tuple(GrossLine.model_validate(_line_values(line)) for line in value)
    if pa.types.is_list(kind):
        return tuple(value)
    if pa.types.is_decimal(kind):
        return Decimal(value)
    return date.fromisoformat(value) if pa.types.is_date(kind) else value


def _line_values(line: Mapping[str, str]) -> dict[str, object]:
    return {name: part if name == "category" else Decimal(part) for name, part in line.items()}


def cards_of(records: pa.Table, time_zones: Mapping[str, str]) -> pa.Table:
    """Returns records of kind `timecard` as `TIMECARD_SCHEMA`, in their order.

    Args:
        records: `RECORD_SCHEMA` or wider; other kinds are left out.
        time_zones: IANA time zone by production; UTC for one that is not there.
    """
    days = query(
        "SELECT DISTINCT production, transaction_date FROM records WHERE kind = 'timecard'",
        records=records.select(["production", "transaction_date", "kind"]),
    ).to_pylist()
    clocks = pa.Table.from_pylist(
        [
            {
                **day,
                **_clock_change(time_zones.get(day["production"], "UTC"), day["transaction_date"]),
            }
            for day in days
        ],
        schema=_CLOCKS,
    )
    return query(_CARDS, records=records, clocks=clocks).cast(TIMECARD_SCHEMA)


_CLOCKS: Final = pa.schema(
    [
        pa.field("production", TEXT),
        pa.field("transaction_date", DAY),
        *(pa.field(name, pa.int32()) for name in CLOCK_COLUMNS),
    ]
)


def _clock_change(zone: str, day: date) -> dict[str, int]:
    shift_at, shift = clock_change(zone, day)
    return dict(zip(CLOCK_COLUMNS, (shift_at, shift), strict=True))


@functools.lru_cache(maxsize=4096)
def clock_change(zone: str, day: date) -> tuple[int, int]:
    """Returns the clock change within seven days of a work date: see `CLOCK_COLUMNS`."""
    tz = ZoneInfo(zone)
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock's
    for hours in range(-7 * 24, 7 * 24):
        before = midnight + timedelta(hours=hours)
        after = before + timedelta(hours=1)
        offsets = [moment.replace(tzinfo=tz).utcoffset() for moment in (before, after)]
        if None in offsets or offsets[0] == offsets[1]:
            continue
        moved = offsets[1] - offsets[0]  # type: ignore[operator]  # neither is None
        # Counted from the work date's own midnight, whose offset the elapsed time is measured in.
        shift = int(moved.total_seconds()) // 60
        at = int((after - midnight).total_seconds()) // 60
        return at, shift
    return 0, 0


def _json_type(kind: pa.DataType) -> Any:  # noqa: ANN401 - DuckDB's structure, itself JSON
    if pa.types.is_list(kind):
        return [_json_type(kind.value_type)]
    if pa.types.is_struct(kind):
        return {entry.name: _json_type(entry.type) for entry in kind}
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    return {DAY: "DATE", pa.bool_(): "BOOLEAN", pa.int32(): "INTEGER"}.get(kind, "VARCHAR")


def _column(name: str) -> str:
    found = f'card."{name}"'
    return f"coalesce({found}, [])" if pa.types.is_list(_arrow_type(name)) else found


_STRUCTURE: Final = json.dumps({name: _json_type(_arrow_type(name)) for name in CARD_FIELDS})
_COLUMNS: Final = ", ".join(f'{_column(name)} AS "{name}"' for name in CARD_FIELDS)
# The structure is made of the contract's own names; a vendor's text is only ever a column.
_CARDS: Final = f"""
WITH typed AS (
    SELECT * EXCLUDE (card), json_transform(card, {literal(_STRUCTURE)}) AS card,
           row_number() OVER () AS place
    FROM records WHERE kind = 'timecard')
SELECT fingerprint, delivery, "row", vendor, production, transaction_id,
       transaction_date AS work_date, department_code, gl_code, union_category, amount, currency,
       worker_id, {_COLUMNS}, {", ".join(CLOCK_COLUMNS)}
FROM typed JOIN clocks USING (production, transaction_date) ORDER BY place
"""
