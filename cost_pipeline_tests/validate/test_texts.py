"""Ids in one spelling, texts cleaned or refused the same way, keys for rows without an id."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

HEADER = ("No", "Date", "Net", "Text")
HIDDEN = ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u200e", "\u180e", "\U000e0041"]
CONTROLS = ["\x00", "\x1b", "\x7f", "\x9f"]
BREAKS = ["\n", "\r\n", "\t", "\u2028", "\u2029", "\x85"]


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows of (No, Text); both lanes agree on it."""

    def judge(rows, **changes):
        vendor = make_vendor(**changes)
        cells = [(number, "1/4/2026", "1", text) for number, text in rows]
        chunks = [make_chunk(cells, HEADER)]
        model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        return both

    return judge


@pytest.mark.parametrize("mark", [*HIDDEN, "\u200d", "\u202e"])
def test_an_id_has_no_format_characters(judged, mark):
    outcome = judged([(f"B{mark}1{mark}", "x"), (f"{mark}B1", "x"), ("B1\u00a0", "x")])
    assert outcome.records["transaction_id"].to_pylist() == ["B1"] * 3
    assert set(outcome.records["key"].to_pylist()) == {"s2:B1,"}


def test_an_id_is_composed_and_what_is_nothing_but_marks_is_empty(judged):
    outcome = judged([("Cafe\u0301", "x"), ("Caf\u00e9", "x"), ("\u200b\ufeff", "x")])
    assert outcome.records["transaction_id"].to_pylist() == ["Caf\u00e9"] * 2
    assert outcome.reasons == {3: ["MISSING_FIELD"]}


def test_a_text_of_the_key_is_an_id_too(judged):
    outcome = judged([("A", "x\u200b"), ("B", "x")], key=["description"])
    assert outcome.records["key"].to_pylist() == ["s1:x,"] * 2


@pytest.mark.parametrize("mark", [*HIDDEN, *CONTROLS, *BREAKS])
def test_without_rules_a_text_with_any_of_them_is_refused(judged, mark):
    outcome = judged([("A", f"Al{mark}pha"), ("B", "Alpha")])
    assert outcome.reasons == {1: ["BAD_TEXT"]}


@pytest.mark.parametrize("joined", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "a\u200db"])
def test_joiners_that_letters_need_stay(judged, joined):
    assert judged([("A", joined)]).records["description"].to_pylist() == [joined]


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        ("breaks", "Alpha\r\nLtd\tX", "Alpha Ltd X"),
        ("controls", "Al\x00pha\x7f", "Alpha"),
        ("invisible", "Al\u00adpha\u200b", "Alpha"),
        ("spaces", "  Alpha \u00a0  Ltd  ", "Alpha Ltd"),
        (["breaks", "spaces"], "Alpha \n Ltd", "Alpha Ltd"),
        ("all", "Al\x1bpha \u2028\t\u200bLtd", "Alpha Ltd"),
        ("spaces", "Alpha\nLtd", None),
        ("breaks", "Al\u00adpha", None),
    ],
)
def test_a_text_is_cleaned_as_declared(judged, rules, text, expected):
    outcome = judged([("A", text)], clean=rules)
    if expected is None:
        assert outcome.reasons == {1: ["BAD_TEXT"]}
    else:
        assert outcome.records["description"].to_pylist() == [expected]


def test_what_is_invisible_is_told_with_its_code(judged):
    outcome = judged([("A", "Al\u00adpha")])
    (error,) = json.loads(outcome.dead_letters["errors"][0].as_py())
    assert "Al\\xadpha" in error["message"]
    assert error["value"] == "Al\u00adpha"


IDS = [
    ({"prefixes": "id:"}, ["id:7", "id: 7", "7"], "7"),
    ({"point_zero": "drop"}, ["1000012345.0", "1000012345.000", "1000012345"], "1000012345"),
    ({"leading_zeros": "drop"}, ["007", "07", "7"], "7"),
    ({"case": "upper"}, ["inv-7", "INV-7"], "INV-7"),
    (
        {"prefixes": ["id:", "no:"], "point_zero": "drop", "leading_zeros": "drop"},
        ["id:007.0", "no: 7", "7.0"],
        "7",
    ),
    ({"leading_zeros": "drop"}, ["000", "0"], "0"),
    ({"point_zero": "drop"}, ["A.0"], "A.0"),
]


@pytest.mark.parametrize(("style", "ids", "expected"), IDS)
def test_what_is_declared_is_taken_off_ids(judged, style, ids, expected):
    outcome = judged([(one, "x") for one in ids], ids=style)
    assert set(outcome.records["transaction_id"].to_pylist()) == {expected}


OTHERWISE = {"columns": "transaction_id", "else": ["description", "amount"]}


def test_a_row_without_its_key_has_another_one(judged):
    rows = [("A", "x"), ("", "x"), (None, "y"), ("", "")]
    outcome = judged(rows, key=OTHERWISE)
    assert outcome.records["transaction_id"].to_pylist() == ["A", "x/1", "y/1"]
    assert outcome.records["key"].to_pylist() == [
        "s1:A,",
        "n,s1:x,d6:1.0000,",
        "n,s1:y,d6:1.0000,",
    ]
    assert outcome.reasons == {4: ["MISSING_FIELD"]}


def test_a_long_name_of_a_row_is_cut_and_still_its_own(judged):
    outcome = judged([("", "x" * 70 + "a"), ("", "x" * 70 + "b")], key=OTHERWISE)
    names = outcome.records["transaction_id"].to_pylist()
    assert len({*names}) == 2
    assert {len(name) for name in names} == {64}


def test_ordinals_are_counted_for_the_other_key_apart(judged):
    rows = [("A", "x"), ("", "x"), ("", "x"), ("A", "x"), ("", "y")]
    outcome = judged(rows, key={**OTHERWISE, "ordinal": True})
    ends = [key[-5:] for key in outcome.records["key"].to_pylist()]
    assert ends == ["i1:1,", "i1:1,", "i1:2,", "i1:2,", "i1:1,"]


@pytest.mark.parametrize("key", ["transaction_id", ["transaction_id"]])
def test_a_key_of_one_field_needs_no_brackets(make_vendor, key):
    assert make_vendor(key=key).key.columns == ("transaction_id",)


TEXT = st.text(
    st.sampled_from(
        [*"aA0. :", *HIDDEN, *CONTROLS, *"\n\t\r\u2028", "\u0301", "\u00e9", "\x02", "\u00a0"]
    ),
    max_size=6,
)


@given(
    rows=st.lists(st.tuples(TEXT | st.none(), TEXT | st.none()), min_size=1, max_size=15),
    clean=st.sampled_from([[], "all", ["breaks"], ["invisible", "spaces"]]),
    key=st.sampled_from(["none", "transaction_id", OTHERWISE, {**OTHERWISE, "ordinal": True}]),
    ids=st.sampled_from([None, {"point_zero": "drop", "leading_zeros": "drop", "prefixes": "a:"}]),
)
def test_both_lanes_agree_on_whatever_texts(judged, rows, clean, key, ids):
    judged(rows, clean=clean, key=key, ids=ids)
