"""What is lawful and probably not meant is told with its line, and a home works all the same."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.feeds.all import doubts, load_home, problems
from cost_pipeline.home.patterns import overlap

VENDOR = "vendors/example_rentals.yaml"
PRIORITY = "priority: normal"


def http(more, url="https://vendor.example/x"):
    return (
        ("kind: folder ", "kind: http "),
        ("path: inbox/example", f"url: {url}"),
        ('files: "{pull_date:%Y-%m-%d}.csv"', more),
    )


IDLE = {
    "settle": ((("  path:", '  settle: 5\n  control: "{name}.done"\n  path:'),), "`control` takes"),
    "per": (http("limits: {per: 2}"), "`calls` is not given"),
    "size": (http("pages: {style: page, size: 5}"), "`size_parameter` is not given"),
    "size_parameter": (http("pages: {style: page, size_parameter: n}"), "`size` is not given"),
    "payroll_run": (((PRIORITY, "payroll_run: lines"),), "`record` is not `timecard`"),
    "plausible": (((PRIORITY, "posts: false\nplausible: {before: 9}"),), "`posts: false`"),
    "tax_ids": (((PRIORITY, "tax_ids: gb_vat"), ("  tax_id:", "  description:"),
                 ('  description: ["Details"]\n', "")), "no column gives `tax_id`"),
    "fields": (((PRIORITY, "ids: {fields: [transaction_id, credit_of]}"),), "no column gives"),
}  # fmt: skip


def doubt(home, edits):
    text = (home / VENDOR).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (home / VENDOR).write_text(text, encoding="utf-8")
    assert problems(home) == []
    return doubts(home), text.splitlines()


@pytest.mark.parametrize("name", IDLE)
def test_a_setting_that_nothing_reads_is_told(home, name):
    edits, why = IDLE[name]
    (found,), lines = doubt(home, edits)
    assert found.message.startswith(f"`{name}` has no effect: ")
    assert why in found.message
    assert name in lines[found.line - 1]


@pytest.mark.parametrize(
    "edits",
    [
        (),
        http("limits: {calls: 5, per: 2}"),
        http("pages: {style: page, size: 5, size_parameter: n}"),
        ((PRIORITY, "plausible: {before: 9}"),),
        ((PRIORITY, "amount: {inverted: true}"),),
        (("  path:", "  settle: 5\n  path:"),),
    ],
)
def test_what_is_read_is_not_told(home, edits):
    assert doubt(home, edits)[0] == []


def test_how_numbers_are_written_is_read_of_a_constant_too(home):
    edits = (
        ('  amount: ["Net amount"]\n', ""),
        ("constants: {currency: GBP", "constants: {amount: '1', currency: GBP"),
    )
    assert doubt(home, edits)[0] == []


@pytest.mark.parametrize(
    ("encodings", "never"),
    [("[cp437, utf-8]", "utf-8"), ("[utf-8, latin-1, cp1252]", "cp1252"), ("[utf-8, cp437]", None)],
)
def test_an_encoding_that_is_never_tried_is_told(home, encodings, never):
    found, _ = doubt(home, (("[utf-8-sig, cp1252]", encodings),))
    assert [f"`{never}` is never tried" in one.message for one in found] == [True] * bool(never)


@pytest.mark.parametrize(
    ("url", "auth", "told"),
    [
        ("http://vendor.example/x", "auth: {kind: bearer, env: TOKEN}", 1),
        ("https://vendor.example/x", "auth: {kind: bearer, env: TOKEN}", 0),
        ("http://127.0.0.1:8000/x", "auth: {kind: bearer, env: TOKEN}", 0),
        ("http://vendor.example/x", "attempts: 2", 0),
        (
            "https://vendor.example/x",
            "auth: {kind: oauth2, url: http://login.example/t, id_env: A, secret_env: B}",
            1,
        ),
    ],
)
def test_credentials_over_plain_http_are_told(home, url, auth, told):
    found, lines = doubt(home, http(auth, url))
    assert len(found) == told
    for one in found:
        assert "plain http" in one.message
        assert "http://" in lines[one.line - 1]


@pytest.mark.parametrize(
    ("path", "files", "both"),
    [
        ("inbox/example", '"{pull_date:%Y-%m-%d}.csv"', "0000-00-00.csv"),
        ("inbox/example", '"*.csv"', "0000-00-00.csv"),
        ("./inbox/../inbox/example", '"2026*"', "2026-00-00.csv"),
        ("inbox/other", '"*.csv"', None),
        ("inbox/example", '"*.xlsx"', None),
        ("inbox/example", '"rent-*.csv"', None),
    ],
)
def test_vendors_that_take_the_same_files_are_told(home, path, files, both):
    text = (home / VENDOR).read_text(encoding="utf-8")
    text = text.replace("vendor: example_rentals", "vendor: second").replace("inbox/example", path)
    text = text.replace('"{pull_date:%Y-%m-%d}.csv"', files)
    (home / "vendors" / "second.yaml").write_text(text, encoding="utf-8")
    found = doubts(home)
    assert [both in one.message for one in found] == ([True] if both else [])
    assert load_home(home).vendors


PATTERN = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "."]), max_size=5)


@given(one=PATTERN.map("".join), other=PATTERN.map("".join))
def test_a_name_that_fits_both_fits_each(one, other):
    found = overlap(one, other)
    if found is not None:
        assert fnmatch.fnmatchcase(found, one)
        assert fnmatch.fnmatchcase(found, other)


@given(one=PATTERN.map("".join), other=PATTERN.map("".join), name=st.text("ab.", max_size=5))
def test_where_a_name_fits_both_one_is_found(one, other, name):
    if fnmatch.fnmatchcase(name, one) and fnmatch.fnmatchcase(name, other):
        assert overlap(one, other) is not None
