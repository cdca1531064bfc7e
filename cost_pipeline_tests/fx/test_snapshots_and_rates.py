"""Vintages of snapshots, which rate a transaction gets, and what a correction touches."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.contracts.rate_sources import published_sources
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx.calendar import last_publication_day
from cost_pipeline.fx.rates import IN_FORCE_SCHEMA, PINNED_SCHEMA, affected_dates, in_force, pin
from cost_pipeline.fx.snapshots import Contradiction, correct, load_history, snapshot_id

ECB, OTHER = published_sources()["ecb"], published_sources()["fed_h10"]
WEDNESDAY, THURSDAY = date(2026, 4, 1), date(2026, 4, 2)


@pytest.fixture(scope="module")
def stored(kit):
    rates = {"USD": "1.1", "GBP": "0.8", "CAD": "1.5"}
    return kit.stored(kit.day("2026-04-01", **rates), kit.day("2026-04-02", **rates))


def _corrected(kit, stored, *corrections):
    for correction in corrections:
        rows = correct(stored, correction, ECB, reason="wire error", recorded_at=kit.now)
        stored = pa.concat_tables([stored, rows])
    return stored


def _in_force(stored, day):
    rows = in_force(stored).to_pylist()
    return {row["currency"]: row for row in rows if row["reference_date"] == day}


def test_loading_the_same_history_twice_adds_nothing(kit, stored):
    again = load_history(
        stored,
        [kit.day("2026-04-01", USD="1.10", GBP="0.80", CAD="1.50")],
        ECB,
        recorded_at=kit.now,
    )
    assert again.rows.num_rows == 0
    assert again.contradictions == ()


def test_loading_adds_only_the_days_that_are_missing(kit, stored):
    more = [kit.day("2026-04-02", USD="1.1", GBP="0.8", CAD="1.5"), kit.day("2026-04-07", USD="1")]
    loaded = load_history(stored, more, ECB, recorded_at=kit.now)
    assert loaded.rows["reference_date"].to_pylist() == [date(2026, 4, 7)]
    assert loaded.rows["vintage"].to_pylist() == [1]
    assert loaded.rows.schema == RATE_SCHEMA


def test_a_history_that_contradicts_a_stored_day_is_reported_and_not_loaded(kit, stored):
    other = kit.day("2026-04-01", USD="1.2", GBP="0.8", JPY="150")
    loaded = load_history(stored, [other], ECB, recorded_at=kit.now)
    assert loaded.rows.num_rows == 0
    assert loaded.contradictions == (
        Contradiction(WEDNESDAY, "CAD", Decimal("1.5"), None),
        Contradiction(WEDNESDAY, "JPY", None, Decimal(150)),
        Contradiction(WEDNESDAY, "USD", Decimal("1.1"), Decimal("1.2")),
    )


def test_the_first_history_again_does_not_contradict_a_day_that_was_corrected(kit, stored):
    corrected = _corrected(kit, stored, kit.day("2026-04-01", CAD="1.6"))
    original = kit.day("2026-04-01", USD="1.1", GBP="0.8", CAD="1.5")
    loaded = load_history(corrected, [original], ECB, recorded_at=kit.now)
    assert (loaded.rows.num_rows, loaded.contradictions) == (0, ())


def test_another_sources_snapshots_are_not_compared(kit, stored):
    loaded = load_history(stored, [kit.day("2026-04-01", USD="9")], OTHER, recorded_at=kit.now)
    assert (loaded.rows["source"].to_pylist(), loaded.contradictions) == (["fed_h10"], ())


def test_a_snapshot_is_known_by_its_source_day_vintage_and_rates():
    rates = {"USD": Decimal("1.1"), "GBP": Decimal("0.8")}
    backwards = dict(reversed(rates.items()))
    known = snapshot_id(ECB, WEDNESDAY, 1, rates)
    assert known == snapshot_id(ECB, WEDNESDAY, 1, backwards)
    assert known == snapshot_id(ECB, WEDNESDAY, 1, rates | {"USD": Decimal("1.1000")})
    others = {
        snapshot_id(OTHER, WEDNESDAY, 1, rates),
        snapshot_id(ECB, THURSDAY, 1, rates),
        snapshot_id(ECB, WEDNESDAY, 2, rates),
        snapshot_id(ECB, WEDNESDAY, 1, rates | {"USD": Decimal("1.2")}),
    }
    assert len(others | {known}) == 5


def test_a_correction_is_a_whole_new_vintage_with_its_reason(kit, stored):
    rows = correct(
        stored, kit.day("2026-04-01", CAD="1.6"), ECB, reason="typo", recorded_at=kit.now
    )
    assert {row["currency"]: str(row["rate"]) for row in rows.to_pylist()} == {
        "USD": "1.1000000000",
        "GBP": "0.8000000000",
        "CAD": "1.6000000000",
    }
    assert set(rows["vintage"].to_pylist()) == {2}
    assert set(rows["reason"].to_pylist()) == {"typo"}


def test_the_same_correction_twice_is_one(kit, stored):
    once = _corrected(kit, stored, kit.day("2026-04-01", CAD="1.6"))
    twice = _corrected(kit, once, kit.day("2026-04-01", CAD="1.60"))
    assert twice.num_rows == once.num_rows


def test_a_day_without_a_snapshot_cannot_be_corrected(kit, stored):
    with pytest.raises(UsageError) as caught:
        correct(stored, kit.day("2026-04-03", CAD="1"), ECB, reason="x", recorded_at=kit.now)
    assert caught.value.code == "FX_NO_SNAPSHOT"


def test_a_correction_without_a_reason_is_refused(kit, stored):
    with pytest.raises(UsageError):
        correct(stored, kit.day("2026-04-01", CAD="1"), ECB, reason=" ", recorded_at=kit.now)


def test_a_correction_of_one_currency_leaves_the_snapshot_of_the_others(kit, stored):
    before = _in_force(stored, WEDNESDAY)
    after = _in_force(_corrected(kit, stored, kit.day("2026-04-01", CAD="1.6")), WEDNESDAY)
    assert after["GBP"] == before["GBP"]
    assert after["CAD"]["snapshot"] != before["CAD"]["snapshot"]
    assert (after["CAD"]["vintage"], str(after["CAD"]["rate"])) == (2, "1.6000000000")


def test_correcting_back_is_a_third_vintage_and_the_snapshot_says_so(kit, stored):
    there_and_back = _corrected(
        kit, stored, kit.day("2026-04-01", CAD="1.6"), kit.day("2026-04-01", CAD="1.5")
    )
    cad = _in_force(there_and_back, WEDNESDAY)["CAD"]
    assert (cad["vintage"], cad["rate"]) == (3, Decimal("1.5"))
    assert _in_force(there_and_back, WEDNESDAY)["GBP"]["vintage"] == 1


def test_a_currency_that_the_newest_vintage_lacks_is_not_in_force(kit):
    first = kit.stored(kit.day("2026-04-01", USD="1", GBP="1"))
    second = first.filter(pc.equal(first["currency"], "USD")).set_column(
        1, RATE_SCHEMA.field("vintage"), pa.array([2], pa.int32())
    )
    assert list(_in_force(pa.concat_tables([first, second]), WEDNESDAY)) == ["USD"]


def test_the_pinned_rates_of_a_working_day(kit, ecb):
    (row,) = pin(ecb, kit.requests(("2024-03-28", "USD", "GBP"))).to_pylist()
    assert (str(row["rate_original"]), str(row["rate_base"])) == ("1.0811000000", "0.8551000000")
    assert (row["rate_date"], row["refusal"]) == (date(2024, 3, 28), None)


@pytest.mark.parametrize(
    "day", ["2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06"]
)
def test_easter_2026_uses_the_rate_of_maundy_thursday(kit, ecb, day):
    (row,) = pin(ecb, kit.requests((day, "GBP", "USD"))).to_pylist()
    assert (row["rate_date"], row["refusal"]) == (date(2026, 4, 2), None)


@pytest.mark.parametrize(
    ("asked", "reason", "words"),
    [
        (("2022-03-08", "RUB", "USD"), "FX_RATE_TOO_OLD", ["RUB to USD", "2022-03-01", "7 days"]),
        (("2012-06-15", "ISK", "USD"), "FX_RATE_TOO_OLD", ["ISK to USD", "2008-12-09"]),
        (("2026-02-02", "BGN", "USD"), "FX_RATE_TOO_OLD", ["2025-12-31", "became EUR"]),
        (("2026-02-02", "USD", "BGN"), "FX_RATE_TOO_OLD", ["USD to BGN", "2025-12-31"]),
        (("2026-02-02", "XAU", "USD"), "FX_RATE_MISSING", ["XAU to USD for 2026-02-02"]),
        (("2026-11-02", "GBP", "USD"), "FX_RATE_MISSING", ["publishes on 2026-11-02", "load it"]),
        (("1998-12-31", "GBP", "USD"), "FX_RATE_MISSING", ["before 1999-01-04"]),
    ],
)
def test_no_rate_is_a_refusal_with_pair_date_and_what_is_known(kit, ecb, asked, reason, words):
    (row,) = pin(ecb, kit.requests(asked)).to_pylist()
    assert row["refusal"] == reason
    assert all(word in row["refusal_message"] for word in words), row["refusal_message"]
    assert [row[name] for name in ("rate_original", "rate_base", "rate_date", "snapshot")] == (
        [None] * 4
    )


def test_a_currency_that_ended_is_converted_within_the_maximum_age_only(kit, ecb):
    asked = [
        ("2022-03-04", "RUB", "USD", 3),
        ("2022-03-05", "RUB", "USD", 3),
        ("2022-03-05", "RUB", "USD", 4),
    ]
    rows = pin(ecb, kit.requests(*asked)).to_pylist()
    assert [row["refusal"] for row in rows] == [None, "FX_RATE_TOO_OLD", None]


def test_a_snapshot_that_is_not_loaded_is_not_replaced_by_a_fresh_older_one(kit, stored):
    (row,) = pin(in_force(stored), kit.requests(("2026-04-07", "GBP", "USD"))).to_pylist()
    assert row["refusal"] == "FX_RATE_MISSING"
    assert "2026-04-07" in row["refusal_message"]


def test_a_currency_into_itself_needs_no_snapshot_at_all(kit):
    (row,) = pin(
        IN_FORCE_SCHEMA.empty_table(), kit.requests(("1990-01-01", "USD", "USD"))
    ).to_pylist()
    assert (row["rate_original"], row["rate_base"]) == (Decimal(1), Decimal(1))
    assert (row["rate_date"], row["snapshot"], row["refusal"]) == (None, None, None)


def test_the_euro_is_one_on_either_side(kit, stored):
    asked = kit.requests(("2026-04-01", "EUR", "USD"), ("2026-04-01", "USD", "EUR"))
    euro, dollar = pin(in_force(stored), asked).to_pylist()
    assert (euro["rate_original"], euro["rate_base"]) == (Decimal(1), Decimal("1.1"))
    assert (dollar["rate_original"], dollar["rate_base"]) == (Decimal("1.1"), Decimal(1))
    assert euro["snapshot"] == dollar["snapshot"] == stored["snapshot"][0].as_py()


def test_the_snapshot_of_a_pair_is_the_later_vintage_of_the_two(kit, stored):
    corrected = _corrected(kit, stored, kit.day("2026-04-01", CAD="1.6"))
    asked = kit.requests(("2026-04-01", "GBP", "CAD"), ("2026-04-01", "GBP", "USD"))
    to_cad, to_usd = pin(in_force(corrected), asked).to_pylist()
    assert to_cad["snapshot"] == corrected["snapshot"][corrected.num_rows - 1].as_py()
    assert to_usd["snapshot"] == stored["snapshot"][0].as_py()


def test_each_distinct_request_is_answered_once(kit, stored):
    asked = kit.requests(*[("2026-04-01", "GBP", "USD")] * 3, ("2026-04-01", "CAD", "USD"))
    answers = pin(in_force(stored), asked)
    assert answers["currency"].to_pylist() == ["CAD", "GBP"]
    assert answers.schema == PINNED_SCHEMA


def _affected(before, after, bases=("USD",)):
    return affected_dates(
        in_force(before),
        in_force(after),
        base_currencies=frozenset(bases),
        max_age_days=5,
        source=ECB,
    )


def test_a_correction_reaches_the_weekend_and_the_holidays_after_its_day(kit, stored):
    longer = pa.concat_tables([stored, kit.stored(kit.day("2026-04-07", USD="1", CAD="1.5"))])
    after = _corrected(kit, longer, kit.day("2026-04-02", CAD="1.6"))
    assert _affected(longer, after) == tuple(date(2026, 4, day) for day in range(2, 7))


def test_a_correction_reaches_the_days_on_which_its_currency_stands_in(kit):
    days = [kit.day("2026-03-30", USD="1", CAD="1.5"), kit.day("2026-03-31", USD="1")]
    before = kit.stored(*days)
    after = _corrected(kit, before, kit.day("2026-03-30", CAD="1.6"))
    assert _affected(before, after) == (date(2026, 3, 30), date(2026, 3, 31))


def test_a_correction_reaches_as_far_as_the_maximum_age_and_no_further(kit):
    days = [kit.day(f"2026-03-{day}", USD="1") for day in (24, 25, 26, 27, 30, 31)]
    before = kit.stored(kit.day("2026-03-23", USD="1", CAD="1.5"), *days)
    after = _corrected(kit, before, kit.day("2026-03-23", CAD="1.6"))
    assert _affected(before, after) == tuple(date(2026, 3, day) for day in range(23, 29))


def test_a_correction_that_changes_nothing_touches_nothing(stored):
    assert _affected(stored, stored) == ()


def test_a_snapshot_that_arrives_reaches_the_dates_that_waited_for_it(kit, stored):
    more = pa.concat_tables([stored, kit.stored(kit.day("2026-04-07", USD="1", GBP="1"))])
    assert _affected(stored, more) == (date(2026, 4, 7),)


_RATES = st.dictionaries(
    st.sampled_from(["USD", "GBP", "CAD"]), st.sampled_from(["0.5", "1.1", "2"]), max_size=3
)


@given(
    days=st.dictionaries(st.integers(0, 11), _RATES.filter(bool), min_size=1),
    corrections=st.lists(st.tuples(st.integers(0, 11), _RATES.filter(bool)), max_size=3),
    max_age=st.integers(0, 5),
)
def test_pinning_equals_a_walk_through_the_calendar(kit, days, corrections, max_age):
    """Against a naive model that walks back day by day."""
    at = [date(2026, 3, 26 + n) if n < 6 else date(2026, 4, n - 5) for n in range(12)]
    stored = kit.stored(*(kit.day(str(at[n]), **rates) for n, rates in days.items()))
    model = {at[n]: dict(rates) for n, rates in days.items()}
    for n, rates in corrections:
        if at[n] in model:
            stored = _corrected(kit, stored, kit.day(str(at[n]), **rates))
            model[at[n]] |= rates
    asked = [
        (str(day), original, "USD", max_age) for day in at for original in ("GBP", "CAD", "EUR")
    ]
    for row in pin(in_force(stored), kit.requests(*asked)).to_pylist():
        day, original = row["transaction_date"], row["currency"]
        published = last_publication_day(ECB, day)
        # A day that is loaded has been published, whatever the calendar says of it.
        newest = max((known for known in model if known <= day), default=date.min)
        has = [
            known
            for known, rates in model.items()
            if known <= day and {original, "USD"} <= {*rates, "EUR"}
        ]
        if newest < published or not has:
            assert row["refusal"] == "FX_RATE_MISSING"
        elif (day - max(has)).days > max_age:
            assert row["refusal"] == "FX_RATE_TOO_OLD"
        else:
            rates = model[max(has)] | {"EUR": "1"}
            found = (row["rate_date"], row["rate_original"], row["rate_base"])
            assert found == (max(has), Decimal(rates[original]), Decimal(rates["USD"]))
