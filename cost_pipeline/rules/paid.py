"""What each card was paid: its gross lines, summed by multiple and by category.

It is whole numbers in numpy: the lines of a card lie together, so a sum is one pass over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.rules.groups import Array
from cost_pipeline.rules.numbers import units

WAGES: Final = ("straight", "overtime", "double", "gold", "premium", "holiday", "guarantee")
HALF_MORE: Final = 15_000
MULTIPLIERS: Final = (100, 150, 200, 250, 300, 375, 400, 450, 500, 600)
# Where a line names no multiple, its category does; a premium or other line may have any.
_USUAL: Final = {
    "straight": 100,
    "guarantee": 100,
    "overtime": 150,
    "double": 200,
    "gold": 200,
    "holiday": 200,
}
_CATEGORIES: Final = {
    "wages": WAGES,
    "premium": ("premium", "holiday"),
    "meal": ("meal_penalty",),
    "rest": ("rest_penalty",),
    "night": ("night_premium",),
    "travel": ("travel",),
    "per_diem": ("per_diem",),
    "events": ("adjustment", "allowance"),
    "adjustment": ("adjustment",),
    "mileage": ("mileage",),
    "benefits": ("benefits",),
    "reportable": (*WAGES, "travel", "adjustment", "night_premium", "rest_penalty"),
}
PAID_COLUMNS: Final = (
    "tenths_150",
    "paid_overtime",
    *(f"paid_{times}" for times in MULTIPLIERS),
    *(f"paid_{name}" for name in _CATEGORIES),
)


def paid_for(cards: pa.Table) -> dict[str, pa.Array]:
    """Returns the `PAID_COLUMNS` of the cards, null where a card has no gross lines.

    Money is in ten-thousandths of a dollar. `tenths_150` is overtime at 1.5, in tenths of an hour.
    """
    lists = cards["gross"].combine_chunks()
    counts = np.asarray(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)
    lined = counts > 0
    starts = (np.cumsum(counts) - counts)[lined]
    none = np.zeros(int(lined.sum()), np.int64)

    def of_cards(amounts: Array, lines: Array) -> Array:
        return np.add.reduceat(np.where(lines, amounts, 0), starts) if lines.any() else none

    found = {}
    for name, sums in _sums(lists.flatten(), of_cards, none):
        values = sums if lined.all() else np.zeros(len(counts), np.int64)
        if values is not sums:
            values[lined] = sums
        found[name] = pa.array(values, pa.int64(), mask=~lined)
    return found


def _sums(
    lines: pa.StructArray, of_cards: Callable[[Array, Array], Array], none: Array
) -> Iterator[tuple[str, Array]]:
    """Yields each column, from the lines; `of_cards` sums amounts over some lines of each card."""
    coded = lines.field("category").dictionary_encode()
    codes, words = np.asarray(coded.indices), coded.dictionary.to_pylist()
    amount = np.asarray(units(lines.field("amount")))
    stated = lines.field("multiplier")
    usual = np.array([_USUAL.get(word, 0) for word in words], np.int64)[codes]
    named = np.asarray(pc.fill_null(units(stated), 0))
    times = np.where(np.asarray(pc.is_null(stated)), usual, named // 100)
    exact = np.asarray(pc.is_null(stated)) | (named % 100 == 0)
    by_word = {word: of_cards(amount, codes == code) for code, word in enumerate(words)}

    def among(names: tuple[str, ...]) -> Array:
        return np.array([word in names for word in words], bool)[codes]

    wage = among(WAGES)
    for multiple in MULTIPLIERS:
        yield f"paid_{multiple}", of_cards(amount, wage & exact & (times == multiple))
    for name, parts in _CATEGORIES.items():
        yield f"paid_{name}", sum((by_word[word] for word in parts if word in by_word), none)
    dearer = wage & (among(("overtime", "double", "gold")) | (times > MULTIPLIERS[0]))
    yield "paid_overtime", of_cards(amount, dearer)
    tenths = np.asarray(pc.fill_null(units(lines.field("quantity")), 0)) // 1000
    yield "tenths_150", of_cards(tenths, among(("overtime",)) & (named == HALF_MORE))
