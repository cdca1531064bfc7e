"""What each card was paid for what: its gross lines summed by multiple and by category."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.rules.numbers import units

_WAGES: Final = "('straight', 'overtime', 'double', 'gold', 'premium', 'holiday', 'guarantee')"
MULTIPLIERS: Final = (100, 150, 200, 250, 300, 375, 400, 450, 500, 600)
_BY_MULTIPLIER: Final = ",\n    ".join(
    f"CAST(coalesce(sum(paid) FILTER (wage AND times = {times}), 0) AS BIGINT) AS paid_{times}"
    for times in MULTIPLIERS
)
_CATEGORIES: Final = {
    "wages": "wage",
    "overtime": "wage AND (category IN ('overtime', 'double', 'gold') OR times > 100)",
    "premium": "category IN ('premium', 'holiday')",
    "meal": "category = 'meal_penalty'",
    "rest": "category = 'rest_penalty'",
    "night": "category = 'night_premium'",
    "travel": "category = 'travel'",
    "per_diem": "category = 'per_diem'",
    "events": "category IN ('adjustment', 'allowance')",
    "mileage": "category = 'mileage'",
    "benefits": "category = 'benefits'",
    "reportable": "wage OR category IN ('travel', 'adjustment', 'night_premium', 'rest_penalty')",
}
_BY_CATEGORY: Final = ",\n    ".join(
    f"CAST(coalesce(sum(paid) FILTER ({what}), 0) AS BIGINT) AS paid_{name}"
    for name, what in _CATEGORIES.items()
)
PAID: Final = f"""
WITH typed AS (
    SELECT id, category, amount AS paid, category IN {_WAGES} AS wage,
        coalesce(multiplier // 100, CASE category
            WHEN 'overtime' THEN 150 WHEN 'double' THEN 200 WHEN 'gold' THEN 200
            WHEN 'holiday' THEN 200 WHEN 'straight' THEN 100 WHEN 'guarantee' THEN 100 END) AS times,
        CASE WHEN category = 'overtime' AND multiplier = 15000 THEN quantity // 1000 END
            AS tenths_150
    FROM lines)
SELECT id, CAST(coalesce(sum(tenths_150), 0) AS BIGINT) AS tenths_150,
    {_BY_MULTIPLIER},
    {_BY_CATEGORY}
FROM typed GROUP BY id
"""
"""Statement over `lines`: `id`, `paid_<multiple>`, `paid_<category>` in ten-thousandths; no row for a
card without gross lines."""

PAID_COLUMNS: Final = (
    "tenths_150",
    *(f"paid_{times}" for times in MULTIPLIERS),
    *(f"paid_{name}" for name in _CATEGORIES),
)


def gross_lines(cards: pa.Table) -> pa.Table:
    """The gross lines of cards, each with its card's row number; decimals as ten-thousandths."""
    lists = cards["gross"].combine_chunks()
    parts = lists.flatten()
    return pa.table(
        {
            "id": pc.list_parent_indices(lists),
            "category": parts.field("category"),
            "multiplier": units(parts.field("multiplier")),
            "quantity": units(parts.field("quantity")),
            "amount": units(parts.field("amount")),
        }
    )
