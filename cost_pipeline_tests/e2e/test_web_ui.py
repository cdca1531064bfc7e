"""What a data engineer sees and does in Dagster's web UI, with its daemon beside it: through the
same requests that the pages make, and with the runs that they and the sensors launch."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PULLED = "2026-04-08"
CORRECTED, EASTER, NEXT = "2026-04-02", "2026-04-05", "2026-04-07"
"""The last day with rates before Easter, a day that uses them, and the first day with others."""
LEDGER = ["ledger", "production", "ledger"]
SECONDS = 120
ROWS = [
    ("R1", CORRECTED, "10.00", "GBP"),
    ("R2", EASTER, "20.00", "GBP"),
    ("R3", EASTER, "30.00", "CAD"),
    ("R4", NEXT, "40.00", "GBP"),
]
STATUS = """
    query ($key: AssetKeyInput!, $day: String!) {
      assetNodeOrError(assetKey: $key) { ... on AssetNode { staleStatus(partition: $day) } }
    }"""
LAUNCH = """
    mutation ($params: ExecutionParams!) {
      launchPipelineExecution(executionParams: $params) {
        __typename
        ... on LaunchRunSuccess { run { runId } }
        ... on PythonError { message }
        ... on PipelineNotFoundError { message }
        ... on RunConfigValidationInvalid { errors { message } }
      }
    }"""
RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
LOCATION = """
    query { repositoriesOrError { ... on RepositoryConnection {
      nodes { name location { name } } } } }"""


class WebUi:
    """`dagster dev` over a home, asked as its pages ask it."""

    def __init__(self, home, log):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(  # noqa: S603 - fixed arguments
            [
                *(sys.executable, "-m", "dagster", "dev", "-m", "cost_pipeline.definitions"),
                *("-h", "127.0.0.1", "-p", str(self.port)),
            ],
            stdout=log,
            stderr=log,
            cwd=home,
            env={
                **os.environ,
                "COST_PIPELINE_HOME": str(home),
                "DAGSTER_HOME": str(home / "dagster"),
            },
        )

    def stop(self):
        """As Ctrl-C does: it stops what it started."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=SECONDS)
        finally:
            self.process.kill()
            self.process.wait()

    def ask(self, question, **variables):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": question, "variables": variables}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            found = json.load(answer)
        assert "errors" not in found, found
        return found["data"]

    def located(self):
        """The repository and its location, once the server answers."""
        until = time.monotonic() + SECONDS
        while True:
            assert self.process.poll() is None, "the web server ended"
            try:
                (node,) = self.ask(LOCATION)["repositoriesOrError"]["nodes"]
            except (urllib.error.URLError, ValueError, ConnectionError):
                assert time.monotonic() < until, "the web server does not answer"
                time.sleep(0.2)
            else:
                return {
                    "repositoryName": node["name"],
                    "repositoryLocationName": node["location"]["name"],
                }

    def materialize(self, place, day, asset):
        """Press `Materialize` for a partition and wait for the run's end."""
        launched = self.ask(
            LAUNCH,
            params={
                "selector": {
                    **place,
                    "pipelineName": "__ASSET_JOB",
                    "assetSelection": [{"path": asset}],
                },
                "mode": "default",
                "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}]},
            },
        )["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched

        def status():
            return self.ask(RUN, id=launched["run"]["runId"])["runOrError"]["status"]

        wait_until(lambda: status() in {"SUCCESS", "FAILURE", "CANCELED"}, status)
        return status()

    def unsynced(self, days):
        """Those of the days whose ledger partition the pages show as unsynced."""
        found = {d: self.ask(STATUS, key={"path": LEDGER}, day=d) for d in days}
        return [d for d in days if found[d]["assetNodeOrError"]["staleStatus"] == "STALE"]


def wait_until(there, told):
    until = time.monotonic() + SECONDS
    while not there():
        assert time.monotonic() < until, told()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def house(make_home, invoices, cli, tmp_path_factory):
    """A home whose one delivery was pulled and posted."""
    home = make_home(tmp_path_factory.mktemp("web") / "home", {"rentals": invoices("rentals")})
    lines = ["id,date,amount,currency", *map(",".join, ROWS)]
    (home / "inbox" / "rentals" / f"{PULLED}.csv").write_text("\n".join(lines) + "\n")
    worked = cli("run", "--pull-dates", PULLED, "--home", home)
    assert worked.code == 0, worked.err
    return home


@pytest.fixture
def ui(house, tmp_path):
    with (tmp_path / "log.txt").open("wb") as out:
        running = WebUi(house, out)
        try:
            yield running
        finally:
            running.stop()


def test_a_corrected_rate_shows_as_unsynced_until_the_sensor_has_repaired_it(
    ui, house, cli, tmp_path
):
    place = ui.located()
    assert ui.materialize(place, CORRECTED, LEDGER) == "SUCCESS"
    days = [CORRECTED, EASTER, NEXT]
    assert ui.unsynced(days) == []

    rates = tmp_path / "rates.csv"
    rates.write_text("currency,rate\nGBP,0.8000\n")
    reason = ("--reason", "mistyped")
    made = cli("fx", "correct", "--date", CORRECTED, "--file", rates, *reason, "--home", house)
    assert made.code == 0, made.err
    shown = set()

    def repaired():
        now = ui.unsynced(days)
        shown.update(now)  # the sensor tells of one date after the other
        return shown and not now

    wait_until(repaired, lambda: shown)
    assert shown == {CORRECTED, EASTER}
    verified = cli("ledger", "verify", "--home", house, "--json").json()
    assert verified["ok"]
    assert verified["postings"] == len(ROWS) + 2 * 2  # both pounds: taken back and posted anew
