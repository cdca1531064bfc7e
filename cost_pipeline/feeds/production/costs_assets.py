"""The cost summary in the graph: an asset for each report date, its check, and its job."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from cost_pipeline.core.people import money
from cost_pipeline.feeds.production import told
from cost_pipeline.feeds.production.cost_rows import (
    COST_REPORT_SCHEMA,
    CostReport,
    headlines,
    risk_words,
)
from cost_pipeline.feeds.production.costs import cost_report, first_posted
from cost_pipeline.feeds.production.costs_kept import keep, kept
from cost_pipeline.feeds.production.costs_picture import as_markdown, bars_of, picture
from cost_pipeline.feeds.production.costs_tie import tied
from cost_pipeline.feeds.production.names import COSTS, COSTS_JOB, LEDGER, REPORT_GROUP
from cost_pipeline.pipeline.declared.assets import Asked, Asset, Calendar, Dep, Job, Made, Stored
from cost_pipeline.pipeline.declared.checks import Check, Look, only
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session


def _make(session: Session, asked: Asked) -> Made:
    """Makes the reports one after the other, so that each knows the one before."""
    by_date: dict[date, Mapping[str, Shown]] = {}
    first = first_posted(session, session.clock())
    for day in sorted(asked.dates):
        if first is None or day < first:
            by_date[day] = {"dagster/partition_row_count": 0, "headline": _nothing_posted(day)}
            continue
        report = cost_report(session, day)
        keep(session, report)
        by_date[day] = shown_of(report)
    return Made(by_date=by_date)


def _nothing_posted(day: date) -> str:
    return f"nothing was posted up to {day}"


def shown_of(report: CostReport) -> Mapping[str, Shown]:
    """Returns what is shown of a report: its headline, a picture, and where the rest is."""
    pictures = [
        as_markdown(
            picture(f"{production} to {report.report_date}", currency or "", bars, report.period),
            f"costs of {production} by account",
        )
        for (production, currency), bars in bars_of(report).items()
    ]
    instant = report.as_of.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    before = report.earlier
    return {
        "dagster/partition_row_count": report.rows.num_rows,
        "as_of": instant,
        "movement_since": f"{before.report_date}, as of {before.as_of:%Y-%m-%d %H:%M:%S} UTC"
        if before
        else "no report of an earlier date was kept",
        "headline": _headline(report),
        "by_account": Markdown("\n\n".join(pictures)),
        "files": f"cost-pipeline report costs --date {report.report_date} --as-of {instant} "
        "--out FOLDER",
    }


def _headline(report: CostReport) -> Table:
    """Returns the totals as people read them; what is not known is empty, never zero."""
    names = (
        "production", "currency", "posted to date", "in period", "later", "commitments open",
        "at risk", "FX effect", "movement",
    )  # fmt: skip
    rows = [
        (
            one.production or "unknown",
            one.base_currency or "",
            money(one.posted_to_date),
            money(one.posted_in_period),
            money(one.posted_later),
            money(one.commitments_base),
            "; ".join(risk_words(one.at_risk, one.unreadable)),
            money(one.fx_effect),
            "" if one.movement is None else money(one.movement),
        )
        for one in headlines(report)
    ]
    return Table(
        dict.fromkeys(names, "string"), [dict(zip(names, row, strict=True)) for row in rows]
    )


def _look(session: Session, dates: Collection[date]) -> dict[date, Outcome]:
    first = first_posted(session, session.clock())
    found = {}
    for day in dates:
        report = kept(session, day)
        if report is not None:
            found[day] = tied(session, report)
        elif first is None or day < first:
            found[day] = Outcome(passed=True, message=_nothing_posted(day))
        else:
            words = f"no report of {day} was kept; materialise report/production/costs of that date"
            found[day] = Outcome(passed=False, message=words)
    return found


COST_REPORT: Final[Asset[Session]] = Asset(
    key=COSTS,
    words="The cost summary: what each production has cost up to the report date, by account, "
    "department and vendor: posted to date and in the period, commitments open net of invoices, "
    "dead letters at risk, the effect of corrected rates, and the movement since the report "
    "before. A report says as of when it was made and never changes; making it again keeps "
    "another.",
    told=told.COSTS,
    group=REPORT_GROUP,
    kinds=frozenset({"deltalake"}),
    make=_make,
    calendar=Calendar.REPORTS,
    deps=[Dep(LEDGER, whole=True)],
    stored=Stored("cost_reports", COST_REPORT_SCHEMA),
    version=None,
)

TIED: Final[Check[Session]] = Check(
    name="tied_to_ledger",
    words="The report is what the ledger says as of its moment, line by line, to the cent.",
    assets=only(COSTS),
    look=Look("check_costs", Calendar.REPORTS, _look),
    judge=lambda found, subject: found[subject.day],
    blocking=True,
)

COSTS_OF_A_DATE: Final[Job[Session]] = Job(
    name=COSTS_JOB,
    words="Makes the cost summary of a report date from the ledger as it is now, and holds it "
    "to the ledger.",
    assets=[COSTS],
)
