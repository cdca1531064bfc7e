"""Which record of a key stands."""

from __future__ import annotations

import functools
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_tables import COST_FIELDS
from cost_pipeline.ledger.records import COST_KEYS
from cost_pipeline.standing.keys import resolve as resolve_by

resolve = functools.partial(resolve_by, COST_KEYS)


def _verdicts(resolved):
    return {row["fingerprint"]: (row["standing"], row["of"]) for row in resolved.to_pylist()}


def test_of_two_records_with_one_key_the_first_pulled_stands(kit):
    late = {"delivery": "a" * 64, "first_pulled": date(2026, 4, 3), "description": "other"}
    early = {"delivery": "b" * 64, "first_pulled": date(2026, 4, 2)}
    resolved = resolve(kit.candidates([late, early])).to_pylist()
    verdict = {row["delivery"][0]: row for row in resolved}
    assert verdict["b"]["standing"] == "stands"
    assert verdict["a"]["standing"] == "conflict"
    assert verdict["a"]["of"] == verdict["b"]["fingerprint"]
    assert (verdict["a"]["of_delivery"], verdict["a"]["of_row"]) == ("b" * 64, 1)


def test_on_the_same_pull_date_the_smaller_delivery_hash_and_then_the_smaller_row_stands(kit):
    rows = [
        {"delivery": "b" * 64, "row": 1, "description": "x"},
        {"delivery": "a" * 64, "row": 9, "description": "y"},
        {"delivery": "a" * 64, "row": 10, "description": "z"},
    ]
    resolved = resolve(kit.candidates(rows)).to_pylist()
    (standing,) = (row for row in resolved if row["standing"] == "stands")
    assert (standing["delivery"], standing["row"]) == ("a" * 64, 9)


def test_the_same_content_again_is_a_duplicate_and_other_content_a_conflict(kit):
    rows = [
        {"row": 1},
        {"row": 2},
        {"row": 3, "description": "other"},
    ]
    resolved = sorted(resolve(kit.candidates(rows)).to_pylist(), key=lambda row: row["row"])
    assert [row["standing"] for row in resolved] == ["stands", "duplicate", "conflict"]
    assert {row["of"] for row in resolved[1:]} == {resolved[0]["fingerprint"]}


_OTHER = {
    "transaction_id": "T2",
    "transaction_date": date(2026, 3, 31),
    "production": "P200",
    "department_code": "2300",
    "gl_code": "6305",
    "amount": Decimal("10.0001"),
    "currency": "EUR",
    "kind": "purchase_order",
    "vendor_name": None,
}


@pytest.mark.parametrize("name", ["kind", *(entry.name for entry in COST_FIELDS)])
def test_a_difference_in_any_field_of_the_contract_is_a_conflict(kit, name):
    """A value where the other has none too: SQL's `=` would know neither equal nor unequal."""
    rival = {"row": 2, "key": "k", name: _OTHER.get(name, "other")}
    resolved = resolve(kit.candidates([{"row": 1, "key": "k"}, rival]))
    assert sorted(resolved["standing"].to_pylist()) == ["conflict", "stands"]


def test_what_is_not_content_does_not_make_a_conflict(kit):
    again = {"row": 9, "line": 90, "delivery": "f" * 64, "pull_date": date(2026, 4, 9)}
    again |= {"interpretation": "0" * 64}
    resolved = resolve(kit.candidates([{}, again]))
    assert sorted(resolved["standing"].to_pylist()) == ["duplicate", "stands"]


def test_records_without_a_key_stand_each_for_itself(kit):
    rows = [{"row": row, "keyed": False} for row in (1, 2)]
    assert set(resolve(kit.candidates(rows))["standing"].to_pylist()) == {"stands"}


def test_equal_keys_of_two_vendors_are_strangers(kit):
    rows = [{"vendor": "a", "key": "k", "row": 1}, {"vendor": "b", "key": "k", "row": 2}]
    assert set(resolve(kit.candidates(rows))["standing"].to_pylist()) == {"stands"}


def test_a_rival_of_another_date_decides_but_only_wanted_dates_come_back(kit):
    rival = {"row": 1, "transaction_date": date(2026, 3, 30)}
    mine = {"row": 2}
    resolved = resolve(kit.candidates([rival, mine]), [date(2026, 4, 1)])
    assert resolved["standing"].to_pylist() == ["conflict"]


def test_nothing_resolves_to_nothing(kit):
    assert resolve(kit.candidates([])).num_rows == 0


_RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "delivery": st.sampled_from(["a" * 64, "b" * 64, "c" * 64]),
            "row": st.integers(1, 4),
            "transaction_id": st.sampled_from(["T1", "T2"]),
            "description": st.sampled_from(["x", "y"]),
            "keyed": st.booleans(),
            "first_pulled": st.sampled_from([date(2026, 4, 1), date(2026, 4, 2)]),
        }
    ),
    max_size=8,
    unique_by=lambda row: (row["delivery"], row["row"]),
)


@given(rows=_RECORDS, random=st.randoms(use_true_random=False))
def test_the_order_of_processing_does_not_matter(kit, rows, random):
    shuffled = random.sample(rows, len(rows))
    assert _verdicts(resolve(kit.candidates(rows))) == _verdicts(resolve(kit.candidates(shuffled)))


@given(rows=_RECORDS)
def test_of_each_key_exactly_one_record_stands(kit, rows):
    resolved = resolve(kit.candidates(rows)).to_pylist()
    assert len(resolved) == len(rows)
    standing = [row["key"] for row in resolved if row["standing"] == "stands"]
    keys = [key for key in standing if key]
    assert sorted(keys) == sorted({row["key"] for row in resolved if row["key"]})


ROW = {"fingerprint": "f" * 64, "delivery": "f" * 64, "row": 9}


def _answer(number, stage):
    place = {"answers": ROW["fingerprint"], "answers_delivery": ROW["delivery"], "answers_row": 9}
    own = {"row": number, "delivery": str(number) * 64, "description": f"c{number}"}
    return {**own, **place, "answers_stage": stage}


@pytest.mark.parametrize(
    ("row", "stages", "standings"),
    [
        (False, ["validate", "validate"], ["stands", "overruled"]),
        (False, ["validate", "validate+1"], ["answered", "stands"]),
        (False, ["validate", "validate+1", "validate+1"], ["answered", "stands", "overruled"]),
        (False, ["validate", "validate+1", "validate+2"], ["answered", "answered", "stands"]),
        (False, ["validate+10", "validate+9"], ["stands", "answered"]),
        (True, ["validate", "validate+1"], ["stands", "overruled", "overruled"]),
        (True, ["post", "post+1"], ["answered", "answered", "stands"]),
    ],
)
def test_an_answer_to_a_correction_comes_before_it_in_the_place_of_their_row(
    kit, row, stages, standings
):
    answers = [_answer(number, stage) for number, stage in enumerate(stages, 1)]
    candidates = [*([ROW] if row else []), *answers]
    for given_order in (candidates, candidates[::-1]):
        resolved = resolve(kit.candidates(given_order)).to_pylist()
        found = {one["row"]: one["standing"] for one in resolved}
        assert [found[one["row"]] for one in candidates] == standings
