"""What Dagster shows of a check over transaction dates: the whole book, whatever ran last."""

from datetime import date

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import write_deltalake

from cost_pipeline.defs import badges
from cost_pipeline.defs.beyond import beyond_name
from cost_pipeline.defs.reporting import report_checks_per_partition
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.defs.run import Runner
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.tables import LEDGER as POSTINGS
from cost_pipeline.pipeline.declared.checks import Check, only
from cost_pipeline_tests.defs.conftest import FIRST, Works
from cost_pipeline_tests.defs.production_keys import LEDGER

# Five dates. There is no rate for the one in the middle, nor within five days before it.
EARLY = ("2026-02-02", "2026-02-03")
RED = "2026-02-20"
LATE = ("2026-03-30", "2026-03-31")
SPAN = 58  # a run over a range judges every date in it
EUR = {"CAD": "1.60", "GBP": "0.85", "USD": "1.10"}
ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@pytest.fixture
def works(door, tmp_path, instance):
    known = dict.fromkeys((*EARLY, *LATE), EUR)
    house = door.House(tmp_path / "home", ("rentals",), rates=known)
    days = (*EARLY, RED, *LATE)
    house.drop(
        "rentals", FIRST, [(f"R{n}", day, "10.00", "GBP", "x") for n, day in enumerate(days)]
    )
    made = Works(house, instance)
    made.pull(FIRST)
    return made


def badge(works, name):
    """The result that Dagster shows as the state of a check of the ledger."""
    key = dg.AssetCheckKey(LEDGER, name)
    latest = works.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])
    return latest[key].evaluation


def told(works, name):
    found = badge(works, name)
    numbers = found.metadata
    return found.passed, numbers["dates_evaluated"].value, numbers["dates_red"].value


def forge(works, door, day):
    """A posting of a day that nobody made: its hash, its seal and the totals are wrong."""
    lines = door.lines(works.house.session())
    line = lines.filter(pc.equal(lines["transaction_date"], date.fromisoformat(day)))
    place = line.schema.get_field_index("posting_id")
    line = line.set_column(place, line.schema.field(place), pa.array(["e" * 64]))
    table = works.house.session().lake.table(POSTINGS).snapshot().table
    write_deltalake(table, line.cast(POSTINGS.schema), mode="append")


def test_a_red_date_stays_on_the_badge_until_it_is_mended_itself(works):
    assert works.post(EARLY[0], LATE[-1]).success
    assert told(works, "refused_when_posting") == (False, SPAN, 1)
    for first, last in (EARLY, LATE, (LATE[0], None)):  # the repair of others, of one alone
        result = works.post(first, last)
        assert result.success
        assert all(one.passed for one in result.get_asset_check_evaluations())
        found = badge(works, "refused_when_posting")
        assert (found.passed, found.severity, found.partition) == (False, WARN, None)
        assert found.description == f"red on 1 of {SPAN} transaction dates: {RED}"
        assert found.metadata["first_red_dates"].value == RED
        assert told(works, "integrity") == (True, SPAN, 0)
    states = works.statuses(LEDGER, "refused_when_posting")
    assert [day for day, state in states.items() if state == "FAILED"] == [RED]
    assert {states[day] for day in (*EARLY, *LATE)} == {"SUCCEEDED"}

    works.house.load_rates({RED: EUR})
    assert works.post(RED).success
    found = badge(works, "refused_when_posting")
    assert found.passed
    assert found.description == f"holds for all {SPAN} transaction dates that were evaluated"
    assert set(works.statuses(LEDGER, "refused_when_posting").values()) == {"SUCCEEDED"}


def test_what_this_run_found_is_said_with_its_date(works):
    works.post(RED)
    found = badge(works, "refused_when_posting")
    assert found.description.startswith(f"red on 1 of 1 transaction dates: {RED}; {RED}: 1 records")


def test_an_error_of_another_date_is_on_the_badge_and_fails_no_later_run(works, door):
    assert works.post(EARLY[0], LATE[-1]).success
    forge(works, door, EARLY[0])
    assert not works.post(EARLY[0]).success
    assert told(works, "integrity") == (False, SPAN, 1)
    assert works.post(*LATE).success
    assert (badge(works, "integrity").severity, told(works, "integrity")) == (
        ERROR,
        (False, SPAN, 1),
    )


def test_the_command_line_counts_the_dates_of_its_own_run_alone(works, door):
    works.post(EARLY[0], LATE[-1])
    works.house.drop("rentals", "2026-04-02", [("R9", LATE[0], "1.00", "GBP", "x")])
    works.pull("2026-04-02")
    forge(works, door, EARLY[0])
    works.post(EARLY[0])
    runner = Runner(works.house.session(), FEEDS, works.instance, lambda *_: None)
    day = date.fromisoformat(LATE[0])
    assert runner.post((day, day)) == [day]
    assert (runner.checked.passed, runner.checked.failed) == (5, [])
    assert told(works, "integrity") == (False, SPAN, 1)


def test_a_run_beyond_the_calendar_tells_of_the_book_as_well(works):
    works.post(EARLY[0], LATE[-1])
    works.house.drop("rentals", "2026-04-02", [("R9", "2025-11-30", "1.00", "USD", "x")])
    works.pull("2026-04-02")
    job = beyond_name(works.house.session().feed.book)
    result = works.definitions.resolve_job_def(job).execute_in_process(
        instance=works.instance,
        run_config=resource_of(works.house.root, FEEDS).asking(["2025-11-30"]),
        raise_on_error=False,
    )
    assert result.success
    assert told(works, "refused_when_posting") == (False, SPAN + 1, 1)


def toy(instance, severities):
    """The badge of a check that is red on a day for each of some severities, in an earlier run."""
    key = dg.AssetCheckKey(dg.AssetKey("toy"), "holds")
    found = [
        (
            f"2026-01-{day:02}",
            dg.AssetCheckResult(
                check_name=key.name, asset_key=key.asset_key, passed=False, severity=severity
            ),
        )
        for day, severity in enumerate(severities, 1)
    ]
    earlier, later = (dg.DagsterRun(job_name="toys", run_id=name) for name in ("a run", "another"))
    report_checks_per_partition(instance, earlier, found, blocking=())
    check = Check(name=key.name, words="", assets=only(("toy",)), look=None, judge=None)
    badges.report_badges(instance, later, "days", {key: badges.Judged(check, {})})
    log = instance.event_log_storage
    return log.get_latest_asset_check_execution_by_key([key])[key].evaluation


@pytest.mark.parametrize(
    ("severities", "expected"), [([WARN, WARN], WARN), ([WARN, ERROR, WARN], ERROR)]
)
def test_a_badge_is_as_grave_as_its_gravest_date(instance, severities, expected):
    assert toy(instance, severities).severity is expected


def test_a_badge_names_at_most_a_dozen_dates(instance):
    found = toy(instance, [ERROR] * 15)
    assert found.description.startswith("red on 15 of 15 days: 2026-01-01, 2026-01-02, ")
    assert found.description.endswith(", 2026-01-12 and 3 more")
    assert found.metadata["dates_red"].value == 15
