"""The scripts of benchmarks/ still run: at a tiny size, where their limits say nothing.

Those that take longest do so in `make proof`.
"""

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
    "validate_csv.py --rows 3000 --rounds 1": "loop_with_lists / ours",
}
"""A command, and what it says of its last figure."""
LONG = {
    "fx_correction.py --days 2 3 --records 50 --repeat 1": "times (at most",
    "ledger.py --postings 4000 --days 2": "as bare Parquet",
    "letters_round_trip.py --rows 2000": "peak memory",
    "pack_change.py --weeks 2 --covered 1 --persons 3": "those that are covered: yes",
    "parse_formats.py 2000": "parquet:",
    "quick.py --rows 2000": "a unit (the usual loop over",
    "resume.py --rows 300000": "the stored result is the same",
    "union_rules.py --cards 400 --rounds 1": "x the memory",
}


@pytest.mark.e2e
@pytest.mark.parametrize(
    "command", [*SCRIPTS, *(pytest.param(one, marks=pytest.mark.proof) for one in LONG)]
)
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
    assert (SCRIPTS | LONG)[command] in done.stdout
