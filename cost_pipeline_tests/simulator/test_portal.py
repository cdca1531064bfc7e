"""The portal and the demo's home: real sockets, a real home, and the product's own readers."""

import asyncio
import csv
import io
import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cost_pipeline.acquire.engine import Policy, PullJob, pull_all
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.all import load_home, problems
from cost_pipeline.home.load import missing_folders
from cost_pipeline.simulator.cast import CAST, GUILD
from cost_pipeline.simulator.crew import CREW
from cost_pipeline.simulator.demo_home import CORRECTION, corrected_rates, write_demo_home
from cost_pipeline.simulator.portal import DEMO_TOKEN, TOKEN_VARIABLE, Portal
from cost_pipeline.simulator.world import DAYS, make_world


@pytest.fixture(scope="module")
def world():
    return make_world()


def _get(url: str, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  (loopback)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_it_serves_what_the_world_holds(world):
    with Portal(world, faults={}) as portal:
        status, body = _get(f"{portal.url}/northwind/invoices?day=2026-04-03&page=2&size=100")
        assert (status, body) == (200, world.page("northwind_rentals", DAYS[3], 2, 100))
        bearer = f"Bearer {DEMO_TOKEN}"
        status, body = _get(f"{portal.url}/guild/payroll?day=2026-04-03", Authorization=bearer)
        assert (status, body) == (200, world.page("guild_payroll", DAYS[3], 1, 250))
        assert portal.requests == 2


def test_a_date_without_costs_is_an_empty_page_and_nonsense_is_refused(world):
    with Portal(world, faults={}) as portal:
        base = f"{portal.url}/northwind/invoices"
        assert json.loads(_get(f"{base}?day=2030-01-01")[1])["items"] == []
        for query in ("", "?day=x", "?day=2026-04-01&page=0", "?day=2026-04-01&size=9999999"):
            assert _get(base + query)[0] == 400


def test_payroll_wants_its_token(world):
    with Portal(world) as portal:
        assert _get(f"{portal.url}/guild/payroll?day=2026-04-01")[0] == 401


def test_it_stops_with_its_thread_and_its_port(world):
    with Portal(world) as portal:
        assert any(thread.name == "portal" for thread in threading.enumerate())
        url = portal.url
    assert not any(thread.name == "portal" for thread in threading.enumerate())
    with pytest.raises(urllib.error.URLError):
        _get(url)


def test_the_demo_home_is_a_good_home_and_is_pulled_whole_with_its_retries_seen(tmp_path, world):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Portal(world) as portal:
        home = load_home(write_demo_home(tmp_path / "home", portal.url, world))
        assert problems(home.path) == []
        assert missing_folders(home) == {}
        jobs = [PullJob(vendor, day) for day in DAYS for vendor in home.vendors]
        pulled = asyncio.run(
            pull_all(
                jobs,
                base=home.path,
                scratch=scratch,
                environment={TOKEN_VARIABLE: DEMO_TOKEN},
                clock=lambda: datetime(2026, 4, 6, tzinfo=UTC),
                policy=Policy(backoff=0),
            )
        )
    assert [failure for result in pulled for failure in result.failures] == []
    truth = {(day.vendor, day.pull_date): day for day in world.truth().days}
    for job, result in zip(jobs, pulled, strict=True):
        place = (job.vendor.vendor, job.pull_date)
        expected = truth[place].deliveries if place in truth else 0  # the crew has days off
        assert len(result.fetched) == expected, place
    fetched = [delivery for result in pulled for delivery in result.fetched]
    assert sorted(delivery.attempts for delivery in fetched)[-3:] == [1, 2, 2]
    same = len(fetched) - len({delivery.sha256 for delivery in fetched})
    assert same == world.truth().total("duplicate_deliveries")


def test_vendor_files_and_cast_are_the_same_vendors(tmp_path, world):
    home = load_home(write_demo_home(tmp_path / "home", "http://127.0.0.1:1", world))
    assert [vendor.vendor for vendor in home.vendors] == sorted([CREW, *(one.name for one in CAST)])
    priorities = {vendor.vendor: vendor.priority for vendor in home.vendors}
    assert priorities[GUILD.name] == "payroll"


def test_a_demo_home_is_not_written_over_anything(tmp_path, world):
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError):
        write_demo_home(tmp_path, "http://127.0.0.1:1", world)


def test_the_correction_is_a_small_change_of_one_published_rate(tmp_path, world):
    home = write_demo_home(tmp_path / "home", "http://127.0.0.1:1", world)
    text = (home / CORRECTION).read_text(encoding="utf-8")
    assert text == corrected_rates()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["currency"] == "CAD"
    assert Decimal("1.5") < Decimal(row["rate"]) < Decimal("1.7")
