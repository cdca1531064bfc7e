"""Column schemas and column lineage as Dagster shows them.

Schemas come from the Arrow schemas that the tables have, lineage from the vendor files and from
what the feed declares, so that neither is written a second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import dagster as dg

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.lineage_tables import with_table
from cost_pipeline.pipeline.declared.assets import Stored
from cost_pipeline.pipeline.declared.meanings import MEANINGS
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def stored(
    table: Stored, feed: Feed[Session], lineage: dg.TableColumnLineage | None = None
) -> dict[str, object]:
    """Returns the metadata of an asset that is kept in a table; what is long comes last.

    Args:
        table: Where it is kept.
        feed: Whose it is.
        lineage: What its columns are made from, where the table itself does not declare it.
    """
    found: dict[str, object] = {
        "dagster/table_name": table.name,
        "dagster/column_schema": _schema(table, {**MEANINGS, **feed.meanings}),
    }
    if lineage is not None:
        found["dagster/column_lineage"] = lineage
    elif table.lineage:
        found["dagster/column_lineage"] = dg.TableColumnLineage(
            deps_by_column={
                column: [dg.TableColumnDep(asset_key(key), name) for key, name in origins]
                for column, origins in table.lineage.items()
            }
        )
    return with_table(found)


def _schema(table: Stored, meanings: Mapping[str, str]) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=field.name,
                type=str(field.type),
                description=meanings.get(field.name),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in table.schema
        ]
    )


def delivered(vendor: Vendor) -> dg.TableSchema:
    """Returns the columns that a vendor file knows in a delivery, all of them text.

    Those of its newest settings say what they mean, where a name has had two meanings.
    """
    meanings: dict[str, str] = {}
    for _, settings in vendor.in_force:
        read = {name: field for field, names in settings.read_from.items() for name in names}
        meanings |= {name: f"read as {field}" for name, field in read.items()}
        meanings |= dict.fromkeys(settings.ignore, "known and not read")
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=name, type="text", description=meaning)
            for name, meaning in meanings.items()
        ]
    )


def lineage_of_records(feed: Feed[Session], vendors: Iterable[Vendor]) -> dg.TableColumnLineage:
    """Returns which columns of the vendors each column of the records is read from.

    A field that is a constant of the vendor file has no origin.
    """
    found: dict[str, list[dg.TableColumnDep]] = {}
    for vendor in vendors:
        raw = asset_key(feed.names.raw(vendor.vendor))
        every = [columns for _, own in vendor.in_force for columns in own.read_from.items()]
        names = dict.fromkeys((field, name) for field, aliases in every for name in aliases)
        for field, name in names:
            column = found.setdefault(feed.column_of(vendor.record, field), [])
            column.append(dg.TableColumnDep(raw, name))
    return dg.TableColumnLineage(deps_by_column=found)
