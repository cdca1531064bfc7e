"""Red checks and failed runs reach a real receiver: each once, transient apart from permanent."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import dagster as dg
import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.defs.alerts import look_at_checks
from cost_pipeline.defs.resources import resource_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.pipeline.alerts import tell, told
from cost_pipeline_tests.defs.production_keys import PULL_JOB, raw_key

FIRST, SECOND = "2026-04-01", "2026-04-02"
AWAY = """vendor: away
feed: production
production: P100
record: vendor_invoice
source: {kind: http, url: "http://127.0.0.1:9/x", retry: {attempts: 1, base: 0}}
format: {kind: json}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
constants: {department_code: "2000", gl_code: "2000-01"}
"""


@pytest.fixture(scope="session")
def receivers():
    place = Path(__file__).resolve().parents[1] / "dispatch" / "receiver.py"
    spec = importlib.util.spec_from_file_location("cost_pipeline_receiver", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Alarm:
    """Works whose home tells a receiver, by the sensors as the daemon calls them."""

    def __init__(self, works, receiver):
        self.works, self.receiver = works, receiver

    def resources(self):
        return {"home": resource_of(self.works.house.root, FEEDS)}

    def pull(self, day):
        """A pull in which one vendor fails, and so does its run."""
        assert not self.works.run(PULL_JOB, day).success

    def tick(self):
        """What the minute's look says."""
        sensor = self.works.definitions.get_repository_def().get_sensor_def("alert_red")
        context = dg.build_sensor_context(
            instance=self.works.instance,
            resources=self.resources(),
            repository_def=self.works.definitions.get_repository_def(),
        )
        return sensor(context)

    def run_failed(self, result):
        """As the daemon does after a failed run."""
        sensor = self.works.definitions.get_repository_def().get_sensor_def("alert_failed_run")
        (event,) = [e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE"]
        context = dg.build_run_status_sensor_context(
            sensor_name="alert_failed_run",
            dagster_event=event,
            dagster_instance=self.works.instance,
            dagster_run=result.dagster_run,
            resources=self.resources(),
        )
        sensor(context)

    def told(self):
        """(class, titles) of what the receiver has taken."""
        return [
            (one["class"], [a["title"] for a in one["alerts"] or one["resolved"]])
            for one in self.receiver.taken
        ]


@pytest.fixture
def alarm(works, house, receivers, monkeypatch):
    """Two vendors as ever and one that nobody answers for; alerts go to a receiver."""
    house.vendor_file("away", AWAY)
    with (house.root / "productions.yaml").open("a", encoding="utf-8") as file:
        file.write("alerts: {webhook_env: TEST_HOOK}\n")
    with receivers.Receiver() as receiver:
        monkeypatch.setenv("TEST_HOOK", receiver.hook)
        yield Alarm(type(works)(house, works.instance), receiver)


def test_red_checks_are_told_once_until_they_change(alarm, house):
    new_column = b"id,date,amount,currency,text,unit\nR9,2026-04-02,1.00,GBP,tape,2\n"
    house.drop("rentals", SECOND, new_column, name="b")
    alarm.pull(SECOND)
    alarm.receiver.first = [500]  # refused once, sent again
    alarm.tick()
    assert alarm.told() == [
        ("permanent", ["raw/production/rentals: drift [2026-04-02]"]),
        ("transient", ["raw/production/away: fetched [2026-04-02]"]),
    ]
    first, second = alarm.receiver.taken
    assert "'unit'" in first["text"]
    assert "no connection" in second["text"]
    assert "provisional" in second["alerts"][0]["message"]
    assert first["home"] == house.root.name
    assert "2 are red; 0 were told" in alarm.tick().skip_message
    alarm.pull(SECOND)  # red again in another run: nothing new to tell
    alarm.tick()
    assert len(alarm.receiver.taken) == 2
    house.edit_vendor("rentals", "columns:", "ignore: [unit]\ncolumns:")
    alarm.pull(SECOND)
    alarm.tick()
    alarm.tick()
    assert alarm.told()[2:] == [("resolved", ["raw/production/rentals: drift [2026-04-02]"])]


def test_what_is_not_taken_is_told_at_the_next_look(alarm):
    alarm.pull(FIRST)
    (seen,) = alarm.works.instance.fetch_observations(raw_key("away"), limit=9).records
    raw = seen.asset_observation.metadata
    assert raw["provisional"].value is True
    assert raw["attempts"].value == 1
    alarm.receiver.first = [404]
    with pytest.raises(EnvironmentFailedError, match="answered 404"):
        alarm.tick()
    assert told(alarm.works.house.session()) == {}
    alarm.tick()
    assert [kind for kind, _ in alarm.told()] == ["transient"]


def test_a_failed_run_is_told_at_once_and_only_once(alarm, house):
    # A lake of a newer version: the run fails at its first step, for somebody to mend.
    alarm.pull(FIRST)
    session = house.session()
    marker = Path(session.home.lake_uri) / "lake.json"
    good = marker.read_text(encoding="utf-8")
    marker.write_text('{"format": 99}', encoding="utf-8")
    result = alarm.works.run(PULL_JOB, FIRST)
    assert not result.success
    marker.write_text(good, encoding="utf-8")
    alarm.run_failed(result)
    assert alarm.told() == [("permanent", ["run of pull_and_validate [2026-04-01] failed"])]
    (alert,) = alarm.receiver.taken[0]["alerts"]
    assert alert["run_id"] == result.dagster_run.run_id
    assert "format 99" in alert["message"]
    alarm.tick()
    alarm.tick()
    # Its checks were planned and never came to a result: nobody knows whether they are red.
    assert len(alarm.receiver.taken) == 1


def test_a_run_that_the_machine_failed_may_pass(alarm, house):
    marker = house.session().lake.root / "lake.json"
    good = marker.read_text(encoding="utf-8")
    marker.write_text("damaged", encoding="utf-8")
    result = alarm.works.run(PULL_JOB, FIRST)
    assert not result.success
    marker.write_text(good, encoding="utf-8")
    alarm.run_failed(result)
    assert [kind for kind, _ in alarm.told()] == ["transient"]
    assert "the lake's marker cannot be read" in alarm.receiver.taken[0]["text"]


def test_warnings_are_left_out_where_the_home_says_so(alarm, house):
    alarm.pull(FIRST)
    place = house.root / "productions.yaml"
    text = place.read_text(encoding="utf-8")
    quiet = "{webhook_env: TEST_HOOK, warnings: false, body: text}"
    place.write_text(text.replace("{webhook_env: TEST_HOOK}", quiet), encoding="utf-8")
    alarm.tick()
    assert alarm.receiver.taken == []


def test_a_home_without_alerts_tells_nobody(works):
    works.pull(FIRST)
    keys = works.definitions.resolve_asset_graph().asset_check_keys
    checks = look_at_checks(works.instance, keys, passing=())
    assert tell(works.house.session(), checks.red, checks.well) == 0
