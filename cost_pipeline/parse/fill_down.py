"""Gives an empty cell what the cell above says, in the columns for which a vendor declares it.

Belongs here: filling the chunks of a delivery, in order. A row that cannot be read may have said
something else than the one above it: an empty cell below it makes its row malformed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.core.text import plain_name
from cost_pipeline.parse.listing import Held, Lost
from cost_pipeline.parse.listing_tables import blank, malformed


class FillDown:
    """Fills the chunks of one delivery, or of one sheet.

    Args:
        columns: What the columns are called.
        wanted: The header names of the columns that are filled down; one that is not there is
            ignored.
        held: What stood in these columns before the first row.
    """

    def __init__(
        self, columns: Sequence[str], wanted: Sequence[str], held: Sequence[Held] = ()
    ) -> None:
        names = {*map(plain_name, wanted)}
        self._places = [at for at, name in enumerate(columns) if plain_name(name) in names]
        self.held = list(held) or [None] * len(self._places)

    def filled(self, table: pa.Table) -> pa.Table:
        """Returns the next chunk, with its empty cells filled."""
        if not self._places or not table.num_rows:
            return table
        broken = pc.is_valid(table["malformed"]).to_numpy()
        problems: dict[int, str] = {}
        for at, place in enumerate(self._places):
            table = self._column(table, at, place, broken, problems)
        return malformed(table, problems)

    def _column(
        self,
        table: pa.Table,
        at: int,
        place: int,
        broken: np.ndarray[tuple[int], np.dtype[np.bool_]],
        problems: dict[int, str],
    ) -> pa.Table:
        name = f"c{place}"
        column = table[name].combine_chunks()
        empty = blank(column) & ~broken
        rows = np.arange(table.num_rows)
        above = np.maximum.accumulate(np.where(empty, -1, rows))
        before = self.held[at]
        taken = pa.array(np.where(above < 0, 0, above + 1))
        source = pa.concat_arrays([pa.array([before if isinstance(before, str) else ""]), column])
        made = pc.if_else(pa.array(empty), source.take(taken), column)
        lines = table["line"].to_numpy()
        lost = empty & (above >= 0) & broken[np.maximum(above, 0)]
        for row in np.flatnonzero(lost).tolist():
            problems.setdefault(row, Lost(int(lines[above[row]])).above)
        if isinstance(before, Lost):
            for row in np.flatnonzero(empty & (above < 0)).tolist():
                problems.setdefault(row, before.above)
        last = int(above[-1])
        if last >= 0:
            self.held[at] = Lost(int(lines[last])) if broken[last] else column[last].as_py()
        return table.set_column(table.column_names.index(name), name, made)
