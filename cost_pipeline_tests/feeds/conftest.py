"""The door, as fixtures; it is loaded by its path because test folders are not packages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from cost_pipeline_tests.feeds.desk import Desk

DOOR = Path(__file__).with_name("door.py")


def _load():
    if "cost_pipeline_door" not in sys.modules:
        spec = importlib.util.spec_from_file_location("cost_pipeline_door", DOOR)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules["cost_pipeline_door"]


@pytest.fixture(scope="session")
def door():
    """Builders of homes and readers of lakes."""
    return _load()


@pytest.fixture
def house(door, tmp_path):
    """A home with all the door's vendors and three days of rates."""
    return door.House(tmp_path / "home")


@pytest.fixture
def desk(house, door):
    """An accountant's desk beside the house."""
    return Desk(house, door)


@pytest.fixture(params=["once", pytest.param("at any step", marks=pytest.mark.proof)])
def kills(request):
    """Chooses of the steps of a run those to kill it at: half way, and in `make proof` each."""
    if request.param == "once":
        return lambda steps: steps[len(steps) // 2 :][:1]
    return list


@pytest.fixture(scope="session")
def portal():
    """The module with the loopback API."""
    place = DOOR.with_name("portal.py")
    spec = importlib.util.spec_from_file_location("cost_pipeline_feeds_portal", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def api(portal):
    """An API with three invoices, open while the test runs."""
    with portal.Api(items=[portal.item(n) for n in range(1, 4)]) as opened:
        yield opened


@pytest.fixture
def fetching(door, api, tmp_path):
    """A home with one vendor, behind that API."""
    made = door.House(tmp_path / "fetching", ())
    made.vendor_file("api", api.vendor())
    return made
