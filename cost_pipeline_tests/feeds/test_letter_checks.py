"""Standing checks of dead letters, each with the case that turns it red, and replay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import NOTHING
from cost_pipeline.lake.delta import Part
from cost_pipeline.pipeline.dead_letters.checks import (
    letters_in_time,
    measures_lost,
    open_per_day,
    trend_plot,
    with_measures,
)
from cost_pipeline.pipeline.dead_letters.decisions import decide
from cost_pipeline.pipeline.dead_letters.letters import letters_now
from cost_pipeline.pipeline.dead_letters.told import as_json, history_of
from cost_pipeline.pipeline.reports.findings import rows_are_conserved
from cost_pipeline.pipeline.validation.replay import behind, delivery_named, replay

DAY = "2026-04-01"
ROWS = [
    ("R1", "2026-03-31", "100.00", "GBP", "lamp"),
    ("R2", "soon", "50.00", "GBP", "stand"),
    ("R3", "soon", "7.00", "CAD", "cable"),
    ("R4", "2026-03-31", "x", "CAD", "cable"),
]


@pytest.fixture(scope="module")
def worked_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("letters") / "home")
    house.drop("rentals", DAY, ROWS)
    house.work(DAY)
    return house


@pytest.fixture
def worked(house, worked_once):
    return house.take_over(worked_once)


def _conserved(session, door):
    day = door.NOW.date().replace(day=1)
    return with_measures(
        rows_are_conserved(door.reports(session)), COSTS.measure, measures_lost(session, [day])
    )


def test_conservation_counts_amounts_per_currency_too(worked, door):
    outcome = _conserved(worked.session(), door)
    assert outcome.passed
    assert "amounts per currency" in outcome.message


def test_conservation_is_red_if_a_stored_amount_is_not_what_was_read(worked, door):
    session = worked.session()
    table = session.lake.table(door.VALIDATIONS)
    rows = table.snapshot().read()
    place = rows.column_names.index("amounts")
    changed = pa.array(['{"GBP": "150.01", "CAD": "7.00"}'] * rows.num_rows)
    rows = rows.set_column(place, "amounts", changed)
    place = rows.column_names.index("sequence")
    rows = rows.set_column(place, "sequence", pc.add(rows["sequence"], 1).cast(pa.int32()))
    table.append(table.snapshot(), [Part("damage", 1, rows)], run_id="x")
    outcome = _conserved(session, door)
    assert not outcome.passed
    assert "150.01 GBP were read and 150.00 are stored" in outcome.message
    assert outcome.numbers["amounts_unbalanced"] == 1


def test_no_dead_letter_is_too_old_on_the_day_of_its_limit(worked, door):
    aged = letters_in_time(door.with_clock(worked.session(), door.NOW + timedelta(days=14)))
    assert aged.outcome.passed
    assert aged.sample == []


def test_dead_letters_beyond_their_limit_are_counted_and_summed_exactly(worked, door):
    later = door.with_clock(worked.session(), door.NOW + timedelta(days=14, seconds=1))
    aged = letters_in_time(later)
    assert not aged.outcome.passed
    assert aged.outcome.numbers == {"open": 3, "too_old": 3, "unreadable": 1}
    assert aged.at_risk == {"CAD": Decimal("7.0000"), "GBP": Decimal("50.0000")}
    assert len(aged.sample) == 3


def test_transient_ones_have_a_limit_of_their_own_and_both_are_set_in_the_home(house, door):
    (house.root / "productions.yaml").write_text(
        door.PRODUCTIONS + "dead_letters:\n  max_age_days: {permanent: 2, transient: 1}\n",
        encoding="utf-8",
    )
    rows = [("R1", "2026-04-07", "1.00", "GBP", "no rate yet"), ("R2", "soon", "1.00", "GBP", "x")]
    house.drop("rentals", DAY, rows)
    house.work(DAY)
    for hours, too_old in ((23, 0), (25, 1), (49, 2)):
        later = door.with_clock(house.session(), door.NOW + timedelta(hours=hours))
        assert letters_in_time(later).outcome.numbers["too_old"] == too_old


def test_waived_dead_letters_are_not_late_and_reopened_ones_start_anew(worked, door):
    session = worked.session()
    for letter in door.open_letters(session):
        decide(session, letter["id"], waive=True, by="pat", why="written off")
    late = door.with_clock(session, door.NOW + timedelta(days=30))
    assert letters_in_time(late).outcome.passed
    (first, *_) = letters_now(session).to_pylist()
    decide(late, first["id"], waive=False, by="kim", why="it was not")
    assert letters_in_time(late).outcome.passed
    later = door.with_clock(session, door.NOW + timedelta(days=45))
    assert letters_in_time(later).outcome.numbers["too_old"] == 1


def test_the_sample_is_bounded_and_the_count_is_not(house, door):
    house.drop("rentals", DAY, [(f"R{n}", "soon", "1.00", "GBP", "x") for n in range(50)])
    house.work(DAY)
    aged = letters_in_time(door.with_clock(house.session(), door.NOW + timedelta(days=20)))
    assert (aged.outcome.numbers["too_old"], len(aged.sample)) == (50, 20)


def test_the_trend_counts_what_was_open_at_the_end_of_each_day(worked, door):
    (letter, *_) = door.open_letters(worked.session())
    second = door.with_clock(worked.session(), door.NOW + timedelta(days=2))
    decide(second, letter["id"], waive=True, by="pat", why="written off")
    later = door.with_clock(worked.session(), door.NOW + timedelta(days=3))
    counts = [count for _, count in open_per_day(later)]
    assert len(counts) == 60
    assert counts[-5:] == [0, 3, 3, 2, 2]


def test_the_trend_is_a_picture_that_needs_no_other_file(worked):
    plot = trend_plot(open_per_day(worked.session()))
    assert plot.startswith("![open dead letters per day](data:image/svg+xml;base64,")
    assert trend_plot([]).startswith("![")


def test_a_dead_letter_says_where_it_came_from_and_what_happened_to_it(worked, door):
    session = worked.session()
    (letter, *_) = door.open_letters(session)
    found = decide(session, letter["id"][:10], waive=True, by="pat", why="written off")
    assert found["state"] == "waived"
    assert found["source"].endswith("/inbox/rentals/2026-04-01.csv")
    assert found["received_at"] == door.NOW.isoformat()
    assert (found["payload"], found["row"], found["attempts"]) == (
        '"R2","soon","50.00","GBP","stand"', 2, 1,
    )  # fmt: skip
    events = history_of(session, letter["id"])
    assert [(e["event"], e["decided_by"], e["why"]) for e in events] == [
        ("opened", None, None),
        ("waived", "pat", "written off"),
    ]
    assert as_json(session, letters_now(session, NOTHING)) == []


@pytest.mark.parametrize("beginning", ["", "0123456", "x" * 12, "' or 1=1 --", "0" * 64])
def test_a_dead_letter_that_is_not_named_by_its_id_is_not_found(worked, beginning):
    with pytest.raises(UsageError) as caught:
        decide(worked.session(), beginning, waive=True, by="pat", why="x")
    assert caught.value.code == "NO_SUCH_DEAD_LETTER"


def test_what_is_waived_cannot_be_waived_and_what_is_open_not_reopened(worked, door):
    session = worked.session()
    (letter, *_) = door.open_letters(session)
    with pytest.raises(UsageError) as caught:
        decide(session, letter["id"], waive=False, by="pat", why="x")
    assert caught.value.code == "DEAD_LETTER_STATE"
    decide(session, letter["id"], waive=True, by="pat", why="x")
    with pytest.raises(UsageError):
        decide(session, letter["id"], waive=True, by="pat", why="x")


def test_a_changed_vendor_file_replays_exactly_what_it_concerns(worked, door):
    worked.drop("orders", DAY, [("O1", "2026-03-31", "1.00", "GBP", "x")])
    worked.work(DAY)
    session = worked.session()
    assert behind(session) == []
    (worked.root / "inbox" / "rentals" / f"{DAY}.csv").unlink()  # it is not fetched again
    worked.edit_vendor("rentals", "[date]", "[date]\n  po_number: [date]")
    worked.edit_vendor("rentals", "columns:", 'dates: ["%Y-%m-%d", "%d.%m.%Y"]\ncolumns:')
    worked.edit_vendor("rentals", "\n  po_number: [date]", "")
    session = worked.session()
    (one,) = behind(session)
    assert (one.vendor, one.pull_date.isoformat()) == ("rentals", DAY)
    assert replay(session, one.pull_date) == 1
    assert behind(session) == []
    before = door.versions(session)
    assert replay(session, one.pull_date) == 0
    assert door.versions(session) == before


def test_a_replay_resolves_what_passes_now_and_posts_it(house, door):
    delivery = house.drop("rentals", DAY, [("R1", "31.03.2026", "5.00", "GBP", "x")])
    house.work(DAY)
    house.edit_vendor("rentals", "columns:", 'dates: ["%d.%m.%Y"]\ncolumns:')
    session = house.session()
    found, day = delivery_named(session, delivery[:8])
    assert replay(session, day, found) == 1
    door.bring_up_to_date(session)
    assert [row["state"] for row in letters_now(session).to_pylist()] == ["passed"]
    assert len(door.active_lines(session)) == 1
    assert door.unlawful(session) == []


def test_a_delivery_that_is_not_there_cannot_be_replayed(worked):
    with pytest.raises(UsageError) as caught:
        delivery_named(worked.session(), "f" * 12)
    assert caught.value.code == "NO_SUCH_DELIVERY"
