"""An accountant's desk: dead letters go out as a workbook, are mended, and come back."""

from __future__ import annotations

import openpyxl

from cost_pipeline.pipeline.dead_letters.corrections import take_in
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline.pipeline.dead_letters.letters import letters_now

DAY = "2026-04-01"
MARCH = "2026-03-31"


class Desk:
    """An accountant's desk beside a house: exports, mends with openpyxl, drops files back."""

    def __init__(self, house, door):
        self.house, self.door = house, door
        self.folder = house.root / "inbox" / "corrections"
        self.folder.mkdir(parents=True)

    def export(self, name="out.xlsx", scope="true", session=None):
        file = self.house.root / name
        export_letters(session or self.house.session(), scope, file)
        return openpyxl.load_workbook(file) if file.suffix == ".xlsx" else file

    def drop(self, book, name="mended.xlsx"):
        book.save(self.folder / name)

    def work(self, session=None):
        """Take in what waits and post; returns what was taken in."""
        session = session or self.house.session()
        taken = take_in(session)
        self.door.bring_up_to_date(session)
        assert self.door.unlawful(session) == []
        return taken

    def states(self):
        """(vendor, row, reasons) of every dead letter to its state."""
        return {
            (r["vendor"], r["row"], *r["reasons"]): r["state"]
            for r in letters_now(self.house.session()).to_pylist()
        }

    def ledger(self):
        rows = self.door.active_lines(self.house.session())
        return sorted((r["transaction_id"], str(r["original_amount"])) for r in rows)


def rows_of(book, sheet="Vendor invoices"):
    """Rows of a sheet as header to cell."""
    head = [cell.value for cell in book[sheet][1]]
    return [dict(zip(head, row, strict=True)) for row in book[sheet].iter_rows(min_row=2)]


def row_of(book, transaction_id, sheet="Vendor invoices"):
    (found,) = [r for r in rows_of(book, sheet) if r["Transaction id"].value == transaction_id]
    return found


def bad_date(desk, *more):
    """A delivery with one good row and one whose date cannot be read."""
    rows = [("R1", MARCH, "100.00", "GBP", "lamp"), ("R2", "soon", "50.00", "GBP", "stand"), *more]
    delivery = desk.house.drop("rentals", DAY, rows)
    desk.house.work(DAY)
    return delivery


def line_of(desk, transaction_id):
    lines = desk.door.active_lines(desk.house.session())
    (found,) = [line for line in lines if line["transaction_id"] == transaction_id]
    return found
