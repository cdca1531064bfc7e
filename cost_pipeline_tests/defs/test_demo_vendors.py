"""In the demo's home a pull from the UI succeeds while its vendors are beside it, and only then."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from aiohttp import web

from cost_pipeline.defs.build import beta_and_preview_accepted, build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.simulator.beside import MARKER, vendor_port, vendors_beside
from cost_pipeline.simulator.demo_home import write_demo_home
from cost_pipeline.simulator.server_thread import HttpServerThread
from cost_pipeline_tests.defs.conftest import QUIET
from cost_pipeline_tests.defs.production_keys import PULL_JOB, raw_key

API_VENDORS = ("northwind_rentals", "guild_payroll")


@pytest.fixture
def home(tmp_path):
    """What the demo lays, with vendors that have gone."""
    with _Gone() as gone:
        laid = write_demo_home(tmp_path / "demo", gone.url)
    (laid / MARKER).write_text("laid by a test\n", encoding="utf-8")
    return laid


class _Gone(HttpServerThread):
    """Has an address for a moment, as the demo's vendors have."""

    def __init__(self):
        super().__init__("vendors")

    def _app(self):
        return web.Application()


def _pull(home, instance, day):
    definitions = build_definitions(home, FEEDS)
    with beta_and_preview_accepted():
        return definitions.resolve_job_def(PULL_JOB).execute_in_process(
            instance=instance, partition_key=day, run_config=QUIET, raise_on_error=False
        )


def _deliveries(instance, vendor, day):
    filtered = dg.AssetRecordsFilter(raw_key(vendor), asset_partitions=[day])
    (newest, *_) = instance.fetch_materializations(filtered, limit=1).records
    return newest.asset_materialization.metadata["deliveries_received"].value


def test_yesterday_and_a_day_of_the_demo_are_pulled(home, instance, monkeypatch):
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    with vendors_beside(home, vendor_port(home)) as secrets:
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        assert _pull(home, instance, yesterday).success
        assert [_deliveries(instance, vendor, yesterday) for vendor in API_VENDORS] == [1, 1]
        assert _pull(home, instance, "2026-04-05").success
        assert all(_deliveries(instance, vendor, "2026-04-05") > 0 for vendor in API_VENDORS)
    assert not _pull(home, instance, "2026-04-06").success, "they end with the context"
