"""`make ui` over a demo's home, as its recipe runs it: the first pull that somebody starts there
succeeds, because the demo's vendors answer while it runs."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from cost_pipeline.simulator.beside import MARKER, vendor_port
from cost_pipeline.simulator.demo_home import write_demo_home
from cost_pipeline_tests.e2e.web_ui import WebUi

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PULL = "pull_and_validate"
DELIVERIES = """
    query ($key: AssetKeyInput!, $day: String!) { assetNodeOrError(assetKey: $key) {
      ... on AssetNode { assetMaterializations(partitions: [$day], limit: 1) {
        metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""


def _free():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class MadeUi(WebUi):
    """What `make ui` starts, and Ctrl-C in its terminal."""

    seconds = 600
    """It starts five processes; on a machine with other work each takes its time."""

    def __init__(self, root: Path, home: Path, log) -> None:
        self.port = _free()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("COST_", "DAGSTER_"))}
        self.process = subprocess.Popen(  # noqa: S603 - fixed arguments
            [
                *(shutil.which("make") or "make", "-o", "setup", "ui"),
                *(f"VENV={sys.prefix}", f"HOME_DIR={home}", f"PORT={self.port}"),
            ],
            stdout=log,
            stderr=log,
            cwd=root,
            env={**clean, "PYTHONDONTWRITEBYTECODE": "1"},
            process_group=0,
        )

    def stop(self):
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(timeout=self.seconds)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def received(self, vendor, day):
        """How many deliveries the page of a vendor's partition shows."""
        key = {"path": ["raw", "production", vendor]}
        (shown,) = self.ask(DELIVERIES, key=key, day=day)["assetNodeOrError"][
            "assetMaterializations"
        ]
        numbers = {e["label"]: e.get("intValue") for e in shown["metadataEntries"]}
        return numbers["deliveries_received"]


@pytest.fixture
def home(tmp_path):
    """A demo's home before anything was pulled; its vendors are served by nobody."""
    laid = write_demo_home(tmp_path / "demo", f"http://127.0.0.1:{_free()}")
    (laid / MARKER).write_text("laid by a test\n", encoding="utf-8")
    with (laid / "dagster" / "dagster.yaml").open("a", encoding="utf-8") as settings:
        settings.write("code_servers:\n  local_startup_timeout: 600\n")  # for a busy machine
    return laid


def test_the_first_pulls_that_somebody_starts_in_it_succeed(home, project_root, tmp_path):
    with (tmp_path / "log.txt").open("wb") as out:
        ui = MadeUi(project_root, home, out)
        try:
            place = ui.located()
            yesterday = str(date.today() - timedelta(days=1))  # noqa: DTZ011 - as its user sees it
            assert ui.launch(place, PULL, yesterday) == "SUCCESS"
            assert ui.launch(place, PULL, "2026-03-31") == "SUCCESS"
            assert ui.received("northwind_rentals", "2026-03-31") > 1
            assert ui.received("guild_payroll", "2026-03-31") > 1
        finally:
            ui.stop()
    port = vendor_port(home)
    assert port is not None
    with socket.socket() as again:
        assert again.connect_ex(("127.0.0.1", port)) != 0, "the vendors outlived the UI"
        assert again.connect_ex(("127.0.0.1", ui.port)) != 0, "the web server outlived Ctrl-C"
