"""Partitions that are verified together are found as each of them alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.ledger.breaks import Broken, Verified
from cost_pipeline.ledger.schema import POSTING_SCHEMA
from cost_pipeline.ledger.seal import Head
from cost_pipeline.ledger.verify import verify_partition, verify_partitions

LOOSE = pa.schema([field.with_nullable(nullable=True) for field in POSTING_SCHEMA])


@pytest.fixture(scope="module")
def book(kit, some_rates):
    """Four partitions of three batches each, with posts, repairs and withdrawals."""
    book = kit.book()
    rows = [
        {"row": 10 * place + row, "transaction_id": f"T{place}-{row}", "transaction_date": day}
        for place, day in enumerate(kit.days)
        for row in range(1, 6)
    ]
    restated = [row | {"gl_code": "9"} if row["row"] % 10 < 3 else row for row in rows]
    kept = [row for row in restated if row["row"] % 10 != 5]
    for state in (rows, restated, kept):
        book.post(kit.desired(kit.candidates(state), some_rates), kit.days)
    return book


def _other(value):
    match value:
        case None:
            return "x"
        case Decimal():
            return value + 1
        case datetime() | date():
            return value + timedelta(days=1)
        case int():
            return value + 1
    return value[:-1] + ("0" if value[-1] != "0" else "1")


def _changed(rows, place, column):
    value = _other(rows[place][column])
    fits = pa.types.is_string(LOOSE.field(column).type) or rows[place][column] is not None
    rows[place] = rows[place] | {column: value if fits else None}


def _emptied(rows, place, column):
    if column != "transaction_date":  # then it lies in no partition
        rows[place] = rows[place] | {column: None}


def _dropped(rows, place, _column):
    del rows[place]


def _doubled(rows, place, _column):
    rows.append(rows[place])


def _exchanged(rows, place, column):
    other = place - 1
    mine, theirs = rows[place][column], rows[other][column]
    rows[place], rows[other] = rows[place] | {column: theirs}, rows[other] | {column: mine}


def _cut(rows, place, _column):
    batch, day = rows[place]["batch"], rows[place]["transaction_date"]
    rows[:] = [r for r in rows if (r["batch"], r["transaction_date"]) != (batch, day)]


DAMAGE = (_changed, _emptied, _dropped, _doubled, _exchanged, _cut)


def _alone(lines, heads):
    return {
        day: verify_partition(
            day, [lines.filter(pc.equal(lines["transaction_date"], day))], head=head
        )
        for day, head in heads.items()
    }


@given(
    planted=st.lists(
        st.tuples(st.sampled_from(DAMAGE), st.integers(0, 10_000), st.sampled_from(LOOSE.names)),
        max_size=4,
    ),
    random=st.randoms(use_true_random=False),
)
@settings(max_examples=20)
def test_damage_is_found_together_as_it_is_alone(book, kit, planted, random):
    rows = book.postings.to_pylist()
    for damage, number, column in planted:
        damage(rows, number % len(rows), column)
    random.shuffle(rows)
    lines = pa.Table.from_pylist(rows, schema=LOOSE)
    heads = {day: random.choice([None, book.heads[day]]) for day in kit.days}
    assert verify_partitions(lines, heads) == _alone(lines, heads)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_of_each_kind_breaks_its_partition_and_no_other(book, kit, damage):
    rows = sorted(book.postings.to_pylist(), key=lambda r: (r["transaction_date"], r["batch"]))
    middle = next(i for i, r in enumerate(rows) if r["transaction_date"] == kit.days[1])
    damage(rows, middle + 2, "posting_id")
    found = verify_partitions(pa.Table.from_pylist(rows, schema=LOOSE), dict(book.heads))
    assert {day for day, one in found.items() if isinstance(one, Broken)} == {kit.days[1]}


def test_dates_without_a_line_are_whole_unless_a_batch_of_theirs_is_known(book, kit):
    day, other = kit.days[:2]
    found = verify_partitions(POSTING_SCHEMA.empty_table(), {day: None, other: book.heads[other]})
    assert found[day] == Verified(day, 0, 0, Head(0, "0" * 64))
    assert isinstance(found[other], Broken)


def test_sound_partitions_come_with_their_counts_and_heads(book, kit):
    found = verify_partitions(book.postings, dict(book.heads))
    assert found == _alone(book.postings, dict(book.heads))
    assert {day: one.head for day, one in found.items()} == book.heads
    assert all(isinstance(one, Verified) for one in found.values())
    assert set(found) == set(kit.days)
