"""Clocks past midnight and timecodes become exact numbers in a declared feed, or are refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.feeds.listed import LISTED, Feeds
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState
from cost_pipeline_tests.command_line import called

DAY = "2026-04-01"
VENDOR = """\
vendor: lot7
feed: plays
record: play
source: {kind: folder, path: ./inbox/lot7, files: "{pull_date:%Y-%m-%d}.csv"}
format: {kind: csv, header_within: 9}
dates: {forms: ["%d/%m/%Y"], header: "Log of %d/%m/%Y"}
times: {forms: ["%H:%M:%S", "%I:%M %p"], frame_rate: "29.97"}
key: [play_id]
columns:
  play_id: [Id]
  played_on: [Day]
  screen: [Screen]
  planned: [Planned]
  started: [Start]
  length: [Length]
"""
ROWS = (
    "Screens of the lot\nLog of 31/03/2026\n"
    "Id,Day,Screen,Planned,Start,Length\n"
    "P1,,S-1,25:30:00,01:00:00;00,00:00:30;00\n"
    "P2,01/04/2026,S-1,7:12 am,00:01:00;02,00:00:01:15\n"
    "P3,,S-1,06:00:00,00:01:00;01,00:00:30;00\n"
    "P4,,S-1,30:00:00,00:01:00;02,00:00:30;00\n"
    "P5,,S-1,06:00:00,00:01:00;02,00:00:00;14\n"
    "P6,,S-1,06:61:00,00:01:00;02,00:00:00;30\n"
)


@pytest.fixture(scope="session")
def plays(sample):
    """The declaration of the feed."""
    return sample("plays")


@pytest.fixture
def call(plays):
    """Call a command that knows the sample feed beside those of the product."""
    return lambda *arguments: called(*arguments, feeds=Feeds((*LISTED, plays.LISTED)))


@pytest.fixture
def screens(tmp_path):
    """A home with one vendor of the feed and a file of a day."""
    home = tmp_path / "home"
    for folder in ("vendors", "feeds", "inbox/lot7"):
        (home / folder).mkdir(parents=True)
    (home / "home.yaml").write_text("lake: ./lake\n")
    (home / "feeds" / "plays.yaml").write_text("{}\n")
    (home / "vendors" / "lot7.yaml").write_text(VENDOR)
    (home / "inbox" / "lot7" / f"{DAY}.csv").write_text(ROWS)
    return home


def test_clocks_and_timecodes_are_held_as_exact_numbers(plays, call, screens):
    call("run", "--home", screens, "--pull-dates", DAY)
    records = open_lake(str(screens / "lake")).table(plays.PLAYS.records).snapshot().read()
    found = {row["play_id"]: row for row in records.to_pylist()}
    assert found.keys() == {"P1", "P2"}
    first, second = found["P1"], found["P2"]
    assert (first["played_on"], first["planned"]) == (date(2026, 3, 31), Decimal(91800))
    assert (first["started"], first["length"], first["frame_rate"]) == (107892, 900, "30000/1001")
    assert (second["played_on"], second["planned"]) == (date(2026, 4, 1), Decimal(25920))
    assert (second["started"], second["length"]) == (1800, 45)


def test_what_no_clock_shows_is_refused_and_says_why(call, screens):
    call("run", "--home", screens, "--pull-dates", DAY)
    letters = call("dead-letters", "list", "--home", screens, "--json").json()["items"]
    told = {
        letter["payload"][:2]: [one["message"] for one in letter["errors"]] for letter in letters
    }
    assert told == {
        "P3": ["'00:01:00;01' does not exist: drop-frame leaves frames 0 to 1 out there"],
        "P4": ["'108000' seconds are past what this time can be, or too exact"],
        "P5": ["14 frames at 30000/1001 are not half a second"],
        "P6": [
            "'06:61:00' is not a time of the form HH:MM:SS, HH:MM AM",
            "'00:00:00;30' has frame 30, and a second has 30 of them, from 0 on",
        ],
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (', frame_rate: "29.97"', "", "nothing says how many frames a second has"),
        ("  length: [Length]", "  length: [Length]\n  frame_rate: [Rate]", "says `frame_rate`"),
        ('"29.97"', '"29"', "'29' is no frame rate"),
        ('"29.97"', '"25", drop_frame: always', "needs a `frame_rate` of 29.97"),
        ('"%I:%M %p"', '"%I:%M"', "holds no hour"),
        ('"%I:%M %p"', '"%d %H:%M"', "`%d`, which is not read here"),
    ],
)
def test_what_its_vendor_file_lacks_is_told(call, screens, old, new, words):
    place = screens / "vendors" / "lot7.yaml"
    assert old in place.read_text()
    place.write_text(place.read_text().replace(old, new))
    found = call("vendors", "check", "--home", screens, "--json").json()["problems"]
    assert any(words in problem["message"] for problem in found), found


CELLS = st.tuples(
    st.sampled_from(["P1", "P2", "", "no id"]),
    st.sampled_from(["2026-03-31", ""]),
    st.sampled_from(["S-1", "s"]),
    st.one_of(
        st.sampled_from(["25:30:00", "06:00", "30:00:00", "", "x", "1.5", "6:00:00.25"]),
        st.from_regex(r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True),
    ),
    st.from_regex(r"0[0-1]:[01][0-9]:0[0-1][;:]0[0-4]", fullmatch=True),
    st.sampled_from(["00:00:30;00", "00:00:00;01", "00:01:00;00", "", "25"]),
)


@given(st.lists(CELLS, min_size=1, max_size=90))
def test_both_lanes_judge_its_rows_alike(plays, chunk_of, rows):
    vendor = plays.ScreenVendor.model_validate(
        {
            "vendor": "lot7", "feed": "plays", "record": "play", "key": "play_id",
            "source": {"kind": "folder", "path": ".", "files": "x.csv"}, "format": {"kind": "csv"},
            "times": {"forms": ["%H:%M:%S", "%H:%M:%S.%f"], "frame_rate": "59.94"},
            "columns": {
                "play_id": ["c0"], "played_on": ["c1"], "screen": ["c2"], "planned": ["c3"],
                "started": ["c4"], "length": ["c5"],
            },
        }
    )  # fmt: skip
    chunk = chunk_of(rows)
    compiled = compile_interpreter(vendor, plays.CONTRACT, [], chunk.columns)
    found = [
        validate_chunk(
            chunk,
            compiled,
            delivery="d" * 64,
            pull_date=date(2026, 4, 1),
            state=DeliveryState(),
            lanes=lanes,
        )
        for lanes in ("model", "both")
    ]
    assert found[0].records.equals(found[1].records)
    assert found[0].dead_letters.equals(found[1].dead_letters)
