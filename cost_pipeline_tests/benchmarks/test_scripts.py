"""The scripts of benchmarks/ still run: at a tiny size, where their limits say nothing."""

import subprocess
import sys

import pytest

SCRIPTS = {
    "acquire_faults.py --calls 40 --hosts 4": "of the fault-free pull",
    "acquire_loop.py --megabytes 2": "longest pause",
    "acquire_makespan.py --sources 4 --cap 4 --stalled 2": "payroll alone",
    "acquire_memory.py --megabytes 9": "ratio of peaks",
    "audit_log.py --rows 2000": "seconds for a million events",
    "parse_csv.py 2000": "as fast as csv.DictReader",
}
"""A command, and what it says of its last figure."""


@pytest.mark.e2e
@pytest.mark.parametrize("command", SCRIPTS)
def test_a_script_ends_with_its_figures(command, project_root):
    script, *words = command.split()
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(project_root / "benchmarks" / script), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr  # 1: a limit is not met
    assert "Traceback" not in done.stderr, done.stderr
    assert SCRIPTS[command] in done.stdout
