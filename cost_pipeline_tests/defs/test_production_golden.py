"""What Dagster shows of the production feed is what it showed before feeds were declared.

An existing instance keeps its history only under the same keys, names of jobs, steps and checks.
`golden_production.json` was written by the definitions of commit 62ede33. Two steps have another
name since: `compare_vendors`, which had the name of its job, so that the location of a home with a
pair did not load, and `check_audit_log`; checks were added, the words of one column mended, and the
cost summary came with its job. To accept a change that is wanted, run this file with
COST_PIPELINE_WRITE_GOLDEN=1 and read the difference.
"""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.layout import init_home
from cost_pipeline_tests.defs.shown_definitions import shown
from cost_pipeline_tests.feeds.payday import PAYDAY

GOLDEN = Path(__file__).with_name("golden_production.json")


def _everything(door, root):
    """A home with a vendor of each kind of record, and a pair."""
    house = door.House(root, ("rentals", "orders"), rates=None)
    payroll = door.vendor_text("petty").replace("petty", "payroll")
    house.vendor_file("payroll", payroll.replace("vendor_invoice", "payroll_line"))
    house.vendor_file("payday", PAYDAY)
    listing = door.vendor_text("rentals").replace("rentals", "listing")
    house.vendor_file("listing", f"{listing}posts: false\n")
    rentals = f"{door.vendor_text('rentals')}reconcile_with: {{vendor: listing}}\n"
    house.vendor_file("rentals", rentals)
    return house.root


def _without_vendors(root):
    home = init_home(root)
    for file in (home / "vendors").iterdir():
        file.unlink()
    return home


@pytest.fixture(scope="module")
def found(door, tmp_path_factory):
    root = tmp_path_factory.mktemp("golden")
    homes = {
        "every kind of record, and a pair": _everything(door, root / "all"),
        "as laid out by init": init_home(root / "init"),
        "without vendors": _without_vendors(root / "none"),
    }
    return {
        name: shown(build_definitions(home, FEEDS, today=date(2026, 4, 7)))
        for name, home in homes.items()
    }


def test_nothing_that_dagster_shows_has_changed(found):
    if os.environ.get("COST_PIPELINE_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert found.keys() == golden.keys()
    for home, parts in golden.items():
        now = _without_new_checks(found[home], parts)
        for part, named in parts.items():
            assert now[part] == named, f"{part} of a home {home}"


def _without_new_checks(now, golden):
    """What is shown, without the checks that were declared since: those take nothing away."""
    jobs = {
        name: {**job, "checks": [check for check in job["checks"] if check in golden["checks"]]}
        for name, job in now["jobs"].items()
    }
    checks = {name: said for name, said in now["checks"].items() if name in golden["checks"]}
    return {**now, "jobs": jobs, "checks": checks}


def test_the_home_with_everything_has_everything(found):
    everything = found["every kind of record, and a pair"]
    assert {
        "union/weekly_penalties",
        "report/production/reconciliation",
        "report/production/costs",
    } <= everything["assets"].keys()
    assert len(everything["jobs"]) == 10
    assert len(everything["checks"]) > 30
