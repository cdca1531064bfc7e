"""Jobs in this process: what they materialise, their metadata, and the checks they leave."""

import dagster as dg
import pytest

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.core.people import money
from cost_pipeline.feeds.production.tables import LEDGER as POSTINGS
from cost_pipeline_tests.defs.production_keys import (
    DEAD_LETTERS,
    FX_JOB,
    LEDGER,
    SNAPSHOTS,
    raw_key,
    records_key,
)

FIRST, SECOND = "2026-04-01", "2026-04-02"
CHECKS = ("conservation", "fx_coverage", "integrity", "refused_when_posting")


def values(materialization):
    return {name: value.value for name, value in materialization.metadata.items()}


def rows(materialization, name):
    return [dict(record.data) for record in materialization.metadata[name].records]


def test_a_pull_counts_what_came_and_what_was_refused(works):
    works.pull(FIRST)
    raw = values(works.materialized(raw_key("rentals"))[FIRST])
    assert raw["deliveries_received"] == raw["deliveries_new"] == 1
    assert raw["bytes_received"] > 0
    assert raw["failures"] == []
    invoices = values(works.materialized(records_key(RecordKind.VENDOR_INVOICE))[FIRST])
    assert invoices["dagster/partition_row_count"] == 3
    assert (invoices["rows_read"], invoices["rows_refused"]) == (4, 1)
    refused = works.materialized(DEAD_LETTERS)[FIRST]
    assert values(refused)["dagster/partition_row_count"] == 1
    assert rows(refused, "reasons") == [{"reason": "BAD_AMOUNT", "count": 1}]


def test_checks_of_a_pull_are_stored_with_its_date(works):
    works.pull(FIRST)
    for key, name in (
        (DEAD_LETTERS, "conservation"),
        (DEAD_LETTERS, "control_totals"),
        (DEAD_LETTERS, "read_whole"),
        (records_key(RecordKind.VENDOR_INVOICE), "schema"),
        (raw_key("rentals"), "drift"),
    ):
        assert works.statuses(key, name) == {FIRST: "SUCCEEDED"}


def test_posting_several_dates_says_rows_totals_and_seal_of_each(works):
    works.pull(FIRST)
    result = works.post("2026-03-31", FIRST)
    assert result.success
    posted = works.materialized(LEDGER)
    march = values(posted["2026-03-31"])
    assert march["dagster/partition_row_count"] == march["posts_appended"] == 2
    assert march["reversals_appended"] == 0
    assert march["batch"] == 1
    assert rows(posted["2026-03-31"], "causes") == [{"cause": "delivery", "count": 2}]
    lines = works.house.session().lake.table(POSTINGS).snapshot().read().to_pylist()
    total = sum(x["base_amount"] for x in lines if str(x["transaction_date"]) == "2026-03-31")
    (shown,) = rows(posted["2026-03-31"], "base_totals")
    assert shown == {"currency": "USD", "amount": f"{money(total)} USD"}
    assert march["batch_root"] in {x["batch_root"] for x in lines}
    assert values(posted[FIRST])["dagster/partition_row_count"] == 1, "the order is held"


def test_every_check_of_a_run_over_several_dates_has_a_row_per_date(works):
    works.pull(FIRST)
    for _ in range(2):  # a second run over the same dates settles its own planned checks
        assert works.post("2026-03-31", FIRST).success
        for name in CHECKS:
            assert works.statuses(LEDGER, name) == dict.fromkeys(("2026-03-31", FIRST), "SUCCEEDED")


def test_posting_again_appends_nothing_and_says_so(works):
    works.pull(FIRST)
    works.post(FIRST)
    works.post(FIRST)
    again = values(works.materialized(LEDGER)[FIRST])
    assert (again["posts_appended"], again["reversals_appended"]) == (0, 0)
    assert again["batch"] == "nothing appended"
    assert again["dagster/partition_row_count"] == 1, "the totals are those of the date"


def test_a_warning_does_not_fail_a_run_and_is_seen_on_its_date_alone(works):
    works.house.drop("rentals", SECOND, [("R9", FIRST, "1.00", "CHF", "no rate here")])
    works.pull(FIRST)
    works.pull(SECOND)
    assert works.post("2026-03-31", FIRST).success
    found = works.statuses(LEDGER, "refused_when_posting")
    assert found == {"2026-03-31": "SUCCEEDED", FIRST: "FAILED"}
    assert works.statuses(LEDGER, "conservation")[FIRST] == "SUCCEEDED"


def test_one_vendor_can_be_pulled_alone(works):
    result = works.run("pull_and_validate", FIRST, asset_selection=[raw_key("orders")])
    assert result.success
    made = {event.asset_key for event in result.get_asset_materialization_events()}
    assert made == {raw_key("orders")}


def test_fx_snapshots_say_how_many_rates_are_in_force(works):
    works.pull(FIRST)
    assert works.run(FX_JOB).success
    loaded = values(works.materialized(SNAPSHOTS)[None])
    assert loaded["dagster/row_count"] > 200_000
    assert loaded["days_added"] > 7_000
    assert loaded["contradictions"] > 0, "the house's own three days are not the ECB's"
    works.run(FX_JOB)
    again = values(works.materialized(SNAPSHOTS)[None])
    assert (again["days_added"], again["transaction_dates_handed_over"]) == (0, 0)


@pytest.mark.parametrize("job", ["pull_and_validate", "post_ledger", "load_fx"])
def test_every_job_is_bound_to_its_calendar(works, job):
    partitions = works.definitions.resolve_job_def(job).partitions_def
    assert isinstance(partitions, dg.DailyPartitionsDefinition) == (job != "load_fx")


def test_columns_of_a_delivery_that_nothing_has_read_are_not_said_to_be_known(works):
    works.run("pull_and_validate", FIRST, asset_selection=[raw_key("orders")])
    assert works.statuses(raw_key("orders"), "drift") == {FIRST: "FAILED"}
    works.pull(FIRST)
    assert works.statuses(raw_key("orders"), "drift") == {FIRST: "SUCCEEDED"}
