import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.core.text import BLANKS, among, plain_name


def test_blanks_are_what_python_strips():
    assert set(BLANKS) == {c for c in map(chr, range(0x110000)) if c.isspace()}


@pytest.mark.parametrize(
    "name",
    [
        "net amount",
        " Net  Amount ",
        "net\xa0amount",
        "net\u202famount",
        "Net\r\nAmount",
        "NET\u3000AMOUNT\n",
        "net \u2009\t amount",
    ],
)
def test_a_name_is_one_whatever_its_case_and_its_blanks(name):
    assert plain_name(name) == "net amount"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bu\u0308hne", "B\xdcHNE"), ("STRASSE", "Stra\xdfe"), ("\u0399\u03a3", "\u03b9\u03c2")],
)
def test_a_name_is_one_however_its_letters_are_composed(one, other):
    assert plain_name(one) == plain_name(other)


@given(st.text())
def test_a_plain_name_is_plain(name):
    plain = plain_name(name)
    assert plain_name(plain) == plain
    assert unicodedata.is_normalized("NFC", plain)
    assert plain == plain.strip()


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        (["Unnamed*"], {"unnamed: 3", "unnamed: 4"}),
        (["*_internal"], {"cost_internal"}),
        (["*Due"], {"*due"}),  # a column is called so, and no other one is meant
        (["*due date", "*Paid"], {"*due date", "unpaid"}),
        (["net [usd]"], {"net [usd]"}),
        (["UNNAMED: ?"], {"unnamed: 3", "unnamed: 4"}),
        (["nobody", "no*thing"], set()),
    ],
)
def test_a_pattern_names_what_fits_it_and_a_name_only_itself(entries, found):
    names = ["unnamed: 3", "unnamed: 4", "cost_internal", "*due", "net [usd]", "*due date"]
    assert among([*names, "overdue", "overdue date", "unpaid"], entries) == found
