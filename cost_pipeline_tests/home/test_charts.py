"""Charts of accounts in a home: what is read of them, and every mistake with file and line."""

from datetime import date

import pytest

from cost_pipeline.contracts.charts import Account
from cost_pipeline.contracts.production import Productions
from cost_pipeline.feeds.all import load_home, problems

SETTINGS = "productions.yaml"
FILE = "charts/main.csv"
GOOD = """\
gl_code,title,department_code,from,until
2000-01,Camera hire,2000,,
3301,Set dressing,,2026-01-01,2026-12-31
"""


@pytest.fixture
def charted(home, edit):
    """The example with a chart for its production."""

    def write(content=GOOD, name=FILE):
        edit("    base_currency:", f"    chart: {name}\n    base_currency:", SETTINGS)
        if content is not None:
            (home / FILE).parent.mkdir()
            data = content if isinstance(content, bytes) else content.encode()
            (home / FILE).write_bytes(data)
        return home

    return write


def test_a_chart_is_read_with_the_settings(charted):
    read = load_home(charted()).settings_of(Productions)
    (production,) = read.productions.values()
    assert production.accounts.file == FILE
    assert production.accounts.accounts == (
        Account("2000-01", "2000"),
        Account("3301", "", date(2026, 1, 1), date(2026, 12, 31)),
    )


def test_the_codes_alone_are_a_chart(charted):
    home = charted("GL_code\n2000-01\n\n3301\n")
    (production,) = load_home(home).settings_of(Productions).productions.values()
    assert production.accounts.accounts == (Account("2000-01"), Account("3301"))
    assert not production.accounts.is_dated


BAD = {
    "an unknown heading": (GOOD.replace("until", "to"), 1, "`to` is not one of a chart"),
    "no codes": ("title\nCamera\n", 1, "the heading `gl_code` is missing"),
    "no rows": ("gl_code,title\n", 1, "no accounts"),
    "a code that is none": (GOOD + "33O1,,,,\n", 4, "`gl_code` cannot be `33O1`"),
    "a department that is none": (GOOD + "3302,,CAM,,\n", 4, "`department_code` cannot be `CAM`"),
    "a row without a code": (GOOD + ",Lost,,,\n", 4, "has no `gl_code`"),
    "a code twice": (GOOD + "2000-01,Again,2000,,\n", 4, "is there twice (first in line 2)"),
    "a code twice on a day": (GOOD + "3301,,,2026-12-31,\n", 4, "twice (first in line 3)"),
    "a day that is none": (GOOD + "3302,,,1.4.2026,\n", 4, "`from` cannot be `1.4.2026`"),
    "a day in short": (GOOD + "3302,,,,20260401\n", 4, "`until` cannot be `20260401`"),
    "days the wrong way round": (GOOD + "3302,,,2026-04-02,2026-04-01\n", 4, "which is before"),
    "not UTF-8": (GOOD.encode() + b"3302,caf\xe9,,,\n", 4, "is not UTF-8 text"),
    "not CSV": (GOOD + '"3302\n', 4, "is not CSV"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_in_a_chart_is_told_with_its_line(charted, name):
    content, line, words = BAD[name]
    (problem,) = problems(charted(content))
    assert (problem.file, problem.line) == (FILE, line)
    assert words in problem.message


def test_the_same_account_may_come_again_on_other_days_or_for_another_department(charted):
    home = charted(GOOD + "3301,,,2027-01-01,\n2000-01,,3300,,\n")
    assert problems(home) == []


def test_a_chart_that_is_not_there_is_told_where_it_is_named(charted):
    home = charted(None)
    (problem,) = problems(home)
    text = (home / SETTINGS).read_text(encoding="utf-8").splitlines()
    assert problem.file == SETTINGS
    assert "chart:" in text[problem.line - 1]
    assert problem.message == f"there is no file `{FILE}` in the home"
