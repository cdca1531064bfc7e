"""A command with the demo's vendors beside it: they answer while it runs, and end with it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from cost_pipeline.simulator.beside import MARKER, vendor_port
from cost_pipeline.simulator.portal import PAYROLL_PATH, TOKEN_VARIABLE

SECONDS = 60
ASK = """
import os, re, sys, urllib.request
(url,) = re.findall(r'url: "(.*)"', open(sys.argv[1]).read())
headers = {"Authorization": "Bearer " + os.environ.get(sys.argv[2], "")}
request = urllib.request.Request(url + "?day=2026-04-01", headers=headers)
with urllib.request.urlopen(request) as answer:
    print(answer.status, len(answer.read()) > 1000, flush=True)
"""


@pytest.fixture
def port():
    """A port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def home(tmp_path, port):
    """As much of a demo's home as is looked at."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / MARKER).write_text("laid by the demo\n", encoding="utf-8")
    _vendor(tmp_path).write_text(
        f'url: "http://127.0.0.1:{port}{PAYROLL_PATH}"\n', encoding="utf-8"
    )
    return tmp_path


def _vendor(home):
    return home / "vendors" / "guild_payroll.yaml"


def _beside(home, *command):
    return subprocess.Popen(  # noqa: S603 - fixed arguments
        [sys.executable, "-m", "cost_pipeline.simulator.beside", str(home), *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k != TOKEN_VARIABLE},
    )


def test_the_vendors_answer_with_the_secret_that_they_want_and_end_with_the_command(home, port):
    process = _beside(home, sys.executable, "-c", ASK, _vendor(home), TOKEN_VARIABLE)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, "200 True\n"), err
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}{PAYROLL_PATH}", timeout=5)


def test_where_somebody_has_the_port_they_take_another_one_and_the_files_say_so(home, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        process = _beside(home, sys.executable, "-c", ASK, _vendor(home), TOKEN_VARIABLE)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (0, "200 True\n"), err
    assert str(port) not in _vendor(home).read_text(encoding="utf-8")
    assert vendor_port(home) != port


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_command_once_and_its_exit_code_is_ours(home, number):
    waits = (
        "import signal, sys, time\n"
        "def end(number, frame):\n"
        "    print('ending', flush=True)\n"
        "    signal.signal(number, lambda *_: print('again', flush=True))\n"
        "    time.sleep(0.3)\n"
        "    sys.exit(7)\n"
        f"signal.signal({int(number)}, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = _beside(home, sys.executable, "-c", waits)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (7, "ending\n"), err


def test_over_any_other_home_the_command_takes_the_place_of_the_process(home):
    (home / MARKER).unlink()
    assert vendor_port(home) is None
    began = time.monotonic()
    process = _beside(home, sys.executable, "-c", "import os; print(os.getpid())")
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, int(out)) == (0, process.pid), time.monotonic() - began


def test_without_a_command_it_says_how_it_is_called(home):
    process = _beside(home)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert "usage:" in err
