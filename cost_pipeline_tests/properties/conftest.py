"""The door of `feeds`, and the naive model of posting that the product is held against."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def _load(name, path):
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def door():
    """Builders of homes and readers of lakes."""
    return _load("cost_pipeline_door", HERE.parent / "feeds" / "door.py")


@pytest.fixture(scope="session")
def model():
    """What should become of generated rows, worked out row by row."""
    return _load("cost_pipeline_posting_model", HERE / "posting_model.py")


@pytest.fixture(scope="session")
def new_house(door, tmp_path_factory):
    """Makes houses: hypothesis runs many examples in one test."""
    return lambda **given: door.House(tmp_path_factory.mktemp("house") / "home", **given)
