"""`sql`: a select over the views, for people and for machines; nothing else is run, or changed."""

import csv
import io
from contextlib import redirect_stdout
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.commands.sql_table import MOST, show
from cost_pipeline.core.people import money


@pytest.fixture
def ask(call, worked):
    """Ask the home of `init` something."""
    return lambda statement, *options: call("sql", statement, "--home", worked, *options)


def test_a_table_has_money_apart_and_is_within_eighty_columns(ask):
    done = ask(
        "select production, original_currency, sum(base_amount) as total from ledger group by all"
    )
    assert done.out.splitlines() == [
        "production  original_currency     total",
        "P100        GBP                2,128.42",
    ]
    costs = ask("from costs order by gl_code").out
    assert max(map(len, costs.splitlines())) <= 80
    assert "1,608.75" in costs
    assert "2,128.42" in costs


def test_what_is_wider_than_that_is_shown_a_row_below_the_other(ask):
    lines = ask("from ledger order by transaction_id limit 1").out.splitlines()
    assert lines[0] == "row 1"
    assert max(map(len, lines)) <= 80
    assert "  original_amount     1,250.00" in lines


def test_json_and_csv_have_every_digit_and_every_row(ask):
    found = ask("from costs", "--json").json()
    assert found == [
        {
            "production": "P100", "gl_code": "3301", "department_code": "3300",
            "vendor": "example_rentals", "original_currency": "GBP", "base_currency": "USD",
            "postings": 3, "original_amount": "1608.7500", "base_amount": "2128.4200",
        }
    ]  # fmt: skip
    names = "gl_code, base_amount, po_number, transaction_date"
    said = ask(f"select {names} from ledger order by transaction_date", "--csv").out
    rows = list(csv.reader(io.StringIO(said)))
    assert rows[0] == ["gl_code", "base_amount", "po_number", "transaction_date"]
    assert rows[1] == ["3301", "1653.7400", "PO-77", "2026-03-30"]
    many = f"select * from range({2 * MOST})"
    assert len(ask(many, "--csv").out.splitlines()) == 2 * MOST + 1
    assert len(ask(many, "--json").json()) == 2 * MOST
    shown = ask(many).out.splitlines()
    assert len(shown) == MOST + 2
    assert shown[-1].startswith(f"... only the first {MOST} rows")


def test_values_of_every_kind_are_written(ask):
    statement = (
        "select 1 as a, 2 as a, null as n, true as b, [1, 2] as l, {'x': 1.50} as s, "
        "'nan'::double as f, timestamptz '2026-04-01 10:00:00+02' as t, 1.5::double as g"
    )
    assert ask(statement, "--json").json() == [
        {
            "a": 1, "a_1": 2, "n": None, "b": True, "l": [1, 2], "s": {"x": "1.50"}, "f": None,
            "t": "2026-04-01T08:00:00.000000Z", "g": 1.5,
        }
    ]  # fmt: skip
    assert ask("select true as b, [1] as l, null as n", "--csv").out == "b,l,n\ntrue,[1],\n"
    assert ask("select 1 where false").out.splitlines()[-1] == "no rows"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "from glob('/etc/*')",
        "from sniff_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "from read_parquet('{home}/lake/tables/deliveries/*/*.parquet')",
        "from ledger union all by name from read_csv('{home}/lake/lake.json')",
        "copy (from ledger) to '{home}/x.csv'",
        "set threads = 1",
        "reset enable_external_access",
        "install httpfs",
        "load httpfs",
        "attach '{home}/x.db'",
        "pragma database_list",
        "call pragma_version()",
        "create table x as from ledger",
        "insert into ledger from ledger",
        "delete from ledger",
        "drop view ledger",
        "select 1; select 2",
        "",
    ],
)
def test_nothing_but_a_select_over_the_views_is_run(ask, worked, statement):
    done = ask(statement.replace("{home}", str(worked)), "--json")
    assert done.code == 2
    assert done.out == ""
    error = done.error()
    assert error["code"] == "BAD_SQL"
    assert error["remedy"]
    assert "\n" not in error["message"]
    assert not (worked / "x.csv").exists()


@pytest.mark.parametrize(
    ("statement", "message", "remedy"),
    [
        ("selec 1", 'syntax error at or near "selec"', "the views are ledger"),
        ("select amout from ledger", 'column "amout" not found', "Candidate bindings"),
        ("from ledgers", "Table with name ledgers does not exist", "the views are ledger"),
        ("select vendor::int from ledger", "Could not convert string", "describe VIEW"),
        ("from read_csv('/etc/passwd')", "reads the views of the home and no file", "the views"),
        ("drop view ledger", "only one select is answered, and this is DROP", "begins with"),
    ],
)
def test_a_mistake_is_one_sentence_with_what_to_do(ask, statement, message, remedy):
    done = ask(statement)
    assert (done.code, done.out) == (2, "")
    first, *_, last = done.err.splitlines()
    assert message in first
    assert remedy in last
    assert len(done.err.splitlines()) <= 3


def test_asking_changes_no_byte_of_the_home(home, call):
    for noted in home.rglob("_checksums"):
        noted.unlink()
    before = {p: p.read_bytes() for p in home.rglob("*") if p.is_file()}
    for view in ("ledger", "records", "dead_letters", "deliveries", "findings", "costs"):
        assert call("sql", f"select count(*) as n from {view}", "--home", home).code == 0
    assert call("sql", "show tables", "--home", home).code == 0
    assert {p: p.read_bytes() for p in home.rglob("*") if p.is_file()} == before


def test_views_are_the_same_as_in_a_notebook(ask):
    joined = "select sum(l.base_amount) = any_value(c.total) as tied from ledger l, "
    assert ask(f"{joined}(select sum(base_amount) as total from costs) c", "--json").json() == [
        {"tied": True}
    ]
    shouted = 'SELECT count(*) AS n FROM LEDGER JOIN "costs" ON LEDGER.gl_code = "costs".gl_code'
    assert ask(shouted, "--json").json() == [{"n": 3}]
    letters = ask("select state, count(*) as n from dead_letters group by all", "--json").json()
    assert letters == [{"state": "open", "n": 1}]
    (delivery,) = ask("select rows, posted, dead_letters from deliveries", "--json").json()
    assert delivery == {"rows": 4, "posted": 3, "dead_letters": 1}


def test_both_kinds_of_output_are_one_too_many(ask):
    done = ask("from costs", "--json", "--csv")
    assert (done.code, done.error()["code"]) == (2, "WRONG_USE")


_AMOUNTS = st.decimals(-(10**12), 10**12, places=4, allow_nan=False)
_TEXTS = st.text("abcdefgh ÄÖ世界[]\x1b\n", max_size=40)


@given(st.lists(st.tuples(_TEXTS, _AMOUNTS, _TEXTS, _AMOUNTS), min_size=1, max_size=5))
def test_whatever_is_shown_fits_and_no_amount_is_cut(rows):
    said = io.StringIO()
    kinds = [pa.string(), pa.decimal128(20, 4), pa.string(), pa.decimal128(20, 4)]
    with redirect_stdout(said):
        show(["description", "original_amount", "department_code", "base_amount"], kinds, rows)
    assert all(len(line) <= 80 for line in said.getvalue().splitlines())
    assert "\x1b" not in said.getvalue()
    for _, first, _, second in rows:
        assert money(Decimal(first)) in said.getvalue()
        assert money(Decimal(second)) in said.getvalue()
