"""What every test may use. Fixtures of one room live in that room's test folder."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

pytest_plugins = ["cost_pipeline_tests.costs"]

# Deadlines are off because these machines are shared. `make test` stays short by few examples;
# `make proof` looks twenty times as long at everything that is generated.
settings.register_profile(
    "default", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "thorough", max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_report_header() -> str:
    seed = os.environ.get("PYTHONHASHSEED", "random")
    return f"python {sys.version.split()[0]}, PYTHONHASHSEED={seed}"


# Who started the tests may have signals ignored (`nohup`, a supervisor), which children inherit. A
# process that a test ends by a signal would then go on for ever, and the test wait for it.
for _ended_by in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(_ended_by) is signal.SIG_IGN:
        signal.signal(_ended_by, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Names long bytes by their length: packed ones hold the second in which they were made, and
    workers that collect in two seconds would not agree on the tests there are.
    """
    return f"{len(val)} bytes" if isinstance(val, bytes) and len(val) > _SHORT else None


_SHORT = 32


# Files that take more than half a minute, in one tier or the other. They begin first, or one of
# them would run alone at the end while the other workers wait.
LONG = (
    "chaos/test_chaos.py",
    "defs/test_reconciliation.py",
    "e2e/test_away_and_back.py",
    "e2e/test_bad_input.py",
    "e2e/test_simulate.py",
    "e2e/test_browser.py",
    "e2e/test_web_ui.py",
    "feeds/test_as_of.py",
    "feeds/test_corrections.py",
    "feeds/test_flow.py",
    "feeds/test_mutations.py",
    "feeds/test_reversals.py",
    "feeds/test_timecards.py",
    "properties/test_books.py",
    "properties/test_crashes.py",
    "properties/test_eight_processes.py",
    "properties/test_invariants.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests first; the sort leaves the order of all others as it was."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG))


@pytest.fixture(scope="session")
def forged() -> Callable[[Path, pa.Table], None]:
    """Other rows in the place of a data file, by somebody who hides it.

    What is noted of the table's files goes, too: what has to find it then is not a checksum.
    """

    def forge(file: Path | str, rows: pa.Table) -> None:
        pq.write_table(rows, file)
        (Path(file).parent.parent / "_checksums").unlink(missing_ok=True)

    return forge


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published real files beside the checkout; tests on it are marked real_data."""
    folder = Path(os.environ.get("COST_PIPELINE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the published files are not here ({folder.name} beside the checkout)")
    return folder
