"""The findings as assets: of a work date with a check for each rule family, and by week.

Findings are made and stored where the ledger is posted, because a blocked card must not reach it;
these assets show them and stand behind the ledger.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.core.money import shown
from cost_pipeline.defs import columns
from cost_pipeline.defs.checks import of_check, results_of
from cost_pipeline.defs.keys import FINDINGS, LEDGER, OWNERS, WEEKLY
from cost_pipeline.defs.plan import MOST_DATES_A_RUN
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production.union_summary import (
    FAMILIES,
    WeekLine,
    as_image,
    check_name,
    day_outcomes,
    plot,
    weekly,
)
from cost_pipeline.home.load import Home

_MOST_LINES: Final = 200


def has_timecards(home: Home) -> bool:
    """Whether there is anything for union rules to look at."""
    return any(vendor.record is RecordKind.TIMECARD for vendor in home.vendors)


def findings(partitions: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The findings of a work date."""

    @dg.asset(
        key=FINDINGS,
        deps=[LEDGER],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(MOST_DATES_A_RUN),
        group_name="union",
        owners=OWNERS,
        kinds={"deltalake"},
        description="What the union rules say of each timecard of a work date: due, paid, "
        "difference and why. A card with a blocking finding is a dead letter, not a posting.",
        metadata={
            "dagster/column_schema": columns.findings(),
            "dagster/table_name": "findings",
        },
        code_version="1",
    )
    def findings(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> dg.MaterializeResult[None]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        for day, outcomes in day_outcomes(home.session(context.run.run_id), days).items():
            numbers = [outcome.numbers for outcome in outcomes]
            context.add_asset_metadata(
                {
                    "dagster/partition_row_count": sum(sum(n.values()) for n in numbers),
                    "blocked": sum(n.get("block", 0) for n in numbers),
                    "flagged": sum(n.get("flag", 0) for n in numbers),
                    "not_evaluated": sum(n.get("not_evaluated", 0) for n in numbers),
                },
                asset_key=FINDINGS,
                partition_key=day.isoformat(),
            )
        return dg.MaterializeResult()

    return findings


def family_checks(partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    """One check for each family of rules; of several dates in a run each has its own result."""

    @dg.multi_asset_check(
        name="check_findings",
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(
                check_name(family),
                asset=FINDINGS,
                partitions_def=partitions,
                description=f"No card of the date is flagged or blocked by the rules of "
                f"{family.replace('_', ' ')}, and all could be evaluated.",
            )
            for family in FAMILIES
        ],
    )
    def check_findings(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        found = day_outcomes(home.session(context.run.run_id), days)
        names = sorted(key.name for key in context.selected_asset_check_keys)
        yield from results_of(context, {n: of_check(n, found, FINDINGS) for n in names}, FINDINGS)

    return check_findings


def summary() -> dg.AssetsDefinition:
    """Penalties by department and cause, and the money at risk, of every payroll week."""

    @dg.asset(
        key=WEEKLY,
        deps=[dg.AssetDep(FINDINGS, partition_mapping=dg.AllPartitionMapping())],
        group_name="union",
        owners=OWNERS,
        kinds={"deltalake"},
        description="Union penalties by payroll week, department and cause, and what is due and "
        "not paid; with the trend of the last half year.",
        code_version="1",
    )
    def weekly_summary(
        context: dg.AssetExecutionContext, home: HomeResource
    ) -> dg.MaterializeResult[None]:
        lines = weekly(home.session(context.run.run_id))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(lines),
                "weeks": len({line.week_ending for line in lines}),
                "by_department_and_cause": _table(lines[-_MOST_LINES:]),
                "trend": dg.MetadataValue.md(as_image(plot(lines))),
            }
        )

    return weekly_summary


def _table(lines: Sequence[WeekLine]) -> dg.TableMetadataValue:
    names = ("week_ending", "department", "cause", "findings", "blocked", "flagged")
    amounts = ("penalties_due", "at_risk", "currency")
    records = [
        dg.TableRecord(
            {
                "week_ending": line.week_ending.isoformat(),
                "department": line.department_code,
                "cause": line.family,
                "findings": line.findings,
                "blocked": line.blocked,
                "flagged": line.flagged,
                "penalties_due": shown(line.penalties),
                "at_risk": shown(line.at_risk),
                "currency": line.currency,
            }
        )
        for line in lines
    ]
    whole = {"findings", "blocked", "flagged"}
    return dg.MetadataValue.table(
        records,
        schema=dg.TableSchema(
            [
                dg.TableColumn(name, "int" if name in whole else "string")
                for name in (*names, *amounts)
            ]
        ),
    )
