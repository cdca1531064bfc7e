"""One case by hand for each rule that pays: a card, and what is due for it."""

from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, findings, line

D = Decimal
WEEKLY = PERFORMER | {"engagement": "weekly", "schedule": "B", "rate": D(4400), "rate_unit": "week"}
EXTRA = PERFORMER | {"craft": "background_general", "schedule": "X", "rate": D(224)}
OPEN = {"meal1_out": None, "meal1_in": None}
DRIVER = GRIP | {"agreement": "teamsters_399", "craft": "driver", "rate": D(50), "zone": "bus_to"}
DIRECTOR = GRIP | {
    "agreement": "dga",
    "craft": "first_assistant_director",
    "engagement": "weekly",
    "rate": D(7000),
    "rate_unit": "week",
}
CHILD = PERFORMER | {"birthdate": date(2016, 3, 3), "minor": True, "school_day": True}

# Rule: card, due. Call 7:00, meal 13:00 to 13:30, wrap 17:30 unless said: 10 hours worked.
CASES = {
    "a tenth begun counts": ("iatse.ot.daily_weekly", GRIP | {"wrap": at("17:31")}, "189"),
    "eight hours at least": ("iatse.min_call.daily", GRIP | {"wrap": at("14:00")}, "480"),
    "golden time in a studio, elapsed": ("iatse.gold.studio", GRIP | {"wrap": at("20:00")}, "120"),
    "golden time in a studio, television, worked": (
        "iatse.gold.studio",
        GRIP | {"wrap": at("20:00"), "contract_type": "television"},
        "60",
    ),
    "golden time on location": (
        "iatse.gold.location",
        GRIP | {"zone": "nearby", "wrap": at("21:30")},
        "60",
    ),
    "golden time ends where triple time begins": (
        "iatse.gold.studio",
        GRIP | {"wrap": at("23:00")},
        "360",
    ),
    "triple time": ("iatse.gold.triple_15", GRIP | {"wrap": at("23:00")}, "180"),
    "golden time on a sixth day": (
        "iatse.gold.studio",
        GRIP | {"workday": 6, "wrap": at("20:00")},
        "180",
    ),
    "golden time on a seventh day": (
        "iatse.gold.studio",
        GRIP | {"workday": 7, "wrap": at("20:00")},
        "240",
    ),
    "a sixth day from the first hour": ("iatse.sixth_seventh.studio", GRIP | {"workday": 6}, "900"),
    "a seventh day from the first hour": (
        "iatse.sixth_seventh.studio",
        GRIP | {"workday": 7},
        "1200",
    ),
    "a holiday by its date": ("iatse.holidays", GRIP | {"work_date": date(2026, 5, 25)}, "1200"),
    "an idle sixth day far away": (
        "iatse.sixth_seventh.distant",
        GRIP
        | OPEN
        | {"zone": "distant", "workday": 6, "day_type": "idle", "call": None, "wrap": None},
        "240",
    ),
    "night work off production, called by day": (
        "iatse.night_premium",
        GRIP
        | {
            "off_production": True,
            "call": at("14:00"),
            "meal1_out": at("18:00"),
            "meal1_in": at("18:30"),
            "wrap": at("24:00"),
        },
        "24",
    ),
    "night work off production, called at night": (
        "iatse.night_premium",
        GRIP | OPEN | {"off_production": True, "call": at("21:00"), "wrap": at("26:00")},
        "60",
    ),
    "travel only, short": (
        "iatse.travel_only",
        GRIP
        | OPEN
        | {"day_type": "travel", "zone": "distant", "call": at("8:00"), "wrap": at("10:00")},
        "240",
    ),
    "travel only, long": (
        "iatse.travel_only",
        GRIP
        | OPEN
        | {"day_type": "travel", "zone": "distant", "call": at("8:00"), "wrap": at("19:00")},
        "480",
    ),
    "miles in the zone": (
        "iatse.mileage.zone",
        GRIP | {"zone": "studio_zone", "miles": D(40)},
        "12",
    ),
    "health by the hour": ("iatse.ph.health", GRIP, "75.53"),
    "pension by the hour and in percent of scale": ("iatse.ph.pension", GRIP, "62.60"),
    "on call on a seventh day": (
        "iatse.oncall.seventh",
        GRIP | {"engagement": "on_call", "rate": D(5000), "rate_unit": "week", "workday": 7},
        "2000",
    ),
    "area standards, double after twelve worked": (
        "asa.ot",
        GRIP | {"agreement": "iatse_area_standards", "craft": "key", "wrap": at("20:30")},
        "480",
    ),
    "area standards benefits": (
        "asa.benefits",
        GRIP | {"agreement": "iatse_area_standards", "craft": "key"},
        "190",
    ),
    "a driver past fourteen hours": ("t399.gold", DRIVER | {"wrap": at("22:00")}, "125"),
    "a driver past fifteen hours": ("t399.gold", DRIVER | {"wrap": at("23:00")}, "275"),
    "a performer's sixth day": ("sag.premium.sixth_seventh", PERFORMER | {"workday": 6}, "2336.25"),
    "a performer's seventh day": ("sag.premium.sixth_seventh", PERFORMER | {"workday": 7}, "3115"),
    "over the money break": (
        "sag.ot.day_performer_over_money_break",
        PERFORMER | {"rate": D(3000)},
        "3934.5",
    ),
    "a weekly performer past ten hours": (
        "sag.ot.weekly_theatrical",
        WEEKLY | {"wrap": at("19:30")},
        "400",
    ),
    "schedule C on the ceiling": (
        "sag.ot.schedule_c_ceiling",
        WEEKLY
        | {"schedule": "C", "rate": D(8000), "contract_type": "television", "wrap": at("19:30")},
        "400",
    ),
    "a weekly performer's straight day": ("sag.straight_time", WEEKLY, "880"),
    "a weekly performer's forced call": (
        "sag.forced_call.weekly",
        WEEKLY | {"prior_wrap": at("21:00")},
        "880",
    ),
    "background overtime": ("sag.bg.ot", EXTRA | {"wrap": at("18:30")}, "140"),
    "background past sixteen hours": (
        "sag.bg.16h",
        EXTRA | {"wrap": at("24:06")},
        "448",
    ),
    "background events": (
        "sag.bg.adjustments",
        EXTRA | {"adjustments": ["wet", "automobile"]},
        "51.5",
    ),
    "a fitting of an hour and ten": (
        "sag.fitting.day_prior",
        PERFORMER
        | OPEN
        | {"day_type": "fitting", "rate": D(1280), "call": at("9:00"), "wrap": at("10:10")},
        "200",
    ),
    "a performer's travel day": (
        "sag.travel.only_day",
        PERFORMER | OPEN | {"day_type": "travel", "call": None, "wrap": None},
        "1246",
    ),
    "pension and health of a performer": (
        "sag.ph.rate.2022-07-01",
        PERFORMER | {"gross": [line("straight", "1000", "1")]},
        "210",
    ),
    "pension and health up to the ceiling": (
        "sag.ph.rate.2022-07-01",
        PERFORMER | {"gross": [line("straight", "1000", "1")], "earnings_to_date": D(231_500)},
        "105",
    ),
    "a first assistant director past thirteen hours": (
        "dga.extended_day",
        DIRECTOR | {"wrap": at("20:06")},
        "700",
    ),
    "a first assistant director past fifteen hours": (
        "dga.extended_day",
        DIRECTOR | {"wrap": at("22:06")},
        "1400",
    ),
    "a director's rest by quarters": (
        "dga.rest",
        DIRECTOR | {"prior_wrap": at("21:30")},
        "700",
    ),
}


@pytest.fixture(scope="module")
def found():
    cards = [
        card | {"worker_id": name, "transaction_id": name} for name, (_, card, _) in CASES.items()
    ]
    return findings(*cards)


@pytest.mark.parametrize("name", CASES)
def test_what_is_due(name, found):
    rule, _, total = CASES[name]
    mine = [f for f in found if f["transaction_id"] == name and f["rule"] == rule]
    assert [f["due"] for f in mine if f["due"] is not None] == [D(total)], [
        (f["rule"], f["due"], f["explanation"]) for f in found if f["transaction_id"] == name
    ]


def test_a_minors_hours_are_a_flag_that_names_everything(found):
    del found
    (child,) = [f for f in findings(CHILD) if f["rule"] == "minors.ca.hours"]
    assert child["severity"] == "flag"
    assert "9 to 15 years, school day" in child["explanation"]
    assert "10.0 h at work without meals, at most 9.0 h" in child["explanation"]
    fine = CHILD | {"wrap": at("16:00")}
    (good,) = [f for f in findings(fine) if f["rule"] == "minors.ca.hours"]
    assert good["severity"] == "ok"


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


def test_straight_hours_past_forty_of_the_week_are_overtime():
    week = [
        GRIP
        | {
            "zone": "distant",
            "work_date": date(2026, 3, 2 + day),
            "workday": day + 1,
            "wrap": at("15:30"),
            "prior_wrap": None,
        }
        for day in range(6)
    ]
    found = [f for f in findings(*week) if f["rule"] == "iatse.ot.daily_weekly"]
    assert [f["due"] for f in found] == [0, 0, 0, 0, 0, D(60) * 8 * D("1.5")]


def test_weekly_overtime_of_a_performer_is_judged_on_the_last_card():
    week = [
        WEEKLY | {"work_date": date(2026, 3, 2 + day), "workday": day + 1, "prior_wrap": None}
        for day in range(5)
    ]
    found = [f for f in findings(*week) if f["rule"] == "sag.ot.weekly_theatrical"]
    assert [f["due"] for f in found] == [0, 0, 0, 0, D(100) * 6 * D("1.5")]


def test_half_hours_past_twenty_in_a_week_pay_an_hour():
    week = [
        GRIP | OPEN | {"work_date": date(2026, 3, 2 + day), "workday": day + 1, "prior_wrap": None,
                       "wrap": at("16:00")}
        for day in range(4)
    ]  # fmt: skip
    found = [f for f in findings(*week) if f["rule"] == "iatse.meal.penalty.general"]
    six = D("92.5")
    assert [f["due"] for f in found] == [six, six, six, D("17.5") + 4 * D(60)]


@pytest.mark.parametrize(
    ("changes", "penalty"),
    [
        ({"meal1_out": at("13:12"), "meal1_in": at("13:42"), "grace1": True}, "0"),
        ({"meal1_out": at("13:13"), "meal1_in": at("13:43"), "grace1": True}, "7.5"),
        ({"meal1_out": at("13:30"), "meal1_in": at("14:00"), "extension1": True}, "0"),
        ({"meal1_out": at("13:31"), "meal1_in": at("14:01"), "extension1": True}, "7.5"),
        ({"meal1_out": at("14:00"), "meal1_in": at("14:30"), "french_hours": True}, "0"),
        ({"meal1_out": at("13:00"), "meal1_in": at("13:20"), "wrap": at("13:30")}, "7.5"),
        ({"general_call": at("8:00"), "ndb_end": at("8:30"), "meal1_out": at("14:00"),
          "meal1_in": at("14:30")}, "0"),
    ],
)  # fmt: skip
def test_grace_extension_and_breakfast(changes, penalty):
    card = GRIP | {"wrap": at("17:30")} | changes
    (found,) = [f for f in findings(card) if f["rule"] == "iatse.meal.penalty.general"]
    assert found["due"] == D(penalty)
