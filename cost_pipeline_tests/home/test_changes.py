"""Mistakes and doubts in settings that change from a date on: told in the line of the change."""

import jsonschema
import pytest

from cost_pipeline.feeds.all import doubts, load_home, problems
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.home.schema import vendor_schema

VENDOR = "vendors/example_rentals.yaml"
ENTRY = "changes:\n  - from: 2026-07-01\n    why: They moved to another program\n"


@pytest.fixture
def write(home):
    """Add settings that change; returns the line of a text in the whole file."""

    def add(text):
        file = home / VENDOR
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
        lines = file.read_text(encoding="utf-8").splitlines()
        return lambda part: next(n for n, line in enumerate(lines, 1) if part in line and n > 30)

    return add


LINES = {
    # What is added: the line it is told in, the message, the remedy.
    "    dats: x": ("dats", "`dats` is not a key that is known here", "did you mean `dates`?"),
    "    format: {kind: xlsx}": ("xlsx", "no format of the kind `xlsx`", ""),
    "    numbers:\n      decimals: x": ("decimals", "`decimals` is not a key", "`decimal`"),
    "    numbers:\n      decimal: x": ("decimal: x", "`decimal` cannot be `x`", "can be `.`, `,`"),
    "    key: none": ("key: none", "`key` cannot change on a date", "docs/interfaces.md"),
    "    dates: ['%d.%m.%Y %Q']": ("%Q", "`%d.%m.%Y %Q` holds `%Q`", "write dates with"),
    "    dates: ['%d']": ("%d'", "in `dates`: '%d' does not hold day", "docs/interfaces.md"),
    "    ignore: [Nett]\n    columns:\n      amounts: [A]\n": (
        "amounts", "`amounts` is not a field", "did you mean `amount`?"),
    "    constants:\n      currency: EURO": ("EURO", "`currency` cannot be `EURO`", ""),
    "    colums: {}": ("colums", "`colums` is not a key", "did you mean `columns`?"),
    "  - {from: 2026-08-01, why: x}": ("08-01", "item 2 of `changes` changes nothing", ""),
    "  - {from: 2026-08-01, dates: []}": ("08-01", "`why` is missing", "add the key `why`"),
    "    columns:\n      credit_of: [X]": (
        "from: 2026-07", "in item 1 of `changes`: `credit_of`", ""),
}  # fmt: skip


@pytest.mark.parametrize("text", LINES)
def test_a_mistake_is_told_in_its_line_inside_changes(home, write, text):
    line, message, remedy = LINES[text]
    own = "    dates: ['%d.%m.%Y']\n" if text.startswith("  - ") else ""
    line_of = write(f"{ENTRY}{own}{text}\n")
    told = [one for one in problems(home) if message in one.message]
    assert [(one.file, one.line) for one in told] == [(VENDOR, line_of(line))], problems(home)
    assert remedy in told[0].remedy


def test_what_the_whole_lacks_is_told_at_the_key_or_at_the_entry(home, write):
    line_of = write(f"{ENTRY}    columns:\n      transaction_id: [Id]\n")
    (found,) = problems(home)
    assert found.line == line_of("columns:")
    assert "no column and no constant gives" in found.message


def test_a_key_that_other_settings_need_is_told_at_the_entry(home, write, edit):
    edit("key: [transaction_id]", "key: [description]")
    line_of = write(
        f"{ENTRY}    columns:\n      transaction_id: [A]\n      transaction_date: [B]\n"
        "      amount: [C]\n      currency: [D]\n    constants:\n"
        '      department_code: "2000"\n      gl_code: "2000-01"\n'
    )
    (found,) = [one for one in problems(home) if "names `description`" in one.message]
    assert found.line == line_of("from: 2026-07-01")
    assert found.message.startswith("with the settings of this entry of `changes`: the key names")


def test_a_mistake_outside_is_told_once(home, write, edit):
    edit("production: P100", "production: P777")
    write(f"{ENTRY}    dates: ['%d.%m.%Y']\n")
    (found,) = problems(home)
    assert "P777" in found.message


def test_the_same_mistake_in_two_entries_is_told_twice(home, write):
    again = "  - from: 2026-08-01\n    why: x\n"
    line_of = write(f"{ENTRY}    dates: ['%d.%m.%Y %Q']\n{again}    dates: ['%d.%m.%Y  %Q']\n")
    told = [one.line for one in problems(home)]
    assert told == [line_of("%Y %Q"), line_of("%Y  %Q")]
    file = home / VENDOR
    file.write_text(file.read_text(encoding="utf-8").replace("  %Q", " %Q"), encoding="utf-8")
    assert len(problems(home)) == 2


def test_lawful_changes_are_read(home, write):
    write(f"{ENTRY}    dates: ['%d.%m.%Y']\n")
    assert problems(home) == doubts(home) == []
    (vendor,) = load_home(home).vendors
    assert vendor.as_of(None).dates.forms == ("%d.%m.%Y",)


def test_doubts_are_told_once_and_in_the_line_of_what_is_doubtful(home, write):
    line_of = write(
        f"{ENTRY}    dates: ['%d.%m.%Y']\n"
        "  - {from: 2026-08-01, why: nothing, dates: ['%d.%m.%Y']}\n"
        "  - from: 2026-09-01\n    why: x\n"
        "    format: {kind: csv, encodings: [cp437, utf-8]}\n"
    )
    told = {one.line: one.message for one in doubts(home)}
    assert told == {
        line_of("2026-08-01"): "nothing in this entry differs from what held before it",
        line_of("cp437"): "`utf-8` is never tried: every file fits `cp437` before it",
    }


def test_a_doubt_of_what_a_change_leaves_alone_is_told_where_it_stands(home, write, edit):
    edit("priority: normal", "payroll_run: strict\npriority: normal")
    write(f"{ENTRY}    dates: ['%d.%m.%Y']\n")
    (found,) = doubts(home)
    assert found.line < 30


CODED = """changes:
  - from: 2026-07-01
    why: They code by accounts now
    constants: {currency: GBP}
    codes: [{from: Konto, file: codes/acme.csv}]
  - from: 2026-08-01
    why: And write days otherwise
    dates: ["%d.%m.%Y"]
"""


def test_codes_may_change_and_their_file_is_read_for_every_entry_that_has_them(home, write):
    (home / "codes").mkdir(exist_ok=True)
    lookup = home / "codes" / "acme.csv"
    lookup.write_text("Konto,department_code,gl_code\n4711,2000,2210\n", encoding="utf-8")
    line_of = write(CODED)
    assert problems(home) == []
    (vendor,) = load_home(home).vendors
    row = {"4711": {"department_code": "2000", "gl_code": "2210"}}
    tables = [[one.table for one in own.codes] for _, own in vendor.in_force]
    assert tables == [[], [row], [row]]
    assert vendor.changes
    assert not any(own.changes for _, own in vendor.in_force)

    lookup.write_text("Konto,department_code,gl_code\n4711,2000,x\n", encoding="utf-8")
    (found,) = problems(home)
    assert (found.file, found.line) == ("codes/acme.csv", 2)
    lookup.unlink()
    (found,) = problems(home)
    assert found.line == line_of("codes/acme.csv")


def test_a_mistake_in_codes_that_an_entry_inherits_is_told_at_the_entry(home, write, edit):
    edit("columns:    ", 'codes: [{from: K, table: {"1": {vendor_name: X}}}]\ncolumns:    ')
    edit('  vendor_name: ["Supplier"]\n', "")
    line_of = write(
        f"{ENTRY}    columns:\n      transaction_id: [A]\n      transaction_date: [B]\n"
        "      amount: [C]\n      vendor_name: [D]\n"
    )
    (found,) = problems(home)
    assert found.line == line_of("from: 2026-07-01")
    assert "has a column of its own and is given by codes too" in found.message


def test_a_code_may_stand_for_a_tax_id_of_the_vendors_scheme(home, edit):
    edit('  tax_id: ["VAT no"]', "  # ")
    edit("priority: normal", "tax_ids: eu_vat\npriority: normal")
    table = 'codes: [{from: "VAT no", table: {"1": {tax_id: DE136695976}}}]\ncolumns:    '
    edit("columns:    ", table)
    assert problems(home) == doubts(home) == []
    edit("DE136695976", "DE136695978")
    assert "`tax_id` of the code `1` cannot be" in problems(home)[0].message


def test_the_schema_knows_what_may_change():
    schema = jsonschema.Draft202012Validator(vendor_schema([COST_CONTRACT]))
    good = {
        "vendor": "v", "production": "P100", "record": "vendor_invoice",
        "source": {"kind": "folder", "path": "inbox"}, "format": {"kind": "csv"},
        "key": ["transaction_id"], "columns": {"transaction_id": ["Id"]},
    }  # fmt: skip
    entry = {"from": "2026-07-01", "why": "x", "dates": ["%d.%m.%Y"], "amount": {"zero": "-"}}
    assert schema.is_valid({**good, "changes": [{**entry, "tax_ids": "eu_vat"}]})
    for wrong in (
        {"key": "none"}, {"priority": "high"}, {"dats": 1}, {"format": {"kind": "xls"}},
        {"columns": {"supplier": ["X"]}},
    ):  # fmt: skip
        assert not schema.is_valid({**good, "changes": [{**entry, **wrong}]}), wrong
    assert not schema.is_valid({**good, "changes": [{"why": "x", "dates": []}]})
