"""In Dagster's UI everything says what it is: assets, checks, jobs, schedules, sensors."""

import re
from datetime import date

import dagster as dg
import pytest

from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.layout import init_home


@pytest.fixture(scope="module")
def definitions(tmp_path_factory) -> dg.Definitions:
    home = init_home(tmp_path_factory.mktemp("described") / "home")
    return build_definitions(home, FEEDS, today=date(2026, 11, 20))


def test_every_asset_has_a_description_an_owner_and_a_group(definitions):
    specs = list(definitions.resolve_all_asset_specs())
    assert len(specs) >= 7
    for spec in specs:
        assert spec.description, spec.key
        assert re.match(r"[A-Z].*\.$", spec.description, re.DOTALL), spec.key
        assert spec.owners, spec.key
        assert spec.group_name not in {None, "default"}, spec.key


def test_every_check_has_a_description(definitions):
    checks = list(definitions.resolve_asset_graph().asset_check_keys)
    assert len(checks) >= 8
    described = {
        spec.key: spec.description
        for found in definitions.asset_checks or ()
        for spec in found.check_specs
    }
    for key in checks:
        assert described[key], key


def test_every_job_schedule_and_sensor_has_a_description(definitions):
    named = [*definitions.jobs, *definitions.schedules, *definitions.sensors]
    assert len(named) >= 5
    for one in named:
        assert one.description, one.name
