"""A home with work done, and the command line called in this process."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cost_pipeline.cli import main
from cost_pipeline.commands.common import open_session
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.pull import pull
from cost_pipeline.feeds.production.rates import load_bundled_history
from cost_pipeline.feeds.production.validate import pending, validate_deliveries
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def call() -> Callable[..., Answer]:
    """Call a command as a terminal of a hundred columns would; a defect is raised, not hidden."""

    def run(*arguments: object) -> Answer:
        found = CliRunner().invoke(
            main, [str(a) for a in arguments], catch_exceptions=False, prog_name="cost-pipeline"
        )
        return Answer(found.exit_code, found.stdout, found.stderr)

    return run


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
