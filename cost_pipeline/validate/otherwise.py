"""Rows whose key is empty, of a vendor that declares what names them then (`key: {else: ...}`).

Belongs here: which rows those are, their key, and the id that they are given. Both follow from what
the row says and never from where it stands, so that the same row in another file is the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Context, Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.proofs import Mask
from cost_pipeline.contracts.vendor import Key
from cost_pipeline.core.canonical import Value, digest
from cost_pipeline.core.text import BLANKS

_LONGEST: Final = 64
_MARK: Final = 16
# The usual context has 28 digits, and a number may have 38.
_WIDE: Final = Context(prec=80)


def is_empty(key: Key, values: Mapping[str, object]) -> bool:
    """Whether one of the key's own fields has no value."""
    return any(values.get(name) is None for name in key.columns)


def key_values(key: Key, values: Sequence[Value]) -> tuple[Value, ...]:
    """Returns the parts of the key text: nothing for the key's own fields, then the others."""
    return (*(None for _ in key.columns), *values)


def id_of(values: Sequence[Any]) -> str:
    """Returns the id of a row that has none: what names it, as text of at most 64 characters."""
    texts = [_text(value) for value in values]
    joined = "/".join(texts)
    if len(joined) <= _LONGEST:
        return joined
    return f"{joined[: _LONGEST - _MARK - 1]}~{digest('otherwise', *texts)[:_MARK]}"


def _text(value: Any) -> str:  # noqa: ANN401 - of the field's own type
    if isinstance(value, Decimal):
        return format(value.normalize(_WIDE), "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def empty_keys(key: Key | None, cells: Mapping[str, Sequence[pa.ChunkedArray]], count: int) -> Mask:
    """Returns which rows of a chunk have an empty field of the key.

    Args:
        key: The vendor's key.
        cells: The columns of each field; a field that is a constant is not in it.
        count: Rows.
    """
    empty = np.zeros(count, dtype=np.bool_)
    if key is None or not key.otherwise:
        return empty
    for name in key.columns:
        if name in cells:
            filled = np.zeros(count, dtype=np.bool_)
            for column in cells[name]:
                texts = pc.utf8_trim(pc.fill_null(column, ""), characters=BLANKS)
                filled |= pc.not_equal(texts, "").to_numpy()
            empty |= ~filled
    return empty
