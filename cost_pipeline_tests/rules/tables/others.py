"""Area Standards, low budget, Teamsters 399, DGA and minors: sections 2.2 to 2.9 and 1.9."""

from cost_pipeline_tests.rules.tables import NO_MEAL, Rows, crew, meal, on, performer, week

# fmt: off
ROWS = Rows()
steps, sweep, one = ROWS.steps, ROWS.sweep, ROWS.one
ENDED = "2027-08-01"
AUGUSTS = ("2024-08-04", "2025-08-03", "2026-08-02")


def scale(source, card, prefix, *minimums):
    named = [(day, f"{prefix}.{day}", text) for day, text in zip(AUGUSTS, minimums, strict=True)]
    steps(source, card, *named, (ENDED, None, None))


# --- Area Standards
ASA = crew("key", "iatse_area_standards", local="52")
ASA_TV = on(ASA, contract_type="television", season=3)
PLACES = ("key", "second", "third", "utility")
for name, card, table in (
    ("maryland_theatrical", on(ASA, local=None) | {"local": "487"},
     ("50.68 45.94 43.01 37.30", "52.71 47.78 44.73 38.79", "54.55 49.45 46.30 40.15")),
    ("maryland_tv_pilot_longform_first_year", on(ASA_TV, season=1) | {"local": "487"},
     ("46.89 43.01 40.14 36.31", "48.77 44.73 41.75 37.76", "50.48 46.30 43.21 39.08")),
    ("maryland_tv_other", on(ASA_TV) | {"local": "487"},
     ("49.74 44.94 42.10 37.30", "51.73 46.74 43.78 38.79", "53.54 48.38 45.31 40.15")),
    ("non_maryland_theatrical", ASA,
     ("44.88 40.94 37.03 33.15", "47.61 43.43 39.28 35.16", "50.26 45.85 41.47 37.12")),
):
    for craft, *minimums in zip(PLACES, *(row.split() for row in table), strict=True):
        scale(f"2.2 {craft}", card | {"craft": craft}, f"asa.scale.{name}", *minimums)
    one("2.2 no minimum of a grip", f"asa.scale.{name}.2025-08-03", None, card | {"craft": "grip"})
RULE = "asa.apoc"
for craft in ("assistant_production_office_coordinator", "art_department_coordinator"):
    for local in ("52", "487"):
        steps(f"2.2 {craft} {local}", ASA_TV | {"craft": craft, "local": local},
              ("2024-08-04", RULE, "28.50"), ("2025-08-03", RULE, "30"),
              ("2026-08-02", RULE, "31.05"), (ENDED, None, None))
RULE = "asa.ot"
# 15.5 hours elapsed, 15 worked.
LONG = on(ASA, wrap="22:30")
steps("2.3", LONG, ("2024-08-04", RULE, "750"), (ENDED, None, None))
sweep("2.3 eight and twelve worked, fifteen elapsed", RULE, ASA, "wrap",
      {"15:30": "0", "15:31": "9", "19:30": "360", "19:31": "372", "22:00": "660", "22:01": "678"})
steps("2.3 earlier television far away", on(LONG, contract_type="television", zone="distant"),
      (None, RULE, "675"), ("2024-08-04", RULE, "750"), by="photography_start")
steps("2.3 earlier television", on(LONG, contract_type="television"), (None, RULE, "675"),
      ("2022-02-13", RULE, "720"), ("2024-08-04", RULE, "750"), by="photography_start")
sweep("2.3 no multiples of a 6th or 7th day", RULE, LONG, "workday", {5: "750", 6: None, 7: None})
sweep("2.3 forty hours a week", RULE, week(ASA, *["15:30"] * 4, "15:24", "15:30"), "wrap",
      {"15:30": None})
RULE = "asa.fifteenth_day"
ROW_OF_DAYS = [on(ASA, wrap="15:30", prior_wrap=None, work_date=f"2026-03-{day:02}")
               for day in range(2, 17)]
steps("2.3", tuple(ROW_OF_DAYS), ("2024-08-04", RULE, "480"), (ENDED, None, None))
one("2.3 the 14th day", RULE, None, *ROW_OF_DAYS[:14])
sweep("2.3 until 32 hours of rest", RULE, tuple(ROW_OF_DAYS), "workday", {2: "480"})
one("2.3 after a day off", RULE, None, *ROW_OF_DAYS[:7], *ROW_OF_DAYS[8:])
RULE = "asa.meal.penalty"
STUDIO = on(ASA_TV, zone="studio")
steps("2.5", on(STUDIO, **meal("13:31")), (None, RULE, "19.50"), (ENDED, None, None))
sweep("2.5 television in a studio", RULE, STUDIO, meal,
      {"13:00": "0", "13:01": "8.50", "13:31": "19.50", "14:01": "33", "14:31": "46.50",
       "15:01": "71.50"})
for name, card in {"television": on(ASA_TV, zone="nearby"), "features": ASA}.items():
    sweep(f"2.5 {name}, as in the Basic Agreement", RULE, card, meal,
          {"13:01": "7.50", "13:31": "17.50", "14:01": "30", "14:31": "42.50", "15:01": "67.50"})
for name, card, dues in (("of features", ASA, ("17.50", "77.50")),
                         ("in a studio", STUDIO, ("19.50", "79.50")),
                         ("of television near", on(ASA_TV, zone="nearby"), ("17.50", "77.50"))):
    sweep(f"2.5 after twenty in a week {name}", RULE,
          week(on(card, **NO_MEAL), *["16:00"] * 4), "wrap",
          dict(zip(("14:00", "14:01"), dues, strict=True)))
RULE = "asa.rest"
steps("2.6", on(ASA, prior_wrap="21:01"), (None, RULE, "flag"), (ENDED, None, None))
sweep("2.6 ten hours", RULE, ASA, "prior_wrap", {"21:00": "ok", "21:01": "flag"})
steps("2.6 photography", on(ASA, prior_wrap="21:13"), ("2024-11-03", RULE, "60"),
      by="photography_start")
sweep("2.6 all that was invaded", RULE, on(ASA, prior_wrap="21:00"), "prior_wrap",
      {"21:00": "0", "21:01": "60", "21:31": "72", "24:00": "360"})
one("2.6 not of distant hires", RULE, None, on(ASA, zone="distant", prior_wrap="23:00"))
ASA_MONDAY = on(ASA, work_date="2026-03-02", workday=1, prior_work_date="2026-02-27")
sweep("2.6 weekend", RULE, ASA_MONDAY, "prior_wrap", {"25:00": "ok", "25:01": "flag"})
sweep("2.6 one day off, 32 hours", RULE, on(ASA_MONDAY, prior_work_date="2026-02-28"), "prior_wrap",
      {"23:00": "ok", "23:01": "flag"})
steps("2.8", on(ASA, zone="distant"), ("2021-11-21", "asa.per_diem.2021-11-21", "59.50"),
      ("2024-08-04", "asa.per_diem.2024-08-04", "70"),
      ("2026-08-02", "asa.per_diem.2026-08-02", "75"))
sweep("2.8 by the meal", "asa.per_diem.2024-08-04", on(ASA, zone="distant"), "meals_supplied",
      {("breakfast",): "56", ("lunch",): "49", ("dinner",): "35"})
named = [(day, f"asa.nearby_living.{day}", due)
         for day, due in zip(AUGUSTS, ("101", "111", "121"), strict=True)]
steps("2.8", on(ASA, zone="nearby", lodging=True), *named)
steps("2.8", ASA, *((day, "asa.benefits", due)
                    for day, due in zip(AUGUSTS, ("175", "190", "205"), strict=True)),
      (ENDED, None, None))

# --- low budget
RULE = "lbt.meal"
LOW = crew("grip", "iatse_low_budget", rate="15")
sweep("2.5", RULE, LOW, meal, {"13:00": "0", "13:01": "8.50", "13:31": "19.50", "14:01": "33",
                               "14:31": "46.50", "15:01": "64.50", "15:31": "82.50"})
sweep("2.5 after twenty an hour, not less than 20", RULE,
      week(on(LOW, **NO_MEAL), *["16:00"] * 3, "14:30"), "rate", {"15": "39.50", "60": "79.50"})

# --- Teamsters 399
DRIVER = crew("driver", "teamsters_399", "50", zone="bus_to")
named = [(day, f"t399.scale.{day}") for day in AUGUSTS]
for craft, minimums in {"captain": "56.54 58.80 60.86", "driver": "44.66 46.45 48.08",
                        "ten_ton_driver": "48.16 50.09 51.84",
                        "production_van_driver": "56.54 58.80 60.86",
                        "dispatcher": "50.42 52.44 54.28"}.items():
    scale(f"2.2 {craft}", DRIVER | {"craft": craft}, "t399.scale", *minimums.split())
RULE = "t399.gold"
steps("2.9", on(DRIVER, wrap="21:30"), ("2024-08-04", RULE, "62.50"), (ENDED, None, None))
steps("2.9 photography", on(DRIVER, wrap="22:30"), (None, RULE, "187.50"),
      ("2024-08-04", RULE, "200"), by="photography_start")
sweep("2.9 fourteen, fifteen", RULE, DRIVER, "wrap",
      {"21:00": "0", "21:01": "12.50", "22:00": "125", "22:01": "140"})
sweep("2.9 sixteen before 2024-08-04", RULE, on(DRIVER, photography_start="2024-08-03"), "wrap",
      {"22:01": "137.50", "23:00": "250", "23:01": "265"})
sweep("2.9 by the day", RULE, on(DRIVER, wrap="22:06"), "workday",
      {5: "140", 6: "210", 7: "280"})
one("2.9 holiday", RULE, "280", on(DRIVER, wrap="22:06", holiday=True))
sweep("2.9 studio", RULE, on(DRIVER, zone="studio"), "wrap", {"21:00": "0", "21:01": "10"})
RULE = "t399.meal"
steps("2.5", on(DRIVER, **meal("13:31")), ("2024-08-04", RULE, "22.50"), (ENDED, None, None))
sweep("2.5 ladder", RULE, DRIVER, meal,
      {"13:00": "0", "13:01": "10", "13:31": "22.50", "14:01": "37.50", "14:31": "52.50",
       "15:01": "67.50"})
MEAL = on(DRIVER, adjustments=["non_deductible_meal"])
REPAID = "t399.meal.non_deductible"
steps("2.9 reimbursed", MEAL, ("2024-08-04", REPAID, "12.50"), (ENDED, None, None))
sweep("2.9 reimbursed where it says so", REPAID, DRIVER, "adjustments",
      {("non_deductible_meal",): "12.50", (): None})
RULE = "t399.rest"
steps("2.6", on(DRIVER, prior_wrap="23:01"), ("2021-08-01", RULE, "flag"))
sweep("2.6 eight hours", RULE, DRIVER, "prior_wrap", {"23:00": "ok", "23:01": "flag"})
sweep("2.6 no penalty by the day", RULE, on(DRIVER, prior_wrap="20:00"), "prior_wrap",
      {"23:30": "0"})
BACK = on(DRIVER, work_date="2026-03-02", workday=1, prior_work_date="2026-02-27")
steps("2.9 weekend, photography", on(BACK, prior_wrap="25:06"), ("2024-11-03", RULE, "50"),
      by="photography_start")
sweep("2.9 weekend at 2x", RULE, on(BACK, prior_wrap="25:00"), "prior_wrap",
      {"25:00": "0", "25:01": "50", "25:36": "60", "28:00": "300"})

# --- DGA, at 7,000 a week: 1,400 a day
FIRST = crew("first_assistant_director", "dga", "7000", engagement="weekly", rate_unit="week")
UPM = FIRST | {"craft": "unit_production_manager"}
BEGAN, OVER = "2023-07-01", "2026-07-01"
RULE = "dga.extended_day"
steps("2.9", on(FIRST, wrap="20:06"), (BEGAN, RULE, "700"), (OVER, None, None))
for craft, dues in {
    "first_assistant_director": {"20:00": "0", "20:01": "700", "22:00": "700", "22:01": "1400",
                                 "26:00": "1400", "26:01": "2800", "30:00": "2800",
                                 "30:01": "4200"},
    "key_second_assistant_director": {"20:00": "0", "20:01": "700", "22:01": "2100",
                                      "26:01": "3500"},
    "second_assistant_director": {"22:00": "0", "22:01": "1400", "26:01": "2800"},
    "unit_production_manager": {"22:54": "0", "23:00": "1400", "27:00": "1400", "27:01": "2800"},
}.items():
    sweep(f"2.9 {craft}", RULE, FIRST | {"craft": craft}, "wrap", dues)
RULE = "dga.rest"
steps("2.9", on(FIRST, prior_wrap="20:30"), (BEGAN, RULE, "350"), (OVER, None, None))
sweep("2.9 nine hours from an hour after to an hour before", RULE, FIRST, "prior_wrap",
      {"20:00": "0", "20:01": "350", "21:00": "350", "21:01": "700"})
RULE = "dga.sixth_seventh"
steps("2.9", on(FIRST, workday=6), (BEGAN, RULE, "2100"), (OVER, None, None))
sweep("2.9 by the day", RULE, FIRST, "workday", {5: None, 6: "2100", 7: "2800"})
one("2.9 holiday", RULE, "2800", on(FIRST, holiday=True))
one("2.9 studio only", RULE, None, on(FIRST, workday=6, zone="distant"))
RULE = "dga.allowances"
steps("2.9", on(FIRST, adjustments=["wrap_supervision"]), ("2024-07-01", RULE, "62"),
      (OVER, None, None))
sweep("2.9 events", RULE, FIRST, "adjustments",
      {("second_meal",): "33", ("distant_incidentals",): "24"})
steps("1.7", on(FIRST, zone="distant"), ("2025-12-14", "dga.per_diem", "75"))
RULE = "dga.scale.2025"
for craft, studio, distant in (("unit_production_manager", "7021", "9830"),
                               ("first_assistant_director", "6676", "9338"),
                               ("key_second_assistant_director", "4473", "6251")):
    steps(f"2.9 {craft}", FIRST | {"craft": craft}, ("2025-07-01", RULE, studio),
          (OVER, None, None))
    one(f"2.9 {craft}, distant", RULE, distant, FIRST | {"craft": craft, "zone": "distant"})

# --- minors in California, a child of ten on a school day
RULE = "minors.ca.hours"
CHILD = performer(birthdate="2016-03-03", minor=True, school_day=True, wrap="16:00")
INFANT = on(CHILD, call="9:00", prior_wrap=None, **NO_MEAL)
# Age: hours at work without meals; the day before a birthday has the band before.
for birthdate, allowed in {"2026-02-16": 2, "2025-09-04": 2, "2025-09-03": 4, "2024-03-04": 4,
                           "2024-03-03": 6, "2020-03-04": 6, "2020-03-03": 8, "2017-03-04": 8,
                           "2017-03-03": 9, "2010-03-04": 9, "2010-03-03": 10,
                           "2008-03-04": 10}.items():
    sweep(f"1.9 born on {birthdate}", RULE,
          on(INFANT, birthdate=birthdate, meal1_out="13:30", meal1_in="14:00")
          if allowed > 5 else on(INFANT, birthdate=birthdate), "wrap",
          {f"{9 + allowed}:{30 * (allowed > 5):02}": "ok",
           f"{9 + allowed}:{30 * (allowed > 5) + 6:02}": "flag"})
one("1.9 the first fifteen days", RULE, None, on(INFANT, birthdate="2026-02-17", wrap="9:30"))
one("1.9 eighteen years", RULE, None, on(INFANT, birthdate="2008-03-03", minor=False, wrap="18:00"))
for birthdate, minutes in {"2026-01-03": 20, "2025-03-03": 120, "2023-03-03": 180}.items():
    sweep(f"1.9 on the set, born {birthdate}", RULE,
          on(INFANT, birthdate=birthdate, wrap="10:30"), "set_hours",
          {f"{minutes / 60 - 0.02:.4f}": "ok", f"{minutes / 60 + 0.02:.4f}": "flag"})
for birthdate, school, free in (("2018-03-03", 4, 6), ("2016-03-03", 5, 7), ("2009-03-03", 6, 8)):
    for day, hours in ((True, school), (False, free)):
        sweep(f"1.9 on the set, born {birthdate}, school {day}", RULE,
              on(CHILD, birthdate=birthdate, school_day=day, wrap="15:00"), "set_hours",
              {str(hours): "ok", f"{hours}.1": "flag"})
for birthdate in ("2020-03-03", "2017-03-03", "2010-03-03"):
    for day, hours in ((True, "1"), (False, "2")):
        sweep(f"1.9 rest, born {birthdate}, school {day}", RULE,
              on(CHILD, birthdate=birthdate, school_day=day, wrap="15:00"), "rest_hours",
              {hours: "ok", f"{int(hours) - 1}.9": "flag"})
    sweep(f"1.9 school, born {birthdate}", RULE, on(CHILD, birthdate=birthdate, wrap="15:00"),
          "school_hours", {"3": "ok", "2.9": "flag"})
    one(f"1.9 no school, born {birthdate}", RULE, "ok",
        on(CHILD, birthdate=birthdate, school_day=False, school_hours="0", wrap="15:00"))
one("1.9 below six nothing but work is limited", RULE, "ok",
    on(INFANT, birthdate="2022-03-03", school_hours="0", rest_hours="0", wrap="10:30"))
sweep("1.9 with meals", RULE, on(CHILD, **meal("12:00")) | {"meal1_in": 13 * 60 + 30}, "wrap",
      {"16:30": "ok", "16:36": "flag"})
# A meal of an hour, so that the hours without it are within their limit.
for birthdate, allowed, out in (("2025-03-03", "13:30", "11:00"), ("2023-03-03", "15:30", "11:00"),
                                ("2018-03-03", "17:30", "14:00"), ("2016-03-03", "18:30", "14:00"),
                                ("2009-03-03", "19:30", "14:00")):
    for day in (True, False):
        sweep(f"1.9 with meals, born {birthdate}, school {day}", RULE,
              on(INFANT, birthdate=birthdate, school_day=day, meal1_out=out,
                 meal1_in=f"{int(out[:2]) + 1}:00"), "wrap",
              {allowed: "ok", allowed[:3] + "36": "flag"})
sweep("1.9 from five", RULE, on(CHILD, wrap="12:00", prior_wrap=None, **meal("10:00")), "call",
      {"5:00": "ok", "4:59": "flag"})
EVENING = on(CHILD, call="16:00", prior_wrap=None, **meal("19:00"))
sweep("1.9 until ten", RULE, EVENING, "wrap", {"22:00": "ok", "22:01": "flag"})
sweep("1.9 until half past midnight before a free day", RULE, on(EVENING, work_date="2026-03-06"),
      "wrap", {"24:30": "ok", "24:31": "flag"})
# Thanksgiving is a Thursday and the day after is kept too; Memorial Day is a Monday. Schools may be
# open on Good Friday, 2026-04-03.
for day, allowed in (("2026-05-24", "24:30"), ("2026-05-25", "22:00"), ("2026-11-24", "22:00"),
                     ("2026-04-02", "22:00"), ("2026-11-25", "24:30"),
                     ("2026-11-26", "24:30"), ("2026-12-24", "24:30")):
    sweep(f"1.9 at night before or after a holiday, {day}", RULE,
          on(EVENING, work_date=day, days_off=["mon", "tue"]), "wrap",
          {allowed: "ok", "24:31" if allowed == "24:30" else "22:01": "flag"})
sweep("1.9 48 hours a week", RULE, week(CHILD, *["15:30"] * 6), "wrap",
      {"15:30": "ok", "15:36": "flag"})
sweep("1.9 twelve hours of rest", RULE, CHILD, "prior_wrap", {"19:00": "ok", "19:01": "flag"})
sweep("1.9 a meal by six hours", RULE, CHILD, meal, {"13:00": "ok", "13:01": "flag"})
one("1.9 no grace", RULE, "flag", on(CHILD, grace1=True, **meal("13:06")))
