"""What a feed shows to people who ask in a notebook or in SQL: views with names.

A view is read where it lies, never copied first: rows are a statement over a table of the lake or
over tables in memory, and whoever reads them takes the columns and the rows that they want.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic

import pyarrow as pa

from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.pipeline.declared.assets import S


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that can be read, as they were when they were asked for.

    Attributes:
        sql: The statement; `{table}` in it stands for the stored table.
        schema: The columns that it gives.
        stored: The table of the lake, as it was then; None if all is in memory.
        tables: Tables in memory that the statement names.
    """

    sql: str
    schema: pa.Schema
    stored: Snapshot | None = None
    tables: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View(Generic[S]):
    """A view.

    Attributes:
        name: Its name, in SQL and as a method.
        words: What a row of it is.
        rows: Returns its rows; is given what was chosen by `option`, or None.
        option: What may be chosen when it is asked for, such as `as_of`; empty if nothing.
    """

    name: str
    words: str
    rows: Callable[[S, object], Rows]
    option: str = ""
