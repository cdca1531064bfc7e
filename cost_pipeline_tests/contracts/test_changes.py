"""Settings that change from a pull date on: which of them are in force when."""

from datetime import date

import pytest
from pydantic import ValidationError

from cost_pipeline.contracts.cost_vendor import CostVendor

PLAIN = {
    "vendor": "v", "production": "P100", "record": "vendor_invoice",
    "source": {"kind": "folder", "path": "inbox"}, "format": {"kind": "csv"},
    "dates": ["%m/%d/%Y"], "numbers": {"decimal": "."}, "key": ["transaction_id"],
    "columns": {"transaction_id": ["Id"], "transaction_date": ["Date"], "amount": ["Net"]},
}  # fmt: skip
JULY = {"from": "2026-07-01", "why": "another program", "dates": ["%d.%m.%Y"]}
OCTOBER = {"from": "2026-10-01", "why": "and another", "columns": {"amount": ["Betrag"]}}


def vendor(*changes, **more):
    return CostVendor.model_validate({**PLAIN, **more, "changes": [*changes]})


def test_the_settings_of_a_pull_date_are_those_of_the_last_change_up_to_it():
    found = vendor(JULY, OCTOBER)
    forms = {
        day: found.as_of(date.fromisoformat(day)).dates.forms[0]
        for day in ("1999-01-01", "2026-06-30", "2026-07-01", "2026-12-31")
    }
    assert forms == {
        "1999-01-01": "%m/%d/%Y", "2026-06-30": "%m/%d/%Y",
        "2026-07-01": "%d.%m.%Y", "2026-12-31": "%d.%m.%Y",
    }  # fmt: skip
    assert found.as_of(None) == found.as_of(date(2026, 10, 1))


def test_a_change_takes_the_place_of_whole_keys_and_holds_on_top_of_those_before():
    newest = vendor(JULY, OCTOBER).as_of(None)
    assert newest.columns == {"amount": ("Betrag",)}
    assert newest.dates.forms == ("%d.%m.%Y",)
    assert newest.numbers == vendor().numbers


def test_settings_have_no_changes_and_are_what_would_have_been_written_without_dates():
    before, after = (own for _, own in vendor(JULY).in_force)
    assert before == CostVendor.model_validate(PLAIN)
    assert after == CostVendor.model_validate({**PLAIN, "dates": JULY["dates"]})
    assert not before.changes
    assert before.as_of(date(2026, 8, 1)) is before


def test_a_dump_is_of_what_a_delivery_is_read_by():
    plain = CostVendor.model_validate(PLAIN)
    assert vendor(JULY).model_dump_json() == plain.model_dump_json()


def test_spans_cover_every_day_once():
    spans = [(since, upto) for since, upto, _ in vendor(JULY, OCTOBER).spans]
    assert spans == [
        (date.min, date(2026, 6, 30)),
        (date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 10, 1), date.max),
    ]
    assert [s for s, _, _ in vendor().spans] == [date.min]
    assert vendor(JULY, OCTOBER).since(date(2026, 9, 30)) == date(2026, 7, 1)


def test_what_follows_from_several_keys_follows_in_each_change():
    sides = {"from": "2026-07-01", "why": "x", "columns": {"amount": ["Soll", "Haben"]}}
    before, after = (own for _, own in vendor(sides).in_force)
    assert before.measure is None
    assert after.measure is not None
    assert (after.measure.debit, after.measure.credit) == (("Soll",), ("Haben",))


WRONG = {
    "later": ([OCTOBER, JULY], ("changes", 1, "from"), "must be later than 2026-10-01"),
    "once": ([JULY, JULY], ("changes", 1, "from"), "must be later than 2026-07-01"),
    "no day": ([{**JULY, "from": "20260701"}], ("changes", 0, "from"), "must be a day such as"),
    "no such day": ([{**JULY, "from": "2026-06-31"}], ("changes", 0, "from"), "a day such as"),
    "no reason": ([{**JULY, "why": " "}], ("changes", 0, "why"), "at least 1 character"),
    "nothing": ([{"from": "2026-07-01", "why": "x"}], ("changes", 0), "changes nothing"),
    "a value": ([{**JULY, "dates": ["%d"]}], ("changes", 0, "dates"), "does not hold day"),
    "several keys": ([{**JULY, "columns": {"credit_of": ["Of"]}}], ("changes", 0), "credit_note"),
    "no such key": ([{**JULY, "datse": []}], ("changes", 0, "datse"), "Extra inputs"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_in_a_change_is_placed_inside_it(name):
    changes, place, words = WRONG[name]
    with pytest.raises(ValidationError) as caught:
        vendor(*changes)
    (error,) = caught.value.errors()
    assert error["loc"] == place
    assert words in error["msg"]


FIXED = CostVendor.model_fields.keys() - {*CostVendor.changing, "measure", "changes"}


@pytest.mark.parametrize("key", sorted(FIXED))
def test_what_says_whose_records_they_are_and_where_they_come_from_cannot_change(key):
    with pytest.raises(ValidationError) as caught:
        vendor({**JULY, key: PLAIN.get(key, "x")})
    (error,) = caught.value.errors()
    assert error["loc"] == ("changes", 0, key)
    assert "cannot change on a date; what can is format, dates, numbers, amount," in error["msg"]


def test_a_mistake_that_a_later_entry_inherits_is_told_once():
    broken = {**JULY, "numbers": {"decimal": "comma"}}
    with pytest.raises(ValidationError) as caught:
        vendor(broken, {**OCTOBER, "dates": ["%q"]})
    places = [error["loc"] for error in caught.value.errors()]
    assert places == [("changes", 0, "numbers", "decimal"), ("changes", 1, "dates")]
