"""Text that is UTF-8 and read as something else is refused or told; text that is not is not."""

import gzip

import pytest

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse import Limits

MIXED = {"encodings": ["utf-8-sig", "cp1252"]}
HEAD = "id,text\n"
GOOD = ["1,Café Zoë\n", "2,Müller\n", "3,it\u2019s £5\n"]


def body(*lines: str | bytes) -> bytes:
    return b"".join(line if isinstance(line, bytes) else line.encode() for line in (HEAD, *lines))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1 << 20])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_utf_8_with_one_damaged_row_is_refused(door, block, pack):
    data = pack(body("0,plain\n", *GOOD, b"4,br\xfbl\xe9\n"))
    refusal = door.refusal(data, limits=Limits(block_bytes=block), **MIXED)
    assert refusal.reason is Reason.ENCODING
    assert "read as cp1252 it holds UTF-8 in " in refusal.message
    assert "the first on line 3," in refusal.message


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "iso-8859-15", "cp1250", "cp1251"])
def test_utf_8_that_is_declared_to_be_something_else_is_refused(door, encoding):
    refusal = door.refusal(body(*GOOD), encodings=[encoding])
    assert refusal.reason is Reason.ENCODING


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Müller, Café, Zoë, GROSSE STRASSE", "cp1252"),
        ("CAFÉ “CENTRAL” \u2013 “CAFÉ”", "cp1252"),
        ("SOCIÉTÉ\xa0: L\u2019ÉTÉ», À\xa0LA «CAFÉ»", "cp1252"),
        ("£5 \u2013 £6 • €7 ©", "cp1252"),
        ("ŁÓDŹ Zażółć gęślą jaźń", "cp1250"),
        ("Рівне «ДНТВ» Київ №5", "cp1251"),
        ("ΚΑΦΕΣ «ΑΘΗΝΑ» Ελλάδα", "cp1253"),
        ("İSTANBUL ŞİŞLİ ığüş", "cp1254"),
        ("ร้านกาแฟ", "cp874"),
        ("рапорт ОТЧЁТ", "cp866"),
        ("ｶﾌｪ 喫茶店", "shift_jis"),
    ],
)
def test_text_that_is_what_it_says_is_read_as_it_is(door, text, encoding):
    data = f"id;text\n1;{text}\n".encode(encoding)
    read = door.read(data, delimiter=";", encodings=[encoding])
    assert read.cells == [["1", text]]
    assert read.account.misread == 0


def test_a_few_places_that_came_so_from_the_vendor_are_told_with_the_first_line(door):
    rows = [f"{n},Müller {n}\n".encode("cp1252") for n in range(20)]
    rows[7] = "7,CafÃ© Müller Söhne\n".encode("cp1252")
    read = door.read(body(*rows), **MIXED)
    assert read.encoding == "cp1252"
    assert (read.account.misread, read.account.misread_line) == (1, 9)
    assert door.read(body(*rows[:7], *rows[8:]), **MIXED).account.misread == 0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("declared", [["utf-8-sig"], ["utf-8-sig", "cp1252"], ["cp1252"]])
def test_the_mark_of_an_encoding_that_nobody_declared_names_it(door, encoding, declared):
    for text in (HEAD + GOOD[0], "名\n喫茶店\n"):
        refusal = door.refusal(text.encode(encoding), encodings=declared)
        assert refusal.reason is Reason.ENCODING
        assert f"the mark of {encoding.upper()}" in refusal.message
        assert f"[{encoding}]" in refusal.message


def test_a_mark_decides_among_the_declared_encodings(door):
    text = "名,値\n喫茶店,茶\n"
    read = door.read(text.encode("utf-16"), encodings=["cp1252", "utf-16"])
    assert (read.encoding, read.cells) == ("utf-16", [["喫茶店", "茶"]])


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1 << 20])
@pytest.mark.parametrize(
    "spoilt", ["CafÃ©", "10Â\u00a0kg", "itâ€™s", "MÃ¼ller", "Caf\ufffd", "Ã‰cole"]
)
def test_text_that_was_spoilt_before_it_was_sent_is_told(door, block, spoilt):
    data = body(*GOOD, f"4,{spoilt}\n", "5,Zoë\n")
    read = door.read(data, limits=Limits(block_bytes=block))
    assert read.cells[3] == ["4", spoilt]
    assert (read.account.misread, read.account.misread_line) == (1, 5)


@pytest.mark.parametrize(
    "text",
    ["SÃO PAULO", "NÃO", "Âge", "€ 5", "â", "Ângela", "Á “B”", "À\u00a0LA", "Ã", "„ÄRA“", "Tâmega"],
)
def test_utf_8_that_is_what_it_says_is_not_told(door, text):
    assert door.read(body(f"1,{text}\n")).account.misread == 0
