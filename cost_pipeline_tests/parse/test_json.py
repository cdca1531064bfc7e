"""JSON documents and JSON lines: numbers as text, verbatim items, local damage."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits

KINDS = pytest.mark.parametrize("kind", ["json", "jsonl"])


def wrapped(kind: str, *items: str) -> bytes:
    text = "[\n" + ",\n".join(items) + "\n]" if kind == "json" else "\n".join(items)
    return text.encode()


@KINDS
def test_values_are_text_and_numbers_keep_their_literal(door, kind):
    item = (
        '{"a": 1.50, "b": 1e5, "c": -0, "d": "x\\u00e9", "e": true, "f": false, "g": null, '
        '"h": NaN, "i": -Infinity, "j": 123456789012345678901234567890.10, '
        '"k": {"x": [1.0, "2"]}, "l": [ ], "": ""}'
    )
    read = door.read(wrapped(kind, item), kind=kind)
    cells = dict(zip(read.columns, read.cells[0], strict=True))
    expected = {"a": "1.50", "b": "1e5", "c": "-0", "d": "xé", "e": "true", "f": "false", "g": None}
    expected |= {"h": "NaN", "i": "-Infinity", "j": "123456789012345678901234567890.10"}
    expected |= {"k": '{"x": [1.0, "2"]}', "l": "[ ]", "": ""}
    assert cells == expected
    assert read.texts == [item]
    assert read.rows[0][1] == (2 if kind == "json" else 1)


@KINDS
def test_columns_are_the_keys_of_the_chunk_and_the_header_those_of_the_delivery(door, kind):
    data = wrapped(kind, '{"a":1}', '{"b":2,"a":3}', '{"c":4}', "{}")
    read = door.read(data, kind=kind)
    assert read.columns == read.header == ("a", "b", "c")
    assert read.cells == [
        ["1", None, None],
        ["3", "2", None],
        [None, None, "4"],
        [None, None, None],
    ]
    read = door.read(data, kind=kind, chunk_rows=2)
    assert read.sizes == [2, 2]
    assert read.columns == ("c",)
    assert read.header == ("a", "b", "c")


@KINDS
@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("[1]", "a list where an object is expected"),
        ('"x"', "a number or text where an object is expected"),
        ("null", "null where an object is expected"),
        ("true", "true or false where an object is expected"),
        ('{"a":1,"b":2,"a":3}', "the key 'a' is there twice"),
        ('{"a":{"b":1,"b":2}}', "the key 'b' is there twice"),
        ('{"a":"\\ud800"}', "an escape stands for half a character (a lone surrogate)"),
        ('{"\\udfff":1}', "an escape stands for half a character (a lone surrogate)"),
    ],
)
def test_an_item_that_is_no_row_is_malformed_and_the_rest_goes_on(door, kind, item, problem):
    read = door.read(wrapped(kind, '{"a":1}', item, '{"a":3}'), kind=kind)
    assert read.cells == [["1"], None, ["3"]]
    assert read.problems == {2: problem}
    assert read.texts[1] == item


@KINDS
def test_a_pair_of_surrogates_is_one_character(door, kind):
    assert door.read(wrapped(kind, '{"a":"\\ud83c\\udfac"}'), kind=kind).cells == [["🎬"]]


@KINDS
def test_keys_without_end_are_bounded(door, kind):
    items = [f'{{"k{i}":1}}' for i in range(4)]
    read = door.read(wrapped(kind, *items), kind=kind, limits=Limits(keys=3))
    assert read.problems == {4: "with its keys the delivery has more than 3"}


def test_the_list_may_lie_deep_in_the_document(door):
    data = (
        b'\xef\xbb\xbf{"n": [1,{}], "data": {"x":null, "items":\n [{"a":1}\n, {"a":2}], "y":[]}}\n'
    )
    read = door.read(data, kind="json", records="data.items")
    assert [(row[1], row[4]) for row in read.rows] == [(2, ["1"]), (3, ["2"])]


@pytest.mark.parametrize(
    ("data", "records", "words"),
    [
        (b"", "", "not JSON: Expecting value on line 1"),
        (b"\nhello", "", "not JSON: Expecting value on line 2"),
        (b'{"a":[]}', "", "the top level is an object (line 1), not a list of records"),
        (b'{"data":{"x":1}}', "data.items", "data has no 'items'; it has x"),
        (b"{}", "items", "the top level has no 'items'; it has nothing"),
        (b"[]", "items", "the top level is a list, not an object with 'items'"),
        (b'{"a":\n5}', "a", "a is a number or text (line 2), not a list of records"),
        (b'{"a" 5}', "b", "not JSON: ':' is expected, not '5' on line 1"),
        (b'{"b":1,', "a", "not JSON: '\"' is expected, not the end"),
        (b"[" * 100_000, "a", "not JSON: it is nested too deeply"),
    ],
)
def test_a_document_without_the_list_is_refused_with_what_was_found(door, data, records, words):
    refusal = door.refusal(data, kind="json", records=records)
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert words in refusal.message


@pytest.mark.parametrize(
    ("data", "text", "words"),
    [
        (b'[{"a":1},\n{"a":2', '{"a":2', "',' delimiter on line 2"),
        (b'[{"a":1}\n{"a":2}]', '{"a":2}]', "',' is expected, not '{' on line 2"),
        (b'[{"a":1},]', "]", "Expecting value on line 1"),
        (b'[{"a":1}', "", "',' is expected, not the end on line 1"),
        (b'[{"a":1}] x', "x", "there is text after the end of the document on line 1"),
        (b'[{"a":1},' + b"[" * 100_000, "[", "it is nested too deeply"),
    ],
)
def test_what_breaks_half_way_is_one_malformed_row_and_the_rows_before_it_stand(
    door, data, text, words
):
    read = door.read(data, kind="json")
    assert read.cells == [["1"], None]
    assert read.texts[1].startswith(text)
    assert words in read.problems[2]


def test_the_text_of_a_broken_rest_is_cut_and_says_so(door):
    data = b'[{"a":1},{"a":"' + b"x" * 100
    read = door.read(data, kind="json", limits=Limits(cut_bytes=10))
    assert read.texts[1] == '{"a":"xxxx'
    assert read.problems[2].endswith("its text is cut")


@pytest.mark.parametrize("tail", ["", ', "b":1', ', "x":[]}', "} {}"])
def test_a_document_that_does_not_end_well_is_seen(door, tail):
    read = door.read(f'{{"x":[{{"a":1}}]{tail}'.encode(), kind="json", records="x")
    assert len(read.problems) == 1
    assert read.cells[0] == ["1"]


def test_a_document_too_large_to_hold_names_the_format_for_it(door):
    refusal = door.refusal(b"[" + b" " * 20 + b"]", kind="json", limits=Limits(json_bytes=20))
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "`jsonl`" in refusal.message


def test_a_broken_line_of_jsonl_costs_that_line(door):
    data = b'{"a":1}\n\n{"a":\r\n {"a":2} \n{"a":3} x\n{"a":4}'
    for block in (1, 5, 4096):
        read = door.read(data, kind="jsonl", limits=Limits(block_bytes=block))
        assert read.cells == [["1"], None, ["2"], None, ["4"]]
        assert read.texts == ['{"a":1}', '{"a":', ' {"a":2} ', '{"a":3} x', '{"a":4}']
        assert [row[1] for row in read.rows] == [1, 3, 4, 5, 6]
        assert read.blank_rows == 1
        assert read.problems[4] == "text after the end of the value (character 9)"


def test_a_line_of_jsonl_that_is_too_long_is_cut(door):
    data = b'{"a":"' + b"x" * 50 + b'"}\n{"a":1}'
    read = door.read(data, kind="jsonl", limits=Limits(block_bytes=8, line_bytes=20, cut_bytes=6))
    assert read.texts[0] == '{"a":"'
    assert "longer than 20 bytes" in read.problems[1]
    assert read.cells[1] == ["1"]


def test_an_empty_jsonl_is_a_delivery_without_rows(door):
    assert door.read(b"", kind="jsonl").rows == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(
    st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=5), max_size=8),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_any_list_of_objects_reads_as_python_reads_it(door, items, indent, ascii_only):
    text = json.dumps({"a": {"b": items}, "c": 1}, indent=indent, ensure_ascii=ascii_only)
    read = door.read(text.encode("utf-8", "surrogatepass"), kind="json", records="a.b")
    assert not read.problems
    assert [json.loads(text) for text in read.texts] == items
    for item, cells in zip(items, read.cells, strict=True):
        named = dict(zip(read.columns, cells, strict=True))
        for key, value in item.items():
            cell = named[key]
            assert cell == value if isinstance(value, str | None) else json.loads(cell) == value
