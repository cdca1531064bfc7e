"""Reading a home: what is right is read as written, what is wrong is told with file and line."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.vendor import HttpSource, Vendor
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.all import load_home, problems
from cost_pipeline.home.document import Problem, read_document
from cost_pipeline.home.load import Home, missing_folders

VENDOR = "vendors/example_rentals.yaml"


def _line(home: Path, text: str, file: str = VENDOR) -> int:
    lines = (home / file).read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


def _only(home: Path) -> Problem:
    found = problems(home)
    assert len(found) == 1, found
    return found[0]


def test_a_new_home_reads_without_a_problem(home):
    read = load_home(home)
    assert problems(home) == []
    assert isinstance(read, Home)
    assert [vendor.vendor for vendor in read.vendors] == ["example_rentals"]
    assert read.lake_uri == str(home / "lake")
    assert read.dagster_home == home / "dagster"
    assert missing_folders(read) == {}


def test_text_that_looks_like_a_number_a_flag_or_a_date_stays_text(home, edit):
    edit('department_code: "3300", gl_code: "3301"', "department_code: 0330, gl_code: 0101-010")
    edit("currency: GBP", "currency: GBP, location: NO")
    edit("vendor_invoice\n", "location_settlement\n")
    edit('["Printed"]', "[NO, 2026-04-01, 12:30, 1_000, ~~]")
    edit('delimiter: ","', 'delimiter: ","\n  control_total: {column: amount, tolerance: 0.10}')
    vendor = load_home(home).vendors[0]
    assert vendor.constants == {
        "currency": "GBP",
        "location": "NO",
        "department_code": "0330",
        "gl_code": "0101-010",
    }
    assert vendor.ignore == ("NO", "2026-04-01", "12:30", "1_000", "~~")
    assert vendor.format.control_total is not None
    assert str(vendor.format.control_total.tolerance) == "0.10"
    assert vendor.format.control_total.tolerance == Decimal("0.1")


def test_numbers_and_flags_are_read_where_the_model_wants_them(home):
    (home / "vendors" / "api.yaml").write_text(
        (home / VENDOR)
        .read_text(encoding="utf-8")
        .replace("vendor: example_rentals", "vendor: api")
        .replace("kind: folder", "kind: http\n  url: http://127.0.0.1/x\n  attempts: 7")
        .replace("  path: inbox/example", "  read_timeout: 1.5")
        .replace('  files: "{pull_date:%Y-%m-%d}.csv"', "  pages: {style: page, size: 500}")
        .replace("key: [transaction_id]", "key: {columns: [transaction_id], ordinal: yes}"),
        encoding="utf-8",
    )
    vendor = load_home(home).vendors[0]
    assert isinstance(vendor.source, HttpSource)
    assert (vendor.source.attempts, vendor.source.read_timeout) == (7, 1.5)
    assert vendor.source.pages.size == 500
    assert vendor.key is not None
    assert vendor.key.ordinal is True


def test_increments_need_a_key_because_pulls_overlap(home):
    content = yaml.safe_load((home / VENDOR).read_text(encoding="utf-8"))
    content["source"] = {
        "kind": "http",
        "url": "http://127.0.0.1/x",
        "incremental": {"parameter": "since", "field": "id"},
    }
    content["format"] = {"kind": "json"}
    (home / VENDOR).write_text(yaml.safe_dump(content), encoding="utf-8")
    assert problems(home) == []
    (home / VENDOR).write_text(yaml.safe_dump(content | {"key": "none"}), encoding="utf-8")
    problem = _only(home)
    assert "`incremental` needs a key" in problem.message
    assert problem.where == f"{VENDOR}:{_line(home, 'incremental:')}"


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("priority: normal", "priorty: normal", "`priorty` is not a key", "`priority`"),
        ("  files:", "  fils:", "`fils` is not a key", "`files`"),
        ("  delimiter:", "  delimeter:", "`delimeter` is not a key", "`delimiter`"),
        ("kind: csv ", "kind: cvs ", "no format of the kind `cvs`", "`csv`"),
        ("kind: folder", "kind: ftp", "no source of the kind `ftp`", "`sftp`"),
        ("vendor: example_rentals", "vendor: 9x", "beginning with a letter", ""),
        ('ignore: ["Printed"]', "ignore: Printed", "must be a list", "[Printed]"),
        ('dates: ["%d/%m/%Y"]', 'dates: ["%d/%m"]', "does not hold day, month and year", ""),
        ("[utf-8-sig, cp1252]", "[utf-8-sig, klingon]", "is not an encoding", ""),
        ("production: P100", "production: P101", "no production `P101`", "`P100`"),
        ("  description:", "  discription:", "`discription` is not a field", "`description`"),
        ("key: [transaction_id]", "key: [location]", "which no column gives", "known here"),
        ("{currency: GBP,", "{amount: '1', currency: GBP,", "both a column and a constant", ""),
        ("{currency: GBP,", "{currency: NO,", "not an ISO 4217 currency", ""),
        ('gl_code: "3301"', "gl_code: GRIP", "is not a GL code", ""),
        ('dates: ["%d/%m/%Y"]', 'dates: ["%Y-%m-%dT%j"]', "`%j`, which is not read", "%d"),
        ("{currency: GBP,", "{worker_id: x, currency: GBP,", "not a field of a vendor_invoice", ""),
        ("  delimiter:", "  control_total: {column: total}\n  delimiter:", "only be that of", ""),
        ("{currency: GBP,", "{", "no column and no constant gives `currency`", "constants"),
        ("{currency: GBP,", "{production: P9, currency: GBP,", "not a constant", "`production:`"),
        ('ignore: ["Printed"]', 'ignore: ["details "]', "both read and ignored", ""),
        ('["Details"]', '["Details", " supplier"]', "claimed by", ""),
        ('["Supplier"]', "[]", "names no header", ""),
        ("{pull_date:%Y-%m-%d}.csv", "{date}.csv", "placeholder", "{pull_date:%Y-%m-%d}"),
        ("{pull_date:%Y-%m-%d}.csv", "../x.csv", "`files`", ""),
        ("priority: normal", "priority:", "`priority` has no value", "leave the key out"),
        ("priority: normal", "priority: !!python/name:os.system x", "the tag", "leave"),
        ("priority: normal", "vendor: twice", "`vendor` is given twice (first in line 4)", ""),
        ("priority: normal", "<<: {a: b}", "a key must be plain text", ""),
        ("priority: normal", "priority: [", "not YAML", "mend"),
        ("priority: normal", "priority: \x07", "not allowed in YAML", ""),
    ],
)
def test_each_mistake_is_told_with_its_line_and_what_to_do(home, edit, old, new, message, remedy):
    edit(old, new)
    problem = _only(home)
    assert problem.file == VENDOR
    assert message in problem.message
    assert remedy in problem.remedy
    if "gives `currency`" not in message and "not YAML" not in message:
        first = new.splitlines()[0]
        assert problem.line == _line(home, first.strip())


def test_a_password_in_an_address_is_told_and_not_repeated(home, edit):
    edit("kind: folder ", "kind: http")
    edit("path: inbox/example", "url: http://me:hunter2@vendor.example/api")
    edit('  files: "{pull_date:%Y-%m-%d}.csv"', "")
    problem = _only(home)
    assert problem.line == _line(home, "hunter2")
    assert "hunter2" not in problem.message + problem.remedy


def test_a_missing_key_is_told(home, edit):
    edit("record: vendor_invoice\n", "")
    assert _only(home).message == "`record` is missing"


def test_all_mistakes_of_all_files_are_told_at_once(home, edit):
    edit("priority: normal", "priorty: normal")
    edit("kind: folder", "kind: ftp")
    edit("base_currency: USD", "base_currency: usd", "productions.yaml")
    with pytest.raises(UsageError) as caught:
        load_home(home)
    assert caught.value.code == "BAD_HOME"
    assert caught.value.exit_code == 2
    for place in ("productions.yaml:6", f"{VENDOR}:9", f"{VENDOR}:{_line(home, 'ftp')}"):
        assert place in caught.value.message
    assert caught.value.where == "productions.yaml:6"


def test_a_single_mistake_is_its_own_error(home, edit):
    edit("priority: normal", "priorty: normal")
    with pytest.raises(UsageError) as caught:
        load_home(home)
    assert caught.value.where == f"{VENDOR}:9"
    assert caught.value.remedy == "did you mean `priority`?"


def test_two_files_may_not_describe_the_same_vendor(home):
    copy = (home / VENDOR).read_text(encoding="utf-8")
    (home / "vendors" / "zz.yaml").write_text(copy, encoding="utf-8")
    problem = _only(home)
    assert problem.where == "vendors/zz.yaml:4"
    assert "described in vendors/example_rentals.yaml already" in problem.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"# only a comment\n", "empty"),
        (b"- a\n- b\n", "must be a section"),
        (b"vendor: caf\xe9\n", "not UTF-8"),
        (b"a: b\n---\nc: d\n", "not YAML"),
        (b"[" * 5000, "not YAML"),
        (b"a: &a [*a]\n", "holds itself"),
        (b"x: " + b"y" * (1 << 20), "too many for settings"),
    ],
)
def test_a_file_that_is_no_vendor_file_is_told(home, content, message):
    (home / "vendors" / "odd.yaml").write_bytes(content)
    found = problems(home)
    assert any(message in problem.message for problem in found), found
    assert {problem.file for problem in found} == {"vendors/odd.yaml"}


def test_a_folder_or_another_ending_among_the_vendor_files_is_told(home):
    (home / "vendors" / "folder.yaml").mkdir()
    (home / "vendors" / "other.yml").write_text("vendor: x\n", encoding="utf-8")
    (home / "vendors" / "notes.txt").write_text("not looked at", encoding="utf-8")
    assert [(problem.where, problem.message) for problem in problems(home)] == [
        ("vendors/folder.yaml", "is a folder where a file should be"),
        ("vendors/other.yml", "is not read: its name must end in .yaml"),
    ]


def test_a_place_that_is_no_home_is_told(tmp_path):
    for place, message in ((tmp_path, "no home here"), (tmp_path / "x", "no such folder")):
        with pytest.raises(UsageError) as caught:
            load_home(place)
        assert message in caught.value.message
        assert "cost-pipeline init" in caught.value.remedy
        assert caught.value.code == "NO_HOME"


def test_a_home_of_a_newer_format_is_refused_with_both_numbers(home):
    (home / "home.json").write_text('{"format": 7, "written_by": "9.9"}', encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        problems(home)
    assert caught.value.code == "HOME_TOO_NEW"
    assert "format 7" in caught.value.message
    assert "up to 1" in caught.value.message


def test_a_damaged_marker_is_told_and_a_home_without_one_is_read(home):
    (home / "home.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_home(home)
    assert caught.value.code == "HOME_DAMAGED"
    (home / "home.json").unlink()
    assert load_home(home).vendors


def test_a_folder_that_a_source_names_and_is_not_there_is_the_machines_state(home):
    (home / "inbox" / "example" / "2026-04-01.csv").unlink()
    (home / "inbox" / "example").rmdir()
    assert problems(home) == []
    assert missing_folders(load_home(home)) == {"example_rentals": home / "inbox" / "example"}


def test_a_lake_elsewhere_is_named_as_it_stands(home, edit):
    edit("lake: ./lake", "lake: s3://bucket/lake", "productions.yaml")
    assert load_home(home).lake_uri == "s3://bucket/lake"
    edit("lake: s3://bucket/lake", "lake: ../elsewhere", "productions.yaml")
    assert load_home(home).lake_uri == str(home.parent / "elsewhere")


_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20
)


@given(
    values=st.dictionaries(
        _TEXT,
        st.recursive(_TEXT, lambda inner: st.lists(inner, max_size=3), max_leaves=5),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_text_is_written_is_the_text_that_is_read(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("yaml") / "x.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    document = read_document(file, "x.yaml")
    assert document.problems == []
    assert document.value == values


def test_every_key_of_a_vendor_file_may_be_left_empty_without_a_crash(home):
    text = (home / VENDOR).read_text(encoding="utf-8")
    for name in Vendor.model_fields:
        (home / VENDOR).write_text(f"{text}\n{name}:\n", encoding="utf-8")
        assert problems(home)
