"""The columnar evaluation and the slow reference agree to the cent, rule by rule.

Differences are settled by the facts; a rule that the reference does not know is not compared, and
the last test says how much is.
"""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.evaluate import evaluate
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.simulator.timecards import ROLES, company, person_week
from cost_pipeline_tests.rules.reference.due import DUE, earned
from cost_pipeline_tests.rules.reference.meals import late_half_hours
from cost_pipeline_tests.simulator.test_timecards import read

WEEKS = [
    (1, date(2024, 10, 28)),  # clocks go back on its Sunday
    (2, date(2026, 3, 2)),  # clocks go forward on its Sunday
]


# The Mondays of weeks in which an agreement changes, or clocks do.
BORDERS = [
    *(date(2024, 7, 29), date(2024, 10, 28), date(2025, 3, 3), date(2025, 7, 28)),
    *(date(2025, 12, 8), date(2026, 6, 29), date(2026, 7, 27)),
]


def histories(cards):
    """Each card with the one before of the same person."""
    before = {}
    halves = Counter()
    earnings = defaultdict(Decimal)
    found = {}
    for card in sorted(cards, key=lambda c: (c["worker_id"], c["work_date"])):
        week = card["worker_id"], card["week_ending"]
        found[card["fingerprint"]] = (
            {
                **card,
                "halves_before": halves[week],
                "earned_before": earnings[card["worker_id"]],
            },
            before.get(card["worker_id"]),
        )
        before[card["worker_id"]] = card
        if possible(card):
            halves[week] += sum(late_half_hours(card))
        earnings[card["worker_id"]] += earned(card)
    return found


def possible(card):
    """Whether the card can be looked at all: the invented company sends a few that cannot."""
    return card["call"] < card["wrap"] <= card["call"] + 24 * 60


def compared(rows):
    """Of every finding that the reference knows: the finding, its card and the reference's due."""
    cards = read(rows)
    known = histories(cards.to_pylist())
    for finding in evaluate(cards, bundled_packs()).to_pylist():
        if finding["severity"] == Severity.NOT_EVALUATED or finding["due"] is None:
            continue
        card, before = known[finding["fingerprint"]]
        reference = DUE.get(finding["rule"])
        due = None if reference is None else reference(card, before)
        if due is not None:
            yield finding, card, due


def differences(found):
    """Every finding that is not what the reference says, in words."""
    return [
        f"{f['transaction_id']} {f['rule']}: {f['due']}, the reference {due}: {f['explanation']}"
        for f, _, due in found
        if f["due"] != due
    ]


@pytest.mark.parametrize(("seed", "monday"), WEEKS)
def test_every_rule_that_the_reference_knows_gives_the_same_to_the_cent(seed, monday):
    found = list(compared(list(company(seed, 250, monday, 2))))
    assert differences(found) == []
    assert len({f["rule"] for f, _, _ in found}) >= 10
    assert Counter(f["due"] > 0 for f, _, _ in found)[True] > 100


# Not shrunk: an evaluation takes seconds, and a difference names its card.
@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    weeks=st.lists(
        st.tuples(st.integers(0, 2**32), st.sampled_from(ROLES), st.sampled_from(BORDERS)),
        min_size=30,
        max_size=60,
    )
)
def test_they_agree_on_any_weeks_around_the_borders_of_the_agreements(weeks):
    rows = [
        card
        for person, (seed, role, monday) in enumerate(weeks)
        for card in person_week(Random(seed), role, f"W-{person}", monday)  # noqa: S311
    ]
    assert differences(compared(rows)) == []


def test_the_comparison_can_be_red():
    """A reference that is a cent off is seen."""
    found = list(compared(list(company(3, 10, date(2026, 3, 2), 1))))
    assert found
    assert differences([(f, card, due + Decimal("0.01")) for f, card, due in found])
