"""Flat JSON objects decoded many at once, against reading them one by one."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import Told
from cost_pipeline.parse import Limits
from cost_pipeline.parse.json_bulk import FlatObjects, Stretches
from cost_pipeline.parse.json_items import ItemReader
from cost_pipeline.parse.records import Block

TEXTS = st.sampled_from(
    [
        *(
            "",
            "a",
            "total",
            "é€🎬",
            " ",
            "{",
            "}",
            "}{",
            "[",
            "]",
            "},{",
            '"',
            '":',
            '" :',
            ":",
            "\\",
        ),
        *(
            "\\u00e9",
            "\\ud83c\\udfac",
            "\\ud800",
            "\\udfff",
            "\\n",
            "\\",
            "\n",
            "\t",
            "a, b",
            "12 : 30",
        ),
    ]
)
RAW_TEXTS = TEXTS.map(lambda text: f'"{text}"')
QUOTED = TEXTS.map(json.dumps) | TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False))
VALUES = st.sampled_from(
    [
        *("1", "1.50", "-0", "1e5", "123456789012345678901234567890.10", "true", "false", "null"),
        *(
            "NaN",
            "-Infinity",
            "[]",
            "[ 1.0 ]",
            "{}",
            '{"x": 1}',
            '{"x": {"x": 2}}',
            "01",
            "",
            "nul",
        ),
    ]
)
KEYS = st.sampled_from(['"a"', '"b"', '"total"', '"a.x"', '"A"', '""', '"é"', '"\\ud800"', "a"])
BLANK = st.sampled_from(["", "", "", " ", "\n", "\r\n", "\t"])
MEMBERS = st.tuples(KEYS, BLANK, BLANK, QUOTED | VALUES | RAW_TEXTS).map(
    lambda parts: "{}{}:{}{}".format(*parts)
)
OBJECTS = st.lists(MEMBERS, max_size=4).map(lambda members: "{" + ", ".join(members) + "}")
PLAIN = st.lists(
    st.tuples(st.sampled_from(['"a"', '"b"', '"total"']), QUOTED | st.sampled_from(["1.50", "7"])),
    max_size=3,
    unique_by=lambda member: member[0],
).map(lambda members: "{" + ",".join(":".join(member) for member in members) + "}")
ITEMS = st.lists(PLAIN | OBJECTS | VALUES | QUOTED, max_size=8) | st.lists(PLAIN, max_size=12)
LIMITS = st.builds(
    Limits,
    block_bytes=st.integers(1, 200),
    line_bytes=st.sampled_from([24, 1000]),
    cut_bytes=st.sampled_from([4, 16]),
    chunk_bytes=st.sampled_from([10, 1000]),
    keys=st.sampled_from([2, 2000]),
)
ENDS = st.sampled_from([", ", ",", ",\n", " ,\r\n", "\n", ",,", "]"])
AROUND = st.sampled_from(
    [("[", "]"), ("[ ", "] \n"), ("[", ""), ("[", "]]"), ('{"a": [', '], "b": [{"a": 1}]}')]
)
FORMS = st.fixed_dictionaries(
    {
        "limits": LIMITS,
        "chunk_rows": st.integers(1, 5),
        "wanted": st.sampled_from([(), ("a.x", "b")]),
        "control": st.sampled_from(["", "b"]),
    }
)
USUAL = {"limits": Limits(), "chunk_rows": 5}


@given(ITEMS, ENDS, AROUND, FORMS)
@example(['{"a":"x"}', '{"a":"{"}', '{"b":"}"}'], ",", ("[", "]"), USUAL)
@example(['{"a":1}', '{"a":1, "a" :2}', '{"b":": "}'], ",", ("[", "]"), USUAL)
def test_a_document_reads_the_same_in_stretches(door, items, end, around, form):
    data = (around[0] + end.join(items) + around[1]).encode()
    form = form | {"kind": "json", "records": "a" if around[0].startswith("{") else ""}
    assert door.outcome(data, bulk=True, **form) == door.outcome(data, bulk=False, **form)


@given(
    ITEMS,
    st.lists(st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", " \n", ",", ""])),
    FORMS,
)
@example(['{"a":"x', 'y"},{"a":"z"}'], ["\n"], USUAL)
@example(['{"a":"{"}', '{"a":1},{"a":2', "}"], ["\n"], USUAL)
def test_lines_read_the_same_in_blocks(door, items, ends, form):
    last = ends[-1] if ends else "\n"
    data = "".join(item + (ends[i] if i < len(ends) else last) for i, item in enumerate(items))
    form, body = form | {"kind": "jsonl"}, data.encode()
    assert door.outcome(body, bulk=True, **form) == door.outcome(body, bulk=False, **form)


SOUND = '{"a": "x", "b": 1.50}'
TRAPS = pytest.mark.parametrize(
    "item",
    [
        '{"a": "{", "b": 1}',
        '{"a": "}", "b": 1}',
        '{"a": {"b": 1}}',
        '{"a": [1]}',
        '{"a": 1, "a": 2}',
        '{"a": 1, "a" : 2, "b": ":"}',
        '{"a": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"a": 1',
        '{"a": 01}',
        "[1]",
        '"x"',
        "null",
        '{"a": "line\nbreak"}',
        '{"a": 1}, {"b": 2',
        '{"c": 1, "d": 2, "e": 3}',
    ],
)


def readers() -> ItemReader:
    return ItemReader(Limits(keys=4), Told())


@TRAPS
def test_each_trap_of_a_document_is_read_item_by_item(item):
    text = f"[{SOUND}, {item}, {SOUND}]"
    stretches = Stretches(text, readers(), lambda _: 1, 1000)
    assert stretches.at(1) is None
    assert stretches.at(1 + len(SOUND) + 2) is None, "and what follows is not tried at once"


@TRAPS
def test_each_trap_of_lines_is_read_line_by_line(item):
    block = Block(f"{SOUND}\n{item}\n".encode(), 1, final=True)
    assert FlatObjects(readers()).lines(block, 1000) is None


def test_what_has_no_trap_is_decoded_at_once():
    times = '{"b": "12 : 30", "a": ":", "c": "\\ud83c\\udfac", "d": null}'
    text = f"[{SOUND},\n {times},{SOUND} ]"
    found = Stretches(text, readers(), lambda _: 7, 1000).at(1)
    assert found is not None
    block, end = found
    assert text[end:] == " ]"
    assert block.texts.to_pylist() == [SOUND, times, SOUND]
    assert block.lines.tolist() == [7, 8, 8]
    assert {key: cells.to_pylist() for key, cells in block.columns.items()} == {
        "a": ["x", ":", "x"],
        "b": ["1.50", "12 : 30", "1.50"],
        "c": [None, "🎬", None],
        "d": [None, None, None],
    }
    lines = Block(f"{SOUND}\r\n{times}\n".encode(), 3, final=True)
    block = FlatObjects(readers()).lines(lines, 1000)
    assert block is not None
    assert block.texts.to_pylist() == [SOUND, times]
    assert block.lines.tolist() == [3, 4]


def test_a_line_that_is_too_long_or_blank_is_read_by_itself():
    long = Block(f"{SOUND}\n".encode(), 1, final=True)
    assert FlatObjects(readers()).lines(long, len(SOUND)) is not None
    assert FlatObjects(readers()).lines(long, len(SOUND) - 1) is None
    blank = Block(f"{SOUND}\n\n{SOUND}\n".encode(), 1, final=True)
    assert FlatObjects(readers()).lines(blank, 1000) is None
