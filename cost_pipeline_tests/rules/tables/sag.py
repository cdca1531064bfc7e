"""SAG-AFTRA: sections 1.2 to 1.8 of the facts."""

from cost_pipeline_tests.rules.tables import (
    NO_MEAL,
    Rows,
    meal,
    on,
    paid,
    performer,
    week,
)

# fmt: off
ROWS = Rows()
steps, sweep, one = ROWS.steps, ROWS.sweep, ROWS.one
BEGAN = "2023-11-09"
JULYS = [BEGAN, *(f"{year}-07-01" for year in range(2024, 2030))]

DAY_PLAYER = performer()
WEEKLY = performer(engagement="weekly", schedule="B", rate="4400")
WEEKLY_TV = on(WEEKLY, contract_type="television", program_minutes=60)
SCHEDULE_C = on(WEEKLY, schedule="C", rate="8000")
THREE_DAY = performer(engagement="three_day", schedule=None, rate="2400",
                      contract_type="television", program_minutes=60)
STUNT = performer("stunt_performer", "weekly", "H", "4646", **paid(("straight", "1", "1")))
EXTRA = performer("background_general", schedule="X", rate="224")
OVERNIGHT = on(DAY_PLAYER, zone="distant")


def scale(source, card, prefix, *minimums):
    days = [*JULYS[: len(minimums)], f"{2023 + len(minimums)}-07-01"]
    named = [(day, f"{prefix}.{day}", text) for day, text in zip(days, minimums, strict=False)]
    steps(source, card, *named, (days[-1], None, None))


scale("1.2 day", DAY_PLAYER, "sag.scale.day_performer",
      "1158", "1204", "1246", "1283", "1321", "1361", "1402")
scale("1.2 week", WEEKLY, "sag.scale.weekly_performer",
      "4019", "4180", "4326", "4456", "4590", "4728", "4870")
scale("1.2 stunts by the week", STUNT, "sag.scale.stunt_performer_weekly",
      "4316", "4489", "4646", "4785", "4929", "5077", "5229")
scale("1.2 three days, an hour", THREE_DAY, "sag.scale.three_day_tv_half_and_one_hour",
      "2933", "3050", "3157", "3252", "3350", "3451", "3555")
scale("1.2 three days, two hours", on(THREE_DAY, program_minutes=120),
      "sag.scale.three_day_tv_90min_and_two_hour",
      "3451", "3589", "3715", "3826", "3941", "4059", "4181")
FLAT = "sag.scale.stunt_coordinator_flat_day_theatrical"
scale("1.2 flat deal", performer("stunt_coordinator", "flat", "K"), FLAT,
      "1530", "1591", "1647", "1696", "1747", "1799", "1853")
scale("1.2 flat deal, a week", performer("stunt_coordinator", "flat", "K", rate_unit="week"), FLAT,
      "6089", "6333", "6555", "6752")
LESS = "sag.scale.stunt_coordinator_less_than_flat"
scale("1.2 less than flat", performer("stunt_coordinator", "daily", "K"), LESS,
      "1198", "1246", "1290", "1329")
scale("1.2 background", EXTRA, "sag.scale.background_general",
      "208", "216", "224", "231", "238", "245", "252")
scale("1.2 special ability", performer("special_ability"), "sag.scale.background_special_ability",
      "218", "227", "235", "242")
scale("1.2 stand-in", performer("stand_in"), "sag.scale.stand_in_photo_double",
      "243", "253", "262", "270")
sweep("1.2 low budget tiers", "sag.scale.day_performer.2025-07-01", DAY_PLAYER, "budget_tier",
      {"full": "1246", "low": "809.90", "moderate_low": "436.10", "ultra_low": "249.20"})
sweep("1.2 no share for student and short pictures", "sag.scale.day_performer.2025-07-01",
      DAY_PLAYER, "budget_tier", {"student": None, "short": None})
one("1.2 coordinators are never reduced", f"{FLAT}.2025-07-01", "1647",
    performer("stunt_coordinator", "flat", "K", budget_tier="ultra_low"))
sweep("1.2 half and one hour, 90 minutes",
      "sag.scale.three_day_tv_90min_and_two_hour.2025-07-01", THREE_DAY, "program_minutes",
      {65: None, 66: "3715"})

# --- 1.3 overtime
RULE = "sag.ot.day_performer"
steps("1.3", DAY_PLAYER, (BEGAN, RULE, "1713.25"))
# 155.75 an hour: 8 h at least; 8.1 h; 10 h; 10.1 h, of which a part counts whole; 10.2 h.
sweep("1.3 hours", RULE, DAY_PLAYER, "wrap",
      {"14:30": "1246", "15:30": "1246", "15:31": "1269.36", "17:30": "1713.25",
       "17:31": "1744.40", "17:36": "1744.40", "17:37": "1775.55"})
sweep("1.3 up to the money break", RULE, DAY_PLAYER, "rate", {"2492": "3426.50", "2492.01": None})
RULE = "sag.ot.day_performer_over_money_break"
steps("1.3", on(DAY_PLAYER, rate="3000"), (BEGAN, RULE, "3868.50"))
sweep("1.3 over the money break", RULE, DAY_PLAYER, "rate", {"2492": None, "2492.01": "3426.51"})
RULE = "sag.ot.three_day"
steps("1.3", on(THREE_DAY, wrap="18:30"), (BEGAN, RULE, "200"))
sweep("1.3 ten hours a day", RULE, THREE_DAY, "wrap", {"17:30": "0", "17:31": "20"})
sweep("1.3 24 hours in three days", RULE, week(THREE_DAY, *["15:30"] * 3), "wrap",
      {"15:30": "0", "15:31": "15"})
sweep("1.3 32 hours in four days", RULE, week(THREE_DAY, *["15:30"] * 4), "wrap",
      {"15:30": "0", "15:31": "15"})
one("1.3 no limit of five days", RULE, None, *week(THREE_DAY, *["15:30"] * 5))
RULE = "sag.ot.weekly_theatrical"
steps("1.3", on(WEEKLY, wrap="19:30"), (BEGAN, RULE, "400"))
sweep("1.3 ten hours a day", RULE, WEEKLY, "wrap", {"17:30": "0", "17:31": "20"})
sweep("1.3 44 hours a week", RULE, week(WEEKLY, *["16:18"] * 5), "wrap",
      {"16:18": "0", "16:19": "15"})
sweep("1.3 48 hours overnight", RULE, week(on(WEEKLY, zone="distant"), *["17:06"] * 5), "wrap",
      {"17:06": "0", "17:07": "15"})
one("1.3 less what was doubled", RULE, "1300", *week(WEEKLY, *["17:30"] * 4, "19:30"))
RULE = "sag.ot.weekly_tv"
steps("1.3", on(WEEKLY_TV, wrap="19:30"), (BEGAN, RULE, "400"))
sweep("1.3 the third long day", RULE, week(WEEKLY_TV, "16:30", "16:30", "16:30"), "wrap",
      {"15:30": "0", "15:31": "15", "17:30": "300", "17:31": "320"})
sweep("1.3 the second long day", RULE, week(WEEKLY_TV, "16:30", "16:30"), "wrap",
      {"17:30": "0", "17:31": "20"})
first, *rest = week(WEEKLY_TV, "16:30", "16:30", "16:30")
one("1.3 a holiday is no free day", RULE, "0", on(first, holiday=True), *rest)
RULE = "sag.ot.schedule_c_ceiling"
steps("1.3", on(SCHEDULE_C, wrap="19:30"), (BEGAN, RULE, "500"))
sweep("1.3 hours", RULE, SCHEDULE_C, "wrap", {"17:30": "0", "17:31": "25"})
sweep("1.3 ceiling, theatrical", RULE, on(SCHEDULE_C, wrap="19:30"), "rate",
      {"4400": "400", "5500": "500", "5544": "500"})
sweep("1.3 ceiling, television", RULE,
      on(SCHEDULE_C, wrap="19:30", contract_type="television"), "rate",
      {"4356": "396", "4400": "400", "4444": "400"})
RULE = "sag.ot.schedule_f"
SCHEDULE_F = on(WEEKLY_TV, schedule="F")
steps("1.3", on(SCHEDULE_F, wrap="19:30"), (BEGAN, RULE, "400"))
sweep("1.3 hours", RULE, SCHEDULE_F, "wrap", {"17:30": "0", "17:31": "20"})
sweep("1.3 negotiable from 40,000 on", RULE, on(SCHEDULE_F, wrap="17:36"), "rate",
      {"39996": "181.80", "40000": None})
RULE = "sag.bg.ot"
steps("1.3", EXTRA, (BEGAN, RULE, "84"))
sweep("1.3 hours", RULE, EXTRA, "wrap",
      {"15:30": "0", "15:31": "4.20", "17:30": "84", "17:31": "89.60", "23:00": "392",
       "24:00": "392"})
RULE = "sag.bg.16h"
steps("1.3", on(EXTRA, wrap="23:30"), (BEGAN, RULE, "224"))
sweep("1.3 hours", RULE, EXTRA, "wrap",
      {"23:00": "0", "23:01": "224", "24:00": "224", "24:01": "448"})
sweep("1.3 at the premium of the day", RULE, on(EXTRA, wrap="23:30"), "workday",
      {5: "224", 6: "336", 7: "448"})
steps("1.3 a week's pay by the day", WEEKLY, (BEGAN, "sag.straight_time", "880"))
sweep(
    "1.3 a day for any part", "sag.straight_time", WEEKLY, "wrap", {"14:00": "880", "20:00": "880"}
)

# The weekly card's formula, whose overtime is what the gross lines say; 4,646 is scale and
# 105.590909 an hour.
RULE = "sag.weekly.gross"
steps("1.3 weekly card", on(STUNT, wrap="19:30"),
      ("2021-01-01", RULE, None), (BEGAN, RULE, "1255.56"))
CARD_WEEK = week(STUNT, *["17:30"] * 5)
one("1.3 five days", RULE, "4646", *CARD_WEEK)
one("1.3 rounded once", RULE, "5883.39",
    *week(on(STUNT, contract_rate="6000"), *["17:30"] * 4, "17:54", stunt_adjustment="1000",
          **paid(("overtime", "134.73", "1.5", "0.7"))))
one("1.3 a holiday worked", RULE, "5575.20", on(CARD_WEEK[0], holiday=True), *CARD_WEEK[1:])
one("1.3 6th day", RULE, "6039.80", *week(STUNT, *["17:30"] * 6))
one("1.3 7th day", RULE, "7898.20", *week(STUNT, *["17:30"] * 7))
one("1.3 location allowance", RULE, "5068.36", *CARD_WEEK[:-1],
    on(CARD_WEEK[-1], rate_type="location"))
one("1.3 without gross lines", RULE, None, *(on(card, gross=[]) for card in CARD_WEEK))
one("1.3 television", RULE, "4646",
    *week(on(STUNT, contract_type="television", program_minutes=60), *["16:30"] * 5))

# --- 1.4 meals
RULE = "sag.meal.due"
steps("1.4", on(DAY_PLAYER, **meal("13:01")), (BEGAN, RULE, "flag"))
sweep("1.4 six hours from the call", RULE, DAY_PLAYER, meal, {"13:00": "ok", "13:01": "flag"})
sweep("1.4 six hours from the meal", RULE, DAY_PLAYER, "wrap", {"19:30": "ok", "19:31": "flag"})
BREAKFAST = on(DAY_PLAYER, wrap="18:00", ndm_start="8:45", ndm_end="9:00")
sweep("1.4 the clock restarts", RULE, BREAKFAST, meal, {"15:00": "ok", "15:01": "flag"})
sweep("1.4 15 minutes", RULE, on(BREAKFAST, **meal("14:00")), "ndm_end",
      {"9:00": "ok", "8:59": "flag"})
sweep("1.4 within two hours", RULE, on(BREAKFAST, ndm_end="9:20", **meal("14:00")), "ndm_start",
      {"9:00": "ok", "9:01": "flag"})
RULE = "sag.meal.penalty.principal"
steps("1.4", on(DAY_PLAYER, **meal("13:31")), (BEGAN, RULE, "60"))
sweep("1.4 ladder", RULE, on(DAY_PLAYER, wrap="19:00"), meal,
      {"13:00": "0", "13:01": "25", "13:30": "25", "13:31": "60", "14:00": "60", "14:01": "110",
       "14:31": "160", "15:01": "210", "16:01": "310"})
sweep("1.4 ultra low budget", RULE, on(DAY_PLAYER, budget_tier="ultra_low"), meal,
      {"13:01": "25", "13:31": "50", "14:01": "75"})
sweep("1.4 grace", RULE, on(DAY_PLAYER, grace1=True), meal, {"13:12": "0", "13:13": "25"})
RULE = "sag.meal.penalty.background"
steps("1.4", on(EXTRA, **meal("13:31")), (BEGAN, RULE, "17.50"))
sweep("1.4 ladder", RULE, on(EXTRA, wrap="19:00"), meal,
      {"13:00": "0", "13:01": "7.50", "13:31": "17.50", "14:01": "30", "14:31": "42.50"})

# --- 1.5 rest and forced calls; the call is at 7:00
RULE = "sag.rest.daily"
steps("1.5", on(DAY_PLAYER, prior_wrap="19:01"), (BEGAN, RULE, "flag"))
sweep("1.5 twelve hours", RULE, DAY_PLAYER, "prior_wrap", {"19:00": "ok", "19:01": "flag"})
sweep("1.5 overnight, theatrical", RULE, OVERNIGHT, "prior_wrap", {"20:00": "ok", "20:01": "flag"})
sweep("1.5 overnight, television", RULE, on(OVERNIGHT, contract_type="television"), "prior_wrap",
      {"19:00": "ok", "20:00": "flag"})
OUTSIDE = on(DAY_PLAYER, exterior=True, zone="nearby")
YESTERDAY = on(OUTSIDE, work_date="2026-03-02", prior_wrap=None, **meal("12:30"))
for place, by_wrap in {"nearby": {"21:00": "ok", "21:01": "flag"},
                       "bus_to": {"21:00": "flag", "19:00": "ok"}}.items():
    for wrap, gives in by_wrap.items():
        one(f"1.5 exterior day before and after, {place}, {wrap}", RULE, gives,
            on(YESTERDAY, wrap=wrap, zone=place), on(OUTSIDE, zone=place, prior_wrap=None))
RULE = "sag.rest.weekly"
MONDAY = on(DAY_PLAYER, work_date="2026-03-02", workday=1, prior_work_date="2026-02-27")
steps("1.5", on(MONDAY, prior_wrap="25:01"), (BEGAN, RULE, "flag"))
sweep("1.5 54 h, called from 6:00", RULE, MONDAY, "prior_wrap", {"25:00": "ok", "25:01": "flag"})
sweep("1.5 56 h, called before 6:00", RULE, on(MONDAY, call="5:00", **meal("11:00")), "prior_wrap",
      {"21:00": "ok", "21:01": "flag"})
sweep("1.5 called at 6:00", RULE, on(MONDAY, prior_wrap="24:00", **meal("11:30")), "call",
      {"6:00": "ok", "5:59": "flag"})
sweep("1.5 36 h with one day off", RULE, on(MONDAY, prior_work_date="2026-02-28"), "prior_wrap",
      {"19:00": "ok", "19:01": "flag"})
RULE = "sag.rest.after_air_travel"
FLOWN = on(DAY_PLAYER, call="10:00", flight_hours="4.1", travel_to_end="0:01")
steps("1.5", FLOWN, (BEGAN, RULE, "flag"))
sweep("1.5 over four hours", RULE, FLOWN, "flight_hours", {"4": None, "4.1": "flag"})
sweep("1.5 ten hours", RULE, FLOWN, "travel_to_end", {"0:00": "ok", "0:01": "flag"})
RULE = "sag.forced_call.day"
SHORT = on(DAY_PLAYER, prior_wrap="19:01")
steps("1.5", SHORT, (BEGAN, RULE, "950"))
sweep("1.5 twelve hours", RULE, DAY_PLAYER, "prior_wrap", {"19:00": "0", "19:01": "950"})
sweep("1.5 the lesser", RULE, SHORT, "rate", {"900": "900", "950": "950", "951": "950"})
sweep("1.5 weekly rest", RULE, MONDAY, "prior_wrap", {"25:00": "0", "25:01": "950"})
RULE = "sag.forced_call.weekly"
steps("1.5", on(WEEKLY, prior_wrap="19:01"), (BEGAN, RULE, "880"))
sweep("1.5 twelve hours", RULE, WEEKLY, "prior_wrap", {"19:00": "0", "19:01": "880"})
sweep("1.5 the lesser", RULE, on(WEEKLY, prior_wrap="19:01"), "rate",
      {"4750": "950", "4755": "950"})
one("1.5 schedule F", RULE, "950", on(SCHEDULE_F, prior_wrap="19:01"))
RULE = "sag.bg.rest"
steps("1.5", on(EXTRA, zone="distant", prior_wrap="19:01"), (BEGAN, RULE, "flag"))
sweep("1.5 overnight", RULE, on(EXTRA, zone="distant"), "prior_wrap",
      {"19:00": "ok", "19:01": "flag"})
one("1.5 none in the studio", RULE, None, on(EXTRA, prior_wrap="23:00"))
UNMADE = on(DAY_PLAYER, work_date="2026-03-02", workday=1, prior_wrap=None, wrap="19:00")
steps("1.3 make-up removal", (on(UNMADE, dismissal="19:16"), on(DAY_PLAYER, prior_wrap=None)),
      (BEGAN, "sag.forced_call.day", "950"), about={"sag.ot.makeup_removal"})
for dismissed, gives in {"19:15": "0", "19:16": "950"}.items():
    one(f"1.3 make-up removal until {dismissed}", "sag.forced_call.day", gives,
        on(UNMADE, dismissal=dismissed), on(DAY_PLAYER, prior_wrap=None))

sweep("1.3 make-up removal is no overtime", "sag.ot.day_performer", DAY_PLAYER, "dismissal",
      {"17:30": "1713.25", "17:45": "1713.25", "17:46": "1744.40", "18:00": "1806.70"})
sweep("1.3 make-up removal by the week", "sag.ot.weekly_theatrical", WEEKLY, "dismissal",
      {"17:45": "0", "17:46": "20"})
sweep("1.3 none of background", "sag.bg.ot", EXTRA, "dismissal", {"17:30": "84", "17:36": "89.60"})

# An hour of travel in a day of 11 h: the hour past ten is at 1.5x, on a 7th day at 2x.
CAP = {"sag.ot.travel_cap"}
CARRIED = {"wrap": "18:30", "travel_from_start": "17:30", "travel_from_end": "18:30"}
steps("1.3 travel", on(DAY_PLAYER, **CARRIED), (BEGAN, "sag.ot.day_performer", "1946.88"),
      about=CAP)
sweep("1.3 travel, of what is past ten hours", "sag.ot.day_performer", on(DAY_PLAYER, **CARRIED),
      "travel_from_start", {"17:30": "1946.88", "18:00": "1985.81", "18:30": "2024.75"},
      about=CAP)
one("1.3 travel in the morning", "sag.ot.day_performer", "1946.88",
    on(DAY_PLAYER, wrap="18:30", travel_to_start="7:00", travel_to_end="8:00"))
one("1.3 travel before the call", "sag.ot.day_performer", "2024.75",
    on(DAY_PLAYER, wrap="18:30", travel_to_start="6:00", travel_to_end="7:00"))
one("1.3 travel by the week", "sag.ot.weekly_theatrical", "150", on(WEEKLY, **CARRIED))
one("1.3 travel, television", "sag.ot.weekly_tv", "150", on(WEEKLY_TV, **CARRIED))
one("1.3 travel of three days", "sag.ot.three_day", "150", on(THREE_DAY, **CARRIED))
sweep("1.3 travel on a 6th and 7th day", "sag.premium.sixth_seventh", on(DAY_PLAYER, **CARRIED),
      "workday", {6: "2569.88", 7: "3426.50"}, about=CAP)
one("1.3 travel on a 6th day by the week", "sag.premium.sixth_seventh", "1470",
    on(WEEKLY, workday=6, **CARRIED))
one("1.3 travel of background", "sag.bg.ot", "140", on(EXTRA, **CARRIED))

# --- 1.6 sixth and seventh day, holidays
RULE = "sag.premium.sixth_seventh"
steps("1.6", on(DAY_PLAYER, workday=6), (BEGAN, RULE, "2336.25"))
sweep("1.6 by the day", RULE, DAY_PLAYER, "workday", {5: None, 6: "2336.25", 7: "3115"})
# Above twice scale (2,492) hours past eight count the money break, at 1.5x or the day's multiple.
OVER_BREAK = on(DAY_PLAYER, rate="3000", wrap="19:30")
sweep("1.6 above the money break", RULE, OVER_BREAK, "workday", {6: "6369", 7: "8492"})
sweep("1.6 above the money break, up to eight hours", RULE, on(OVER_BREAK, wrap="15:30"), "workday",
      {6: "4500", 7: "6000"})
sweep("1.6 overnight six days are workdays", RULE, OVERNIGHT, "workday",
      {6: None, 7: "3115"})
sweep("1.6 Saturday and Sunday off", RULE, on(DAY_PLAYER, days_off=["sat", "sun"]), "work_date",
      {"2026-03-06": None, "2026-03-07": "2336.25", "2026-03-08": "3115"})
one("1.6 a Saturday like any day", RULE, None, on(DAY_PLAYER, work_date="2026-03-07"))
sweep("1.3 past ten hours on any day", RULE, on(WEEKLY, workday=6), "wrap",
      {"17:30": "1320", "17:31": "1340", "19:30": "1720"})
CAPS = {"sag.premium.overnight_seventh_caps"}
steps("1.6 overnight 7th, twice scale", on(OVERNIGHT, workday=7, rate="3000"),
      (BEGAN, RULE, "5790"), about=CAPS)
sweep("1.6 twice scale", RULE, on(OVERNIGHT, workday=7), "rate",
      {"2400": "6000", "2492": "6230", "3000": "6230"}, about=CAPS)
sweep("1.6 a premium of 950 in schedule C", RULE, on(SCHEDULE_C, zone="distant", workday=7), "rate",
      {"4750": "1900", "4751": "1900.20"}, about=CAPS)
TRAVEL = on(DAY_PLAYER, day_type="travel", call=None, wrap=None, **NO_MEAL)
sweep("1.6 travel overnight on a 7th day", "sag.travel.only_day", on(TRAVEL, zone="distant"),
      "workday", {6: "1246", 7: "1869"}, about=CAPS)
sweep("1.6 travel overnight of a three-day performer", "sag.travel.only_day",
      on(THREE_DAY, zone="distant", day_type="travel", call=None, wrap=None, **NO_MEAL),
      "workday", {6: "800", 7: "1200"}, about=CAPS)
one("1.6 travel overnight on a holiday", "sag.travel.only_day", "1869",
    on(TRAVEL, zone="distant", holiday=True))
RULE = "sag.bg.sixth_seventh"
steps("1.6", on(EXTRA, workday=6), (BEGAN, RULE, "420"))
sweep("1.6 by the day", RULE, EXTRA, "workday", {5: None, 6: "420", 7: "560"})
RULE = "sag.holidays"
steps("1.6", on(DAY_PLAYER, holiday=True), (BEGAN, RULE, "3115"), ("2024-01-01", RULE, "3115"))
sweep("1.6 days", RULE, DAY_PLAYER, "work_date", {
    "2023-12-25": "3115", "2024-01-15": "3115", "2024-06-19": "3115", "2025-09-01": "3115",
    "2025-11-27": "3115", "2025-11-28": "3115", "2026-01-01": "3115", "2026-01-02": None,
    "2026-02-16": "3115", "2026-04-03": "3115", "2026-04-05": None, "2026-05-25": "3115",
    "2026-07-03": "3115", "2026-07-04": None, "2027-07-04": None, "2027-07-05": "3115",
})

# --- 1.7 per diem, travel, allowances
steps("1.7", OVERNIGHT, (None, "sag.per_diem.a", "60"), ("2023-12-10", "sag.per_diem.b", "70"),
      ("2025-12-14", "sag.per_diem.c", "75"))
sweep("1.7 by the meal", "sag.per_diem.c", OVERNIGHT, "meals_supplied", {
    ("breakfast",): "59", ("lunch",): "53", ("dinner",): "38",
    ("breakfast", "lunch", "dinner"): "0"})
one("1.7 an idle holiday too", "sag.per_diem.c", "75",
    on(OVERNIGHT, day_type="holiday", call=None, wrap=None, **NO_MEAL))
steps("1.7", on(OVERNIGHT, per_diem_in_payroll=True), (BEGAN, "sag.per_diem.timing", "flag"))
sweep("1.7 apart from payroll", "sag.per_diem.timing", OVERNIGHT, "per_diem_in_payroll",
      {False: None, True: "flag"})
RULE = "sag.travel.only_day"
steps("1.7", TRAVEL, (BEGAN, RULE, "1246"))
EXTRA_TRAVEL = on(EXTRA, day_type="travel", travel_to_start="8:00", **NO_MEAL)
sweep("1.7 background, eight hours at most", RULE, EXTRA_TRAVEL, "travel_to_end",
      {"11:00": "84", "16:00": "224", "17:00": "224"})
RULE = "sag.mileage.zone"
steps("1.7", on(DAY_PLAYER, zone="studio_zone", miles="40"), (BEGAN, RULE, "12"))
sweep("1.7 inside the zone", RULE, on(DAY_PLAYER, miles="33.5"), "zone",
      {"studio_zone": "10.05", "studio": None})
RULE = "sag.fitting.day_prior"
FITTING = on(DAY_PLAYER, day_type="fitting", rate="1280", call="9:00", wrap="10:00", **NO_MEAL)
steps("1.7", FITTING, ("2023-12-10", RULE, "160"))
sweep("1.7 an hour at least, quarters", RULE, FITTING, "wrap",
      {"9:30": "160", "10:00": "160", "10:01": "200", "10:15": "200", "10:16": "240"})
for day, pays in {5: "sag.ot.day_performer", 6: "sag.premium.sixth_seventh"}.items():
    one(f"1.7 a fitting is no day's pay too, day {day}", pays, None, on(FITTING, workday=day))
sweep("1.7 none over 1,500", RULE, FITTING, "rate", {"1500": "187.50", "1500.01": "0"})
RULE = "sag.wardrobe.formal"
steps("1.7", on(DAY_PLAYER, adjustments=["formal_wardrobe"]), ("2023-12-10", RULE, "27"))
one("1.7 other", RULE, "12", on(DAY_PLAYER, adjustments=["other_wardrobe"]))
RULE = "sag.bg.adjustments"
steps("1.7", on(EXTRA, adjustments=["automobile"]), ("2023-12-10", RULE, "37.50"))
sweep("1.7 events", RULE, EXTRA, "adjustments", {
    ("photo_double_scripted_dialogue",): "150", ("stand_in_multicam_run_through",): "150",
    ("smoke_snow_mud",): "14", ("wet",): "14", ("wardrobe_change",): "9",
    ("wardrobe_change", "each_additional_change", "each_additional_change"): "21.50",
    ("police_motorcycle",): "50", ("bicycle",): "12", ("pet",): "23", ("own_formal",): "27",
    ("police_uniform",): "36", ("wet", "automobile"): "51.50"})

# --- 1.8 pension and health, by the start of photography
PAID = paid(("straight", "1000", "1"))
RATES = ["2020-07-01", "2021-07-01", "2022-07-01", "2026-07-01"]
for who, card, sums in (("principals", DAY_PLAYER, ("200", "205", "210", "220")),
                        ("background", EXTRA, ("195", "200", "205", "215"))):
    named = [(day, f"sag.ph.rate.{day}", due) for day, due in zip(RATES, sums, strict=True)]
    steps(f"1.8 {who}", card | PAID, *named, by="photography_start")
RULE = "sag.ph.ceiling.theatrical"
steps("1.8", DAY_PLAYER | PAID, ("2005-07-01", RULE, "ok"), by="photography_start")
sweep("1.8 232,000 a picture", "sag.ph.rate.2022-07-01", DAY_PLAYER | PAID, "earnings_to_date",
      {"231000": "210", "231500": "105", "231999.95": "0.01", "232000": "0", "240000": "0"},
      about={RULE})
EPISODE = on(DAY_PLAYER, contract_type="television", program_minutes=30, **PAID)
steps("1.8 television", EPISODE, (None, "sag.ph.ceiling.tv.old", "ok"),
      ("2024-07-01", "sag.ph.ceiling.tv.new", "ok"), by="photography_start")
RULE = "sag.ph.rate.2022-07-01"
steps("1.8 half an hour", on(EPISODE, earnings_to_date="14500"),
      ("2022-07-01", RULE, "105"), ("2024-07-01", RULE, "210"),
      ("2026-07-01", "sag.ph.rate.2026-07-01", "220"), by="photography_start",
      about={"sag.ph.ceiling.tv.old", "sag.ph.ceiling.tv.new"})
sweep("1.8 by the length", RULE, on(EPISODE, earnings_to_date="24500"), "program_minutes",
      {30: "105", 35: "105", 36: "210", 65: "210", 66: None},
      about={"sag.ph.ceiling.tv.new"})
sweep("1.8 an hour, new", RULE, on(EPISODE, program_minutes=60), "earnings_to_date",
      {"34000": "210", "34500": "105", "35000": "0"})
sweep("1.8 an hour, old", RULE, on(EPISODE, program_minutes=60, photography_start="2024-06-30"),
      "earnings_to_date", {"23500": "210", "24000": "105", "24500": "0"},
      about={"sag.ph.ceiling.tv.old"})
one("1.8 what was earned on the episode is not known", RULE, None,
    on(EPISODE, work_date="2026-03-02", **paid(("straight", "24900", "1"))), EPISODE)
