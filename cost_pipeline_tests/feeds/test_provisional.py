"""A vendor that cannot be reached: what came is kept, what lacks is named, nothing is posted."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.pull.fetches import fetches
from cost_pipeline.pipeline.reports.findings import all_is_fetched
from cost_pipeline.pipeline.reports.gaps import provisional, pulled_in_vain
from cost_pipeline.pipeline.reports.summary import summarize

FIRST, SECOND, THIRD = "2026-04-01", "2026-04-02", "2026-04-03"


def gaps(house, *days):
    return provisional(house.session(), [date.fromisoformat(day) for day in days] or None)


@pytest.fixture
def down(fetching, api, portal):
    """One good date of 3 rows in two currencies, then a vendor that answers 503."""
    api.listing.items[2] = portal.item(3, currency="CAD", amount="15.10")
    fetching.work(FIRST)
    api.broken = {"*"}
    fetching.work(SECOND)
    return fetching


def test_a_vendor_that_is_down_leaves_its_date_provisional_with_its_last_good_delivery(down):
    assert gaps(down, FIRST) == []
    (gap,) = gaps(down)
    assert (gap.vendor, str(gap.pull_date), gap.transient) == ("api", SECOND, True)
    assert gap.message == "answered 503 Service Unavailable"
    found = gap.stands_in
    assert found is not None
    assert str(found.pull_date) == FIRST
    assert len(found.deliveries) == 2
    assert found.records == 3
    assert found.amounts == {"CAD": Decimal("15.1000"), "GBP": Decimal("20.0000")}
    # 15.10 CAD / 1.52 * 1.12 + 20 GBP / 0.87 * 1.12, each rounded once: the rates of 2 April.
    assert found.base == Decimal("11.13") + Decimal("25.75")
    assert (found.base_currency, str(found.rates_of)) == ("USD", SECOND)
    json.dumps(gap.as_json())


def test_nothing_provisional_is_posted_and_the_summary_says_so(door, down):
    assert len(door.active_lines(down.session())) == 3
    summary = summarize(down.session(), [date.fromisoformat(SECOND)], passed=1, failed=[])
    assert summary.deliveries == summary.posted == 0
    (told,) = summary.as_json()["provisional"]
    assert told["vendor"] == "api"
    assert told["stands_in"]["amounts"] == {"CAD": "15.10", "GBP": "20.00"}
    outcome = all_is_fetched(gaps(down)[0])
    assert (outcome.passed, outcome.warning) == (False, True)
    assert "503" in outcome.message
    assert "provisional" in outcome.message
    assert all_is_fetched(None).passed


def test_when_the_vendor_is_back_the_next_pull_supersedes_it(door, down, api, portal):
    api.broken = set()
    api.listing.items.append(portal.item(4))
    down.work(SECOND)
    assert gaps(down) == []
    assert door.open_letters(down.session()) == []
    assert len(door.active_lines(down.session())) == 4
    assert door.unlawful(down.session()) == []
    down.work(SECOND, FIRST)
    assert len(door.active_lines(down.session())) == 4


def test_the_stand_in_is_the_newest_date_that_is_whole(down, api, portal):
    api.broken = {"2"}  # half of it comes: that is no known good date
    api.listing.items.append(portal.item(4))
    down.pull(THIRD)
    api.broken = {"*"}
    down.pull("2026-04-05")
    found = {str(gap.pull_date): str(gap.stands_in.pull_date) for gap in gaps(down)}
    assert found == {SECOND: FIRST, THIRD: FIRST, "2026-04-05": FIRST}


def test_a_vendor_that_never_delivered_has_no_stand_in(fetching, api):
    api.broken = {"*"}
    fetching.pull(FIRST)
    (gap,) = gaps(fetching)
    assert gap.stands_in is None
    assert gap.as_json()["stands_in"] is None


def test_without_a_rate_the_estimate_names_no_sum(fetching, api, portal):
    api.listing.items[:] = [portal.item(1, currency="SEK")]
    fetching.pull(FIRST)
    api.broken = {"*"}
    fetching.pull(SECOND)
    found = gaps(fetching)[0].stands_in
    assert found.base is None
    assert found.amounts == {"SEK": Decimal("10.0000")}


def test_a_connection_that_fails_has_its_traceback_and_an_answer_has_none(door, fetching, api):
    fetching.pull(FIRST)
    api.broken = {"*"}
    fetching.pull(SECOND)
    (answered,) = door.open_letters(fetching.session())
    assert answered["traceback"] is None
    api.broken = {"2"}
    api.listing.items[2]["amount"] = "11.00"
    fetching.pull(THIRD)
    (broken,) = [one for one in door.open_letters(fetching.session()) if one["traceback"]]
    assert broken["traceback"].startswith("aiohttp.")
    assert "\n  cost_pipeline.acquire.http:" in broken["traceback"]
    assert "127.0.0.1" not in broken["traceback"], "types and places, no values"


def test_what_came_of_a_broken_page_is_kept_and_named_and_never_read_as_data(door, fetching, api):
    api.broken = {"2"}
    fetching.work(FIRST)
    session = fetching.session()
    (letter,) = door.open_letters(session)
    assert letter["failure_class"] == "transient"
    assert letter["attempts"] == 2
    assert "page=2" in letter["payload"]
    _, received = json.loads(letter["errors"])
    place = received["message"].split(": ")[1].removesuffix(" in the lake")
    kept = (session.lake.root / place).read_bytes()
    assert kept.startswith(b'{"total":')
    assert session.lake.content.path(letter["delivery"]).read_bytes() == kept
    assert "kept for evidence, not read as data" in received["message"]
    for spec in (DELIVERIES, VALIDATIONS):
        assert letter["delivery"] not in {row["delivery"] for row in door.rows_of(session, spec)}
    # The page before it is a delivery all the same.
    assert len(door.active_lines(session)) == 2
    assert door.unlawful(session) == []


def test_a_vendor_that_stays_down_leaves_the_bytes_of_the_first_try_alone(door, fetching, api):
    api.broken = {"1"}
    fetching.pull(FIRST)
    before = sorted(fetching.session().lake.content.root.rglob("*"))
    api.listing.items.append({"id": "another"})
    fetching.pull(FIRST)
    assert sorted(fetching.session().lake.content.root.rglob("*")) == before
    (letter,) = door.open_letters(fetching.session())
    assert letter["attempts"] == 4, "two tries of two pulls"
    events = sorted(
        door.rows_of(fetching.session(), door.DEAD_LETTERS), key=lambda r: r["sequence"]
    )
    assert [event["event"] for event in events] == ["opened", "retried"]
    assert letter["recorded_at"] == events[0]["recorded_at"], "it is as old as before"


def test_every_fetch_has_its_telemetry(fetching, api):
    fetching.pull(FIRST)
    api.broken = {"2"}
    api.listing.items[2]["amount"] = "11.00"
    fetching.pull(SECOND)
    rows = fetches(fetching.session())
    assert [(r["pull_date"], r["outcome"]) for r in rows] == [
        (FIRST, "delivered"),
        (FIRST, "delivered"),
        (SECOND, "unchanged"),
        (SECOND, "failed"),
    ]
    first, *_, failed = rows
    assert first["status"] == 200
    assert first["size"] == first["received"] > 0
    assert first["latency"] > 0
    assert (failed["attempts"], failed["class"]) == (2, "transient")
    assert failed["reason"] == "FETCH_FAILED"
    assert fetches(fetching.session(), [date.fromisoformat(SECOND)]) == rows[2:]
    delivered = [r for r in rows if r["outcome"] == "delivered"]
    assert {r["delivery"] for r in delivered} == {
        row["delivery"]
        for row in fetching.session().lake.table(DELIVERIES).snapshot().read().to_pylist()
    }


def test_a_date_that_was_whole_stays_whole_when_it_is_pulled_again_in_vain(door, fetching, api):
    fetching.work(FIRST)
    api.broken = {"*"}
    again = fetching.session(run_id="again", clock=lambda: door.NOW + timedelta(hours=1))
    fetching.work(FIRST, session=again)
    session = fetching.session()
    assert len(door.active_lines(session)) == 3
    assert provisional(session) == []
    (failed,) = pulled_in_vain(session, [date.fromisoformat(FIRST)])
    outcome = all_is_fetched(failed)
    assert (outcome.passed, outcome.warning) == (False, True)
    assert "it was fetched whole before, and what came then stands" in outcome.message
    # The date stands in for the next one, which cannot be fetched.
    fetching.work(SECOND)
    (gap,) = gaps(fetching)
    assert (str(gap.pull_date), str(gap.stands_in.pull_date)) == (SECOND, FIRST)
