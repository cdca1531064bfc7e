"""What of a folder or of a partner's server is a delivery: the same rule for both."""

import os
import threading
import time
from pathlib import Path

import pytest

from cost_pipeline.acquire.choosing import choose, control_of
from cost_pipeline.acquire.engine import Policy

CASE = Path(__file__).resolve().parents[2] / "../shared/cases/36-temp-names/in"


def fill(folder, *names, content=b"id\n1\n"):
    for name in names:
        (folder / name).write_bytes(content)


def names_of(found):
    return sorted(one.uri.rsplit("/", 1)[1] for one in found)


def passed_over(pulled):
    return {one.uri.rsplit("/", 1)[1]: one.why for one in pulled.passed_over}


@pytest.mark.skipif(not CASE.exists(), reason="../shared/cases is not here")
def test_of_a_folder_of_unfinished_files_the_finished_one_is_taken_and_the_others_are_told(bench):
    for file in CASE.iterdir():
        (bench.base / "inbox" / file.name).write_bytes(file.read_bytes())
    pulled = bench.folder(files="*")
    assert names_of(pulled.fetched) == ["ok.csv"]
    assert passed_over(pulled) == {
        ".hidden.csv": "hidden",
        "Thumbs.db": "system_file",
        "x.csv.crdownload": "temporary_name",
        "x.csv.filepart": "temporary_name",
        "x.csv.tmp": "temporary_name",
        "x.csv~": "temporary_name",
        "zero.csv": "empty",
    }
    assert pulled.failures == ()
    told = {record.reason for record in pulled.telemetry if record.outcome == "passed_over"}
    assert told == {"hidden", "system_file", "temporary_name", "empty"}


def test_an_empty_file_is_taken_once_something_is_in_it(bench):
    file = bench.base / "inbox" / "a.csv"
    file.write_bytes(b"")
    assert bench.folder(files="a.csv").fetched == ()
    file.write_bytes(b"x")
    assert names_of(bench.folder(files="a.csv").fetched) == ["a.csv"]


def test_a_pattern_that_matches_nothing_tells_what_it_saw(bench):
    fill(bench.base / "inbox", "2026-04.csv", "2026-05.csv", "x.csv.tmp")
    pulled = bench.folder(files="2026_*.csv")
    assert passed_over(pulled) == {"2026-04.csv": "no_match", "2026-05.csv": "no_match"}
    fill(bench.base / "inbox", *(f"{n:03}.txt" for n in range(50)))
    assert len(bench.folder(files="2026_*.csv").passed_over) == 10


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ("{pull_date:%Y-%m-%d}.csv", ["20260405.csv", "2026-04-05.txt", "costs_2027-04.csv"]),
        ("{pull_date}.csv", ["20260405.csv", "2026-04-05.txt", "costs_2027-04.csv"]),
        ("{pull_date:%Y%m%d}.csv", ["2026-04-05.csv", "2026-04-05.txt", "costs_2027-04.csv"]),
        ("*_{pull_date:%Y-%m}.csv", ["2026-04-05.csv", "2026-04-05.txt", "20260405.csv"]),
        ("{pull_date:%d %b}.csv", None),
    ],
)
def test_files_of_other_pull_dates_are_as_they_should_be(bench, files, told):
    names = ["2026-04-05.csv", "20260405.csv", "2026-04-05.txt", "costs_2027-04.csv"]
    fill(bench.base / "inbox", *names)
    pulled = bench.folder(files=files)
    odd = names if told is None else told
    others = dict.fromkeys((name for name in names if name not in odd), "other_date")
    assert passed_over(pulled) == others | dict.fromkeys(odd, "no_match")


def test_a_pull_that_finds_nothing_leaves_word_that_it_was_made(bench):
    (record,) = bench.folder(files="*.csv").telemetry
    assert (record.outcome, record.uri) == ("nothing", "inbox")


def test_with_control_files_a_folder_gives_only_what_is_called_complete(bench):
    fill(bench.base / "inbox", "a.csv", "a.csv.done", "b.csv", "c.csv.done", content=b"x")
    pulled = bench.folder(files="*", control="{name}.done")
    assert names_of(pulled.fetched) == ["a.csv"]
    (failure,) = pulled.failures
    assert failure.message.endswith(
        "b.csv: its control file b.csv.done is not there yet; pull again later"
    )
    assert failure.transient
    assert pulled.passed_over == ()


@pytest.mark.parametrize(
    ("control", "name", "expected"),
    [
        ("{name}.done", "a.csv", "a.csv.done"),
        ("{stem}.ok", "sub/a.csv", "sub/a.ok"),
        ("ready_{name}", "sub/a.csv", "sub/ready_a.csv"),
    ],
)
def test_a_control_file_lies_beside_its_file(control, name, expected):
    assert control_of(control, name) == expected
    chosen = choose([name, expected], "*", control, {name, expected}.__contains__)
    assert (chosen.wanted, chosen.waiting, chosen.passed_over) == ([name], {}, {})


def test_a_file_that_grows_between_two_looks_at_a_folder_is_left_for_later(bench):
    fill(bench.base / "inbox", "grows.csv", "whole.csv")
    growing = bench.base / "inbox" / "grows.csv"

    def grow():
        time.sleep(0.15)
        with growing.open("ab") as opened:
            opened.write(b"2\n")

    writer = threading.Thread(target=grow)
    writer.start()
    pulled = bench.folder(files="*.csv", settle=0.4)
    writer.join()
    assert names_of(pulled.fetched) == ["whole.csv"]
    (failure,) = pulled.failures
    assert "still being written" in failure.message
    assert failure.transient


def test_a_folder_of_old_files_is_not_waited_for(bench):
    fill(bench.base / "inbox", "a.csv")
    os.utime(bench.base / "inbox" / "a.csv", (1, 1))
    began = time.monotonic()
    assert len(bench.folder(files="*.csv", settle=30).fetched) == 1
    assert time.monotonic() - began < 5


def test_a_folder_that_is_waited_for_can_be_given_up(bench):
    fill(bench.base / "inbox", "a.csv")
    policy = Policy(backoff=0.0, folder_timeout=0.3)
    (failure,) = bench.folder(files="*.csv", settle=30, policy=policy).failures
    assert "did not answer within 0.3 s" in failure.message


def test_a_name_in_another_encoding_is_read_and_told_in_a_folder(bench):
    odd = os.fsencode(bench.base / "inbox") + b"/caf\xe9.csv"
    with open(odd, "wb") as opened:  # noqa: PTH123  (the name is no text)
        opened.write(b"x")
    assert names_of(bench.folder(files="*.csv").fetched) == ["caf%E9.csv"]
    Path(os.fsdecode(odd)).unlink()
    Path(os.fsdecode(odd)).mkdir()
    (failure,) = bench.folder(files="*.csv").failures
    assert "caf\\xe9.csv: is a folder" in failure.message
    failure.message.encode()


def test_folder_settings_that_mean_nothing_are_refused(bench):
    for wrong in ({"control": "done"}, {"settle": -1}, {"files": "*.tmp"}):
        with pytest.raises(ValueError, match=r"must be a name|greater than|never read"):
            bench.folder(**wrong)
