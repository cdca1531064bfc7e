"""The audit log's check runs by a job of its own, and turns red when a posting has no event."""

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from cost_pipeline.defs.run import Runner
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline_tests.defs.production_keys import AUDIT, AUDIT_JOB


@pytest.mark.parametrize("forged", [False, True], ids=["sound", "forged"])
def test_the_check_holds_the_log_against_the_ledger(works, door, forged):
    works.house.work("2026-04-01")
    if forged:
        line = door.lines(works.house.session()).slice(0, 1)
        place = line.schema.get_field_index("posting_id")
        line = line.set_column(place, line.schema.field(place), pa.array(["e" * 64]))
        table = works.house.session().lake.table(LEDGER).snapshot().table
        write_deltalake(table, line.cast(LEDGER.schema), mode="append")
    result = works.run(AUDIT_JOB)
    (check,) = result.get_asset_check_evaluations()
    assert (check.asset_key, check.check_name, check.passed) == (AUDIT, "log_agrees", not forged)
    assert check.metadata["events"].value > 0


def test_verified_once_the_log_is_not_shown_as_none_of_one(works):
    works.house.work("2026-04-01")
    key = dg.AssetCheckKey(AUDIT, "log_agrees")
    log = works.instance.event_log_storage
    assert log.get_latest_asset_check_execution_by_key([key]) == {}
    runner = Runner(works.house.session(), FEEDS, works.instance, lambda *_: None)
    runner.verify_audit_log()
    assert log.get_latest_asset_check_execution_by_key([key])[key].evaluation.passed
    assert (runner.checked.passed, runner.checked.failed) == (1, [])
