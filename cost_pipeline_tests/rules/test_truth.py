"""What findings say, and when they block; what each rule gives at its borders is in `tables`."""

from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, each, findings, line, only

D = Decimal


def _late(card, half_hours):
    late = at("13:00") + 30 * half_hours
    return card | {"meal1_out": late, "meal1_in": late + 30, "wrap": late + 60}


def test_a_weekly_guarantee_is_straight_hours_and_time_and_a_half():
    week = [
        GRIP
        | {
            "craft": "key_grip",
            "engagement": "weekly",
            "rate": D("59.80"),
            "guaranteed_hours": D(54),
            "work_date": date(2025, 3, 3 + day),
            "week_ending": date(2025, 3, 8),
            "workday": day + 1,
        }
        for day in range(5)
    ]
    short = [card | {"worker_id": "W-2"} for card in week[:3]]
    found = [f for f in findings(*week, *short) if f["rule"] == "iatse.weekly_guarantee.formula"]
    assert [f["due"] for f in found] == [D("3647.80"), None]
    assert found[1]["severity"] == "not_evaluated"
    assert "3 cards" in found[1]["explanation"]


def test_a_meal_that_was_supplied_is_not_owed():
    card = PERFORMER | {"zone": "distant", "meals_supplied": ["lunch"], "per_diem_paid": D(53)}
    found = only(findings(card), "sag.per_diem.c")
    assert (found["due"], found["severity"]) == (D(53), "ok")


def test_a_forced_call_in_the_words_of_a_payroll_accountant():
    card = PERFORMER | {"prior_wrap": at("26:30"), "call": at("11:00"), "meal1_out": None,
                        "meal1_in": None, "wrap": at("16:00")}  # fmt: skip
    found = only(findings(card), "sag.forced_call.day")
    assert found["due"] == D(950)
    assert found["severity"] == "flag"  # two sources disagree on the cap
    assert found["explanation"].startswith(
        "wrap 02:30, next call 11:00: 8.5 h rest, 12.0 h due, forced call: the lesser of"
        " $1,246.00 and $950.00"
    )
    assert "In dispute" in found["explanation"]


@pytest.mark.parametrize(
    ("contract_type", "season", "severity"),
    [
        ("theatrical", None, "block"),
        ("television", 3, "block"),
        ("television", 2, "flag"),
        ("television", None, "flag"),
        ("new_media", 1, "flag"),
    ],
)
def test_the_minimum_is_certain_where_its_wage_schedule_is(contract_type, season, severity):
    """59.80 less 3 % is the minimum of a first season of an hour: 58.01."""
    card = GRIP | {"craft": "key_grip", "engagement": "weekly", "rate": D("62.18")}
    found = findings(card | {"contract_type": contract_type, "season": season})
    scale = only(found, "iatse.scale.l80.1st_company_grip.2025-08-03")
    assert (scale["due"], scale["severity"]) == (D("62.19"), severity)
    assert ("3 % less" in scale["explanation"]) == (severity == "flag")


def test_what_the_agreement_calls_the_prevailing_rate_is_a_flag_and_says_how_it_is_read():
    week = [
        GRIP | {"meal1_out": None, "meal1_in": None, "wrap": at("16:30"), "workday": day + 1,
                "work_date": date(2025, 3, 3 + day), "gross": [line("meal_penalty", "7.50")]}
        for day in range(5)
    ]  # fmt: skip
    found = [f for f in findings(*week) if f["rule"] == "iatse.meal.penalty.general"]
    assert [f["severity"] for f in found] == ["block"] * 2 + ["flag"] * 3
    assert "20 of a week" in found[-1]["explanation"]
    assert "(read as the multiple of the day)" in found[-1]["explanation"]


def test_the_benefit_hours_of_a_week_on_call_are_said_on_its_last_card():
    call = {"craft": "art_director", "engagement": "on_call", "rate": D(5000), "rate_unit": "week"}
    cards = [
        GRIP | call | {"worker_id": f"W-{days}", "workday": day + 1,
                       "work_date": date(2025, 3, 2 + day)}
        for days in (1, 4, 5, 6, 7)
        for day in range(days)
    ]  # fmt: skip
    found = [f for f in findings(*cards) if f["rule"] == "iatse.ph.oncall_hours"]
    assert [f["explanation"] for f in found] == [
        f"{days} worked in the week: {hours}.0 h of benefits are credited"
        for days, hours in
        (("1 day", 14), ("4 days", 56), ("5 days", 70), ("6 days", 82), ("7 days", 94))
    ]  # fmt: skip
    assert {f["severity"] for f in found} == {"ok"}


def test_what_was_paid_too_little_blocks_and_too_much_is_a_flag():
    wages = [line("straight", "480", "1"), line("overtime", "180", "1.5")]
    paid = GRIP | {"gross": wages, "worker_id": "paid"}
    short = GRIP | {"gross": wages[:1], "worker_id": "short"}
    more = GRIP | {"gross": [*wages, line("meal_penalty", "7.50")], "worker_id": "more"}
    found = {(f["worker_id"], f["rule"]): f for f in findings(paid, short, more)}
    paid, short = (found[name, "iatse.ot.daily_weekly"] for name in ("paid", "short"))
    over = found["more", "iatse.meal.penalty.general"]
    assert (paid["due"], paid["paid"], paid["severity"]) == (D(180), D(180), "ok")
    assert (short["difference"], short["severity"]) == (D(180), "block")
    assert (over["difference"], over["severity"]) == (D("-7.50"), "flag")


def test_a_day_performers_readings_that_pay_more_than_another_are_flags():
    cheap = PERFORMER | {"wrap": at("15:30"), "gross": [line("straight", "700", "1")]}
    short = cheap | {"wrap": at("12:00"), "meal1_out": None, "meal1_in": None}
    dear = PERFORMER | {"workday": 6, "rate": D(3000), "gross": cheap["gross"]}
    full, part = each([cheap, short], "sag.ot.day_performer")
    assert (full["severity"], part["severity"]) == ("block", "flag")
    assert "by the hour, as another reading has it, $778.75" in part["explanation"]
    cards = [cheap | {"workday": 6}, short | {"workday": 6}, dear]
    found = each(cards, "sag.premium.sixth_seventh")
    assert [finding["severity"] for finding in found] == ["block", "flag", "flag"]


def test_a_rule_after_the_term_of_its_agreement_is_a_flag_and_says_so():
    late = _late(PERFORMER, 1) | {"gross": [line("straight", "1246", "1")]}
    days = [late | {"work_date": date(2026, 6, 30)}, late | {"work_date": date(2026, 7, 1)}]
    before, after = each(days, "sag.meal.penalty.principal")
    assert (before["severity"], after["severity"]) == ("block", "flag")
    assert "was not seen" in after["explanation"]


def test_a_clock_change_is_counted_in_rest_and_in_hours():
    spring = GRIP | {"clock_shift_at": 180, "clock_shift": 60, "prior_wrap": at("21:00")}
    night = spring | {"call": 0, "meal1_out": 360, "meal1_in": 390, "wrap": 660, "prior_wrap": 600}
    found = findings(spring | {"worker_id": "day"}, night | {"worker_id": "night"})
    words = {(f["worker_id"], f["rule"]): f["explanation"] for f in found}
    assert "9.0 h rest" in words["day", "iatse.rest.daily"]
    assert "9.5 h worked" in words["night", "iatse.ot.daily_weekly"]


def test_make_up_removal_in_the_night_of_a_clock_change_is_in_minutes_that_passed():
    """Wrap 1:51, dismissal 2:06 when clocks went back at 2:00: an hour and a quarter later."""
    night = PERFORMER | {"work_date": date(2024, 11, 2), "prior_wrap": None, "call": at("14:00"),
                         "meal1_out": at("19:00"), "meal1_in": at("19:30"), "wrap": at("25:51"),
                         "dismissal": at("26:06"), "clock_shift_at": 24 * 60 + 120,
                         "clock_shift": -60}  # fmt: skip
    monday = PERFORMER | {"work_date": date(2024, 11, 4), "prior_wrap": None, "workday": 1,
                          "call": at("13:00"), "meal1_out": at("18:00"), "meal1_in": at("18:30"),
                          "wrap": at("20:00"), "clock_shift_at": 120 - 24 * 60,
                          "clock_shift": -60}  # fmt: skip
    found = only(findings(night, monday), "sag.rest.weekly")
    assert "35:09 h rest, 36.0 h due" in found["explanation"]


def test_a_weekend_that_a_reason_on_no_card_may_shorten_is_a_flag():
    """Basic Agreement: 54 hours, 50 for night exteriors, restricted access and safety delays."""
    monday = GRIP | {
        "work_date": date(2026, 3, 2),
        "workday": 1,
        "prior_work_date": date(2026, 2, 27),
        "gross": [line("straight", "480")],
    }
    ends = ("25:01", "29:00", "29:01")
    cards = [monday | {"prior_wrap": at(end)} for end in ends]
    found = each(cards, "iatse.rest.daily.penalty_small")
    assert [f["severity"] for f in found] == ["flag", "flag", "block"]
    assert [f["due"] for f in found] == [D(60), D(480), D(492)]


def test_a_large_invasion_joins_the_shifts():
    first = GRIP | {"work_date": date(2026, 3, 2), "workday": 1, "wrap": at("21:00"),
                    "prior_wrap": None}  # fmt: skip
    second = GRIP | {"prior_wrap": None, "call": at("4:00"), "meal1_out": at("9:00"),
                     "meal1_in": at("9:30"), "wrap": at("12:30")}  # fmt: skip
    found = [f for f in findings(first, second) if f["work_date"] == date(2026, 3, 3)]
    gold = {f["rule"]: f for f in found}
    # 14 h elapsed before: triple time from the second hour on; gold before that.
    assert gold["iatse.rest.daily.penalty_large"]["severity"] == "flag"
    assert gold["iatse.rest.daily.penalty_small"]["due"] == 0
    assert gold["iatse.gold.studio"]["due"] == D(120)
    assert gold["iatse.gold.triple_15"]["due"] == D(60) * 3 * 7


def test_a_minors_hours_are_a_flag_that_names_everything():
    child = PERFORMER | {"birthdate": date(2016, 3, 3), "minor": True, "school_day": True}
    late, fine = each([child, child | {"wrap": at("16:00")}], "minors.ca.hours")
    assert late["severity"] == "flag"
    assert "9 to 15 years, school day" in late["explanation"]
    assert "10.0 h at work without meals, at most 9.0 h" in late["explanation"]
    assert fine["severity"] == "ok"


DGA = GRIP | {
    "agreement": "dga",
    "craft": "first_assistant_director",
    "engagement": "weekly",
    "rate": D(7000),
    "rate_unit": "week",
}
IDLE = {"zone": "distant", "day_type": "idle", "workday": 6, "call": None, "wrap": None}
READINGS = [
    ("dga.rest", DGA | {"prior_wrap": at("20:30")}, line("rest_penalty", "1"), "by the minute"),
    ("iatse.sixth_seventh.distant", GRIP | IDLE | {"meal1_out": None, "meal1_in": None},
     line("straight", "1"), "at scale"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "card", "paid", "other"), READINGS)
def test_what_pays_more_than_another_reading_is_a_flag_that_says_so(rule, card, paid, other):
    found = only(findings(card | {"gross": [paid]}), rule)
    assert (found["severity"], found["due"] > found["paid"]) == ("flag", True)
    assert other in found["explanation"]


@pytest.mark.parametrize(
    ("craft", "prior_wrap", "said"),
    [
        ("camera_operator", "20:30", ": there is a penalty for days off only"),
        ("camera_operator", "21:30", ", which pays by the hours of both shifts"),
        ("grip", "22:30", ", which pays by the hours of both shifts"),
    ],
)
def test_rest_between_two_days_says_how_its_invasion_is_paid(craft, prior_wrap, said):
    card = GRIP | {"craft": craft, "prior_wrap": at(prior_wrap)}
    found = only(findings(card), "iatse.rest.daily.penalty_small")
    assert (found["due"], found["severity"]) == (0, "ok")
    assert said in found["explanation"]


def test_a_driver_is_not_told_of_hours_of_both_shifts():
    driver = GRIP | {"agreement": "teamsters_399", "craft": "driver", "zone": "bus_to"}
    card = driver | {"prior_wrap": at("23:30")}
    (found,) = [f for f in findings(card) if f["rule"] == "t399.rest" and f["due"] is not None]
    assert "penalty for days off only" in found["explanation"]


def test_a_weekend_of_the_camera_crafts_is_a_flag_that_says_why():
    monday = date(2026, 3, 2)
    card = GRIP | {"craft": "still_photographer", "work_date": monday, "workday": 1,
                   "prior_work_date": date(2026, 2, 27), "prior_wrap": at("27:00"),
                   "gross": [line("straight", 480)]}  # fmt: skip
    found = only(findings(card), "iatse.rest.daily.penalty_small")
    assert (found["due"], found["severity"]) == (D("240.00"), "flag")
    assert "left out of the penalty between two days" in found["explanation"]
