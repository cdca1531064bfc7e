"""What the list of runs shows beside each of them: short words for people."""

import re
from datetime import date

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.defs.history import LOCATION
from cost_pipeline.defs.run import Runner, home_instance
from cost_pipeline.defs.tags import (
    BEGINNING,
    DATES,
    DELIVERY,
    LONGEST,
    REASON,
    VENDORS,
    listed,
    said,
    spanned,
)
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline_tests.defs.conftest import FIRST, SECOND
from cost_pipeline_tests.defs.production_keys import POST_JOB, PULL_JOB, REPLAY_JOB, STANDING_JOB

PREFIX = "cost_pipeline/"
DIGEST = re.compile(r"[0-9a-f]{16}")


def ours(run):
    return {name: value for name, value in run.tags.items() if name.startswith(PREFIX)}


@given(st.text(max_size=200))
def test_words_of_any_length_are_a_tag_on_one_line(words):
    found = said(words)
    assert len(found) <= LONGEST
    assert len(found.splitlines()) <= 1
    assert said(found) == found


@given(st.lists(st.from_regex(r"[a-z_]{1,80}", fullmatch=True), max_size=60))
def test_many_names_are_a_tag_that_counts_those_without_room(names):
    found = listed(names)
    assert len(found) <= LONGEST
    if len(", ".join(names)) <= LONGEST:
        assert found == ", ".join(names)
    elif " more" in found:
        assert int(found.split(" ")[-2]) + found.count(", ") + 1 == len(names)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["2026-04-01"], "2026-04-01"),
        (["2026-04-02", "2026-03-30"], "2 from 2026-03-30 to 2026-04-02"),
    ],
)
def test_dates_are_counted_from_the_first_to_the_last(days, words):
    assert spanned(days) == words


@pytest.fixture
def history(house):
    """The runs of the command line over a home, newest first."""
    with home_instance(house.session()) as instance:
        runner = Runner(house.session(), FEEDS, instance, lambda *_: None)
        for day in (FIRST, SECOND):
            runner.pull([date.fromisoformat(day)])
        runner.post()
        runner.standing_checks()
        landed = house.session().lake.table(DELIVERIES).snapshot().read().to_pylist()
        (orders,) = [one["delivery"] for one in landed if one["vendor"] == "orders"]
        runner.replay(date.fromisoformat(FIRST), orders)
        runner.pull_again(date.fromisoformat(FIRST), ["orders"])
        yield instance.get_runs()


def test_runs_of_the_command_line_are_of_the_code_location_and_say_why_they_are(history):
    assert {run.remote_job_origin.location_name for run in history} == {LOCATION}
    assert all(run.status is dg.DagsterRunStatus.SUCCESS for run in history)
    replayed = history[1].tags[DELIVERY]
    assert len(replayed) == BEGINNING
    assert [(run.job_name, ours(run)) for run in reversed(history)] == [
        (PULL_JOB, {REASON: "command line: pull", f"{PREFIX}confirm": "yes"}),
        (PULL_JOB, {REASON: "command line: pull", f"{PREFIX}confirm": "yes"}),
        (
            POST_JOB,
            {
                REASON: "command line: inputs changed",
                DATES: "3 from 2026-03-31 to 2026-04-02",
            },
        ),
        (STANDING_JOB, {REASON: "command line: standing checks"}),
        (REPLAY_JOB, {REASON: "command line: judge again", DELIVERY: replayed}),
        (
            PULL_JOB,
            {REASON: "command line: pull again", VENDORS: "orders", f"{PREFIX}confirm": "yes"},
        ),
    ]
    for run in history:
        assert all(len(value) <= LONGEST for value in run.tags.values()), run.tags
        assert not any(DIGEST.search(value) for value in run.tags.values()), run.tags
