"""What a pull leaves for the next one: kept in the lake, believed forwards, never a way to lose."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cost_pipeline.contracts.sources import HttpSource
from cost_pipeline.lake.tables import BOOKMARKS, DELIVERIES
from cost_pipeline.pipeline.pull.bookmarks import asked

WORKER = Path(__file__).with_name("pull_worker.py")
FIRST, SECOND, THIRD = "2026-04-01", "2026-04-02", "2026-04-03"
INCREMENTAL = '\n  incremental: {parameter: since, field: id, start: "N000"}'


def received(door, house):
    """(pull date, address) of everything received."""
    rows = door.rows_of(house.session(), DELIVERIES)
    return sorted((str(r["pull_date"]), r["uri"].split("?")[1]) for r in rows)


def since(api):
    """What the calls asked for, first pages only."""
    return [q.split("since=")[1].split("&")[0] for q in api.asked if "page=1" in q]


def test_what_is_unchanged_is_not_received_again_on_a_later_date(door, fetching, api):
    fetching.work(FIRST)
    assert api.statuses == [200, 200]
    fetching.work(SECOND)
    assert api.statuses[2:] == [304, 304]
    assert received(door, fetching) == [(FIRST, "page=1&size=2"), (FIRST, "page=2&size=2")]
    assert len(door.active_lines(fetching.session())) == 3


def test_a_changed_page_is_received_and_the_others_are_not(door, fetching, api, portal):
    fetching.pull(FIRST)
    api.listing.items[2] = portal.item(9)
    fetching.pull(SECOND)
    assert api.statuses[2:] == [304, 200]
    assert (SECOND, "page=2&size=2") in received(door, fetching)


def test_a_pull_with_nothing_new_appends_no_bookmark_and_no_delivery(door, fetching):
    fetching.pull(FIRST)
    specs = (BOOKMARKS, DELIVERIES, *door.TABLES)
    before = door.versions(fetching.session(), specs)
    fetching.pull(FIRST)
    assert door.versions(fetching.session(), specs) == before


def test_an_earlier_date_does_not_believe_a_later_one(door, fetching, api):
    """Or which row stands would depend on the order of the pulls."""
    fetching.pull(SECOND)
    fetching.pull(FIRST)
    assert api.statuses == [200] * 4
    assert {day for day, _ in received(door, fetching)} == {FIRST, SECOND}
    found = {r.duplicate_of is None: r.pull_date for r in door.reports(fetching.session())}
    assert str(found[True]) == FIRST
    fetching.pull(SECOND)
    fetching.pull(FIRST)
    assert api.statuses[4:] == [304] * 4


@pytest.fixture
def increments(fetching, api):
    fetching.vendor_file("api", api.vendor(more=INCREMENTAL))
    return fetching


def test_each_date_begins_where_those_before_it_ended(door, increments, api, portal):
    increments.pull(FIRST)
    api.listing.items.append(portal.item(4))
    increments.pull(SECOND)
    assert since(api) == ["N000", "N003"]
    api.listing.items.append(portal.item(5))
    increments.work(THIRD)
    assert since(api) == ["N000", "N003", "N004"]
    assert len(door.active_lines(increments.session())) == 5
    assert door.unlawful(increments.session()) == []


def test_a_date_that_is_pulled_again_asks_the_same_question(door, increments, api, portal):
    increments.work(FIRST, SECOND)
    api.listing.items.append(portal.item(4))
    increments.work(FIRST)
    increments.work(SECOND)
    assert since(api) == ["N000", "N003", "N000", "N004"]
    # The item came under the first date; nothing was skipped and nothing counts twice.
    assert len(door.active_lines(increments.session())) == 4
    assert door.unlawful(increments.session()) == []


def test_dates_in_any_order_overlap_and_leave_no_gap(door, increments, api, portal):
    increments.pull(THIRD)
    api.listing.items.append(portal.item(4))
    increments.pull(FIRST)
    api.listing.items.append(portal.item(5))
    increments.pull(SECOND)
    api.listing.items.append(portal.item(6))
    increments.work(THIRD)
    assert since(api) == ["N000", "N000", "N004", "N005"]
    assert len(door.active_lines(increments.session())) == 6
    assert door.unlawful(increments.session()) == []


def test_a_pull_that_failed_in_part_moves_no_cursor_and_keeps_its_pages(door, increments, api):
    api.broken = {"2"}
    increments.pull(FIRST)
    api.broken = set()
    increments.pull(SECOND)
    assert since(api) == ["N000", "N000"]
    assert api.statuses[-2:] == [304, 200]  # the first page was landed already
    increments.work(FIRST)
    assert len(door.active_lines(increments.session())) == 3
    assert door.open_letters(increments.session()) == []


def test_a_bookmark_of_another_question_means_nothing(increments, api):
    increments.pull(FIRST)
    increments.edit_vendor("api", "parameter: since", "parameter: since, order: text")
    increments.pull(SECOND)
    assert since(api)[-1] == "N003"  # the same, said at length
    increments.edit_vendor("api", "field: id", "field: date")
    increments.pull(THIRD)
    assert since(api)[-1] == "N000"


def test_how_a_vendor_is_asked_does_not_matter_and_what_for_does(fetching):
    (vendor,) = fetching.session().home.vendors
    assert isinstance(vendor.source, HttpSource)

    def changed(**settings):
        source = vendor.source.model_copy(update=settings)
        return asked(vendor.model_copy(update={"source": source})) != asked(vendor)

    assert not changed(read_timeout=9.0)
    assert changed(url="http://elsewhere.example")
    assert changed(parameters={"unit": "2"})


@pytest.mark.parametrize(
    ("table", "step"),
    [
        ("deliveries", "committed"),
        ("fetches", "synced"),
        ("bookmarks", "before"),
        ("bookmarks", "committed"),
    ],
)
def test_killed_at_any_step_the_next_pull_skips_nothing(door, increments, api, portal, table, step):
    api.listing.items.append(portal.item(4))
    words = [sys.executable, str(WORKER), str(increments.root), FIRST, table, step]
    killed = subprocess.run(words, check=False, timeout=120)  # noqa: S603 - our own program
    assert killed.returncode == -signal.SIGKILL
    kept = len(received(door, increments))
    assert kept == 2 if table != "deliveries" else 1 <= kept <= 2
    asked_before = len(api.asked)
    increments.work(SECOND, FIRST)
    # Without its bookmark the pull is made again, from the same place.
    expected = "N004" if step == "committed" and table == "bookmarks" else "N000"
    assert since(api)[1] == expected
    assert len(api.asked) > asked_before
    assert len(door.active_lines(increments.session())) == 4
    assert door.unlawful(increments.session()) == []
    incoming = increments.session().lake.content.root / "incoming"
    assert list(incoming.rglob("pull-*")) == []
