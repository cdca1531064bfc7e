"""`dead-letters` and `replay` as people use them: the whole round trip, by commands only."""

import json
from datetime import date

import openpyxl
import pyarrow as pa
import pytest

from cost_pipeline.commands.common import open_session
from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA
from cost_pipeline.core.reasons import Stage, dead_letter_id
from cost_pipeline.core.sql import equals
from cost_pipeline.pipeline.dead_letters.letters import settle


def _json(answer):
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def _letters(call, home):
    return _json(call("dead-letters", "list", "--home", home, "--json"))["items"]


def test_a_credit_goes_out_comes_back_as_a_cost_and_is_posted(call, home):
    (letter,) = _letters(call, home)
    file = home / "out.xlsx"
    out = _json(call("dead-letters", "export", "--home", home, "--to", file, "--json"))
    assert out == {"file": str(file), "rows": {"vendor_invoice": 1}, "left_out": {}}
    book = openpyxl.load_workbook(file)
    sheet = book["Vendor invoices"]
    head = {cell.value: cell.column for cell in sheet[1]}
    cell = sheet.cell(row=2, column=head["Amount"])
    assert cell.value == "-£20.00"
    cell.value = "£20.00"
    folder = home / "inbox" / "corrections"
    folder.mkdir(exist_ok=True)
    book.save(folder / "mended.xlsx")
    done = _json(call("dead-letters", "import", "--home", home, "--json"))
    assert (done["deliveries"], done["resolved"], done["open"]) == (1, 1, 0)
    assert done["transaction_dates"] == ["2026-03-31"]
    assert done["checks"]["failed"] == []
    shown = _json(call("dead-letters", "show", letter["id"][:8], "--home", home, "--json"))
    assert shown["state"] == "corrected"
    assert [event["event"] for event in shown["history"]] == ["opened", "resolved"]
    again = _json(call("dead-letters", "import", "--home", home, "--json"))
    assert (again["deliveries"], again["transaction_dates"]) == (0, [])


def test_waiving_names_who_and_why_and_reopening_undoes_it(call, home):
    (letter,) = _letters(call, home)
    arguments = ("--home", home, "--by", "Pat Doe", "--reason", "written off", "--json")
    waived = _json(call("dead-letters", "waive", letter["id"][:8], *arguments))
    assert waived["state"] == "waived"
    assert _letters(call, home) == []
    screen = call("dead-letters", "show", letter["id"][:8], "--home", home).out
    assert "Pat Doe" in screen
    assert "written off" in screen
    assert _json(call("dead-letters", "reopen", letter["id"], *arguments))["state"] == "open"
    assert len(_letters(call, home)) == 1


def test_many_are_waived_at_once_after_they_were_shown(call, home):
    vendor = home / "vendors" / "example_rentals.yaml"
    text = vendor.read_text(encoding="utf-8")
    vendor.write_text(text.replace('"%d/%m/%Y"', '"%Y-%m-%d"'), encoding="utf-8")
    _json(call("replay", "--home", home, "--json"))
    dated = [one for one in _letters(call, home) if "BAD_DATE" in one["reasons"]]
    assert len(dated) == 4
    decision = ("--home", home, "--by", "Pat Doe", "--reason", "known", "--json")
    chosen = ("--vendor", "example_rentals", "--code", "BAD_DATE")
    rentals = {"vendor": "example_rentals"}
    counts = [
        {**rentals, "reasons": ["BAD_DATE"], "count": 3},
        {**rentals, "reasons": ["BAD_DATE", "NEGATIVE_AMOUNT"], "count": 1},
    ]
    shown = _json(call("dead-letters", "waive", *chosen, *decision))
    assert shown == {"waived": 0, "chosen": counts}
    assert len([one for one in _letters(call, home) if "BAD_DATE" in one["reasons"]]) == 4
    other = ("--delivery", dated[0]["delivery"][:8], "--pull-dates", "2026-01-01")
    assert _json(call("dead-letters", "waive", *other, "--yes", *decision))["waived"] == 0
    screen = call("dead-letters", "waive", *chosen, *decision[:-1]).out
    assert "4 dead letters would be waived; add --yes" in screen
    done = _json(call("dead-letters", "waive", *chosen, "--yes", *decision))
    assert done == {"waived": 4, "chosen": counts}
    assert not [one for one in _letters(call, home) if "BAD_DATE" in one["reasons"]]
    one = _json(call("dead-letters", "show", dated[0]["id"], "--home", home, "--json"))
    assert (one["state"], one["history"][-1]["why"]) == ("waived", "known")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("waive", "--by", "x", "--reason", "y"), "WRONG_USE"),
        (("waive", "--yes", "--by", "x", "--reason", "y"), "WRONG_USE"),
        (("waive", "00000000", "--yes", "--by", "x", "--reason", "y"), "WRONG_USE"),
        (("waive", "--vendor", "nobody", "--by", "x", "--reason", "y"), "NO_SUCH_VENDOR"),
        (("waive", "--code", "NONE", "--by", "x", "--reason", "y"), "NO_SUCH_REASON"),
        (("waive", "--pull-dates", "May", "--by", "x", "--reason", "y"), "WRONG_USE"),
        (("show", "nothing"), "NO_SUCH_DEAD_LETTER"),
        (("waive", "00000000", "--by", "x", "--reason", "y"), "NO_SUCH_DEAD_LETTER"),
        (("export", "--to", "letters.doc"), "WRONG_USE"),
        (("export", "--to", "absent-folder/letters.xlsx"), "WRONG_USE"),
        (("waive", "00000000", "--by", " ", "--reason", "y"), "WRONG_USE"),
    ],
)
def test_wrong_use_says_what_to_do(call, worked, arguments, code):
    name, *rest = arguments
    answer = call("dead-letters", name, *rest, "--home", worked, "--json")
    assert answer.code == 2
    error = json.loads(answer.err)["error"]
    assert error["code"] == code
    assert error["remedy"]


def test_a_mended_vendor_file_is_replayed_without_fetching(call, home):
    (inbox,) = (home / "inbox" / "example").iterdir()
    vendor = home / "vendors" / "example_rentals.yaml"
    text = vendor.read_text(encoding="utf-8")
    vendor.write_text(text.replace('"%d/%m/%Y"', '"%Y-%m-%d"'), encoding="utf-8")
    inbox.unlink()
    done = _json(call("replay", "--home", home, "--json"))
    assert (done["deliveries"], done["opened"]) == (1, 4)
    vendor.write_text(text, encoding="utf-8")
    done = _json(call("replay", "--home", home, "--pull-dates", "2026-04-01", "--json"))
    assert (done["deliveries"], done["resolved"], done["open"]) == (1, 4, 1)
    assert "nothing to do" in call("replay", "--home", home).out


def test_what_could_not_be_fetched_for_the_moment_is_pulled_again(call, home):
    """Only that pull is tried again; it succeeds, and its dead letter is resolved."""
    session = open_session(home)
    day = date(2026, 4, 2)
    fingerprint = "f" * 64
    letter = {
        "id": dead_letter_id("example_rentals", fingerprint, Stage.ACQUIRE, ["FETCH_FAILED"]),
        "fingerprint": fingerprint, "delivery": "", "vendor": "example_rentals",
        "feed": "production", "kind": "vendor_invoice", "stage": "acquire",
        "failure_class": "transient", "reasons": ["FETCH_FAILED"], "errors": "[]",
        "payload": "http://127.0.0.1:1/", "pull_date": day, "interpretation": "",
    }  # fmt: skip
    settle(
        session,
        pa.Table.from_pylist([letter], schema=DEAD_LETTER_SCHEMA),
        scope=equals("stage", Stage.ACQUIRE),
        days=[day],
        day_column="pull_date",
        writer="acquire/example_rentals",
    )
    shown = _json(call("dead-letters", "retry", "--preview", "--home", home, "--json"))
    found = {"vendor": "example_rentals", "reasons": ["FETCH_FAILED"], "count": 1}
    assert shown == {"chosen": [found]}
    other = ("--pull-dates", "2026-04-03", "--preview", "--home", home, "--json")
    assert _json(call("dead-letters", "retry", *other)) == {"chosen": []}
    done = _json(call("dead-letters", "retry", "--home", home, "--json"))
    assert (done["deliveries"], done["resolved"]) == (1, 1)
    assert not [one for one in _letters(call, home) if one["stage"] == "acquire"]
