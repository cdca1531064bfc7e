"""Every union reason code is reached: one card for each family that may block.

`UNION_CATEGORY_*` are of `test_reasons`, `UNION_PAYROLL_RUN` is of `test_timecards`.
"""

import csv
import io

import pytest

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline_tests.feeds.payday import FAIR, HUNGRY

GRIP = {
    "date": "2026-03-03", "department_code": "2500", "gl_code": "2500-01", "amount": "602.58",
    "union_category": "IATSE", "agreement": "iatse_basic", "local": "80", "craft": "grip",
    "engagement": "daily", "rate": "54.78", "rate_unit": "hour", "contract_type": "theatrical",
    "zone": "studio", "photography_start": "2026-01-05", "week_ending": "2026-03-07",
    "workday": "2", "day_type": "work", "call": "7.0", "meal1_out": "13.0", "meal1_in": "13.5",
    "wrap": "17.5", "prior_wrap": "18.0", "gross": FAIR,
}  # fmt: skip
PERFORMER = GRIP | {
    "department_code": "1400", "gl_code": "1401", "union_category": "SAG-AFTRA",
    "agreement": "sag_aftra", "local": "", "craft": "performer", "schedule": "A", "rate": "1246",
    "rate_unit": "day", "amount": "1713.25",
    "gross": "straight|8|1||1246.00;overtime|2|1.5||467.25",
}  # fmt: skip
EXTRA = PERFORMER | {
    "department_code": "2100", "gl_code": "2101", "craft": "background", "schedule": "X",
    "rate": "224", "amount": "308.00", "gross": "straight|8|1||224.00;overtime|2|1.5||84.00",
}  # fmt: skip
MEAL = {"meal1_out": HUNGRY["out"], "meal1_in": HUNGRY["in"]}
NIGHT = {"call": "20.0", "meal1_out": "26.0", "meal1_in": "26.5", "wrap": "30.5"}
TRAVEL = {"day_type": "travel", "zone": "distant", "meal1_out": "", "meal1_in": ""}

BLOCKED = {
    CostReason.UNION_SCALE: GRIP | {"rate": "50", "amount": "550.00",
        "gross": "straight|8|1|50|400.00;overtime|2|1.5|50|150.00"},
    CostReason.UNION_OVERTIME: GRIP | {"amount": "438.24", "gross": "straight|8|1|54.78|438.24"},
    CostReason.UNION_GUARANTEES: GRIP | {"wrap": "15.0", "amount": "410.85",
        "gross": "straight|7.5|1|54.78|410.85"},
    CostReason.UNION_MEALS: GRIP | MEAL,
    CostReason.UNION_REST: GRIP | {"prior_wrap": "21.5"},
    CostReason.UNION_PREMIUM_DAYS: GRIP | {"date": "2026-03-07", "workday": "6"},
    CostReason.UNION_NIGHT: GRIP | NIGHT | {"off_production": "yes"},
    CostReason.UNION_TRAVEL: GRIP | TRAVEL | {"amount": "219.12",
        "gross": "travel|4|1|54.78|219.12"},
    CostReason.UNION_PER_DIEM: PERFORMER | {"zone": "distant", "per_diem_paid": "70.00"},
    CostReason.UNION_ALLOWANCES: EXTRA | {"adjustments": "wet"},
    CostReason.UNION_PENSION_HEALTH: PERFORMER | {"benefits_paid": "100.00"},
}  # fmt: skip
NEVER = {
    CostReason.UNION_WEEKLY: "the weekly formula was reverse-engineered: a flag",
    CostReason.UNION_MINORS: "holding back a minor's pay would not mend the day: a flag",
}
ELSEWHERE = {
    CostReason.UNION_CATEGORY_MISSING,
    CostReason.UNION_CATEGORY_MISMATCH,
    CostReason.UNION_PAYROLL_RUN,
}
# Nothing blocks what these flag, whatever was paid.
FLAGGED = {
    "weekly": PERFORMER | {"craft": "stunt_performer", "engagement": "weekly", "schedule": "H",
        "rate": "4646", "rate_unit": "week", "amount": "929.20",
        "gross": "straight|1|1||929.20", "wrap": "16.0"},
    "minors": PERFORMER | {"birthdate": "2016-03-03", "minor": "yes", "school_day": "yes"},
}  # fmt: skip
NAMES = sorted(set().union(*BLOCKED.values(), *FLAGGED.values()))
VENDOR = """vendor: payday
production: P100
record: timecard
source: {kind: folder, path: inbox/payday, files: "{pull_date:%Y-%m-%d}*.csv"}
format: {kind: csv}
key: [transaction_id]
constants: {currency: USD}
columns:
  transaction_id: [id]
  worker_id: [worker]
  transaction_date: [date]
""" + "\n".join(f"  {name}: [{name}]" for name in NAMES if name != "date")


@pytest.fixture(scope="module")
def reasons(door, tmp_path_factory):
    """The reasons of each card's dead letter, by what it is a case of."""
    house = door.House(tmp_path_factory.mktemp("unions") / "home", ())
    house.vendor_file("payday", VENDOR)
    text = io.StringIO()
    written = csv.DictWriter(text, ["id", "worker", *NAMES], restval="", lineterminator="\n")
    written.writeheader()
    cases = {str(reason): card for reason, card in BLOCKED.items()} | FLAGGED
    written.writerows({"id": case, "worker": case, **card} for case, card in cases.items())
    house.drop("payday", "2026-03-08", text.getvalue().encode())
    house.work("2026-03-08")
    assert door.unlawful(house.session()) == []
    letters = door.open_letters(house.session())
    return {list(cases)[letter["row"] - 1]: letter["reasons"] for letter in letters}


def test_every_union_reason_has_a_case_or_says_why_it_has_none():
    union = {reason for reason in CostReason if reason.startswith("UNION_")}
    assert union == {*BLOCKED, *NEVER, *ELSEWHERE}


@pytest.mark.parametrize("reason", BLOCKED)
def test_a_card_that_breaks_a_family_of_rules_has_its_reason(reason, reasons):
    assert reasons.get(str(reason)) == [reason]


@pytest.mark.parametrize("family", FLAGGED)
def test_what_is_only_a_flag_is_posted(family, reasons):
    assert family not in reasons
