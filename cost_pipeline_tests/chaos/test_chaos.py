"""A part of `make chaos`: every fault at least once, in a process that may fork."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = Path(__file__).with_name("suite.py")
_spec = importlib.util.spec_from_file_location("suite", SUITE)
assert _spec is not None
assert _spec.loader is not None
suite = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = suite
_spec.loader.exec_module(suite)


@pytest.mark.e2e
@pytest.mark.proof
def test_every_fault_is_survived_or_refused_and_loses_no_row():
    command = [sys.executable, str(SUITE), "--seconds", "60", "--seed", "20260407"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert found.returncode == 0, found.stdout + found.stderr
    assert all(name in found.stdout for name in suite.FAULTS)


def test_a_result_that_differs_is_a_failure_and_a_missing_row_is_lost(tmp_path):
    expected = {"digest": "a", "accounted": 5, "unlawful": []}
    ground = suite.Ground(tmp_path, None, expected, expected, tmp_path, 1, 1.0)
    tally = suite.Tally()
    ground.compare(tally, tmp_path / "none", {**expected, "digest": "b", "accounted": 3})
    assert (tally.tried, tally.survived, tally.lost, len(tally.failures)) == (1, 0, 2, 1)
    ground.compare(tally, tmp_path / "none", {"refused": "TABLE_DAMAGED"})
    assert len(tally.failures) == 2
    ground.compare(tally, tmp_path / "none", {"refused": "TABLE_DAMAGED"}, damaged=True)
    assert (tally.refused, len(tally.failures)) == (1, 2)
