"""A home with work done, and the command line called in this process."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rates import load_bundled_history
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline_tests.command_line import Ended, called


@pytest.fixture(scope="session")
def call() -> Callable[..., Ended]:
    """Call a command in this process."""
    return called


@pytest.fixture(scope="session")
def worked(tmp_path_factory) -> Path:
    """The home of `init` with its example pulled, validated and posted. Not to be changed."""
    home = init_home(tmp_path_factory.mktemp("worked") / "home")
    session = open_session(home)
    load_bundled_history(session)
    day = date.fromisoformat(EXAMPLE_PULL_DATE)
    pull(session, session.home.vendors, day)
    validate_deliveries(session, pending(session, session.home.vendors, day))
    post(session, present_inputs(session))
    return home


@pytest.fixture
def home(worked, tmp_path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(worked, tmp_path / "home"))
