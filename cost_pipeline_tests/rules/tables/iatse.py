"""IATSE Basic Agreement: sections 2.1 to 2.8 of the facts."""

from cost_pipeline_tests.rules.tables import NO_MEAL, Rows, crew, meal, on, week

# fmt: off
ROWS = Rows()
steps, sweep, one = ROWS.steps, ROWS.sweep, ROWS.one
BEGAN, ENDED = "2024-08-01", "2027-08-01"
AUGUSTS = ("2024-08-04", "2025-08-03", "2026-08-02")

GRIP = crew()
TELEVISION = on(GRIP, contract_type="television")
KEY = crew("key_grip", engagement="weekly", guaranteed_hours="54")
FAR = on(GRIP, zone="distant")
NEAR = on(GRIP, zone="nearby")
OPERATOR = crew("camera_operator", rate="100")
WEEKLY_OPERATOR = on(OPERATOR, engagement="weekly", schedule="B", guaranteed_hours="43.2")
SCRIPT = crew("script_supervisor")
EDITOR = crew("editor")
ON_CALL = crew("art_director", rate="5000", engagement="on_call", rate_unit="week")


def scale(source, card, prefix, *minimums):
    named = [(day, f"{prefix}.{day}", text) for day, text in zip(AUGUSTS, minimums, strict=True)]
    steps(source, card, *named, (ENDED, None, None))


for craft, rule, by_day, by_week, week_sum in (
    ("key_grip", "l80.1st_company_grip", ("60.59", "63.01", "65.22"), ("59.80", "62.19", "64.37"),
     ("3647.80", "3793.59", "3926.57")),
    ("best_boy_grip", "l80.2nd_company_grip", ("55", "57.20", "59.20"), ("54.05", "56.21", "58.18"),
     ("3297.05", "3428.81", "3548.98")),
    ("director_of_photography", "l600.dp", ("139.86", "145.45", "150.54"),
     ("124.57", "129.55", "134.08"), ("5381.42", "5596.56", "5792.26")),
    ("camera_operator", "l600.operator", ("86.45", "89.91", "93.06"), ("79.22", "82.39", "85.27"),
     ("3422.30", "3559.25", "3683.66")),
    ("first_assistant_camera", "l600.1st_ac", ("63.16", "65.69", "67.99"),
     ("60.92", "63.36", "65.58"), ("2729.22", "2838.53", "2937.98")),
    ("second_assistant_camera", "l600.2nd_ac", ("58.26", "60.59", "62.71"),
     ("56.32", "58.57", "60.62"), ("2523.14", "2623.94", "2715.78")),
):
    scale("2.2 by the day", crew(craft), f"iatse.scale.{rule}", *by_day)
    weekly = crew(craft, engagement="weekly")
    scale("2.2 by the week", weekly, f"iatse.scale.{rule}", *by_week)
    scale("2.2 a week", on(weekly, rate_unit="week"), f"iatse.scale.{rule}", *week_sum)
scale("2.2", GRIP, "iatse.scale.l80.grip", "52.67", "54.78", "56.70")
for craft, rule, *minimums in (("digital_imaging_technician", "dit", "86.43", "89.89", "93.04"),
                               ("loader", "loader", "50.05", "52.05", "53.87")):
    scale("2.2 by the day", crew(craft), f"iatse.scale.l600.{rule}", *minimums)
    one("2.2 none by the week", f"iatse.scale.l600.{rule}.2025-08-03", None,
        crew(craft, engagement="weekly"))

# --- 2.3 overtime and golden time; 60 an hour, called at 7:00, half an hour's meal
RULE = "iatse.ot.daily_weekly"
steps("2.3", GRIP, (BEGAN, RULE, "180"), (ENDED, None, None))
sweep("2.3 eight hours", RULE, GRIP, "wrap", {"15:30": "0", "15:31": "9", "17:30": "180"})
sweep("2.3 forty hours a week", RULE, week(FAR, *["15:30"] * 4, "15:24", "15:00", **NO_MEAL),
      "wrap", {"7:06": "0", "7:12": "9", "15:00": "711"})
sweep("2.2 weekly camera operators: straight hours", RULE, WEEKLY_OPERATOR, "wrap",
      {"16:48": "0", "16:49": "15"})
sweep("2.2 43.2 a week", RULE, week(WEEKLY_OPERATOR, *["16:06"] * 4, "16:18"), "wrap",
      {"16:18": "0", "16:19": "15"})
sweep("2.2 camera operators by the day", RULE, OPERATOR, "wrap", {"15:30": "0", "15:31": "15"})
sweep("2.4 script supervisors by the day", RULE, SCRIPT, "wrap", {"13:30": "0", "13:31": "9"})
sweep("2.4 script supervisors by the week", RULE, on(SCRIPT, engagement="weekly"), "wrap",
      {"15:30": "0", "15:31": "9"})
RULE = "iatse.gold.studio"
steps("2.3", on(GRIP, wrap="20:00"), (BEGAN, RULE, "120"), (ENDED, None, None))
sweep("2.3 twelve hours elapsed", RULE, GRIP, "wrap", {"19:00": "0", "19:01": "12"})
sweep("2.3 report to a place in the zone", RULE, on(GRIP, zone="studio_zone"), "wrap",
      {"19:00": "0", "19:01": "12"})
sweep("2.3 television, worked", RULE, TELEVISION, "wrap", {"19:30": "0", "19:31": "12"})
sweep("2.3 television off production", RULE, on(TELEVISION, off_production=True), "wrap",
      {"19:00": "0", "19:01": "12"})
sweep("2.3 by the day", RULE, on(GRIP, wrap="20:00"), "workday", {5: "120", 6: "180", 7: "240"})
one("2.3 holiday", RULE, "240", on(GRIP, wrap="20:00", holiday=True))
RULE = "iatse.gold.location"
steps("2.3", on(NEAR, wrap="21:30"), (BEGAN, RULE, "60"), (ENDED, None, None))
for zone in ("bus_to", "secondary_zone", "nearby", "distant"):
    sweep(f"2.3 fourteen hours elapsed, {zone}", RULE, on(GRIP, zone=zone), "wrap",
          {"21:00": "0", "21:01": "12"})
sweep("2.3 television, worked", RULE, on(TELEVISION, zone="nearby"), "wrap",
      {"21:30": "0", "21:31": "12"})
sweep("2.3 television far away, elapsed", RULE, on(TELEVISION, zone="distant"), "wrap",
      {"21:00": "0", "21:01": "12"})
sweep("2.3 by the day", RULE, on(NEAR, wrap="21:30"), "workday", {5: "60", 6: "90", 7: "120"})
sweep("2.3 by the day, distant", RULE, on(FAR, wrap="21:30"), "workday",
      {5: "60", 6: "60", 7: "120"})
RULE = "iatse.gold.triple_15"
LONG = on(GRIP, wrap="23:00", photography_start="2024-08-04")
steps("2.3", LONG, ("2024-08-04", RULE, "180"), (ENDED, None, None))
steps("2.3 photography", LONG, ("2024-08-04", RULE, "180"), by="photography_start")
for name, card in {"features": GRIP, "television": TELEVISION, "far": FAR, "near": NEAR}.items():
    sweep(f"2.3 fifteen hours elapsed, {name}", RULE, card, "wrap", {"22:00": "0", "22:01": "18"})
sweep("2.3 by the day", RULE, LONG, "workday", {5: "180", 6: "270", 7: "360"})
LONG_TV = on(LONG, contract_type="television")
for name, card in {"far": on(LONG_TV, zone="distant"),
                   "off production": on(LONG_TV, off_production=True)}.items():
    sweep(f"2.3 by the day, television {name}", RULE, card, "workday",
          {5: "180", 6: "270", 7: "360"})
RULE = "iatse.gold.editors_700"
steps("2.3", on(EDITOR, wrap="20:00"), ("2024-08-04", RULE, "120"), (ENDED, None, None))
sweep("2.3 twelve, fourteen, fifteen", RULE, EDITOR, "wrap",
      {"19:00": "0", "19:01": "12", "21:00": "240", "21:01": "255", "22:00": "390",
       "22:01": "408"})
one("2.3 no golden time of others", "iatse.gold.studio", None, on(EDITOR, wrap="22:00"))
RULE = "iatse.sixth_seventh.studio"
steps("2.3", on(GRIP, workday=6), (BEGAN, RULE, "900"), (ENDED, None, None))
sweep("2.3 from the first hour", RULE, GRIP, "workday", {5: None, 6: "900", 7: "1200"})
RULE = "iatse.sixth_seventh.distant"
IDLE = on(FAR, day_type="idle", workday=6, call=None, wrap=None, **NO_MEAL)
steps("2.3", on(FAR, workday=7), (BEGAN, RULE, "1200"), (ENDED, None, None))
sweep("2.3 the 6th is straight time", RULE, FAR, "workday", {6: None, 7: "1200"})
steps("2.4 idle", IDLE, (BEGAN, RULE, "240"), (ENDED, None, None))
sweep("2.4 idle by the day", RULE, IDLE, "workday", {5: None, 6: "240", 7: "240"})
RULE = "iatse.oncall.seventh"
steps("2.3", on(ON_CALL, workday=7), ("2024-08-04", RULE, "2000"), (ENDED, None, None))
sweep("2.3 by the day", RULE, ON_CALL, "workday", {6: None, 7: "2000"})

# --- 2.4 minimum calls and guarantees
RULE = "iatse.weekly_guarantee.formula"
FULL = week(on(KEY, rate="59.80"), *["16:30"] * 5)
steps("2.2", FULL, (BEGAN, RULE, "3647.80"), (ENDED, None, None))
sweep("2.2 forty straight, the others at 1.5x", RULE, FULL, "guaranteed_hours",
      {"40": "2392", "40.1": "2400.97", "54": "3647.80"})
sweep("2.2 straight hours of operators", RULE,
      week(on(WEEKLY_OPERATOR, rate="79.22"), *["16:30"] * 5), "guaranteed_hours",
      {"40": "3168.80", "43.2": "3422.30"})
for craft, rate, hours, printed in (
    ("director_of_photography", "124.57", "43.2", "5381.42"),
    ("camera_operator", "79.22", "43.2", "3422.30"),
    ("first_assistant_camera", "60.92", "43.2", "2729.22"),
    ("best_boy_grip", "54.05", "54", "3297.05"),
):
    of_craft = crew(craft, rate=rate, engagement="weekly", guaranteed_hours=hours)
    one(f"2.2 {craft}, as printed", RULE, printed, *week(of_craft, *["16:30"] * 5))
one("2.2 four days", RULE, None, *FULL[:4])
RULE = "iatse.min_call.daily"
steps("2.4", GRIP, (BEGAN, RULE, "480"), (ENDED, None, None))
sweep("2.4 eight hours", RULE, GRIP, "wrap", {"14:00": "480", "15:30": "480", "17:30": "480"})
NINE = {"14:30": "570", "15:30": "570", "16:00": "525", "16:30": "480", "17:30": "480"}
sweep("2.4 nine hours by the week", RULE, KEY, "wrap", NINE)
for craft, local in {"gaffer": 728, "make_up_artist": 706, "script_supervisor": 871}.items():
    one(f"2.4 nine hours by the week, {local}", RULE, "570",
        crew(craft, engagement="weekly", wrap="15:30"))
one("2.4 hair stylists have 48.6 a week", RULE, "480",
    crew("hair_stylist", engagement="weekly", wrap="15:30"))
one("2.4 off production", RULE, "480", on(KEY, off_production=True, wrap="15:30"))
sweep("2.4 sound by the day", RULE, crew("boom_operator"), "wrap", NINE)
sweep("2.4 distant, 9.5 hours of pay", RULE, FAR, "wrap", NINE)
sweep("2.4 script supervisors, 10.5 hours of pay", RULE, SCRIPT, "wrap",
      {"13:30": "630", "15:30": "450", "16:30": "360"})
TRAINING = on(GRIP, day_type="training", **NO_MEAL)
sweep("2.4 training", RULE, TRAINING, "wrap", {"10:00": "240", "11:00": "240", "11:06": "246"})

# --- 2.5 meals
RULE = "iatse.meal.due"
steps("2.5", on(GRIP, **meal("13:01")), (BEGAN, RULE, "flag"), (ENDED, None, None))
sweep("2.5 six hours", RULE, GRIP, meal, {"13:00": "ok", "13:01": "flag"})
sweep("2.5 grace", RULE, on(GRIP, grace1=True), meal, {"13:12": "ok", "13:13": "flag"})
sweep("2.5 extension", RULE, on(GRIP, extension1=True), meal, {"13:30": "ok", "13:31": "flag"})
sweep("2.5 not both", RULE, on(GRIP, extension1=True, grace1=True), meal,
      {"13:30": "ok", "13:42": "flag"})
sweep("2.5 the last interval", RULE, GRIP, "wrap", {"19:30": "ok", "19:31": "flag"})
sweep("2.5 the last interval, distant", RULE, FAR, "wrap", {"20:00": "ok", "20:01": "flag"})
sweep("2.5 none in the first two hours", RULE, on(GRIP, wrap="14:00"), meal,
      {"9:00": "ok", "8:59": "flag"})
CALLED_EARLY = on(GRIP, general_call="8:00", ndb_end="9:00")
sweep("2.5 breakfast: the crew's meal", RULE, CALLED_EARLY, meal, {"14:00": "ok", "14:01": "flag"})
sweep("2.5 breakfast within an hour", RULE, on(CALLED_EARLY, **meal("14:00")), "ndb_end",
      {"9:00": "ok", "9:01": "flag"})
one("2.5 French hours", RULE, "ok", on(GRIP, french_hours=True, **NO_MEAL))
LADDER = {"13:00": "0", "13:01": "7.50", "13:30": "7.50", "13:31": "17.50", "14:01": "30",
          "14:31": "42.50", "15:01": "67.50", "15:31": "92.50"}
RULE = "iatse.meal.penalty.general"
# From 2021-11-21 by the facts, which say from 2024-08-01 on when a meal is due.
steps("2.5", on(GRIP, **meal("13:31")), ("2021-11-21", RULE, None), (BEGAN, RULE, "17.50"),
      (ENDED, None, None))
sweep("2.5 features", RULE, GRIP, meal, LADDER)
sweep("2.5 television not in a studio", RULE, on(TELEVISION, zone="bus_to"), meal, LADDER)
sweep("2.5 television far away", RULE, on(TELEVISION, zone="distant"), meal, LADDER)
# Six half hours on each of three days, then the 19th and 20th of the week, and those after.
sweep("2.5 after twenty in a week", RULE, week(on(GRIP, **NO_MEAL), *["16:00"] * 4), "wrap",
      {"13:00": "0", "14:00": "17.50", "14:01": "77.50", "16:00": "257.50"})
sweep("2.5 after twenty in a week of television not in a studio", RULE,
      week(on(TELEVISION, zone="bus_to", **NO_MEAL), *["16:00"] * 4), "wrap",
      {"14:00": "17.50", "14:01": "77.50"})
RULE = "iatse.meal.penalty.tv_studio"
steps("2.5", on(TELEVISION, **meal("13:31")), ("2021-11-21", RULE, None), (BEGAN, RULE, "19.50"),
      (ENDED, None, None))
sweep("2.5 ladder", RULE, TELEVISION, meal,
      {"13:01": "8.50", "13:31": "19.50", "14:01": "33", "14:31": "46.50", "15:01": "71.50"})
sweep("2.5 after twenty in a week", RULE, week(on(TELEVISION, **NO_MEAL), *["16:00"] * 4), "wrap",
      {"14:00": "19.50", "14:01": "79.50"})

# --- 2.6 rest; the call is at 7:00
RULE = "iatse.rest.daily"
OLD = on(GRIP, photography_start="2022-01-10")
steps("2.6", on(OLD, prior_wrap="21:01"), ("2022-02-13", RULE, "flag"), (ENDED, None, None))
for name, card, wraps in (
    ("ten hours", GRIP, ("21:00", "21:01")), ("distant", FAR, ("22:00", "22:01")),
    ("operators", OPERATOR, ("20:00", "20:01")),
    ("operators, distant", on(OPERATOR, zone="distant"), ("21:00", "21:01")),
):
    sweep(f"2.6 {name}", RULE, card, "prior_wrap", {wraps[0]: "ok", wraps[1]: "flag"})
OLD_RULE, RULE = "iatse.rest.daily.penalty_small.old", "iatse.rest.daily.penalty_small"
steps("2.6", on(OLD, prior_wrap="21:36"), ("2022-02-13", OLD_RULE, "36"))
steps("2.6 photography", on(GRIP, prior_wrap="21:36"), (None, OLD_RULE, "36"),
      ("2024-11-03", RULE, "72"), by="photography_start")
steps("2.6", on(GRIP, prior_wrap="21:36", photography_start="2024-11-03"),
      ("2024-11-03", RULE, "72"), (ENDED, None, None))
sweep("2.6 one hour, no least time", OLD_RULE, OLD, "prior_wrap",
      {"21:00": "0", "21:01": "6", "21:06": "6", "21:07": "12", "22:00": "60", "22:01": "0"})
sweep("2.6 half an hour at least, one hour", RULE, GRIP, "prior_wrap",
      {"21:00": "0", "21:01": "60", "21:13": "60", "21:30": "60", "21:31": "72", "21:36": "72",
       "21:37": "84", "22:00": "120", "22:01": "0"})
sweep("2.6 two hours off production", RULE, on(GRIP, off_production=True), "prior_wrap",
      {"23:00": "240", "23:01": "0"})
sweep("2.6 two hours off production", OLD_RULE, on(OLD, off_production=True), "prior_wrap",
      {"23:00": "120", "23:01": "0"})
for craft in ("director_of_photography", "camera_operator", "still_photographer"):
    CAMERA = on(GRIP, craft=craft)
    sweep(f"2.6 not of a {craft} between two days", RULE, CAMERA, "prior_wrap",
          {"20:30": "0", "21:30": "0", "23:30": "0"})
    sweep(f"2.6 of a {craft} at weekends", RULE,
          on(CAMERA, work_date="2026-03-02", workday=1, prior_work_date="2026-02-27"),
          "prior_wrap", {"25:00": "0", "25:01": "60", "28:00": "360"})
RULE = "iatse.rest.daily.penalty_large"
steps("2.6", on(OLD, prior_wrap="22:01"), ("2022-02-13", RULE, "flag"), (ENDED, None, None))
sweep("2.6 more than an hour", RULE, GRIP, "prior_wrap", {"22:00": "ok", "22:01": "flag"})
# Six hours to midnight, then four: after 4:59 h the time between is work, after five not.
NIGHT = on(GRIP, work_date="2026-03-02", call="18:00", wrap="24:00", prior_wrap=None, **NO_MEAL)
MORNING = on(GRIP, prior_wrap=None, **NO_MEAL)
BEFORE_FIVE, AT_FIVE = on(MORNING, call="4:59", wrap="8:59"), on(MORNING, call="5:00", wrap="9:00")
for rule, below, at_five in (("iatse.ot.daily_weekly", "90", "180"),
                             ("iatse.gold.studio", "360", "0")):
    one("2.6 rest below five hours is work", rule, below, NIGHT, BEFORE_FIVE, about={RULE})
    one("2.6 five hours of rest are none", rule, at_five, NIGHT, AT_FIVE, about={RULE})
LATE = on(NIGHT, call="7:00", wrap="21:00", **meal("13:00"))
sweep("2.6 call back, four hours at 1.5x", "iatse.min_call.daily", (LATE, on(MORNING, call="4:00")),
      "wrap", {"6:00": "180", "7:54": "9", "8:00": "0"}, about={RULE})
one("2.6 call back on a 6th day, three hours at 2x", "iatse.min_call.daily", "360",
    LATE, on(MORNING, call="4:00", wrap="6:00", workday=6), about={RULE})
RULE = "iatse.rest.weekend"
MONDAY = on(GRIP, work_date="2026-03-02", workday=1, prior_work_date="2026-02-27")
steps("2.6", on(MONDAY, prior_wrap="25:01", photography_start="2022-01-10"),
      ("2022-02-13", RULE, "flag"), (ENDED, None, None))
sweep("2.6 54 hours", RULE, MONDAY, "prior_wrap", {"25:00": "ok", "25:01": "flag"})
sweep("2.6 32 hours", RULE, on(MONDAY, prior_work_date="2026-02-28"), "prior_wrap",
      {"23:00": "ok", "23:01": "flag"})
sweep("2.6 a 6th day on the seventh", RULE,
      on(GRIP, work_date="2026-03-08", workday=7, prior_work_date="2026-03-06"), "prior_wrap",
      {"23:00": "ok", "23:01": "flag"})
sweep("2.6 weekend: all that was invaded", "iatse.rest.daily.penalty_small", MONDAY, "prior_wrap",
      {"25:00": "0", "25:01": "60", "28:00": "360"})

# --- 2.7 holidays, night premium
RULE = "iatse.holidays"
steps("2.7", on(GRIP, holiday=True), (BEGAN, RULE, "1200"), ("2025-01-01", RULE, "1200"),
      (ENDED, None, None))
sweep("2.7 days", RULE, GRIP, "work_date",
      {"2024-11-11": None, "2025-01-20": "1200", "2025-06-19": "1200", "2026-07-03": "1200",
       "2026-07-04": None, "2027-07-05": "1200"})
sweep("2.7 a Saturday, distant", RULE, FAR, "work_date",
      {"2026-07-03": None, "2026-07-04": "1200"})
NOT_WORKED = on(KEY, day_type="holiday", holiday=True, call=None, wrap=None, **NO_MEAL)
sweep("2.7 not worked, by the week a minimum call", RULE, NOT_WORKED, "engagement",
      {"weekly": "570", "daily": None})
sweep("2.7 not worked, television", RULE, on(NOT_WORKED, contract_type="television"), "season",
      {1: None, 2: None, 3: "570"})
RULE = "iatse.night_premium"
OFF = on(GRIP, off_production=True, **NO_MEAL)


def six_hours(call):
    hours, minutes = call.split(":")
    return on({}, call=call, wrap=f"{int(hours) + 6}:{minutes}")


steps("2.7", on(OFF, call="20:00", wrap="26:00"), (BEGAN, RULE, "72"), (ENDED, None, None))
sweep("2.7 by the hour of the call", RULE, OFF, six_hours,
      {"3:59": "72", "4:00": "24", "5:54": "1.20", "6:00": "0", "14:00": "0", "14:06": "0.60",
       "19:54": "35.40", "20:00": "72", "23:00": "72"})
one("2.7 not on production", RULE, None, on(OFF, off_production=False, call="20:00", wrap="26:00"))
one("2.7 not far away", RULE, None, on(OFF, zone="distant", call="20:00", wrap="26:00"))

# --- 2.4 travel, 2.8 benefits
RULE = "iatse.travel_only"
TRAVEL = on(FAR, day_type="travel", call="8:00", **NO_MEAL)
steps("2.4", on(TRAVEL, wrap="10:00"), ("2024-08-04", RULE, "240"), (ENDED, None, None))
sweep("2.4 four to eight hours", RULE, TRAVEL, "wrap",
      {"10:00": "240", "12:00": "240", "12:06": "246", "16:00": "480", "18:00": "480"})
one("2.4 on call a sixth", RULE, "833.33", on(ON_CALL, zone="distant", day_type="travel"))
one("2.4 half of a journey is not known", RULE, None, on(TRAVEL, travel_to_end="12:00"))
RULE = "iatse.mileage.zone"
steps("2.8", on(GRIP, zone="studio_zone", miles="40"), ("2018-08-01", RULE, "12"),
      (ENDED, None, None))
sweep("2.8 4.50 for the secondary zone", RULE, on(GRIP, miles="40"), "zone",
      {"studio": None, "studio_zone": "12", "secondary_zone": "16.50"})
RULE = "iatse.ph.health"
steps("2.8", GRIP, ("2023-07-30", RULE, "57.13"), ("2024-08-04", RULE, "71.03"),
      ("2025-08-03", RULE, "75.53"), ("2026-08-02", RULE, "80.03"), (ENDED, None, None))
steps("2.8 premium rate", on(GRIP, fifteen_million=False), ("2023-07-30", RULE, "99.63"),
      ("2024-08-04", RULE, "110.53"), ("2025-08-03", RULE, "119.13"),
      ("2026-08-02", RULE, "127.73"), (ENDED, None, None))
sweep("2.8 hours guaranteed", RULE, GRIP, "wrap", {"14:30": "60.42", "15:30": "60.42",
                                                   "15:36": "61.18"})
one("2.8 an idle day, eight hours", RULE, "60.42", IDLE)
sweep("2.8 travel, four to eight hours", RULE, TRAVEL, "wrap",
      {"10:00": "30.21", "13:00": "37.77", "18:00": "60.42"})
one("2.8 whether it is a contributor", RULE, None, on(GRIP, fifteen_million=None))
RULE = "iatse.ph.oncall_hours"
steps("2.8 on call", ON_CALL, ("2023-07-30", RULE, "ok"))
one("2.8 by the hour", RULE, None, GRIP)
RULE = "iatse.ph.pension"
# 2.9735 and six percent of the grip's scale by the hour, for ten hours.
steps("2.8", GRIP, ("2021-08-01", RULE, None), ("2024-08-04", RULE, "61.34"),
      ("2025-08-03", RULE, "62.60"), ("2026-08-02", RULE, "64.06"), (ENDED, RULE, None))
steps("2.8 no contributor", on(GRIP, fifteen_million=False), ("2024-08-04", RULE, "66.94"),
      ("2025-08-03", RULE, "68.20"), ("2026-08-02", RULE, "69.66"), (ENDED, RULE, None))
sweep("2.8 hours guaranteed", RULE, GRIP, "wrap", {"14:30": "50.08", "15:30": "50.08",
                                                   "15:36": "50.71"})
