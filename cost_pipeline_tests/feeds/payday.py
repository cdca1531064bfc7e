"""A vendor of timecards and what it sends: a grip's days, fair ones and one without penalties."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from cost_pipeline.rules.load import bundled_packs

PAYDAY = """vendor: payday
production: P100
record: timecard
source: {kind: folder, path: inbox/payday, files: "{pull_date:%Y-%m-%d}*.csv"}
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  worker_id: [worker]
  week_ending: [week]
  workday: [day]
  rate: [rate]
  call: [call]
  meal1_out: [out]
  meal1_in: [in]
  wrap: [wrap]
  gross: [gross]
constants:
  {currency: USD, department_code: "2500", gl_code: "2500-01", union_category: IATSE,
   agreement: iatse_basic, local: "80", craft: grip, engagement: daily, rate_unit: hour,
   contract_type: theatrical, zone: studio, photography_start: "2026-01-05"}
"""
NAMES = [
    "id",
    "date",
    "amount",
    "worker",
    "week",
    "day",
    "rate",
    "call",
    "out",
    "in",
    "wrap",
    "gross",
]
# Grip scale is 54.78 from 2025-08-03; ten hours are 8 straight and 2 at 1.5x.
FAIR = "straight|8|1|54.78|438.24;overtime|2|1.5|54.78|164.34"


def card(number, day, /, **changes):
    row = {
        "id": f"C-{number}",
        "date": f"2026-03-{day:02d}",
        "amount": "602.58",
        "worker": "W-1",
        "week": "2026-03-07",
        "day": str(day - 1),
        "rate": "54.78",
        "call": "7.0",
        "out": "13.0",
        "in": "13.5",
        "wrap": "17.5",
        "gross": FAIR,
    }
    return {**row, **changes}


def csv_of(*cards):
    lines = [",".join(NAMES), *(",".join(one[name] for name in NAMES) for one in cards)]
    return ("\n".join(lines) + "\n").encode()


# The first meal an hour and a half late: three half hours, 7.50 + 10 + 12.50, and nothing paid.
HUNGRY = {"out": "14.5", "in": "15.0"}
PAID_LATER = {
    **HUNGRY,
    "gross": f"{FAIR};meal_penalty|3|||30.00",
    "amount": "632.58",
}


def free_meals_from(day):
    """The rules, with meal penalties of nothing from a day on."""
    packs = bundled_packs()
    rules = {
        pack.name: tuple(one for packed in pack.rules for one in _split(packed, day))
        for pack in packs.packs
    }
    return replace(packs, packs=tuple(replace(p, rules=rules[p.name]) for p in packs.packs))


def _split(packed, day):
    rule = packed.rule
    if rule.id != "iatse.meal.penalty.general":
        return [packed]
    nothing = rule.amounts.model_copy(update={"ladder": (Decimal(0),), "each_after": Decimal(0)})
    return [
        replace(packed, rule=rule.model_copy(update={"last": day - timedelta(days=1)})),
        replace(packed, rule=rule.model_copy(update={"first": day, "amounts": nothing})),
    ]
