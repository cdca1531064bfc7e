"""Tells what became of one row: the way forward from a line of a file to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import equals, one_of
from cost_pipeline.feeds.production.tables import DEAD_LETTERS, DISPOSITIONS, RECORDS
from cost_pipeline.feeds.production.trace import history_of, plain
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.parse import Refused, RowReader, open_rows
from cost_pipeline.parse.account import sheet_of
from cost_pipeline.pipeline.pull.deliveries import ARCHIVE
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.read_as import read_as

_HEX: Final = frozenset("0123456789abcdef")
_PREFIX: Final = 8
_NAMED: Final = 5
_BLANK: Final = ' \t\r\n,;|"'


@dataclass(frozen=True, slots=True)
class _Row:
    number: int | None
    line: int
    text: str
    what: str


def row_fate(session: Session, place: str) -> dict[str, Any]:
    """Returns what became of FILE:LINE.

    Args:
        session: The run.
        place: The end of a URI, a file name or the first eight or more characters of a delivery's
            hash; a colon; the physical line, from 1. Of a workbook the row, after the name of its
            sheet and `!` where several are read.

    Raises:
        UsageError: If that is no such place, or several deliveries have the name.
    """
    file, sheet, line = _parsed(place)
    received = _delivery(session, file)
    delivery = received[0]
    row = _row_at(session, delivery, sheet, line)
    facts: dict[str, Any] = {"record": None, "disposition": None, "dead_letters": [], "lines": []}
    if row.number is not None:
        facts = _facts(session, delivery, row.number)
    fate, words = _fate(row, facts, validated=_validated(session, delivery))
    return {
        "fate": fate,
        "words": words,
        "row": {"number": row.number, "line": row.line, "text": row.text},
        "delivery": delivery,
        "received": [
            {name: one[name] for name in ("pull_date", "uri", "fetched_at")} for one in received
        ],
        **facts,
    }


def _parsed(place: str) -> tuple[str, str | None, int]:
    file, _, rest = place.rpartition(":")
    sheet, mark, line = rest.rpartition("!")
    if not file or not line.isascii() or not line.isdigit() or int(line) < 1:
        raise UsageError(
            f"{place!r} names no line of a delivery",
            where="FILE:LINE",
            remedy="write the file's name (or the end of its address, or its hash), a colon and "
            "the line, such as 2026-04-01.csv:5, or book.xlsx:March!5",
        )
    return file, sheet if mark else None, int(line)


def _delivery(session: Session, file: str) -> list[dict[str, Any]]:
    """Returns every sighting of the one delivery that is named, first landing first."""
    seen = plain(session.lake.table(DELIVERIES).snapshot().read())
    seen.sort(key=lambda one: (one["pull_date"], one["vendor"], one["uri"]))
    by_hash = len(file) >= _PREFIX and set(file) <= _HEX
    matching = [
        one
        for one in seen
        if (by_hash and one["delivery"].startswith(file))
        or any(uri == file or uri.endswith(f"/{file}") for uri in (one["uri"], unquote(one["uri"])))
    ]
    sent = [one for one in matching if one["role"] is None]
    if matching and not sent and matching[0]["role"] == ARCHIVE:
        raise UsageError(
            f"{file!r} is an archive, and its members are deliveries of their own",
            where="FILE:LINE",
            remedy="name the member; `cost-pipeline deliveries` lists them",
            code="NO_SUCH_DELIVERY",
        )
    if matching and not sent:
        raise UsageError(
            f"{file!r} is a correction, whose rows are known by what they answer",
            where="FILE:LINE",
            remedy="name the line of the vendor's file; `dead-letters show` has what it corrects",
            code="NO_SUCH_DELIVERY",
        )
    named = sorted({(one["vendor"], one["delivery"]) for one in sent})
    if len(named) != 1:
        several = "; ".join(f"{delivery[:12]} of {vendor}" for vendor, delivery in named[:_NAMED])
        raise UsageError(
            f"{len(named) or 'no'} deliveries are called {file!r}",
            where="FILE:LINE",
            remedy=f"give more of the address, or one of these hashes: {several}"
            if named
            else "`cost-pipeline deliveries` lists them",
            code="NO_SUCH_DELIVERY",
        )
    return [one for one in seen if (one["vendor"], one["delivery"]) == named[0]]


def _row_at(session: Session, delivery: dict[str, Any], sheet: str | None, line: int) -> _Row:
    """Returns the row that holds the line, or what else the line is."""
    path = session.lake.content.open_path(delivery["delivery"])
    vendor = read_as(session, delivery["vendor"], delivery["delivery"])
    if vendor is None:
        raise UsageError(
            f"the vendor {delivery['vendor']!r} has no vendor file that this version knows",
            where=str(session.home.path / "vendors"),
            remedy="put the file back: the delivery was never read, and it says how to",
            code="NO_SUCH_VENDOR",
        )
    reader = open_rows(path, vendor.format)
    if isinstance(reader, Refused):
        return _Row(None, line, "", "unreadable")
    first: int | None = None
    last = 0
    found: list[_Row] = []
    for chunk in reader:
        lines = chunk.table["line"]
        if first is None and len(lines):
            first = lines[0].as_py()
        last = max(last, pc.max(lines).as_py() or 0)
        upto = chunk.table.filter(pc.less_equal(lines, line))
        if not upto.num_rows:
            continue
        row = upto.select(["row", "line", "text"]).slice(upto.num_rows - 1).to_pylist()[0]
        if line <= row["line"] + row["text"].count("\n"):
            found.append(_Row(row["row"], row["line"], row["text"], "row"))
    found = [r for r in found if sheet in {None, sheet_of(reader.sheets, r.number or 0)}]
    if len(found) > 1:
        read = ", ".join(s.name for s in reader.sheets if s.read)
        raise UsageError(
            f"several sheets of the workbook have a row {line}",
            where="FILE:LINE",
            remedy=f"write the sheet's name and `!` before the line; the sheets are {read}",
            code="NO_SUCH_LINE",
        )
    return found[0] if found else _other_line(path, reader, (first, last), line)


def _other_line(path: Path, reader: RowReader, rows: tuple[int | None, int], line: int) -> _Row:
    """Says what a line is that no row holds; `rows` are the lines of the first and last row."""
    first, last = rows
    has_lines = reader.count is not None
    raw = path.read_bytes().decode(reader.encoding, "replace").splitlines() if has_lines else []
    most = max(last, len(raw), reader.control_line or 0)
    if line > most:
        raise UsageError(
            f"the delivery has {most:,} lines",
            where="FILE:LINE",
            remedy="name one of them",
            code="NO_SUCH_LINE",
        )
    text = raw[line - 1] if line <= len(raw) else ""
    behind = reader.control is not None and reader.control_line is None and line > last
    if line == reader.control_line or (behind and text.strip(_BLANK)):
        what = "control"
    elif has_lines and not text.strip(_BLANK):
        what = "blank"
    elif first is None or line < first:
        what = "header"
    else:
        what = "furniture" if has_lines else "blank"
    return _Row(None, line, text, what)


def _validated(session: Session, delivery: dict[str, Any]) -> bool:
    where = equals("delivery", delivery["delivery"])
    found = (
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            f"select 1 from {{table}} where {where & equals('vendor', delivery['vendor'])} limit 1",
            where=where,
        )
    )
    return bool(found.num_rows)


def _facts(session: Session, delivery: dict[str, Any], number: int) -> dict[str, Any]:
    pruned = equals("delivery", delivery["delivery"]) & equals('"row"', number)
    this = equals("vendor", delivery["vendor"]) & pruned
    records = plain(
        session.lake.table(RECORDS)
        .snapshot()
        .query(
            f"from {{table}} where {this}",
            where=equals("pull_date", delivery["pull_date"]) & pruned,
        )
    )
    events = plain(
        session.lake.table(DEAD_LETTERS)
        .snapshot()
        .query(f"from {{table}} where {this} order by id, sequence", where=pruned)
    )
    # However it was read at any time: what was posted of it is on one of these dates.
    dates = sorted({record["transaction_date"] for record in records})
    on_dates = one_of("transaction_date", dates)
    held = (
        session.lake.table(DISPOSITIONS)
        .snapshot()
        .query(f"from {{table}} where {this}", where=on_dates)
    )
    return {
        "record": records[-1] if records else None,
        "disposition": _disposition(session, held),
        "dead_letters": [
            {
                "event": event["event"],
                "at": event["recorded_at"],
                "resolved_by": event["resolved_by"],
                "id": event["id"],
                "stage": event["stage"],
                "reasons": event["reasons"],
                "errors": errors_of(event["errors"]),
            }
            for event in events
        ],
        "lines": history_of(session, this, on_dates),
    }


def _disposition(session: Session, held: pa.Table) -> dict[str, Any] | None:
    """Returns how the row is held, and for a duplicate where the row is that stands instead."""
    if not held.num_rows:
        return None
    row = plain(held.slice(0, 1))[0]
    found: dict[str, Any] = {"disposition": row["disposition"], "of": None}
    if row["of"] is not None:
        other = equals("fingerprint", row["of"]) & equals("vendor", row["vendor"])
        others = plain(
            session.lake.table(RECORDS)
            .snapshot()
            .query(
                f'select delivery, "row", line, transaction_id from {{table}} where {other} limit 1'
            )
        )
        found["of"] = {"fingerprint": row["of"], **(others[0] if others else {})}
    return found


def _fate(  # noqa: PLR0911 - one answer each
    row: _Row, facts: dict[str, Any], *, validated: bool
) -> tuple[str, str]:
    """Returns what became of the row in one word and in one sentence."""
    if row.number is None:
        return _OTHER[row.what]
    lines, held = facts["lines"], facts["disposition"]
    gone = {line["reverses"] for line in lines if line["kind"] == "reverse"}
    standing = [x for x in lines if x["kind"] == "post" and x["posting_id"] not in gone]
    if standing:
        line = standing[-1]
        words = f"posted on {line['transaction_date']} as {line['posting_id']}"
        return "posted", words + (
            f", after {len(lines) - 1} earlier lines" if len(lines) > 1 else ""
        )
    if held and held["disposition"] in _HELD:
        return _held(held)
    refused = _refused(facts["dead_letters"])
    if refused:
        words = "refused: " + ", ".join(reason for e in refused for reason in e["reasons"])
        by = next((e["resolved_by"] for e in refused if e["resolved_by"]), None)
        if by is not None:
            return "corrected", f"{words}; delivery {by} corrects it"
        return "dead_letter", words + ("; waived" if refused[-1]["event"] == "waived" else "")
    if lines:
        return "reversed", f"posted, and reversed on {lines[-1]['recorded_at']}"
    if not validated:
        return "landed", "the delivery is landed and has not been read yet"
    if facts["record"]:
        return "accepted", "a record that has not been posted yet"
    return "unknown", "the row left no trace: run `cost-pipeline run` and ask again"


def _held(held: dict[str, Any]) -> tuple[str, str]:
    disposition = held["disposition"]
    words = _HELD[disposition]
    if disposition == "duplicate":
        other = held["of"] or {}
        where = f"row {other['row']} of delivery {other['delivery']}" if "row" in other else "a row"
        words = words.format(where)
    return disposition, words


def _refused(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the last event of each dead letter that is a refused row still."""
    last = {event["id"]: event for event in events}
    return [e for e in last.values() if e["event"] != "resolved" or e["resolved_by"] is not None]


_HELD: Final = {
    "commitment": "a purchase order: held as a commitment and not posted to actuals",
    "reference": "only compared and not posted: its vendor says `posts: false`",
    "duplicate": "the same as {}, which stands in its place",
}
_OTHER: Final = {
    "blank": ("blank", "a blank line: counted, and not a row"),
    "header": ("header", "above the first row: the header or what comes before it"),
    "control": ("control_row", "the control row: the vendor's own total of the rows above"),
    "furniture": ("furniture", "a line of the listing that is not a row"),
    "unreadable": ("dead_letter", "the delivery as a whole cannot be read as its format"),
}
