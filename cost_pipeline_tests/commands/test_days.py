"""A date that a person writes wrongly is told with the option that it was written for."""

from __future__ import annotations

import pytest

from cost_pipeline_tests.command_line import called


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("days") / "home"
    assert called("init", place).code == 0
    return place


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("audit", "export", "--from", "1.4.2026"), "--from"),
        (("audit", "export", "--to", "April"), "--to"),
        (("fx", "compare", "ecb", "boc", "--since", "2026-4-1"), "--since"),
        (("report", "costs", "--date", "2026-13-01"), "--date"),
    ],
)
def test_a_date_that_is_none_names_its_option(home, words, option):
    found = called(*words, "--home", home)
    assert found.code == 2
    assert f"{words[-1]!r} is not a date" in found.err
    assert option in found.err
    assert "write it as 2026-04-02" in found.err
