"""`reconcile` shows both sides, what differs, and ends with 1 if something does."""

import json
from datetime import date

import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries

VENDOR = "example_rentals"


@pytest.fixture
def paired(home):
    """The example with a second vendor whose file lacks the last row."""
    file = home / "vendors" / f"{VENDOR}.yaml"
    text = file.read_text(encoding="utf-8")
    other = text.replace(f"vendor: {VENDOR}", "vendor: listing").replace("inbox/", "inbox/of_")
    (home / "vendors" / "listing.yaml").write_text(other + "\nposts: false\n", encoding="utf-8")
    file.write_text(text + "\nreconcile_with: {vendor: listing}\n", encoding="utf-8")
    (sent,) = (home / "inbox").rglob(f"{EXAMPLE_PULL_DATE}.csv")
    rows = sent.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    folder = home / "inbox" / f"of_{sent.parent.name}"
    folder.mkdir(parents=True)
    (folder / sent.name).write_text("".join(rows[:2]), encoding="utf-8")
    session = open_session(home)
    day = date.fromisoformat(EXAMPLE_PULL_DATE)
    pull(session, session.home.vendors, day)
    validate_deliveries(session, pending(session, session.home.vendors, day))
    return home


def test_both_sides_and_what_one_lacks_are_shown(call, paired):
    found = call("reconcile", "--home", paired)
    assert found.code == 1
    head, names, here, there, *_ = found.out.splitlines()
    assert head == f"{VENDOR} and listing, by transaction_id"
    assert names.split() == [
        "vendor", "records", "agree", "differ", "only", "waiting", "duplicates", "conflicts",
    ]  # fmt: skip
    assert here.split() == [VENDOR, "4", "1", "0", "3", "0", "0", "0"]
    assert there.split() == ["listing", "1", "1", "0", "0", "0", "0", "0"]
    assert found.out.count("only here") == 3
    short = call("reconcile", "listing", "--limit", 1, "--home", paired)
    assert "... and 2 more (--limit 3, or --json for all)" in short.out


def test_in_json_every_line_is_there(call, paired):
    found = call("reconcile", "--json", "--home", paired)
    assert found.code == 1
    (one,) = json.loads(found.out)
    assert one["agrees"] is False
    assert [item["state"] for item in one["items"]] == ["only_here"] * 3
    assert one["here"]["only"] == 3


def test_a_home_without_a_pair_and_a_vendor_without_one_say_so(call, worked, paired):
    found = call("reconcile", "--home", worked)
    assert (found.code, "no vendor file says `reconcile_with`" in found.out) == (0, True)
    wrong = call("reconcile", "nobody", "--home", paired)
    assert (wrong.code, "is not reconciled with another vendor" in wrong.err) == (2, True)
