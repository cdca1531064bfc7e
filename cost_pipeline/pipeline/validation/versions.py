"""Versions of one file: the same vendor, the same address, other bytes (docs/adr/0043).

A file that was pulled while somebody still wrote it is the beginning of the whole file. The line in
which it ends is no row: it is refused, and the whole line in the longer version answers it. Nothing
else of a shorter version is set aside; its rows and those of the longer one are compared by key.

A later version that holds again what an earlier one held answers the earlier one's dead letters:
what is still wrong is refused again, in the later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.sources import FolderSource, SftpSource
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import CUT_DELIVERIES, DELIVERIES
from cost_pipeline.parse import ParsedChunk, Refused, open_rows
from cost_pipeline.pipeline.pull.landings import settings_of
from cost_pipeline.pipeline.session import Session
from cost_pipeline.validate.interpreter import Interpreter

_BLOCK: Final = 1 << 20
# Columns: those of a `Version`, one row per content of a file.
_FILES: Final = """
    with mine as (
        select distinct vendor, uri from received
        where {of_day} and role is null and {of_vendors}
    )
    select vendor, uri, delivery, any_value(size) as size, min(pull_date) as first_pulled,
        max(fetched_at) as last_seen, bool_or({of_day}) as fresh
    from received semi join mine using (vendor, uri)
    where role is null
    group by all order by all
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One of several contents that a file has had.

    Attributes:
        first_pulled: The smallest pull date on which these bytes came.
        last_seen: When they were fetched last.
        fresh: Whether they came on the pull date that is being looked at.
    """

    vendor: str
    uri: str
    delivery: str
    size: int
    first_pulled: date
    last_seen: datetime
    fresh: bool

    @property
    def seen(self) -> tuple[datetime, date]:
        """What tells which of two versions is the later one."""
        return self.last_seen, self.first_pulled


@dataclass(frozen=True, slots=True)
class Half:
    """The row in which a cut delivery ends, and the delivery that has the whole of its line."""

    row: int
    whole: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a delivery, and the encoding in which it was read."""

    number: int
    text: str
    encoding: str

    @property
    def stored(self) -> bytes:
        """Its bytes, without the end of its line."""
        name = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        return self.text.rstrip("\r").encode(name, "replace")


def versions_seen(session: Session, pull_date: date) -> list[list[Version]]:
    """Returns files of a pull date that have had other contents too, with all their versions.

    Only files: what an API answers at one address is something else every day.
    """
    vendors = [
        vendor.vendor
        for vendor in session.home.vendors
        if isinstance(vendor.source, FolderSource | SftpSource)
    ]
    if not vendors:
        return []
    names = ["vendor", "uri", "delivery", "size", "pull_date", "fetched_at", "role"]
    received = session.lake.table(DELIVERIES).snapshot()
    of_day, of_vendors = equals("pull_date", pull_date), one_of("vendor", vendors)
    statement = _FILES.format(of_day=of_day, of_vendors=of_vendors)
    rows = received.query(
        f"with received as (select {', '.join(names)} from {{table}}) from ({statement})"
    ).to_pylist()
    files = groupby((Version(**row) for row in rows), key=lambda one: (one.vendor, one.uri))
    return [versions for _, group in files if len(versions := list(group)) > 1]


def is_beginning(session: Session, shorter: Version, longer: Version) -> bool:
    """Whether the bytes of a version are how a longer one begins."""
    if not 0 < shorter.size < longer.size:
        return False
    content = session.lake.content
    return _begins_with(content.open_path(longer.delivery), content.open_path(shorter.delivery))


def _begins_with(longer: Path, shorter: Path) -> bool:
    with longer.open("rb") as whole, shorter.open("rb") as beginning:
        while block := beginning.read(_BLOCK):
            if whole.read(len(block)) != block:
                return False
    return True


def note_cut(session: Session, files: Iterable[Sequence[Version]]) -> list[Version]:
    """Notes which versions of files (`versions_seen`) end in half a line of a longer one.

    Returns:
        The cut ones, those that were noted before too.
    """
    vendors = {vendor.vendor: vendor for vendor in session.home.vendors}
    known = cut_deliveries(session)
    found, parts = [], []
    for versions in files:
        for shorter in versions:
            if (shorter.vendor, shorter.delivery) in known:
                found.append(shorter)
            elif whole := next(_wholes(session, vendors[shorter.vendor], shorter, versions), None):
                found.append(shorter)
                parts.append(_note(session, shorter, whole))
    if parts:
        session.lake.table(CUT_DELIVERIES).append_once(parts, run_id=session.run_id)
    return found


def _wholes(
    session: Session, vendor: Vendor, shorter: Version, versions: Sequence[Version]
) -> Iterator[Version]:
    """Returns the longer versions that go on in the middle of the last line, the longest first.

    A file to which lines are added for ever has hundreds of versions, all of whole lines: of those
    nothing but the end is read.
    """
    if _ends_a_line(session.lake.content.open_path(shorter.delivery)):
        return
    for longer in sorted(versions, key=lambda one: (-one.size, one.delivery)):
        if (
            (shorter.fresh or longer.fresh)
            and is_beginning(session, shorter, longer)
            and half_row(session, vendor, shorter.delivery, longer.delivery) is not None
        ):
            yield longer


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as opened:
        opened.seek(max(0, file.stat().st_size - 2))
        end = opened.read()
    return end.endswith((b"\n", b"\r", b"\n\0", b"\r\0"))  # the last two are UTF-16


def _note(session: Session, shorter: Version, whole: Version) -> Part:
    stamp = session.stamp()
    row = {
        "pull_date": shorter.first_pulled,
        "vendor": shorter.vendor,
        "delivery": shorter.delivery,
        "whole": whole.delivery,
        "recorded_at": stamp.recorded_at,
        "run_id": stamp.run_id,
    }
    # One note is enough: which of several longer versions has the line makes no difference.
    writer = f"cut/{shorter.vendor}/{shorter.delivery}"
    return Part(writer, 1, pa.Table.from_pylist([row], schema=CUT_DELIVERIES.schema))


def cut_deliveries(session: Session) -> Mapping[tuple[str, str], str]:
    """Returns, by vendor and delivery that ends in half a line, the delivery with all of it."""
    table = session.lake.table(CUT_DELIVERIES)
    if not table.folder.exists():
        return {}
    return session.lake.kept(
        "cut_deliveries",
        [CUT_DELIVERIES],
        lambda: {
            (row["vendor"], row["delivery"]): row["whole"]
            for row in table.snapshot().read().to_pylist()
        },
    )


def half_row(session: Session, vendor: Vendor, shorter: str, longer: str) -> Half | None:
    """Returns the row in which a delivery ends, if the longer one has more of it; else None."""
    settings = settings_of(session, vendor, shorter)
    last = _row(session, settings, shorter, None)
    if last is None:
        return None
    whole = _row(session, settings, longer, last.number)
    if whole is None:
        return None
    # Cut inside a character, the shorter one may fit another encoding: its bytes are the same.
    alike = whole.encoding == last.encoding
    goes_on = (
        whole.text != last.text and whole.text.startswith(last.text.rstrip("\r"))
        if alike
        else whole.stored != last.stored and whole.stored.startswith(last.stored)
    )
    return Half(last.number, longer) if goes_on else None


def _row(session: Session, vendor: Vendor, delivery: str, number: int | None) -> _Row | None:
    """Returns a row, the last one if no number is given."""
    reader = open_rows(session.lake.content.open_path(delivery), vendor.format)
    if isinstance(reader, Refused):
        return None
    found = None
    for chunk in reader:
        rows = chunk.table
        if number is not None:
            rows = rows.filter(pc.equal(rows["row"], number))
        if rows.num_rows:
            found = _Row(rows["row"][-1].as_py(), rows["text"][-1].as_py(), reader.encoding)
            if number is not None:
                break
    return found


def without_half_row(chunk: ParsedChunk, half: Half | None) -> ParsedChunk:
    """Returns the chunk with the half row, if it is here, as one that has no cells."""
    if half is None:
        return chunk
    here = pc.equal(chunk.table["row"], half.row)
    if not pc.any(here).as_py():
        return chunk
    words = (
        f"the file was cut off in this line; a longer version of it, delivery {half.whole[:12]}, "
        "has the whole line"
    )
    place = chunk.table.schema.get_field_index("malformed")
    field = chunk.table.schema.field(place)
    marked = pc.if_else(here, pa.scalar(words, pa.string()), chunk.table["malformed"])
    return replace(chunk, table=chunk.table.set_column(place, field, marked))


def name_of(interpretation: str, *, cut: bool, archive: bool = False) -> str:
    """Returns the name of a reading of a delivery.

    It is another one where the last line is left out, and where an archive brought nothing: the
    same bytes may come again as a member of another.
    """
    if archive:
        return digest("archive", interpretation)
    return digest("cut short", interpretation) if cut else interpretation


def as_archive(interpreter: Interpreter) -> Interpreter:
    """Returns the same reading, under the name that says that nothing was unpacked."""
    name = name_of(interpreter.interpretation, cut=False, archive=True)
    return replace(interpreter, reading=replace(interpreter.reading, interpretation=name))


def as_cut(interpreter: Interpreter) -> Interpreter:
    """Returns the same reading, under the name that says that the last line is left out."""
    name = name_of(interpreter.interpretation, cut=True)
    return replace(interpreter, reading=replace(interpreter.reading, interpretation=name))
