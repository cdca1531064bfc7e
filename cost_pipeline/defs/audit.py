"""The audit log as an asset that others write, with the check that holds it against its tables."""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.

import dagster as dg

from cost_pipeline.defs.checks import result_of
from cost_pipeline.defs.keys import AUDIT, AUDIT_JOB, DEAD_LETTERS, LEDGER, OWNERS
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production.checks import audit_log_agrees
from cost_pipeline.pipeline.reports.audit import verify_audit

AUDIT_CHECK = "log_agrees"


def audit_asset() -> dg.AssetSpec:
    """External: every append of the audited tables writes it."""
    return dg.AssetSpec(
        AUDIT,
        deps=[
            dg.AssetDep(key, partition_mapping=dg.AllPartitionMapping())
            for key in (DEAD_LETTERS, LEDGER)
        ],
        group_name="audit",
        owners=OWNERS,
        kinds={"deltalake"},
        description="What was parsed, rejected, converted and posted, announced before each "
        "commit in hash-linked blocks. External: the appends write it.",
    )


def audit_check() -> dg.AssetChecksDefinition:
    """The check of the whole log; it reads all of it, so it is a job of its own."""

    @dg.asset_check(
        asset=AUDIT,
        name=AUDIT_CHECK,
        description="Every block is whole, and its events are exactly what was committed.",
    )
    def log_agrees(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> dg.AssetCheckResult:
        outcome = audit_log_agrees(verify_audit(home.session(context.run.run_id)))
        return result_of(outcome, AUDIT)

    return log_agrees


def audit_job() -> dg.ScheduleDefinition:
    """The job that runs the check, on a schedule that is off until it is switched on."""
    job = dg.define_asset_job(
        AUDIT_JOB,
        selection=dg.AssetSelection.checks(dg.AssetCheckKey(AUDIT, AUDIT_CHECK)),
        description="Holds the whole audit log against the tables that it announces.",
    )
    return dg.ScheduleDefinition(
        name="verify_audit_daily",
        job=job,
        cron_schedule="30 6 * * *",
        description="Verifies the audit log, after the pull of the day.",
    )
