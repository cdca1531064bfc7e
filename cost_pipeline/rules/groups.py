"""Sums and looks back within groups of rows, such as a person's days: whole numbers in numpy.

A window in SQL carries every column of its input through a sort, and each window does so again.
Here the order is found once, and a window is a pass over the one column that it is about.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = Any  # a numpy array of one value for each row

_LARGEST: Final = 2**63 - 1


class Groups:
    """Rows in groups, in an order within each; arguments and answers are in the rows' own order."""

    def __init__(self, groups: tuple[Array, ...], within: tuple[Array, ...] = ()) -> None:
        """Sorts the rows: `groups` says which are one group, `within` their order in it.

        Rows that are equal in both keep their own order.
        """
        order = np.lexsort(tuple(reversed((*groups, *within))))
        begins = np.zeros(len(order), bool)
        begins[:1] = True
        for key in groups:
            ordered = key[order]
            begins[1:] |= ordered[1:] != ordered[:-1]
        self._begin(order, begins)

    def _begin(self, order: Array, begins: Array) -> None:
        self._order, self._begins = order, begins
        self._places = np.arange(len(order))
        self._start = np.maximum.accumulate(np.where(begins, self._places, 0))
        self._heads = np.flatnonzero(begins)
        self._sizes = np.diff(np.append(self._heads, len(order)))

    def cut(self, begins: Array) -> Groups:
        """Returns the same order in smaller groups: one begins at each of these rows too."""
        smaller = object.__new__(Groups)
        smaller._begin(self._order, self._begins | begins[self._order])
        return smaller

    def _back(self, ordered: Array) -> Array:
        rows = np.empty_like(ordered)
        rows[self._order] = ordered
        return rows

    def sum_before(self, values: Array) -> Array:
        """Returns, for each row, the sum over the rows of its group before it.

        Raises:
            ValueError: If a sum might leave 64 bits.
        """
        ordered = self._summable(values)
        running = np.cumsum(ordered) - ordered
        return self._back(running - running[self._start])

    def total(self, values: Array) -> Array:
        """Returns, for each row, the sum over its whole group.

        Raises:
            ValueError: If a sum might leave 64 bits.
        """
        sums = np.add.reduceat(self._summable(values), self._heads) if len(values) else values
        return self._back(np.repeat(sums, self._sizes))

    def _summable(self, values: Array) -> Array:
        ordered = values[self._order].astype(np.int64)
        # The running sum of other groups may wrap around; the difference takes that out again.
        most = max(int(ordered.max()), -int(ordered.min())) if len(ordered) else 0
        if len(ordered) and most * int(self._sizes.max()) > _LARGEST:
            raise ValueError("the sum of a column leaves 64 bits")
        return ordered

    def place(self) -> Array:
        """Returns the number of each row in its group, from 1."""
        return self._back(self._places - self._start + 1)

    def last(self) -> Array:
        """Whether a row is the last of its group."""
        return self._back(np.append(self._begins[1:], True)[: len(self._begins)])

    def last_before(self, values: Array, among: Array) -> tuple[Array, Array]:
        """Returns the value of the last row before each that is in `among`, and if there is one."""
        found = np.where(among[self._order], self._places, -1)
        before = np.append(-1, np.maximum.accumulate(found)[:-1])[: len(found)]
        known = before >= self._start
        return self._back(values[self._order][np.maximum(before, 0)]), self._back(known)

    def any_before(self, flags: Array, rows: int) -> Array:
        """Whether any of the given number of rows before each has the flag."""
        found = np.zeros(len(flags), bool)
        ordered = flags[self._order]
        for back in range(1, rows + 1):
            there = self._places - back >= self._start
            found[back:] |= ordered[:-back] & there[back:]
        return self._back(found)


def codes(column: pa.ChunkedArray) -> Array:
    """Returns the values of a column as numbers, which are equal where the values are."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices).astype(np.int64)


def distinct(*numbers: Array) -> tuple[pa.Array, Array]:
    """Finds the distinct rows of columns of small numbers, none of them negative.

    Returns:
        The number of the distinct row that each row is (32 bits), and for each distinct row the
        place of a row that is it.
    """
    key = numbers[0].astype(np.int64)
    for column in numbers[1:]:
        many = int(column.max(initial=0)) + 1
        if (int(key.max(initial=0)) + 1) * many > _LARGEST:
            key = np.asarray(pa.array(key).dictionary_encode().indices).astype(np.int64)
        key = key * many + column
    coded = pa.array(key).dictionary_encode()
    which = np.asarray(coded.indices)
    examples = np.empty(len(coded.dictionary), np.int64)
    examples[which] = np.arange(len(which))
    return coded.indices, examples


def whole(column: pa.ChunkedArray, missing: int = 0) -> Array:
    """Returns the whole numbers, truths or days of a column as 64 bits; `missing` for null."""
    array = column.combine_chunks()
    kind = pa.int32() if pa.types.is_date(array.type) else pa.int64()
    numbers = array.view(kind) if pa.types.is_date(array.type) else array.cast(kind)
    return np.asarray(pc.fill_null(numbers, missing)).astype(np.int64, copy=False)


def true(column: pa.ChunkedArray) -> Array:
    """Returns where a column is true, and neither false nor null."""
    return np.asarray(pc.fill_null(column.combine_chunks(), fill_value=False)).astype(bool)


def given(column: pa.ChunkedArray) -> Array:
    """Returns where a column has a value."""
    return np.asarray(pc.is_valid(column.combine_chunks()))


def numbered(values: Array, kind: pa.DataType, known: Array) -> pa.Array:
    """Returns whole numbers as a column of a kind, null where not known; reverses `whole`."""
    if pa.types.is_date(kind):
        return pa.array(values.astype(np.int32), pa.int32(), mask=~known).view(kind)
    return pa.array(values, pa.int64(), mask=~known).cast(kind)
