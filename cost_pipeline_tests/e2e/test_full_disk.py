"""A disk that fills up: a clear message, and the rerun after freeing space is as if never full."""

import os
import shutil
import subprocess

import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.durable import storage_failure

pytestmark = pytest.mark.proof

DAYS = ("2026-04-01", "2026-04-02")
ROWS = 4000
KIB = 1024


def _deliver(home, padding=0):
    """Two days of rows; `padding` blank rows make the second day's delivery large."""
    for number, day in enumerate(DAYS):
        rows = "".join(
            f"{day}-{n},2026-03-{1 + n % 3:02},{n}.{n % 100:02},{('USD', 'GBP', 'EUR')[n % 3]}\n"
            for n in range(number, ROWS)
        )
        text = f"id,date,amount,currency\n{rows}broken,2026-03-01,-1,USD\n"
        text += ",,,\n" * (padding if number else 0)
        (home / "inbox" / "good" / f"{day}.csv").write_text(text, encoding="utf-8")
    return home


def _free(folder):
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _leave(folder, space):
    """Fill the disk up to `space` bytes; returns the file to delete."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        while (rest := _free(folder) - space) > 0:
            file.write(b"\0" * min(rest, 1 << 20))
            file.flush()
            os.fsync(file.fileno())
            if rest < 4 * KIB:
                break
    return ballast


@pytest.fixture(scope="module")
def undisturbed(make_home, invoices, flow, tmp_path_factory):
    path = tmp_path_factory.mktemp("undisturbed") / "home"
    run = flow(_deliver(make_home(path, {"good": invoices("good")})))
    run.pull(*DAYS)
    run.post()
    return run


def _equal(run, undisturbed):
    wanted, found = undisturbed.totals(), run.totals()
    assert (found.digest, found.postings) == (wanted.digest, wanted.postings)
    letters = {item["id"] for item in undisturbed.dead_letters()}
    assert {item["id"] for item in run.dead_letters()} == letters
    # A delivery's address differs from home to home.
    fates = [(r.delivery, r.rows, r.posted, r.dead_letters) for r in undisturbed.deliveries()]
    assert [(r.delivery, r.rows, r.posted, r.dead_letters) for r in run.deliveries()] == fates


def test_wherever_the_disk_fills_up_the_rerun_is_as_if_it_had_not(
    mounted, make_home, invoices, flow, undisturbed
):
    point = mounted("-t", "tmpfs", "-o", "size=24m", "tmpfs")
    stopped: list[Exception] = []
    # Every table write is some tens of KiB here, so the steps hit different ones.
    for number, space in enumerate(range(0, 1024, 192)):
        home = point / f"home{number}"
        run = flow(_deliver(make_home(home, {"good": invoices("good")})))
        ballast = _leave(point, space * KIB)
        try:
            run.pull(*DAYS)
            run.post()
        except Exception as error:  # noqa: BLE001 - deltalake's own types too: all must be clear
            stopped.append(error)
        ballast.unlink()
        again = flow(home)
        again.pull(*DAYS)
        again.post()
        assert again.post() == 0
        _equal(again, undisturbed)
        shutil.rmtree(home)
    assert len(stopped) >= 3
    for error in stopped:
        clear = storage_failure(error, where="")
        assert isinstance(clear, EnvironmentFailedError), repr(error)
        assert clear.code == "DISK_FULL", repr(error)


@pytest.mark.e2e
def test_a_run_on_a_full_disk_ends_with_one_message_and_the_next_one_finishes_it(
    mounted, make_home, invoices, flow, cli, tmp_path
):
    # Landed verbatim the large delivery takes 6 MB: more than is left when a run may still start.
    calm = flow(_deliver(make_home(tmp_path / "calm", {"good": invoices("good")}), 1_500_000))
    calm.pull(*DAYS)
    calm.post()
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(44 << 20)
    mkfs = shutil.which("mkfs.ext4")
    if mkfs is None:
        pytest.skip("there is no mkfs.ext4 here")
    subprocess.run([mkfs, "-q", "-F", "-m", "0", str(image)], check=True)  # noqa: S603
    point = mounted("-o", "loop", str(image))
    home = _deliver(make_home(point / "home", {"good": invoices("good")}), 1_500_000)
    arguments = ("run", "--home", home, "--pull-dates", f"{DAYS[0]}..{DAYS[-1]}", "--json")

    # At once, because a run needs some room to start; then in the middle of one.
    for space, at_once in ((1 << 20, True), (7 << 20, False)):
        ballast = _leave(point, space)
        found = cli(*arguments)
        ballast.unlink()
        assert found.code == 3, found.err
        assert found.out == ""
        error = found.error()
        assert error["code"] == "DISK_FULL"
        assert "full" in error["message"]
        assert ("to start" in error["message"]) or not at_once
        # In the middle: the first day's delivery is there, the second one's has no room.
        assert len(flow(home).deliveries()) == (0 if at_once else 1)
        assert error["where"]
        assert "free some space" in error["remedy"]

    done = cli(*arguments)
    assert done.code == 0, done.err
    _equal(flow(home), calm)
    assert cli("ledger", "verify", "--home", home).code == 0
