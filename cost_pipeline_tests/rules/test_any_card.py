"""Whatever the contract lets through is evaluated: each card has findings, none is nonsense."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import get_args

import pytest

from cost_pipeline.contracts import card_fields as words
from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline_tests.rules.cards import findings, line
from cost_pipeline_tests.rules.tables import CLOCKS, SUMS

CARDS = 1500
CHOICES = {
    "engagement": (*["daily", "weekly"] * 4, *get_args(words.EngagementWord)),
    "schedule": (None, *get_args(words.ScheduleWord)),
    "contract_type": get_args(words.ContractTypeWord),
    "budget_tier": get_args(words.BudgetTierWord),
    "rate_unit": get_args(words.RateUnitWord),
    "rate_type": (None, *get_args(words.RateTypeWord)),
    "day_type": ("work", "work", "work", *get_args(words.DayTypeWord)),
    "zone": get_args(words.ZoneWord),
    "program_minutes": (None, 0, 30, 60, 9999),
    "season": (None, 0, 1, 2, 9999),
    "workday": range(1, 8),
    "local": (None, "52", "487"),
    "clock_shift": (0, 60, -60),
    "clock_shift_at": (0, 120, -1320, 180),
    "currency": (*["USD"] * 20, "GBP"),
}
FLAGS = ("holiday", "off_production", "exterior", "grace1", "grace2", "extension1", "extension2",
         "french_hours", "forced_call", "per_diem_in_payroll", "loan_out")  # fmt: skip
MAYBE = ("minor", "school_day", "lodging", "fifteen_million")


# The craft of every agreement; the first few of no agreement's.
CRAFTS = [
    *(("non_union", "grip"), ("wga", "writer"), ("iatse_basic", "juggler"), ("dga", "grip")),
    *(
        (pack.agreement.agreement, name)
        for pack in bundled_packs().packs
        for of in (pack, bundled_packs().named(pack.agreement.crafts_of or ""))
        if of
        for name in of.agreement.crafts
    ),
]
IN_ORDER = ("call", "ndm_start", "ndm_end", "meal1_out", "meal1_in", "meal2_out", "meal2_in",
            "wrap", "dismissal")  # fmt: skip
PAIRS = ("ndm", "meal1", "meal2")


def clocks(random):
    """Times: mostly in their order, now and then in none, some missing."""
    found = dict.fromkeys(CLOCKS)
    length = 5760 if random.random() < 0.05 else 1500
    times = sorted(random.choices(range(length), k=len(IN_ORDER)))
    if random.random() < 0.1:
        random.shuffle(times)
    found |= dict(zip(IN_ORDER, times, strict=True))
    missing = tuple(pair for pair in PAIRS if random.random() < 0.4)
    for name in found:
        if name.startswith(missing or ("no",)) or random.random() < 0.02:
            found[name] = None
    others = ("general_call", "ndb_end", "prior_wrap", "travel_to_start", "travel_to_end")
    found |= {name: random.randrange(1500) for name in others if random.random() < 0.3}
    return found


def any_card(random, number):
    """A card with anything in any field that the contract allows."""
    day = date(2023, 1, 1) + timedelta(days=random.randrange(1800))
    agreement, craft = random.choice(CRAFTS)
    sums = (None, None, Decimal(0), Decimal("54.0001"), Decimal("9999.9999"))
    return {
        "fingerprint": f"{number:064d}",
        "delivery": "d" * 64,
        "row": number,
        "vendor": "payday",
        "production": "P100",
        "transaction_id": f"C-{number}",
        "work_date": day,
        "department_code": "2500",
        "gl_code": "2500-01",
        "amount": Decimal(random.randrange(-9, 9999)),
        "worker_id": f"W-{random.randrange(CARDS // 3)}",
        "agreement": agreement,
        "craft": craft,
        "days_off": random.choice(([], ["sat", "sun"], ["mon"])),
        "adjustments": random.choice(([], [], ["wet"], ["moon"])),
        "meals_supplied": random.choice(([], ["lunch"])),
        "photography_start": random.choice((None, date(2019, 1, 1), date(2024, 8, 4), day)),
        "birthdate": random.choice((None, None, day, date(2015, 2, 28), date(1980, 1, 1))),
        "prior_work_date": random.choice((*[None] * 9, day - timedelta(days=1), day)),
        "gross": random.choice(([], [line("straight", "99.99", "1"), line("overtime", "-5")])),
        "rate": random.choice((Decimal(0), Decimal("62.19"), Decimal(1246), Decimal(999_999))),
        **{name: random.choice(values) for name, values in CHOICES.items()},
        **{name: random.random() < 0.1 for name in FLAGS},
        **{name: random.choice((None, True, False)) for name in MAYBE},
        **{name: random.choice(sums) for name in SUMS - {"amount", "rate"}},
        **clocks(random),
    }


@pytest.fixture(scope="module")
def found():
    random = Random(11)  # noqa: S311
    return findings(*(any_card(random, number) for number in range(CARDS)))


def test_every_card_has_a_finding_and_one_that_cannot_be_has_only_that(found):
    by_card = Counter(f["fingerprint"] for f in found)
    assert len(by_card) == CARDS
    refused = [f["fingerprint"] for f in found if f["rule"] == "card.evaluated"]
    assert {by_card[card] for card in refused} == {1}
    assert 0.2 < len(refused) / CARDS < 0.8


def test_a_number_is_never_less_than_nothing_and_its_parts_add_up(found):
    for f in found:
        assert f["explanation"], f
        assert f["due"] is None or f["due"] >= 0, f
        if f["due"] is not None and f["paid"] is not None:
            assert f["difference"] in {f["due"] - f["paid"], max(f["due"] - f["paid"], 0)}, f
        if f["severity"] == Severity.NOT_EVALUATED:
            assert (f["due"], f["paid"], f["difference"]) == (None, None, None), f
            assert f["explanation"].startswith("not evaluated: "), f
            assert "something it needs is not on the card" not in f["explanation"], f
        if f["severity"] == Severity.BLOCK:
            assert f["due"] > f["paid"], f
