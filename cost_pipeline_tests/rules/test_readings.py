"""Where the sources leave open what is meant: no wrong number, and no silence."""

from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, findings, line, only

D = Decimal
PAID = {"gross": [line("straight", "480", 1)]}
NO_MEAL = {"meal1_out": None, "meal1_in": None}


@pytest.mark.parametrize(
    ("craft", "engagement", "severity"),
    [("key_grip", "weekly", "flag"), ("boom_operator", "daily", "flag"), ("grip", "daily", "ok")],
)
def test_a_ninth_hour_that_nobody_worked_may_be_straight(craft, engagement, severity):
    card = GRIP | PAID | {"craft": craft, "engagement": engagement, "wrap": at("15:30")}
    found = only(findings(card), "iatse.min_call.daily")
    assert found["severity"] == severity
    if severity == "flag":
        assert found["due"] == D("570.00")
        assert "if hours not worked are straight, $540.00" in found["explanation"]


def test_a_day_that_is_paid_below_its_straight_hours_still_blocks():
    short = {"gross": [line("straight", "420", 1)]}
    card = GRIP | short | {"craft": "key_grip", "engagement": "weekly", "wrap": at("16:30")}
    assert only(findings(card), "iatse.min_call.daily")["severity"] == "block"


@pytest.mark.parametrize(("zone", "severity"), [("distant", "flag"), ("nearby", "block")])
def test_past_fifteen_hours_of_a_distant_sixth_day_is_a_flag_with_both_sums(zone, severity):
    card = GRIP | PAID | {"zone": zone, "workday": 6, "wrap": at("23:00")}
    found = only(findings(card), "iatse.gold.triple_15")
    assert (found["due"], found["severity"]) == (D("270.00"), severity)
    assert ("at 3x, as this 6th day is straight time, $180.00" in found["explanation"]) == (
        zone == "distant"
    )


def test_a_holiday_worked_on_call_is_not_passed_over():
    on_call = {"craft": "art_director", "engagement": "on_call", "rate_unit": "week",
               "rate": D(5000)}  # fmt: skip
    found = only(findings(GRIP | on_call | {"holiday": True}), "iatse.holidays")
    assert found["severity"] == "not_evaluated"
    assert "what a holiday worked on call pays is in no pack" in found["explanation"]
    assert not [f for f in findings(GRIP | on_call) if f["rule"] == "iatse.holidays"]


@pytest.mark.parametrize(
    ("contract_type", "season", "said"),
    [
        ("television", None, "the card does not say the season"),
        ("television", 1, "sideletters leave out the holidays of a first season"),
        ("television", 3, "a holiday not worked"),
        ("theatrical", None, "a holiday not worked"),
    ],
)
def test_a_holiday_not_worked_on_television_needs_the_season(contract_type, season, said):
    card = GRIP | NO_MEAL | {
        "craft": "key_grip", "engagement": "weekly", "day_type": "holiday", "holiday": True,
        "call": None, "wrap": None, "contract_type": contract_type, "season": season,
    }  # fmt: skip
    assert said in only(findings(card), "iatse.holidays")["explanation"]


def test_french_hours_of_a_performer_are_a_flag_and_of_a_crew_an_excuse():
    french = NO_MEAL | PAID | {"french_hours": True, "wrap": at("14:00")}
    performer = only(findings(PERFORMER | french), "sag.meal.penalty.principal")
    assert (performer["due"], performer["severity"]) == (D("60.00"), "flag")
    assert "nothing if French hours excuse performers" in performer["explanation"]
    late = only(findings(PERFORMER | french | {"french_hours": False}), performer["rule"])
    assert (late["due"], late["severity"]) == (D("60.00"), "block")
    crew = only(findings(GRIP | french), "iatse.meal.penalty.general")
    assert (crew["due"], crew["severity"]) == (0, "ok")


def test_a_fifteenth_day_in_a_row_is_dearer_until_there_was_enough_rest():
    asa = GRIP | {"agreement": "iatse_area_standards", "craft": "key", "local": "52",
                  "prior_wrap": None, "wrap": at("15:30")}  # fmt: skip
    row = [asa | {"work_date": date(2026, 3, day)} for day in range(2, 17)]
    row[-1] |= {"wrap": at("28:00")}
    # A day off, but no more than 31 hours: the 17th is left out.
    back = asa | {"work_date": date(2026, 3, 18), "call": at("11:00"), "wrap": at("19:30"),
                  "meal1_out": at("15:00"), "meal1_in": at("15:30")}  # fmt: skip
    after = asa | {"work_date": date(2026, 3, 19)}
    rested = asa | {"work_date": date(2026, 3, 22)}
    found = [f for f in findings(*row, back, after, rested) if f["rule"] == "asa.fifteenth_day"]
    assert [f["work_date"].day for f in found] == [16, 18, 19]
    assert "day 15 in a row" in found[0]["explanation"]
    assert "without 32.0 h of rest since 14 days in a row" in found[1]["explanation"]


def by_week(cards):
    """Of weekly overtime on the last of these cards: due, paid and how grave it is."""
    rule, last = "sag.ot.weekly_theatrical", cards[-1]["work_date"]
    (found,) = [f for f in findings(*cards) if f["rule"] == rule and f["work_date"] == last]
    return found["due"], found["paid"], found["severity"]


def test_what_is_paid_for_travel_or_a_sixth_day_is_not_the_weeks_overtime():
    weekly = PERFORMER | {"engagement": "weekly", "schedule": "B", "rate": D(4400),
                          "rate_unit": "week"}  # fmt: skip
    days = [
        weekly | {"work_date": date(2025, 3, 3 + day), "workday": day + 1, "wrap": at("17:18"),
                  "gross": [line("straight", "880", 1)]}
        for day in range(5)
    ]  # fmt: skip
    assert by_week(days) == (D("750.00"), 0, "block")
    # Two hours past ten that a journey caused, at 1.5x.
    days[0] |= {"wrap": at("19:30"), "travel_from_start": at("17:30"),
                "travel_from_end": at("19:30"),
                "gross": [line("straight", "880", 1), line("overtime", "300", "1.5")]}  # fmt: skip
    assert by_week(days) == (D("780.00"), 0, "block")
    sixth = weekly | {"work_date": date(2025, 3, 8), "workday": 6, "wrap": at("15:30"),
                      "gross": [line("premium", "1320", "1.5")]}  # fmt: skip
    assert by_week([*days, sixth]) == (D("780.00"), 0, "block")


def test_golden_time_that_may_go_on_is_not_counted_as_straight():
    far = GRIP | {"zone": "distant", "off_production": True, "prior_wrap": None}
    first = far | {"work_date": date(2026, 3, 2), "workday": 1, "wrap": at("22:00")}
    for call, evaluated in (("5:30", False), ("6:00", True)):
        second = far | {"call": at(call), "meal1_out": at("11:00"), "meal1_in": at("11:30")}
        found = [f for f in findings(first, second) if f["work_date"] == second["work_date"]]
        minimum = only(found, "iatse.min_call.daily")
        assert (minimum["severity"] != "not_evaluated") == evaluated
    short = first | {"wrap": at("21:00"), "call": at("8:00")}
    second = far | {"call": at("4:30"), "meal1_out": at("10:00"), "meal1_in": at("10:30")}
    found = [f for f in findings(short, second) if f["work_date"] == second["work_date"]]
    assert only(found, "iatse.min_call.daily")["severity"] != "not_evaluated"


@pytest.mark.parametrize(
    ("told", "severity"),
    [
        ({"ndm_start": at("9:00"), "ndm_end": at("9:30")}, "not_evaluated"),
        ({"ndm_start": at("9:00"), "adjustments": ["non_deductible_meal"]}, "flag"),
        ({}, None),
    ],
)
def test_a_drivers_non_deductible_meal_is_not_passed_over(told, severity):
    """12.50 where it is reimbursed; the times of one do not say whether it was supplied."""
    driver = GRIP | {"agreement": "teamsters_399", "craft": "driver", "zone": "bus_to"} | told
    found = [f for f in findings(driver) if f["rule"] == "t399.meal.non_deductible"]
    assert [f["severity"] for f in found] == ([] if severity is None else [severity])
    if severity == "not_evaluated":
        assert "does not say whether it was reimbursed" in found[0]["explanation"]


def test_a_production_fee_on_a_card_is_not_passed_over():
    """The facts have its sums and not when one is due."""
    staff = GRIP | {"agreement": "dga", "craft": "first_assistant_director", "rate": D(6676)}
    card = staff | {"engagement": "weekly", "rate_unit": "week", "adjustments": ["production_fee"]}
    found = only(findings(card), "dga.allowances")
    assert found["severity"] == "not_evaluated"
    assert "no sum for production_fee" in found["explanation"]
