"""What people see: aligned, money readable, nothing garbled (`test_eighty_columns`: widths)."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cost_pipeline.commands.common import (
    clear_errors,
    parse_pull_dates,
)
from cost_pipeline.commands.inspect import show_deliveries
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted, money
from cost_pipeline.parse.account import Account
from cost_pipeline.pipeline.reports.deliveries import ControlTotal, DeliveryReport


def test_totals_have_thousands_apart_and_numbers_to_the_right(call, worked):
    lines = call("ledger", "totals", "--home", worked).out.splitlines()
    assert lines[0] == "3 active of 3 postings"
    assert lines[1].split() == ["currency", "postings", "original", "base"]
    assert lines[2].split() == ["GBP", "3", "1,608.75", "2,128.42", "USD"]
    for name, end in (("original", "1,608.75"), ("base", "2,128.42"), ("postings", "  3")):
        assert lines[1].index(name) + len(name) == lines[2].index(end) + len(end)


def test_deliveries_show_the_file_and_what_became_of_its_rows(call, worked):
    header, pulled, row = call("deliveries", "--home", worked).out.splitlines()
    assert pulled == "2026-04-01"
    assert header.split() == [
        "vendor", "file", "state", "lines", "rows", "blank", "posted", "held", "dup.",
        "dead",
    ]  # fmt: skip
    assert row.split() == [
        "example_rentals", "2026-04-01.csv", "posted", "5", "4", "0", "3", "0", "0",
        "1",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [40, 80, 100, 160])
def test_however_narrow_the_terminal_no_number_of_a_delivery_is_cut(width):
    report = DeliveryReport(
        delivery="0" * 64, vendor="northwind_rentals", kind="vendor_invoice",
        uri="http://127.0.0.1/v1/invoices?day=2026-04-04&page=3&size=500",
        pull_date=date(2026, 4, 4), size=1, state="duplicate", encoding="utf-8", rows=1234567,
        blank_rows=55936, records=1, refused=0, posted=1234500, commitments=1049, duplicates=742,
        reference=0, conflicts=9017, drift=(), duplicate_of=None, role=None,
        control=ControlTotal(Decimal("1.01"), Decimal(1), Decimal(0), 0), control_problem=None,
        account=Account(1290504, 1, 1234567, 55936, 0, 0, 0),
    )  # fmt: skip
    shown = Console(width=width, file=io.StringIO())
    show_deliveries(shown, [report, report])
    lines = shown.file.getvalue().splitlines()
    for number in (
        "1,290,504",
        "1,234,567",
        "55,936",
        "1,234,500",
        "1,049",
        "742",
        "9,017",
        "off by 0.01",
    ):
        assert sum(number in line for line in lines) >= 2, number
    assert any("ze=500" in line for line in lines)
    assert any("2026-04-04" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_a_dead_letter_is_shown_with_words_remedy_place_and_text(call, worked):
    out = call("dead-letters", "list", "--home", worked).out
    for part in (
        "NEGATIVE_AMOUNT", "it needs a", "reversal", "example_rentals 2026-04-01, row 4, line 5",
        "amount: '-20.00' is negative", "EX-1004,31/03/2026,-£20.00",
    ):  # fmt: skip
        assert part in out


def test_the_way_of_a_posting_shows_the_vendors_own_line_unbroken(call, worked):
    out = call("ledger", "trace", "EX-1001", "--home", worked).out
    assert (
        'EX-1001,30/03/2026,"£1,250.00",Example Rentals Ltd,GB-VAT:999999973,"Camera, wk 13",PO-77,'
        "01/04/2026" in out
    )
    assert [line for line in out.splitlines() if not line.startswith(" ")] == [
        "posting", "row", "delivery", "record", "contract", "rate", "rules", "approvals",
        "history", "batch", "run", "more of the posting",
    ]  # fmt: skip


def test_an_empty_home_has_a_next_step_everywhere(call, home):
    for file in (home / "vendors").iterdir():
        file.unlink()
    productions = (home / "productions.yaml").read_text(encoding="utf-8")
    (home / "productions.yaml").write_text(
        productions.replace("lake: ./lake", "lake: ./fresh"), encoding="utf-8"
    )
    for command, words in (
        ("vendors list", "vendors/"),
        ("deliveries", "cost-pipeline run"),
        ("fx list", "cost-pipeline fx load"),
        ("dead-letters list", "no dead letter is open"),
        ("ledger totals", "0 active of 0 postings"),
        ("ledger verify", "0 postings in 0 batches of 0 transaction dates"),
    ):
        found = call(*command.split(), "--home", home)
        assert (found.code, found.err) == (0, "")
        assert words in found.out, command


def test_text_from_a_vendor_file_is_never_taken_for_markup(call, home):
    file = home / "vendors" / "example_rentals.yaml"
    text = file.read_text(encoding="utf-8").replace("priority: normal", "'[/red]x[bold]': normal")
    file.write_text(text, encoding="utf-8")
    found = call("vendors", "check", "--home", home)
    assert found.code == 2
    assert "[/red]x[bold]" in found.out


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4))
def test_money_for_people_is_the_same_amount_with_commas(amount):
    text = money(amount)
    assert Decimal(text.replace(",", "")) == amount
    assert len(text.partition(".")[2]) >= 2
    assert all(len(group) == 3 for group in text.lstrip("-").partition(".")[0].split(",")[1:])


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12345, "12,345 rows")]
)
def test_one_row_is_not_one_rows(number, words):
    assert counted(number, "row") == words


def test_a_range_of_pull_dates_has_both_its_ends():
    assert parse_pull_dates("2024-02-28..2024-03-01") == [
        date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1),
    ]  # fmt: skip
    assert parse_pull_dates("2024-02-28") == [date(2024, 2, 28)]
    for text in ("", "..", "2024-02-30", "2024-02-28..", "1999-01-01..2020-01-01"):
        with pytest.raises(UsageError):
            parse_pull_dates(text)


def test_what_became_of_a_row_is_a_sentence_and_its_links(call, worked, tmp_path):
    page = tmp_path / "row.html"
    found = call("deliveries", "trace", "2026-04-01.csv:5", "--home", worked, "--html", page)
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines()[0] == "refused: NEGATIVE_AMOUNT"
    assert "EX-1004,31/03/2026,-£20.00" in found.out
    assert page.read_text("utf-8").startswith("<!doctype html>")
    posted = call("deliveries", "trace", "2026-04-01.csv:2", "--home", worked).out
    assert posted.startswith("posted on 2026-03-30 as ")


def test_the_ledger_as_of_says_when_and_what(call, worked):
    lines = call("ledger", "as-of", "2026-01-01", "--home", worked).out.splitlines()
    assert lines[:2] == ["as known at 2026-01-01 23:59:59 UTC", "0 active of 0 postings"]
    now = call("ledger", "as-of", "2100-01-01", "--home", worked).out.splitlines()
    assert now[1:] == call("ledger", "totals", "--home", worked).out.splitlines()


def test_verification_says_the_head_to_note(call, worked):
    document = json.loads(call("ledger", "verify", "--home", worked, "--json").out)
    head = document["head"]
    assert f"head {head}" in call("ledger", "verify", "--home", worked).out
    assert call("ledger", "verify", "--home", worked, "--head", head).code == 0
    refused = call("ledger", "verify", "--home", worked, "--head", "0" * 64)
    assert refused.code == 1
    assert "the head that was noted is none of the ledger's heads" in refused.out


def test_a_proof_and_a_bundle_leave_the_house(call, worked, tmp_path):
    proof = json.loads(call("ledger", "prove", "EX-1001", "--home", worked).out)
    assert proof["format"] == "cost-pipeline-proof-1"
    folder = tmp_path / "bundle"
    export = ("ledger", "export", "--home", worked, "--period", "2026-03", "--to", folder)
    found = call(*export)
    assert (found.code, found.err) == (0, "")
    assert "3 postings of 2 transaction dates for 2026-03" in found.out
    assert (folder / "manifest.json").exists()
    again = call(*export, "--json")
    assert (again.code, json.loads(again.err)["error"]["code"]) == (2, "NOT_EMPTY")


@pytest.mark.parametrize("wrapped", ["bare", "wrapped"])
def test_ctrl_c_inside_a_query_ends_in_one_sentence(capsys, wrapped):
    """Found by `make chaos`: DuckDB turns it into a RuntimeError of its own."""

    interrupt = RuntimeError("Query interrupted")

    @clear_errors
    def command():
        if wrapped == "bare":
            raise interrupt
        raise ValueError("a step failed") from interrupt

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 3
    assert capsys.readouterr().err.startswith("stopped; what was committed stays")


def test_what_the_example_of_init_posts_is_in_no_total_and_one_command_removes_it(call, tmp_path):
    home = tmp_path / "home"
    said = call("init", home)
    assert f"run --home {home}/example --pull-dates 2026-04-01" in said.out
    done = call("run", "--home", home / "example", "--pull-dates", "2026-04-01", "--json")
    assert (done.code, done.json()["posted"]) == (0, 3)
    assert call("ledger", "totals", "--home", home / "example", "--json").json()["postings"] == 3
    assert call("ledger", "totals", "--home", home, "--json").json()["postings"] == 0
    assert call("dead-letters", "list", "--home", home, "--json").json()["open"] == 0
    gone = call("init", home, "--remove-example", "--json")
    assert (gone.code, gone.json()) == (0, {"removed": str(home / "example")})
    assert not (home / "example").exists()
    again = call("init", home, "--remove-example", "--json")
    assert (again.code, again.error()["code"]) == (2, "NO_EXAMPLE")
