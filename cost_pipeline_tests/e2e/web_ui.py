"""Dagster's web UI over a home, asked as its pages ask it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from cost_pipeline.feeds.production.names import LEDGER

SECONDS = 120
STATUS = """
    query ($key: AssetKeyInput!, $day: String!) {
      assetNodeOrError(assetKey: $key) { ... on AssetNode { staleStatus(partition: $day) } }
    }"""
DONE = """
    query ($key: AssetKeyInput!, $days: [String!]) {
      assetNodeOrError(assetKey: $key) { ... on AssetNode {
        latestMaterializationByPartition(partitions: $days) { runId } } }
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

    seconds = SECONDS

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
        until = time.monotonic() + self.seconds
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
        return self._launched(place, "__ASSET_JOB", day, [{"path": list(asset)}])

    def launch(self, place, job, day):
        """Launch a job for a partition and wait for the run's end."""
        return self._launched(place, job, day, None)

    def _launched(self, place, job, day, assets):
        launched = self.ask(
            LAUNCH,
            params={
                "selector": {**place, "pipelineName": job, "assetSelection": assets},
                "mode": "default",
                "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}]},
            },
        )["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched

        def status():
            return self.ask(RUN, id=launched["run"]["runId"])["runOrError"]["status"]

        wait_until(lambda: status() in {"SUCCESS", "FAILURE", "CANCELED"}, status, self.seconds)
        return status()

    @property
    def address(self):
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    def materialized(self, asset, day):
        """Whether the partition of an asset was materialised."""
        found = self.ask(DONE, key={"path": list(asset)}, days=[day])
        return bool(found["assetNodeOrError"]["latestMaterializationByPartition"][0])

    def unsynced(self, days):
        """Those of the days whose ledger partition the pages show as unsynced."""
        found = {d: self.ask(STATUS, key={"path": list(LEDGER)}, day=d) for d in days}
        return [d for d in days if found[d]["assetNodeOrError"]["staleStatus"] == "STALE"]


def wait_until(there, told, seconds=SECONDS):
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until, told()
        time.sleep(0.2)
