"""Column lineage as a table that people read, because the open-source UI shows its own as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import dagster as dg

from cost_pipeline.core.markdown import code, escaped, link, table
from cost_pipeline.pipeline.declared.links import asset_page

LINEAGE: Final = "dagster/column_lineage"
MADE_FROM: Final = "columns_made_from"
_LONG: Final = "dagster/column_"
_MOST: Final = 12
"""Columns of one asset that are named in a cell; the JSON has all."""


def with_table(metadata: Mapping[str, object]) -> dict[str, object]:
    """Returns the metadata of an asset, with the table of its column lineage if it has one.

    The table stands before Dagster's own schema and lineage, which are longer.
    """
    lineage = metadata.get(LINEAGE)
    if not isinstance(lineage, dg.TableColumnLineage) or not lineage.deps_by_column:
        return dict(metadata)
    long = {name: said for name, said in metadata.items() if name.startswith(_LONG)}
    short = {name: said for name, said in metadata.items() if name not in long}
    return {**short, MADE_FROM: dg.MetadataValue.md(lineage_table(lineage)), **long}


def lineage_table(lineage: dg.TableColumnLineage) -> str:
    """Returns the table: a row for each column, with the columns of other assets behind it."""
    rows = (
        (code(column), "; ".join(_origins(deps)))
        for column, deps in lineage.deps_by_column.items()
        if deps
    )
    return table(("column", "is made from"), rows)


def _origins(deps: Iterable[dg.TableColumnDep]) -> Iterable[str]:
    """Yields each asset that the column comes from, once, with its columns there."""
    by_asset: dict[dg.AssetKey, list[str]] = {}
    for dep in deps:
        by_asset.setdefault(dep.asset_key, []).append(dep.column_name)
    for key, names in by_asset.items():
        told = ", ".join(escaped(name) for name in names[:_MOST])
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        yield f"{link(key.to_user_string(), asset_page(key.path))}: {told}{more}"
