"""Bad input: one clear message with what, where and what to do; nothing half written."""

import json
import shutil
from collections import Counter

import pytest

pytestmark = pytest.mark.e2e

DAY = "2026-04-01"
GOOD = "id,date,amount,currency\nA1,2026-03-31,10.00,USD\nA2,2026-03-31,20.00,USD\n"
PAGE = "<!DOCTYPE html>\n<html><body>Down for maintenance</body></html>\n"


def _put(home, vendor, content, name=f"{DAY}.csv"):
    data = content.encode() if isinstance(content, str) else content
    (home / "inbox" / vendor / name).write_bytes(data)


@pytest.fixture
def home(make_home, invoices, tmp_path):
    home = make_home(tmp_path / "home", {"good": invoices("good")})
    _put(home, "good", GOOD)
    return home


def _refused(found, code, exit_code, where, *words):
    assert (found.code, found.out) == (exit_code, ""), found.err
    error = found.error()
    assert error["code"] == code
    assert where in error["where"], error
    assert error["remedy"], error
    for part in words:
        assert part in error["message"] + error["remedy"], (part, error)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("feed: production", "fed: production", ("`fed`", "did you mean `feed`?")),
        (
            "encodings: [utf-8-sig]",
            "encodings: [klingon-8]",
            ("klingon-8", "not an encoding", "`encodings`"),
        ),
        ("record: vendor_invoice", "record: [vendor_invoice", ("not YAML", "mend")),
        ("production: P100", "production: P101", ("no production `P101`", "`P100`")),
    ],
)
def test_a_wrong_vendor_file_is_told_by_line_before_anything_is_touched(
    old, new, words, cli, home, contents
):
    file = home / "vendors" / "good.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new), encoding="utf-8")
    before = contents(home)
    found = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    _refused(found, "BAD_HOME", 2, "vendors/good.yaml:", *words)
    number = int(found.error()["where"].rsplit(":", 1)[1])
    line = next(n for n, line in enumerate(text.splitlines(), 1) if old in line)
    # YAML that is never closed is noticed where the next key comes.
    assert line <= number <= line + 1
    assert contents(home) == before


def test_a_missing_folder_is_told_before_anything_is_pulled(cli, home, contents):
    shutil.rmtree(home / "inbox" / "good")
    before = contents(home)
    found = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    _refused(found, "FOLDER_MISSING", 3, str(home / "inbox" / "good"), "good", "mend `path`")
    assert contents(home) == before
    checked = cli("vendors", "check", "--home", home, "--json")
    assert checked.code == 3
    assert checked.json()["missing_folders"] == {"good": str(home / "inbox" / "good")}


def test_a_home_or_a_lake_of_a_newer_version_is_refused_and_left_alone(cli, home, contents):
    for marker, code in (("home.json", "HOME_TOO_NEW"), ("lake/lake.json", "LAKE_TOO_NEW")):
        file = home / marker
        before = file.read_text(encoding="utf-8") if file.exists() else None
        file.write_text(json.dumps({"format": 99, "written_by": "99.0"}), encoding="utf-8")
        untouched = contents(home)
        found = cli("run", "--home", home, "--pull-dates", DAY, "--json")
        _refused(found, code, 2, file.name, "99", "newer")
        assert contents(home) == untouched
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")


def test_a_home_that_is_not_there_is_not_made(cli, tmp_path):
    home = tmp_path / "nowhere"
    _refused(
        cli("run", "--home", home, "--pull-dates", DAY, "--json"),
        "NO_HOME", 2, str(home), "cost-pipeline init",
    )  # fmt: skip
    assert not home.exists()


def test_what_cannot_be_read_is_a_dead_letter_each_and_the_others_work_is_done(
    cli, make_home, invoices, tmp_path
):
    names = ("binary", "damaged", "empty", "folder", "good", "headless", "page")
    home = make_home(tmp_path / "home", {name: invoices(name) for name in names})
    _put(home, "good", GOOD)
    _put(home, "damaged", b"id,date,amount,currency\nA1,2026-03-31,1.00,USD\nCaf\xe9,x,1,USD\n")
    _put(home, "page", PAGE)
    _put(home, "empty", b"")
    _put(home, "headless", b"\n\n\n")
    _put(home, "binary", b"PK\x03\x04\x14\0\0\0\x08\0" * 20)
    (home / "inbox" / "folder" / f"{DAY}.csv").mkdir()
    found = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    assert found.code == 3
    summary = found.json()
    assert summary["posted"] == 2
    (red,) = summary["checks"]["failed"]
    assert red.startswith("raw/production/folder: fetched")
    error = found.error()
    assert "dead-letters list" in error["remedy"]
    assert "4 more" in error["message"]
    assert [one["why"] for one in summary["passed_over"]] == ["empty"]

    listed = cli("dead-letters", "list", "--home", home, "--json").json()
    items = {item["vendor"]: item for item in listed["items"]}
    assert {vendor: item["reasons"] for vendor, item in items.items()} == {
        "binary": ["NOT_THE_FORMAT"],
        "damaged": ["ENCODING"],
        "folder": ["FETCH_FAILED"],
        "headless": ["NOT_THE_FORMAT"],
        "page": ["NOT_THE_FORMAT"],
    }
    assert Counter(summary["by_reason"]) == Counter(listed["by_reason"])
    words = {vendor: item["errors"][0]["message"] for vendor, item in items.items()}
    assert "line 3" in words["damaged"]
    assert "HTML page" in words["page"]
    assert "a folder where a file should be" in words["folder"]
    assert "NUL" in words["binary"]
    assert all(item["row"] is None for item in items.values())

    # The vendor sends them again, right; the dead letters are resolved and nothing else moves.
    (home / "inbox" / "folder" / f"{DAY}.csv").rmdir()
    for name in names:
        _put(home, name, GOOD)
    again = cli("run", "--home", home, "--pull-dates", DAY, "--json")
    assert again.json()["posted"] == 2 * len(names)
    assert cli("dead-letters", "list", "--home", home, "--json").json()["items"] == []


def test_a_lake_that_cannot_be_written_is_told_and_stays_as_it_is(
    cli, mounted, make_home, invoices, tmp_path, contents, flow
):
    lake = tmp_path / "lake"
    home = make_home(tmp_path / "home", {"good": invoices("good")}, lake=lake)
    _put(home, "good", GOOD)
    run = flow(home)
    run.pull(DAY)
    run.post()
    _put(home, "good", GOOD, "2026-04-02.csv")
    _put(home, "good", GOOD.replace("A", "B"), "2026-04-02b.csv")
    point = mounted("--bind", "-o", "ro", str(lake))
    text = (home / "productions.yaml").read_text(encoding="utf-8")
    assert str(lake) in text
    (home / "productions.yaml").write_text(text.replace(str(lake), str(point)), encoding="utf-8")
    if _writable(point):
        pytest.skip("this machine's bind mounts cannot be read-only")
    before = contents(lake)
    found = cli("run", "--home", home, "--pull-dates", "2026-04-02", "--json")
    _refused(found, "NOT_WRITABLE", 3, str(point), "cannot be written", "mounted")
    assert contents(lake) == before
    # Whoever only reads, an auditor with a copy, needs no right to write.
    totals = cli("ledger", "totals", "--home", home, "--json")
    assert (totals.code, totals.json()["postings"]) == (0, 2)
    assert cli("ledger", "verify", "--home", home).code == 0


def _writable(folder):
    try:
        (folder / "probe").touch()
    except OSError:
        return False
    return True


@pytest.mark.proof
def test_two_runs_at_once_both_end_well_or_one_says_why(start, cli, home, flow):
    before = flow(home)
    rows = "".join(f"B{n},2026-03-{1 + n % 28:02},{n}.00,USD\n" for n in range(200))
    _put(home, "good", GOOD + rows)
    runs = [start("run", "--home", home, "--pull-dates", DAY, "--json")[1] for _ in range(2)]
    ended = [wait() for wait in runs]
    codes = sorted(found.code for found in ended)
    for found in ended:
        if found.code == 1:  # it met checks of the other run that had not finished
            assert "held_back" in found.json()["checks"]["failed"][0]
        elif found.code:
            assert found.code == 3
            assert found.error()["message"]
            assert found.error()["remedy"]
    assert codes[0] == 0
    if codes[1]:
        assert cli("run", "--home", home, "--pull-dates", DAY, "--json").code == 0
    totals = before.totals()
    assert (totals.postings, totals.active_postings) == (202, 202)
    assert cli("ledger", "verify", "--home", home).code == 0
