"""Every file of a table is held to what it was when it was committed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.checksums import Checksums
from cost_pipeline.lake.delta import Part, Table
from cost_pipeline.lake.sound import soundness
from cost_pipeline.lake.tables import TableSpec, Writing

SPEC = TableSpec(
    "amounts", pa.schema([("day", pa.date32()), ("amount", pa.int64())]), "day"
)  # fmt: skip
DAYS = (date(2026, 4, 1), date(2026, 4, 2))


def rows(*amounts):
    return pa.table({"day": [DAYS[n % 2] for n in amounts], "amount": amounts}, schema=SPEC.schema)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "lake" / "tables" / "amounts"


@pytest.fixture
def table(folder):
    table = Table(SPEC, folder)
    table.append_once([Part("a", 1, rows(1, 2, 3))], run_id="r")
    return table


def another(folder):
    """The same table, as another process finds it."""
    return Table(SPEC, folder)


def data_file(table):
    (file,) = [f for f in table.snapshot().files() if "2026-04-01" in f]
    return Path(file)


def other_value(file):
    """One amount is another one, in a file that reads as well as before."""
    pq.write_table(pa.table({"amount": pa.array([999], pa.int64())}), file)


def found(folder):
    return soundness(folder.parent, (), lambda *_: None)


def messages(folder):
    return [damage.message for damage in found(folder).damages]


@pytest.mark.usefixtures("table")
def test_every_file_of_a_commit_is_noted(folder):
    stored = {
        str(file.relative_to(folder))
        for file in [*folder.glob("*/*.parquet"), *folder.glob("_delta_log/*.json")]
    }
    assert len(stored) == 4, "two days, and two entries"
    assert set(Checksums(folder).read()) == stored
    assert found(folder).files == 4
    assert messages(folder) == []


def test_a_value_that_became_another_is_not_read(table, folder):
    file = data_file(table)
    other_value(file)
    with pytest.raises(EnvironmentFailedError, match="not as it was written") as refused:
        another(folder).snapshot().read()
    assert (refused.value.code, refused.value.where) == ("TABLE_DAMAGED", str(file))
    with pytest.raises(EnvironmentFailedError):
        another(folder).snapshot().query("select count(*) from {table}")
    with pytest.raises(EnvironmentFailedError):
        list(another(folder).snapshot().results("select amount from {table}"))
    kept = another(folder).snapshot().read(where=equals("day", date(2026, 4, 2)))
    assert kept["amount"].to_pylist() == [1, 3], "the other day is whole"


def test_what_was_read_before_is_compared_again_once_it_changed(table):
    assert table.snapshot().read().num_rows == 3
    other_value(data_file(table))
    with pytest.raises(EnvironmentFailedError, match="not as it was written"):
        table.snapshot().read()


def test_a_file_without_a_checksum_is_noted_when_it_is_read(table, folder):
    Checksums(folder).path.unlink()  # killed between the commit and its note
    another(folder).snapshot().read()
    assert len(Checksums(folder).read()) == 2, "its data files"
    other_value(data_file(table))
    with pytest.raises(EnvironmentFailedError, match="not as it was written"):
        another(folder).snapshot().read()


def test_a_line_that_is_damaged_counts_as_missing_and_spoils_no_other(table, folder):
    checksums = Checksums(folder)
    before = checksums.read()
    text = checksums.path.read_bytes()
    checksums.path.write_bytes(text[:-9])  # cut off by a full disk
    assert set(before) - set(checksums.read()) == {max(before)}
    table.append_once([Part("a", 2, rows(4))], run_id="r")
    assert len(checksums.read()) == len(before) - 1 + 2
    flipped = bytearray(text)
    flipped[20] ^= 1
    checksums.path.write_bytes(flipped + b"\xff\xfe\n")
    assert len(checksums.read()) == len(before) - 1
    assert another(folder).snapshot().read().num_rows == 4


def test_what_is_changed_missing_or_not_in_the_log_is_named(table, folder):
    file = data_file(table)
    name, data = str(file.relative_to(folder)), file.read_bytes()
    other_value(file)
    assert messages(folder) == [f"the file {name} of the table amounts is not as it was written"]
    file.unlink()
    (damage,) = found(folder).damages
    assert (damage.message, damage.found) == (
        f"the file {name} of the table amounts is not as it was written", "no file",
    )  # fmt: skip
    file.write_bytes(data)
    assert messages(folder) == []


@pytest.mark.usefixtures("table")
def test_a_log_that_is_cut_off_or_changed_is_named(folder):
    entry = folder / "_delta_log" / f"{1:020d}.json"
    text = entry.read_text("utf-8")
    told = f"the file _delta_log/{entry.name} of the table amounts is not as it was written"
    entry.unlink()
    assert messages(folder) == [told]
    entry.write_text(text.replace('"run_id":"r"', '"run_id":"s"'), "utf-8")
    assert messages(folder) == [told]
    entry.write_text("{", "utf-8")
    assert messages(folder) == [told], "and not a second time, that it cannot be read"


def test_a_checkpoint_that_lists_other_files_than_the_log_is_named(table, folder):
    table.snapshot().table.create_checkpoint()
    (checkpoint,) = (folder / "_delta_log").glob("*.checkpoint.parquet")
    listed = pq.read_table(checkpoint)
    pq.write_table(listed.filter(listed["add"].is_valid().to_numpy().cumsum() != 1), checkpoint)
    assert messages(folder) == [
        "the files that are read of the table amounts are not those that its log adds"
    ]


@pytest.mark.usefixtures("table")
def test_a_table_without_a_log_and_without_checksums_is_no_table(folder):
    Checksums(folder).path.unlink()
    for file in (folder / "_delta_log").iterdir():
        file.unlink()
    assert messages(folder) == ["the table amounts cannot be read"]


def test_replaced_files_may_be_cleared_away_but_not_changed(folder):
    table = Table(replace(SPEC, writing=Writing.REPLACE), folder)
    table.replace(table.snapshot(), rows(2), ["2026-04-01"], "r")
    old = data_file(table)
    table.replace(table.snapshot(), rows(4), ["2026-04-01"], "r")
    other_value(old)
    assert len(messages(folder)) == 1
    old.unlink()
    assert messages(folder) == []


@pytest.mark.usefixtures("table")
def test_a_lake_that_only_may_be_read_is_read(folder, monkeypatch):
    Checksums(folder).path.unlink()

    def refuse(*_):
        raise PermissionError(13, "no")

    monkeypatch.setattr("cost_pipeline.lake.checksums.os.open", refuse)
    assert another(folder).snapshot().read().num_rows == 3
