"""Deliveries that mean harm, or look as if: each refused with its reason, in bounded memory."""

import gzip
import io
import random
import resource
import time
import tracemalloc
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits, Refused

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["id", "amount"])
    book.active.append(["A1", 5])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rebuilt(edit=None, extra=(), part=SHEET) -> bytes:
    """The workbook with one part edited and members added."""
    source = zipfile.ZipFile(io.BytesIO(workbook()))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, edit(content) if edit and name == part else content)
        for name, content in extra:
            archive.writestr(name, content)
    return file.getvalue()


LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


def laughing(content: bytes) -> bytes:
    start = content.index(b"?>") + 2 if content.startswith(b"<?xml") else 0
    return content[:start] + LAUGHS + content[start:].replace(b"A1</t>", b"&c;</t>")


@pytest.mark.parametrize(
    "part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"]
)
def test_a_billion_laughs_end_before_the_first(door, part):
    refusal = door.refusal(rebuilt(laughing, part=part), kind="excel")
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert "document type (DTD)" in refusal.message


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml"])
@pytest.mark.parametrize("encoding", ["UTF-4", "big5", "idna", "zlib"])
def test_an_encoding_that_no_xml_has_is_told(door, part, encoding):
    def declared(content):
        start = content.index(b"?>") + 2 if content.startswith(b"<?xml") else 0
        return f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + content[start:]

    got = door.outcome(rebuilt(declared, part=part), kind="excel")
    told = got.message if isinstance(got, Refused) else str(got.problems)
    assert "cannot be decoded" in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../../etc/passwd", "leads out of it"),
        ("/etc/passwd", "leads out of it"),
        ("xl\\..\\x", "leads out of it"),
        ("C:/x", "leads out of it"),
    ],
)
def test_a_member_whose_path_climbs_refuses_the_archive(door, name, words):
    refusal = door.refusal(rebuilt(extra=[(name, b"x")]), kind="excel")
    assert words in refusal.message


def test_an_archive_that_claims_too_much_is_refused_by_its_directory_alone(door):
    data = rebuilt(extra=[("xl/media/x", b"\0" * 3_000_000)])
    limits = Limits(free_bytes=1 << 20, unpacked_ratio=100)
    refusal = door.refusal(data, kind="excel", limits=limits)
    assert "may be a bomb" in refusal.message
    assert door.read(data, kind="excel").cells == [["A1", "5"]]


def test_an_archive_with_too_many_members_is_refused(door):
    data = rebuilt(extra=[(f"x{i}", b"") for i in range(10_001)])
    assert "10000 at most" in door.refusal(data, kind="excel").message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(door):
    assert "two members" in door.refusal(rebuilt(extra=[(SHEET, b"x")]), kind="excel").message


def test_a_cell_in_the_last_corner_costs_one_cell(door):
    """A reader that lays the sheet out as a rectangle asks for 512 GB here, and aborts."""
    corner = b'<row r="1048576"><c r="A1048576" t="str"><v>x</v></c></row>'
    data = rebuilt(lambda xml: xml.replace(b"</sheetData>", corner + b"</sheetData>"))
    tracemalloc.start()
    read = door.read(data, kind="excel")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read.cells == [["A1", "5"], ["x", ""]]
    assert read.blank_rows == 1048573
    assert peak < 20 << 20


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (b'<row r="1048577"><c r="A1"><v>1</v></c></row>', "beyond the end of any sheet"),
        (b'<row r="99999999999"/>', "a row has the number"),
        (b'<row r="1"><c r="A1"><v>1</v></c></row>', "comes after row"),
        (b'<row r="3"><c r="XFE3"><v>1</v></c></row>', "beyond the last column"),
        (b'<row r="3"><c r="?3"><v>1</v></c></row>', "a cell has the place"),
        (b"<row", "not XML"),
    ],
)
def test_a_sheet_that_breaks_half_way_keeps_what_was_read_before(door, cells, words):
    filler = b"<!--" + random.Random(1).randbytes(90_000).hex().encode() + b"-->"  # noqa: S311
    data = rebuilt(lambda xml: xml.replace(b"</sheetData>", filler + cells + b"</sheetData>"))
    read = door.read(data, kind="excel")
    assert read.cells[0] == ["A1", "5"]
    assert words in read.problems[2]
    assert "broken from here on" in read.problems[2]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (b'<c r="A3" t="s"><v>7</v></c>', "a text that the workbook does not have"),
        (b'<c r="A3" t="z"><v>7</v></c>', "unknown type"),
        (b'<c r="A3"><v>7</v></c><c r="A3"><v>8</v></c>', "twice or out of order"),
        (b'<c r="A3" t="str"><v>a_x0000_b</v></c>', "NUL"),
        (b'<c r="A3" t="str"><v>' + b"x" * 3000 + b"</v></c>", "more than 2000 characters"),
    ],
)
def test_a_cell_that_lies_costs_its_row(door, cell, words):
    row = b'<row r="3">' + cell + b"</row>"
    data = rebuilt(lambda xml: xml.replace(b"</sheetData>", row + b"</sheetData>"))
    read = door.read(data, kind="excel", limits=Limits(line_bytes=2000, cut_bytes=100))
    assert read.cells == [["A1", "5"], None]
    assert words in read.problems[2]


def test_a_tag_without_an_end_is_not_held(door):
    noise = random.Random(1).randbytes(3_000_000).hex().encode()  # noqa: S311
    data = rebuilt(lambda xml: xml.replace(b"<sheetData>", b'<x y="' + noise + b'"/><sheetData>'))
    assert "a tag that does not end" in door.refusal(data, kind="excel").message


def test_shared_texts_are_bounded(door):
    links = b"</Relationships>"
    link = f'<Relationship Id="s" Type="{MAIN}/sharedStrings" Target="s.xml"/>'.encode()
    texts = f'<sst xmlns="{MAIN}">'.encode() + b"<si/>" * 1000 + b"</sst>"
    data = rebuilt(
        lambda xml: xml.replace(links, link + links),
        extra=[("xl/s.xml", texts)],
        part="xl/_rels/workbook.xml.rels",
    )
    limits = Limits(shared_bytes=10_000)
    assert "share more than" in door.refusal(data, kind="excel", limits=limits).message
    assert door.read(data, kind="excel").cells == [["A1", "5"]]


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"id,amount\n1,2\n", "perhaps its format is `csv`"),
        (b"<html><body>", "HTML"),
        (b"\xef\xbb\xbf <TABLE border=1>", "HTML"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
         "Excel 2003"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le"), "not an Excel workbook"),
        (OLE + b"\0" * 600 + "Workbook".encode("utf-16-le"), "damaged"),
        (b"\x00\x01\x02", "not an Excel workbook"),
        (b"PK\x03\x04" + b"x" * 100, "damaged or cut off"),
        (workbook()[:-100], "damaged or cut off"),
    ],
)  # fmt: skip
def test_what_only_has_the_name_of_a_workbook_is_told_apart(door, data, words):
    refusal = door.refusal(data, kind="excel")
    assert refusal.reason is Reason.NOT_THE_FORMAT
    assert words in refusal.message


def test_other_archives_are_not_workbooks(door):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "not an Excel workbook" in door.refusal(file.getvalue(), kind="excel").message


def test_a_member_whose_name_beside_its_bytes_is_no_text_breaks_and_is_told(door):
    data = bytearray(workbook())
    name = b"_rels/.rels"
    beside, listed = data.index(name), data.rindex(name)
    data[beside] = 0xF1
    data[listed - 46 + 9] |= 0x08  # the directory's flag of names in UTF-8
    assert "is damaged" in door.refusal(bytes(data), kind="excel").message


def test_a_member_that_lies_about_its_size_breaks_and_is_told(door):
    data = bytearray(workbook())
    place = data.index(SHEET.encode()) + len(SHEET) + 30
    data[place] ^= 0xFF
    assert "damaged" in door.refusal(bytes(data), kind="excel").message


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_gzip_is_unpacked_by_its_first_bytes(door, kind):
    plain = b"a,b\n1,2\n" if kind == "csv" else b'{"a": "1", "b": "2"}\n'
    packed = gzip.compress(plain[:5]) + gzip.compress(plain[5:])
    assert door.read(packed, kind=kind).rows == door.read(plain, kind=kind).rows
    assert door.read(packed, kind=kind, compression="gzip").cells == [["1", "2"]]
    refusal = door.refusal(plain, kind=kind, compression="gzip")
    assert "`compression: gzip` is declared" in refusal.message
    assert door.outcome(packed, kind="csv", compression="none", encodings=["utf-8"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b"a,b\n" * 1000)[:-12], "cut off"),
        (gzip.compress(b"a,b\n" * 1000) + b"garbage", "damaged"),
        (gzip.compress(b"a,b\n" * 1000)[:20] + b"\xff" * 20, "damaged"),
        (gzip.compress(b"a,b\n" * 100_000), "may be a bomb"),
    ],
    ids=["cut off", "garbage behind", "damaged", "bomb"],  # the bytes hold the time of day
)
def test_a_gzip_body_that_is_cut_off_damaged_or_a_bomb_is_refused(door, data, words):
    limits = Limits(free_bytes=10_000, unpacked_ratio=100)
    assert words in door.refusal(data, limits=limits).message


def test_a_json_document_is_measured_unpacked(door):
    packed = gzip.compress(b"[" + b" " * 5000 + b"]")
    refusal = door.refusal(packed, kind="json", limits=Limits(json_bytes=1000))
    assert "too large" in refusal.message


@pytest.mark.parametrize("kind", ["csv", "jsonl", "ep_ledger", "fixed_width", "showbiz_ubx"])
def test_one_endless_line_is_read_in_bounded_memory_and_linear_time(door, kind):
    """The line is the whole file: 32 MB here, in the proportions of 1 GB with the real limits."""
    form = {"layout": {"columns": [{"name": "a", "start": 1, "width": 3}]}}
    limits = Limits(block_bytes=64 << 10, line_bytes=512 << 10, record_bytes=64 << 10)
    data = b"x" * (32 << 20)
    door.path.write_bytes(data)
    del data
    settings = form if kind == "fixed_width" else {}
    tracemalloc.start()
    began = time.process_time()
    reader = door.reopen(kind=kind, limits=limits, **settings)
    if hasattr(reader, "rows"):
        assert sum(chunk.table.num_rows for chunk in reader) == 1
    seconds = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
    assert seconds < 20


@pytest.mark.parametrize("kind", ["csv", "fixed_width", "showbiz_ubx", "showbiz_sag_cards"])
def test_nul_bytes_are_refused_in_every_text_format(door, kind):
    form = {"layout": {"columns": [{"name": "a", "start": 1, "width": 3}]}}
    data = "IMEX\t4\na\0b\n".encode("utf-16-le" if kind == "showbiz_sag_cards" else "utf-8")
    refusal = door.refusal(data, kind=kind, **(form if kind == "fixed_width" else {}))
    assert "NUL" in refusal.message


def test_a_dictionary_that_names_one_long_text_a_thousand_times_is_measured_first(door):
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 3000), ["x" * 1_000_000])
    pq.write_table(pa.table({"a": long}), door.path)
    assert door.path.stat().st_size < 1 << 20
    limits = Limits(chunk_bytes=8 << 20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reader = door.reopen(kind="parquet", limits=limits)
    first = next(iter(reader)).table
    assert first.num_rows <= 9
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10
    short = door.reopen(kind="parquet", limits=Limits(line_bytes=1000, cut_bytes=100))
    table = next(iter(short)).table
    assert "more than 1000 bytes" in table.column("malformed")[0].as_py()
