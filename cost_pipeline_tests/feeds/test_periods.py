"""Closing a month: what is refused before, what cannot slip in after, where late things go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.core.errors import CheckFailedError, UsageError
from cost_pipeline.feeds.production.closing import examine
from cost_pipeline.feeds.production.periods import (
    OpenPeriod,
    acts_on_periods,
    close,
    closed_periods,
    reopen,
)
from cost_pipeline.feeds.production.post import post
from cost_pipeline.lake.delta import Part
from cost_pipeline.ledger.schema import CHANGE_SCHEMA
from cost_pipeline.ledger.seal import Head, Stamp, seal
from cost_pipeline_tests.feeds.outcomes import ledger_outcomes

MARCH, APRIL = "2026-03-31", "2026-04-01"


class Killed(BaseException):
    """Ends a run where a process would be killed."""


def shut(session, period="2026-03", **given):
    """Close a period as the command does."""
    close(
        session, period, by="A. Ccountant", reason=None,
        examine=lambda: examine(session, period), **given,
    )  # fmt: skip


def lines_of(door, session, name):
    return [
        (r["kind"], r["cause"], r["posting_period"])
        for r in door.lines(session)
        .sort_by([("batch", "ascending"), ("leaf", "ascending")])
        .to_pylist()
        if r["transaction_id"] == name
    ]


@pytest.fixture(scope="module")
def march_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("march") / "home")
    house.drop("rentals", APRIL, [("T1", MARCH, "10.00", "GBP"), ("T2", APRIL, "20.00", "GBP")])
    house.work(APRIL)
    return house


@pytest.fixture
def march(house, march_once):
    """One cost in March, one in April, both posted."""
    return house.take_over(march_once)


def test_what_comes_late_or_corrects_goes_into_the_next_open_period(door, march):
    session = march.session()
    shut(session)
    shut(session, "2026-04")
    assert door.stale(session) == []
    march.drop("rentals", "2026-04-02", [("T3", MARCH, "5.00", "GBP")])
    march.work("2026-04-02")
    assert lines_of(door, session, "T3") == [("post", "late", "2026-05")]
    march.edit_vendor("rentals", 'gl_code: "2000-01"', 'gl_code: "2000-02"')
    march.work(APRIL, "2026-04-02")
    assert lines_of(door, session, "T1")[1:] == [
        ("reverse", "restated", "2026-05"), ("post", "restated", "2026-05"),
    ]  # fmt: skip
    (late,) = [r for r in door.active_lines(session) if r["transaction_id"] == "T3"]
    assert late["transaction_date"] == date(2026, 3, 31)
    assert door.unlawful(session) == []


def test_closing_and_reopening_post_nothing_again(door, march):
    session = march.session()
    before = door.versions(session, [door.LEDGER, door.DISPOSITIONS])
    shut(session)
    march.work(APRIL)
    reopen(session, "2026-03", by="B", reason="an invoice was forgotten")
    march.work(APRIL)
    assert door.lines(session).num_rows == 2
    assert door.versions(session, [door.DISPOSITIONS]) == {"dispositions": before["dispositions"]}
    acts = [(a["act"], a["by"]) for a in acts_on_periods(session)]
    assert acts == [("closing", "A. Ccountant"), ("closed", "A. Ccountant"), ("reopened", "B")]
    march.drop("rentals", "2026-04-02", [("T3", MARCH, "5.00", "GBP")])
    march.work("2026-04-02")
    assert lines_of(door, session, "T3") == [("post", "delivery", "2026-03")]


def test_a_period_is_closed_once_and_opened_once(march):
    session = march.session()
    with pytest.raises(UsageError) as found:
        reopen(session, "2026-03", by="A", reason="x")
    assert found.value.code == "PERIOD_OPEN"
    shut(session)
    with pytest.raises(UsageError) as found:
        shut(session)
    assert found.value.code == "PERIOD_CLOSED"


def test_a_red_check_stands_against_closing_and_is_named(door, march, forged):
    session = march.session()
    (file,) = [f for f in session.lake.table(door.LEDGER).snapshot().files() if "03-31" in f]
    rows = pq.ParquetFile(file).read()
    place = rows.schema.get_field_index("description")
    forged(file, rows.set_column(place, rows.schema.field(place), pa.array(["another"])))
    with pytest.raises(CheckFailedError, match="integrity of 2026-03-31") as found:
        shut(session)
    assert found.value.code == "CHECKS_RED"
    assert closed_periods(session) == frozenset()
    shut(session, "2026-04")


def test_what_is_not_posted_and_open_dead_letters_stand_against_closing(door, march):
    session = march.session()
    rows = [("T3", MARCH, "5.00", "GBP"), ("T4", MARCH, "-5.00", "GBP"), ("T5", "", "1", "GBP")]
    march.drop("rentals", "2026-03-30", rows)
    march.pull("2026-03-30")
    with pytest.raises(CheckFailedError, match="1 transaction dates are not posted: 2026-03-31"):
        shut(session)
    door.bring_up_to_date(session)
    with pytest.raises(UsageError, match="dead letters of 2026-03 are open: 1 ") as found:
        shut(session)
    assert found.value.code == "OPEN_DEAD_LETTERS"
    assert "1 NEGATIVE_AMOUNT" in found.value.message
    assert "1 MISSING_FIELD" in found.value.message
    shut(session, accept_dead_letters=True)
    assert closed_periods(session) == {"2026-03"}


def test_a_posting_run_that_is_overtaken_by_a_closing_posts_into_the_next_period(door, march):
    """It opened the ledger and read the periods before, and commits after."""
    march.drop("rentals", "2026-04-02", [("T3", MARCH, "5.00", "GBP")])
    march.pull("2026-04-02")
    closer = march.session()
    overtaken = []

    def between(table, step):
        if (table, step) == ("ledger", "before") and not overtaken:
            overtaken.append(step)
            close(closer, "2026-03", by="A", reason=None, examine=OpenPeriod)

    post(march.session(between=between), [date(2026, 3, 31)])
    assert overtaken
    assert lines_of(door, closer, "T3") == [("post", "late", "2026-04")]
    assert door.unlawful(closer) == []


def test_a_closing_that_is_overtaken_by_a_posting_run_examines_again(door, march):
    march.drop("rentals", "2026-04-02", [("T3", MARCH, "5.00", "GBP")])
    march.pull("2026-04-02")
    seen = []

    def looked():
        seen.append(door.lines(march.session()).num_rows)
        if len(seen) == 1:
            post(march.session(), [date(2026, 3, 31)])
        return OpenPeriod()

    session = march.session()
    close(session, "2026-03", by="A", reason=None, examine=looked)
    assert seen == [2, 3], "what was posted in between was looked at too"
    assert lines_of(door, session, "T3") == [("post", "delivery", "2026-03")]
    assert closed_periods(session) == {"2026-03"}


_HALF_WAY = ("periods", "committed")
_STEPS = [
    (table, step) for table in ("periods", "ledger") for step in ("before", "committed", "synced")
]


@pytest.mark.parametrize(
    ("table", "step"),
    [pytest.param(*at, marks=() if at == _HALF_WAY else pytest.mark.proof) for at in _STEPS],
)
def test_a_closing_that_was_killed_is_finished_by_closing_again(door, march, table, step):
    passed = []

    def between(where, what):
        passed.append((where, what))
        if (where, what) == (table, step):
            raise Killed

    with pytest.raises(Killed):
        shut(march.session(between=between))
    session = march.session()
    march.drop("rentals", "2026-04-02", [("T3", MARCH, "5.00", "GBP")])
    march.work("2026-04-02")
    announced = "periods", "committed"
    period = "2026-04" if announced in passed else "2026-03"
    assert lines_of(door, session, "T3")[0][2] == period
    shut(session)
    acts = [act["act"] for act in acts_on_periods(session)]
    assert acts == ["closing", "closed"]
    assert door.unlawful(session) == []


def test_a_line_that_slipped_into_a_closed_period_turns_the_check_red(door, march):
    session = march.session()
    shut(session)
    later = door.with_clock(session, door.NOW + timedelta(days=1))
    lines = door.lines(session).filter(pa.compute.field("transaction_id") == "T1")
    (sealed,) = lines.to_pylist()
    forged = lines.select(CHANGE_SCHEMA.names).set_column(
        CHANGE_SCHEMA.get_field_index("description"), "description", pa.array(["slipped in"])
    )
    heads = {date(2026, 3, 31): Head(sealed["batch"], sealed["batch_root"])}
    (batch,) = seal(forged.cast(CHANGE_SCHEMA), heads, Stamp(later.clock(), "1", "forger"))
    part = Part("ledger/2026-03-31", 2, batch.postings)
    session.lake.table(door.LEDGER).append_once([part], run_id="forger")
    found = ledger_outcomes(session, [date(2026, 3, 31)])[date(2026, 3, 31)]
    assert not found["closed_periods"].passed
    assert found["closed_periods"].numbers == {"lines": 1}
    assert not found["closed_periods"].warning


def test_amounts_of_a_period_are_what_they_were_when_it_was_closed(door, march):
    session = march.session()
    shut(session)

    def march_total():
        rows = door.lines(session).to_pylist()
        return sum(
            (r["base_amount"] if r["kind"] == "post" else -r["base_amount"] for r in rows
             if r["posting_period"] == "2026-03"), Decimal(0),
        )  # fmt: skip

    before = march_total()
    march.drop("rentals", "2026-03-30", [("T1", MARCH, "99.00", "GBP")])  # takes T1's place
    march.work("2026-03-30")
    assert march_total() == before
    assert lines_of(door, session, "T1")[1:] == [
        ("reverse", "superseded", "2026-04"), ("post", "late", "2026-04"),
    ]  # fmt: skip


def test_a_period_can_be_closed_before_anything_was_ever_posted(door, house):
    """Found by the histories of `test_books`: a barrier in a ledger without a partition."""
    shut(house.session())
    assert closed_periods(house.session()) == {"2026-03"}
    house.drop("rentals", APRIL, [("T1", MARCH, "10.00", "GBP")])
    house.work(APRIL)
    assert lines_of(door, house.session(), "T1") == [("post", "late", "2026-04")]
    assert door.unlawful(house.session()) == []
