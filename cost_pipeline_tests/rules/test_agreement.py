"""The columnar evaluation and the slow reference agree to the cent, rule by rule.

Differences are settled by the facts; a rule that the reference does not know is not compared, and
a test says which it knows. Cards have odd minutes, children and two weeks on end.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cost_pipeline.contracts.cards import TIMECARD_SCHEMA
from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.evaluate import evaluate
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.simulator.timecards import ROLES, Role, company, person_week
from cost_pipeline_tests.rules.reference.due import BROKEN, DUE
from cost_pipeline_tests.rules.reference.history import History, possible
from cost_pipeline_tests.simulator.test_timecards import read

# The clocks go back on the first Sunday, and forward on the second.
WEEKS = [(1, date(2024, 10, 28)), (2, date(2026, 3, 2))]


# The Mondays of weeks in which an agreement changes, or clocks do.
BORDERS = [
    *(date(2024, 7, 29), date(2024, 10, 28), date(2025, 3, 3), date(2025, 7, 28)),
    *(date(2025, 12, 8), date(2026, 6, 29), date(2026, 7, 27)),
]
# Whom the invented company does not employ.
OTHERS = (
    Role("iatse_basic", "camera_operator", "3301", "IATSE", "weekly", "82.39", "hour", "600", "B",
         "43.2"),
    Role("iatse_basic", "boom_operator", "3401", "IATSE", "daily", "61.00", "hour", "695"),
    Role("iatse_low_budget", "grip", "2502", "IATSE", "daily", "18.50", "hour", "80"),
    Role("dga", "key_second_assistant_director", "2002", "DGA", "weekly", "4473.00", "week"),
    Role("dga", "second_assistant_director", "2002", "DGA", "weekly", "3000.00", "week"),
    Role("dga", "unit_production_manager", "2001", "DGA", "weekly", "7021.00", "week"),
)  # fmt: skip
TIMES = ("call", "meal1_out", "meal1_in", "meal2_out", "meal2_in", "wrap", "dismissal")


def unlike(cards, seed):
    """Some persons' cards are at odd minutes, some are of children."""
    table = []
    for card in cards:
        person = Random(f"{seed}/{card['worker_id']}")  # noqa: S311
        odd, child, age = person.random() < 0.5, person.random() < 0.2, person.randrange(2, 18)
        minutes = Random(card["fingerprint"])  # noqa: S311
        changes = {}
        if odd:
            # All later times move on: what was possible stays so.
            shift = 0
            for name in sorted((n for n in TIMES if card[n] is not None), key=card.get):
                shift += minutes.randrange(6)
                changes[name] = card[name] + shift
        if card["agreement"] == "sag_aftra" and card["day_type"] == "work":
            changes |= travelled(card | changes, minutes)
        if card["agreement"] == "teamsters_399" and minutes.random() < 0.5:
            changes["adjustments"] = ["non_deductible_meal"] * minutes.randrange(1, 3)
        if child and card["agreement"] == "sag_aftra":
            changes |= {
                "minor": True,
                "birthdate": date(2024 - age, 5, 5),
                "school_day": minutes.random() < 0.5,
                "set_hours": minutes.choice((None, Decimal("2.9"), Decimal("5.1"))),
                "school_hours": minutes.choice((None, Decimal("2.9"), Decimal("3.0"))),
                "rest_hours": minutes.choice((None, Decimal("0.9"), Decimal("1.0"), Decimal(2))),
            }
        table.append(card | changes)
    return table


def travelled(card, random):
    """Some travel inside a day, at times that the card has already."""
    to, back = random.random() < 0.2, random.random() < 0.2
    return {
        "travel_to_start": card["call"] if to else None,
        "travel_to_end": (card["meal1_out"] or card["wrap"]) if to else None,
        "travel_from_start": card["wrap"] if back else None,
        "travel_from_end": card["dismissal"] if back else None,
    }


def histories(cards):
    """The history of each possible card, by its fingerprint."""
    people = defaultdict(list)
    for card in sorted(cards, key=lambda card: card["work_date"]):
        if possible(card):
            people[card["worker_id"]].append(card)
    return {
        card["fingerprint"]: History(
            mine[:place], [c for c in mine if c["week_ending"] == card["week_ending"]]
        )
        for mine in people.values()
        for place, card in enumerate(mine)
    }


def compared(rows, seed=0):
    """Of every finding that the reference knows: the finding, its card and the reference's word."""
    cards = unlike(read(rows).to_pylist(), seed)
    known = histories(cards)
    by_name = {card["fingerprint"]: card for card in cards}
    evaluated = evaluate(pa.Table.from_pylist(cards, schema=TIMECARD_SCHEMA), bundled_packs())
    for finding in evaluated.to_pylist():
        card = by_name[finding["fingerprint"]]
        refused = (
            finding["rule"] == "card.evaluated" and "have no rule for" not in finding["explanation"]
        )
        assert refused != possible(card), finding["explanation"]
        if finding["severity"] == Severity.NOT_EVALUATED:
            continue
        reference = (BROKEN if finding["due"] is None else DUE).get(finding["rule"])
        due = None if reference is None else reference(card, known[card["fingerprint"]])
        if due is not None:
            yield finding, card, due


def said(finding, due):
    """What the evaluation says, in the reference's terms."""
    return finding["severity"] != Severity.OK if isinstance(due, bool) else finding["due"]


def differences(found):
    """Every finding that is not what the reference says, in words."""
    return [
        f"{f['transaction_id']} {f['rule']}: {said(f, due)}, the reference {due}:"
        f" {f['explanation']}"
        for f, _, due in found
        if said(f, due) != due
    ]


@pytest.fixture(scope="module", params=WEEKS, ids=["autumn", "spring"])
def two_weeks(request):
    """A company's cards of two weeks, compared."""
    seed, monday = request.param
    return list(compared(list(company(seed, 160, monday, 2)), seed))


def test_every_rule_that_the_reference_knows_gives_the_same_to_the_cent(two_weeks):
    assert differences(two_weeks) == []
    due = Counter(f["rule"] for f, _, due in two_weeks if due)
    assert len(due) >= 30
    assert any("by travel" in f["explanation"] for f, _, _ in two_weeks)
    assert due["t399.meal.non_deductible"]
    assert sum(due.values()) > 500


# Not shrunk: an evaluation takes seconds, and a difference names its card.
@settings(
    max_examples=settings().max_examples // 10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    weeks=st.lists(
        st.tuples(
            st.integers(0, 2**32),
            st.sampled_from((*ROLES, *OTHERS)),
            st.sampled_from(BORDERS),
            st.integers(1, 2),
        ),
        min_size=30,
        max_size=50,
    )
)
def test_they_agree_on_any_weeks_around_the_borders_of_the_agreements(weeks):
    rows = [
        card
        for person, (seed, role, monday, count) in enumerate(weeks)
        for week in range(count)
        for card in person_week(
            Random(f"{seed}/{week}"),  # noqa: S311
            role,
            f"W-{person}",
            monday + timedelta(weeks=week),
        )
    ]
    assert differences(compared(rows, weeks[0][0])) == []


def test_the_comparison_can_be_red(two_weeks):
    """A reference that is a cent off, or of another opinion, is seen."""
    money = next(found for found in two_weeks if not isinstance(found[2], bool))
    other = next(found for found in two_weeks if isinstance(found[2], bool))
    assert differences([(money[0], money[1], money[2] + Decimal("0.01"))])
    assert differences([(other[0], other[1], not other[2])])
