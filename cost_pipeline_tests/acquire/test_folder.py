"""Files from folders: complete and hashed, or a failure that says what to do."""

import asyncio
import errno
import hashlib
import os
import threading
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.acquire.engine import Policy, pull_all
from cost_pipeline.acquire.folder import _words, pull_folder
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.scratch import Scratch
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reasons import Reason


def test_a_dated_name_takes_the_file_of_that_date_only(bench):
    for month in ("2026-03", "2026-04"):
        (bench.base / "inbox" / f"{month}.csv").write_bytes(month.encode())
    pulled = bench.folder(files="{pull_date:%Y-%m}.csv")
    assert [fetched.path.read_bytes() for fetched in pulled.fetched] == [b"2026-04"]
    (fetched,) = pulled.fetched
    assert fetched.sha256 == hashlib.sha256(b"2026-04").hexdigest()
    assert fetched.size == 7
    assert fetched.uri == (bench.base / "inbox" / "2026-04.csv").as_uri()
    assert (fetched.status, fetched.attempts) == (None, 1)
    assert pulled.failures == ()


def test_no_file_of_that_date_is_nothing_to_fetch_and_no_failure(bench):
    assert bench.folder(files="{pull_date:%Y-%m-%d}.csv") == bench.folder(files="*.csv")
    assert bench.folder(files="*.csv").failures == ()


def test_a_glob_takes_what_is_not_known_and_known_means_same_name_and_bytes(bench):
    file = bench.base / "inbox" / "a.csv"
    file.write_bytes(b"one")
    first = bench.folder(files="*.csv").fetched[0]
    first.path.unlink()
    known = frozenset({(first.uri, first.sha256)})
    assert bench.folder(files="*.csv", known=known).fetched == ()
    assert bench.left() == []
    file.write_bytes(b"two")
    (bench.base / "inbox" / "copy.csv").write_bytes(b"one")
    names = [fetched.uri[-8:] for fetched in bench.folder(files="*.csv", known=known).fetched]
    assert names == ["ox/a.csv", "copy.csv"]


def test_hidden_and_half_uploaded_files_and_subfolders_of_a_star_are_left_alone(bench):
    for name in (".DS_Store", "a.csv.part", "a.csv"):
        (bench.base / "inbox" / name).write_bytes(b"x")
    (bench.base / "inbox" / "archive").mkdir()
    pulled = bench.folder(files="*")
    assert [fetched.uri.rsplit("/", 1)[1] for fetched in pulled.fetched] == ["a.csv"]
    assert pulled.failures == ()


def test_a_missing_folder_is_a_failure_and_not_an_empty_listing(bench):
    pulled = bench.folder(path="inbox/nowhere")
    (failure,) = pulled.failures
    assert "no such folder" in failure.message
    assert "nowhere" in failure.message
    assert failure.reason is Reason.FETCH_FAILED
    assert failure.transient is False


def test_a_file_in_place_of_the_folder_is_told(bench):
    (bench.base / "inbox" / "x").write_bytes(b"")
    (failure,) = bench.folder(path="inbox/x").failures
    assert "a file where a folder should be" in failure.message


def test_a_folder_in_place_of_the_file_is_told_and_the_others_are_fetched(bench):
    (bench.base / "inbox" / "a.csv").mkdir()
    (bench.base / "inbox" / "b.csv").write_bytes(b"b")
    pulled = bench.folder(files="*.csv")
    assert "a folder where a file should be" in pulled.failures[0].message
    assert len(pulled.fetched) == 1


def test_a_pipe_is_told_and_not_waited_for(bench):
    os.mkfifo(bench.base / "inbox" / "a.csv")
    (failure,) = bench.folder(files="*.csv").failures
    assert "no regular file" in failure.message


def test_a_link_that_leaves_the_folder_is_refused_and_one_inside_is_read(bench, tmp_path):
    (tmp_path / "secret").write_bytes(b"secret")
    (bench.base / "inbox" / "real.csv").write_bytes(b"real")
    (bench.base / "inbox" / "in.csv").symlink_to("real.csv")
    (bench.base / "inbox" / "out.csv").symlink_to(tmp_path / "secret")
    (bench.base / "inbox" / "gone.csv").symlink_to(bench.base / "inbox" / "nothing.csv")
    (bench.base / "inbox" / "loop.csv").symlink_to("loop.csv")
    pulled = bench.folder(files="*.csv")
    assert sorted(fetched.path.read_bytes() for fetched in pulled.fetched) == [b"real", b"real"]
    messages = [failure.message for failure in pulled.failures]
    assert "no such file" in messages[0]
    assert "cannot be read: Too many levels of symbolic links" in messages[1]
    assert "a link that leaves the folder" in messages[2]


def test_an_unreadable_file_is_permanent_and_says_who_must_read_it(bench):
    file = bench.base / "inbox" / "a.csv"
    file.write_bytes(b"x")
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("this user reads everything")
    (failure,) = bench.folder(files="*.csv").failures
    assert "may not be read" in failure.message
    assert failure.transient is False


def test_a_file_that_changes_while_it_is_read_is_transient(bench):
    file = bench.base / "inbox" / "a.csv"
    file.write_bytes(b"x" * (3 << 20))
    job = bench.job("files", {"kind": "folder", "path": "inbox", "files": "*.csv"})

    class Growing(Scratch):
        """Somebody appends whenever a block was read."""

        def go_on(self) -> None:
            super().go_on()
            with file.open("ab") as more:
                more.write(b"y")

    scratch = Growing(bench.scratch)
    pulled = pull_folder(job, job.vendor.source, bench.base, scratch=scratch, clock=lambda: None)
    assert pulled.fetched == ()
    assert "changed while it was read" in pulled.failures[0].message
    assert pulled.failures[0].transient is True
    assert bench.left() == []


def test_a_drive_that_hangs_times_out_and_writes_nothing_later(bench):
    file = bench.base / "inbox" / "a.csv"
    file.write_bytes(b"x")
    go, entered = threading.Event(), threading.Event()

    def hanging_clock():
        entered.set()
        go.wait(10)

    async def pull():
        return await pull_all(
            [bench.job("files", {"kind": "folder", "path": "inbox"})],
            base=bench.base,
            scratch=bench.scratch,
            environment={},
            clock=hanging_clock,
            policy=Policy(folder_timeout=0.2),
        )

    (pulled,) = asyncio.run(pull())
    assert entered.is_set()
    assert "did not answer within 0.2 s" in pulled.failures[0].message
    assert pulled.failures[0].transient is True
    go.set()
    assert bench.left() == []


def test_a_full_disk_stops_the_pull_and_leaves_nothing(bench):
    (bench.base / "inbox" / "a.csv").write_bytes(b"x")

    class FullSpool:
        def open(self):
            raise EnvironmentFailedError("the disk is full", code="DISK_FULL")

    job = bench.job("files", {"kind": "folder", "path": "inbox"})
    with pytest.raises(EnvironmentFailedError, match="disk is full"):
        pull_folder(job, job.vendor.source, bench.base, scratch=FullSpool(), clock=lambda: None)
    bench.scratch.rmdir()
    with pytest.raises(EnvironmentFailedError) as caught:
        bench.folder(files="*.csv")
    assert caught.value.code == "NOT_WRITABLE"


@pytest.mark.parametrize(
    ("code", "transient"), [(errno.EIO, True), (errno.ESTALE, True), (errno.ENAMETOOLONG, False)]
)
def test_what_may_pass_is_told_apart_from_what_stays(code, transient):
    assert _words(OSError(code, "words"), "file")[1] is transient


@given(day=st.dates(date(1000, 1, 1)))
def test_a_pattern_holds_the_date_and_nothing_else_of_it(day):
    assert on_date("x_{pull_date:%m}_{pull_date}.csv", day) == (
        f"x_{day.month:02}_{day.isoformat()}.csv"
    )
    assert on_date("{pull_date.year}", day) == "{pull_date.year}"
