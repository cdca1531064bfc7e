"""The deliveries of vendors as assets: one pull for all of them, an outcome for each.

A vendor that could not be fetched whole fails its own partition, and no other: it yields no
materialization, so what an earlier pull of that date said of it stands. What lies behind is made of
what came, and the run fails when that is done (`checks`), or here if nothing else is asked of it.
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from cost_pipeline.contracts.file_names import WORDS
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.text import printable
from cost_pipeline.defs import columns, descriptions
from cost_pipeline.defs.confirm import dates_at_once, refuse_unconfirmed
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.reporting import in_order, metadata_of
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.defs.upstream import SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION
from cost_pipeline.home.document import Problem
from cost_pipeline.home.last_good import WrongFile
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.checks import OF_FETCHES
from cost_pipeline.pipeline.days import start_of_home
from cost_pipeline.pipeline.declared.names import RAW_GROUP
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.pull.deliveries import Standing, standing
from cost_pipeline.pipeline.pull.not_asked import not_asked
from cost_pipeline.pipeline.pull.vendors import PullOutcome, Telemetry, pull
from cost_pipeline.pipeline.reports.gaps import Provisional, provisional
from cost_pipeline.pipeline.reports.kept import NOTHING_KEPT, deliveries_kept
from cost_pipeline.pipeline.session import Session

_Event = dg.MaterializeResult[None] | dg.AssetObservation | dg.Output[None]


def pull_vendors(
    feed: Feed[Session], home: Home, partitions: dg.DailyPartitionsDefinition
) -> dg.AssetsDefinition:
    """Returns the deliveries of all vendors as assets of one step.

    The vendors are pulled together, so that limits and priorities hold across them.
    """
    mine = home.of_feed(feed.name)
    by_key = {asset_key(feed.names.raw(v.vendor)): v for v in mine.vendors}
    named = {asset_key(feed.names.raw(one.vendor)): one for one in mine.wrong}

    @dg.multi_asset(
        name=feed.names.own("pull_vendors"),
        specs=[
            *(_raw_spec(feed, key, vendor) for key, vendor in by_key.items() if key not in named),
            *(_wrong_spec(feed, key, one, by_key.get(key)) for key, one in named.items()),
        ],
        partitions_def=partitions,
        can_subset=True,
        pool=feed.names.own("vendors"),
    )
    def pull_vendors(context: dg.AssetExecutionContext, home: HomeResource) -> Iterator[_Event]:
        session = home.session(feed, context.run.run_id)
        chosen, wrong = _chosen(context, session)
        pull_date = date.fromisoformat(context.partition_key)
        _refuse_unconfirmed(context, session, pull_date)
        outcomes = (*pull(session, chosen, pull_date), *not_asked(session, wrong, pull_date))
        shown = _shown(session, outcomes, pull_date)
        for outcome in outcomes:
            key = asset_key(feed.names.raw(outcome.vendor))
            yield from _said(context, key, outcome, shown[outcome.vendor])
        failed = [outcome for outcome in outcomes if outcome.failures]
        if failed and not _is_told_by_a_check(context, feed):
            raise _nobody_else_tells(failed, pull_date)

    return pull_vendors


def _chosen(
    context: dg.AssetExecutionContext, session: Session
) -> tuple[list[Vendor], list[WrongFile]]:
    """Returns the vendors of a step, and the files of those that cannot be asked.

    As the files are now: one that was mended since the code location was loaded is right.
    """
    known = {vendor.vendor: vendor for vendor in session.home.vendors}
    chosen, wrong = [], []
    for name in (key.path[-1] for key in sorted(context.selected_asset_keys)):
        file = session.home.wrong_file(name)
        if file is None and name in known:
            chosen.append(known[name])
        else:
            wrong.append(file or _gone(name, session))
    return chosen, wrong


def _gone(vendor: str, session: Session) -> WrongFile:
    """Returns what is said of an asset whose vendor file is not there any more."""
    mistake = Problem("vendors", 0, f"no file describes {vendor}", "reload the code location")
    return WrongFile("vendors", vendor, session.feed.name, (mistake,), "new")


def _refuse_unconfirmed(
    context: dg.AssetExecutionContext, session: Session, pull_date: date
) -> None:
    refuse_unconfirmed(
        pull_date,
        start=start_of_home(session.feed, session.home),
        at_once=dates_at_once(context.instance, context.run.tags, context.selected_asset_keys),
        tags=context.run.tags,
    )


def _is_told_by_a_check(context: dg.AssetExecutionContext, feed: Feed[Session]) -> bool:
    """Whether the run has the step that fails it when everything else is done."""
    job = context.op_execution_context.job_def
    return job.has_node_named(feed.names.own(OF_FETCHES.step))


def _said(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    outcome: PullOutcome,
    shown: Mapping[str, Any],
) -> Iterator[_Event]:
    """Yields what is said of a vendor's partition.

    A failed one gets an observation. Its output is yielded all the same, because Dagster skips
    every step behind an output that is missing; the key in its metadata keeps Dagster from making
    a materialization of it.
    """
    if not outcome.failures:
        yield dg.MaterializeResult(asset_key=key, metadata=shown)
        return
    for failure in outcome.failures:
        context.log.error(printable(f"{outcome.vendor}: {failure.message} ({failure.uri})"))
    yield dg.AssetObservation(key, partition=context.partition_key, metadata=shown)
    yield dg.Output(
        None,
        output_name=context.assets_def.get_output_name_for_asset_key(key),
        metadata={SYSTEM_METADATA_KEY_SOURCE_ASSET_OBSERVATION: True},
    )


def _nobody_else_tells(failed: Sequence[PullOutcome], pull_date: date) -> EnvironmentFailedError:
    """Returns the failure of a run that ends with the pull: no check of it says what is missing."""
    first = failed[0].failures[0]
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return EnvironmentFailedError(
        printable(f"{failed[0].vendor}: {first.message}{others}"),
        where=f"pull date {pull_date}",
        remedy="materialise the failed partition again; what came is landed",
        code=first.reason,
    )


def _raw_spec(feed: Feed[Session], key: dg.AssetKey, vendor: Vendor) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        group_name=RAW_GROUP,
        owners=feed.owners,
        kinds={vendor.source.kind, vendor.as_of(None).format.kind},
        description=descriptions.of_deliveries(vendor),
        metadata={
            "priority": vendor.priority,
            "source": _place(vendor),
            **feed.scoped(vendor),
            "dagster/column_schema": columns.delivered(vendor),
        },
        code_version="1",
    )


def _wrong_spec(
    feed: Feed[Session], key: dg.AssetKey, wrong: WrongFile, before: Vendor | None
) -> dg.AssetSpec:
    """Returns the deliveries of a vendor whose file is wrong: an asset that says what is."""
    words = (
        "**The vendor file is wrong, so nothing is pulled by it.** "
        + (
            "What was landed stands, and is read as the file last said."
            if before is not None
            else "Nothing was ever pulled by it."
        )
        + " Mend it, reload the code location, and materialise the failed partitions.\n\n"
        + "\n".join(f"- {line}" for line in wrong.lines())
    )
    spec = dg.AssetSpec(
        key, group_name=RAW_GROUP, owners=feed.owners, kinds={"yaml"}, metadata={"file": wrong.file}
    )
    if before is not None:
        spec = _raw_spec(feed, key, before).merge_attributes(metadata={"file": wrong.file})
    return spec.replace_attributes(description=printable(words, keep="\n"))


def _place(vendor: Vendor) -> str:
    if isinstance(vendor.source, FolderSource):
        return f"{vendor.source.path}/{vendor.source.files}"
    return vendor.source.url


def _shown(
    session: Session, outcomes: Sequence[PullOutcome], pull_date: date
) -> dict[str, dict[str, Any]]:
    """Returns what is shown of each vendor's partition."""
    failed = [outcome.vendor for outcome in outcomes if outcome.failures]
    gaps = provisional(session, [pull_date], vendors=failed) if failed else []
    stands, nothing = standing(session, pull_date), Standing(0, 0)
    kept = deliveries_kept(session, pull_date)
    return {
        one.vendor: _pulled(
            one, stands.get(one.vendor, nothing), [gap for gap in gaps if gap.vendor == one.vendor]
        )
        | metadata_of({"deliveries": kept.get(one.vendor, NOTHING_KEPT)})
        for one in outcomes
    }


def _pulled(outcome: PullOutcome, stands: Standing, gaps: Sequence[Provisional]) -> dict[str, Any]:
    """Returns the numbers of what stands of a date, whichever pull brought it, and of this pull."""
    return in_order(
        {
            "dagster/partition_row_count": stands.deliveries,
            "deliveries_received": stands.deliveries,
            "bytes_received": stands.bytes,
            "deliveries_new": outcome.new,
            "failures": [failure.message for failure in outcome.failures],
            "provisional": bool(gaps),
            "passed_over": [f"{one.uri}: {WORDS[one.why]}" for one in outcome.passed_over],
            "stands_in": [gap.stands_in.as_json() for gap in gaps if gap.stands_in],
            **_telemetry(outcome.telemetry),
        }
    )


def _telemetry(records: Sequence[Telemetry]) -> dict[str, int | float]:
    """Returns the totals of a pull's telemetry.

    `cost-pipeline deliveries --telemetry` shows each record.
    """
    return {
        "unchanged": sum(record.outcome == "unchanged" for record in records),
        "attempts": sum(record.attempts for record in records),
        "bytes_over_the_wire": sum(record.received for record in records),
        "slowest_seconds": round(max((record.latency for record in records), default=0.0), 3),
        "queued_seconds": round(sum(record.queued for record in records), 3),
    }
