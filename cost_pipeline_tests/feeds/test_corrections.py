"""The round trip: dead letters go out as a workbook and come back, mended, as a delivery."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import openpyxl
import pytest

from cost_pipeline.feeds.production.corrections import take_in, waiting_files
from cost_pipeline.feeds.production.dead_letters import decide, letters_now
from cost_pipeline.feeds.production.letters_export import export_letters

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


@pytest.fixture
def desk(house, door):
    return Desk(house, door)


def _rows(book, sheet="Vendor invoices"):
    """Rows of a sheet as header to cell."""
    head = [cell.value for cell in book[sheet][1]]
    return [dict(zip(head, row, strict=True)) for row in book[sheet].iter_rows(min_row=2)]


def _row(book, transaction_id, sheet="Vendor invoices"):
    (found,) = [r for r in _rows(book, sheet) if r["Transaction id"].value == transaction_id]
    return found


def _bad_date(desk, *more):
    """A delivery with one good row and one whose date cannot be read."""
    rows = [("R1", MARCH, "100.00", "GBP", "lamp"), ("R2", "soon", "50.00", "GBP", "stand"), *more]
    delivery = desk.house.drop("rentals", DAY, rows)
    desk.house.work(DAY)
    return delivery


def test_a_mended_row_is_posted_and_resolves_its_dead_letter(desk, door):
    original = _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    (taken,) = desk.work()
    session = desk.house.session()
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
    (letter,) = letters_now(session).to_pylist()
    assert (letter["state"], letter["resolved_by"]) == ("corrected", taken.delivery)
    first, answer = door.report_of(session, original), door.report_of(session, taken.delivery)
    assert (first.rows, first.posted, first.dead_letters) == (2, 1, 1)
    assert (answer.rows, answer.posted, answer.role) == (1, 1, "correction")


def test_taking_in_again_and_judging_again_append_nothing(desk, door):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    before = door.versions(desk.house.session())
    assert desk.work() == []
    desk.house.work(DAY)
    assert door.versions(desk.house.session()) == before


def test_rows_that_nobody_touched_and_rows_that_were_deleted_stay_open(desk, door):
    _bad_date(desk, ("R3", "later", "1.00", "GBP", "x"), ("R4", "never", "2.00", "GBP", "x"))
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    sheet = book["Vendor invoices"]
    sheet.delete_rows(_row(book, "R4")["Amount"].row)
    desk.drop(book)
    (taken,) = desk.work()
    states = desk.states()
    assert [states["rentals", n, "BAD_DATE"] for n in (2, 3, 4)] == ["corrected", "open", "open"]
    report = door.report_of(desk.house.session(), taken.delivery)
    assert (report.rows, report.blank_rows) == (1, 1)


def test_a_row_that_is_still_wrong_is_a_dead_letter_of_the_correction(desk):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = "in a while"
    desk.drop(book)
    desk.work()
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "open",
        ("rentals", 1, "BAD_DATE"): "open",
    }
    again = desk.export()
    assert len(_rows(again)) == 1  # the row goes out once, not once for each try
    _row(again, "R2")["Transaction date"].value = MARCH
    desk.drop(again, "second.xlsx")
    desk.work()
    assert set(desk.states().values()) == {"corrected"}


def test_real_dates_and_numbers_of_excel_are_read_whatever_the_vendors_style(desk, house):
    house.edit_vendor(
        "rentals", "columns:", 'dates: ["%d/%m/%Y"]\nnumbers: {decimal: ","}\ncolumns:'
    )
    house.drop("rentals", DAY, [("R1", "31/03/2026", "1.5", "GBP", "x")])
    house.work(DAY)
    book = desk.export()
    row = _row(book, "R1")
    row["Transaction date"].value = datetime(2026, 4, 1)  # noqa: DTZ001 - as Excel has it
    row["Transaction date"].number_format = "dd/mm/yyyy"
    row["Amount"].value, row["Amount"].number_format = 1234.56, "0.00"
    desk.drop(book)
    desk.work()
    (line,) = desk.door.active_lines(house.session())
    assert (str(line["transaction_date"]), str(line["original_amount"])) == (
        "2026-04-01",
        "1234.5600",
    )


def test_a_number_with_more_decimals_than_it_shows_is_refused_and_not_rounded(desk):
    _bad_date(desk)
    book = desk.export()
    row = _row(book, "R2")
    row["Transaction date"].value = MARCH
    row["Amount"].value, row["Amount"].number_format = 10.123456, "0.00"
    desk.drop(book)
    desk.work()
    assert desk.states()["rentals", 1, "BAD_AMOUNT"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


def test_an_invented_row_answers_nothing(desk):
    _bad_date(desk)
    book = desk.export()
    sheet = book["Vendor invoices"]
    column = _row(book, "R2")["Amount"].column
    sheet.cell(row=sheet.max_row + 1, column=column).value = "7.00"
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 2, "CORRECTION_UNKNOWN"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


@pytest.mark.parametrize(("column", "value"), [("Vendor", "lodging"), ("Row in file", "1")])
def test_an_edited_identity_is_refused(desk, column, value):
    _bad_date(desk)
    book = desk.export()
    row = _row(book, "R2")
    row["Transaction date"].value = MARCH
    row[column].value = value
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 1, "CORRECTION_IDENTITY"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


def test_a_reference_copied_to_another_row_is_refused(desk):
    _bad_date(desk, ("R3", "later", "1.00", "GBP", "x"))
    book = desk.export()
    row = _row(book, "R3")
    row["Reference"].value = _row(book, "R2")["Reference"].value
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 2, "CORRECTION_IDENTITY"] == "open"


def test_the_same_workbook_twice_is_a_duplicate_delivery(desk, door):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    (desk.folder / "copy.xlsx").write_bytes((desk.folder / "mended.xlsx").read_bytes())
    (taken,) = desk.work()
    assert taken.repeated
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
    states = sorted(r.state for r in door.reports(desk.house.session()) if r.role)
    assert states == ["duplicate", "posted"]


def test_of_two_corrections_of_a_row_the_first_has_its_place_whatever_the_order_of_work(desk):
    _bad_date(desk)
    for name, text in (("a.xlsx", "first"), ("b.xlsx", "second")):
        book = desk.export()
        _row(book, "R2")["Transaction date"].value = MARCH
        _row(book, "R2")["Description"].value = text
        desk.drop(book, name)
    taken = desk.work()
    line = next(
        r for r in desk.door.active_lines(desk.house.session()) if r["transaction_id"] == "R2"
    )
    assert line["delivery"] == min(one.delivery for one in taken)
    assert desk.states()["rentals", 1, "CORRECTION_ANSWERED"] == "open"


def test_a_workbook_from_last_month_does_not_overrule_a_row_that_passes_by_now(desk, house):
    house.drop("rentals", DAY, [("R1", "31.03.2026", "5.00", "GBP", "x")])
    house.work(DAY)
    book = desk.export()
    house.edit_vendor("rentals", "columns:", 'dates: ["%Y-%m-%d", "%d.%m.%Y"]\ncolumns:')
    house.work(DAY)
    assert desk.ledger() == [("R1", "5.0000")]
    _row(book, "R1")["Amount"].value = "6.00"
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "5.0000")]
    assert desk.states() == {
        ("rentals", 1, "BAD_DATE"): "passed",
        ("rentals", 1, "CORRECTION_ANSWERED"): "open",
    }


def test_a_corrected_row_stands_where_the_refused_one_would_have_stood(desk, house):
    """The row of the first file comes first, also if its key came again before it was mended."""
    _bad_date(desk)
    house.drop("rentals", "2026-04-02", [("R2", MARCH, "51.00", "GBP", "stand")])
    house.work("2026-04-02")
    assert ("R2", "51.0000") in desk.ledger()
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
    assert desk.states()["rentals", 1, "KEY_CONFLICT"] == "open"


def test_a_conflict_of_keys_is_mended_by_a_number_of_its_own(desk, house, door):
    rows = [("R1", MARCH, "1.00", "GBP", "a"), ("R1", MARCH, "2.00", "GBP", "b")]
    delivery = house.drop("rentals", DAY, rows)
    house.work(DAY)
    book = desk.export()
    _row(book, "R1")["Transaction id"].value = "R1-b"
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "1.0000"), ("R1-b", "2.0000")]
    assert desk.states() == {("rentals", 2, "KEY_CONFLICT"): "corrected"}
    assert door.report_of(house.session(), delivery).dead_letters == 1


def test_a_row_of_a_key_with_ordinal_keeps_its_ordinal(desk, house):
    rows = [("L1", MARCH, "1.00", "GBP", "a"), ("L1", "x", "1.00", "GBP", "a")]
    house.drop("lodging", DAY, rows)
    house.work(DAY)
    book = desk.export()
    _row(book, "L1")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("L1", "1.0000"), ("L1", "1.0000")]


def test_rows_of_a_vendor_without_a_key_are_posted_once(desk, house):
    house.drop("petty", DAY, [("", "x", "1.00", "GBP", "a")])
    house.work(DAY)
    for name in ("a.xlsx", "b.xlsx"):
        book = desk.export("o.xlsx")
        _rows(book)[0]["Transaction date"].value = MARCH
        _rows(book)[0]["Description"].value = name
        desk.drop(book, name)
    desk.work()
    assert [amount for _, amount in desk.ledger()] == ["1.0000"]


def test_a_contract_that_refuses_the_correction_opens_the_dead_letter_again(desk, house):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    house.edit_vendor("rentals", "columns:", 'dates: ["%d.%m.%Y"]\ncolumns:')
    house.work(DAY)
    desk.work()
    assert desk.states()["rentals", 2, "BAD_DATE"] == "open"
    assert desk.ledger() == []
    house.edit_vendor("rentals", 'dates: ["%d.%m.%Y"]\n', "")
    house.work(DAY)
    desk.work()
    assert desk.states()["rentals", 2, "BAD_DATE"] == "corrected"
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]


def test_a_correction_that_is_refused_when_posting_is_corrected_again(desk, house, door):
    _bad_date(desk)
    book = desk.export()
    row = _row(book, "R2")
    row["Transaction date"].value, row["Transaction id"].value = MARCH, "R1"
    desk.drop(book)
    desk.work()
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "corrected",
        ("rentals", 1, "KEY_CONFLICT"): "open",
    }
    for name, text in (("b.xlsx", "second"), ("c.xlsx", "third")):
        again = desk.export()
        assert len(_rows(again)) == 1
        row = _row(again, "R1")
        assert (row["Transaction date"].value, row["Amount"].value) == (MARCH, "50.00")
        row["Transaction id"].value, row["Description"].value = "R2", text
        desk.drop(again, name)
    one, other = desk.work()
    line = _line(desk, "R2")
    assert line["delivery"] == min(one.delivery, other.delivery), "as among corrections of a row"
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "corrected",
        ("rentals", 1, "KEY_CONFLICT"): "corrected",
        ("rentals", 1, "CORRECTION_ANSWERED"): "open",
    }
    before = door.versions(house.session())
    desk.work()
    house.work(DAY)
    assert door.versions(house.session()) == before


def test_a_correction_that_is_withdrawn_leaves_its_row_to_the_one_that_came_later(desk, house):
    _bad_date(desk)
    for name, text in (("a.xlsx", "31.03.2026"), ("b.xlsx", MARCH)):
        book = desk.export()
        _row(book, "R2")["Transaction date"].value = text
        _row(book, "R2")["Description"].value = name
        desk.drop(book, name)
    house.edit_vendor("rentals", "columns:", 'dates: ["%Y-%m-%d", "%d.%m.%Y"]\ncolumns:')
    taken = {one.uri.rpartition("/")[2]: one.delivery for one in desk.work()}
    first = _line(desk, "R2")["description"]
    assert taken[first] == min(taken.values())
    other = "%d.%m.%Y" if first == "b.xlsx" else "%Y-%m-%d"
    kept = "a.xlsx" if first == "b.xlsx" else "b.xlsx"
    house.edit_vendor("rentals", '["%Y-%m-%d", "%d.%m.%Y"]', f'["{other}"]')
    house.work(DAY)
    desk.work()
    assert _line(desk, "R2")["description"] == kept
    (letter,) = [
        r
        for r in letters_now(house.session()).to_pylist()
        if r["row"] == 2 and r["delivery"] not in taken.values()
    ]
    assert (letter["state"], letter["resolved_by"]) == ("corrected", taken[kept])


def _line(desk, transaction_id):
    lines = desk.door.active_lines(desk.house.session())
    (found,) = [line for line in lines if line["transaction_id"] == transaction_id]
    return found


def test_what_was_corrected_stays_corrected_when_its_delivery_is_judged_again(desk, house):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    house.edit_vendor("rentals", "constants:", "ignore: [nothing]\nconstants:")
    house.work(DAY)
    assert desk.states()["rentals", 2, "BAD_DATE"] == "corrected"
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]


def test_a_waived_dead_letter_stays_waived_and_counts_and_can_be_reopened(desk, house, door):
    delivery = _bad_date(desk)
    (letter,) = door.open_letters(house.session())
    decide(house.session(), letter["id"][:12], waive=True, by="pat", why="written off")
    house.edit_vendor("rentals", "constants:", "ignore: [nothing]\nconstants:")
    house.work(DAY)
    assert desk.states() == {("rentals", 2, "BAD_DATE"): "waived"}
    assert door.report_of(house.session(), delivery).dead_letters == 1
    assert door.unlawful(house.session()) == []
    decide(house.session(), letter["id"], waive=False, by="kim", why="it was not")
    assert desk.states() == {("rentals", 2, "BAD_DATE"): "open"}


def test_a_file_that_is_no_workbook_of_ours_is_one_dead_letter(desk):
    (desk.folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (desk.folder / "torn.xlsx").write_bytes(b"PK\x03\x04 torn")
    desk.work()
    letters = desk.door.open_letters(desk.house.session())
    assert [letter["reasons"] for letter in letters] == [["NOT_THE_FORMAT"]] * 2


def test_a_workbook_that_lost_a_column_is_refused_as_a_whole(desk):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    book["Vendor invoices"].delete_cols(_row(book, "R2")["Description"].column)
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", None, "SCHEMA_DRIFT"] == "open"


def test_the_locks_of_open_workbooks_are_no_corrections(desk):
    (desk.folder / "~$mended.xlsx").write_bytes(b"x")
    (desk.folder / "notes.txt").write_text("x", encoding="utf-8")
    assert waiting_files(desk.house.session()) == []


FORMULAS = ["=1+1", "+44 20", "-5 off", "@home", "'quoted", "''twice", "=cmd|' /C calc'!A0"]


def test_a_csv_neutralises_formulas_and_its_correction_has_the_texts_as_they_were(desk, house):
    rows = [(f"R{n}", "x", "1.00", "GBP", text) for n, text in enumerate(FORMULAS)]
    house.drop("rentals", DAY, rows)
    house.work(DAY)
    file = desk.export("out.csv")
    with file.open(encoding="utf-8-sig", newline="") as text:
        found = list(csv.DictReader(text))
    assert len(found) == len(rows)
    for row in found:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        row["Transaction date"] = MARCH
    with (desk.folder / "mended.csv").open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    desk.work()
    lines = desk.door.active_lines(house.session())
    assert sorted(line["description"] for line in lines) == sorted(FORMULAS)


def test_a_csv_that_comes_back_as_it_went_out_answers_nothing(desk, house, door):
    house.drop("rentals", DAY, [("R1", "x", "-1.00", "GBP", text) for text in FORMULAS])
    house.work(DAY)
    file = desk.export("out.csv")
    (desk.folder / "same.csv").write_bytes(file.read_bytes())
    (taken,) = desk.work()
    report = door.report_of(house.session(), taken.delivery)
    assert (report.rows, report.blank_rows) == (0, len(FORMULAS))


def test_every_cell_of_the_workbook_is_text_and_only_fields_are_open(desk, house):
    house.drop("rentals", DAY, [("R1", "x", "1.00", "GBP", text) for text in FORMULAS])
    house.work(DAY)
    sheet = desk.export()["Vendor invoices"]
    assert sheet.protection.sheet
    head = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        assert {cell.data_type for cell in row if cell.value is not None} <= {"s", "inlineStr"}
        assert row[head["Reference"] - 1].protection.locked
        assert row[head["Vendor"] - 1].protection.locked
        assert not row[head["Amount"] - 1].protection.locked
    described = [row[head["Description"] - 1] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in described] == FORMULAS
    wrong = sheet.cell(row=2, column=head["Transaction date"])
    right = sheet.cell(row=2, column=head["Amount"])
    assert wrong.fill.fgColor.rgb != right.fill.fgColor.rgb
    assert "is not a date" in sheet.cell(row=2, column=wrong.column + 1).value
    assert sheet.freeze_panes
    assert sheet.auto_filter.ref
    assert {v.type for v in sheet.data_validations.dataValidation} == {"list"}


def test_the_corrections_of_yesterday_come_before_those_of_today(desk, house, door):
    _bad_date(desk)
    book = desk.export()
    _row(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book, "first.xlsx")
    desk.work(door.with_clock(house.session(), door.NOW))
    book = openpyxl.load_workbook(desk.folder / "first.xlsx")
    _row(book, "R2")["Amount"].value = "77.00"
    desk.drop(book, "second.xlsx")
    desk.work(door.with_clock(house.session(), door.NOW + timedelta(days=1)))
    assert ("R2", "50.0000") in desk.ledger()
    assert desk.states()["rentals", 1, "CORRECTION_ANSWERED"] == "open"


def test_columns_that_no_row_uses_are_folded_away_and_may_be_filled(desk):
    _bad_date(desk)
    book = desk.export()
    sheet, row = book["Vendor invoices"], _row(book, "R2")
    folded = {name for name, cell in row.items() if _column(sheet, cell).hidden}
    assert {"Supplier", "Invoice number"} <= folded
    assert not folded & {"Vendor", "Transaction date", "Amount", "Reference", "As exported"}
    assert not _column(sheet, row["Supplier"]).protection.locked
    row["Supplier"].value = "Lantern Prop House"
    row["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    named = [r["vendor_name"] for r in desk.door.active_lines(desk.house.session())]
    assert sorted(map(str, named)) == ["Lantern Prop House", "None"]


def _column(sheet, cell):
    columns = sheet.column_dimensions.values()
    (found,) = [one for one in columns if one.min <= cell.column <= one.max]
    return found
