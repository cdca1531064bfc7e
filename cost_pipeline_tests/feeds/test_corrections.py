"""The round trip: dead letters go out as a workbook and come back, mended, as a delivery."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta

import openpyxl
import pytest

from cost_pipeline.pipeline.dead_letters.corrections import waiting_files
from cost_pipeline.pipeline.dead_letters.decisions import decide
from cost_pipeline.pipeline.dead_letters.letters import letters_now
from cost_pipeline_tests.feeds.desk import DAY, MARCH, bad_date, row_of, rows_of


def test_a_mended_row_is_posted_and_resolves_its_dead_letter(desk, door):
    original = bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
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
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    before = door.versions(desk.house.session())
    assert desk.work() == []
    desk.house.work(DAY)
    assert door.versions(desk.house.session()) == before


def test_rows_that_nobody_touched_and_rows_that_were_deleted_stay_open(desk, door):
    bad_date(desk, ("R3", "later", "1.00", "GBP", "x"), ("R4", "never", "2.00", "GBP", "x"))
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    sheet = book["Vendor invoices"]
    sheet.delete_rows(row_of(book, "R4")["Amount"].row)
    desk.drop(book)
    (taken,) = desk.work()
    states = desk.states()
    assert [states["rentals", n, "BAD_DATE"] for n in (2, 3, 4)] == ["corrected", "open", "open"]
    report = door.report_of(desk.house.session(), taken.delivery)
    assert (report.rows, report.blank_rows) == (1, 1)


def test_a_row_that_is_still_wrong_is_a_dead_letter_of_the_correction(desk):
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = "in a while"
    desk.drop(book)
    desk.work()
    assert desk.states() == {
        ("rentals", 2, "BAD_DATE"): "open",
        ("rentals", 1, "BAD_DATE"): "open",
    }
    again = desk.export()
    assert len(rows_of(again)) == 1  # the row goes out once, not once for each try
    row_of(again, "R2")["Transaction date"].value = MARCH
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
    row = row_of(book, "R1")
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
    bad_date(desk)
    book = desk.export()
    row = row_of(book, "R2")
    row["Transaction date"].value = MARCH
    row["Amount"].value, row["Amount"].number_format = 10.123456, "0.00"
    desk.drop(book)
    desk.work()
    assert desk.states()["rentals", 1, "BAD_AMOUNT"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


def test_an_invented_row_answers_nothing(desk):
    bad_date(desk)
    book = desk.export()
    sheet = book["Vendor invoices"]
    column = row_of(book, "R2")["Amount"].column
    sheet.cell(row=sheet.max_row + 1, column=column).value = "7.00"
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 2, "CORRECTION_UNKNOWN"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


@pytest.mark.parametrize(("column", "value"), [("Vendor", "lodging"), ("Row in file", "1")])
def test_an_edited_identity_is_refused(desk, column, value):
    bad_date(desk)
    book = desk.export()
    row = row_of(book, "R2")
    row["Transaction date"].value = MARCH
    row[column].value = value
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 1, "CORRECTION_IDENTITY"] == "open"
    assert desk.ledger() == [("R1", "100.0000")]


def test_a_reference_copied_to_another_row_is_refused(desk):
    bad_date(desk, ("R3", "later", "1.00", "GBP", "x"))
    book = desk.export()
    row = row_of(book, "R3")
    row["Reference"].value = row_of(book, "R2")["Reference"].value
    desk.drop(book)
    desk.work()
    assert desk.states()["corrections", 2, "CORRECTION_IDENTITY"] == "open"


def test_the_same_workbook_twice_is_a_duplicate_delivery(desk, door):
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    (desk.folder / "copy.xlsx").write_bytes((desk.folder / "mended.xlsx").read_bytes())
    (taken,) = desk.work()
    assert taken.repeated
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
    states = sorted(r.state for r in door.reports(desk.house.session()) if r.role)
    assert states == ["duplicate", "posted"]


def test_a_corrected_row_stands_where_the_refused_one_would_have_stood(desk, house):
    """The row of the first file comes first, also if its key came again before it was mended."""
    bad_date(desk)
    house.drop("rentals", "2026-04-02", [("R2", MARCH, "51.00", "GBP", "stand")])
    house.work("2026-04-02")
    assert ("R2", "51.0000") in desk.ledger()
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("R1", "100.0000"), ("R2", "50.0000")]
    assert desk.states()["rentals", 1, "KEY_CONFLICT"] == "open"


def test_a_conflict_of_keys_is_mended_by_a_number_of_its_own(desk, house, door):
    rows = [("R1", MARCH, "1.00", "GBP", "a"), ("R1", MARCH, "2.00", "GBP", "b")]
    delivery = house.drop("rentals", DAY, rows)
    house.work(DAY)
    book = desk.export()
    row_of(book, "R1")["Transaction id"].value = "R1-b"
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
    row_of(book, "L1")["Transaction date"].value = MARCH
    desk.drop(book)
    desk.work()
    assert desk.ledger() == [("L1", "1.0000"), ("L1", "1.0000")]


def test_rows_of_a_vendor_without_a_key_are_posted_once(desk, house):
    house.drop("petty", DAY, [("", "x", "1.00", "GBP", "a")])
    house.work(DAY)
    for name in ("a.xlsx", "b.xlsx"):
        book = desk.export("o.xlsx")
        rows_of(book)[0]["Transaction date"].value = MARCH
        rows_of(book)[0]["Description"].value = name
        desk.drop(book, name)
    desk.work()
    assert [amount for _, amount in desk.ledger()] == ["1.0000"]


def test_a_waived_dead_letter_stays_waived_and_counts_and_can_be_reopened(desk, house, door):
    delivery = bad_date(desk)
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
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    book["Vendor invoices"].delete_cols(row_of(book, "R2")["Description"].column)
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
    bad_date(desk)
    book = desk.export()
    row_of(book, "R2")["Transaction date"].value = MARCH
    desk.drop(book, "first.xlsx")
    desk.work(door.with_clock(house.session(), door.NOW))
    book = openpyxl.load_workbook(desk.folder / "first.xlsx")
    row_of(book, "R2")["Amount"].value = "77.00"
    desk.drop(book, "second.xlsx")
    desk.work(door.with_clock(house.session(), door.NOW + timedelta(days=1)))
    assert ("R2", "50.0000") in desk.ledger()
    assert desk.states()["rentals", 1, "CORRECTION_ANSWERED"] == "open"


def test_columns_that_no_row_uses_are_folded_away_and_may_be_filled(desk):
    bad_date(desk)
    book = desk.export()
    sheet, row = book["Vendor invoices"], row_of(book, "R2")
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
