"""The worked examples of the facts, and each border's day before, on and after."""

from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, each, findings, line, only

D = Decimal


def _late(card, half_hours):
    late = at("13:00") + 30 * half_hours
    return card | {"meal1_out": late, "meal1_in": late + 30, "wrap": late + 60}


def test_the_meal_ladder_of_principals():
    ladder = {0: 0, 1: 25, 2: 60, 3: 110, 4: 160, 5: 210, 7: 310}
    found = each([_late(PERFORMER, n) for n in ladder], "sag.meal.penalty.principal")
    assert [f["due"] for f in found] == [D(total) for total in ladder.values()]


@pytest.mark.parametrize(
    ("agreement", "contract_type", "zone", "craft", "rule", "sums"),
    [
        ("iatse_basic", "theatrical", "studio", "grip", "iatse.meal.penalty.general",
         ("7.5", "17.5", "30", "42.5", "67.5", "92.5")),
        ("iatse_basic", "television", "studio", "grip", "iatse.meal.penalty.tv_studio",
         ("8.5", "19.5", "33", "46.5", "71.5", "96.5")),
        ("iatse_basic", "television", "distant", "grip", "iatse.meal.penalty.general",
         ("7.5", "17.5", "30", "42.5", "67.5", "92.5")),
        ("iatse_low_budget", "theatrical", "studio", "grip", "lbt.meal",
         ("8.5", "19.5", "33", "46.5", "64.5", "82.5")),
        ("teamsters_399", "theatrical", "bus_to", "driver", "t399.meal",
         ("10", "22.5", "37.5", "52.5", "67.5", "82.5")),
        ("sag_aftra", "theatrical", "studio", "background_general", "sag.meal.penalty.background",
         ("7.5", "17.5", "30", "42.5", "55", "67.5")),
    ],
)  # fmt: skip
def test_the_other_ladders(agreement, contract_type, zone, craft, rule, sums):
    card = GRIP | {
        "agreement": agreement,
        "contract_type": contract_type,
        "zone": zone,
        "craft": craft,
        "schedule": "X",
    }
    found = findings(*({**_late(card, n), "worker_id": f"W-{n}"} for n in range(1, len(sums) + 1)))
    dues = [f["due"] for f in found if f["rule"] == rule and f["due"] is not None]
    assert dues == [D(total) for total in sums]


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
    found = only(findings(*week), "iatse.weekly_guarantee.formula")
    assert found["due"] == D("3647.80")
    short = only(findings(*week[:3]), "iatse.weekly_guarantee.formula")
    assert short["severity"] == "not_evaluated"
    assert "3 cards" in short["explanation"]


def test_the_guarantees_that_the_wage_schedules_print():
    printed = [
        ("director_of_photography", "124.57", "43.2", "5381.42"),
        ("camera_operator", "79.22", "43.2", "3422.30"),
        ("first_assistant_camera", "60.92", "43.2", "2729.22"),
        ("best_boy_grip", "54.05", "54", "3297.05"),
    ]
    week = [
        GRIP
        | {
            "worker_id": craft,
            "craft": craft,
            "engagement": "weekly",
            "rate": D(rate),
            "guaranteed_hours": D(hours),
            "work_date": date(2025, 3, 3 + day),
            "week_ending": date(2025, 3, 8),
            "workday": day + 1,
        }
        for craft, rate, hours, _ in printed
        for day in range(5)
    ]
    found = [f for f in findings(*week) if f["rule"] == "iatse.weekly_guarantee.formula"]
    assert [f["due"] for f in found] == [D(total) for *_, total in printed]


def test_small_invasions_pay_half_an_hour_at_least_and_tenths_above():
    hours = {0: "0", 1: "0.5", 13: "0.5", 30: "0.5", 31: "0.6", 36: "0.6", 37: "0.7", 60: "1.0"}
    cards = [
        GRIP | {"prior_wrap": at("21:00") + n, "photography_start": date(2024, 11, 3)}
        for n in hours
    ]
    found = each(cards, "iatse.rest.daily.penalty_small")
    assert [f["due"] for f in found] == [D(60) * 2 * D(paid) for paid in hours.values()]


def test_invaded_rest_doubles_for_photography_from_2024_11_03():
    cards = [
        GRIP | {"prior_wrap": at("21:36"), "photography_start": date(2024, 11, day)}
        for day in (2, 3, 4)
    ]
    old = each(cards, "iatse.rest.daily.penalty_small.old")
    new = each(cards, "iatse.rest.daily.penalty_small")
    assert [f and f["due"] for f in old] == [D(36), None, None]
    assert [f and f["due"] for f in new] == [None, D(72), D(72)]


def test_triple_time_is_for_photography_from_2024_08_04():
    cards = [
        GRIP | {"photography_start": date(2024, 8, day), "wrap": at("23:00")} for day in (3, 4, 5)
    ]
    found = each(cards, "iatse.gold.triple_15")
    assert [f and f["due"] for f in found] == [None, D(180), D(180)]


def _of_family(found, family):
    return [f["due"] for f in found if f["family"] == family]


def test_scale_by_the_work_date():
    days = {
        date(2024, 8, 3): None,
        date(2024, 8, 4): D("52.67"),
        date(2024, 8, 5): D("52.67"),
        date(2025, 8, 2): D("52.67"),
        date(2025, 8, 3): D("54.78"),
    }
    found = findings(*(GRIP | {"work_date": day} for day in days))
    assert _of_family(found, "scale") == list(days.values())


def test_the_performers_per_diem_before_in_and_after_each_period():
    days = {
        date(2023, 12, 9): 60,
        date(2023, 12, 10): 70,
        date(2023, 12, 11): 70,
        date(2025, 12, 13): 70,
        date(2025, 12, 14): 75,
        date(2025, 12, 15): 75,
    }
    found = findings(*(PERFORMER | {"work_date": day, "zone": "distant"} for day in days))
    assert _of_family(found, "per_diem") == [D(total) for total in days.values()]


def test_the_area_standards_per_diem():
    days = {
        date(2024, 8, 3): "59.5",
        date(2024, 8, 4): "70",
        date(2026, 8, 1): "70",
        date(2026, 8, 2): "75",
    }
    card = GRIP | {"agreement": "iatse_area_standards", "craft": "key", "zone": "distant"}
    found = findings(*(card | {"work_date": day} for day in days))
    assert _of_family(found, "per_diem") == [D(total) for total in days.values()]


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


def test_a_day_performers_hours():
    pay = {
        "14:30": "1204",
        "15:30": "1204",
        "16:30": "1429.75",
        "17:30": "1655.5",
        "18:30": "1956.5",
        "18:36": "1986.6",
    }
    card = PERFORMER | {"rate": D(1204), "work_date": date(2025, 3, 4)}
    found = each([card | {"wrap": at(wrap)} for wrap in pay], "sag.ot.day_performer")
    assert [f["due"] for f in found] == [D(total) for total in pay.values()]


def test_what_was_paid_too_little_blocks_and_too_much_is_a_flag():
    wages = [line("straight", "480", "1"), line("overtime", "180", "1.5")]
    paid = only(findings(GRIP | {"gross": wages}), "iatse.ot.daily_weekly")
    assert (paid["due"], paid["paid"], paid["severity"]) == (D(180), D(180), "ok")
    short = only(findings(GRIP | {"gross": wages[:1]}), "iatse.ot.daily_weekly")
    assert (short["difference"], short["severity"]) == (D(180), "block")
    more = [*wages, line("meal_penalty", "7.50")]
    over = only(findings(GRIP | {"gross": more}), "iatse.meal.penalty.general")
    assert (over["difference"], over["severity"]) == (D("-7.50"), "flag")


def test_a_rule_after_the_term_of_its_agreement_is_a_flag_and_says_so():
    late = _late(PERFORMER, 1) | {"gross": [line("straight", "1246", "1")]}
    before = only(findings(late | {"work_date": date(2026, 6, 30)}), "sag.meal.penalty.principal")
    after = only(findings(late | {"work_date": date(2026, 7, 1)}), "sag.meal.penalty.principal")
    assert (before["severity"], after["severity"]) == ("block", "flag")
    assert "was not seen" in after["explanation"]


def test_a_clock_change_is_counted_in_rest_and_in_hours():
    spring = GRIP | {"clock_shift_at": 180, "clock_shift": 60, "prior_wrap": at("21:00")}
    assert "9.0 h rest" in only(findings(spring), "iatse.rest.daily")["explanation"]
    night = spring | {"call": 0, "meal1_out": 360, "meal1_in": 390, "wrap": 660, "prior_wrap": 600}
    assert "9.5 h worked" in only(findings(night), "iatse.ot.daily_weekly")["explanation"]
