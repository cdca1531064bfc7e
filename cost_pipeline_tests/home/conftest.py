"""A home on disk that tests edit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cost_pipeline.home.layout import init_home

VENDOR = "vendors/example_rentals.yaml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return init_home(tmp_path / "home")


@pytest.fixture
def edit(home: Path) -> Callable[..., None]:
    """Replace a text in a file of the home; the text must be there."""

    def replace(old: str, new: str, file: str = VENDOR) -> None:
        text = (home / file).read_text(encoding="utf-8")
        assert old in text
        (home / file).write_text(text.replace(old, new), encoding="utf-8")

    return replace
