"""A receiver for webhooks, loaded by its path."""

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def receivers():
    place = Path(__file__).with_name("receiver.py")
    spec = importlib.util.spec_from_file_location("cost_pipeline_receiver", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
