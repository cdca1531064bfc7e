"""The assets of production beside those of every feed: rates, ledger, findings, pairs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.people import money
from cost_pipeline.feeds.production import told
from cost_pipeline.feeds.production.cards import card_digests
from cost_pipeline.feeds.production.checks import has_timecards
from cost_pipeline.feeds.production.columns import lineage_of_postings
from cost_pipeline.feeds.production.costs_assets import COST_REPORT, COSTS_OF_A_DATE
from cost_pipeline.feeds.production.impact import impact_of
from cost_pipeline.feeds.production.inputs import (
    rate_digests,
    ruled_record_digests,
    stored_inputs,
)
from cost_pipeline.feeds.production.names import (
    CORRECTIONS,
    FETCHED_RATES,
    FINDINGS,
    FX_JOB,
    LEDGER,
    LEDGER_GROUP,
    NAMES,
    RATES_BY_DATE,
    RATES_GROUP,
    RECONCILE_JOB,
    RECONCILIATION,
    RECORDS_BY_DATE,
    REPORT_GROUP,
    SNAPSHOTS,
    UNION_GROUP,
    WEEKLY,
)
from cost_pipeline.feeds.production.pairs_agree import sides_agree
from cost_pipeline.feeds.production.post import Posted, post
from cost_pipeline.feeds.production.rate_corrections import apply_corrections, waiting_corrections
from cost_pipeline.feeds.production.rate_fetching import (
    fetched_keys,
    fetched_rates,
    fetching_times,
    newly_loaded,
)
from cost_pipeline.feeds.production.rate_offers import load_fetched
from cost_pipeline.feeds.production.rate_story import story_of
from cost_pipeline.feeds.production.rates import count_in_force, load_bundled_history
from cost_pipeline.feeds.production.reconcile import Reconciled, pairs, reconcile
from cost_pipeline.feeds.production.shown_postings import postings_shown
from cost_pipeline.feeds.production.tables import FINDINGS as FINDINGS_TABLE
from cost_pipeline.feeds.production.tables import LEDGER as LEDGER_TABLE
from cost_pipeline.feeds.production.union_summary import (
    WeekLine,
    as_image,
    day_outcomes,
    plot,
    weekly,
)
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import (
    Asked,
    Asset,
    Calendar,
    Dep,
    Job,
    Made,
    Stored,
    Watched,
)
from cost_pipeline.pipeline.declared.book import Effect, HandOver
from cost_pipeline.pipeline.declared.checks import kinds_of
from cost_pipeline.pipeline.declared.names import RECORDS_GROUP
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table, counts, sums
from cost_pipeline.pipeline.session import Session

_TABLE: Final = frozenset({"deltalake"})
_MOST_LINES: Final = 200
_SHOWN: Final = 50


def assets_of(home: Home) -> Sequence[Asset[Session]]:
    """Returns the assets of a home: it has findings if it has timecards, and a report for pairs."""
    return [
        *fetched_rates(home),
        replace(_SNAPSHOTS, deps=[Dep(key) for key in fetched_keys(home)]),
        _CORRECTIONS,
        _ledger(home),
        *([_FINDINGS, _WEEKLY] if has_timecards(home) else []),
        *_reconciliation(home),
        COST_REPORT,
    ]


def _load_rates(session: Session, asked: Asked) -> Made:
    loaded = load_bundled_history(session)
    fetched = load_fetched(session)
    applied = apply_corrections(session, asked.files)
    return Made(
        {
            "dagster/row_count": count_in_force(session),
            "days_added": loaded.days,
            "contradictions": len(loaded.contradictions),
            "corrections_applied": [waiting.name for waiting, _ in applied],
            **newly_loaded(fetched),
        }
    )


_SNAPSHOTS: Final[Asset[Session]] = Asset(
    key=SNAPSHOTS,
    words="Exchange rates of each source as immutable snapshots. A correction is a new "
    "vintage; nothing is overwritten. Source of the bundled history: ECB statistics.",
    group=RATES_GROUP,
    kinds=_TABLE,
    make=_load_rates,
    told=told.SNAPSHOTS,
    stored=Stored("fx_snapshots", RATE_SCHEMA),
    hands_over=RATES_BY_DATE,
)


_CORRECTIONS: Final[Asset[Session]] = Asset(
    key=CORRECTIONS,
    words="Every rate that was corrected: from what to what, why, which transaction dates wait, "
    "which were repaired by which run, and by how much the books changed. Runs report it when a "
    "correction is handed over and when its dates are posted; all of it is read from the lake.",
    group=REPORT_GROUP,
    kinds=_TABLE,
    told=told.CORRECTIONS,
    deps=[Dep(SNAPSHOTS), Dep(LEDGER, whole=True)],
)


def _versions_of_records(session: Session) -> dict[date, str]:
    """Returns the records of each date with their rulings; of timecards also what is around them.

    The rules and the cards around it are part of what the ledger is made from.
    """
    cards = card_digests(session)
    return {
        day: digest("with cards", version, cards[day]) if day in cards else version
        for day, version in ruled_record_digests(session).items()
    }


def _effect_of_rates(session: Session, changed: Sequence[date]) -> Effect:
    """Returns what the changed rates will change of what was posted before."""
    found = impact_of(session, sorted(stored_inputs(session).keys() & set(changed)))
    names = ("production", "gl_code", "currency", "base_currency", "before", "after", "difference")
    columns = {**dict.fromkeys(names, "string"), "postings": "int"}
    rows = [
        {name: row[name] for name in columns}
        | {name: _money(Decimal(row[name]), row["base_currency"]) for name in names[-3:]}
        for row in found.as_json()["by"]
    ]
    impact: dict[str, Shown] = {
        "impact": Table(columns, rows),
        "impact_postings": found.postings,
        "impact_partitions": [str(day) for day in found.partitions],
    }
    stories = {key: story | impact for key, story in story_of(session, changed).items()}
    return Effect(impact, matters=bool(found.partitions), stories=stories)


def _money(value: Decimal, currency: str) -> str:
    return f"{money(value)} {currency}"


def _kinds(home: Home) -> list[str]:
    return kinds_of(NAMES.feed, home)


def hand_overs(home: Home) -> Sequence[HandOver[Session]]:
    """Returns what the ledger is computed from: records and rates."""
    read = [NAMES.records(kind) for kind in _kinds(home)]
    return (
        HandOver(
            key=RECORDS_BY_DATE,
            words="Which transaction dates the accepted records belong to. The data version "
            "is a digest of that date's records; reported for each date that a run changed.",
            group=RECORDS_GROUP,
            deps=[Dep(key, whole=True) for key in (*read, NAMES.corrections)],
            told=told.RECORDS_BY_DATE,
            kinds=_TABLE,
            versions=_versions_of_records,
        ),
        HandOver(
            key=RATES_BY_DATE,
            words="The rates pinned to each transaction date. The data version is a digest "
            "of them; it changes exactly for the dates that a correction touches.",
            group=RATES_GROUP,
            deps=[Dep(SNAPSHOTS)],
            told=told.RATES_BY_DATE,
            kinds=_TABLE,
            versions=rate_digests,
            effect=_effect_of_rates,
            shown_on=SNAPSHOTS,
        ),
    )


def _post(session: Session, asked: Asked) -> Made:
    posted = post(session, asked.dates)
    told_of = postings_shown(session, asked.dates)
    return Made(
        by_date={day: _posted(one) | told_of.get(day, {}) for day, one in posted.items()},
        stories=story_of(session, asked.dates),
    )


def _posted(posted: Posted) -> dict[str, Shown]:
    return {
        "dagster/partition_row_count": posted.active,
        "posts_appended": posted.posts,
        "reversals_appended": posted.reversals,
        "causes": counts("cause", posted.causes),
        "batch": posted.batch or "nothing appended",
        "batch_root": posted.root or "nothing appended",
        "base_totals": sums("currency", "amount", posted.base),
    }


def _ledger(home: Home) -> Asset[Session]:
    return Asset(
        key=LEDGER,
        words="The append-only, dual-currency ledger. Materialising a date compares what it "
        "should hold with what it holds and appends the difference as one sealed batch.",
        group=LEDGER_GROUP,
        kinds=_TABLE,
        make=_post,
        told=told.LEDGER,
        calendar=Calendar.BOOK,
        deps=[Dep(RECORDS_BY_DATE), Dep(RATES_BY_DATE)],
        stored=Stored("ledger", LEDGER_TABLE.schema, lineage_of_postings(_kinds(home))),
        pool="ledger",
    )


def _show_findings(session: Session, asked: Asked) -> Made:
    by_date: dict[date, dict[str, Shown]] = {}
    for day, outcomes in day_outcomes(session, asked.dates).items():
        numbers = [outcome.numbers for outcome in outcomes.values()]
        by_date[day] = {
            "dagster/partition_row_count": sum(sum(n.values()) for n in numbers),
            "blocked": sum(n.get("block", 0) for n in numbers),
            "flagged": sum(n.get("flag", 0) for n in numbers),
            "not_evaluated": sum(n.get("not_evaluated", 0) for n in numbers),
        }
    return Made(by_date=by_date)


# Findings are made and stored where the ledger is posted, because a blocked card must not reach it;
# these assets show them and stand behind the ledger.
_FINDINGS: Final[Asset[Session]] = Asset(
    key=FINDINGS,
    words="What the union rules say of each timecard of a work date: due, paid, "
    "difference and why. A card with a blocking finding is a dead letter, not a posting.",
    group=UNION_GROUP,
    kinds=_TABLE,
    make=_show_findings,
    told=told.FINDINGS,
    calendar=Calendar.BOOK,
    deps=[Dep(LEDGER)],
    stored=Stored("findings", FINDINGS_TABLE.schema),
)


def _show_weeks(session: Session, _asked: Asked) -> Made:
    lines = weekly(session)
    return Made(
        {
            "dagster/row_count": len(lines),
            "weeks": len({line.week_ending for line in lines}),
            "by_department_and_cause": _weeks(lines[-_MOST_LINES:]),
            "trend": Markdown(as_image(plot(lines))),
        }
    )


_WEEKLY: Final[Asset[Session]] = Asset(
    key=WEEKLY,
    words="Union penalties by payroll week, department and cause, and what is due and "
    "not paid; with the trend of the last half year.",
    group=UNION_GROUP,
    kinds=_TABLE,
    make=_show_weeks,
    told=told.WEEKLY,
    deps=[Dep(FINDINGS, whole=True)],
)


def _weeks(lines: Sequence[WeekLine]) -> Table:
    texts = ("week_ending", "department", "cause", "penalties_due", "at_risk", "currency")
    names = (*texts[:3], "findings", "blocked", "flagged", *texts[3:])
    return Table(
        {name: "string" if name in texts else "int" for name in names},
        [
            {
                "week_ending": line.week_ending.isoformat(),
                "department": line.department_code,
                "cause": line.family,
                "findings": line.findings,
                "blocked": line.blocked,
                "flagged": line.flagged,
                "penalties_due": _money(line.penalties, line.currency),
                "at_risk": _money(line.at_risk, line.currency),
                "currency": line.currency,
            }
            for line in lines
        ],
    )


def _reconciliation(home: Home) -> Iterator[Asset[Session]]:
    """Yields the report on vendors that tell of the same transactions, if any are declared."""
    declared = pairs(home)
    if declared:
        yield Asset(
            key=RECONCILIATION,
            words="Transactions of which two vendors tell, compared record by record: "
            + "; ".join(pair.name for pair in declared)
            + ".",
            group=REPORT_GROUP,
            kinds=_TABLE,
            make=_compare,
            told=told.RECONCILIATION,
            step="compare_vendors",
            version=None,
            deps=[Dep(key) for key in sorted({NAMES.records(p.here.record) for p in declared})],
        )


def _compare(session: Session, _asked: Asked) -> Made:
    found = [reconcile(session, pair) for pair in pairs(session.home)]
    numbers = sides_agree(found).numbers
    return Made({"sides": _sides(found), "lines": _lines(found), **numbers}, found=found)


def _sides(found: Collection[Reconciled]) -> Table:
    sides = [side.as_json() for one in found for side in (one.here, one.there)]
    return Table({n: "string" if n == "vendor" else "int" for n in sides[0]}, sides)


def _lines(found: Collection[Reconciled]) -> Table:
    """Returns the first lines that do not agree, as people read them."""
    names = ("pair", "state", "key", "here", "there")
    return Table(
        dict.fromkeys(names, "string"),
        [
            dict(zip(names, (one.pair.name, *words), strict=True))
            for one in found
            for words in one.words(_SHOWN)
        ],
    )


JOBS: Final[tuple[Job[Session], ...]] = (
    Job(
        name=FX_JOB,
        words="Loads the bundled ECB history, applies the corrections that wait in the "
        "watched folder, and hands over the dates that they touch.",
        assets=[SNAPSHOTS],
        with_it=[FETCHED_RATES],
        runs="first",
        timed=fetching_times,
        watches=Watched(
            sensor="fx_corrections",
            words="Watches the folder of FX corrections. A file becomes a new vintage exactly "
            "once; one that cannot be read is named here and in the check `corrections`.",
            waiting=waiting_corrections,
        ),
    ),
    Job(
        name=RECONCILE_JOB,
        words="Compares the vendors that tell of the same transactions.",
        assets=[RECONCILIATION],
        runs="last",
    ),
    COSTS_OF_A_DATE,
)
