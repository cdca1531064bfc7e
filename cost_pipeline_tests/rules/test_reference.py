"""The worked examples of the facts, held against the slow reference."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline_tests.rules.cards import GRIP, PERFORMER
from cost_pipeline_tests.rules.reference import amounts, crew, meals, performers, rest
from cost_pipeline_tests.rules.reference.history import History
from cost_pipeline_tests.rules.reference.times import elapsed, tenths, worked

D = Decimal
WHOLE = dict.fromkeys(TIMECARD_SCHEMA.names)


@pytest.mark.parametrize(
    ("count", "penalty"), [(0, 0), (1, 25), (2, 60), (3, 110), (4, 160), (5, 210), (7, 310)]
)
def test_the_principals_meal_ladder(count, penalty):
    assert meals.sag_principal(count) == penalty


@pytest.mark.parametrize(
    ("ladder", "sums"),
    [
        (meals.sag_background, ("7.5", "17.5", "30", "42.5", "55", "67.5")),
        (meals.iatse_general, ("7.5", "17.5", "30", "42.5", "67.5", "92.5")),
        (meals.iatse_tv_studio, ("8.5", "19.5", "33", "46.5", "71.5", "96.5")),
        (meals.area_standards_tv_studio, ("8.5", "19.5", "33", "46.5", "71.5", "96.5")),
        (meals.low_budget, ("8.5", "19.5", "33", "46.5", "64.5", "82.5")),
        (meals.teamsters, ("10", "22.5", "37.5", "52.5", "67.5", "82.5")),
        (meals.sag_small, ("25", "50", "75", "100", "125", "150")),
    ],
)
def test_the_other_meal_ladders(ladder, sums):
    assert [ladder(count) for count in range(1, 7)] == [D(total) for total in sums]


def test_a_part_of_a_half_hour_is_one():
    assert [meals.half_hours(late) for late in (-1, 0, 1, 30, 31, 60, 61)] == [0, 0, 1, 1, 2, 2, 3]


def test_after_twenty_penalties_in_a_week_a_half_hour_is_an_hour_of_pay():
    hourly, late = D("52.67"), WHOLE | GRIP | {"meal1_out": None, "meal1_in": None}
    three, two = late | {"wrap": 420 + 361 + 60}, late | {"wrap": 420 + 361 + 30}
    assert meals.penalty(three, 18, meals.iatse_general, hourly) == D("17.50") + hourly
    assert meals.penalty(two, 20, meals.iatse_general, hourly) == 2 * hourly
    assert meals.penalty(three, 17, meals.iatse_general, hourly) == D("30.00")


@pytest.mark.parametrize(
    ("hourly", "hours", "guarantee"),
    [
        ("59.80", "54", "3647.80"),
        ("62.19", "54", "3793.59"),
        ("64.37", "54", "3926.57"),
        ("54.05", "54", "3297.05"),
        ("56.21", "54", "3428.81"),
        ("58.18", "54", "3548.98"),
        ("65.58", "43.2", "2937.98"),
    ],
)
def test_the_weekly_guarantees_of_the_wage_schedules(hourly, hours, guarantee):
    card = WHOLE | GRIP | {"rate": D(hourly), "guaranteed_hours": D(hours)}
    week = [card | {"work_date": date(2025, 3, day)} for day in range(3, 8)]
    assert crew.guarantee(week[-1], History(week[:4], week)) == D(guarantee)


@pytest.mark.parametrize(("minutes", "hours"), [(0, "0"), (13, "0.5"), (30, "0.5"), (36, "0.6")])
def test_small_invasions_pay_at_least_half_an_hour(minutes, hours):
    assert rest.invaded_hours(minutes) == D(hours)


@pytest.mark.parametrize(
    ("start", "pay"), [(date(2024, 11, 2), "60.00"), (date(2024, 11, 3), "120.00")]
)
def test_invasions_are_doubled_for_photography_from_2024_11_03(start, pay):
    assert rest.small_invasion(D(100), 36, start) == D(pay)


def test_a_forced_call_is_the_lesser_of_a_days_pay_and_the_cap():
    assert rest.forced_call(D("1246.00")) == D("950")
    assert rest.forced_call(D("900.00")) == D("900.00")


BORDERS = [
    (amounts.SAG_PER_DIEM, date(2023, 12, 10), 60, 70),
    (amounts.SAG_PER_DIEM, date(2025, 12, 14), 70, 75),
    (amounts.AREA_PER_DIEM, date(2024, 8, 4), D("59.50"), 70),
    (amounts.AREA_PER_DIEM, date(2026, 8, 2), 70, 75),
]


@pytest.mark.parametrize(("steps", "border", "before", "after"), BORDERS)
def test_per_diem_one_day_before_on_and_after_each_border(steps, border, before, after):
    days = [border + timedelta(days=days) for days in (-1, 0, 1)]
    assert [amounts.per_diem(steps, day) for day in days] == [before, after, after]


def test_supplied_meals_are_not_due():
    day = date(2026, 1, 5)
    assert amounts.per_diem(amounts.SAG_PER_DIEM, day, ("lunch",)) == 53
    assert amounts.per_diem(amounts.SAG_PER_DIEM, day, amounts.MEALS) == 0


@pytest.mark.parametrize(
    ("chain", "percents"),
    [
        ((1082, 1158, 1204, 1246, 1283), ("7", "4", "3.5", "3")),
        ((208, 216, 224, 231), ("4", "3.5", "3")),
        ((4019, 4180, 4326, 4456), ("4", "3.5", "3")),
    ],
)
def test_minimums_follow_from_the_general_increases(chain, percents):
    for old, new, percent in zip(chain, chain[1:], percents, strict=False):
        assert amounts.next_minimum(D(old), percent) == new


def test_contributions_stop_at_the_ceiling_that_accumulates():
    start = date(2024, 7, 1)
    ceiling = amounts.tv_ceiling(60, start)
    assert ceiling == 35000
    assert amounts.benefits(D(10000), D(0), ceiling, start) == D("2100.00")
    assert amounts.benefits(D(10000), D(30000), ceiling, start) == D("1050.00")
    assert amounts.benefits(D(10000), D(35000), ceiling, start) == 0
    assert amounts.tv_ceiling(30, date(2024, 6, 30)) == 15000


def test_a_day_performers_hours():
    wraps = [420 + minutes + 30 for minutes in (480 - 90, 480, 600, 726)]
    pays = [performers.day_performer(WHOLE | PERFORMER | {"wrap": wrap}, None) for wrap in wraps]
    assert pays == [D("1246.00"), D("1246.00"), D("1713.25"), D("2367.40")]


def test_a_background_actor_past_sixteen_hours():
    extra = WHOLE | PERFORMER | {"craft": "background_general", "rate": D(224), "schedule": "X"}
    at_sixteen, past = extra | {"wrap": 420 + 960}, extra | {"wrap": 420 + 961}
    later = extra | {"wrap": 420 + 1021}
    cards = (at_sixteen, past, later)
    assert [performers.background(card, None) for card in cards] == [392, 392, 392]
    assert [performers.background_past_sixteen(card, None) for card in cards] == [0, 224, 448]


CARD = WHOLE | {
    "agreement": "iatse_basic",
    "zone": "studio",
    "clock_shift": 0,
    "clock_shift_at": 0,
}


def test_a_day_with_meals_and_without():
    card = {**CARD, "call": 420, "wrap": 1080, "meal1_out": 780, "meal1_in": 810}
    assert (elapsed(card), worked(card)) == (660, 630)
    assert meals.late_half_hours(card) == [0, 0]
    late = {**card, "meal1_out": 841, "meal1_in": 871}
    assert meals.late_half_hours(late) == [3, 0]
    assert meals.late_half_hours({**late, "grace1": True}) == [3, 0]
    assert meals.late_half_hours({**card, "meal1_out": 792, "meal1_in": 822, "grace1": True}) == [
        0,
        0,
    ]
    assert meals.late_half_hours({**card, "meal1_out": 793, "meal1_in": 823, "grace1": True}) == [
        1,
        0,
    ]
    assert meals.late_half_hours({**late, "extension1": True}) == [2, 0]
    assert meals.late_half_hours({**CARD, "call": 420, "wrap": 1080}) == [10]


def test_hours_are_real_ones_across_a_clock_change():
    night = {**CARD, "call": 20 * 60, "wrap": 30 * 60}
    assert elapsed({**night, "clock_shift_at": 27 * 60, "clock_shift": 60}) == 9 * 60
    assert elapsed({**night, "clock_shift_at": 26 * 60, "clock_shift": -60}) == 11 * 60


def test_a_part_of_a_tenth_is_a_tenth():
    assert [tenths(minutes) for minutes in (0, 1, 6, 7, 36)] == [
        D(text) for text in ("0", "0.1", "0.1", "0.2", "0.6")
    ]
