"""Open dead letters as a file for people: a workbook or a CSV, which comes back as a correction.

Belongs here: which dead letters go out, what stands in which column, and the cover's counts. How a
workbook is written is `quarantine.workbook`'s work, reading it again `corrections`'.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.sql import Predicate
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.pipeline.dead_letters.letters import CORRECTABLE, open_dead_letters
from cost_pipeline.pipeline.dead_letters.rows import cells_of
from cost_pipeline.pipeline.dead_letters.words import Words, cover_of, words_of
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.formulas import harmless
from cost_pipeline.quarantine.workbook import (
    MOST_CHARACTERS,
    MOST_ROWS,
    Column,
    LetterSheet,
    write_workbook,
)

_MOST_CHOICES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Exported:
    """What went into the file: rows by record kind, and how many open dead letters did not."""

    rows: dict[str, int]
    left_out: dict[str, int]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(self.rows.values())


def export_letters(session: Session, scope: Predicate, file: Path) -> Exported:
    """Writes the open dead letters within `scope` (see `letters_now`) to an `.xlsx` or a `.csv`.

    What concerns a whole delivery, or a row of a correction (unless it was refused when posting),
    is not a row to be corrected: it is counted in `left_out`.

    Raises:
        EnvironmentFailedError: If the file cannot be written; none is left half written.
    """
    letters = open_dead_letters(session, scope)
    rows = _correctable(session, letters)
    found = _with_cells(session, rows)
    out = _counted_out(letters, found)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with clear_storage_errors(str(file.parent)):
        try:
            if file.suffix == ".csv":
                _write_csv(session.feed, beside, found)
            else:
                _write_xlsx(session, beside, letters, found, out)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    return out


def _counted_out(letters: pa.Table, found: Mapping[str, pa.Table]) -> Exported:
    gone = {kind: table.num_rows for kind, table in found.items()}
    inside = pa.chunked_array([c for t in found.values() for c in t["id"].chunks], pa.string())
    outside = letters.filter(pc.invert(pc.is_in(letters["id"], value_set=inside.combine_chunks())))
    left = Counter(pc.list_element(outside["reasons"], 0).to_pylist())
    return Exported(gone, dict(left.most_common()))


def _correctable(session: Session, letters: pa.Table) -> pa.Table:
    """Returns dead letters of rows that may be corrected, with the URI of the file."""
    received = session.lake.table(DELIVERIES).snapshot()
    return query(
        f"""
        select l.*, d.uri from letters l join (
            select vendor, delivery, arg_min(uri, (pull_date, uri)) as uri
            from received group by all
        ) d using (vendor, delivery)
        where l.row is not null and l.stage in ('validate', 'post')
            and l.failure_class = 'permanent'
            and ({CORRECTABLE})
        order by l.kind, l.vendor, l.pull_date, l.delivery, l.row
        """,
        letters=letters,
        received=received.read(columns=["vendor", "delivery", "uri", "pull_date"]),
    )


def _with_cells(session: Session, letters: pa.Table) -> dict[str, pa.Table]:
    """Returns, by record kind, letters with a column `f_<field>` for each field, and a mark."""
    vendors = {vendor.vendor: vendor for vendor in session.home.vendors}
    found: dict[str, list[pa.Table]] = {}
    files = letters.group_by(["vendor", "delivery"], use_threads=False).aggregate([])
    for number, file in enumerate(files.to_pylist()):
        session.progress("reading the rows again", number, files.num_rows)
        vendor = vendors.get(file["vendor"])
        if vendor is None:
            continue
        mine = letters.filter(
            pc.and_(
                pc.equal(letters["vendor"], file["vendor"]),
                pc.equal(letters["delivery"], file["delivery"]),
            )
        )
        cells = cells_of(session, vendor, file["delivery"], mine["row"])
        if cells is not None:
            fields = session.feed.contract.fields_of(vendor.record)
            found.setdefault(str(vendor.record), []).append(_joined(mine, cells, fields))
    return {
        kind: _marked(session, pa.concat_tables(tables)) for kind, tables in sorted(found.items())
    }


def _joined(letters: pa.Table, cells: pa.Table, fields: Sequence[str]) -> pa.Table:
    places = pc.index_in(letters["row"], value_set=cells["row"].combine_chunks())
    for name in fields:
        texts = pc.utf8_slice_codeunits(cells[name].take(places), 0, MOST_CHARACTERS)
        letters = letters.append_column(f"f_{name}", texts)
    return letters


def _marked(session: Session, rows: pa.Table) -> pa.Table:
    marks = sheet.marks_of(session.feed.contract, rows["id"], rows)
    return rows.append_column(sheet.EXPORTED, marks)


def _write_xlsx(
    session: Session,
    place: Path,
    letters: pa.Table,
    found: Mapping[str, pa.Table],
    out: Exported,
) -> None:
    sheets, choices = [], _choices(session)
    for kind, rows in found.items():
        for part in range(0, rows.num_rows, MOST_ROWS):
            name = kind.replace("_", " ").capitalize() + "s"
            name = name if part == 0 else f"{name} {part // MOST_ROWS + 1}"
            sheets.append(_sheet(session, name, kind, choices, rows.slice(part, MOST_ROWS)))
    cover = cover_of(session.clock(), session.feed, letters, out.rows, out.left_out)
    with place.open("wb") as file:
        write_workbook(file, cover, sheets, choices)


def _sheet(
    session: Session, name: str, kind: str, choices: Mapping[str, Sequence[str]], rows: pa.Table
) -> LetterSheet:
    feed = session.feed.contract
    keys = {v.vendor: v.key.columns if v.key else () for v in session.home.vendors}
    words = words_of(rows, keys, feed.fields_of(kind), session.feed.texts())
    columns = [
        Column(sheet.VENDOR, 16),
        Column(sheet.ROW, 8),
        Column(sheet.WRONG, 34, explains=True),
        Column(sheet.REMEDY, 56),
    ]
    cells = {
        sheet.VENDOR: rows["vendor"],
        sheet.ROW: pc.cast(rows["row"], pa.string()),
        sheet.WRONG: words.wrong,
        sheet.REMEDY: words.remedy,
    }
    wrong: dict[str, pa.Array] = {}
    for field in feed.fields_of(kind):
        _add_field(feed, field, rows, words, columns, cells, wrong, choices)
    for head, width, texts in (
        (sheet.FILE, 30, _file_names(rows["uri"])),
        (sheet.RECEIVED, 30, pc.utf8_slice_codeunits(rows["payload"], 0, MOST_CHARACTERS)),
        (sheet.REFERENCE, 12, rows["id"]),
        (sheet.EXPORTED, 12, rows[sheet.EXPORTED]),
    ):
        columns.append(Column(head, width))
        cells[head] = texts
    return LetterSheet(name, tuple(columns), pa.table(cells), pa.table(wrong), frozen=2)


def _add_field(  # noqa: PLR0913, PLR0917 - the parts of the sheet that grow
    feed: FeedContract,
    field: str,
    rows: pa.Table,
    words: Words,
    columns: list[Column],
    cells: dict[str, pa.ChunkedArray],
    wrong: dict[str, pa.Array],
    choices: Mapping[str, Sequence[str]],
) -> None:
    head, why = sheet.label(feed, field), sheet.why(feed, field)
    chosen = field if field in choices else None
    unused = rows[f"f_{field}"].null_count == rows.num_rows and field not in words.by_field
    width = feed.widths.get(field, 16)
    columns.append(Column(head, width, editable=True, choices=chosen, hidden=unused))
    cells[head] = rows[f"f_{field}"]
    if field in words.by_field:
        wrong[head] = pc.is_valid(words.by_field[field])
        columns.append(Column(why, 34, explains=True))
        cells[why] = words.by_field[field]


def _file_names(uris: pa.ChunkedArray) -> pa.Array:
    encoded = uris.combine_chunks().dictionary_encode()
    names = [uri.rstrip("/").rsplit("/", 1)[-1] for uri in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def _choices(session: Session) -> dict[str, Sequence[str]]:
    """Returns what drop-downs offer: codes of accepted records, and those of the reference data."""
    records = session.lake.table(session.feed.records).snapshot()
    used = {
        name: records.query(
            f"select distinct {name} as code from {{table}} order by 1 limit {_MOST_CHOICES}"
        )["code"].to_pylist()
        for name in session.feed.contract.codes
    }
    return {
        **used,
        **session.feed.choices(session.home),
        **sheet.words_to_choose(session.feed.contract),
    }


def _write_csv(feed: Feed[Session], place: Path, found: Mapping[str, pa.Table]) -> None:
    contract = feed.contract
    fields = [
        name for name in contract.fields if any(name in contract.fields_of(kind) for kind in found)
    ]
    with place.open("wb") as file:
        file.write(b"\xef\xbb\xbf")  # or Excel takes it for the code page of the machine
        names = [
            sheet.KIND, sheet.VENDOR, sheet.ROW, sheet.WRONG, sheet.REMEDY,
            *(sheet.label(contract, name) for name in fields),
            sheet.FILE, sheet.RECEIVED, sheet.REFERENCE, sheet.EXPORTED,
        ]  # fmt: skip
        file.write((",".join(names) + "\r\n").encode())
        for kind, rows in found.items():
            words = words_of(rows, {}, (), feed.texts())
            columns = [
                pa.array([kind] * rows.num_rows),
                rows["vendor"],
                pc.cast(rows["row"], pa.string()),
                words.wrong,
                words.remedy,
                *(sheet.cells_in(rows, name) for name in fields),
                _file_names(rows["uri"]),
                rows["payload"],
                rows["id"],
                rows[sheet.EXPORTED],
            ]
            table = pa.table([harmless(column) for column in columns], names=names)
            options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
            pa.csv.write_csv(table, file, options)
