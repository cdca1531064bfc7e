"""Hand-over, sensor and gate: which dates are asked for, and which are not."""

import shutil
from datetime import date
from decimal import Decimal

import dagster as dg
import pyarrow as pa
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from cost_pipeline.core.errors import CheckFailedError
from cost_pipeline.core.sql import equals
from cost_pipeline.defs.build import beta_and_preview_accepted
from cost_pipeline.defs.checks import checks_of
from cost_pipeline.defs.own_assets import own_assets
from cost_pipeline.defs.partitions import Span, calendars
from cost_pipeline.defs.plan import MOST_DATES_A_RUN, PlannedRun
from cost_pipeline.defs.reporting import DATA_VERSION_TAG, GONE
from cost_pipeline.defs.resources import HomeResource, resource_of
from cost_pipeline.defs.run import Runner
from cost_pipeline.defs.sensors import CHANGED, request
from cost_pipeline.defs.tags import REASON
from cost_pipeline.feeds.all import FEEDS, load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.tables import DEAD_LETTERS as DEAD_LETTER_EVENTS
from cost_pipeline.feeds.production.tables import DISPOSITIONS
from cost_pipeline.lake.delta import Part
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.validation.drift import accept
from cost_pipeline.quarantine.events import resolved
from cost_pipeline_tests.defs.production_keys import (
    DEAD_LETTERS,
    LEDGER,
    POST_JOB,
    PULL_JOB,
    RATES_BY_DATE,
    RECORDS_BY_DATE,
)

MARCH, FIRST, SECOND = "2026-03-31", "2026-04-01", "2026-04-02"


def correct_cad(house, day, tmp_path):
    """A corrected CAD rate; only dates with CAD costs can be touched."""
    file = tmp_path / "corrected.csv"
    file.write_text("currency,rate\nCAD,1.6\n", encoding="utf-8")
    return correct_rates(house.session(), date.fromisoformat(day), file, "typing error")


def versions(works, key):
    return {
        day: (m.tags[DATA_VERSION_TAG], m) for day, m in works.materialized(key).items() if m.tags
    }


def events(works, key):
    """How many materializations each partition has had."""
    found = {}
    for record in works.instance.fetch_materializations(key, limit=1000).records:
        found[record.partition_key] = found.get(record.partition_key, 0) + 1
    return found


class TestHandOver:
    def test_a_pull_reports_the_dates_of_its_records(self, works):
        works.pull(FIRST)
        assert events(works, RECORDS_BY_DATE) == {MARCH: 1, FIRST: 1}
        assert events(works, RATES_BY_DATE) == {MARCH: 1, FIRST: 1}

    def test_only_changed_dates_are_reported_and_the_others_keep_their_version(self, works):
        works.pull(FIRST)
        before = versions(works, RECORDS_BY_DATE)
        works.pull(SECOND)
        assert events(works, RECORDS_BY_DATE) == {MARCH: 1, FIRST: 2, SECOND: 1}
        after = versions(works, RECORDS_BY_DATE)
        assert after[MARCH][0] == before[MARCH][0]
        assert after[FIRST][0] != before[FIRST][0]

    def test_nothing_new_reports_nothing(self, works):
        works.pull(FIRST)
        works.pull(FIRST)
        found = works.hand_over()
        assert (found.records, found.rates) == (0, 0)
        assert set(events(works, RECORDS_BY_DATE).values()) == {1}

    def test_a_date_that_lost_all_its_records_is_reported_once(self, works):
        works.pull(FIRST)
        works.house.edit_vendor("rentals", "amount: [amount]", "amount: [no such column]")
        works.house.edit_vendor("orders", "amount: [amount]", "amount: [no such column]")
        works.pull(FIRST)
        assert {v for v, _ in versions(works, RECORDS_BY_DATE).values()} == {GONE}
        assert works.hand_over().records == 0

    def test_a_correction_of_a_rate_reports_exactly_the_dates_it_touches(self, works, tmp_path):
        works.pull(FIRST)
        works.pull(SECOND)
        works.hand_over()
        records, rates = events(works, RECORDS_BY_DATE), events(works, RATES_BY_DATE)
        correct_cad(works.house, FIRST, tmp_path)
        found = works.hand_over()
        assert (found.records, found.rates) == (0, 1)
        assert events(works, RECORDS_BY_DATE) == records
        assert events(works, RATES_BY_DATE) == rates | {FIRST: rates[FIRST] + 1}


class TestStaleness:
    """What the UI shows as `Unsynced`; it is a hint, the sensor compares digests."""

    def stale(self, works):
        graph = works.definitions.resolve_asset_graph()
        resolver = CachingStaleStatusResolver(
            works.instance, graph, LoadingContextForTest(works.instance)
        )
        found = {}
        for day in (MARCH, FIRST, SECOND):
            found[day] = resolver.get_status(LEDGER, day)
        return [day for day, status in found.items() if status is StaleStatus.STALE]

    def test_a_corrected_rate_makes_its_dates_stale_and_posting_clears_them(self, works, tmp_path):
        works.pull(FIRST)
        works.pull(SECOND)
        works.post(MARCH, SECOND)
        assert self.stale(works) == []
        correct_cad(works.house, FIRST, tmp_path)
        works.hand_over()
        assert self.stale(works) == [FIRST]
        works.post(FIRST)
        assert self.stale(works) == []


class TestSensor:
    def test_an_empty_lake_has_nothing_to_do(self, works):
        assert "0 transaction dates is up to date" in works.tick().skip_message

    def test_after_a_pull_exactly_its_dates_are_asked_for_and_after_posting_none(self, works):
        works.pull(FIRST)
        assert works.asked() == [(MARCH, FIRST)]
        works.post_what_is_asked()
        assert "2 transaction dates is up to date" in works.tick().skip_message

    def test_a_late_row_asks_for_its_date_and_no_other(self, works):
        works.pull(FIRST)
        works.post_what_is_asked()
        works.pull(SECOND)
        assert works.asked() == [(FIRST, SECOND)]

    def test_a_correction_asks_for_exactly_the_dates_it_touches(self, works, tmp_path):
        works.pull(FIRST)
        works.pull(SECOND)
        works.post_what_is_asked()
        assert correct_cad(works.house, MARCH, tmp_path).vintage == 2
        before = events(works, RATES_BY_DATE)
        assert works.asked() == [(MARCH, MARCH)]
        assert events(works, RATES_BY_DATE) == before | {MARCH: 2}, "and hands it over"
        works.post_what_is_asked()
        assert isinstance(works.tick(), dg.SkipReason)

    def test_a_change_that_is_taken_back_is_posted_too(self, works):
        """The same inputs a second time: a run key would have kept Dagster from running."""
        works.pull(FIRST)
        works.post_what_is_asked()
        for old, new in (("description", "vendor_name"), ("vendor_name", "description")):
            works.house.edit_vendor("rentals", f"{old}: [text]", f"{new}: [text]")
            works.pull(FIRST)
            requests = works.tick().run_requests
            assert [r.run_key for r in requests] == [None]
            works.post_what_is_asked()
        assert isinstance(works.tick(), dg.SkipReason)

    def test_a_lake_that_cannot_be_read_is_not_a_lake_without_work(self, works):
        works.pull(FIRST)
        shutil.rmtree(works.house.root / "lake" / "tables" / "records" / "_delta_log")
        message = works.tick().skip_message
        assert "could not be compared" in message
        assert "'records'" in message
        assert "up to date" not in message

    def test_what_a_run_under_way_will_post_is_not_asked_for_again(self, works):
        works.pull(FIRST)
        (asked,) = works.tick().run_requests
        run = self.launched(works, asked, dg.DagsterRunStatus.STARTED)
        assert "2 are in runs under way" in works.tick().skip_message
        works.instance.delete_run(run.run_id)
        assert works.asked() == [(MARCH, FIRST)]

    def test_a_pull_under_way_is_not_a_posting_under_way(self, works):
        works.pull(FIRST)
        job = works.definitions.resolve_job_def(PULL_JOB)
        works.instance.create_run_for_job(
            job, tags={"dagster/partition": MARCH}, status=dg.DagsterRunStatus.STARTED
        )
        assert works.asked() == [(MARCH, FIRST)]

    def test_a_run_that_failed_is_not_asked_for_at_every_tick(self, works):
        works.pull(FIRST)
        (asked,) = works.tick().run_requests
        self.launched(works, asked, dg.DagsterRunStatus.FAILURE)
        assert "failed less than 0:15:00 ago" in works.tick().skip_message
        works.pull(SECOND)
        assert works.asked() == [(MARCH, SECOND)], "other inputs are another try"

    def launched(self, works, asked, status):
        job = works.definitions.resolve_job_def(POST_JOB)
        return works.instance.create_run_for_job(
            job,
            run_config=asked.run_config,
            tags=dict(asked.tags),
            status=status,
            asset_selection=frozenset({LEDGER}),
        )

    def test_one_date_is_asked_for_by_its_key_and_several_as_a_range(self):
        home = HomeResource(path="somewhere")
        one = request(PlannedRun(FIRST, FIRST, "k"), [LEDGER], POST_JOB, home)
        many = request(PlannedRun(MARCH, FIRST, "k"), [LEDGER], POST_JOB, home)
        assert (one.partition_key, one.tags) == (FIRST, {REASON: CHANGED})
        assert one.run_config == many.run_config == home.asking(["k"])
        assert many.partition_key is None
        assert many.tags["dagster/asset_partition_range_end"] == FIRST
        assert one.asset_selection == many.asset_selection == [LEDGER]


def lose_dead_letters(house):
    """Dead letters resolved by nobody: their rows are no longer accounted for."""
    session = house.session()
    events = resolved(open_dead_letters(session), session.stamp(), schema=DEAD_LETTER_EVENTS.schema)
    session.lake.table(DEAD_LETTER_EVENTS).append_once(
        [Part("test/damage", 1, events)], run_id="damage"
    )


def invent_a_duplicate(house, day):
    """A disposition of a record that is not there, on a date that is posted already."""
    session = house.session()
    table = session.lake.table(DISPOSITIONS)
    snapshot = table.snapshot()
    rows = snapshot.read(where=equals("transaction_date", day)).to_pylist()
    ghost = {
        **rows[0],
        "fingerprint": "f" * 64,
        "disposition": "duplicate",
        "amount": Decimal("5.0000"),
        "currency": "GBP",
    }
    damaged = pa.Table.from_pylist([*rows, ghost], schema=DISPOSITIONS.schema)
    table.replace(snapshot, damaged, [day], run_id="damage")


class TestGate:
    """A red blocking check of a pull stops the posting of that pull's transaction dates."""

    @pytest.fixture
    def red(self, works):
        works.pull(FIRST)
        lose_dead_letters(works.house)
        result = works.run(PULL_JOB, FIRST)
        assert not result.success
        assert works.statuses(DEAD_LETTERS, "conservation") == {FIRST: "FAILED"}
        return works

    def test_its_dates_wait_and_the_sensor_says_for_what(self, red):
        message = red.tick().skip_message
        assert "2 transaction dates are out of date" in message
        assert "2 wait for checks or accepted columns of pull dates 2026-04-01" in message

    def test_dates_without_records_of_that_pull_are_posted(self, red):
        red.pull(SECOND)
        assert red.asked() == [(SECOND, SECOND)]

    def test_they_are_posted_once_the_check_is_green(self, red):
        (red.house.root / "inbox" / "rentals" / f"{FIRST}.csv").unlink()
        red.house.edit_vendor("rentals", "description: [text]", "vendor_name: [text]")
        red.pull(FIRST)  # another interpretation: validated again from the landed bytes
        assert red.statuses(DEAD_LETTERS, "conservation") == {FIRST: "SUCCEEDED"}
        assert red.asked() == [(MARCH, FIRST)]

    def test_a_pull_that_never_came_to_its_checks_holds_its_dates_too(self, works):
        works.pull(FIRST)
        works.instance.create_run_for_job(
            works.definitions.resolve_job_def(PULL_JOB),
            tags={"dagster/partition": FIRST},
            status=dg.DagsterRunStatus.FAILURE,
        )
        assert set(works.statuses(DEAD_LETTERS, "conservation").values()) == {"PLANNED"}
        assert "2 wait for checks" in works.tick().skip_message

    def test_an_instance_that_knows_nothing_of_the_pull_holds_nothing(self, works):
        works.house.pull(FIRST)
        assert works.asked() == [(MARCH, FIRST)]

    def test_on_the_command_line_the_red_check_ends_the_run(self, red):
        with pytest.raises(CheckFailedError, match="conservation"):
            self.runner(red).pull([date.fromisoformat(FIRST)])

    def test_on_the_command_line_dates_that_wait_are_said(self, red):
        runner = self.runner(red)
        assert runner.post() == []
        (error,) = runner.checked.errors
        assert str(error).startswith("ledger/production/ledger: held_back: 2 transaction dates")
        assert FIRST in error.message

    def runner(self, works):
        return Runner(
            works.house.session(), FEEDS, works.instance, lambda _phase, _done, _total: None
        )


class TestRetyped:
    """A delivery whose amounts are not what was accepted: its dates wait, others do not."""

    @pytest.fixture
    def pence(self, works):
        """Twenty amounts with decimals, then twenty in pence, of dates apart and one in common."""
        house = works.house
        rows = [(f"A{n}", MARCH, f"{n}.50", "GBP", "lamp") for n in range(20)]
        house.drop("rentals", FIRST, rows)
        rows = [(f"B{n}", SECOND, f"{n}50", "GBP", "lamp") for n in range(20)]
        house.drop("rentals", SECOND, rows)
        works.pull(FIRST)
        works.pull(SECOND)
        return works

    def test_its_dates_wait_until_the_schema_is_accepted(self, pence):
        assert pence.statuses(DEAD_LETTERS, "retyped") == {FIRST: "SUCCEEDED", SECOND: "FAILED"}
        assert pence.asked() == [(MARCH, FIRST)]
        pence.post_what_is_asked()
        assert "1 wait for checks or accepted columns" in pence.tick().skip_message
        accept(pence.house.session(), "rentals", by="A. Person", reason="pence from now on")
        assert pence.asked() == [(SECOND, SECOND)]

    def test_on_the_command_line_dates_that_wait_are_said(self, pence):
        runner = Runner(
            pence.house.session(), FEEDS, pence.instance, lambda _phase, _done, _total: None
        )
        assert [day.isoformat() for day in runner.post()] == [MARCH, FIRST]
        (error,) = runner.checked.errors
        words = "1 transaction dates are not posted: a blocking check of pull date 2026-04-02"
        assert words in str(error)


class TestBlocking:
    def test_a_red_check_of_the_ledger_fails_its_run_and_shows_on_its_date_alone(self, works):
        works.pull(FIRST)
        assert works.post(MARCH, FIRST).success
        invent_a_duplicate(works.house, FIRST)
        result = works.post(MARCH, FIRST)
        assert not result.success
        assert works.statuses(LEDGER, "conservation") == {MARCH: "SUCCEEDED", FIRST: "FAILED"}
        assert works.statuses(LEDGER, "integrity") == {MARCH: "SUCCEEDED", FIRST: "SUCCEEDED"}

    @pytest.mark.parametrize("damaged", [False, True], ids=["green", "red"])
    def test_what_lies_behind_the_ledger_is_made_only_if_it_is_green(self, works, damaged):
        works.pull(FIRST)
        assert works.post(FIRST).success
        if damaged:
            invent_a_duplicate(works.house, FIRST)
        start = date(2026, 1, 1)
        both = calendars(PRODUCTION, Span(start, start, 0, "UTC"))
        home = load_home(works.house.root)
        made = []

        with beta_and_preview_accepted():

            @dg.asset(
                partitions_def=both.book,
                deps=[LEDGER],
                backfill_policy=dg.BackfillPolicy.multi_run(MOST_DATES_A_RUN),
            )
            def report_of_costs(context: dg.AssetExecutionContext) -> None:
                made.append(context.partition_key)

            result = dg.materialize(
                [
                    *own_assets(PRODUCTION, home, both),
                    *checks_of(PRODUCTION, home, both),
                    report_of_costs,
                ],
                selection=[LEDGER, report_of_costs.key],
                partition_key=FIRST,
                instance=works.instance,
                resources={"home": resource_of(works.house.root, FEEDS)},
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                raise_on_error=False,
            )
        assert result.success is not damaged
        assert made == ([] if damaged else [FIRST])
