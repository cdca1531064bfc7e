"""A vendor on a bad day, as a person sees it: Ctrl-C in the middle, away, and back again."""

import importlib.util
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PORTAL = Path(__file__).resolve().parents[1] / "feeds" / "portal.py"
PRODUCTIONS = "productions: {P100: {title: Northern Lights, base_currency: USD}}\n"
FIRST, SECOND = "2026-04-01", "2026-04-02"


@pytest.fixture(scope="module")
def portal():
    spec = importlib.util.spec_from_file_location("cost_pipeline_feeds_portal", PORTAL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def command(home, *words):
    return [sys.executable, "-m", "cost_pipeline", *words, "--home", str(home)]


def call(home, *words):
    return subprocess.run(  # noqa: S603 - our own program
        command(home, *words), capture_output=True, text=True, timeout=180, check=False
    )


def test_a_vendor_goes_away_and_comes_back(portal, tmp_path):
    home = tmp_path / "home"
    (home / "vendors").mkdir(parents=True)
    (home / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    with portal.Api(items=[portal.item(n) for n in range(1, 4)]) as api:
        text = api.vendor().replace("read_timeout: 1", "read_timeout: 60")
        (home / "vendors" / "api.yaml").write_text(text, encoding="utf-8")

        # Ctrl-C while the second page stalls: the first one stays, nothing is half landed.
        api.stalled = {"2"}
        running = subprocess.Popen(  # noqa: S603 - our own program
            command(home, "run", "--pull-dates", FIRST),
            stderr=subprocess.PIPE,
            text=True,
        )
        until = time.monotonic() + 120
        while not any("page=2" in one for one in api.asked) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert (running.returncode, said) == (
            3,
            "stopped; what was committed stays, a rerun goes on from there\n",
        )
        incoming = home / "lake" / "bytes" / "incoming"
        assert [file.name for file in incoming.rglob("*")] == ["lock"]
        listed = json.loads(call(home, "deliveries", "--json").stdout)
        assert [one["uri"].rsplit("?")[1] for one in listed] == ["page=1&size=2"]

        # Away on the second date: its last good date stands in, and is not posted twice.
        api.stalled = set()
        assert call(home, "run", "--pull-dates", FIRST).returncode == 0
        api.broken = {"*"}
        log = tmp_path / "log.jsonl"
        away = call(
            home, "run", "--pull-dates", SECOND, "--json", "--debug-loop", "--log-json", str(log)
        )
        assert away.returncode == 3
        summary = json.loads(away.stdout)
        (gap,) = summary["provisional"]
        assert (gap["vendor"], gap["class"]) == ("api", "transient")
        assert gap["stands_in"]["pull_date"] == FIRST
        assert gap["stands_in"]["amounts"] == {"GBP": "30.00"}
        assert summary["posted"] == 0
        assert json.loads(away.stderr)["error"]["code"] == "FETCH_FAILED"
        fields = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert any(one.get("outcome") == "failed" for one in fields)
        assert any("longest_pause" in one for one in fields)
        shown = " ".join(call(home, "deliveries", "--pull-dates", SECOND).stdout.split())
        assert "provisional: api for 2026-04-02 could not be fetched" in shown
        assert "30.00 GBP, about" in shown

        # And back.
        api.broken = set()
        api.listing.items.append(portal.item(4, day=SECOND))
        back = call(home, "run", "--pull-dates", SECOND, "--json")
        assert back.returncode == 0, back.stderr
        summary = json.loads(back.stdout)
        assert summary["provisional"] == []
        assert (summary["posted"], summary["duplicates"]) == (1, 3)
        assert "failed (transient)" in call(home, "deliveries", "--telemetry").stdout
