"""Whole numbers as money and back, of arrays that begin in the middle of their buffers too."""

from decimal import Decimal

import pyarrow as pa

from cost_pipeline.rules.numbers import money, units

UNITS = pa.array([1, None, 30_000, None, 5, -7, None, 8, 9, None])


def test_the_slices_of_a_column_are_what_they_are():
    for begin in range(len(UNITS)):
        part = UNITS.slice(begin)
        wanted = [None if n is None else Decimal(n) / 10_000 for n in part.to_pylist()]
        assert money(part).to_pylist() == wanted
        assert units(money(UNITS).slice(begin)).to_pylist() == part.to_pylist()
