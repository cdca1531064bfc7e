"""A small home worked by Dagster in this process; builders of homes come from the flow's own door
(`feeds/door.py`), loaded by its path because test folders are not packages."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import pytest

from cost_pipeline.defs.build import beta_and_preview_accepted, build_definitions
from cost_pipeline.defs.handover import hand_over
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.defs.sensors import RANGE_END, RANGE_START
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production import names
from cost_pipeline_tests.defs.production_keys import POST_JOB, PULL_JOB

DOOR = Path(__file__).resolve().parents[1] / "feeds" / "door.py"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TODAY = date(2026, 4, 7)
VENDORS = ("rentals", "orders")

# Two pull dates: the second touches one date of the first, and one of its own.
FIRST, SECOND = "2026-04-01", "2026-04-02"
FIRST_ROWS = [
    ("R1", "2026-03-31", "100.00", "GBP", "lamp"),
    ("R2", "2026-03-31", "50.00", "CAD", "stand"),
    ("R3", "2026-04-01", "10.00", "GBP", "cable"),
    ("R4", "2026-04-01", "1,00", "GBP", "a misprint"),
]
SECOND_ROWS = [
    ("R5", "2026-04-01", "7.00", "CAD", "late"),
    ("R6", "2026-04-02", "8.00", "GBP", "tape"),
]
ORDERS = [("O1", "2026-04-01", "500.00", "GBP", "crates")]


def _door():
    if "cost_pipeline_door" not in sys.modules:
        spec = importlib.util.spec_from_file_location("cost_pipeline_door", DOOR)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["cost_pipeline_door"]


class HandedOver(NamedTuple):
    records: int
    rates: int


class Works:
    """The code location of a house, and an instance to run its jobs in."""

    def __init__(self, house, instance):
        self.house, self.instance = house, instance
        self.definitions = build_definitions(house.root, FEEDS, today=TODAY)

    def run(self, job, partition=None, *, first=None, last=None, **arguments):
        """A job in this process; red checks and failures are in its result."""
        tags = {RANGE_START: first, RANGE_END: last} if first else None
        with beta_and_preview_accepted():
            return self.definitions.resolve_job_def(job).execute_in_process(
                instance=self.instance,
                partition_key=partition,
                tags=tags,
                run_config=QUIET,
                raise_on_error=False,
                **arguments,
            )

    def pull(self, day):
        result = self.run(PULL_JOB, day)
        assert result.success
        return result

    def post(self, first, last=None):
        if last is None:
            return self.run(POST_JOB, first)
        return self.run(POST_JOB, first=first, last=last)

    def tick(self):
        """What the reconciliation sensor says now: requested partitions, or why nothing is."""
        sensor = (
            self.definitions.resolve_sensor_def("reconcile_ledger")
            if hasattr(self.definitions, "resolve_sensor_def")
            else self.definitions.get_sensor_def("reconcile_ledger")
        )
        context = dg.build_sensor_context(
            instance=self.instance, resources={"home": resource_of(self.house.root, FEEDS)}
        )
        return sensor(context)

    def asked(self):
        """The (first, last) transaction dates that the sensor requests."""
        result = self.tick()
        assert isinstance(result, dg.SensorResult), result
        return [
            (r.partition_key, r.partition_key)
            if r.partition_key
            else (r.tags[RANGE_START], r.tags[RANGE_END])
            for r in result.run_requests
        ]

    def post_what_is_asked(self):
        for first, last in self.asked():
            result = self.post(first, None if first == last else last)
            assert result.success

    def hand_over(self, session=None):
        """How many transaction dates have new records and new rates."""
        found = hand_over(self.instance, session or self.house.session())
        return HandedOver(
            *(len(found[key].dates) for key in (names.RECORDS_BY_DATE, names.RATES_BY_DATE))
        )

    def materialized(self, key):
        """Partition to its newest materialization."""
        records = self.instance.fetch_materializations(key, limit=1000).records
        found = {}
        for record in records:
            found.setdefault(record.partition_key, record.asset_materialization)
        return found

    def statuses(self, key, name):
        """Partition to the state of a check."""
        found = self.instance.event_log_storage.get_asset_check_partition_info(
            [dg.AssetCheckKey(key, name)]
        )
        return {i.partition_key: i.latest_execution_status.value for i in found if i.partition_key}


@pytest.fixture(scope="session")
def door():
    return _door()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def house(door, tmp_path):
    """A home with two vendors and what they sent on two pull dates."""
    made = door.House(tmp_path / "home", VENDORS)
    made.drop("rentals", FIRST, FIRST_ROWS)
    made.drop("orders", FIRST, ORDERS)
    made.drop("rentals", SECOND, SECOND_ROWS)
    return made


@pytest.fixture
def works(house, instance):
    return Works(house, instance)
