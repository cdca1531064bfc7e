"""The commands by which people allow reversals and close months, as they and machines see them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.tables import LEDGER

WHO = ("--by", "A. Ccountant")
WHY = ("--reason", "goods came back")


@pytest.fixture
def letter(call, home):
    """The dead letter of the example's negative row."""
    (item,) = json.loads(call("dead-letters", "list", "--home", home, "--json").out)["items"]
    assert item["payload"].startswith("EX-1004,31/03/2026,-£20.00"), "its text is shown still"
    return item["id"]


def test_a_reversal_is_approved_listed_posted_and_withdrawn(call, home, letter):
    done = call("reversals", "approve", letter[:8], "--reverses", "EX-1001", *WHO, *WHY,
                "--home", home, "--json")  # fmt: skip
    act = json.loads(done.out)
    assert (done.code, act["dead_letter"]) == (0, letter)
    post(open_session(home), present_inputs(open_session(home)))
    totals = json.loads(call("ledger", "totals", "--home", home, "--json").out)
    assert (totals["active_postings"], totals["original"]) == (4, {"GBP": "1588.75"})
    (row,) = json.loads(call("reversals", "list", "--home", home, "--json").out)
    assert (row["state"], row["amount"], row["by"]) == ("allowed", "-20.00", "A. Ccountant")
    assert row["reverses"]["transaction_id"] == "EX-1001"
    out = call("reversals", "list", "--home", home).out
    assert "EX-1004" in out
    assert "EX-1001" in out
    gone = call("reversals", "withdraw", act["approval"][:8], *WHO, *WHY, "--home", home)
    assert (gone.code, gone.out.splitlines()[0]) == (0, f"withdrawn: {act['approval'][:16]}")
    post(open_session(home), present_inputs(open_session(home)))
    totals = json.loads(call("ledger", "totals", "--home", home, "--json").out)
    assert (totals["postings"], totals["active_postings"]) == (5, 3)


@pytest.mark.parametrize(
    ("dead_letter", "reverses", "code"),
    [
        ("letter", "EX-9999", "REVERSAL_UNKNOWN"),
        ("letter", "EX-1004", "REVERSAL_OF_REVERSAL"),
        ("00000000", "EX-1001", "NO_SUCH_DEAD_LETTER"),
        ("'; drop table x", "EX-1001", "NO_SUCH_DEAD_LETTER"),
    ],
)
def test_what_cannot_be_reversed_is_wrong_use_and_records_nothing(
    call, home, letter, dead_letter, reverses, code
):
    named = letter if dead_letter == "letter" else dead_letter
    found = call("reversals", "approve", named, "--reverses", reverses, *WHO, *WHY,
                 "--home", home, "--json")  # fmt: skip
    error = json.loads(found.err)["error"]
    assert (found.code, error["code"]) == (2, code)
    assert error["remedy"]
    assert json.loads(call("reversals", "list", "--home", home, "--json").out) == []


def test_a_month_is_closed_listed_and_reopened(call, home):
    refused = call("ledger", "close", "2026-03", *WHO, "--home", home, "--json")
    error = json.loads(refused.err)["error"]
    assert (refused.code, error["code"]) == (2, "OPEN_DEAD_LETTERS")
    assert "1 NEGATIVE_AMOUNT" in error["message"]
    closed = call("ledger", "close", "2026-03", *WHO, "--accept-dead-letters", "--home", home,
                  "--json")  # fmt: skip
    assert (closed.code, json.loads(closed.out)["act"]) == (0, "closed")
    again = call("ledger", "close", "2026-03", *WHO, "--home", home)
    assert (again.code, "is closed" in again.err) == (2, True)
    opened = call("ledger", "reopen", "2026-03", *WHO, *WHY, "--home", home)
    assert opened.out.startswith("2026-03 is reopened since")
    acts = json.loads(call("ledger", "periods", "--home", home, "--json").out)
    assert [act["act"] for act in acts] == ["closing", "closed", "reopened"]
    lines = call("ledger", "periods", "--home", home).out.splitlines()
    assert len(lines) == 4
    assert lines[-1].split()[:2] == ["2026-03", "reopened"]


def test_a_month_with_a_red_check_stays_open_and_exits_with_one(call, home, forged):
    """Nobody has to mend the command or the home, so it is not wrong use: a check is red."""
    files = open_session(home).lake.table(LEDGER).snapshot().files()
    file = Path(next(file for file in files if "2026-03-31" in file))
    rows = pq.ParquetFile(file).read()
    place = rows.schema.get_field_index("posting_id")
    ids = pa.array(["e" * 64, *rows["posting_id"].to_pylist()[1:]])
    forged(file, rows.set_column(place, rows.schema.field(place), ids))
    refused = call("ledger", "close", "2026-03", *WHO, "--accept-dead-letters", "--home", home,
                   "--json")  # fmt: skip
    error = json.loads(refused.err)["error"]
    assert (refused.code, error["code"]) == (1, "CHECKS_RED")
    assert "integrity of 2026-03-31" in error["message"]
    assert call("ledger", "periods", "--home", home).out == "no period was ever closed\n"


@pytest.mark.parametrize("period", ["2026-13", "March", "2026-3", "2026-03-01"])
def test_a_period_is_a_month(call, home, period):
    found = call("ledger", "close", period, *WHO, "--home", home, "--json")
    assert (found.code, json.loads(found.err)["error"]["code"]) == (2, "WRONG_USE")


def test_without_any_act_the_lists_say_so(call, worked):
    assert call("reversals", "list", "--home", worked).out == "no reversal was approved\n"
    assert call("ledger", "periods", "--home", worked).out == "no period was ever closed\n"
