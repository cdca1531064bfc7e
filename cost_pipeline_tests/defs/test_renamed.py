"""An instance of before knows assets under the keys that they had; so it is made here, by naming
them back."""

import dagster as dg
import pytest

from cost_pipeline.defs.gate import pulls_not_cleared
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.renamed import go_by_present_keys
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline_tests.defs.conftest import FIRST
from cost_pipeline_tests.defs.production_keys import DEAD_LETTERS, LEDGER, RECORDS_BY_DATE

RENAMED = PRODUCTION.keys_of_before
OLD_LEDGER = dg.AssetKey(["ledger", "production"])
NOTHING_NEW = (0, 0)


@pytest.fixture
def posted(works):
    works.pull(FIRST)
    works.post_what_is_asked()
    return works


def _seen(works):
    """Everything that is told of the book and of what it is made from."""
    return (
        works.materialized(LEDGER),
        works.materialized(DEAD_LETTERS),
        works.materialized(RECORDS_BY_DATE),
        works.statuses(LEDGER, "integrity"),
        works.statuses(DEAD_LETTERS, "conservation"),
    )


def test_what_was_known_goes_on_under_the_present_keys(posted):
    before = _seen(posted)
    assert go_by_present_keys(posted.instance, {new: old for old, new in RENAMED.items()})
    assert posted.materialized(LEDGER) == {}
    assert posted.statuses(DEAD_LETTERS, "conservation") == {}
    assert posted.materialized(OLD_LEDGER).keys() == before[0].keys()
    posted.instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=asset_key(("dead_letters", "production")),
            check_name="conservation",
            passed=False,
            partition=FIRST,
        )
    )

    assert isinstance(posted.tick(), dg.SkipReason)  # the sensor goes by the present keys
    assert not go_by_present_keys(posted.instance, RENAMED)
    now = _seen(posted)
    assert now[:4] == before[:4]
    assert posted.hand_over() == NOTHING_NEW
    assert posted.materialized(OLD_LEDGER) == {}
    # What was red is not forgotten: its dates are held back as before.
    home = posted.house.session().home
    held = pulls_not_cleared(posted.instance, PRODUCTION, home)
    assert [str(day) for day in held] == [FIRST]


def test_runs_under_both_keys_are_one_history(posted):
    days = posted.materialized(LEDGER).keys()
    posted.instance.report_runless_asset_event(
        dg.AssetMaterialization(OLD_LEDGER, partition="2026-01-05")
    )
    assert go_by_present_keys(posted.instance, RENAMED)
    assert posted.materialized(LEDGER).keys() == {*days, "2026-01-05"}
    assert OLD_LEDGER not in posted.instance.all_asset_keys()


def test_of_an_instance_that_knows_nothing_nothing_is_changed(instance):
    assert not go_by_present_keys(instance, RENAMED)
    assert not go_by_present_keys(instance, {})
