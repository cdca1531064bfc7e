"""The invariants as asset checks. What each looks at and says is the feed's; severity is here.

Blocking: conservation, schema, FX coverage, integrity. A red one stops what lies behind it.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import dagster as dg

from cost_pipeline.contracts.vendor import RecordKind
from cost_pipeline.defs.keys import (
    CORRECTIONS,
    DEAD_LETTERS,
    LEDGER,
    SNAPSHOTS,
    raw_key,
    records_key,
)
from cost_pipeline.defs.reporting import (
    amounts,
    evaluated,
    oldest,
    report_checks_per_partition,
)
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.feeds.production import checks
from cost_pipeline.feeds.production.categories import cost_codes_are_mapped
from cost_pipeline.feeds.production.cross_source import corrections_are_applied, sources_agree
from cost_pipeline.feeds.production.ledger_checks import ledger_outcomes
from cost_pipeline.feeds.production.provisional import Provisional, provisional
from cost_pipeline.feeds.production.report import DeliveryReport, deliveries
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.dead_letters.checks import (
    amounts_lost,
    letters_in_time,
    open_per_day,
    trend_plot,
    with_amounts,
)
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import SchemaReport, schemas_of

LEDGER_CHECKS: Final = {
    "conservation": "Records of a date equal its postings and dispositions, per currency.",
    "fx_coverage": "Every converted posting carries the rates of the snapshot it names.",
    "integrity": "Every hash, seal, chain and reversal of the date's postings holds.",
    "closed_periods": "Nothing was posted into a period after it was closed.",
    "refused_when_posting": "No record is refused for its key, a rate, a credit or a union rule.",
}
RAW_CHECKS: Final = {
    "drift": "No delivery has a column that the vendor file does not know.",
    "fetched": "Nothing of the pull date is missing because it could not be fetched.",
}
# Of a check over several dates: how many there are, and on how many it is red.
DATES: Final = "transaction_dates"
RED: Final = "red"

BLOCKING: Final = frozenset({"conservation", "schema", "fx_coverage", "integrity"})

_PAYROLL: Final = frozenset({RecordKind.PAYROLL_LINE, RecordKind.TIMECARD})
_OF_RECORDS: Final = {
    "schema": checks.records_satisfy_contract,
    "union_categories": cost_codes_are_mapped,
}


def delivery_checks(
    home: Home, partitions: dg.DailyPartitionsDefinition
) -> list[dg.AssetChecksDefinition]:
    """Checks of one pull date: rows, declared totals, columns and records."""
    kinds = sorted({vendor.record for vendor in home.vendors})
    raw = [
        dg.AssetCheckSpec(
            name,
            asset=raw_key(vendor.vendor),
            partitions_def=partitions,
            description=words,
            additional_deps=[DEAD_LETTERS],
        )
        for vendor in home.vendors
        for name, words in RAW_CHECKS.items()
    ]

    @dg.multi_asset_check(
        name="check_deliveries",
        can_subset=True,  # a vendor can be pulled alone, with the check that is its own
        specs=[
            *raw,
            _spec("conservation", DEAD_LETTERS, partitions, "Every row is a record or refused."),
            _spec("control_totals", DEAD_LETTERS, partitions, "Declared totals are the sums."),
            _spec("retyped", DEAD_LETTERS, partitions, "Amounts and dates look as accepted."),
            _spec("conservation", CORRECTIONS, partitions, "As for deliveries of vendors."),
        ],
    )
    def check_deliveries(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        day = date.fromisoformat(context.partition_key)
        pulled = _look_at(home.session(context.run.run_id), day)
        for key in sorted(context.selected_asset_check_keys):
            yield result_of(pulled.outcome(key), key.asset_key)

    @dg.multi_asset_check(
        name="check_records",
        can_subset=True,
        specs=[
            _spec("schema", records_key(kind), partitions, "Stored records satisfy the contract.")
            for kind in kinds
        ]
        + [
            _spec(
                "union_categories",
                records_key(kind),
                partitions,
                "No payroll is refused because its cost code has no union category.",
            )
            for kind in kinds
            if kind in _PAYROLL
        ],
    )
    def check_records(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        session = home.session(context.run.run_id)
        day = date.fromisoformat(context.partition_key)
        for key in sorted(context.selected_asset_check_keys):
            outcome = _OF_RECORDS[key.name](session, day, key.asset_key.path[-1])
            yield result_of(outcome, key.asset_key)

    return [check_deliveries, check_records]


@dataclass(frozen=True, slots=True)
class _Pulled:
    """What is known of a pull date, looked at once for all its checks."""

    reports: Sequence[DeliveryReport]
    schemas: Sequence[SchemaReport]
    gaps: Mapping[str, Provisional]
    amounts_lost: Sequence[str]

    def outcome(self, key: dg.AssetCheckKey) -> Outcome:
        """What a check of the pull date finds."""
        vendor = key.asset_key.path[-1]
        match key.name:
            case "drift":
                return checks.columns_are_as_accepted(
                    [r for r in self.reports if r.vendor == vendor],
                    [s for s in self.schemas if s.vendor == vendor],
                )
            case "fetched":
                return checks.all_is_fetched(self.gaps.get(vendor))
            case "retyped":
                return checks.amounts_mean_what_they_did(self.schemas)
            case "control_totals":
                return checks.control_totals_hold(self.reports)
        return with_amounts(checks.rows_are_conserved(self.reports), self.amounts_lost)


def _look_at(session: Session, day: date) -> _Pulled:
    return _Pulled(
        deliveries(session, [day]),
        schemas_of(session, pull_dates=[day]),
        {gap.vendor: gap for gap in provisional(session, [day])},
        amounts_lost(session, [day]),
    )


SNAPSHOT_CHECKS: Final = {
    "cross_source": "Sources agree on the days that both have, within tolerances.",
    "corrections": "Every file in the watched folder of corrections can be applied.",
}

_OF_SNAPSHOTS: Final = {
    "cross_source": sources_agree,
    "corrections": corrections_are_applied,
}


def snapshot_checks() -> dg.AssetChecksDefinition:
    """Checks of the FX snapshots as a whole."""

    @dg.multi_asset_check(
        name="check_snapshots",
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(name, asset=SNAPSHOTS, description=words)
            for name, words in SNAPSHOT_CHECKS.items()
        ],
    )
    def check_snapshots(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        session = home.session(context.run.run_id)
        for name in sorted(key.name for key in context.selected_asset_check_keys):
            yield result_of(_OF_SNAPSHOTS[name](session), SNAPSHOTS)

    return check_snapshots


def standing_checks() -> dg.AssetChecksDefinition:
    """What is looked at as a whole, whenever it is asked."""

    @dg.multi_asset_check(
        name="check_dead_letters",
        specs=[
            dg.AssetCheckSpec(
                "age",
                asset=DEAD_LETTERS,
                description="No dead letter is open for longer than productions.yaml allows.",
            )
        ],
    )
    def check_dead_letters(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.Output[None] | dg.AssetCheckEvaluation]:
        session = home.session(context.run.run_id)
        aged = letters_in_time(session)
        found = result_of(aged.outcome, DEAD_LETTERS)
        metadata = {
            **found.metadata,
            "at_risk": amounts(aged.at_risk),
            "oldest": oldest(aged.sample),
            "open_per_day": dg.MetadataValue.md(trend_plot(open_per_day(session))),
        }
        yield from evaluated(context, found._replace(metadata=metadata))

    return check_dead_letters


def ledger_checks(partitions: dg.DailyPartitionsDefinition) -> dg.AssetChecksDefinition:
    """Checks of ledger partitions, also of several in one run."""

    @dg.multi_asset_check(
        name="check_ledger",
        can_subset=True,
        specs=[_spec(name, LEDGER, partitions, words) for name, words in LEDGER_CHECKS.items()],
    )
    def check_ledger(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        found = ledger_outcomes(home.session(context.run.run_id), days)
        names = sorted(key.name for key in context.selected_asset_check_keys)
        yield from results_of(context, {n: of_check(n, found, LEDGER) for n in names}, LEDGER)

    return check_ledger


def of_check(
    name: str, found: Mapping[date, Sequence[Outcome]], asset: dg.AssetKey
) -> list[tuple[str, dg.AssetCheckResult]]:
    """The results of one check, by partition."""
    return [
        (day.isoformat(), result_of(outcome, asset))
        for day, outcomes in found.items()
        for outcome in outcomes
        if outcome.name == name
    ]


def results_of(
    context: dg.AssetCheckExecutionContext,
    by_name: Mapping[str, Sequence[tuple[str, dg.AssetCheckResult]]],
    asset: dg.AssetKey,
) -> Iterator[dg.AssetCheckResult]:
    """One result for each check of a run; of a run over several partitions each is recorded, too.

    All of them in one batch: stored one by one, those of a month cost a second.
    """
    if len(context.partition_keys) > 1:
        of_all = [result for results in by_name.values() for result in results]
        report_checks_per_partition(context.instance, context.run, of_all, blocking=BLOCKING)
    for name, results in by_name.items():
        yield together(name, results, asset)


def held(evaluation: dg.AssetCheckEvaluation) -> int:
    """Returns on how many dates a check passed; of one that belongs to no date, 1 if it passed."""
    counts = [evaluation.metadata.get(name) for name in (DATES, RED)]
    dates, red = (c.value if isinstance(c, dg.IntMetadataValue) else None for c in counts)
    if dates is None or red is None:
        return int(evaluation.passed)
    return dates - red


def _spec(
    name: str, asset: dg.AssetKey, partitions: dg.DailyPartitionsDefinition, words: str
) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name,
        asset=asset,
        partitions_def=partitions,
        blocking=name in BLOCKING,
        description=words,
    )


def result_of(outcome: Outcome, asset: dg.AssetKey) -> dg.AssetCheckResult:
    """An outcome of the feed as Dagster takes it."""
    return dg.AssetCheckResult(
        check_name=outcome.name,
        asset_key=asset,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.WARN if outcome.warning else dg.AssetCheckSeverity.ERROR,
        description=outcome.message,
        metadata=dict(outcome.numbers),
    )


def together(
    name: str, results: Sequence[tuple[str, dg.AssetCheckResult]], asset: dg.AssetKey
) -> dg.AssetCheckResult:
    """One result for the run: red if any partition is."""
    red = [(partition, result) for partition, result in results if not result.passed]
    if len(results) == 1:
        return results[0][1]
    severities = {result.severity for _, result in red}
    warns = severities == {dg.AssetCheckSeverity.WARN}
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=asset,
        passed=not red,
        severity=dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR,
        description="; ".join(f"{key}: {result.description}" for key, result in red[:5])
        or f"holds for {len(results)} transaction dates",
        metadata={DATES: len(results), RED: len(red)},
    )
