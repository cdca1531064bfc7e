"""Decimal columns as whole numbers and back, on the bytes of Arrow.

A decimal128 is a 128-bit whole number with a scale; one that fits 64 bits is its lower half. Casting
millions of them in SQL costs more than all the rules.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cost_tables import MONEY


def units(column: pa.ChunkedArray) -> pa.Array:
    """Returns decimals as whole numbers of their last digit, nulls kept.

    Decimals of scale 4 become ten-thousandths.

    Raises:
        ValueError: If one does not fit 64 bits.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if len(array) == 0:
        return pa.array([], pa.int64())
    halves = np.frombuffer(array.buffers()[1], dtype=np.int64)
    halves = halves[2 * array.offset : 2 * (array.offset + len(array))].reshape(-1, 2)
    missing = np.asarray(pc.is_null(array))
    low = np.where(missing, 0, halves[:, 0])
    if np.any(np.where(missing, 0, halves[:, 1]) != low >> 63):
        raise ValueError("a decimal does not fit 64 bits")
    return pa.array(low, pa.int64(), mask=missing)


def money(column: pa.ChunkedArray) -> pa.Array:
    """Returns whole ten-thousandths as `MONEY`, nulls kept."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    halves = np.empty((len(array), 2), np.int64)
    halves[:, 0] = np.asarray(pc.fill_null(array, 0))
    np.right_shift(halves[:, 0], 63, out=halves[:, 1])
    # The bits are packed anew: those of a slice begin elsewhere in their buffer.
    valid = pa.py_buffer(np.packbits(np.asarray(pc.is_valid(array)), bitorder="little"))
    return pa.Array.from_buffers(
        MONEY, len(array), [valid, pa.py_buffer(halves)], null_count=array.null_count
    )
