"""A home that is never written to, and vendor files in it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.home.layout import init_home
from cost_pipeline.pipeline.reads import Reads


class House:
    """A home on disk: vendor files are put into it, and read again as a command does."""

    def __init__(self, root: Path) -> None:
        self.root = init_home(root)
        (self.root / "vendors" / "example_rentals.yaml").unlink()

    def put(self, text: str) -> str:
        """Write a vendor file; returns the name of its vendor."""
        name = re.search(r"^vendor: (\w+)", text, re.MULTILINE)
        assert name is not None
        (self.root / "vendors" / f"{name[1]}.yaml").write_text(text, encoding="utf-8")
        return name[1]

    def read(self, name: str):
        """The vendor, and what the home says of its feed."""
        home = load_home(self.root)
        (vendor,) = (one for one in home.vendors if one.vendor == name)
        return vendor, Reads(COST_CONTRACT, home.settings[vendor.feed])


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "home")


@pytest.fixture(scope="session")
def decide() -> Callable[..., str]:
    """What a person does with a first vendor file: gives each open key a value."""

    usual = {
        "production": "P100",
        "dates": '["%d/%m/%Y"]',
        "department_code": '"3300"',
        "gl_code": '"3301"',
        "currency": "EUR",
    }

    def decided(text: str, **values: str) -> str:
        known = {**usual, **values}
        return re.sub(
            r"^( *)(\w+):$",
            lambda found: f"{found[0]} {known[found[2]]}" if found[2] in known else found[0],
            text,
            flags=re.MULTILINE,
        )

    return decided
