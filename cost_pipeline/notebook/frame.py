"""A view as a frame: of Arrow, pandas, Polars or DuckDB, whichever the reader works with.

Money stays a decimal, an id a text and a day a day in each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from cost_pipeline.core.errors import UsageError
from cost_pipeline.lake.durable import clear_read_errors

if TYPE_CHECKING:
    import pandas as pd  # noqa: TID251 - handed over here, and nothing is computed with it


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows of a home as they were when the frame was asked for; nothing is read before it is used.

    Attributes:
        name: The view that it is of.
        words: What a row is.
        schema: Its columns, as Arrow types.
        where: The home, for errors.
    """

    name: str
    words: str
    schema: pa.Schema
    where: str
    _relation: Callable[[], duckdb.DuckDBPyRelation]

    def __repr__(self) -> str:
        return (
            f"<{self.name}: each row is {self.words}; {len(self.schema)} columns; "
            "to_pandas(), to_polars(), to_arrow(), relation()>"
        )

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self.schema.names)

    def relation(self) -> duckdb.DuckDBPyRelation:
        """Returns it for DuckDB, which reads of the stored files only what is asked for.

        Relations of one home may be joined with each other; they live as long as it.
        """
        return self._relation()

    def to_arrow(self) -> pa.Table:
        """Returns it as an Arrow table of `schema`.

        Raises:
            EnvironmentFailedError: If stored data is damaged.
        """
        with clear_read_errors(self.where):
            return self._relation().to_arrow_table().cast(self.schema)

    def to_pandas(self) -> pd.DataFrame:
        """Returns it for pandas, each column of the Arrow type of `schema`.

        Amounts are decimals and no floats, `00123` is a text, a missing value is `NA`.
        """
        import pandas as pd  # noqa: PLC0415, TID251 - half a second, for who asks for it

        types = {field.name: pd.ArrowDtype(field.type) for field in self.schema}
        found = self.to_arrow()
        return pd.DataFrame(
            {name: pd.array(found[name], dtype=kind) for name, kind in types.items()},
            columns=list(types),
        )

    def to_polars(self) -> Any:  # noqa: ANN401 - a class of a library that need not be there
        """Returns it for Polars.

        Raises:
            UsageError: NOT_INSTALLED, if Polars is not there.
        """
        if find_spec("polars") is None:
            raise UsageError(
                "Polars is not installed here",
                where=f"{self.name}().to_polars()",
                remedy="`python -m pip install polars`, or use to_pandas() or to_arrow()",
                code="NOT_INSTALLED",
            )
        import polars as pl  # noqa: PLC0415 - no dependency of this package

        return pl.from_arrow(self.to_arrow())
