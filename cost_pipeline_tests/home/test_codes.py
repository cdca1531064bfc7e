"""Maps of codes in a home: what is read of lookup files, and every mistake with file and line."""

import pytest

from cost_pipeline.contracts.code_maps import Codes, ambiguous
from cost_pipeline.feeds.all import load_home, problems

VENDOR = "vendors/example_rentals.yaml"
FILE = "codes/acme.csv"
GOOD = "Account,department_code,gl_code\n4711,2000,2210\n0815,3300,3301\n"
COLUMNS = "columns:\n"
MAPPED = """\
codes:
  - from: [Account, Konto]
    file: codes/acme.csv
columns:
"""
SPELLED = """\
codes:
  - from: Account
    table:
      "4711": {department_code: "2000", gl_code: "2210"}
      "48*": {department_code: "2100", gl_code: "2110"}
columns:
"""


@pytest.fixture
def mapped(home, edit):
    """The example with department and GL code from codes, by this text and this file."""

    def write(section=MAPPED, content=GOOD):
        edit("columns:    ", f"{section.removesuffix(COLUMNS)}columns:    ")
        edit(', department_code: "3300", gl_code: "3301"', "")
        if content is not None:
            (home / FILE).parent.mkdir(exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            (home / FILE).write_bytes(data)
        return home

    return write


def table_of(home):
    (vendor,) = load_home(home).vendors
    return vendor.codes[0].table


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        "\n Account , Department_Code , GL_CODE ,,\n\n 4711 , 2000 ,2210,,\n,,\n0815,3300,3301\n",
    ],
)
def test_a_lookup_file_becomes_the_table(mapped, content):
    assert table_of(mapped(content=content)) == {
        "4711": {"department_code": "2000", "gl_code": "2210"},
        "0815": {"department_code": "3300", "gl_code": "3301"},
    }


def test_a_lookup_file_may_have_columns_for_people_where_fields_say_what_is_read(mapped):
    section = MAPPED.replace("columns:", "    fields: [gl_code, department_code]\ncolumns:")
    home = mapped(section, "code,what,gl_code,department_code\n4711,cameras,2210,2000\n")
    assert table_of(home) == {"4711": {"gl_code": "2210", "department_code": "2000"}}


def test_codes_may_be_spelled_out(mapped):
    home = mapped(SPELLED, None)
    assert problems(home) == []
    assert table_of(home)["48*"]["gl_code"] == "2110"


BAD_FILES = {
    "a doubled code": (GOOD + "4711,2000,2211\n", 4, "`4711` is there twice (first in line 2)"),
    "a code in another case": ("c,gl_code,department_code\nab,2210,2000\nAB ,2210,2000\n", 3,
                               "`AB` is there twice"),
    "an unknown heading": (GOOD.replace("gl_code", "gl_cod"), 1, "`gl_cod` is not a field"),
    "a heading twice": ("a,gl_code,gl_code\n1,2210,2210\n", 1, "`gl_code` stands there twice"),
    "no heading but the code's": ("Account\n4711\n", 1, "has one column"),
    "no codes": ("Account,department_code,gl_code\n", 1, "has a heading and no codes"),
    "nothing": ("\n ,\n", 0, "is empty"),
    "a row without a code": (GOOD + ",2000,2210\n", 4, "the row has no code"),
    "a cell too many": (GOOD + "1,2000,2210,x\n", 4, "has 4 cells and the heading 3"),
    "a quote that is not closed": (GOOD + '"12,2000,2210\n', 4, "is not CSV"),
    "not UTF-8": (GOOD.encode() + b"caf\xe9,2000,2210\n", 4, "is not UTF-8 text"),
    "a value that its field refuses": (GOOD + "1,2000,ABC\n", 4, "cannot be `ABC`"),
    "patterns that differ": (GOOD + "48*,2000,1111\n*9,2000,2222\n", 4,
                             "`489` fits `*9` and `48*`"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_mistake_in_a_lookup_file_is_told_with_its_line(mapped, name):
    content, line, words = BAD_FILES[name]
    (problem,) = problems(mapped(content=content))
    assert (problem.file, problem.line) == (FILE, line)
    assert words in problem.message


def test_a_lookup_file_that_is_a_folder_is_told(mapped):
    home = mapped(content=None)
    (home / FILE).mkdir(parents=True)
    (problem,) = problems(home)
    assert problem.where == FILE
    assert "is a folder" in problem.message


BAD_MAPS = {
    "no file": (MAPPED.replace("acme", "acne"), "there is no file `codes/acne.csv`", "file:"),
    "a file and a table": (
        MAPPED.replace("columns:", '    table: {"1": {gl_code: "2210"}}\ncolumns:'),
        "in a `file` and in a `table`", "table:"),
    "neither": ("codes:\n  - from: Account\ncolumns:\n", "name a `file`", "- from"),
    "no column": (MAPPED.replace("from: [Account, Konto]", "from: []"), "`from`", "from"),
    "a column that is ignored": (MAPPED.replace("Konto", '"Printed"'), "both read and ignored",
                                 "from:"),
    "a field that no heading has": (
        MAPPED.replace("columns:", "    fields: [gl_code, department_code, po_number]\ncolumns:"),
        "no heading is `po_number`", None),
    "a field that is a column": (
        SPELLED.replace('gl_code: "2210"', 'gl_code: "2210", po_number: "5"'),
        "`po_number` has a column of its own", "table:"),
    "the measure": (
        SPELLED.replace('gl_code: "2210"', 'gl_code: "2210", amount: "5"'),
        "`amount` is counted", "table:"),
    "a field of no record": (
        SPELLED.replace('gl_code: "2210"', 'gl_code: "2210", gl: "5"'),
        "`gl` is not a field", "table:"),
    "a field of two maps": (
        MAPPED.replace("columns:",
                       '  - from: X\n    table: {a: {gl_code: "2210"}}\ncolumns:'),
        "`gl_code` is given by two maps", "from: X"),
    "a constant": (
        SPELLED.replace('gl_code: "2210"', 'gl_code: "2210", currency: GBP'),
        "`currency` is both a column and a constant", "constants:"),
    "a code twice": (
        SPELLED.replace('"48*"', '"47*": {gl_code: "2210"}\n      " 4711"'),
        "is there twice", '" 4711"'),
    "patterns that differ": (SPELLED.replace('"4711"', '"*1"'), "`481` fits `*1` and `48*`", "48*"),
    "a value that is refused": (SPELLED.replace("2110", "21.10"), "cannot be `21.10`", "48*"),
    "a word": (MAPPED.replace("columns:", "    otherwise: drop\ncolumns:"),
               "`otherwise` cannot be `drop`", "otherwise"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_MAPS)
def test_a_mistake_in_a_map_is_told_with_its_line(mapped, name):
    section, words, where = BAD_MAPS[name]
    home = mapped(section)
    found = [problem for problem in problems(home) if words in problem.message]
    assert found, problems(home)
    if where is not None:
        line = (home / VENDOR).read_text(encoding="utf-8").splitlines()[found[0].line - 1]
        assert found[0].file == VENDOR
        assert where in line


AMBIGUOUS = [
    ("4*", "48*", "48"), ("a?", "?b", "ab"), ("*a", "a*", "a"), ("??", "*", "00"),
    ("*", "x?", "x0"),
    ("4*", "5*", None), ("a?", "a??", None), ("*ab", "*cb", None), ("4*7", "4*8", None),
    ("É*", "é?", "é0"), ("a  *", "A ?", "a 0"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "text"), AMBIGUOUS)
def test_two_patterns_that_fit_one_code_must_say_the_same(one, other, text):
    differ = {one: {"gl_code": "1"}, other: {"gl_code": "2"}}
    found = ambiguous(differ)
    assert (found and found[2]) == text
    assert ambiguous({one: {"gl_code": "1"}, other: {"gl_code": "1"}}) is None
    if text is not None:
        assert Codes({one: {}}).row(text) is not None
        assert Codes({other: {}}).row(text) is not None


CHANGED = """\
changes:
  - from: 2026-07-01
    why: They have a new chart
    codes:
      - from: Account
        file: codes/new.csv
"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD.replace("2210", "2211"), None),
        (None, "there is no file `codes/new.csv`"),
        (GOOD.replace("2210", "22.1"), "cannot be `22.1`"),
    ],
)
def test_maps_may_change_from_a_date_on(mapped, content, words):
    home = mapped(f"{CHANGED}{MAPPED}")
    if content is not None:
        (home / "codes" / "new.csv").write_text(content, encoding="utf-8")
    if words is not None:
        (problem,) = problems(home)
        assert words in problem.message
        return
    (vendor,) = load_home(home).vendors
    found = [own.codes[0].table["4711"]["gl_code"] for _, own in vendor.in_force]
    assert (vendor.codes[0].table["4711"]["gl_code"], found) == ("2210", ["2210", "2211"])
