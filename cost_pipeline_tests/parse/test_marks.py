"""A delivery opened again at a mark goes on exactly as if it had been read from its start."""

import gzip

from hypothesis import example, given
from hypothesis import strategies as st

from cost_pipeline.contracts.control import ControlTotal
from cost_pipeline.parse import Limits, Refused

PIECES = st.sampled_from(
    [
        *('"', ",", "\n", "\r", "\r\n", "a", " ", "é", "€", "\n\n\n", ",,\n", "1,2,3\n"),
        *('"1","2","3"\r\n', '"a\nb",2,3\n', '"\n",,\n', "4,5\n", ",,7\n", "x,y,z\r"),
        *(",7,\n", "sub,8,\n", "a,b,c\n", "g,,\n", ",,h\n", "g\n"),
    ]
)
BODIES = st.lists(PIECES, max_size=40).map("".join)
LIMITS = st.builds(
    Limits,
    block_bytes=st.integers(1, 40),
    line_bytes=st.sampled_from([24, 1000]),
    record_bytes=st.sampled_from([12, 24]),
    record_lines=st.integers(1, 5),
    cut_bytes=st.sampled_from([4, 16]),
    chunk_bytes=st.sampled_from([10, 1000]),
)
UTF8 = {"encodings": ["utf-8"]}
CONTROLLED = {"encodings": ["utf-8-sig"], "control": "b"}
PARTS = {"encodings": ["utf-8"], "control": ControlTotal(column="b", subtotals=("sub",))}
LISTED = {
    "encodings": ["utf-8"],
    "furniture": ["x*"],
    "groups": [{"column": "G", "from": "#1", "ends": ["sub"]}, {"column": "H", "from": "#3"}],
    "fill_down": ["b"],
}
KINDS = {
    "encodings": ["utf-8-sig"],
    "kinds": {"at": "a", "uses": {"1": "row", "a": "row", "4": "other", "x": "other"}},
}
MIXED = LISTED | KINDS | {"control": "b", "fill_down": []}
FORMS = st.sampled_from(
    [
        LISTED,
        KINDS,
        MIXED,
        {"encodings": ["utf-8-sig"]},
        {"encodings": ["utf-16-le"]},
        {"encodings": ["utf-8-sig"], "compression": "gzip"},
        CONTROLLED,
        PARTS,
    ]
)


def bytes_of(text, form):

    data = text.encode(form["encodings"][0])
    return gzip.compress(data, mtime=0) if "compression" in form else data


def portions(reader):
    """Every chunk as plain values with the mark behind it, and the counts at the end."""
    chunks = [
        (c.table.to_pylist(), c.columns, c.after, c.passed is None or c.passed.to_pylist())
        for c in reader
    ]
    told = (reader.account(), reader.blank_rows, reader.control, reader.encoding, reader.header)
    assert told[0].balanced
    return chunks, told, reader.groups


@given(BODIES, LIMITS, FORMS, st.integers(1, 4), st.sampled_from(["bulk", "careful"]))
@example("\n1,2,3\n\n\n4,5,6\n,,\n7,8,9\n", Limits(block_bytes=7), UTF8, 1, "bulk")
@example('"\n",,\n1,2,3\n"\n",,\n4,5,6\n', Limits(), UTF8, 1, "careful")
@example("1,2,3\n,6,\n", Limits(), CONTROLLED, 1, "bulk")  # a control row behind the last chunk
@example("1,2,3\n,6,\n4,,\n5,,\n", Limits(), CONTROLLED, 1, "bulk")  # and rows behind it
@example("g,,\n,1,2\n,3,4\nh,,\n,5,6\n,,7\n", Limits(), LISTED, 1, "bulk")
@example("g,,\n,1,2\ng\n,,4\n,5,6\nsub,,7\n,8,9\n", Limits(), LISTED, 1, "careful")
@example("1,2,3\n4,5,6\n4,5,6\n9,9,9\n1,1,1\n4,5,\n,6,\n", Limits(), MIXED, 1, "bulk")
@example('"4",5,"6\n7"\n1,2,3\n,,\n4,5,6\n1,2,3\n1,2,3\n', Limits(), KINDS, 1, "careful")
@example("1,2,3\n,7\n5,,6\n", Limits(), LISTED, 1, "bulk")  # below a damaged row, in groups
@example("a,b,c\n1,2,3\na,b,c\n4,5,6\n7,8,9\n", Limits(), UTF8, 1, "bulk")
@example("1,2,3\nsub,6,\n4,5,6\n,9,\n", Limits(), PARTS, 1, "careful")
def test_reading_on_from_any_mark_is_reading_from_the_start(
    door, body, limits, form, chunk_rows, lane
):
    settings = {"limits": limits, "chunk_rows": chunk_rows, "bulk": lane == "bulk", **form}
    opened = door.open(bytes_of("\na,b,c\n" + body, form), **settings)
    if isinstance(opened, Refused):
        return
    chunks, counts, groups = portions(opened)
    for done, (_, _, mark, _) in enumerate(chunks, start=1):
        if done == len(chunks):
            assert mark is None
        elif mark is None:  # rows behind the control row, which must be seen to be known
            assert counts[2]
        if mark is not None:
            assert mark.rows == sum(len(rows) for rows, *_ in chunks[:done])
            again, end, rest = portions(door.reopen(at=mark, **settings))
            assert again == chunks[done:]
            assert end == counts
            assert rest == groups[mark.passed :]


def test_a_listing_has_no_marks(door):
    rows = b'{"a": "1"}\n{"a": "2"}\n{"a": "3"}\n'
    chunks, *_ = portions(door.open(rows, kind="jsonl", chunk_rows=1))
    assert [mark for _, _, mark, _ in chunks] == [None, None, None]
