"""The parts of guessing by themselves: lists and elements, kinds of records, furniture."""

import pytest
import yaml

from cost_pipeline.contracts.listing import Patterns
from cost_pipeline.contracts.paths import JSON_MARKS, XML_MARKS
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse.rows import Refused
from cost_pipeline.parse.xml_outline import xml_outline
from cost_pipeline.pipeline.guessing.guess import Guessed, guess
from cost_pipeline.pipeline.guessing.mixed import find_kinds
from cost_pipeline.pipeline.guessing.nested import whole_names
from cost_pipeline.pipeline.guessing.tables import Row


def drafted(folder, name, text):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = guess(file, COST_CONTRACT, scopes=["P100"])
    assert isinstance(found, Guessed), found
    return yaml.safe_load(found.yaml)


@pytest.mark.parametrize(
    ("unread", "read", "marks", "ignored"),
    [
        (["tax.amount", "tax.rate", "note"], ["net.amount"], JSON_MARKS, ["tax", "note"]),
        (["net.tax"], ["net.amount"], JSON_MARKS, ["net.tax"]),
        (["^.id", "^.who.name"], ["id"], JSON_MARKS, []),
        (["^.id", "^.who.name"], ["^.day"], JSON_MARKS, ["^.id", "^.who"]),
        (["Amt/@Ccy", "Sts/Cd"], ["Amt"], XML_MARKS, ["Amt/@Ccy", "Sts"]),
        (["../Id", "../../Day"], ["../Day"], XML_MARKS, ["../Id"]),
    ],
)
def test_what_nothing_is_read_of_is_ignored_as_a_whole(unread, read, marks, ignored):
    assert whole_names(unread, read, marks) == ignored


def records(text):
    return [Row(n, line.split("|"), n) for n, line in enumerate(text.split(), 1)]


MIXED = {
    "counts and totals": (
        "H|1|2 D|1|x|1.00 D|2|x|2.50 T|2|3.50",
        {"uses": {"H": "header", "D": "row", "T": "trailer"},
         "count": 2, "counts": "rows", "total": 3},
    ),
    "records of others are counted, too": (
        "H|1 D|1|x|1.00 P|9 D|2|x|2.50 T|3",
        {"uses": {"H": "header", "D": "row", "P": "other", "T": "trailer"},
         "count": 2, "counts": "records"},
    ),
    "all lines are counted": (
        "D|1|x|1.00 D|2|x|2.50 T|3",
        {"uses": {"D": "row", "T": "trailer"}, "count": 2, "counts": "lines"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_kinds_of_records_are_told_by_the_first_cell(name):
    text, kinds = MIXED[name]
    found = find_kinds(records(text), whole=True)
    assert found is not None
    assert found.value == kinds


def test_in_a_file_that_goes_on_nothing_is_the_last_record():
    found = find_kinds(records("H|1 D|1|x|1.00 D|2|x|2.50 X|2"), whole=False)
    assert found is not None
    assert found.uses["X"] == "other"


@pytest.mark.parametrize(
    "text",
    [
        "10|a|1.00 10|b|2.00 20|c|3.00 20|d|4.00",  # a table whose first column has codes
        "Dept|Text|Amount 10|a|1.00 10|b|2.00 20|c|3.00 Total|6.00",
        "1|a|1.00 2|b|2.00 3|c|3.00 Total|6.00",
        "D|1|x D|2|y|z T|2",  # its rows have two widths
        "Licht-Süd|1 Licht-Süd|2 T|1|2",
    ],
)
def test_a_table_of_one_shape_is_no_mixture(text):
    assert find_kinds(records(text), whole=True) is None


LISTING = """
Costs of March
Id,Date,Amount,Text
A1,2026-03-01,1.00,lamp
A2,2026-03-02,2.00,Total station rental
A3,2026-03-03,3.00,page 1 of script
Opening balance,,,
Page 1 of 2
Total week 9,,6.00,
A4,2026-03-04,4.00,Opening night
Total week 10,,4.00,
Grand total,,10.00,
"""


def test_furniture_is_proposed_and_fits_no_row_of_the_table(tmp_path):
    form = drafted(tmp_path, "costs.csv", LISTING.lstrip())["format"]
    fit = Patterns(form["furniture"]).fit
    lines = [" ".join(filter(None, line.split(","))) for line in LISTING.split("\n")]
    assert [line for line in lines if fit(line)] == [
        "Opening balance", "Page 1 of 2", "Total week 9 6.00", "Total week 10 4.00",
    ]  # fmt: skip
    assert form["control_total"] == {"column": "amount"}
    assert form["header_within"] == 2


def test_the_list_with_the_most_known_names_holds_the_records(tmp_path):
    draft = drafted(
        tmp_path,
        "x.json",
        '{"log": [{"a": 1}, {"a": 2}, {"a": 3}], "bills": [{"id": "b", "lines": ['
        '{"date": "2026-03-01", "amount": "1.00", "currency": "USD"}]}]}',
    )
    assert draft["format"]["records"] == "bills[].lines[]"
    assert draft["columns"]["transaction_id"] == ["^.id"]


def test_polish_letters_and_pound_signs_are_told_apart(tmp_path):
    polish = drafted(tmp_path, "a.csv", "Id,Text,Kwota\n1,Światło,1.00\n".encode("cp1250"))
    british = drafted(tmp_path, "b.csv", "Id,Text,Amount\n1,Café,£1.00\n".encode("cp1252"))
    assert polish["format"]["encodings"] == ["cp1250"]
    assert british["format"]["encodings"] == ["cp1252"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<a", "is not XML"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a><b/></a>", "document type"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "klingon"),
    ],
)
def test_what_is_no_document_gets_a_sentence(text, words, tmp_path):
    file = tmp_path / "a.xml"
    file.write_bytes(text)
    found = xml_outline(file)
    assert isinstance(found, Refused)
    assert words in found.message


def test_what_stands_before_a_fault_is_seen(tmp_path):
    file = tmp_path / "a.xml"
    file.write_bytes(b"<a><b><c>1</c><c>2</c></b><b x='1'></a>")
    found = xml_outline(file)
    assert not isinstance(found, Refused)
    assert {"/".join(steps): (part.count, part.most) for steps, part in found.items()} == {
        "a": (1, 1), "a/b": (2, 2), "a/b/c": (2, 2),
    }  # fmt: skip
