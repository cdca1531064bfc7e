"""Vendors that a pull asks nothing, because their files are wrong: a failure like any other.

So the date is provisional for them until it is pulled again, their check is red, and what they sent
before stands. Of a vendor that nothing was ever had of there is no record to be refused: its
telemetry alone tells of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cost_pipeline.acquire.engine import FetchFailure, Pulled, Telemetry
from cost_pipeline.core.reasons import Reason
from cost_pipeline.home.last_good import WrongFile
from cost_pipeline.pipeline.pull.fetches import note_fetches
from cost_pipeline.pipeline.pull.vendors import PullOutcome, settle_failures
from cost_pipeline.pipeline.session import Session


def not_asked(
    session: Session, wrong: Sequence[WrongFile], pull_date: date
) -> tuple[PullOutcome, ...]:
    """Notes that nothing was asked of vendors for one date, and why."""
    known = {vendor.vendor: vendor for vendor in session.home.vendors}
    pulled = tuple(_failed(one, pull_date) for one in wrong)
    for one in pulled:
        if one.vendor in known:
            settle_failures(session, known[one.vendor], pull_date, one.failures)
    note_fetches(session, pull_date, pulled)
    return tuple(
        PullOutcome(one.vendor, (), 0, one.failures, telemetry=one.telemetry) for one in pulled
    )


def _failed(wrong: WrongFile, pull_date: date) -> Pulled:
    failure = FetchFailure(
        wrong.file, Reason.FETCH_FAILED, wrong.words, transient=False, attempts=0
    )
    told = Telemetry(
        wrong.vendor,
        pull_date,
        wrong.file,
        "failed",
        attempts=0,
        latency=0.0,
        queued=0.0,
        reason=failure.reason.value,
    )
    return Pulled(wrong.vendor, failures=(failure,), telemetry=(told,))
