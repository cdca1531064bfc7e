"""`report costs`: a table within 80 columns, files, JSON, and clear words for what cannot be."""

import json

import pytest


@pytest.fixture
def costs(call, worked):
    return lambda *words: call("report", "costs", "--home", worked, *words)


def test_the_table_has_money_with_its_currency_within_80_columns(costs, worked):
    found = costs("--date", "2026-04-30")
    assert found.code == 0
    lines = found.out.splitlines()
    assert max(len(line) for line in lines[:-1]) <= 80
    assert lines[0].startswith("costs to 2026-04-30, period 2026-04, as known at ")
    assert lines[1] == "movement is not known: no report of an earlier date was kept"
    (total,) = [line for line in lines if line.startswith("total")]
    assert total.split()[:3] == ["total", "USD", "2,128.42"]
    assert any(line.startswith("at risk    ") for line in lines)
    assert lines[-1].endswith("to the cent")
    assert not (worked / "lake" / "tables" / "cost_reports").exists(), "looking keeps nothing"


def test_json_has_exact_texts_and_the_ledger_says_the_same(costs, call, worked):
    document = json.loads(costs("--date", "2026-04-30", "--json").out)
    totals = json.loads(call("ledger", "totals", "--home", worked, "--json").out)
    (one,) = [p for p in document["productions"] if p["base_currency"]]
    assert {one["base_currency"]: one["posted_to_date"]} == totals["base"]
    assert document["tied"] is True
    assert document["movement_since"] is None
    assert {line["budget"] for line in document["lines"]} == {None}


def test_files_are_written_once_each_and_the_same_again(costs, tmp_path):
    first = costs("--date", "2026-04-30", "--out", tmp_path / "a", "--json")
    instant = json.loads(first.out)["as_of"]
    again = costs("--date", "2026-04-30", "--as-of", instant, "--out", tmp_path / "b")
    assert again.code == 0
    names = sorted(file.name for file in (tmp_path / "a").iterdir())
    assert names == [f"costs-2026-04-30.{kind}" for kind in ("html", "parquet", "xlsx")]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--date", "2100-01-01"), "the report date 2100-01-01 has not come: today is "),
        (("--as-of", "2100-01-01"), "has not come, so nobody knows what will be known"),
        (("--date", "2020-01-01"), "nothing was posted up to 2020-01-01"),
        (("--as-of", "2020-01-01"), "nothing was posted up to "),
        (("--production", "P9"), "'P9' is not a production of this home"),
        (("--date", "1 May"), "'1 May' is not a date"),
        (("--as-of", "May"), "'May' is neither a date nor an instant"),
    ],
)
def test_what_cannot_be_reported_ends_with_2_and_what_to_do(costs, words, said):
    found = costs(*words)
    assert found.code == 2
    assert said in found.err
    assert "do:" in found.err


def test_a_file_in_the_place_of_the_folder_is_refused(costs, tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    found = costs("--date", "2026-04-30", "--out", tmp_path / "file")
    assert found.code == 2
    assert "files are written into a folder, and this is a file" in found.err
