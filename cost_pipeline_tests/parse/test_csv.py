"""What counts as header, blank, malformed and control row in a delimited file."""

import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits

BOTH_LANES = pytest.mark.parametrize("bulk", [True, False])
SHORT = Limits(block_bytes=16, line_bytes=64, cut_bytes=10, record_bytes=40, record_lines=4)


@BOTH_LANES
def test_a_row_keeps_its_number_its_line_and_its_verbatim_text(door, bulk):
    read = door.read(b'\n"a",b\r\n1, x \n\n"2\r\n3",4\r5,"6"', bulk=bulk)
    assert read.columns == read.header == ("a", "b")
    assert read.rows == [
        (1, 3, "1, x ", None, ["1", " x "]),
        (2, 5, '"2\r\n3",4', None, ["2\r\n3", "4"]),
        (3, 7, '5,"6"', None, ["5", "6"]),
    ]
    assert read.blank_rows == 2


@BOTH_LANES
@pytest.mark.parametrize(
    "blank", [",,", "", "  ", ",", ",,,,,", '"",,""', "\xa0,\u2003 ,", '"\n",,', "\x1c,\t,"]
)
def test_a_row_without_content_is_counted_and_not_a_row(door, bulk, blank):
    read = door.read(f"a,b,c\n1,2,3\n{blank}\n4,5,6\n".encode(), bulk=bulk)
    assert read.cells == [["1", "2", "3"], ["4", "5", "6"]]
    assert read.blank_rows == 1


@BOTH_LANES
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1,2", "2 cells where the header has 3"),
        ("1,2,3,,4", "5 cells where the header has 3"),
        ('1,"2"x,3', "cell 2 goes on after its closing quote"),
        ('1,2,"3', "the quote around cell 3 has no closing quote"),
        ('"1,2,3', "the quote around cell 1 has no closing quote"),
    ],
)
def test_a_malformed_line_says_why_and_the_rest_goes_on(door, bulk, line, problem):
    read = door.read(f"a,b,c\nx,y,z\n{line}\n7,8,9\n".encode(), bulk=bulk)
    assert read.cells == [["x", "y", "z"], None, ["7", "8", "9"]]
    assert read.problems[2].startswith(problem)
    assert read.texts[1] == line


@BOTH_LANES
def test_blank_cells_beyond_the_header_are_trimmed(door, bulk):
    read = door.read("a,b\n1,2,\n3,4,, \xa0,\n".encode(), bulk=bulk)
    assert read.cells == [["1", "2"], ["3", "4"]]


@BOTH_LANES
def test_columns_without_a_name_are_dropped_unless_they_hold_a_value(door, bulk):
    read = door.read('a,,b, \n1,,2,\n3,x,4,\n5,\xa0,6," "\n7,,8,y\n'.encode(), bulk=bulk)
    assert read.columns == ("a", "b")
    assert read.header == ("a", "", "b", " ")
    assert read.cells == [["1", "2"], None, ["5", "6"], None]
    assert read.problems == {
        2: "a value under a column without a name (column 2)",
        4: "a value under a column without a name (column 4)",
    }


def test_header_names_stay_verbatim_and_may_repeat(door):
    assert door.read(b'" Net amount",x,x\n1,2,3\n').columns == (" Net amount", "x", "x")


def test_a_header_alone_has_no_rows(door):
    read = door.read(b"a,b\n")
    assert (read.rows, read.columns, read.header) == ([], (), ("a", "b"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n ,\n", "no header: all 2 lines are blank"),
        (b'a,"b\n1,2\n', "the header on line 1 cannot be read"),
        (b"," * 3000 + b"a\n", "the header has 3001 columns"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(door, data, words):
    refusal = door.refusal(data)
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert words in refusal.message


@BOTH_LANES
def test_a_lost_closing_quote_costs_one_line(door, bulk):
    body = "".join(f'{i},{i},"note, {i}"\n' for i in range(50))
    read = door.read(f'a,b,c\n1,2,"open\n{body}'.encode(), bulk=bulk)
    assert list(read.problems) == [1]
    assert read.cells[1:] == [[str(i), str(i), f"note, {i}"] for i in range(50)]


@BOTH_LANES
@pytest.mark.parametrize("block", [1, 7, 64, 4096])
def test_how_far_a_quote_may_reach_is_bounded_in_lines_and_bytes(door, bulk, block):
    limits = Limits(block_bytes=block, record_bytes=40, record_lines=4)
    near = '1,"x\n\n\ny",3\n'
    many_lines = '1,"x\n\n\n\ny",3\n'
    many_bytes = '1,"' + "x" * 20 + "\n" + "y" * 20 + '",3\n'
    read = door.read(("a,b,c\n" + near + many_lines).encode(), limits=limits, bulk=bulk)
    assert read.cells[0] == ["1", "x\n\n\ny", "3"]
    assert read.texts[1:] == ['1,"x', 'y",3']
    read = door.read(("a,b,c\n" + many_bytes).encode(), limits=limits, bulk=bulk)
    assert len(read.problems) == len(read.rows) == 2
    assert "within 4 lines and 40 bytes" in read.problems[1]


@BOTH_LANES
def test_a_record_over_lines_does_not_swallow_a_line_that_is_too_long_to_be_kept(door, bulk):
    data = '1,"x\ny",' + "z" * 100
    read = door.read(("a,b,c\n" + data).encode(), limits=SHORT, bulk=bulk)
    assert read.texts == ['1,"x', 'y",zzzzzzz']
    assert len(read.problems) == 2


@BOTH_LANES
def test_a_record_over_lines_must_have_the_width_of_the_header(door, bulk):
    """Otherwise the quote was a stray one, and the lines after it stand for themselves."""
    read = door.read(b'a,b,c\n1,"2,3\n4,5,6\n7,8,9"\n', bulk=bulk)
    assert read.cells == [None, ["4", "5", "6"], ["7", "8", '9"']]


@BOTH_LANES
@pytest.mark.parametrize("block", [1, 16, 50, 10_000])
def test_a_line_that_is_too_long_is_one_malformed_row_with_a_cut_text(door, bulk, block):
    limits = Limits(block_bytes=block, line_bytes=64, cut_bytes=10, record_bytes=40)
    data = "a,b\n1,2\n" + "é" * 300 + "\r\n" + "y" * 63 + ",\n" + "z" * 70 + ",\r3,4\n" + "w" * 99
    read = door.read(data.encode(), limits=limits, bulk=bulk)
    assert read.texts == ["1,2", "é" * 5, "y" * 63 + ",", "z" * 10, "3,4", "w" * 10]
    assert [line[1] for line in read.rows] == [2, 3, 4, 5, 6, 7]
    assert set(read.problems) == {2, 4, 6}
    assert read.problems[2] == "the line is longer than 64 bytes; its text is cut"


def test_chunks_end_early_where_rows_are_large(door):
    data = b"a\n" + b"".join(b"%d\n" % i + b"x" * 29 + b"\n" for i in range(4))
    read = door.read(data, limits=Limits(chunk_bytes=31))
    assert read.sizes == [3, 3, 2]


def test_a_reader_is_read_once(door, drained):
    reader = door.open(b"a\n1\n")
    drained(reader)
    with pytest.raises(RuntimeError, match="once"):
        drained(reader)


def test_a_delivery_that_cannot_be_opened_says_where_and_what_to_do(tmp_path, door):
    elsewhere = type(door)(tmp_path)
    with pytest.raises(EnvironmentFailedError, match="cannot be read") as caught:
        elsewhere.reopen()
    assert caught.value.where == str(tmp_path)
    assert caught.value.remedy
