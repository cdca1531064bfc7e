"""Days as vendors write them: forms that are declared, and what they may not be read as."""

from datetime import date

import pytest
from pydantic import ValidationError

from cost_pipeline.contracts.date_style import DateStyle
from cost_pipeline.core.reasons import Reason
from cost_pipeline.validate.dates import DateReader, file_name_of

PULLED = date(2026, 4, 1)
NAME = "file:///in/EXTF_2016-06%20(1).csv"

# The style, a text, and the day that it is; None where it is none.
CASES = [
    # Digits without anything between them are all there.
    (["%d%m%Y"], "01042026", "2026-04-01"),
    *(
        (["%d%m%Y"], text, None)
        for text in ("1042026", "1112026", "112026", "0142026", "010420261")
    ),
    (["%Y%m%d"], "20260401", "2026-04-01"),
    (["%Y%m%d"], "2026041", None),
    (["%y%m%d"], "26411", None),
    (["%d%b%Y"], "1APR2026", "2026-04-01"),
    # Times of day.
    (["%Y-%m-%d %H:%M"], "2026-03-30 23:59", "2026-03-30"),
    (["%Y-%m-%d %H:%M:%S.%f"], "2026-03-30 23:59:59.999", "2026-03-30"),
    (["%m/%d/%Y %I:%M %p"], "3/30/2026 12:05 am", "2026-03-30"),
    (["%Y-%m-%d %H:%M"], "2026-03-30 24:01", None),
    (["%m/%d/%Y %I:%M %p"], "3/30/2026 13:05 pm", None),
    # Zones.
    (
        {"forms": ["%Y-%m-%dT%H:%M:%S%z"], "zone": "written"},
        "2026-03-30T23:30:00-08:00",
        "2026-03-30",
    ),
    (
        {"forms": ["%Y-%m-%dT%H:%M:%S%z"], "zone": "local"},
        "2026-03-30T23:30:00-08:00",
        "2026-03-31",
    ),
    (
        {"forms": ["%Y-%m-%dT%H:%M:%S%z"], "zone": "local"},
        "2026-03-31T22:30:00Z",
        "2026-04-01",
    ),
    ({"forms": ["%Y-%m-%dT%H:%M:%S%z"], "zone": "local"}, "2026-03-31T22:30:00", None),
    # Periods.
    ({"forms": ["%Y-%m"], "day": "first"}, "2026-02", "2026-02-01"),
    ({"forms": ["%b %Y"], "day": "last"}, "Feb 2024", "2024-02-29"),
    ({"forms": ["%m/%Y"], "day": "last"}, "13/2024", None),
    # No year.
    ({"forms": ["%d%m"], "year": "2016"}, "2106", "2016-06-21"),
    ({"forms": ["%d%m"], "year": 2016}, "206", None),
    ({"forms": ["%d.%m."], "year": "past"}, "02.04.", "2025-04-02"),
    ({"forms": ["%d.%m."], "year": "past"}, "01.04.", "2026-04-01"),
    ({"forms": ["%d.%m."], "year": "nearest"}, "02.04.", "2026-04-02"),
    ({"forms": ["%d.%m."], "year": "nearest"}, "31.12.", "2025-12-31"),
    ({"forms": ["%d.%m."], "year": "past"}, "29.02.", "2024-02-29"),
    ({"forms": ["%d.%m."], "year": "past"}, "30.02.", None),
    ({"forms": ["%d%m"], "year": "file_name", "file_name": "EXTF_%Y*"}, "2106", "2016-06-21"),
    # Names of months.
    (["%d %b %Y"], "3 Sept 2026", "2026-09-03"),
    (["%d-%b-%y"], "3-SEPT.-26", "2026-09-03"),
    ({"forms": ["%d. %B %Y"], "languages": ["de"]}, "3. März 2026", "2026-03-03"),
    ({"forms": ["%d. %b %Y"], "languages": ["de"]}, "3. Dez. 2026", "2026-12-03"),
    ({"forms": ["%d %B %Y"], "languages": ["fr"]}, "3 AOÛT 2026", "2026-08-03"),
    ({"forms": ["%d %B %Y"], "languages": ["fr"]}, "3 aout 2026", "2026-08-03"),
    ({"forms": ["%d de %B de %Y"], "languages": ["es"]}, "3 de enero de 2026", "2026-01-03"),
    ({"forms": ["%d. %B %Y"], "languages": ["de"]}, "3. March 2026", None),
    ({"forms": ["%d. %B %Y"], "languages": ["de", "en"]}, "3. March 2026", "2026-03-03"),
    (["%d %B %Y"], "3 März 2026", None),
]


def read(style, text, **facts):
    reader = DateReader(DateStyle.model_validate(style), zone="Europe/Berlin", **facts)
    return reader.read(text)


@pytest.mark.parametrize(("style", "text", "expected"), CASES)
def test_a_day_is_read_as_declared_or_not_at_all(style, text, expected):
    found = read(style, text, pulled=PULLED, name=NAME)
    if expected is None:
        assert found.code is Reason.BAD_DATE
    else:
        assert found == date.fromisoformat(expected)


def test_a_name_that_two_languages_give_to_two_months_is_ambiguous():
    style = {"forms": ["%d %b %Y"], "languages": ["hr", "pl"]}
    assert read(style, "3 lis 2026").code is Reason.AMBIGUOUS_DATE


@pytest.mark.parametrize("text", ["2026-03-30", "2026-03-30T23:59:59.999", "2026-03-30T08:00:00"])
def test_a_cell_that_holds_a_day_needs_no_form(text):
    assert read(["%d/%m/%Y"], text, typed=True) == date(2026, 3, 30)
    assert read(["%d/%m/%Y"], text).code is Reason.BAD_DATE


@pytest.mark.parametrize("text", ["46111", "09:30:00", "2026-03-30T23:30:00-08:00"])
def test_a_cell_that_holds_no_day_is_none(text):
    assert read(["%d/%m/%Y"], text, typed=True).code is Reason.BAD_DATE


@pytest.mark.parametrize(
    ("form", "day", "name", "expected"),
    [
        ("costs_%Y%m%d.csv", None, "costs_20260331.csv", "2026-03-31"),
        ("*%Y-%m*", "last", "https://host/x/Costs%202026-02.csv?v=1", "2026-02-28"),
        ("*%d %b %Y*", None, "C:\\drop\\Hire 3 Sept 2026 (1).xlsx", "2026-09-03"),
        ("costs_%Y%m%d.csv", None, "costs_2026331.csv", None),
        ("costs_%Y%m%d.csv", None, "other.csv", None),
    ],
)
def test_a_day_is_taken_from_the_name_of_the_file(form, day, name, expected):
    style = {"file_name": form} | ({"day": day} if day else {})
    found = DateReader(DateStyle.model_validate(style), name=name).of_file()
    if expected is None:
        assert file_name_of(name) in found.message
    else:
        assert found == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("form", "day", "lines", "expected"),
    [
        ("Period ending %d/%m/%Y", None, ["Ashby", "PERIOD  ending 31/03/2026 GBP"], "2026-03-31"),
        ("Period * to %d/%m/%Y", None, ["Period 01/03/2026 to 31/03/2026"], "2026-03-31"),
        ("%d/%m/%Y", None, ["of 31/03/2026", "again 31/03/2026"], "2026-03-31"),
        ("Month: %B %Y", "last", ["Month: February 2024"], "2024-02-29"),
        ("Period ending %d/%m/%Y", None, ["Period ending 31/03/20261"], None),
        ("Period ending %d/%m/%Y", None, ["Period ending 32/03/2026"], None),
        ("Period ending %d/%m/%Y", None, [], None),
    ],
)
def test_a_day_is_taken_from_a_line_above_the_header(form, day, lines, expected):
    style = {"header": form} | ({"day": day} if day else {})
    found = DateReader(DateStyle.model_validate(style)).of_header(lines)
    if expected is None:
        assert found.message == f"no line above the header has a day as {form}"
    else:
        assert found == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "lines",
    [
        ["Period ending 31/03/2026", "Period ending 30/04/2026"],
        ["Period ending 31/03/2026, Period ending 30/04/2026"],
    ],
)
def test_lines_above_the_header_that_contradict_each_other_are_refused(lines):
    style = DateStyle.model_validate({"header": "Period ending %d/%m/%Y"})
    found = DateReader(style).of_header(lines)
    assert found.code is Reason.BAD_DATE
    assert "'Period ending 31/03/2026' and 'Period ending 30/04/2026'" in found.message


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ({"header": "Period %d/%m"}, "`header`: .* does not hold a year"),
        ({"header": "Period %Y"}, "`header`: .* does not hold a month"),
        ({"header": "Period %m/%Y"}, "`header`: .* holds no day"),
        ({"header": "%d/%m/%Y", "file_name": "%Y%m%d.csv"}, "both say the day"),
        ({"forms": ["%Y-%m"]}, "declare `day: first`"),
        ({"forms": ["%d%m"]}, "declare `year:`"),
        ({"forms": ["%Y-%m-%dT%H:%M%z"]}, "declare `zone: written`"),
        ({"zone": "written"}, "no form needs it"),
        ({"day": "last"}, "no form needs it"),
        ({"year": "past"}, "no form needs it"),
        ({"languages": ["de"]}, "no form needs it"),
        ({"forms": ["%d %b %Y"], "languages": ["klingon"]}, "not a language"),
        ({"forms": ["%d%m"], "year": "file_name"}, "needs `file_name`"),
        ({"file_name": "costs_%m"}, "does not hold a year"),
        ({"file_name": "costs_%Y"}, "does not hold a month"),
        ({"file_name": "costs_%Y%m"}, "holds no day"),
        ({"forms": []}, "at least one"),
    ],
)
def test_what_a_style_lacks_is_told(style, words):
    with pytest.raises(ValidationError, match=words):
        DateStyle.model_validate(style)


def test_a_plain_list_of_forms_is_dumped_as_it_was_before_there_were_styles():
    assert DateStyle.model_validate(["%d/%m/%Y"]).model_dump(mode="json") == ["%d/%m/%Y"]
    assert DateStyle.model_validate({"forms": ["%Y-%m"], "day": "last"}).model_dump() == {
        "forms": ["%Y-%m"],
        "day": "last",
    }
