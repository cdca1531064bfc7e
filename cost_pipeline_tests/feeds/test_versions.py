"""Versions of one file: a half line does not stand, and a later version answers what it mends.

Each house takes in many files at once, each with ids of its own: a round of work costs the same for
one and for fifty.
"""

import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from cost_pipeline.feeds.production.row_fate import row_fate
from cost_pipeline.feeds.production.trace import trace
from cost_pipeline.pipeline.validation.replay import behind

CASE = Path(__file__).resolve().parents[2] / "../shared/cases/37-cut-last"
GLOB = ('files: "{pull_date:%Y-%m-%d}*.csv"', 'files: "*"')
LINES = (
    "id,date,currency,text,amount\n",
    "{0}1,2026-03-31,USD,cameras,10.00\n",
    '{0}2,2026-03-31,USD,"lights, many",2500.00\n',
    "{0}3,2026-04-01,USD,tape,3.00\n",
)


def whole(prefix):
    return "".join(LINES).format(prefix).encode()


def stands(prefix):
    return {(f"{prefix}1", "10.0000"), (f"{prefix}2", "2500.0000"), (f"{prefix}3", "3.0000")}


LAST = len(LINES[3].format("A"))
HALF = len("".join(LINES[:2]).format("A")) + len('A2,2026-03-31,USD,"lights, many",25')
"""Where the amount of the third line is cut: `25` is left of it, a lawful amount."""


class Drops:
    """A vendor whose files are written again and again, one round of work a day."""

    def __init__(self, door, root, *edits):
        self.door = door
        self.house = door.House(root, ["rentals"], rates=None)
        for old, new in edits:
            self.house.edit_vendor("rentals", old, new)
        self.day = 0

    def day_of(self, **files):
        """Write the files, and pull and post the next day."""
        for name, content in files.items():
            (self.house.root / "inbox" / "rentals" / name).write_bytes(content)
        self.day += 1
        self.house.work(f"2026-04-{self.day:02}")

    def posted(self):
        rows = self.door.active_lines(self.house.session())
        return {(row["transaction_id"], str(row["original_amount"])) for row in rows}

    def letters(self):
        return self.door.open_letters(self.house.session())

    def is_settled(self):
        session = self.house.session()
        return self.door.unlawful(session) == [] and not self.letters() and not behind(session)

    def report(self, name, size):
        """The report of one version of a file."""
        found = self.door.reports(self.house.session())
        return next(r for r in found if r.uri.endswith(f"/{name}") and r.size == size)


@pytest.fixture
def drops(door, tmp_path):
    return Drops(door, tmp_path / "home", GLOB)


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.proof)])
def test_wherever_files_were_cut_only_the_whole_ones_stand(drops, step):
    prefixes = ["".join(pair) for pair in itertools.product("ABCDEFGHIJKLMN", repeat=2)]
    cut = dict(zip(prefixes, range(40, len(whole("AA")), step), strict=False))
    drops.day_of(**{f"{one}.csv": whole(one)[:at] for one, at in cut.items()})
    drops.day_of(**{f"{one}.csv": whole(one) for one in cut})
    assert drops.posted() == set().union(*(stands(one) for one in cut))
    assert drops.is_settled()


def test_versions_in_any_order_come_to_the_same(drops):
    orders = dict(zip("ABCDEF", itertools.permutations([HALF - 3, HALF, 999]), strict=True))
    for turn in range(3):
        drops.day_of(**{f"{one}.csv": whole(one)[: at[turn]] for one, at in orders.items()})
    assert drops.posted() == set().union(*(stands(one) for one in orders))
    assert drops.is_settled()


@pytest.mark.skipif(not CASE.exists(), reason="../shared/cases is not here")
def test_the_given_file_comes_half_and_then_whole(door, tmp_path):
    names = {"id": "Id", "date": "Date", "amount": "Amount", "currency": "Cur"}
    drops = Drops(
        door, tmp_path / "home", GLOB, *((f"[{old}]", f"[{new}]") for old, new in names.items())
    )
    half, full = sorted((CASE / "in").iterdir(), key=lambda file: file.stat().st_size)
    drops.day_of(**{"x.csv": half.read_bytes()})
    assert drops.posted() == {("Q1", "1000.0000"), ("Q2", "25.0000")}
    drops.day_of(**{"x.csv": full.read_bytes()})
    assert drops.posted() == {("Q1", "1000.0000"), ("Q2", "2500.0000"), ("Q3", "1.0000")}
    assert drops.is_settled()


def test_a_half_line_is_told_and_its_delivery_is_read_so_ever_after(drops):
    drops.day_of(**{"A.csv": whole("A")[:HALF]})
    assert ("A2", "25.0000") in drops.posted()
    drops.day -= 1  # the whole file comes on the same pull date
    drops.day_of(**{"A.csv": whole("A")})
    assert drops.posted() == stands("A")
    assert drops.is_settled()
    short, full = drops.report("A.csv", HALF), drops.report("A.csv", len(whole("A")))
    assert (short.rows, short.records, short.dead_letters) == (2, 1, 1)
    fate = row_fate(drops.house.session(), f"{short.delivery}:3")
    assert fate["fate"] == "corrected"
    refused = fate["dead_letters"]
    assert refused[0]["reasons"] == ["MALFORMED_ROW"]
    assert refused[-1]["resolved_by"] == full.delivery
    assert "the file was cut off in this line" in refused[0]["errors"][0]["message"]
    before = drops.door.versions(drops.house.session())
    drops.house.work("2026-04-01")
    assert drops.door.versions(drops.house.session()) == before
    drops.house.edit_vendor("rentals", "[text]", "[text, memo]")
    drops.house.work("2026-04-01")
    assert drops.posted() == stands("A")
    assert drops.is_settled()


def test_what_is_no_half_line_stays(drops):
    """A file that gets more lines, one whose last line only lacks its end, and another file."""
    grown, bare, other = whole("G"), whole("B"), whole("O")
    drops.day_of(
        **{
            "G.csv": grown[:-LAST],
            "B.csv": bare.rstrip(b"\n"),
            "O.csv": other.replace(b"10.00", b"ten"),
        }
    )
    more = b"{}4,2026-04-01,USD,rope,4.00\n"
    drops.day_of(
        **{
            "G.csv": grown,
            "B.csv": bare + more.replace(b"{}", b"B"),
            "O.csv": LINES[0].encode() + more.replace(b"{}", b"O"),
        }
    )
    first = drops.report("G.csv", len(grown) - LAST)
    assert (first.duplicates + first.posted, first.dead_letters) == (2, 0)
    first = drops.report("B.csv", len(bare) - 1)
    assert (first.duplicates + first.posted, first.dead_letters) == (3, 0)
    (letter,) = drops.letters()  # the other file is no version of what lay under its name
    assert letter["row"] == 1
    assert {("O4", "4.0000"), ("B4", "4.0000")} | stands("G") < drops.posted()


def test_a_mended_version_answers_the_dead_letters_of_the_one_before(drops):
    bad = {one: whole(one).replace(b"10.00", b"ten") for one in "AB"}
    drops.day_of(**{f"{one}.csv": content for one, content in bad.items()})
    assert len(drops.letters()) == 2
    longer = bad["B"] + b"B4,2026-04-01,USD,rope,4.00\n"
    drops.day_of(**{"A.csv": whole("A"), "B.csv": longer})
    assert stands("A") < drops.posted()
    (letter,) = drops.letters()  # what is still wrong is open once, in the version that counts
    assert letter["delivery"] == drops.report("B.csv", len(longer)).delivery
    assert drops.door.unlawful(drops.house.session()) == []
    before = drops.door.versions(drops.house.session())
    drops.house.work("2026-04-02")
    assert drops.door.versions(drops.house.session()) == before


@pytest.mark.parametrize("dated", [True, False])
def test_where_nothing_was_accepted_the_date_in_the_name_decides(door, tmp_path, dated):
    drops = Drops(door, tmp_path / "home", *([] if dated else [GLOB]))
    drops.day_of(**{"2026-04-01.csv": whole("A").replace(b"2026-0", b"2026/0")})
    assert len(drops.letters()) == 3
    (drops.house.root / "inbox" / "rentals" / "2026-04-01.csv").write_bytes(whole("A"))
    later = drops.house.session(clock=lambda: door.NOW + timedelta(hours=1))
    drops.house.work("2026-04-01", session=later)
    assert drops.posted() == stands("A")
    assert len(drops.letters()) == (0 if dated else 3)


def test_a_half_workbook_is_answered_by_the_whole_one(door, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in whole("A").decode().splitlines()[:2]:
        book.active.append(line.split(","))
    book.save(tmp_path / "whole.xlsx")
    content = (tmp_path / "whole.xlsx").read_bytes()
    drops = Drops(door, tmp_path / "home", GLOB, ("kind: csv", "kind: excel"))
    drops.day_of(**{"costs.xlsx": content[: len(content) // 2]})
    (letter,) = drops.letters()
    assert letter["row"] is None
    drops.day_of(**{"costs.xlsx": content})
    assert drops.posted() == {("A1", "10.0000")}
    assert drops.is_settled()


def test_a_vendor_file_that_is_gone_or_changed_empties_no_trace(drops):
    drops.day_of(**{"A.csv": whole("A")})
    session = drops.house.session()
    ((posting, _),) = [one for one in drops.posted() if one[0] == "A2"]
    traced = trace(session, posting)
    assert traced["row"]["text"] == 'A2,2026-03-31,USD,"lights, many",2500.00'
    width = "kind: csv, header: none, names: [id, date, currency, text, amount]"
    drops.house.edit_vendor("rentals", "kind: csv", width)
    assert trace(drops.house.session(), posting)["row"] == traced["row"]
    (drops.house.root / "vendors" / "rentals.yaml").unlink()
    drops.house.vendor_file("petty", drops.door.vendor_text("petty"))
    assert trace(drops.house.session(), posting)["row"] == traced["row"]
    assert row_fate(drops.house.session(), "A.csv:3")["fate"] == "posted"
