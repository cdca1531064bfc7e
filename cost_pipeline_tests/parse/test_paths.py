"""Nested JSON by paths: members of members, places of lists, lists in lists and what holds them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason

KINDS = pytest.mark.parametrize("kind", ["json", "jsonl"])


def listed(kind: str, *items: object) -> bytes:
    texts = [json.dumps(item, ensure_ascii=False) for item in items]
    return ("[" + ",\n".join(texts) + "]" if kind == "json" else "\n".join(texts)).encode()


def named(read, row: int = 0) -> dict[str, str | None]:
    """The cells of a row by name, without those that it does not have."""
    cells = zip(read.columns, read.cells[row], strict=True)
    return {name: cell for name, cell in cells if cell is not None}


CASES = {
    # item, names that are read, names that are ignored, cells
    "a member of a member": (
        {"supplier": {"name": "Harbour Lamps", "id": 7}, "n": 1},
        ["supplier.name"],
        [],
        {"supplier.name": "Harbour Lamps", "supplier.id": "7", "n": "1"},
    ),
    "what is ignored stays one cell": (
        {"supplier": {"name": "Harbour Lamps", "id": 7}, "n": 1},
        ["supplier.name"],
        ["Supplier"],
        {
            "supplier.name": "Harbour Lamps",
            "supplier": '{"name": "Harbour Lamps", "id": 7}',
            "n": "1",
        },
    ),
    "deep, and numbers stay as they are written": (
        {"amounts": {"net": {"value": 1.5, "currency": "GBP"}, "tax": {"value": 0}}},
        ["amounts.net.value"],
        [],
        {
            "amounts.net.value": "1.5",
            "amounts.net.currency": "GBP",
            "amounts.tax": '{"value": 0}',
        },
    ),
    "a place of a list": (
        {"tags": ["a", {"b": [True, None]}, 3]},
        ["tags[0]", "tags[1].b[0]"],
        [],
        {"tags[0]": "a", "tags[1].b[0]": "true", "tags[2]": "3"},
    ),
    "a list of lists": (
        {"x": [[1, 2], [3]]},
        ["x[0][1]"],
        ["x"],
        {"x": "[[1, 2], [3]]", "x[0][1]": "2"},
    ),
    "a literal key goes before a path": (
        {"supplier.name": "A", "supplier": 5},
        ["supplier.name"],
        [],
        {"supplier.name": "A", "supplier": "5"},
    ),
    "a literal key leaves the container whole": (
        {"supplier.name": "A", "supplier": {"name": "B"}},
        ["supplier.name"],
        [],
        {"supplier.name": "A", "supplier": '{"name": "B"}'},
    ),
    "a literal key with a dot on the way": (
        {"a.b": {"c": 1}, "a": {"b": {"c": 2}}},
        ["a.b.c"],
        ["a"],
        {"a.b.c": "1", "a": '{"b": {"c": 2}}'},
    ),
    "case and blanks do not matter": (
        {"Supplier": {" Name ": "A"}},
        ["supplier.name"],
        [],
        {"Supplier.Name": "A"},
    ),
    "what should be an object and is none": (
        {"supplier": "Harbour Lamps"},
        ["supplier.name"],
        [],
        {"supplier": "Harbour Lamps"},
    ),
    "null and empty": ({"a": None, "b": {}, "c": []}, ["a.x", "b.x", "c[0]"], [], {}),
    "read whole and in part": (
        {"a": {"x": 1, "y": 2}},
        ["a", "a.x"],
        [],
        {"a": '{"x": 1, "y": 2}', "a.x": "1"},
    ),
}


@KINDS
@pytest.mark.parametrize("case", CASES)
def test_paths_make_cells(door, kind, case):
    item, read, ignored, cells = CASES[case]
    got = door.read(listed(kind, item, {"n": 2}), kind=kind, wanted=read, ignored=ignored)
    assert named(got) == cells
    assert not got.problems


def flatter(value, prefix="") -> dict[str, object]:
    """Every leaf of a value by its path."""
    if isinstance(value, dict) and (value or not prefix):
        dot = f"{prefix}." if prefix else ""
        return {k: v for key, part in value.items() for k, v in flatter(part, dot + key).items()}
    if isinstance(value, list) and value:
        return {
            k: v
            for at, part in enumerate(value)
            for k, v in flatter(part, f"{prefix}[{at}]").items()
        }
    return {prefix: value}


KEYS = st.text(st.sampled_from("abé .[0]"), min_size=1, max_size=3)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from("xyé\n"), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), NESTED, max_size=4), st.data(), st.booleans())
def test_every_leaf_that_is_asked_for_is_the_cell_that_it_is(door, item, data, indented):
    leaves = flatter(item)
    wanted = data.draw(
        st.lists(st.sampled_from(sorted(leaves)), unique=True) if leaves else st.just([])
    )
    text = json.dumps([item], indent=1 if indented else None)
    got = named(door.read(text.encode(), kind="json", wanted=wanted))
    for path in wanted:
        leaf = leaves[path]
        cell = got.get(path)
        assert cell == leaf if isinstance(leaf, str | None) else json.loads(cell) == leaf
    told = flatter({})
    for name, cell in got.items():  # nothing is lost: each cell is a leaf, or holds some
        inside = [
            path for path in leaves if path == name or path.startswith((f"{name}.", f"{name}["))
        ]
        told |= dict.fromkeys(inside, cell)
    empty = [path for path, leaf in leaves.items() if leaf in (None, {}, [])]
    assert {*told, *empty} == {*leaves, *empty}


@given(st.dictionaries(KEYS, NESTED, max_size=4), st.lists(st.text("abcd.[]01", max_size=6)))
def test_any_names_on_any_item_end_in_cells_or_a_problem(door, item, names):
    read = door.read(json.dumps([item]).encode(), kind="json", wanted=names)
    assert len(read.rows) == 1


BILLS = {
    "company": "Northlight",
    "data": {
        "period": "2026-03",
        "bills": [
            {"number": "B1", "to": {"name": "P100"}, "lines": [{"id": 1}, {"id": 2}]},
            {"number": "B2", "lines": []},
            {"lines": [{"id": 3}], "number": "B3"},
            {"number": "B4"},
            {"number": "B5", "lines": None},
        ],
    },
    "run": 9,
}
READ = ["id", "^.number", "^.to.name", "^.^.data.period", "^.^.run"]
PATH = "data.bills[].lines[]"


def test_lists_in_lists_are_rows_with_the_fields_of_their_holders(door):
    read = door.read(
        json.dumps(BILLS, indent=1).encode(),
        kind="json",
        records=PATH,
        wanted=READ,
        ignored=["^.^"],
    )
    around = {"^.^.data.period": "2026-03", "^.^.run": "9"}
    first = {"^.number": "B1", "^.to.name": "P100", **around}
    assert [named(read, row) for row in range(3)] == [
        {"id": "1", **first},
        {"id": "2", **first},
        {"id": "3", "^.number": "B3", **around},
    ]
    assert [json.loads(text) for text in read.texts] == [{"id": 1}, {"id": 2}, {"id": 3}]
    assert [row[1] for row in read.rows] == [12, 15, 26]
    assert read.furniture_rows == 3  # the bills without lines


def test_what_is_not_read_of_an_opened_holder_is_seen(door):
    data = json.dumps(BILLS).encode()
    read = door.read(data, kind="json", records=PATH, wanted=["id", "^.^.run"])
    assert named(read) == {
        "id": "1",
        "^.^.company": "Northlight",
        "^.^.data.period": "2026-03",
        "^.^.run": "9",
    }
    read = door.read(data, kind="json", records=PATH, wanted=["id"])
    assert named(read) == {"id": "1"}


def test_a_holder_without_records_is_a_row_where_that_is_declared(door):
    data = json.dumps(BILLS).encode()
    read = door.read(data, kind="json", records=PATH, wanted=["id", "^.number"], empty="row")
    assert [named(read, row)["^.number"] for row in range(6)] == [
        "B1",
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
    ]
    assert json.loads(read.texts[2]) == {"number": "B2", "lines": []}
    assert read.furniture_rows == 0


@pytest.mark.parametrize(
    ("bill", "problem"),
    [
        (5, "a number or text where an object is expected"),
        ({"lines": {"id": 1}}, "'lines' is an object where a list is expected"),
        ({"lines": "x"}, "'lines' is a number or text where a list is expected"),
    ],
)
def test_a_holder_of_another_shape_is_malformed_and_the_rest_goes_on(door, bill, problem):
    data = json.dumps([bill, {"lines": [{"id": 1}]}]).encode()
    read = door.read(data, kind="json", records="[].lines[]", wanted=["id"])
    assert read.problems == {1: problem}
    assert json.loads(read.texts[0]) == bill
    assert named(read, 1) == {"id": "1"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"lines":[{"id":1}],"n":1,"n":2}', "the key 'n' is there twice"),
        ('{"lines":[{"id":1}],"lines":[]}', "the key 'lines' is there twice"),
        ('{"lines":[{"id":1}],"n":{"x":1,"x":2}}', "the key 'x' is there twice"),
        (
            '{"lines":[{"id":1}],"n":"\\ud800"}',
            "an escape stands for half a character (a lone surrogate)",
        ),
    ],
)
def test_a_holder_that_says_something_twice_is_malformed(door, text, problem):
    read = door.read(f"[{text}]".encode(), kind="json", records="[].lines", wanted=["^.n"])
    assert read.problems == {1: problem}
    assert read.texts == [text]


def test_a_document_that_is_cut_keeps_the_whole_bills_before_it(door):
    data = json.dumps(BILLS).encode()
    cut = data[: data.index(b'"id": 3')]
    read = door.read(cut, kind="json", records=PATH, wanted=["id", "^.number"])
    assert [named(read, row) for row in range(2)] == [
        {"id": "1", "^.number": "B1"} | {"^.to": '{"name": "P100"}'},
        {"id": "2", "^.number": "B1"} | {"^.to": '{"name": "P100"}'},
    ]
    assert "the document is broken from here on" in read.problems[3]
    assert read.texts[2].startswith('{"lines": [{')


def test_a_document_whose_own_fields_are_read_is_judged_whole_or_not_at_all(door):
    data = json.dumps(BILLS).encode()[:-5]
    read = door.read(data, kind="json", records=PATH, wanted=["id", "^.^.run"])
    assert len(read.rows) == 1
    assert "the document is broken" in read.problems[1]


def test_lists_may_hold_lists_directly_and_go_deep(door):
    data = json.dumps({"a": [[{"x": 1}], [{"x": 2}, {"x": 3}], []]}).encode()
    read = door.read(data, kind="json", records="a[][]", wanted=["x"])
    assert [named(read, row)["x"] for row in range(3)] == ["1", "2", "3"]
    assert read.furniture_rows == 1
    data = json.dumps([{"u": 1, "b": [{"v": 2, "c": {"d": [{"w": 3}]}}]}]).encode()
    read = door.read(data, kind="json", records="[].b[].c.d[]", wanted=["w", "^.v", "^.^.u"])
    assert named(read) == {"w": "3", "^.v": "2", "^.^.u": "1"}


def test_a_flat_list_may_read_the_document_around_it(door):
    data = b'{"company": "Northlight", "items": [{"a": 1}, {"a": 2}], "page": {"n": 1}}'
    read = door.read(data, kind="json", records="items", wanted=["a", "^.company"], ignored=["^"])
    assert [named(read, row) for row in range(2)] == [
        {"a": "1", "^.company": "Northlight"},
        {"a": "2", "^.company": "Northlight"},
    ]


LINES = st.lists(st.dictionaries(st.sampled_from("xyz"), st.integers(), max_size=2), max_size=3)


@given(
    st.lists(st.tuples(st.text(max_size=3), LINES, st.booleans()), max_size=4),
    st.sampled_from([None, 2]),
    st.integers(1, 4),
)
def test_any_bills_read_as_python_reads_them(door, bills, indent, chunk_rows):
    items = [
        {"lines": lines, "n": number} if first else {"n": number, "lines": lines}
        for number, lines, first in bills
    ]
    text = json.dumps({"bills": items}, indent=indent)
    read = door.read(
        text.encode("utf-8", "surrogatepass"),
        kind="json",
        records="bills[].lines[]",
        wanted=["^.n"],
        chunk_rows=chunk_rows,
    )
    lines = [line for _, lines, _ in bills for line in lines]
    assert [json.loads(text) for text in read.texts] == lines
    assert read.furniture_rows == sum(not lines for _, lines, _ in bills)


@pytest.mark.parametrize("records", ["a[", "a[0].b", "a]b", "[x]"])
def test_a_path_that_is_none_is_refused(door, records):
    with pytest.raises(ValueError, match="no path to a list"):
        door.outcome(b"[]", kind="json", records=records)


def test_the_outer_list_must_be_there(door):
    refusal = door.refusal(b'{"data": {"bill": []}}', kind="json", records=PATH)
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "data has no 'bills'; it has bill" in refusal.message
