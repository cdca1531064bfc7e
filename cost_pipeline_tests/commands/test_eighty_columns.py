"""No line of a listing is wider than its screen, whatever vendors, files and people are called."""

import io
import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from cost_pipeline.commands.common import open_session
from cost_pipeline.commands.screen import Rows, Screen, cut, folded
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rates import load_bundled_history
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import EXAMPLE_FILE, EXAMPLE_VENDOR
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline_tests.feeds.payday import HUNGRY, PAYDAY, card, csv_of

DAY = date(2026, 4, 1)
LONG = "camera_and_lighting_rentals_of_the_north"
OTHER = "camera_and_lighting_rentals_of_the_south"
FILE = f"{DAY}_第二摄影组_的全部发票_all_invoices_of_the_second_unit.csv"
HUGE, OFF = "987,654,321,098.76", "123,456,789,012.34"
LISTINGS = (
    "vendors list", "vendors check", "vendors due", "deliveries", "deliveries --telemetry",
    "dead-letters list", "dead-letters show {letter}", "dead-letters retry --preview",
    f"dead-letters waive --vendor {LONG} --by A --reason B", "drift", "audit verify",
    "reconcile", "reversals list", "union packs", "union explain --date 2026-03-03",
    "union categories check", "fx list", "fx compare ecb us_treasury",
    "fx impact --date 2026-03-30 --file {rates}", "ledger totals", "ledger as-of 2100-01-01",
    "ledger verify", "ledger periods", "ledger trace EX-1001",
    f"deliveries trace {LONG}/{FILE}:3", "post", "sql {ledger}", "sql {costs}", "sql {few}",
)  # fmt: skip
STATEMENTS = {
    "{ledger}": "select * from ledger",
    "{costs}": "select * from costs",
    "{few}": "select vendor, transaction_id, original_amount, vendor_name from ledger",
}


@pytest.fixture(scope="module")
def wide(call, tmp_path_factory):
    """A home with work done in which everything is long: names, files, amounts, reasons."""
    home = init_home(tmp_path_factory.mktemp("wide") / "home")
    (home / "vendors" / "example_rentals.yaml").unlink()
    sent = EXAMPLE_FILE.replace("1,250.00", HUGE).replace("-£20.00", f'"-£{OFF}"')
    sent = sent.replace("Example Rentals Ltd", "北方之光摄影器材租赁有限公司")
    for vendor, rows, more in (
        (LONG, sent, f"reconcile_with: {{vendor: {OTHER}}}\n"),
        (OTHER, sent.replace("310.50", "310.51"), "posts: false\n"),
    ):
        text = EXAMPLE_VENDOR.replace("example_rentals", vendor)
        text = text.replace("inbox/example", f"inbox/{vendor}").replace(
            "%Y-%m-%d}.csv", "%Y-%m-%d}_*.csv"
        )
        (home / "vendors" / f"{vendor}.yaml").write_text(text + more, encoding="utf-8")
        (home / "inbox" / vendor).mkdir()
        (home / "inbox" / vendor / FILE).write_text(rows, encoding="utf-8")
    (home / "vendors" / "payday.yaml").write_text(PAYDAY, encoding="utf-8")
    (home / "inbox" / "payday").mkdir()
    cards = csv_of(card(1, 2), card(2, 3, **HUNGRY))
    (home / "inbox" / "payday" / f"{DAY}.csv").write_bytes(cards)
    session = open_session(home)
    load_bundled_history(session)
    pull(session, session.home.vendors, DAY)
    validate_deliveries(session, pending(session, session.home.vendors, DAY))
    post(session, present_inputs(session))
    who = ("--by", "A. Ccountant of the second unit", "--reason", "goods came back " * 9)
    letters = json.loads(call("dead-letters", "list", "--home", home, "--json").out)["items"]
    letter = next(item["id"] for item in letters if item["vendor"] == LONG)
    approved = call("reversals", "approve", letter, "--reverses", "EX-1001", *who, "--home", home)
    closed = call("ledger", "close", "2025-01", *who, "--home", home)
    assert (approved.err, closed.err) == ("", "")
    (home / "rates.csv").write_text("currency,rate\nUSD,1.2\n", encoding="utf-8")
    return home, letter


@pytest.mark.parametrize("listing", LISTINGS)
def test_no_line_of_a_listing_is_over_eighty_columns(listing, call, wide):
    home, letter = wide
    named = {"{letter}": letter, "{rates}": home / "rates.csv", **STATEMENTS}
    words = [named.get(word, word) for word in listing.split()]
    place = [] if listing == "union packs" else ["--home", home]
    found = call(*words, *place)
    assert found.code in {0, 1}
    assert found.err == ""
    assert found.out
    over = [line for line in found.out.splitlines() if cell_len(line) > 80]
    assert [line for line in over if not whole(line)] == []


def whole(line):
    """What is copied stays in one line: a path, a command, a vendor's own row."""
    words = line.split()
    return len(words) == 1 or words[0] in {"cost-pipeline", "text", "uri"}


@pytest.mark.parametrize("listing", ["deliveries", "ledger totals", "reversals list", "reconcile"])
def test_money_has_its_thousands_apart_and_a_currency(listing, call, wide):
    out = call(*listing.split(), "--home", wide[0]).out
    for amount in re.findall(r"\d[\d,]*\.\d\d\b", out):
        assert re.fullmatch(r"\d{1,3}(,\d{3})*\.\d\d", amount), amount
    if listing != "deliveries":
        assert re.search(r"\b(GBP|USD)\b", out)


def test_no_listing_has_a_whole_hash_but_the_two_that_are_noted(call, wide):
    home, letter = wide
    for listing in LISTINGS:
        if "{" in listing or listing in {"union packs", "ledger totals", "ledger verify"}:
            continue
        if listing.startswith("ledger as-of"):
            continue
        out = call(*listing.split(), "--home", home).out
        assert re.findall(r"\b[0-9a-f]{64}\b", out) == [], listing
    assert letter[:16] in call("dead-letters", "show", letter[:12], "--home", home).out


def drawn(table, width):
    out = Console(width=width, file=io.StringIO())
    out.print(table, crop=False)
    return out.file.getvalue().splitlines()


def test_a_column_that_repeats_is_told_above_its_rows_where_there_is_no_room():
    table = Rows(("day", "file", "rows"), ("rows",), middle=("file",), headings=("day",))
    table.add_row("2026-04-01", "invoices?page=1", "1")
    table.add_row("2026-04-01", "invoices?page=2", "12")
    assert drawn(table, 40)[1] == "2026-04-01  invoices?page=1     1"
    assert drawn(table, 22) == [
        "file             rows", "2026-04-01", "invoices?page=1     1", "invoices?page=2    12",
    ]  # fmt: skip


def test_what_fits_in_no_way_is_told_one_value_below_the_other():
    table = Rows(("a", "b"), ("a", "b"))
    table.add_row("123,456,789,012.34", "123,456,789,012.35")
    assert drawn(table, 20) == ["row 1", "  a  123,456,789,012.34", "  b  123,456,789,012.35"]


def test_words_are_folded_and_texts_are_cut_where_they_say_least():
    table = Rows(("vendor", "why", "file"), prose=("why",), middle=("file",))
    table.add_row("northwind_rentals", "because it came back twice", "invoices?page=1&size=500")
    lines = drawn(table, 50)
    assert max(map(cell_len, lines)) <= 50
    assert any("…" in line and line.endswith("size=500") for line in lines)
    assert "twice" in " ".join(lines)


def test_heads_of_wide_letters_are_folded_as_wide_as_they_are():
    table = Rows(tuple(f"{at}第二摄影组的全部发票" for at in range(8)))
    table.add_row(*"12345678")
    lines = drawn(table, 60)
    assert max(map(cell_len, lines)) <= 60
    assert lines[-1].split() == [*"12345678"]
    assert max(map(cell_len, drawn(table, 8 * 7))) <= 8 * 7


def test_a_heading_that_is_too_long_is_cut():
    table = Rows(("vendor", "file", "rows"), ("rows",), headings=("vendor",))
    table.add_row("v" * 100, "f" * 30, "1")
    assert max(map(cell_len, drawn(table, 40))) == 40


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=60)


@given(st.lists(st.tuples(texts, texts, st.integers(0, 10**12)), max_size=4), st.integers(50, 120))
def test_however_wide_its_letters_a_table_is_never_wider_than_its_screen(rows, width):
    table = Rows(("name", "file", "rows"), ("rows",), ("name",), ("file",))
    for name, file, number in rows:
        table.add_row(name, file, f"{number:,}")
    lines = drawn(table, width)
    assert all(cell_len(line) <= width for line in lines)
    assert all(any(f"{number:,}" in line for line in lines) for _, _, number in rows)


@given(texts, st.integers(2, 40))
def test_a_cut_text_has_at_most_so_many_columns(text, width):
    for middle in (False, True):
        assert cell_len(cut(Text(text), width, middle=middle).plain) <= width


@given(st.text("ab 北光", max_size=80), st.integers(20, 60))
def test_a_folded_sentence_loses_nothing_but_blanks(text, width):
    lines = folded(Text(text), width)
    assert "".join(line.plain for line in lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        assert (
            cell_len(line.plain) <= width or len(line.plain.split()) == 1 or not line.plain.strip()
        )


def test_a_terminal_is_as_wide_as_it_is_and_a_file_has_eighty(monkeypatch):
    assert Screen().width == 80
    monkeypatch.setattr(
        "sys.stdout", type("Terminal", (io.StringIO,), {"isatty": lambda _: True})()
    )
    monkeypatch.setenv("COLUMNS", "123")
    monkeypatch.setenv("LINES", "40")
    assert Screen().width == 123
