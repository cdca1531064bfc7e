"""The report on vendors that tell of the same transactions, and its check.

A home without such a pair has neither. What is compared, and how, is the feed's.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator
from typing import Final

import dagster as dg

from cost_pipeline.defs.checks import result_of
from cost_pipeline.defs.keys import OWNERS, RECONCILIATION, records_key
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production.checks import sides_agree
from cost_pipeline.feeds.production.reconcile import Reconciled, pairs, reconcile
from cost_pipeline.home.load import Home

_SHOWN: Final = 50


def reconciliation(home: Home) -> list[dg.AssetsDefinition]:
    """The asset `report/production/reconciliation`, if the vendor files declare a pair."""
    declared = pairs(home)
    if not declared:
        return []

    @dg.multi_asset(
        name="reconcile_vendors",
        specs=[
            dg.AssetSpec(
                RECONCILIATION,
                deps=sorted({records_key(pair.here.record) for pair in declared}),
                group_name="report",
                owners=OWNERS,
                description="Transactions of which two vendors tell, compared record by record: "
                + "; ".join(pair.name for pair in declared)
                + ".",
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "sides_agree",
                asset=RECONCILIATION,
                description="The two vendors of each pair tell the same of each transaction.",
            )
        ],
    )
    def reconcile_vendors(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        session = home.session(context.run.run_id)
        found = [reconcile(session, pair) for pair in pairs(session.home)]
        outcome = sides_agree(found)
        yield dg.MaterializeResult(
            asset_key=RECONCILIATION,
            metadata={"sides": _sides(found), "lines": _lines(found), **outcome.numbers},
            check_results=[result_of(outcome, RECONCILIATION)],
        )

    return [reconcile_vendors]


def _sides(found: list[Reconciled]) -> dg.TableMetadataValue:
    sides = [side.as_json() for one in found for side in (one.here, one.there)]
    columns = [dg.TableColumn(n, "string" if n == "vendor" else "int") for n in sides[0]]
    return dg.MetadataValue.table(
        [dg.TableRecord(side) for side in sides], schema=dg.TableSchema(columns)
    )


def _lines(found: list[Reconciled]) -> dg.TableMetadataValue:
    """The first lines that do not agree, as people read them."""
    names = ("pair", "state", "key", "here", "there")
    lines = [
        dict(zip(names, (one.pair.name, *words), strict=True))
        for one in found
        for words in one.words(_SHOWN)
    ]
    return dg.MetadataValue.table(
        [dg.TableRecord(line) for line in lines],
        schema=dg.TableSchema([dg.TableColumn(name, "string") for name in names]),
    )
