"""Cards for the tests of rules: one ordinary day of a grip or a performer, and what differs."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.rules.evaluate import evaluate
from cost_pipeline.rules.load import bundled_packs

GRIP = {
    "fingerprint": "f" * 64,
    "delivery": "d" * 64,
    "row": 1,
    "vendor": "payday",
    "production": "P100",
    "transaction_id": "C-1",
    "work_date": date(2026, 3, 3),
    "department_code": "2500",
    "gl_code": "2500-01",
    "amount": Decimal(0),
    "currency": "USD",
    "worker_id": "W-1",
    "loan_out": False,
    "agreement": "iatse_basic",
    "craft": "grip",
    "engagement": "daily",
    "contract_type": "theatrical",
    "budget_tier": "full",
    "photography_start": date(2025, 1, 6),
    "rate": Decimal(60),
    "rate_unit": "hour",
    "workday": 2,
    "days_off": [],
    "holiday": False,
    "day_type": "work",
    "off_production": False,
    "zone": "studio",
    "exterior": False,
    "call": 420,
    "meal1_out": 780,
    "meal1_in": 810,
    "wrap": 1050,
    "grace1": False,
    "grace2": False,
    "extension1": False,
    "extension2": False,
    "french_hours": False,
    "forced_call": False,
    "prior_wrap": 1080,
    "meals_supplied": [],
    "per_diem_in_payroll": False,
    "adjustments": [],
    "fifteen_million": True,
    "gross": [],
    "clock_shift_at": 0,
    "clock_shift": 0,
}
PERFORMER = GRIP | {
    "agreement": "sag_aftra",
    "craft": "performer",
    "schedule": "A",
    "rate": Decimal(1246),
    "rate_unit": "day",
}


def line(category, amount, multiplier=None, quantity=None):
    """One gross line."""
    return {
        "category": category,
        "amount": Decimal(amount),
        "multiplier": None if multiplier is None else Decimal(multiplier),
        "quantity": None if quantity is None else Decimal(quantity),
        "rate": None,
    }


def at(clock):
    """`7:30` or `25:30` as minutes."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def saturday(day):
    """The Saturday that ends the week of a day; weeks begin on Sunday."""
    return day + timedelta(days=(5 - day.weekday()) % 7)


def table(*cards):
    """Cards as a table; the week ends on Saturday where a card does not say."""
    rows = [{"week_ending": saturday(card["work_date"]), **card} for card in cards]
    return pa.Table.from_pylist(rows, schema=TIMECARD_SCHEMA)


def findings(*cards, packs=None):
    """The findings of cards, as dicts."""
    return evaluate(table(*cards), packs or bundled_packs()).to_pylist()


def only(found, rule):
    """The one finding of a rule."""
    mine = [entry for entry in found if entry["rule"] == rule]
    assert len(mine) == 1, [entry["rule"] for entry in found]
    return mine[0]


def due(rule, card, **changes):
    """What a rule says is due for one card."""
    return only(findings(card | changes), rule)["due"]


def each(cards, rule):
    """Of each card by itself the finding of a rule, or None; all evaluated at once."""
    named = [
        card | {"worker_id": f"W-{n}", "transaction_id": f"C-{n}"} for n, card in enumerate(cards)
    ]
    found = findings(*named)
    by_card = {(f["transaction_id"], f["rule"]): f for f in found}
    return [by_card.get((card["transaction_id"], rule)) for card in named]
