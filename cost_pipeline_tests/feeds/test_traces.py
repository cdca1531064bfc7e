"""Traces: from a posting to its bytes, and from a line of a file to what became of it."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import pytest

from cost_pipeline.commands.trace_page import page
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.row_fate import row_fate
from cost_pipeline.feeds.production.trace import trace
from cost_pipeline.parse.ep_ledger import DETAIL_COLUMNS

HOSTILE = "<script>alert('x')</script> & \"y\""
ROWS = [
    ("T1", "2026-04-01", "10.00", "GBP", "first"),
    ("T2", "2026-04-01", "20.00", "USD", HOSTILE),
    ("T3", "2026-04-01", "-5.00", "USD"),
    ("T4", "2026-04-09", "30.00", "GBP"),
    ("T1", "2026-04-01", "11.00", "GBP"),
]


@pytest.fixture(scope="module")
def house(door, tmp_path_factory):
    """Every fate there is, each in a file of its own name where it matters."""
    house = door.House(tmp_path_factory.mktemp("traces") / "home")
    house.drop("rentals", "2026-04-01", ROWS)
    house.drop(
        "rentals", "2026-04-02", [("T1", "2026-04-01", "10.00", "GBP", "first"), ("", "", "", "")]
    )
    house.drop("orders", "2026-04-01", [("P1", "2026-04-01", "7.00", "USD")])
    house.work("2026-04-01", "2026-04-02")
    file = house.root / "correction.csv"
    file.write_text("currency,rate\nGBP,0.9\n", "utf-8")
    correct_rates(house.session(), date(2026, 4, 1), file, "published wrongly")
    house.work("2026-04-02")
    house.drop("rentals", "2026-04-03", [("T8", "2026-04-02", "1.00", "USD")])
    house.pull("2026-04-03")
    return house


@pytest.mark.parametrize(
    ("place", "fate", "words"),
    [
        ("rentals/2026-04-01.csv:1", "header", "header"),
        ("rentals/2026-04-01.csv:2", "posted", "after 2 earlier lines"),
        ("rentals/2026-04-01.csv:3", "posted", "posted on 2026-04-01"),
        ("rentals/2026-04-01.csv:4", "dead_letter", "NEGATIVE_AMOUNT"),
        ("rentals/2026-04-01.csv:5", "dead_letter", "FX_RATE_MISSING"),
        ("rentals/2026-04-01.csv:6", "dead_letter", "KEY_CONFLICT"),
        ("2026-04-02.csv:2", "duplicate", "row 1 of delivery"),
        ("2026-04-02.csv:3", "blank", "blank line"),
        ("orders/2026-04-01.csv:2", "commitment", "held as a commitment"),
        ("2026-04-03.csv:2", "accepted", "not been posted yet"),
    ],
)
def test_the_fate_of_a_line_is_told(house, place, fate, words):
    found = row_fate(house.session(), place)
    assert (found["fate"], words in found["words"]) == (fate, True), found["words"]
    assert found["row"]["line"] == int(place.rpartition(":")[2])
    assert found["delivery"]["uri"].endswith(place.rpartition(":")[0])


def test_a_row_of_a_vendor_that_is_only_compared_is_not_called_waiting(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    house.drop("rentals", "2026-04-01", ROWS[:2])
    house.work("2026-04-01")
    house.edit_vendor("rentals", "record:", "posts: false\nrecord:")
    house.drop("rentals", "2026-04-02", [("T9", "2026-04-02", "9.00", "USD")])
    house.work("2026-04-01", "2026-04-02")
    for place, kinds in (("2026-04-01.csv:2", ["post", "reverse"]), ("2026-04-02.csv:2", [])):
        found = row_fate(house.session(), place)
        assert (found["fate"], "posts: false" in found["words"]) == ("reference", True), place
        assert [line["kind"] for line in found["lines"]] == kinds


def test_what_a_file_has_beside_rows_is_told_apart(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    house.edit_vendor("rentals", "{kind: csv}", "{kind: csv, control_total: {column: amount}}")
    house.drop("rentals", "2026-04-01", [*ROWS[:2], ("", "", "30.00", "", "")])
    house.work("2026-04-01")
    found = [row_fate(house.session(), f"2026-04-01.csv:{line}")["fate"] for line in range(1, 5)]
    assert found == ["header", "posted", "posted", "control_row"]


LISTING = """Acct: 6305 - LOCATION POLICE
{columns}
{row}
Acct Total: 6305{commas}12.00
Acct: 6307 - FIRE
{row}
"""


def test_lines_of_a_listing_that_are_no_rows_are_furniture(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    house.edit_vendor("rentals", "{kind: csv}", "{kind: ep_ledger}")
    for ours, theirs in (
        ("[id]", '["Trans#"]'), ("[date]", '["Eff. Date"]'), ("[amount]", "[Amount]"),
        ("[currency]", "[Cur]"), ("[text]", "[Description]"),
    ):  # fmt: skip
        house.edit_vendor("rentals", f": {ours}", f": {theirs}")
    told = {"Trans#": "T1", "Eff. Date": "2026-04-01", "Amount": "12.00", "Cur": "USD"}
    row = ",".join(told.get(name, "") for name in DETAIL_COLUMNS)
    listing = LISTING.format(columns=",".join(DETAIL_COLUMNS), row=row, commas="," * 24)
    (house.root / "inbox" / "rentals").mkdir(parents=True, exist_ok=True)
    (house.root / "inbox" / "rentals" / "2026-04-01.csv").write_text(listing, encoding="utf-8")
    house.work("2026-04-01")
    found = [row_fate(house.session(), f"2026-04-01.csv:{line}")["fate"] for line in range(1, 7)]
    assert found == ["header", "header", "posted", "furniture", "furniture", "duplicate"]


def test_the_history_of_a_corrected_row_has_every_line(house):
    found = row_fate(house.session(), "rentals/2026-04-01.csv:2")
    assert [(line["kind"], line["cause"]) for line in found["lines"]] == [
        ("post", "delivery"), ("reverse", "fx_correction"), ("post", "fx_correction"),
    ]  # fmt: skip
    assert len({line["snapshot"] for line in found["lines"]}) == 2


def test_forward_and_back_meet(house):
    session = house.session()
    back = trace(session, "T2")
    assert back["row"]["line"] == 3
    assert (back["rate"], back["contract"]["encoding"]) == (None, "utf-8-sig")
    forward = row_fate(session, f"{back['delivery']['delivery'][:8]}:{back['row']['line']}")
    assert forward["lines"] == back["history"]
    assert forward["record"]["fingerprint"] == back["posting"]["record_fingerprint"]
    assert trace(session, back["posting"]["posting_id"]) == back
    assert trace(session, back["posting"]["posting_id"][:8]) == back
    assert trace(session, "T1")["rate"]["vintage"] == 2
    assert trace(session, "T1")["rate"]["reason"] == "published wrongly"


def test_hashes_that_name_no_file_cannot_hide_a_posting(house, monkeypatch):
    session = house.session()
    expected = trace(session, "T1")
    posting = expected["posting"]["posting_id"]
    monkeypatch.setattr("cost_pipeline.feeds.production.trace.files_with", lambda *_: [])
    assert (
        trace(session, "T1") == trace(session, posting) == trace(session, posting[:9]) == expected
    )
    with pytest.raises(UsageError, match="no posting has"):
        trace(session, "T7")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("2026-04-01.csv:2", "NO_SUCH_DELIVERY"),  # two vendors have one
        ("2026-04-09.csv:2", "NO_SUCH_DELIVERY"),
        ("01.csv:2", "NO_SUCH_DELIVERY"),  # not the whole name
        ("2026-04-02.csv:99", "NO_SUCH_LINE"),
        ("2026-04-02.csv:0", "WRONG_USE"),
        ("2026-04-02.csv", "WRONG_USE"),
        ("x' or '1'='1:2", "NO_SUCH_DELIVERY"),
    ],
)
def test_a_place_that_is_none_is_told_with_what_to_do(house, place, code):
    with pytest.raises(UsageError) as refused:
        row_fate(house.session(), place)
    assert refused.value.code == code
    assert refused.value.remedy


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        for name, value in attrs:
            assert name not in ("src", "href", "onclick"), "the page needs nothing else"
            assert "<" not in str(value)

    def handle_data(self, data):
        self.text += data


def test_a_page_is_whole_and_text_of_a_vendor_stays_text(house):
    found = trace(house.session(), "T2")
    text = page("Posting <b>T2</b>", HOSTILE, found.items())
    tags = _Tags()
    tags.feed(text)
    assert "script" not in tags.seen
    assert "b" not in tags.seen
    assert HOSTILE in tags.text
    assert tags.seen.count("li") == len(found)
    for part in found:
        assert part.replace("_", " ") in tags.text
    assert found["posting"]["posting_id"] in text
