"""Seals, and that nothing sealed can be changed unnoticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from cost_pipeline.core import merkle
from cost_pipeline.core.canonical import digest
from cost_pipeline.ledger.breaks import COLUMN_GROUPS, Broken, Verified
from cost_pipeline.ledger.schema import (
    CHANGE_SCHEMA,
    CONTENT_COLUMNS,
    FIRST_ROOT,
    POSTING_SCHEMA,
)
from cost_pipeline.ledger.seal import Head, seal
from cost_pipeline.ledger.verify import verify_partition

APRIL_1 = date(2026, 4, 1)
MARCH_31 = date(2026, 3, 31)

# Columns that an ordinary posting leaves empty.
NEVER_SET = {"rule_pack", "other_snapshot", "credit_of", "reversal_of", "approval"}


@pytest.fixture(scope="module")
def book(kit, some_rates):
    """A partition with three batches: six posts, two restated, one withdrawn; and another date."""
    book = kit.book()
    filled = {"union_category": "IATSE", "description": "Grüße", "po_number": "PO-1"}
    rows = [{"row": row, "transaction_id": f"T{row}"} | filled for row in range(1, 7)]
    other = {"row": 9, "transaction_id": "T9", "transaction_date": MARCH_31}
    restated = [row | {"gl_code": "9"} if row["row"] < 3 else row for row in rows]
    for state in ([*rows, other], [*restated, other], [*restated[:5], other]):
        book.post(kit.desired(kit.candidates(state), some_rates), [APRIL_1, MARCH_31])
    return book


@pytest.fixture(scope="module")
def sound(book):
    return book.of([APRIL_1])


def _verify(postings, **kwargs):
    return verify_partition(APRIL_1, [postings], **kwargs)


def _broken(postings, **kwargs):
    outcome = _verify(postings, **kwargs)
    assert isinstance(outcome, Broken), outcome
    return outcome.first


def _with(postings, position, column, value):
    rows = postings.to_pylist()
    rows[position][column] = value
    schema = pa.schema([field.with_nullable(nullable=True) for field in POSTING_SCHEMA])
    return pa.Table.from_pylist(rows, schema=schema)


def test_a_whole_partition_is_verified_with_its_counts_and_head(book, sound):
    assert _verify(sound, head=book.heads[APRIL_1]) == Verified(
        transaction_date=APRIL_1, batches=3, postings=11, head=book.heads[APRIL_1]
    )
    assert sound.schema == POSTING_SCHEMA


def test_rows_may_come_in_any_order_and_any_chunks(book, sound):
    backwards = sound.take(list(reversed(range(sound.num_rows))))
    chunks = [backwards.slice(start, 3) for start in range(0, sound.num_rows, 3)]
    outcome = verify_partition(APRIL_1, iter(chunks))
    assert isinstance(outcome, Verified)
    assert outcome.head == book.heads[APRIL_1]


def test_an_empty_partition_is_whole():
    assert verify_partition(APRIL_1, []) == Verified(APRIL_1, 0, 0, Head(0, FIRST_ROOT))


def test_every_hash_equals_the_digest_that_python_gives(book):
    for batch in book.batches:
        leaves = []
        for row in batch.postings.to_pylist():
            at = row["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            content = digest("posting", *(row[name] for name in CONTENT_COLUMNS))
            place = (row["transaction_date"], row["batch"], row["leaf"])
            identity = digest("posting_id", row["kind"], content, *place)
            leaf = digest(
                "leaf", identity, row["cause"], row["reverses"], row["other_snapshot"],
                row["posting_period"], at, row["code_version"], row["run_id"], row["previous_root"],
            )  # fmt: skip
            assert (content, identity) == (row["content_hash"], row["posting_id"])
            assert leaf == row["leaf_hash"]
            leaves.append(leaf)
        seal_of = (batch.transaction_date, batch.head.batch, batch.previous.root)
        assert batch.head.root == digest("seal", *seal_of, merkle.root(leaves), len(leaves))
        assert set(batch.postings["batch_root"].to_pylist()) == {batch.head.root}


def test_the_first_root_of_a_partition_is_zeros_and_each_seal_includes_the_one_before(book):
    first, *later = (b for b in book.batches if b.transaction_date == APRIL_1)
    assert first.previous == Head(0, "0" * 64)
    roots = [first.head.root] + [batch.head.root for batch in later]
    assert [batch.previous.root for batch in later] == roots[:-1]


def _changed(value):
    """The value with as little changed as can be."""
    match value:
        case None:
            return ""
        case Decimal():
            return value + Decimal(1).scaleb(value.as_tuple().exponent)
        case datetime():
            return value.replace(microsecond=value.microsecond ^ 1)
        case date():
            return value.replace(day=value.day ^ 2)
        case int():
            return value ^ 1
        case _:
            return value[:-1] + chr(ord(value[-1]) ^ 1)


@pytest.mark.parametrize("column", POSTING_SCHEMA.names)
@pytest.mark.parametrize("position", [0, 8, 10])
def test_a_flipped_bit_in_any_column_is_found_and_the_posting_named(sound, column, position):
    row = sound.slice(position, 1).to_pylist()[0]
    changed = _changed(row[column])
    if changed == "" and not pa.types.is_string(POSTING_SCHEMA.field(column).type):
        changed = date(2026, 4, 1)  # a null date that is filled in
    found = _broken(_with(sound, position, column, changed))
    assert found.batch == row["batch"]
    assert column in COLUMN_GROUPS[found.group]
    assert found.posting == (changed if column == "posting_id" else row["posting_id"])
    assert found.expected != found.found


@pytest.fixture(scope="module")
def corrected(kit, some_rates):
    """A posting whose rate was corrected."""
    book = kit.book()
    rows = [{"transaction_id": "T1"}]
    for rates in (some_rates, kit.rates({APRIL_1: {"USD": "1.3", "GBP": "0.9"}})):
        book.post(kit.desired(kit.candidates(rows), rates), [APRIL_1])
    return book.of([APRIL_1])


def test_a_repair_names_the_other_sides_snapshot_on_both_sides(corrected):
    first, reverse, post = corrected.to_pylist()
    assert (first["other_snapshot"], first["cause"]) == (None, "delivery")
    assert (reverse["kind"], post["kind"]) == ("reverse", "post")
    assert reverse["cause"] == post["cause"] == "fx_correction"
    assert reverse["snapshot"] == post["other_snapshot"] == first["snapshot"]
    assert reverse["other_snapshot"] == post["snapshot"] != first["snapshot"]


def test_another_snapshot_on_the_other_side_is_found(corrected):
    for position, changed in ((1, None), (1, "f" * 64), (2, None), (0, "f" * 64)):
        damaged = _with(corrected, position, "other_snapshot", changed)
        assert isinstance(_verify(damaged), Broken)
    assert isinstance(_verify(corrected), Verified)


@pytest.mark.parametrize("column", [name for name in POSTING_SCHEMA.names if name not in NEVER_SET])
def test_a_value_that_vanishes_from_any_column_is_found(sound, column):
    values = sound[column].to_pylist()
    position = next(i for i, value in enumerate(values) if value is not None)
    assert isinstance(_verify(_with(sound, position, column, None)), Broken)


@pytest.mark.parametrize("position", range(11))
def test_a_dropped_row_is_found_wherever_it_was(book, sound, position):
    kept = [i for i in range(sound.num_rows) if i != position]
    row = sound.slice(position, 1).to_pylist()[0]
    assert _broken(sound.take(kept), head=book.heads[APRIL_1]).batch == row["batch"]


@pytest.mark.parametrize("position", range(11))
def test_a_doubled_row_is_found_wherever_it_is(sound, position):
    row = sound.slice(position, 1).to_pylist()[0]
    found = _broken(pa.concat_tables([sound, sound.slice(position, 1)]))
    assert (found.batch, found.leaf, found.posting) == (
        row["batch"],
        row["leaf"],
        row["posting_id"],
    )


def test_two_exchanged_leaves_are_found(sound):
    first = sound.slice(0, 1).to_pylist()[0]
    swapped = _with(_with(sound, 0, "leaf", 1), 1, "leaf", 0)
    assert _broken(swapped).batch == first["batch"]


def test_two_exchanged_batches_are_found(sound):
    numbers = [{2: 3, 3: 2}.get(number, number) for number in sound["batch"].to_pylist()]
    index = sound.schema.get_field_index("batch")
    swapped = sound.set_column(index, POSTING_SCHEMA.field("batch"), pa.array(numbers, pa.int64()))
    assert _broken(swapped).batch in {2, 3}


def test_a_batch_missing_in_the_middle_is_found(sound):
    kept = [i for i, number in enumerate(sound["batch"].to_pylist()) if number != 2]
    found = _broken(sound.take(kept))
    assert (found.batch, found.group) == (3, "sequence")


def test_a_tail_that_was_cut_off_whole_is_found_with_the_head_that_was_known(book, sound):
    kept = sound.take([i for i, number in enumerate(sound["batch"].to_pylist()) if number != 3])
    assert isinstance(_verify(kept), Verified)
    found = _broken(kept, head=book.heads[APRIL_1])
    assert (found.batch, found.group, found.expected) == (3, "chain", book.heads[APRIL_1].root)


def test_a_whole_partition_that_vanished_is_found_with_the_head_that_was_known(book):
    assert isinstance(verify_partition(APRIL_1, [], head=book.heads[APRIL_1]), Broken)


def test_postings_in_the_partition_of_another_date_are_found(sound):
    outcome = verify_partition(MARCH_31, [sound])
    assert isinstance(outcome, Broken)
    assert outcome.first.group == "partition"


def _sealed_again(kit, book, changes):
    (batch,) = seal(changes, book.heads, kit.stamp)
    return pa.concat_tables([book.of([APRIL_1]), batch.postings])


def _reversal(book, position, **given):
    row = book.of([APRIL_1]).slice(position, 1).to_pylist()[0]
    row |= {"kind": "reverse", "cause": "withdrawn", "reverses": row["posting_id"]} | given
    return pa.Table.from_pylist([row], schema=CHANGE_SCHEMA)


def _position(book, **wanted):
    rows = book.of([APRIL_1]).to_pylist()
    return next(i for i, row in enumerate(rows) if wanted.items() <= row.items())


def test_a_sealed_reversal_of_nothing_is_found(kit, book):
    position = _position(book, batch=2, kind="post")
    found = _broken(_sealed_again(kit, book, _reversal(book, position, reverses="f" * 64)))
    assert (found.group, found.message) == ("reversal", "it reverses no posting of this partition")


def test_a_sealed_second_reversal_is_found(kit, book):
    reversed_id = book.of([APRIL_1]).to_pylist()[_position(book, kind="reverse")]["reverses"]
    position = _position(book, posting_id=reversed_id)
    found = _broken(_sealed_again(kit, book, _reversal(book, position)))
    assert (found.batch, found.message) == (4, "the posting was reversed before")


def test_a_sealed_reversal_of_a_reversal_is_found(kit, book):
    found = _broken(_sealed_again(kit, book, _reversal(book, _position(book, kind="reverse"))))
    assert found.message == "it reverses no posting of this partition"


def test_a_sealed_reversal_of_a_posting_in_its_own_batch_is_found(kit, book):
    post = book.of([APRIL_1]).select(CHANGE_SCHEMA.names).slice(0, 1).to_pylist()[0]
    own = digest("posting_id", "post", post["content_hash"], APRIL_1, 4, 1)
    reverse = post | {"kind": "reverse", "reverses": own}
    changes = pa.Table.from_pylist([post, reverse], schema=CHANGE_SCHEMA)
    found = _broken(_sealed_again(kit, book, changes))
    assert found.message == "it reverses a posting that is not older than itself"


def test_a_well_made_batch_that_does_not_follow_the_one_before_is_found(kit, book, sound):
    changes = sound.select(CHANGE_SCHEMA.names).slice(0, 1)
    (forged,) = seal(changes, {APRIL_1: Head(3, "a" * 64)}, kit.stamp)
    found = _broken(pa.concat_tables([sound, forged.postings]))
    assert (found.batch, found.group) == (4, "chain")
    assert (found.expected, found.found) == (book.heads[APRIL_1].root, "a" * 64)


def test_a_sealed_reversal_with_another_amount_is_found(kit, book):
    position = _position(book, batch=2, kind="post")
    changes = _reversal(
        book, position, original_amount=Decimal("9.0000"), content_hash="0" * 64
    ).to_pylist()
    row = changes[0]
    row["content_hash"] = digest("posting", *(row[name] for name in CONTENT_COLUMNS))
    table = pa.Table.from_pylist([row], schema=CHANGE_SCHEMA)
    found = _broken(_sealed_again(kit, book, table))
    assert "does not repeat the content" in found.message


def test_a_sealed_batch_that_is_older_than_the_one_before_is_found(kit, book, sound):
    older = kit.stamped(recorded_at=datetime(2020, 1, 1, tzinfo=UTC))
    changes = sound.select(CHANGE_SCHEMA.names).slice(0, 1)
    (batch,) = seal(changes, book.heads, older)
    found = _broken(pa.concat_tables([sound, batch.postings]))
    assert (found.batch, found.group) == (4, "time")
    (later,) = seal(changes, book.heads, kit.stamp)
    assert isinstance(_verify(pa.concat_tables([sound, later.postings])), Verified)


def test_a_batch_that_followed_the_known_one_is_no_break(book, sound):
    known = next(b.head for b in book.batches if b.transaction_date == APRIL_1)
    assert isinstance(_verify(sound, head=known), Verified)
    found = _broken(sound, head=Head(2, "f" * 64))
    assert (found.batch, found.group) == (2, "chain")


def test_no_changes_make_no_batch(kit, book):
    assert seal(CHANGE_SCHEMA.empty_table(), book.heads, kit.stamp) == ()


def test_a_batch_is_numbered_from_its_partitions_head(kit, some_rates):
    changes = kit.book().post(kit.desired(kit.candidates([{}]), some_rates), [APRIL_1])
    head = Head(41, "a" * 64)
    (batch,) = seal(changes, {APRIL_1: head}, kit.stamp)
    assert (batch.previous, batch.head.batch) == (head, 42)
    assert set(batch.postings["previous_root"].to_pylist()) == {"a" * 64}


def test_changes_of_many_dates_in_any_order_are_sealed_by_date_reversals_first(kit, book):
    posted = book.postings.select(CHANGE_SCHEMA.names)
    mixed = posted.take([11, 3, 7, 6, 0, 1, 10])
    first, second = seal(mixed, {}, kit.stamp)
    assert (first.transaction_date, second.transaction_date) == (MARCH_31, APRIL_1)
    kinds = second.postings["kind"].to_pylist()
    assert kinds == sorted(kinds, reverse=True)
    assert {"post", "reverse"} == set(kinds)
    for batch in (first, second):
        assert batch.postings["leaf"].to_pylist() == list(range(batch.postings.num_rows))
        assert set(batch.postings["transaction_date"].to_pylist()) == {batch.transaction_date}
    hashes = [h for b in (first, second) for h in b.postings["content_hash"].to_pylist()]
    assert sorted(hashes) == sorted(mixed["content_hash"].to_pylist())


def test_another_recording_time_gives_another_seal_but_the_same_content(kit, some_rates):
    changes = kit.book().post(kit.desired(kit.candidates([{}]), some_rates), [APRIL_1])
    later = replace(kit.stamp, recorded_at=datetime(2030, 1, 1, tzinfo=UTC))
    (first,), (second,) = seal(changes, {}, kit.stamp), seal(changes, {}, later)
    assert first.head != second.head
    assert first.postings["content_hash"] == second.postings["content_hash"]
