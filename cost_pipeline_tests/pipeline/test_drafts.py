"""A first vendor file is a vendor file: decided, it loads and reads the export it came from."""

import re
from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.feeds.all import problems
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.home.document import read_document
from cost_pipeline.home.draft import DECIDE, Entry, draft_yaml
from cost_pipeline.parse.rows import Refused
from cost_pipeline.pipeline.guessing.guess import guess
from cost_pipeline.pipeline.trying.reading import try_file
from cost_pipeline_tests.feeds_sample.meters import CONTRACT as METERS
from cost_pipeline_tests.pipeline.exports import EXPORTS
from cost_pipeline_tests.pipeline.exports_later import LATER
from cost_pipeline_tests.pipeline.exports_unseen import UNSEEN

EVERY = EXPORTS | LATER | UNSEEN
PULLED = date(2026, 4, 1)
CURRENCY = {"british bank": "GBP", "netsuite": "USD", "wave": "USD"}
ROWS = {
    **dict.fromkeys(["lexware", "freshbooks", "stripe payouts", "wise", "swiss program", "an api",
                     "a ruled listing", "a workbook with a title", "a UBL invoice"], 2),
    **dict.fromkeys(["myob", "wave", "concur"], 4),
}  # fmt: skip
"""How many rows an export has besides headings, sums and remarks; three if it is not here."""
LEFT_OPEN = {
    # Why a decided draft still refuses a row of its own export.
    "sap list": {"BAD_AMOUNT"},  # its credit has a minus and an H
}


@pytest.mark.parametrize("name", EVERY)
def test_a_decided_draft_loads_and_reads_its_export(name, house, decide, tmp_path):
    export = EVERY[name]
    file = tmp_path / export.name
    file.write_bytes(export.content)
    found = guess(file, COST_CONTRACT, scopes=["P100"])
    assert not isinstance(found, Refused)
    draft = decide(found.yaml, currency=CURRENCY.get(name, "EUR"))
    vendor, reads = house.read(house.put(draft))
    tried = try_file(reads, vendor, file, pull_date=PULLED)
    assert tried.whole is None
    assert tried.missing == {}
    assert tried.accepted, tried.refusals
    assert {one.code for one in tried.refusals} == LEFT_OPEN.get(name, set())
    assert tried.accepted + tried.refused == ROWS.get(name, 3)
    assert tried.unread == ()


def test_what_is_open_stops_the_load_at_its_line(house, tmp_path):
    file = tmp_path / "daybook.csv"
    file.write_text("Ref,Date,Gross\nA1,01/02/2026,1.00\nA2,03/04/2026,2.00\n", encoding="utf-8")
    found = guess(file, COST_CONTRACT)
    assert not isinstance(found, Refused)
    house.put(found.yaml)
    told = problems(house.root)
    lines = found.yaml.splitlines()
    assert {lines[one.line - 1].strip() for one in told} == {
        "production:", "dates:", "department_code:", "gl_code:", "currency:",
    }  # fmt: skip
    assert all(one.message.endswith("has no value") for one in told)
    for key in ("production", "dates", "constants.gl_code", "constants.currency"):
        assert key in found.open


DATES = {
    "a day over 12 decides": (["03/04/2026", "25/04/2026"], ["%d/%m/%Y"]),
    "a month first decides": (["03/04/2026", "04/25/2026"], ["%m/%d/%Y"]),
    "nothing decides": (["03/04/2026", "05/06/2026"], None),
    "a year first is ISO": (["2026-03-04"], ["%Y-%m-%d"]),
    "names of months": (["3 Apr 2026", "25 May 2026"], ["%d %b %Y"]),
    "German names": (["3. März 2026", "25. Mai 2026"], {"forms": ["%d. %b %Y"],
                                                        "languages": ["de"]}),
    "times": (["2026-03-04T10:11:12", "2026-03-05T10:11:12"], ["%Y-%m-%dT%H:%M:%S"]),
    "two forms": (["2026-03-04", "2026-03-05", "2026-03-05", "25.03.2026"],
                  ["%Y-%m-%d", "%d.%m.%Y"]),
    "digits alone": (["20260304", "20260325"], ["%Y%m%d"]),
    "a time zone": (["2026-03-04T10:11:12Z"], {"forms": ["%Y-%m-%dT%H:%M:%S%z"],
                                               "zone": "written"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DATES)
def test_the_values_of_a_column_decide_its_form_or_leave_it_open(name, tmp_path):
    texts, forms = DATES[name]
    assert drafted(tmp_path, "Date", texts)["dates"] == forms


def test_another_column_may_decide_what_one_leaves_open(tmp_path):
    file = tmp_path / "two.csv"
    file.write_text(
        "Id,Date,Due,Net\nA1,03/04/2026,25/04/2026,1.00\nA2,05/04/2026,28/04/2026,2.00\n",
        encoding="utf-8",
    )
    found = guess(file, COST_CONTRACT)
    assert not isinstance(found, Refused)
    assert yaml.safe_load(found.yaml)["dates"] == ["%d/%m/%Y"]
    assert "another column of days tells %d/%m/%Y from %m/%d/%Y" in found.yaml


NUMBERS = {
    "a point": (["1234.50", "2.00"], {"decimal": "."}),
    "a comma": (["1234,50", "2,00"], {"decimal": ","}),
    "thousands": (["1,234.50", "2.00"], {"decimal": ".", "thousands": ","}),
    "points between thousands": (["1.234,50", "2,00"], {"decimal": ",", "thousands": "."}),
    "blanks": (["1 234,50", "2,00"], {"decimal": ",", "thousands": "space"}),
    "apostrophes": (["1'234.50"], {"decimal": ".", "thousands": "apostrophe"}),
    "lakhs": (["12,34,567.50", "2.00"], {"decimal": ".", "thousands": ",",
                                         "grouping": "indian"}),
    "signs": (["€1.00", "€2.50"], {"decimal": ".", "symbols": ["€"]}),
    "minuses behind": (["1.00-", "2.50", "3.75"], {"decimal": ".", "negatives": ["trailing"]}),
    "brackets": (["(1.00)", "2.50", "3.75"], {"decimal": ".", "negatives": ["parentheses"]}),
    "whole ones": (["1", "20"], {"decimal": "."}),
    "nothing decides": (["1.234", "2.500"], None),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_the_values_of_a_column_decide_how_numbers_are_written(name, tmp_path):
    texts, style = NUMBERS[name]
    assert drafted(tmp_path, "Amount", texts)["numbers"] == style


def drafted(folder, column, texts):
    """The draft for a file with a column of these texts."""
    rest = {"Date": "Amount", "Amount": "Date"}[column]
    usual = {"Date": "2026-03-25", "Amount": "1.00"}[rest]
    rows = [f"A{n};{usual};{text}" for n, text in enumerate(texts)]
    file = folder / "one.csv"
    file.write_text("\n".join([f"Id;{rest};{column}", *rows, ""]), encoding="utf-8")
    found = guess(file, COST_CONTRACT)
    assert not isinstance(found, Refused)
    return yaml.safe_load(found.yaml)


def test_a_feed_brings_the_names_of_its_fields(tmp_path):
    file = tmp_path / "meters.csv"
    file.write_text(
        "Reading_Id;Read on;Meter;Used;Unit\nR-1;2026-03-01;E1;12,5;kWh\n"
        "R-2;2026-03-02;W1;3,25;m3\n",
        encoding="utf-8",
    )
    found = guess(file, METERS, scopes=["LOT-7"])
    assert not isinstance(found, Refused)
    assert found.fields == {
        "reading_id": "Reading_Id", "read_on": "Read on", "meter": "Meter", "used": "Used",
        "unit": "Unit",
    }  # fmt: skip
    draft = yaml.safe_load(found.yaml)
    assert (draft["feed"], draft["record"], draft["lot"]) == ("meters", "reading", "LOT-7")


NOT_GUESSED = {
    "nothing": (b"", "is empty"),
    "a page": (b"<!DOCTYPE html><html><body>Log in</body></html>", "HTML page"),
    "XML": (b'<?xml version="1.0"?><a><b/></a>', "no elements with elements in them"),
    "prose": (b"Dear all\nplease find the bills below\nRegards\n", "no delimiter in common"),
    "JSON without rows": (b'{"status": "ok"}', "no list of objects"),
    "binary": (b"abc\0\1\2def\n" * 20, "NUL"),
    "a broken workbook": (b"PK\x03\x04nothing else", ""),
}


@pytest.mark.parametrize("name", NOT_GUESSED)
def test_a_file_of_which_nothing_can_be_said_gets_a_sentence(name, tmp_path):
    content, words = NOT_GUESSED[name]
    file = tmp_path / "odd"
    file.write_bytes(content)
    found = guess(file, COST_CONTRACT)
    assert isinstance(found, Refused)
    assert words in found.message
    assert "\n" not in found.message


@given(content=st.binary(max_size=300))
def test_any_bytes_get_a_draft_or_a_sentence(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("bytes") / "any.csv"
    file.write_bytes(content)
    found = guess(file, COST_CONTRACT)
    assert isinstance(found, Refused) or isinstance(yaml.safe_load(found.yaml), dict)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


@given(names=st.lists(TEXTS, min_size=1, max_size=30), note=TEXTS)
def test_whatever_a_draft_writes_is_read_again_as_it_is(tmp_path_factory, names, note):
    file = tmp_path_factory.mktemp("draft") / "x.yaml"
    entries = [
        Entry(("ignore",), names, (note,), note),
        Entry(("format", "records"), names[0]),
        Entry(("format", "layout"), {"columns": [{"name": name} for name in names]}),
    ]
    text = draft_yaml(["the head", note], entries)
    file.write_text(text, encoding="utf-8", newline="")
    document = read_document(file, "x.yaml")
    assert document.problems == []
    assert document.value == {
        "ignore": names,
        "format": {"records": names[0], "layout": {"columns": [{"name": n} for n in names]}},
    }


def test_comments_fit_a_screen_and_say_where_to_decide():
    text = draft_yaml([], [Entry(("a", "b"), None, (), "word " * 60)])
    assert max(map(len, text.splitlines())) <= 80
    assert len(re.findall(f"# {DECIDE}", text)) == 1
    assert text.splitlines()[-1] == "  b:"
