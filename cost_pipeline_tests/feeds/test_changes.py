"""Settings that change from a pull date on: each delivery is read by those of its first landing."""

from __future__ import annotations

from datetime import date

import pytest

from cost_pipeline.pipeline.dead_letters.rows import texts_of
from cost_pipeline.pipeline.validation.drift import accept, schemas_of
from cost_pipeline.pipeline.validation.look_alikes import nothing_looks_alike
from cost_pipeline.pipeline.validation.read_as import read_as
from cost_pipeline.pipeline.validation.replay import behind
from cost_pipeline.pipeline.validation.totals import dates_without_total
from cost_pipeline_tests.feeds.desk import line_of, row_of

FIRST, LAST, NEW, LATER = "2026-04-01", "2026-04-02", "2026-04-03", "2026-04-06"
CHANGE = """
changes:
  - from: 2026-04-03
    why: They moved to another program
    dates: ["%d/%m/%Y"]
    numbers: {decimal: ",", thousands: "."}
    format: {kind: csv, delimiter: ";"}
    columns:
      transaction_id: [Beleg]
      transaction_date: [Datum]
      amount: [Betrag]
      currency: [W]
      description: [Text]
"""
FUTURE = """  - from: 2026-05-01
    why: They will move once more
    dates: ["%Y-%m-%d"]
"""


def old(*rows):
    """A file as it was before the change: months first, points in amounts."""
    lines = ["id,date,amount,currency,text", *rows]
    return "\n".join(lines).encode() + b"\n"


def new(*rows):
    """A file as it is from the change on: days first, commas in amounts."""
    lines = ["Beleg;Datum;Betrag;W;Text", *rows]
    return "\n".join(lines).encode() + b"\n"


@pytest.fixture
def changed(house):
    """A house whose vendor `rentals` changes its settings on 3 April."""
    house.edit_vendor("rentals", "columns:\n", 'dates: ["%m/%d/%Y"]\ncolumns:\n')
    _add(house, CHANGE)
    return house


def _add(house, text):
    place = house.root / "vendors" / "rentals.yaml"
    place.write_text(place.read_text(encoding="utf-8") + text, encoding="utf-8")


def _lines(door, house):
    return {
        line["transaction_id"]: (str(line["transaction_date"]), str(line["original_amount"]))
        for line in door.active_lines(house.session())
    }


def test_each_delivery_is_read_by_the_settings_of_its_pull_date(changed, door):
    changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x"))
    changed.drop("rentals", NEW, new("B1;02/04/2026;1.234,50;GBP;x"))
    changed.work(NEW, LAST)
    assert _lines(door, changed) == {
        "A1": ("2026-04-02", "1.5000"),
        "B1": ("2026-04-02", "1234.5000"),
    }
    assert door.unlawful(changed.session()) == []


def test_what_comes_with_the_settings_of_another_date_is_refused_and_not_guessed(changed, door):
    changed.drop("rentals", NEW, old("A1,04/02/2026,1.50,GBP,x"))
    changed.work(NEW)
    assert _lines(door, changed) == {}
    assert set(door.open_reasons(changed.session())) == {"SCHEMA_DRIFT"}


def test_a_change_that_is_added_for_later_reads_nothing_again(changed, door):
    changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x", "A2,soon,1,GBP,x"))
    changed.drop("rentals", NEW, new("B1;02/04/2026;1,50;GBP;x"))
    changed.work(LAST, NEW)
    before = door.versions(changed.session())
    _add(changed, FUTURE)
    assert behind(changed.session()) == []
    changed.work(LAST, NEW)
    assert door.versions(changed.session()) == before


def test_declaring_what_changed_reads_only_what_came_since(house, door):
    house.edit_vendor("rentals", "columns:\n", 'dates: ["%m/%d/%Y"]\ncolumns:\n')
    house.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x"))
    new_one = house.drop("rentals", NEW, new("B1;02/04/2026;1,50;GBP;x"))
    house.work(LAST, NEW)
    assert set(_lines(door, house)) == {"A1"}
    _add(house, CHANGE)
    assert [one.delivery for one in behind(house.session())] == [new_one]
    house.work(NEW)
    assert set(_lines(door, house)) == {"A1", "B1"}
    assert door.open_reasons(house.session()) == {}


def test_a_changed_change_reads_only_its_own_deliveries_again(changed):
    changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x"))
    new_one = changed.drop("rentals", NEW, new("B1;02/04/2026;1,50;GBP;x"))
    changed.work(LAST, NEW)
    changed.edit_vendor("rentals", '"%d/%m/%Y"', '"%d/%m/%Y", "%d.%m.%Y"')
    assert [one.delivery for one in behind(changed.session())] == [new_one]


def test_bytes_that_come_again_after_the_change_are_read_as_they_first_were(changed, door):
    content = old("A1,04/02/2026,1.50,GBP,x")
    changed.drop("rentals", LAST, content)
    changed.work(LAST)
    before = _lines(door, changed)
    changed.drop("rentals", NEW, content)
    changed.work(NEW)
    assert _lines(door, changed) == before == {"A1": ("2026-04-02", "1.5000")}
    assert door.open_reasons(changed.session()) == {}


def test_an_earlier_landing_that_turns_up_makes_a_delivery_read_again(changed, door):
    content = old("A1,04/02/2026,1.50,GBP,x")
    changed.drop("rentals", NEW, content)
    changed.work(NEW)
    assert _lines(door, changed) == {}
    changed.drop("rentals", LAST, content)
    changed.work(LAST, NEW)
    assert set(_lines(door, changed)) == {"A1"}
    assert door.open_reasons(changed.session()) == {}


def test_days_near_the_pull_go_with_the_settings_of_the_pull(house, door):
    house.edit_vendor("rentals", "columns:\n", 'dates: ["%m/%d/%Y"]\ncolumns:\n')
    near = '    dates: {forms: ["%d/%m"], year: nearest}\n'
    _add(house, "\nchanges:\n  - from: 2026-04-03\n    why: No more years\n" + near)
    house.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x"))
    house.drop("rentals", NEW, old("B1,02/04,1.50,GBP,x"))
    house.work(LAST, NEW)
    assert {day for day, _ in _lines(door, house).values()} == {"2026-04-02"}
    assert behind(house.session()) == []


def test_what_was_read_is_traced_by_the_settings_that_read_it(changed):
    first = changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,x"))
    second = changed.drop("rentals", NEW, new("B1;02/04/2026;1,50;GBP;x"))
    session = changed.session()
    changed.work(LAST, NEW)
    assert texts_of(session, "rentals", first, [1]) == {1: (2, "A1,04/02/2026,1.50,GBP,x")}
    assert texts_of(session, "rentals", second, [1]) == {1: (2, "B1;02/04/2026;1,50;GBP;x")}
    read = [read_as(session, "rentals", one) for one in (first, second)]
    assert [one.dates.forms for one in read] == [("%m/%d/%Y",), ("%d/%m/%Y",)]


def test_a_delivery_that_was_not_read_yet_is_shown_by_its_own_settings(changed):
    second = changed.drop("rentals", NEW, new("B1;02/04/2026;1,50;GBP;x"))
    changed.pull(NEW)
    (changed.root / "lake" / "interpretations").rename(changed.root / "gone")
    assert read_as(changed.session(), "rentals", second).format.delimiter == ";"


def _many(write, prefix, row):
    return write(*(row.format(id=f"{prefix}{n}") for n in range(20)))


OLD_ROW, NEW_ROW = "{id},04/02/2026,1.50,GBP,Lens set", "{id};02/04/2026;1,50;GBP;Lens set"


def test_a_declared_change_is_no_drift_on_its_date(changed):
    changed.drop("rentals", FIRST, _many(old, "A", OLD_ROW))
    changed.drop("rentals", LAST, _many(old, "B", OLD_ROW))
    changed.drop("rentals", NEW, _many(new, "C", NEW_ROW))
    changed.drop("rentals", LATER, _many(new, "D", NEW_ROW))
    changed.work(LATER, NEW, LAST, FIRST)
    reports = schemas_of(changed.session(), ["rentals"])
    assert [(str(r.pull_date), r.red) for r in reports] == [
        (FIRST, ()), (LAST, ()), (NEW, ()), (LATER, ()),
    ]  # fmt: skip
    assert [str(r.accepted.pull_date) for r in reports] == [FIRST, FIRST, NEW, NEW]


def test_an_undeclared_change_is_drift_before_and_after_a_declared_one(changed):
    surprise = b"id,date,amount,currency,text,Surprise\nA9,04/02/2026,1.50,GBP,x,y\n"
    changed.drop("rentals", FIRST, _many(old, "A", OLD_ROW))
    changed.drop("rentals", LAST, surprise)
    changed.drop("rentals", NEW, _many(new, "C", NEW_ROW))
    changed.drop("rentals", LATER, new("D1;02/04/2026;1,50;GBP;x").replace(b"Text", b"Worte"))
    changed.work(FIRST, LAST, NEW, LATER)
    session = changed.session()
    told = {str(r.pull_date): [d.change.value for d in r.red] for r in schemas_of(session)}
    assert told[FIRST] == told[NEW] == []
    assert told[LAST] == ["new"]
    assert told[LATER]
    accept(session, "rentals", by="A. Person", reason="they said so")
    after = {str(r.pull_date): bool(r.red) for r in schemas_of(session)}
    assert after == {FIRST: False, LAST: True, NEW: False, LATER: False}


def test_a_total_is_required_where_the_settings_of_the_date_require_it(house):
    required = "    format: {kind: csv, control_total: {required: true}}\n"
    _add(house, "\nchanges:\n  - from: 2026-04-03\n    why: Totals now\n" + required)
    for day in (LAST, NEW):
        house.drop("rentals", day, old(f"{day},{day},1.50,GBP,x"))
    house.work(LAST, NEW)
    dates = [date.fromisoformat(LAST), date.fromisoformat(NEW)]
    assert dates_without_total(house.session(), dates) == {dates[1]: dates[1]}


def test_ids_are_looked_at_where_the_settings_of_the_date_do_not_say_how_they_are_written(house):
    _add(house, "\nchanges:\n  - {from: 2026-04-03, why: x, ids: {leading_zeros: drop}}\n")
    house.drop("rentals", FIRST, old("A1,2026-04-01,1.50,GBP,x"))
    house.drop("rentals", LAST, old("0A1,2026-04-01,2.50,GBP,x"))
    house.drop("rentals", NEW, old("00A1,2026-04-01,1.50,GBP,x"))
    house.work(FIRST, LAST, NEW)
    told = {
        day: nothing_looks_alike(house.session(), "rentals", date.fromisoformat(day)).passed
        for day in (LAST, NEW)
    }
    assert told == {LAST: False, NEW: True}


def test_a_row_of_the_old_settings_and_one_of_the_new_are_corrected_in_one_workbook(
    changed, desk, door
):
    changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,", "A2,04/02/2026,1.50,GPB,x"))
    changed.drop("rentals", NEW, new("B1;02/04/2026;1.500,50;GBP;x", "B2;03/04/2026;1,50;GPB;x"))
    changed.work(LAST, NEW)
    book = desk.export()
    for name in ("A2", "B2"):
        row_of(book, name)["Currency"].value = "GBP"
    row_of(book, "B2")["Amount"].value = 2500.5
    row_of(book, "A2")["Transaction date"].value = date(2026, 4, 1)
    desk.drop(book)
    desk.work()
    assert door.open_reasons(changed.session()) == {}
    found = {name: line_of(desk, name) for name in ("A2", "B2")}
    told = {n: (str(r["transaction_date"]), str(r["original_amount"])) for n, r in found.items()}
    assert told == {"A2": ("2026-04-01", "1.5000"), "B2": ("2026-04-03", "2500.5000")}


def test_a_correction_is_read_again_only_for_what_could_have_read_it_otherwise(changed, desk, door):
    changed.drop("rentals", LAST, old("A2,04/02/2026,1.50,GPB,x"))
    changed.work(LAST)
    book = desk.export()
    row_of(book, "A2")["Currency"].value = "GBP"
    desk.drop(book)
    desk.work()
    before = door.versions(changed.session())
    _add(changed, FUTURE)
    assert behind(changed.session()) == []
    desk.work()
    assert door.versions(changed.session()) == before
    changed.edit_vendor("rentals", '"%m/%d/%Y"', '"%m/%d/%Y", "%m-%d-%Y"')
    assert len(behind(changed.session())) == 2


def test_a_correction_that_is_refused_when_posting_is_exported_in_the_style_of_its_row(
    changed, desk, door
):
    changed.drop("rentals", LAST, old("A1,04/02/2026,1.50,GBP,"))
    changed.drop("rentals", NEW, new("B1;02/04/2026;7,00;GBP;x", "B2;02/04/2026;7,00;GPB;x"))
    changed.work(LAST, NEW)
    book = desk.export()
    row = row_of(book, "B2")
    row["Currency"].value, row["Transaction id"].value = "GBP", "B1"
    row["Transaction date"].value, row["Amount"].value = date(2026, 4, 1), 2.5
    desk.drop(book)
    desk.work()
    assert door.open_reasons(changed.session()) == {"KEY_CONFLICT": 1}
    again = desk.export("again.xlsx")
    row = row_of(again, "B1")
    assert (row["Transaction date"].value, row["Amount"].value) == ("01/04/2026", "2,5")
    row["Transaction id"].value = "B2"
    desk.drop(again, "again.xlsx")
    desk.work()
    line = line_of(desk, "B2")
    assert str(line["transaction_date"]) == "2026-04-01"
    assert str(line["original_amount"]) == "2.5000"


def test_a_file_that_is_cut_before_the_change_and_whole_after_it_is_compared_as_it_was_read(
    changed, door
):
    whole = old("A1,04/02/2026,1.50,GBP,x", "A2,04/02/2026,2.50,GBP,y")
    changed.edit_vendor("rentals", "{pull_date:%Y-%m-%d}*.csv", "*.csv")
    place = changed.root / "inbox" / "rentals" / "costs.csv"
    place.write_bytes(whole[:-8])
    changed.work(LAST)
    place.write_bytes(whole)
    changed.edit_vendor("rentals", "from: 2026-04-03", "from: 2026-04-06")
    changed.work(NEW)
    assert _lines(door, changed) == {
        "A1": ("2026-04-02", "1.5000"),
        "A2": ("2026-04-02", "2.5000"),
    }
    assert door.open_reasons(changed.session()) == {}
