"""Listings whose columns stand where a line of dashes says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason

RULER = {"kind": "fixed_width", "layout": {"ruler": True}}
NAMES = ("Id", "Date", "Amount")
SQLPLUS = """
Costs of March

Id    Date        Amount Text
----- ---------- ------- ------
S1    2026-03-30    1.00 cable
S2    2026-03-31   12.50 Kräne

Id    Date        Amount Text
----- ---------- ------- ------
S3    2026-04-01    3.00
3 rows selected.
"""
PSQL = """ Id |    Date    | Amount | Text
----+------------+--------+-------
 S1 | 2026-03-30 |   1.00 | cable
 S2 | 2026-03-31 |  12.50 | Kräne
 S3 | 2026-04-01 |   3.00 |
(3 rows)

"""
VALUES = [
    ["S1", "2026-03-30", "1.00", "cable"],
    ["S2", "2026-03-31", "12.50", "Kräne"],
    ["S3", "2026-04-01", "3.00", ""],
]
BOTH_LANES = pytest.mark.parametrize("bulk", [True, False])


def stripped(read):
    return [cells and [cell.strip() for cell in cells] for cells in read.cells]


@BOTH_LANES
@pytest.mark.parametrize(
    ("text", "footer", "account"),
    [(SQLPLUS, "* rows selected.", (4, 3, 2)), (PSQL, "(* rows)", (2, 1, 1))],
)
def test_columns_stand_where_the_dashes_are(door, bulk, text, footer, account):
    read = door.read(text.encode(), bulk=bulk, wanted=NAMES, furniture=[footer], **RULER)
    assert read.columns == ("Id", "Date", "Amount", "Text")
    assert stripped(read) == VALUES
    assert (read.account.header, read.account.blank, read.account.furniture) == account


@BOTH_LANES
def test_a_text_that_goes_on_beyond_its_column_is_malformed(door, bulk):
    text = "Id Text\n-- ----\nA1 good\nA12 bad\nA1 far too long\n\xe91 good\nA1x good\n"
    read = door.read(text.encode(), bulk=bulk, **RULER)
    assert stripped(read) == [["A1", "good"], None, None, ["é1", "good"], None]
    assert read.problems[2] == "a text goes on beyond its column at character 3"
    assert read.problems[3] == "15 characters where the layout has 7"


@BOTH_LANES
def test_a_line_under_a_title_is_no_ruler_if_another_has_the_names(door, bulk):
    text = "Report\n======\nId   Amount\n---- ------\nA1        1\n"
    read = door.read(text.encode(), bulk=bulk, wanted=NAMES, **RULER)
    assert (stripped(read), read.account.furniture) == ([["A1", "1"]], 2)


@BOTH_LANES
def test_what_stands_above_the_ruler_goes_with_each_chunk(door, bulk):
    text = "Log of 31/03/2026\n\nId   Amount\n---- ------\nA1        1\n"
    reader = door.open(text.encode(), bulk=bulk, wanted=NAMES, **RULER)
    assert [chunk.above for chunk in reader] == [("Log of 31/03/2026", "")]


def test_dashes_under_no_name_are_no_ruler(door):
    refused = door.refusal(b"  x\n--\nA1\n", wanted=NAMES, **RULER)
    assert "no line of dashes" in refused.message


@pytest.mark.parametrize("text", ["Id Text\nA1 x\n", "-- ----\nA1 good\n", "\n\n"])
def test_a_listing_without_a_ruler_is_refused(door, text):
    refused = door.refusal(text.encode(), wanted=NAMES, **RULER)
    assert refused.reason is Reason.NOT_THE_FORMAT
    assert "no line of dashes" in refused.message


def test_headings_totals_and_cells_above_are_known_there_too(door):
    text = (
        "Dept  Vendor  Amount\n----- ------- ------\nCAM\n      Ashby     1.00\n"
        "                2.00\nTotal           3.00\nGRIP\n      Bexley    4.00\n"
        "Sum             7.00\n"
    )
    read = door.read(
        text.encode(),
        control="Amount",
        groups=[{"column": "department", "from": "Dept", "ends": "Total"}],
        fill_down=["Vendor"],
        **RULER,
    )
    assert stripped(read) == [
        ["", "Ashby", "1.00", "CAM"],
        ["", "Ashby", "2.00", "CAM"],
        ["", "Bexley", "4.00", "GRIP"],
    ]
    assert read.control == {"Amount": "  7.00"}
    assert [event[3] for event in read.groups] == [None, {"Amount": "  3.00"}, None]


@given(st.lists(st.text(st.sampled_from("a1 |-é+\t\x01"), max_size=12), max_size=8))
def test_both_lanes_give_the_same_rows(door, lines):
    data = ("A  B\n-- ---\n" + "".join(line + "\n" for line in lines)).encode()
    form = {"furniture": ["a*1"], "groups": [{"column": "G", "from": "A"}], **RULER}
    assert door.outcome(data, bulk=True, **form) == door.outcome(data, bulk=False, **form)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({"ruler": True, "length": 10}, "finds the columns"),
        ({}, "`columns` is needed, or `ruler: true`"),
        ({"ruler": True, "columns": [{"name": "a", "start": 1, "width": 2}]}, "take the other"),
    ],
)
def test_a_layout_says_one_thing(door, layout, words):
    with pytest.raises(ValueError, match=words):
        door.open(b"", kind="fixed_width", layout=layout)
