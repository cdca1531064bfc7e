"""`vendors try`, `test`, `check` and `schema` as a person meets them: 80 columns, or JSON."""

import re
import shutil

import pytest
import yaml

from cost_pipeline.core.text import printable


@pytest.fixture
def file(home):
    return home / "inbox" / "example" / "2026-04-01.csv"


@pytest.fixture
def edit(home):
    def change(old, new):
        vendor = home / "vendors" / "example_rentals.yaml"
        text = vendor.read_text(encoding="utf-8")
        assert old in text
        vendor.write_text(text.replace(old, new), encoding="utf-8")

    return change


def widest(text):
    return max(map(len, text.splitlines()))


def test_a_file_is_tried_by_a_vendor_file(call, home, file):
    found = call("vendors", "try", file, "--vendor", "example_rentals", "--home", home)
    assert found.code == 0
    assert "4 accepted, 0 refused" in found.out
    assert "GBP 1,588.75 accepted" in found.out
    assert "1 accepted row, negative" in found.out
    assert widest(found.out) <= 80


def test_what_is_refused_is_shown_with_why_and_what_to_do(call, home, file, edit):
    edit('"%d/%m/%Y"', '"%d.%m.%Y"')
    edit('"Net amount"', '"Net"')
    found = call("vendors", "try", file, "--vendor", "example_rentals", "--home", home)
    assert found.code == 1
    for words in ("0 accepted, 4 refused", "BAD_DATE  4 rows", "line 2, `transaction_date`",
                  "'Net amount'", "no column is called 'Net'", "do: "):  # fmt: skip
        assert words in found.out
    assert widest(found.out) <= 80


def test_the_same_as_json(call, home, file):
    found = call("vendors", "try", file, "--vendor", "example_rentals", "--home", home,
                 "--rows", 2, "--json")  # fmt: skip
    assert found.code == 0
    told = found.json()
    assert (told["accepted"], told["stopped_after"], told["account"]) == (2, 2, None)


def test_a_first_vendor_file_is_printed_and_can_be_saved_as_it_is(call, home, file):
    found = call("vendors", "try", file, "--home", home)
    assert found.code == 0
    draft = yaml.safe_load(found.out)
    assert draft["production"] == "P100"
    assert draft["dates"] == ["%d/%m/%Y"]
    assert found.out.startswith("# yaml-language-server: $schema=../vendor.schema.json\n")
    comments = [line for line in found.out.splitlines() if line.lstrip().startswith("#")]
    assert max(map(len, comments)) <= 80
    decided = re.sub(
        r"^( +)(department_code|gl_code):$", r'\1\2: "3300"', found.out, flags=re.MULTILINE
    )
    decided = re.sub(r"^  currency:$", "  currency: GBP", decided, flags=re.MULTILINE)
    (home / "vendors" / "mine.yaml").write_text(decided, encoding="utf-8")
    assert call("vendors", "check", "--home", home).code in {0, 3}
    again = call("vendors", "try", file, "--vendor", draft["vendor"], "--home", home)
    assert "accepted, 0 refused" in again.out


def test_no_home_is_needed_for_a_first_look(call, tmp_path, file):
    copy = shutil.copy(file, tmp_path / "bills.csv")
    told = call("vendors", "try", copy, "--json").json()
    assert told["vendor"] == "bills"
    assert "production" in told["decide"]
    assert yaml.safe_load(told["yaml"])["columns"]["amount"] == ["Net amount"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["missing.csv"], "NO_SUCH_FILE", "is not there"),
        (["{home}"], "NO_SUCH_FILE", "is a folder"),
        (["{file}", "--vendor", "x"], "WRONG_USE", "part of a home"),
        (["{file}", "--vendor", "exampel", "--home", "{home}"], "NO_SUCH_VENDOR", "no vendor"),
        (["{file}", "--vendor", "x", "--feed", "y", "--home", "{home}"], "WRONG_USE", "its feed"),
        (["{file}", "--feed", "nothing"], "NO_SUCH_FEED", "no feed"),
        (["{file}", "--vendor", "example_rentals", "--home", "{home}", "--pull-date", "x"],
         "WRONG_USE", "not a date"),
        (["{home}/home.json"], "CANNOT_GUESS", "no list of objects"),
    ],
)  # fmt: skip
def test_wrong_use_is_told(call, home, file, words, code, said):
    given = [word.format(home=home, file=file) for word in words]
    found = call("vendors", "try", *given, "--json")
    assert found.code == 2
    error = found.error()
    assert error["code"] == code
    assert said in error["message"]


def test_a_source_is_asked(call, home):
    found = call("vendors", "test", "example_rentals", "--home", home, "--pull-date", "2026-04-01")
    assert found.code == 0
    assert "4 accepted, 0 refused" in found.out
    nothing = call("vendors", "test", "example_rentals", "--home", home)
    assert nothing.code == 1
    assert "nothing for this pull date" in nothing.out
    assert "it is of another pull date" in " ".join(nothing.out.split())
    (home / "inbox" / "example" / "bills.csv").write_text("x", encoding="utf-8")
    (home / "inbox" / "example" / "2026-04-01.csv").unlink()
    other = call("vendors", "test", "example_rentals", "--home", home)
    assert "its name is not what `files:` says" in " ".join(other.out.split())
    shutil.rmtree(home / "inbox" / "example")
    gone = call("vendors", "test", "example_rentals", "--home", home, "--json")
    assert gone.code == 3
    (fault,) = gone.json()["faults"]
    assert "there is no such folder" in fault["message"]


def test_what_a_file_holds_is_never_obeyed_by_the_terminal(call, home, tmp_path):
    file = tmp_path / "odd.csv"
    file.write_text("Id,Date,Amount\nA\x1b[2J,2026-03-25,[/red]1\n\x1b]0;x,x,y\n", encoding="utf-8")
    for words in ([], ["--vendor", "example_rentals"]):
        out = call("vendors", "try", file, "--home", home, *words).out
        assert out == printable(out, keep="\n")


def test_check_warns_and_the_home_is_right_all_the_same(call, home, edit):
    edit("  path:", "  settle: 5\n  control: '{name}.done'\n  path:")
    found = call("vendors", "check", "--home", home)
    assert found.code == 0
    assert "`settle` has no effect" in found.out
    assert "with 1 warning" in found.out
    (warning,) = call("vendors", "check", "--home", home, "--json").json()["warnings"]
    assert warning["where"].startswith("vendors/example_rentals.yaml:")


def test_the_schema_of_a_feed(call):
    assert call("vendors", "schema", "--feed", "production").json()["properties"]["production"]
    assert call("vendors", "schema", "--feed", "x").code == 2


MOVED = """
changes:
  - from: 2999-01-01
    why: They will move to another program
    dates: ["%d.%m.%Y"]
"""


def test_a_file_is_tried_by_the_newest_settings_or_by_those_of_a_pull_date(call, home, file, edit):
    edit("priority: normal", f"priority: normal{MOVED}")
    tried = ("vendors", "try", file, "--vendor", "example_rentals", "--home", home)
    newest = call(*tried)
    assert newest.code == 1
    assert "those from 2999-01-01 on" in newest.out
    assert "BAD_DATE  4 rows" in newest.out
    then = call(*tried, "--pull-date", "2026-04-01", "--json")
    assert (then.code, then.json()["settings_from"]) == (0, None)
    later = call(*tried, "--pull-date", "2999-01-01", "--json").json()
    assert (later["refused"], later["settings_from"]) == (4, "2999-01-01")


def test_a_source_is_tested_by_the_settings_of_the_pull_date(call, home, edit):
    edit("priority: normal", f"priority: normal{MOVED}")
    asked = ("vendors", "test", "example_rentals", "--home", home, "--json", "--pull-date")
    assert call(*asked, "2026-04-01").json()["tried"]["refused"] == 0


def test_vendors_that_change_are_listed_with_the_dates(call, home, edit):
    assert "changes" not in call("vendors", "list", "--home", home).out
    edit("priority: normal", f"priority: normal{MOVED}")
    assert "2999-01-01" in call("vendors", "list", "--home", home).out
    (told,) = call("vendors", "list", "--home", home, "--json").json()
    assert (told["format"], told["changes"]) == ("csv", ["2999-01-01"])


def test_a_draft_is_sent_where_it_belongs_and_drafts_beside_it_do_not_matter(call, home, file):
    vendors = home / "vendors"
    (vendors / "undecided.yaml").write_text("vendor: undecided\nproduction:\n", encoding="utf-8")
    draft = vendors / "bills.yaml"
    draft.touch()  # as a shell does for `> my-home/vendors/bills.yaml`, before the command runs
    found = call("vendors", "try", file, "--home", home)
    assert (found.code, found.err) == (0, "")
    assert "production: P100" in found.out
    draft.write_text(found.out, encoding="utf-8")
    named = ("--vendor", "example_rentals", "--home", home)
    assert call("vendors", "try", file, *named).code == 0
    pulled = ("--home", home, "--pull-date", "2026-04-01")
    assert call("vendors", "test", "example_rentals", *pulled).code == 0


def test_mistakes_in_the_file_that_is_tried_and_in_settings_are_told(call, home, file, edit):
    edit("priority: normal", "priority: soon")
    named = ("--vendor", "example_rentals", "--home", home, "--json")
    assert call("vendors", "try", file, *named).error()["code"] == "BAD_HOME"
    assert call("vendors", "try", file, "--home", home, "--json").code == 0
    (home / "vendors" / "example_rentals.yaml").write_text("vendor: [", encoding="utf-8")
    assert call("vendors", "try", file, *named).error()["code"] == "BAD_HOME"
    (home / "productions.yaml").write_text("productions: {}\nlakes: x\n", encoding="utf-8")
    assert call("vendors", "try", file, "--home", home, "--json").error()["code"] == "BAD_HOME"
