"""Reads an EP-style ledger export: "GL 505 - General Ledger List By Account: Detail".

Belongs here: the layout below and which of its lines are rows. Cutting a line into cells is
`records`' work, numbers and dates are the validator's, and whether account totals tie is nobody's
here. The listing is a printed report saved as a delimited file (`format.delimiter`, fields quoted
as in RFC 4180 where needed). Every line is one of these, told apart by its first cell, which is
compared without case and outer blanks:

    Show:,Northern Lights                                                      page head
    Company:,Aurora Pictures LLC                                               page head
    Report:,GL 505 - General Ledger List By Account: Detail,Page:,1            page head
    Project:,P100,Episode:,"101,102",Cost Period:,1 (05/07/25) To 17 (01/03/26)   page head
    Acct: 6305 - LOCATION POLICE                                               section
    Account,LO,EPI,SET,WC,WS,F1,F2,F3,F4,IN,Tax,Transfer,Description,...       column head
    6305,01,101,,,,,,,,,QW,,10/31-11/05 SECURITY,Harbour Guards,10001,AP,...   detail: a row
    Acct Total: 6305,,,,,,,,,,,,,,,,,,,,,,,,"12,400.00"                        account total
    Grand Total,,,,,,,,,,,,,,,,,,,,,,,,"98,765.43"                             grand total

- A page head line starts with `Show:`, `Title:`, `Company:`, `Studio:`, `Report:`, `Project:`,
  `Episode:`, `Cost Period:`, `Page:` or `Printed:`. The head repeats on every page, in the middle
  of a section too; the section goes on after it, with or without its section line repeated.
- A section line is one cell, `Acct: <account> - <name>`, quoted if the name holds the delimiter.
  It stands before or after the column head. It holds until the next section line, and its two
  parts are the columns `Acct` and `Acct Name` of every row below it.
- A column head has the first cell `Account`. The first one of the file names the columns, normally
  the 25 of `DETAIL_COLUMNS`; it repeats at will. One that differs from the first is a malformed
  row, and so is every detail under it until a good one: its cells would be read askew.
- A detail line has as many cells as the column head (more only if they are blank).
- An account total starts with `Acct Total:`; a grand total with `Grand Total` or `Total` alone, and
  has its sum in the `Amount` column. Where the vendor declares a control total the last grand
  total is the control row, `control == {"Amount": "98,765.43"}`.

Columns of a row: `Acct`, `Acct Name`, then those of the column head. Page heads, sections, column
heads and totals are counted in `furniture_rows`; blank lines in `blank_rows`. Anything else is a
malformed row, a detail before the first section included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cost_pipeline.contracts.formats import LedgerFormat
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.lines import LineCount
from cost_pipeline.parse.records import Block, Tokenizer, read_blocks, read_records
from cost_pipeline.parse.rows import (
    Limits,
    ParsedChunk,
    RawRow,
    Refused,
    RowReader,
    gather_rows,
    rows_table,
)

DETAIL_COLUMNS: Final = (
    *("Account", "LO", "EPI", "SET", "WC", "WS", "F1", "F2", "F3", "F4", "IN", "Tax", "Transfer"),
    *("Description", "Vendor Name", "Trans#", "TT", "JS", "Cur", "Period", "PO Number"),
    *("Document #", "Eff. Date", "PaymentNumber", "Amount"),
)
SECTION_COLUMNS: Final = ("Acct", "Acct Name")

_PAGE_HEAD: Final = re.compile(
    r"(show|title|company|studio|report|project|episode|cost period|page|printed):"
)
_COLUMN_HEAD: Final = "account"
_SECTION: Final = "acct:"
_ACCOUNT_TOTAL: Final = "acct total:"
_GRAND_TOTALS: Final = ("grand total", "total")

# A page head is a handful of lines; a file without a column head by here is something else.
_HEAD_LINES: Final = 1000


def open_ledger(
    body: Body, form: LedgerFormat, encoding: str, limits: Limits, *, chunk_rows: int
) -> RowReader | Refused:
    """Returns a reader of the detail lines of a ledger export in a known encoding."""
    columns = _find_columns(body, encoding, form.delimiter, limits)
    if isinstance(columns, Refused):
        return columns
    listing = _Listing(columns, has_control=form.control_total is not None)
    tokenizer = Tokenizer(form.delimiter, len(columns), limits, any_width_on_one_line=True)

    count = LineCount()

    def chunks(reader: RowReader) -> Iterator[ParsedChunk]:
        blocks = read_blocks(body, encoding, limits, count=count)
        rows = _rows(reader, listing, tokenizer, blocks, limits)
        for gathered in gather_rows(rows, chunk_rows, limits.chunk_bytes):
            table = rows_table(gathered, reader.rows + 1, len(listing.header))
            yield ParsedChunk(table, listing.header)

    return RowReader(encoding, listing.header, chunks, count=count)


def _find_columns(
    body: Body, encoding: str, delimiter: str, limits: Limits
) -> tuple[str, ...] | Refused:
    tokenizer = Tokenizer(delimiter, None, limits)
    small = replace(limits, block_bytes=min(limits.block_bytes, limits.record_bytes))
    number = 0
    for block in read_blocks(body, encoding, small):
        for index, record in read_records(block, tokenizer, range(len(block.starts))):
            number = block.number + index
            if number > _HEAD_LINES:
                break
            cells = [cell.decode("utf-8") for cell in record.cells or ()]
            if 1 < len(cells) <= limits.keys and _first(cells) == _COLUMN_HEAD:
                return _trimmed(cells)
        if number > _HEAD_LINES:
            break
    what = "no column head (a line that starts with `Account`)"
    where = f"in the first {min(number, _HEAD_LINES)} lines" if number else "the file is empty"
    return Refused(Reason.NOT_THE_FORMAT, f"{what}: {where}" if not number else f"{what} {where}")


def _first(cells: list[str]) -> str:
    return cells[0].strip(BLANKS).casefold()


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    last = max((i for i, cell in enumerate(cells) if cell.strip(BLANKS)), default=-1)
    return tuple(cells[: last + 1])


class _Listing:
    """What the lines so far say about the next one."""

    def __init__(self, columns: tuple[str, ...], *, has_control: bool) -> None:
        self.header = (*SECTION_COLUMNS, *columns)
        self.control: dict[str, str] | None = None
        self._columns = columns
        self._has_control = has_control
        self._section: tuple[str, str] | None = None
        self._trouble = "it stands above the first column head"

    def furniture(self, cells: list[str]) -> str | bool:
        """Whether a line is furniture, or what is wrong with it as such."""
        first = _first(cells)
        if _PAGE_HEAD.match(first) or first.startswith(_ACCOUNT_TOTAL):
            return True
        if first.startswith(_SECTION):
            return self._open_section(cells)
        if first == _COLUMN_HEAD:
            return self._check_columns(cells)
        if first in _GRAND_TOTALS:
            return self._grand_total(cells)
        return False

    def detail(self, cells: list[str]) -> str | list[str]:
        """Returns the cells of a row, or what is wrong with it."""
        width = len(self._columns)
        if len(cells) < width or len(_trimmed(cells)) > width:
            return f"{len(cells)} cells where the column head has {width}"
        if self._trouble:
            return self._trouble
        if self._section is None:
            return "no readable section line (`Acct: ...`) stands above it"
        return [*self._section, *cells[:width]]

    def lost(self, text: str) -> None:
        """Notes a line that cannot be read: if it was a section line, the rows below have none."""
        start = text.lstrip(BLANKS + '"').casefold()
        if start.startswith(_SECTION):
            self._section = None
        elif start.startswith(_COLUMN_HEAD):
            self._trouble = "the column head above it cannot be read"

    def _open_section(self, cells: list[str]) -> str | bool:
        account, _, name = cells[0].strip(BLANKS)[len(_SECTION) :].partition(" - ")
        if not account.strip(BLANKS) or len(_trimmed(cells)) > 1:
            self._section = None
            return "a section line is one cell, `Acct: <account> - <name>`"
        self._section = (account.strip(BLANKS), name.strip(BLANKS))
        return True

    def _check_columns(self, cells: list[str]) -> str | bool:
        sound = _trimmed(cells) == self._columns
        self._trouble = "" if sound else "the column head above it differs from the first one"
        return sound or "a column head that differs from the first one"

    def _grand_total(self, cells: list[str]) -> str | bool:
        filled = {
            name: cell
            for name, cell in zip(self._columns[1:], cells[1:], strict=False)
            if cell.strip(BLANKS)
        }
        width = len(self._columns)
        if len(cells) < width or len(_trimmed(cells)) > width or not filled:
            return f"a grand total has {width} cells and its sum under the column head"
        self.control = filled if self._has_control else None
        return True


def _rows(
    reader: RowReader,
    listing: _Listing,
    tokenizer: Tokenizer,
    blocks: Iterator[Block],
    limits: Limits,
) -> Iterator[RawRow]:
    for block in blocks:
        for index, record in read_records(block, tokenizer, range(len(block.starts))):
            reader.continued += record.last - index
            if record.blank:
                reader.blank_rows += 1
                continue
            line, text = block.number + index, block.text(index, record.last, limits).decode()
            if record.cells is None:
                listing.lost(text)
                yield RawRow(line, text, record.problem, None)
                continue
            cells = [cell.decode("utf-8") for cell in record.cells]
            furniture = listing.furniture(cells)
            if furniture is True:
                reader.furniture_rows += 1
                continue
            detail = furniture or listing.detail(cells)
            if isinstance(detail, str):
                yield RawRow(line, text, detail, None)
            else:
                yield RawRow(line, text, None, detail)
    if listing.control is not None:
        reader.controls = [listing.control]
