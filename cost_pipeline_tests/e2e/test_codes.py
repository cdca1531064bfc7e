"""A vendor with a file of codes, by the command line: an unknown code is added and then posts."""

import pytest

pytestmark = pytest.mark.e2e

DAY = "2026-04-01"
FILE = "codes/acme.csv"
CODES = "Konto,department_code,gl_code,currency\n4711,2000,2210,USD\n48*,3300,3301,GBP\n"
ROWS = """\
id,date,amount,Konto
A1,2026-03-31,10.00,4711
A2,2026-03-31,20.00,4810
A3,2026-03-31,5.00,0815
"""


@pytest.fixture(scope="module")
def vendor(invoices):
    text = invoices("acme").replace("  currency: [currency]\n", "")
    head, _, _ = text.partition("constants:")
    return f"{head}codes:\n  - from: [Account, Konto]\n    file: {FILE}\n"


@pytest.fixture
def home(make_home, vendor, tmp_path):
    home = make_home(tmp_path / "home", {"acme": vendor})
    (home / "codes").mkdir()
    (home / FILE).write_text(CODES, encoding="utf-8")
    (home / "inbox" / "acme" / f"{DAY}.csv").write_text(ROWS, encoding="utf-8")
    return home


def test_a_code_that_is_added_to_the_file_posts_its_rows_on_replay(cli, home):
    tried = cli("vendors", "try", home / "inbox" / "acme" / f"{DAY}.csv", "--vendor", "acme",
                "--home", home, "--json").json()  # fmt: skip
    assert tried["read"]["Konto"] == ["department_code", "gl_code", "currency"]
    assert [row["values"]["gl_code"] for row in tried["first"]] == ["2210", "3301", None]
    assert [one["code"] for one in tried["refusals"]] == ["UNKNOWN_CODE"]
    assert tried["refusals"][0]["example"]["message"] == (
        "'0815' under 'Account' or 'Konto' is not in codes/acme.csv"
    )

    ran = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    assert ran.code == 0, ran.err
    (letter,) = cli("dead-letters", "list", "--home", home, "--json").json()["items"]
    assert letter["reasons"] == ["UNKNOWN_CODE"]
    assert {error["value"] for error in letter["errors"]} == {"0815"}

    (home / FILE).write_text(f"{CODES}0815,4400,4401,USD\n", encoding="utf-8")
    replayed = cli("replay", "--home", home, "--json").json()
    assert replayed["resolved"] == 1
    assert replayed["open"] == 0
    assert "4401" in cli("ledger", "trace", "A3", "--home", home).out
    again = cli("replay", "--home", home, "--json").json()
    assert again["deliveries"] == 0


def test_a_value_that_is_changed_in_the_file_is_posted_anew(cli, home):
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    (home / FILE).write_text(CODES.replace("2210", "2211"), encoding="utf-8")
    again = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    assert again.code == 0
    traced = cli("ledger", "trace", "A1", "--home", home)
    assert "2211" in traced.out


def test_what_was_kept_of_a_reading_has_the_table(cli, home):
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    (home / FILE).unlink()
    kept = [
        file.read_text(encoding="utf-8")
        for file in (home / "lake").glob("interpretations/*/*.json")
    ]
    assert any('"4711"' in text and '"2210"' in text for text in kept)
    found = cli("vendors", "check", "--home", home)
    assert found.code == 2
    assert "there is no file `codes/acme.csv` in the home" in found.out


def test_the_workbook_of_dead_letters_has_the_code_where_the_fields_are_missing(cli, home):
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    sheet = home / "letters.csv"
    cli("dead-letters", "export", "--home", home, "--to", sheet)
    text = sheet.read_text(encoding="utf-8-sig")
    assert "0815" in text
    assert "\x02" not in text
    assert "codes/acme.csv" in text


JSON = """\
{"rows": [{"id": "A1", "date": "2026-03-31", "amount": "5.00", "coding": {"konto": 4711}}]}
"""
XML = """\
<rows><row><id>A1</id><date>2026-03-31</date><amount>5.00</amount><coding konto="4711"/></row>
</rows>
"""
GROUPS = 'csv, groups: [{column: Heading, from: id, pattern: "[0-9]*"}]'
FORMATS = {
    "json": ("[Account, coding.konto]", "json, records: rows", JSON),
    "xml": ("coding/@konto", "xml, records: rows/row", XML),
    "csv by place": ('"#4"', "csv", "id,date,amount,\nA1,2026-03-31,5.00,4711\n"),
    "csv with headings": ("Heading", GROUPS, "id,date,amount\n4711,,\nA1,2026-03-31,5.00\n"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_codes_are_read_wherever_a_format_has_them(cli, home, vendor, name):
    column, form, content = FORMATS[name]
    text = vendor.replace("[Account, Konto]", column)
    text = text.replace("kind: csv, encodings: [utf-8-sig]", f"kind: {form}")
    (home / "vendors" / "acme.yaml").write_text(text, encoding="utf-8")
    file = home / "inbox" / "acme" / "one"
    file.write_text(content, encoding="utf-8")
    found = cli("vendors", "try", file, "--vendor", "acme", "--home", home, "--json").json()
    assert (found["accepted"], found["refused"], found["unread"]) == (1, 0, []), found
    assert found["first"][0]["values"]["gl_code"] == "2210"
