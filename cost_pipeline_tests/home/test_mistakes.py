"""Mistakes in the language of vendor files: where it is, and what to write instead."""

import pytest

from cost_pipeline.feeds.all import problems

VENDOR = "vendors/example_rentals.yaml"
HTTP = (
    ("kind: folder ", "kind: http "),
    ("path: inbox/example", "url: http://127.0.0.1/x"),
    ('files: "{pull_date:%Y-%m-%d}.csv"', "pages: {style: page, size: 5, size_parameter: n}"),
)
EXCEL = (
    ("kind: csv ", "kind: excel "),
    ("  encodings: [utf-8-sig, cp1252]", "  digits: 17"),
    ('  delimiter: ","', "  header_within: 9"),
)
PRIORITY, DELIMITER, PAGES = "priority: normal", "  delimiter:", "pages: {"


def above(key, new):
    """A new line above a key, with the key's indent."""
    indent = key[: len(key) - len(key.lstrip())]
    return key, f"{indent}{new}\n{key}"


UNKNOWN = {
    # A key that is not known: the nearest, or where it belongs.
    "priorty": ((), (PRIORITY, "priorty: normal"), "did you mean `priority`?"),
    "delimeter": ((), (DELIMITER, "  delimeter:"), "did you mean `delimiter`?"),
    "decimals": ((), ('decimal: "."', 'decimals: "."'), "did you mean `decimal`?"),
    "kredit": ((), (PRIORITY, "amount: {debit: [a], kredit: [b]}"), "did you mean `credit`?"),
    "form": ((), ("dates: [", 'dates: {form: ["%d"]} # ['), "did you mean `forms`?"),
    "befor": ((), (PRIORITY, "plausible: {befor: 4}"), "did you mean `before`?"),
    "attempt": (HTTP, above("  pages:", "attempt: 4"), "did you mean `attempts`?"),
    "columns": ((), above(DELIMITER, "control_total: {columns: amount}"), "did you mean `column`?"),
    "decimal": ((), (PRIORITY, "decimal: ','"), "`decimal` belongs under `numbers`"),
    "files": ((), (PRIORITY, "files: '*'"), "`files` belongs under `source`"),
    "sign": ((), (PRIORITY, "sign: {column: S}"), "`sign` belongs under `amount`"),
    "dates": ((), above(DELIMITER, "dates: [a]"), "`dates` belongs to the top of the file"),
    "tolerance": ((), above(DELIMITER, "tolerance: 1"), "belongs under `format.control_total`"),
    "base": (HTTP, above("  pages:", "base: 4"), "`base` belongs under `source.retry`"),
    "sheet": ((), above(DELIMITER, "sheet: x"), "it is a key of `kind: excel`"),
    "delimiter": (EXCEL, above("  digits:", "delimiter: ';'"), "it is a key of `kind: csv`"),
    "cursor_parameter": (HTTP, ("size: 5", "cursor_parameter: c"), "a key of `kind: cursor`"),
    "fields": ((), ("key: [", "key: {columns: a, fields: b} # ["), "known here: columns, else"),
}


def problem_of(home, edits, change):
    text = (home / VENDOR).read_text(encoding="utf-8")
    for old, new in (*edits, change):
        assert old in text
        text = text.replace(old, new)
    (home / VENDOR).write_text(text, encoding="utf-8")
    found = problems(home)
    assert len(found) == 1, found
    return found[0], text.splitlines()[found[0].line - 1]


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_key_that_is_not_known_is_told_with_what_to_write(home, name):
    edits, change, remedy = UNKNOWN[name]
    problem, line = problem_of(home, edits, change)
    assert problem.message == f"`{name}` is not a key that is known here"
    assert name in line
    assert remedy in problem.remedy


VALUES = {
    # A value that may not stand there: its line, and the values that may.
    "priority: urgent": ((), PRIORITY, "`priority` cannot be `urgent`", "payroll, high, normal"),
    "record: invoice": ((), "record: vendor_invoice", "`record` cannot be `invoice`",
                        "did you mean `vendor_invoice`? It can be purchase_order"),
    "kind: xls": ((), "kind: csv ", "no format of the kind `xls`", "write `excel`; it can be csv"),
    "decimal: comma": ((), 'decimal: "."', "`decimal` cannot be `comma`", "can be `.`, `,`"),
    "brackets]": ((), "parentheses]", "item 2 of `negatives` cannot be", "leading, trailing"),
    "negatives: leading}": ((), "negatives: [leading, parentheses]}", "must be a list",
                            "write `[leading]`"),
    "ignore: {a: b}": ((), 'ignore: ["Printed"]', "`ignore` must be a list", "write `[a, b]`"),
    "posts: maybe": ((), PRIORITY, "`posts` cannot be `maybe`", "write `true` or `false`"),
    "plausible: {before: soon}": ((), PRIORITY, "`before` cannot be `soon`",
                                  "write a whole number such as 20 or `any`"),
    "size: many": (HTTP, "size: 5", "`size` cannot be `many`", "a whole number such as 20"),
    "size: 0": (HTTP, "size: 5", "`size` must be greater than or equal to 1", "see `size`"),
    "style: numbered": (HTTP, "style: page", "no pages of the kind `numbered`", "none, page"),
    "digits: 16": (EXCEL, "digits: 17", "`digits` cannot be `16`", "it can be `15`, `17`"),
    "source: inbox #": ((), "source:\n  kind: folder", "`source` must be a section", "`kind:`"),
    "  control_total: amount\n  delimiter:": ((), DELIMITER, "`control_total` must be a section",
                                            "its keys are column"),
    "tax_ids: gbvat": ((), PRIORITY, "`tax_ids` cannot be `gbvat`", "did you mean `gb_vat`?"),
    "tax_ids: {scheme: eu_vat, country: UK}": ((), PRIORITY, "`country` must be a country of EU",
                                               "see `country`"),
    "tax_ids: {scheme: gb_vat, country: DE}": ((), PRIORITY, "in `tax_ids`: `country` is",
                                               "see `tax_ids`"),
    "tax_ids: {country: DE}": ((), PRIORITY, "`scheme` is missing", "one of us_ein, us_ssn"),
    "kynd: csv ": ((), "kind: csv ", "`format` says no `kind`", "add the key `kind`"),
    "  supplier:": ((), "  vendor_name:", "`supplier` is not a field", "`vendor_name`?"),
    "lieferant:": ((), "vendor_name:", "`lieferant` is not a field", "`vendor_name`?"),
}  # fmt: skip


@pytest.mark.parametrize("new", VALUES)
def test_a_value_that_may_not_stand_there_is_told_with_those_that_may(home, new):
    edits, old, message, remedy = VALUES[new]
    if "source" in new:
        edits = (("  path: inbox/example ", "  # "), ('  files: "{', '  # "{'))
    problem, line = problem_of(home, edits, (old, new))
    assert message in problem.message
    assert remedy in problem.remedy
    assert new.strip().split("\n")[0].split(":")[0].strip("]} ") in line or "kind" in remedy


@pytest.mark.parametrize("more", ["header: first", "header_within: 9"])
def test_a_number_where_the_name_of_a_column_says_the_kind_is_told(home, edit, more):
    edit(DELIMITER, f"  kinds: {{at: 2, uses: {{PI: row}}}}\n  {more}\n  delimiter:")
    (problem,) = problems(home)
    assert "`kinds.at: 2` is a number" in problem.message
    assert "`kinds: {at: Type, uses: {...}}`: write the header name" in problem.message


def test_a_missing_key_is_told_with_the_words_that_it_can_be(home, edit):
    edit("record: vendor_invoice\n", "")
    (problem,) = problems(home)
    assert problem.message == "`record` is missing"
    assert problem.remedy.startswith("add the key `record`: one of purchase_order")


def test_each_of_several_mistakes_is_told(home, edit):
    edit(PRIORITY, "priority: urgent")
    edit('decimal: "."', "decimal: comma")
    edit(DELIMITER, "  delimeter:")
    assert [one.message.split("`")[1] for one in problems(home)] == [
        "priority", "delimeter", "decimal",
    ]  # fmt: skip
