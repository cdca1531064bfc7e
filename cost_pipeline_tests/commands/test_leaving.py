"""How the program ends: with the code it chose, whoever waits for it told, nothing taken apart."""

import subprocess
import sys

import pytest

# A program that has an object to take apart, and something to do at the end, and runs a command.
AROUND = """
import atexit, sys, threading
from cost_pipeline import cli

class Kept:
    def __del__(self):
        print("taken apart")

kept = Kept()

def run():
    atexit.register(print, "told")
    threading.Timer(0.2, print, ["waited for"]).start()
    cli.main({words!r})

cli.program(run)
"""

# A result that does not fit into the memory it may have.
SPILLING = """
import os, sys
from cost_pipeline import cli
from cost_pipeline.contracts.columns import session

def run():
    with session() as cursor:
        cursor.execute("set global memory_limit = '40MB'")
        cursor.execute("create temp table t as select hash(range) as a from range(8000000)")
        assert os.listdir(".tmp")
        sys.exit(1)

cli.program(run)
"""


def ended(program, folder):
    """What a Python program comes to."""
    return subprocess.run(  # noqa: S603 - this interpreter, our own words
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )


@pytest.mark.parametrize(
    ("words", "code"), [(["--help"], 0), (["run"], 2), (["run", "--home", "no", "--json"], 2)]
)
def test_it_ends_with_its_code_when_all_is_told_and_takes_nothing_apart(words, code, tmp_path):
    found = ended(AROUND.format(words=words), tmp_path)

    assert found.returncode == code
    assert found.stdout.endswith("waited for\ntold\n")
    assert "Traceback" not in found.stderr


def test_a_defect_ends_as_python_ends_it(tmp_path):
    found = ended(AROUND.format(words=["no such command"]).replace("cli.main", "int"), tmp_path)

    assert found.returncode == 1
    assert "TypeError" in found.stderr
    assert "taken apart" in found.stdout


def test_what_did_not_fit_into_memory_is_not_left_in_the_folder(tmp_path):
    found = ended(SPILLING, tmp_path)

    assert (found.returncode, found.stderr) == (1, "")
    assert list(tmp_path.iterdir()) == []
