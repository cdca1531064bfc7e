"""The door of the parse tests: bytes in, everything the reader told out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from cost_pipeline.contracts.control import ControlTotal, Told
from cost_pipeline.contracts.formats import AnyFormat, FileFormat
from cost_pipeline.parse import Refused, open_rows
from cost_pipeline.parse.account import Account

ANY_FORMAT = TypeAdapter(AnyFormat)


def format_of(**settings) -> FileFormat:
    """A format section as a vendor file has it; `csv` if it says no kind."""
    return ANY_FORMAT.validate_python({"kind": "csv", **settings})


@dataclass
class Read:
    """All that came out of one delivery; rows are (row, line, text, malformed, cells)."""

    rows: list[tuple] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    sizes: list[int] = field(default_factory=list)
    blank_rows: int = 0
    furniture_rows: int = 0
    control: dict | None = None
    controls: list[dict] = field(default_factory=list)
    encoding: str = ""
    header: tuple[str, ...] = ()
    account: Account | None = None
    groups: list[tuple] = field(default_factory=list)

    @property
    def cells(self) -> list:
        """The cells of every row; None for a malformed one."""
        return [row[4] for row in self.rows]

    @property
    def problems(self) -> dict[int, str]:
        return {row[0]: row[3] for row in self.rows if row[3] is not None}

    @property
    def texts(self) -> list[str]:
        return [row[2] for row in self.rows]


@dataclass
class Door:
    """Reads bytes as a delivery of a given format."""

    path: Path

    def outcome(self, data: bytes, **form) -> Read | Refused:
        got = self.open(data, **form)
        return got if isinstance(got, Refused) else drain(got)

    def read(self, data: bytes, **form) -> Read:
        got = self.outcome(data, **form)
        assert isinstance(got, Read), got
        return got

    def open(self, data, **form):
        self.path.write_bytes(data)
        return self.reopen(**form)

    def reopen(  # noqa: PLR0913 - what a vendor file may say
        self,
        *,
        chunk_rows=1000,
        limits=None,
        bulk=True,
        control: str | bool | ControlTotal = False,
        passed=(),
        wanted=(),
        summed=(),
        at=None,
        **form,
    ):
        """`control` is what a vendor file says of the total, or the name of its column.

        `summed` are the names of that column where it is several, as of debits and credits.

        `wanted` are the header names that it reads, and of `form` `places` those that it reads by
        their place and `ignored` those that it does not want.
        """
        places, ignored = form.pop("places", ()), form.pop("ignored", ())
        total = control if isinstance(control, ControlTotal) else control and ControlTotal()
        declared = format_of(**{"control_total": total or None, **form})
        column = control if isinstance(control, str) else (total or ControlTotal()).column
        told = Told(
            summed or (column,), frozenset(passed), tuple(wanted), frozenset(places), tuple(ignored)
        )
        declared = declared.telling(told)
        return open_rows(
            self.path, declared, chunk_rows=chunk_rows, limits=limits, bulk=bulk, at=at
        )

    def refusal(self, data: bytes, **form) -> Refused:
        got = self.outcome(data, **form)
        assert isinstance(got, Refused)
        return got


def drain(reader) -> Read:
    read = Read(encoding=reader.encoding)
    for chunk in reader:
        names = chunk.table.column_names
        assert names == [
            "row", "line", "text", "malformed", *(f"c{i}" for i in range(len(chunk.columns)))
        ]  # fmt: skip
        chunk.table.validate(full=True)
        read.sizes.append(chunk.table.num_rows)
        read.columns = chunk.columns
        for line in zip(*(column.to_pylist() for column in chunk.table.columns), strict=True):
            cells = list(line[4:])
            if line[3] is not None:
                assert set(cells) <= {None}, "a malformed row has no cells"
                cells = None
            read.rows.append((*line[:4], cells))
    read.controls = reader.controls
    read.blank_rows, read.control = reader.blank_rows, reader.control
    read.furniture_rows, read.header = reader.furniture_rows, reader.header
    read.account = reader.account()
    read.groups = [(one.level, one.line, one.text, one.declared) for one in reader.groups]
    assert read.account.balanced, read.account
    assert reader.rows == len(read.rows)
    assert [row[0] for row in read.rows] == list(range(1, len(read.rows) + 1))
    return read


@pytest.fixture(scope="session")
def door(tmp_path_factory) -> Door:
    return Door(tmp_path_factory.mktemp("parse") / "delivery")


@pytest.fixture(scope="session")
def drained() -> Callable[..., Read]:
    return drain
