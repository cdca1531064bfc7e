"""How findings come: in chunks, rule by rule, whatever the batches of the cards."""

from datetime import date
from itertools import pairwise

import pyarrow as pa
import pytest

from cost_pipeline.contracts.findings import FINDING_SCHEMA
from cost_pipeline.rules.evaluate import evaluate, in_chunks
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline_tests.rules.cards import GRIP, table


@pytest.fixture(scope="module")
def three_persons():
    """Cards of three persons on four days, and their findings."""
    cards = [
        GRIP
        | {
            "worker_id": f"W-{person}",
            "transaction_id": f"{person}-{day}",
            "work_date": date(2026, 3, 2 + day),
            "workday": day + 1,
            "prior_wrap": None,
            "wrap": 1050 + 60 * ((day * 7 + person) % 8),
        }
        for person in range(3)
        for day in range(4)
    ]
    whole = table(*cards)
    return whole, evaluate(whole, bundled_packs())


@pytest.mark.parametrize("size", [1, 7])
def test_chunks_of_whole_persons_give_the_same_findings(size, three_persons):
    whole, found = three_persons
    batches = [whole.slice(n, size) for n in range(0, whole.num_rows, size)]
    chunks = in_chunks(batches, bundled_packs(), at_least=size)
    parts = pa.concat_tables([chunk.cast(FINDING_SCHEMA) for chunk in chunks])
    order = [("transaction_id", "ascending"), ("rule", "ascending"), ("explanation", "ascending")]
    assert parts.sort_by(order).equals(found.cast(FINDING_SCHEMA).sort_by(order))


def test_findings_come_rule_by_rule(three_persons):
    _, found = three_persons
    rules = found["rule"].to_pylist()
    assert sum(before != rule for before, rule in pairwise(rules)) + 1 == len(set(rules))
