"""Whatever is wrong: one message with place and remedy, as a document where one was asked for."""

import json

import pytest

ERROR = {"code", "message", "where", "remedy"}


@pytest.mark.parametrize(
    ("arguments", "code", "where"),
    [
        (("run", "--pull-dates", "soon"), "WRONG_USE", "--pull-dates"),
        (("run", "--pull-dates", "2026-04-02..2026-04-01"), "WRONG_USE", "--pull-dates"),
        (("run",), "WRONG_USE", "cost-pipeline run"),
        (("deliveries", "--pull-dates", "2026-13-01"), "WRONG_USE", "--pull-dates"),
        (("dead-letters", "list", "--reason", "NEGATIV"), "NO_SUCH_REASON", "--reason"),
        (("dead-letters", "list", "--vendor", "nobody"), "NO_SUCH_VENDOR", "--vendor"),
        (("dead-letters", "list", "--limit", "0"), "WRONG_USE", "cost-pipeline dead-letters"),
        (("ledger", "trace", "ffffffff"), "NO_SUCH_POSTING", "POSTING"),
        (("ledger", "trace", "x' or '1'='1"), "NO_SUCH_POSTING", "POSTING"),
        (("ledger", "totals", "--hoem", "x"), "WRONG_USE", "cost-pipeline ledger totals"),
        (("fx", "correct", "--date", "2026-04-02"), "WRONG_USE", "cost-pipeline fx correct"),
        (("fx", "correct", "--date", "x", "--file", __file__, "--reason", "y"),
         "WRONG_USE", "--date"),
    ],
)  # fmt: skip
def test_a_wrong_use_is_a_document_and_exit_code_2(arguments, code, where, call, worked):
    found = call(*arguments, "--home", worked, "--json")
    assert (found.code, found.out) == (2, "")
    document = json.loads(found.err)
    assert set(document) == {"error"}
    error = document["error"]
    assert set(error) == ERROR
    assert error["code"] == code
    assert error["where"].startswith(where)
    assert error["message"]
    assert error["remedy"]


def test_an_unknown_command_is_a_document_too(call):
    found = call("leger", "--json")
    assert found.code == 2
    assert json.loads(found.err)["error"]["where"] == "cost-pipeline"


def test_for_people_an_error_is_three_lines(call, tmp_path):
    found = call("ledger", "totals", "--home", tmp_path / "nowhere")
    assert found.code == 2
    assert [line.split(":")[0].strip() for line in found.err.splitlines()] == [
        "error",
        "where",
        "do",
    ]


def test_a_misspelt_name_is_answered_with_the_nearest(call, worked):
    found = call("dead-letters", "list", "--home", worked, "--reason", "NEGATIV_AMOUNT")
    assert "did you mean `NEGATIVE_AMOUNT`?" in found.err
    found = call("dead-letters", "list", "--home", worked, "--vendor", "example_rental")
    assert "did you mean `example_rentals`?" in found.err


def test_a_correction_file_that_is_wrong_is_told_with_its_line_and_writes_nothing(
    call, home, tmp_path
):
    file = tmp_path / "rates.csv"
    before = call("fx", "list", "--home", home, "--json").out
    for text, words in (
        ("currency,rate\nUSD,1,2\n", "rates.csv:2"),
        ("currency,rate\nUSD,-1\n", "rates.csv:2"),
        ("currency,rate\nusd,1.1\n", "rates.csv:2"),
        ("currency,rate\n", ""),
        ("", ""),
        ("<html>", ""),
    ):
        file.write_text(text, encoding="utf-8")
        found = call(
            "fx", "correct", "--home", home, "--date", "2026-03-31", "--file", file,
            "--reason", "test", "--json",
        )  # fmt: skip
        error = json.loads(found.err)["error"]
        assert found.code == 2, (text, error)
        assert str(file) in error["where"]
        assert words in error["where"] + error["message"], (text, error)
    assert call("fx", "list", "--home", home, "--json").out == before


def test_a_changed_byte_in_the_ledger_is_exit_code_1_and_names_the_posting(call, home):
    _change_an_amount(home / "lake" / "tables" / "ledger")
    found = call("ledger", "verify", "--home", home, "--json")
    assert found.code == 1
    document = json.loads(found.out)
    assert document["ok"] is False
    first = document["first_broken"]
    assert set(first) == {
        "transaction_date", "batch", "group", "leaf", "posting", "message", "expected", "found",
    }  # fmt: skip
    assert first["transaction_date"] == "2026-03-31"
    people = call("ledger", "verify", "--home", home)
    assert people.code == 1
    assert first["posting"] in people.out


def _change_an_amount(table):
    import duckdb  # noqa: PLC0415

    (file,) = (table / "transaction_date=2026-03-31").glob("*.parquet")
    changed = file.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.sql(
            "copy (select * replace (original_amount + 1 as original_amount) from "
            f"read_parquet('{file}', hive_partitioning=false)) to '{changed}' (format parquet)"
        )
    changed.replace(file)
