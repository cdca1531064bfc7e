"""A home of the sample feed, and the command line that knows it."""

import importlib.util
from pathlib import Path

import pyarrow as pa
import pytest

from cost_pipeline.feeds.listed import LISTED, Feeds
from cost_pipeline_tests.command_line import called

VENDOR = """\
vendor: lot7
feed: meters
lot: LOT-7
record: reading
source: {kind: folder, path: ./inbox/lot7, files: "{pull_date:%Y-%m-%d}.csv"}
format: {kind: csv, control_total: {column: used, tolerance: "0"}}
key: [meter, read_on]
columns:
  reading_id: [Id]
  read_on: [Date]
  meter: [Meter]
  used: [Used]
  unit: [Unit]
"""
HEADER = "Id,Date,Meter,Used,Unit\n"
ROWS = (
    "R1,2026-03-30,E-1,12.000000000001,kWh\n"
    "R2,2026-03-31,E-1,-3.5,kWh\n"
    "R3,2026-03-31,W-1,1.25,kWh\n"
    "R4,2026-03-32,W-1,1.25,m3\n"
    "R5,2026-03-31,W-2,abc,m3\n"
    "R6,2026-03-31,E-2,1,kWh\n"
    "R7,2026-03-31,E-3,1,kWh\n"
)


@pytest.fixture(scope="session")
def sample():
    """Loads one of the modules beside this file."""

    def load(name):
        # Test folders are not packages, so a helper module is loaded by its path.
        place = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(f"cost_pipeline_{name}", place)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def meters(sample):
    """The declaration of the feed."""
    return sample("meters")


class _Chunk:
    def __init__(self, rows):
        self.columns = tuple(f"c{place}" for place in range(len(rows[0])))
        texts = [",".join(row) for row in rows]
        numbers = pa.array(range(1, len(rows) + 1), pa.int64())
        cells = {
            name: pa.array(column)
            for name, column in zip(self.columns, zip(*rows, strict=True), strict=True)
        }
        malformed = pa.nulls(len(rows), pa.string())
        self.table = pa.table(
            {"row": numbers, "line": numbers, "text": texts, "malformed": malformed, **cells}
        )


@pytest.fixture(scope="session")
def chunk_of():
    """Makes a chunk of rows of cells, in columns `c0`, `c1`, ..."""
    return _Chunk


@pytest.fixture
def call(meters):
    """Call a command that knows the sample feed beside those of the product."""

    def call(*arguments):
        return called(*arguments, feeds=Feeds((*LISTED, meters.LISTED)))

    return call


@pytest.fixture
def home(tmp_path) -> Path:
    """A home with one vendor of the feed and a file of a day."""
    home = tmp_path / "home"
    for folder in ("vendors", "feeds", "inbox/lot7"):
        (home / folder).mkdir(parents=True)
    (home / "home.yaml").write_text("lake: ./lake\n")
    (home / "feeds" / "meters.yaml").write_text("lots: [LOT-7, LOT-8]\n")
    (home / "vendors" / "lot7.yaml").write_text(VENDOR)
    (home / "inbox" / "lot7" / "2026-04-01.csv").write_text(HEADER + ROWS)
    return home
