"""What the product borrows from DuckDB, or keeps away from, with the case that shows it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.columns import query, session


def test_an_empty_list_of_files_is_an_error():
    # So the lake reads an empty Arrow table where a predicate leaves no file.
    with pytest.raises(duckdb.Error), session() as connection:
        connection.sql("select * from read_parquet([])").fetchall()


def test_a_cursor_keeps_the_time_zone_set_globally():
    instant = pa.table(
        {"written": pa.array([datetime(2026, 4, 7, tzinfo=UTC)], pa.timestamp("us", "UTC"))}
    )
    for _ in range(2):
        with session() as connection:
            assert connection.sql("select current_setting('TimeZone')").fetchall() == [("UTC",)]
        found = query("select written::varchar as text, written from instant", instant=instant)
        assert found["text"].to_pylist() == ["2026-04-07 00:00:00+00"]
        assert found.schema.field("written").type == pa.timestamp("us", "UTC")


def test_what_one_cursor_registers_another_does_not_see():
    with session() as one, session() as other:
        one.register("mine", pa.table({"n": [1]}))
        assert one.sql("select n from mine").fetchall() == [(1,)]
        with pytest.raises(duckdb.CatalogException):
            other.sql("select n from mine").fetchall()


def test_dividing_a_decimal_gives_a_double():
    # Money is never divided in SQL.
    amount = pa.table({"a": pa.array([Decimal("1.00")], pa.decimal128(20, 4))})
    assert query("select a / 3 as x from amount", amount=amount)["x"].type == pa.float64()


def test_sums_of_decimals_are_decimals_of_the_same_scale():
    amounts = pa.table(
        {"a": pa.array([Decimal("0.1000"), Decimal("0.2000")], pa.decimal128(20, 4))}
    )
    (total,) = query("select sum(a) as x from amounts", amounts=amounts)["x"].to_pylist()
    assert total == Decimal("0.3000")
    assert total.as_tuple().exponent == -4


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))
@example("")
@example("é£漢😀")
def test_sha256_is_that_of_the_text_in_utf_8(text):
    found = query("select sha256(t) as h, strlen(t) as n from texts", texts=pa.table({"t": [text]}))
    data = text.encode()
    assert found.to_pylist() == [{"h": hashlib.sha256(data).hexdigest(), "n": len(data)}]


@given(st.integers(0, 2**127 - 1), st.integers(1, 2**127 - 1))
@example(2**127 - 1, 1)
@example(2**127 - 1, 3)
@example(10**38 - 1, 10**19 + 1)
def test_integer_division_of_hugeints_is_exact(dividend, divisor):
    numbers = pa.table({"a": [str(dividend)], "b": [str(divisor)]})
    found = query(
        "select (a::hugeint // b::hugeint)::varchar as q, (a::hugeint % b::hugeint)::varchar as r "
        "from numbers",
        numbers=numbers,
    ).to_pylist()
    quotient, remainder = divmod(dividend, divisor)
    assert found == [{"q": str(quotient), "r": str(remainder)}]


def test_a_product_of_hugeints_that_does_not_fit_is_an_error_and_no_other_number():
    with pytest.raises(duckdb.OutOfRangeException):
        query(f"select {2**126}::hugeint * 4 as x")


def test_files_with_other_columns_are_united_by_name(tmp_path):
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"b": ["y"], "c": [2]}), tmp_path / "2.parquet")
    found = query(f"from read_parquet('{tmp_path}/*.parquet', union_by_name=true) order by b")
    assert found.to_pylist() == [{"a": 1, "b": "x", "c": None}, {"a": None, "b": "y", "c": 2}]


def test_a_partition_in_the_path_is_read_as_the_type_that_is_named(tmp_path):
    folder = tmp_path / "day=2026-04-01"
    folder.mkdir()
    pq.write_table(pa.table({"n": [1]}), folder / "1.parquet")
    found = query(
        f"from read_parquet(['{folder}/1.parquet'], hive_partitioning=true, "
        "hive_types={'day': DATE})"
    )
    assert found.schema.field("day").type == pa.date32()


def test_rows_without_an_order_come_in_the_order_of_the_input():
    numbers = pa.table({"n": list(range(300_000))})
    found = query("select n, row_number() over () - 1 as position from numbers", numbers=numbers)
    assert found["n"].equals(found["position"])


def test_row_groups_outside_the_borders_of_a_filter_are_not_read(tmp_path):
    # Records lie by transaction date for this: also behind a join, as the lake asks for them.
    file = tmp_path / "a.parquet"
    rows = pa.table({"number": range(4000), "who": [f"w{n % 7}" for n in range(4000)]})
    pq.write_table(rows, file, row_group_size=1000, compression="none", use_dictionary=False)
    with pq.ParquetFile(file) as stored:
        first = stored.metadata.row_group(0)
        places = [first.column(n) for n in range(2)]
    body = bytearray(file.read_bytes())
    for column in places:
        start = column.data_page_offset
        body[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(body)
    known = pa.table({"who": [f"w{n}" for n in range(7)]})
    asked = (
        "select count(*) from (from read_parquet('{file}') r join known using (who)) "
        "where number between {first} and {last}"
    )
    with session() as connection:
        connection.register("known", known)
        sound = connection.sql(asked.format(file=file, first=1500, last=3200)).fetchall()
        assert sound == [(1701,)]
        with pytest.raises(duckdb.Error):
            connection.sql(asked.format(file=file, first=900, last=3200)).fetchall()
