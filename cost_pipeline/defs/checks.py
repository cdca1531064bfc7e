"""The checks of a feed as asset checks: one step for each look that they share.

Names, words, severity and what blocks come from the declarations (`pipeline/declared/checks.py`).
"""

# No `from __future__ import annotations` here: Dagster reads the context annotation as an object.
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import dagster as dg

from cost_pipeline.core.people import counted
from cost_pipeline.core.text import printable
from cost_pipeline.defs.badges import Judged, report_badges
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.partitions import Calendars
from cost_pipeline.defs.reporting import (
    evaluated,
    metadata_of,
    report_checks_per_partition,
)
from cost_pipeline.defs.resources import HomeResource
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Calendar
from cost_pipeline.pipeline.declared.checks import Check, Look, Subject
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session

# Counts of a check over several dates: how many dates there are, and on how many it is red.
DATES: Final = "transaction_dates"
RED: Final = "red"

# Steps that are ready at once run in the order of this tag; one that may fail its run comes last.
_LAST: Final = {"dagster/priority": "-1"}

_Declared = Mapping[dg.AssetCheckKey, tuple[Check[Session], Key]]


class RunInVainError(dg.Failure):
    """A run did not get all that it was asked for, and did everything else.

    Its step raises it when its results are stored; the check that is red says the same.
    """


def checks_of(
    feed: Feed[Session], home: Home, calendars: Calendars
) -> list[dg.AssetChecksDefinition]:
    """Returns the checks of a feed in this home; those that an asset makes itself are not here.

    Raises:
        ValueError: If an asset has two checks of one name, or one that nothing would look for.
    """
    _refuse_lost(feed, home)
    by_look: dict[Look[Session], dict[dg.AssetCheckKey, tuple[Check[Session], Key]]] = {}
    for check in feed.checks:
        if check.look is not None:
            found = by_look.setdefault(check.look, {})
            for key in check.assets(feed.names, home):
                found[dg.AssetCheckKey(asset_key(key), check.name)] = (check, key)
    return [_step(feed, look, found, calendars) for look, found in by_look.items() if found]


def _refuse_lost(feed: Feed[Session], home: Home) -> None:
    made = {one.key for one in feed.assets(home) if one.make and one.calendar is Calendar.NONE}
    seen = set()
    for check in feed.checks:
        for key in check.assets(feed.names, home):
            where = f"feed {feed.name}: the check {check.name} of {'/'.join(key)}"
            if (key, check.name) in seen:
                raise ValueError(f"{where} is declared twice")
            if check.look is None and key not in made:
                raise ValueError(f"{where} has no look, and no asset without dates finds it")
            seen.add((key, check.name))


def keys_of(feed: Feed[Session], home: Home) -> dict[dg.AssetCheckKey, Check[Session]]:
    """Returns the key of each check of a feed in this home."""
    return {
        dg.AssetCheckKey(asset_key(key), check.name): check
        for check in feed.checks
        for key in check.assets(feed.names, home)
    }


def passing_of(feeds: Sequence[Feed[Session]], home: Home) -> set[dg.AssetCheckKey]:
    """Returns the checks whose warnings may pass by themselves."""
    return {key for feed in feeds for key, check in keys_of(feed, home).items() if check.passes_by}


def _step(
    feed: Feed[Session], look: Look[Session], declared: _Declared, calendars: Calendars
) -> dg.AssetChecksDefinition:
    """Returns the step of a look.

    Its checks can be chosen, so that a vendor can be pulled alone, with the checks that are its
    own.
    """
    letters = [asset_key(feed.names.dead_letters)]

    @dg.multi_asset_check(
        name=feed.names.own(look.step),
        can_subset=True,
        op_tags=None if look.in_vain is None else _LAST,
        specs=[
            dg.AssetCheckSpec(
                check.name,
                asset=asset_key(key),
                partitions_def=calendars.by(look.calendar),
                blocking=check.blocking,
                description=feed.words_of(check),
                additional_deps=letters if check.after_validation else None,
            )
            for check, key in declared.values()
        ],
    )
    def step(
        context: dg.AssetCheckExecutionContext, home: HomeResource
    ) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.Output[None]]:
        session = home.session(feed, context.run.run_id)
        chosen = {key: declared[key] for key in sorted(context.selected_asset_check_keys)}
        noun = _noun(feed, look.calendar)
        if noun is not None:
            yield from _by_dates(context, look, session, chosen, noun)
        else:
            yield from _of_a_pull(context, look, session, chosen)

    return step


def _noun(feed: Feed[Session], calendar: Calendar) -> str | None:
    """Returns what people call the dates of a calendar of which a run may have several."""
    if calendar is Calendar.REPORTS:
        return "report dates"
    return feed.book.dates if feed.book is not None and calendar is Calendar.BOOK else None


def _of_a_pull(
    context: dg.AssetCheckExecutionContext,
    look: Look[Session],
    session: Session,
    chosen: _Declared,
) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.Output[None]]:
    """Yields one result for each check of a pull date, or of an asset that has no dates."""
    by_pull = look.calendar is Calendar.PULLS
    day = date.fromisoformat(context.partition_key) if by_pull else None
    found = look.at(session, [day] if day is not None else [])
    results = {
        name: result_of(one, found, Subject(key, day)) for name, (one, key) in chosen.items()
    }
    if look.calendar is Calendar.NONE:
        blocking = [name for name, (one, _) in chosen.items() if one.blocking]
        yield from evaluated(context, results, blocking)
    else:
        yield from results.values()
    in_vain = () if look.in_vain is None else look.in_vain(found)
    if in_vain:
        raise RunInVainError(
            printable(
                f"{counted(len(in_vain), 'vendor')} could not be fetched whole for "
                f"{context.partition_key}: {'; '.join(in_vain)}. Everything else was done; mend "
                "what the reason names, then materialise the failed partitions again (a "
                "re-execution from failure would fetch nothing)"
            ),
            metadata={"failed": dg.MetadataValue.json(list(in_vain))},
            allow_retries=False,
        )


def _by_dates(
    context: dg.AssetCheckExecutionContext,
    look: Look[Session],
    session: Session,
    chosen: _Declared,
    noun: str,
) -> Iterator[dg.AssetCheckResult]:
    """Yields one result for each check of a run, and records those of each date of several.

    They are recorded in one batch: stored one by one, those of a month cost a second. What a check
    says of all dates, which are called by the noun, is recorded last, because Dagster shows the
    newest.
    """
    days = [date.fromisoformat(key) for key in context.partition_keys]
    found = look.at(session, days)
    results = {
        name: [(str(day), result_of(check, found, Subject(key, day))) for day in sorted(days)]
        for name, (check, key) in chosen.items()
    }
    if len(days) > 1:
        of_all = [result for one in results.values() for result in one]
        blocking = {check.name for check, _ in chosen.values() if check.blocking}
        report_checks_per_partition(context.instance, context.run, of_all, blocking=blocking)
    for name, one in results.items():
        yield together(name, one)
    judged = {name: Judged(chosen[name][0], dict(one)) for name, one in results.items()}
    report_badges(context.instance, context.run, noun, judged)


def result_of(check: Check[Session], found: Any, subject: Subject) -> dg.AssetCheckResult:  # noqa: ANN401
    """Returns what a check finds as Dagster takes it.

    Args:
        check: The check.
        found: What its look found, or the asset's own step.
        subject: The asset and the day that it is asked about.
    """
    outcome = check.outcome(found, subject)
    return dg.AssetCheckResult(
        check_name=check.name,
        asset_key=asset_key(subject.key),
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.WARN if outcome.warning else dg.AssetCheckSeverity.ERROR,
        description=printable(outcome.message),
        metadata={**outcome.numbers, **metadata_of(outcome.shown)},
    )


def held(evaluation: dg.AssetCheckEvaluation) -> int:
    """Returns on how many dates a check passed; for a check without dates, 1 if it passed."""
    counts = [evaluation.metadata.get(name) for name in (DATES, RED)]
    dates, red = (c.value if isinstance(c, dg.IntMetadataValue) else None for c in counts)
    if dates is None or red is None:
        return int(evaluation.passed)
    return dates - red


def together(
    key: dg.AssetCheckKey, results: Sequence[tuple[str, dg.AssetCheckResult]]
) -> dg.AssetCheckResult:
    """Returns one result for the run: red if any partition of the run is."""
    red = [(partition, result) for partition, result in results if not result.passed]
    if len(results) == 1:
        return results[0][1]
    severities = {result.severity for _, result in red}
    warns = severities == {dg.AssetCheckSeverity.WARN}
    return dg.AssetCheckResult(
        check_name=key.name,
        asset_key=key.asset_key,
        passed=not red,
        severity=dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR,
        description="; ".join(f"{part}: {result.description}" for part, result in red[:5])
        or f"holds for {len(results)} dates",
        metadata={DATES: len(results), RED: len(red)},
    )
