"""A timecard's texts to a record and on to the table that rules are evaluated on."""

import csv
import io
import re
from datetime import date
from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cards import (
    TIMECARD_SCHEMA,
    card_text,
    card_values,
    cards_of,
    clock_change,
)
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.record import judge
from cost_pipeline.contracts.timecard import Timecard

GOOD = {
    "transaction_id": "C-1",
    "transaction_date": "2026-03-07",
    "worker_id": "W-17",
    "department_code": "2500",
    "gl_code": "2500-01",
    "union_category": "IATSE",
    "amount": "602.58",
    "currency": "USD",
    "agreement": "IATSE Basic",
    "craft": "grip",
    "engagement": "daily",
    "contract_type": "television",
    "rate": "54.78",
    "rate_unit": "hour",
    "week_ending": "2026-03-07",
    "workday": "6",
    "zone": "studio",
    "gross": "straight|8|1|54.78|438.24;overtime|2|1.5|54.78|164.34",
}
TEXTS = (
    *("transaction_id", "worker_id", "department_code", "gl_code", "union_category", "currency"),
    *("craft", "engagement", "contract_type", "rate_unit", "zone"),
)
ZONES = {"P100": "America/Los_Angeles"}


@pytest.fixture
def read(make_chunk, validate):
    def reads(**changes):
        row = {**GOOD, **changes}
        vendor = CostVendor.model_validate(
            {
                "vendor": "payday",
                "production": "P100",
                "record": "timecard",
                "source": {"kind": "folder", "path": "inbox"},
                "format": {"kind": "csv"},
                "key": ["transaction_id"],
                "columns": {name: [name] for name in row},
            }
        )
        return validate([make_chunk([tuple(row.values())], tuple(row))], vendor)

    return reads


@pytest.fixture
def card(read):
    def one(**changes):
        outcome = read(**changes)
        assert not outcome.dead_letters.num_rows, outcome.dead_letters.to_pylist()
        (found,) = cards_of(outcome.records, ZONES).to_pylist()
        return found

    return one


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("7", 420), ("7.0", 420), ("7.1", 426), ("07:06", 426), ("7:06:00", 426), ("0", 0)),
        *(("25.5", 1530), ("25:30", 1530), ("01:30+1", 1530), ("01:30 +1", 1530)),
        *(("2026-03-08 01:30", 1530), ("2026-03-08T01:30:00", 1530), ("24.25", 1455)),
    ],
)
def test_a_time_is_minutes_from_the_work_dates_midnight(card, text, minutes):
    assert card(wrap=text)["wrap"] == minutes


@pytest.mark.parametrize(
    "text",
    [
        *("7.333", "7.01", "-1", "7:60", "96:00", "7pm", "1:30 AM", "noon", "2026-02-30 01:00"),
        *("2026-03-06 23:00", "7:00+9", "\u0661\u0662", "1e1", "NaN", "7:00:30", "100"),
    ],
)
def test_a_time_that_is_none_is_refused(read, text):
    assert read(wrap=text).reasons == {1: ["BAD_TIME"]}


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        ("agreement", "IATSE 80", "BAD_CODE"),
        ("workday", "8", "BAD_CODE"),
        ("workday", "one", "BAD_CODE"),
        ("holiday", "maybe", "BAD_CODE"),
        ("days_off", "sat,someday", "BAD_CODE"),
        ("meals_supplied", '["lunch", 7]', "BAD_CODE"),
        ("rate", "-1", "BAD_AMOUNT"),
        ("rate", "1,000", "BAD_AMOUNT"),
        ("week_ending", "7 March", "BAD_DATE"),
        ("birthdate", "1850-01-01", "BAD_DATE"),
        ("gross", "straight|8|1|54.78", "BAD_GROSS_LINE"),
        ("gross", "golden|8|1|54.78|602.58", "BAD_GROSS_LINE"),
        ("gross", "straight|8|1|54.78|$602.58", "BAD_GROSS_LINE"),
        ("gross", '[{"category": "straight", "amount": "602.58", "note": "x"}]', "BAD_GROSS_LINE"),
        ("gross", "[not json", "BAD_GROSS_LINE"),
        ("gross", "straight|8|1|54.78|438.24", "GROSS_NOT_THE_SUM"),
        ("worker_id", "", "MISSING_FIELD"),
        ("craft", "", "MISSING_FIELD"),
        ("union_category", "DGA", "UNION_CATEGORY_MISMATCH"),
    ],
)
def test_each_broken_field_has_its_reason(read, field, text, reason):
    assert read(**{field: text}).reasons == {1: [reason]}


def test_words_are_read_whatever_their_case_and_dashes(card):
    found = card(zone="Studio-Zone", agreement="SAG-AFTRA", days_off="Sat; SUN", schedule="b")
    assert found["zone"] == "studio_zone"
    assert found["agreement"] == "sag_aftra"
    assert found["days_off"] == ["sat", "sun"]
    assert found["schedule"] == "B"


def test_gross_lines_are_the_same_packed_and_as_json(read):
    packed = read()
    listed = read(
        gross='[{"category": "straight", "quantity": 8, "multiplier": 1, "rate": 54.78,'
        ' "amount": "438.24"}, {"category": "overtime", "quantity": 2.0, "multiplier": 1.50,'
        ' "rate": "54.7800", "amount": 164.34}]'
    )
    assert listed.records["card"].to_pylist() == packed.records["card"].to_pylist()


def test_an_amount_of_a_gross_line_is_exact(card):
    (line,) = card(gross="other||||9007199254740993.01", amount="9007199254740993.01")["gross"]
    assert line["amount"] == Decimal("9007199254740993.01")
    assert line["quantity"] is None


def test_a_card_without_times_or_lines_is_lawful(card):
    found = card(gross="")
    assert found["gross"] == found["days_off"] == found["meals_supplied"] == []
    assert found["call"] is found["wrap"] is None


def test_an_impossible_card_is_lawful_text_and_for_the_evaluation_to_tell(card):
    assert card(call="20:00", wrap="02:00")["wrap"] == 120


def test_a_dated_prior_wrap_brings_its_own_work_date(card):
    found = card(prior_wrap="2026-03-06 22:30")
    assert (found["prior_work_date"], found["prior_wrap"]) == (date(2026, 3, 6), 1350)
    kept = card(prior_wrap="2026-03-07 02:00", prior_work_date="2026-03-06")
    assert (kept["prior_work_date"], kept["prior_wrap"]) == (date(2026, 3, 6), 1560)


@pytest.mark.parametrize(
    ("day", "change"),
    [
        # 2026-03-08 02:00 became 03:00; 2026-11-01 02:00 became 01:00.
        (date(2026, 3, 7), (27 * 60, 60)),
        (date(2026, 3, 8), (3 * 60, 60)),
        (date(2026, 3, 9), (-21 * 60, 60)),
        (date(2026, 10, 31), (26 * 60, -60)),
        (date(2026, 11, 1), (2 * 60, -60)),
        (date(2026, 7, 1), (0, 0)),
    ],
)
def test_a_clock_change_near_the_work_date_is_beside_the_card(card, day, change):
    assert clock_change("America/Los_Angeles", day) == change
    found = card(transaction_date=str(day), week_ending=str(day))
    assert (found["clock_shift_at"], found["clock_shift"]) == change


def test_a_production_without_a_time_zone_has_no_clock_change(read):
    (found,) = cards_of(read().records, {}).to_pylist()
    assert (found["clock_shift_at"], found["clock_shift"]) == (0, 0)


def test_the_same_card_again_is_the_same_text_and_a_changed_one_is_not(read):
    first, again = read(rate="54.780", holiday="no"), read(holiday="0")
    changed = read(call="7:00")
    assert first.records["card"] == again.records["card"]
    assert changed.records["card"] != again.records["card"]


@given(
    call=st.integers(0, 5759),
    rate=st.decimals(0, 10**9, places=4),
    words=st.lists(st.sampled_from(["mon", "tue", "sun"])),
    flag=st.none() | st.booleans(),
    born=st.none() | st.dates(date(1900, 1, 1), date(2099, 12, 31)),
)
def test_a_stored_card_is_the_card(call, rate, words, flag, born):
    values = {
        "vendor": "payday",
        "production": "P100",
        **{name: text for name, text in GOOD.items() if name in TEXTS},
        "agreement": "iatse_basic",
        "workday": 1,
        "amount": Decimal(1),
        "transaction_date": date(2026, 1, 1),
        "week_ending": date(2026, 1, 3),
        "call": call,
        "rate": rate,
        "days_off": tuple(words),
        "minor": flag,
        **({} if born is None else {"birthdate": born}),
    }
    card = judge(Timecard, values)
    assert isinstance(card, Timecard), card
    again = judge(Timecard, {**values, **card_values(card_text(card))})
    assert again == card


def test_the_example_of_the_interfaces_page_is_read(project_root, make_chunk, validate):
    page = (project_root / "docs" / "interfaces.md").read_text(encoding="utf-8")
    section = page.split("### Timecards")[1].split("### Which row stands")[0]
    (described,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (sent,) = re.findall(r"```csv\n(.*?)```", section, re.DOTALL)
    header, *rows = csv.reader(io.StringIO(sent))
    vendor = CostVendor.model_validate(yaml.safe_load(described))
    outcome = validate([make_chunk([tuple(row) for row in rows], tuple(header))], vendor)
    assert outcome.records.num_rows == len(rows) == 1
    assert outcome.dead_letters.num_rows == 0
    found = cards_of(outcome.records, ZONES)
    assert found.schema == TIMECARD_SCHEMA
    assert found["wrap"].to_pylist() == [17 * 60 + 30]
