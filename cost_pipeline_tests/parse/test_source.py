"""Encodings, byte order marks, and files that are something else altogether."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits
from cost_pipeline.parse.source import line_blocks

BLOCKS = pytest.mark.parametrize("block", [1, 2, 3, 5, 4096])


@BLOCKS
@pytest.mark.parametrize(
    ("spelled", "encodings", "chosen"),
    [
        ("utf-8", ["utf-8-sig", "cp1252"], "utf-8-sig"),
        ("utf-8-sig", ["utf-8"], "utf-8"),
        ("utf-8-sig", ["utf-8-sig"], "utf-8-sig"),
        ("cp1252", ["utf-8-sig", "cp1252"], "cp1252"),
        ("utf-16", ["utf-8-sig", "utf-16"], "utf-16"),
        ("utf-16-le", ["utf-8-sig", "utf-16-le"], "utf-16-le"),
        ("utf-32", ["utf-32"], "utf-32"),
        ("utf-7", ["utf-7"], "utf-7"),
    ],
)
def test_the_first_encoding_that_fits_is_used_and_told(door, block, spelled, encodings, chosen):
    text = "name,amount\r\nCafé £,1\r\n"
    limits = Limits(block_bytes=block)
    read = door.read(text.encode(spelled), encodings=encodings, limits=limits)
    assert read.encoding == chosen
    assert read.columns == ("name", "amount")
    assert read.cells == [["Café £", "1"]]


def test_a_byte_order_mark_is_not_part_of_the_first_name_in_any_unicode_encoding(door):
    data = "\ufeffa,b\n1,2\n".encode("utf-16-le")
    assert door.read(data, encodings=["utf-16-le"]).columns == ("a", "b")


@BLOCKS
def test_no_fitting_encoding_names_those_tried_and_where_the_best_failed(door, block):
    data = b"a,b\r\nx,\xe9\r\n1,\x81\r\n"
    refusal = door.refusal(
        data, encodings=["utf-8-sig", "cp1252", "ascii"], limits=Limits(block_bytes=block)
    )
    assert refusal.reason is Reason.ENCODING
    assert "utf-8-sig, cp1252, ascii" in refusal.message
    assert "cp1252 came furthest and fails at byte 12, line 3" in refusal.message


@BLOCKS
def test_a_character_cut_off_at_the_end_is_an_encoding_failure(door, block):
    refusal = door.refusal("a\né".encode()[:-1], limits=Limits(block_bytes=block))
    assert refusal.reason is Reason.ENCODING
    assert "byte 2, line 2" in refusal.message


@pytest.mark.parametrize("kind", ["csv", "jsonl", "ep_ledger"])
@pytest.mark.parametrize("data", [b"\xef", b"\xef\xbb"])
def test_half_a_byte_order_mark_is_an_encoding_failure(door, kind, data):
    refusal = door.refusal(data, kind=kind)
    assert refusal.reason is Reason.ENCODING
    assert "byte 0, line 1" in refusal.message


def test_lone_surrogates_that_an_encoding_can_spell_do_not_fit(door):
    refusal = door.refusal(b"a\n+2AA-\n", encodings=["utf-7"])
    assert refusal.reason is Reason.ENCODING


@pytest.mark.parametrize("encodings", [["utf-8-sig"], ["cp1252"], ["utf-8-sig", "cp1252"]])
def test_nul_bytes_are_binary_data_or_undeclared_utf_16(door, encodings):
    refusal = door.refusal("a,b\n1,2\n".encode("utf-16-le"), encodings=["cp1252"])
    assert refusal.reason is Reason.NOT_THE_FORMAT
    refusal = door.refusal(b"a,b\n1,\x00\n", encodings=encodings)
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "NUL" in refusal.message
    assert "byte 6" in refusal.message


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "ep_ledger"])
@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html>",
        b"\xef\xbb\xbf\r\n  <HTML lang=en>\xe9",
        "\ufeff \n<html>".encode("utf-16-le"),
    ],
)
def test_a_page_of_html_is_told_apart_whatever_was_expected(door, kind, data):
    refusal = door.refusal(data, kind=kind, encodings=["utf-8-sig", "utf-16"])
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "HTML" in refusal.message


def test_html_in_a_cell_is_just_text(door):
    assert door.read(b"a\n<html>\n").cells == [["<html>"]]


@given(
    st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"\n\n"])).map(b"".join),
    st.integers(1, 10),
)
def test_blocks_end_with_lines_and_join_to_the_same_bytes(data, size):
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    blocks = list(line_blocks(iter(pieces), 1000))
    assert b"".join(block for block, _ in blocks) == data
    assert [final for _, final in blocks] == [False] * (len(blocks) - 1) + [True]
    for (block, _), (following, _) in pairwise(blocks):
        assert block.endswith((b"\n", b"\r"))
        assert not (block.endswith(b"\r") and following.startswith(b"\n"))


@given(
    st.lists(st.sampled_from([b"a", b"bcd", b"e" * 7, b"\n", b"\r", b"\r\n"])).map(b"".join),
    st.integers(1, 12),
    st.integers(1, 6),
)
def test_lines_that_are_too_long_lose_their_rest_and_no_line_is_joined_to_another(
    data, size, longest
):
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    kept = b"".join(block for block, _ in line_blocks(pieces, longest)).splitlines()
    for line, whole in zip(kept, data.splitlines(), strict=True):
        assert line == whole or (len(line) > longest and line[:longest] == whole[:longest])


def test_what_is_held_of_a_line_without_an_end_is_bounded():
    pieces = (b"x" * 100 for _ in range(1000))
    assert [len(block) for block, _ in line_blocks(pieces, 500)] == [501]


def test_utf_16_without_its_mark_is_a_misfit_like_any_other(door):
    """Found by `make fuzz`: the decoder of `utf-16` raises even where it is told to replace."""
    refusal = door.refusal("é\nü".encode("cp1252"), encodings=["utf-8", "utf-16"])
    assert refusal.reason is Reason.ENCODING
    assert "line 1" in refusal.message
