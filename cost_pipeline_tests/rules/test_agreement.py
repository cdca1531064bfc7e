"""The columnar evaluation and the slow reference agree to the cent, rule by rule.

Differences are settled by the facts; a rule that the reference does not know is not compared, and
the last test says how much is.
"""

from collections import Counter
from datetime import date

import pytest

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.evaluate import evaluate
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.simulator.timecards import company
from cost_pipeline_tests.rules.reference.due import DUE
from cost_pipeline_tests.simulator.test_timecards import read

WEEKS = [
    (1, date(2024, 10, 28)),  # clocks go back on its Sunday
    (2, date(2026, 3, 2)),  # clocks go forward on its Sunday
]


def histories(cards):
    """Each card with the one before of the same person."""
    before = {}
    found = {}
    for card in sorted(cards, key=lambda c: (c["worker_id"], c["work_date"])):
        found[card["fingerprint"]] = (card, before.get(card["worker_id"]))
        before[card["worker_id"]] = card
    return found


def compared(seed, monday, *, people=250):
    """Of every finding that the reference knows: its rule, card, due and the reference's due."""
    cards = read(list(company(seed, people, monday, 2)))
    known = histories(cards.to_pylist())
    for finding in evaluate(cards, bundled_packs()).to_pylist():
        if finding["severity"] == Severity.NOT_EVALUATED or finding["due"] is None:
            continue
        card, before = known[finding["fingerprint"]]
        reference = DUE.get(finding["rule"])
        due = None if reference is None else reference(card, before)
        if due is not None:
            yield finding, card, due


@pytest.mark.parametrize(("seed", "monday"), WEEKS)
def test_every_rule_that_the_reference_knows_gives_the_same_to_the_cent(seed, monday):
    found = list(compared(seed, monday))
    wrong = [(f, due) for f, _, due in found if f["due"] != due]
    assert not wrong, "\n".join(
        f"{f['transaction_id']} {f['rule']}: {f['due']}, the reference {due}: {f['explanation']}"
        for f, due in wrong[:10]
    )
    assert len({f["rule"] for f, _, _ in found}) >= 10
    assert Counter(f["due"] > 0 for f, _, _ in found)[True] > 100
