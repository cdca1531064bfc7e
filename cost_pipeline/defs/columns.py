"""Column schemas as Dagster shows them, from the Arrow schemas that the tables have."""

from __future__ import annotations

import dagster as dg
import pyarrow as pa

from cost_pipeline.contracts.tables import DEAD_LETTER_SCHEMA, RATE_SCHEMA, RECORD_SCHEMA
from cost_pipeline.feeds.production.tables import LEDGER


def _schema(schema: pa.Schema) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=field.name,
                type=str(field.type),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in schema
        ]
    )


def records() -> dg.TableSchema:
    """Columns of accepted records."""
    return _schema(RECORD_SCHEMA)


def dead_letters() -> dg.TableSchema:
    """Columns of dead letters."""
    return _schema(DEAD_LETTER_SCHEMA)


def rates() -> dg.TableSchema:
    """Columns of FX snapshots."""
    return _schema(RATE_SCHEMA)


def postings() -> dg.TableSchema:
    """Columns of the ledger."""
    return _schema(LEDGER.schema)
