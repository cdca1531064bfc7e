"""Judges the parts of a chunk in columns, side by side in threads.

Belongs here: the threads, and nothing else; a part's verdict is the columnar lane's. Its work is
done by Arrow, numpy and DuckDB, which let other threads run meanwhile. What is carried from row to
row (ordinals of keys, running totals) is taken in order, before and after.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyarrow as pa

from cost_pipeline.validate.column_lane import Judged, judge_columns
from cost_pipeline.validate.results import Context

# A whole chunk makes two parts. What they are depends on the rows alone, never on the machine.
PART_ROWS: Final = 1 << 16


def judge_side_by_side(
    table: pa.Table,
    context: Context,
    ordinals: Sequence[int | None] | None,
    *,
    part_rows: int = PART_ROWS,
) -> Judged:
    """Judges a chunk in columns, with the same verdict as on the whole chunk at once.

    All parts are done, or have failed, when it returns or raises.
    """
    starts = range(0, table.num_rows, part_rows)
    if len(starts) < 2:  # noqa: PLR2004 - one part has nothing beside it
        return judge_columns(table, context, ordinals)

    def judged(start: int) -> Judged:
        own = None if ordinals is None else ordinals[start : start + part_rows]
        return judge_columns(table.slice(start, part_rows), context, own)

    others = [_threads(os.getpid()).submit(judged, start) for start in starts[1:]]
    try:
        first = judged(starts[0])
    finally:
        for other in others:
            other.exception()  # waits
    return Judged.together([first, *(other.result() for other in others)], starts)


@functools.cache
def _threads(_process: int) -> ThreadPoolExecutor:
    """Returns threads that stay, because each has its prepared statements; a fork gets its own."""
    return ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="judge")
