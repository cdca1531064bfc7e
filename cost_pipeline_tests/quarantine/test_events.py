"""Dead letters as events: what to open, what to resolve, what is open now."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA
from cost_pipeline.core.reasons import Stage, dead_letter_id
from cost_pipeline.feeds.production.tables import DEAD_LETTERS
from cost_pipeline.quarantine.events import (
    CORRECTED,
    LETTERS_NOW,
    OPEN,
    PASSED,
    WAIVED,
    Stamp,
    difference,
    in_state,
    opened,
    reopened,
    resolved,
    waived,
)

NOW = datetime(2026, 4, 7, tzinfo=UTC)


def _letters(*names):
    """Dead letters from (vendor, fingerprint)."""
    rows = [
        {
            "id": dead_letter_id(vendor, name, Stage.VALIDATE, ["BAD_DATE"]),
            "fingerprint": name,
            "delivery": "d" * 64,
            "row": 1,
            "line": 2,
            "vendor": vendor,
            "feed": "production",
            "kind": "vendor_invoice",
            "stage": "validate",
            "failure_class": "permanent",
            "reasons": ["BAD_DATE"],
            "errors": "[]",
            "payload": "x",
            "pull_date": date(2026, 4, 1),
            "interpretation": "i" * 64,
        }
        for vendor, name in names
    ]
    return pa.Table.from_pylist(rows, schema=DEAD_LETTER_SCHEMA)


def _now(events):
    return query(LETTERS_NOW.replace("{table}", "events") % "true", events=events)


def _open_now(events):
    found = in_state(_now(events), OPEN)
    return found.select(DEAD_LETTERS.schema.names).cast(DEAD_LETTERS.schema)


def _names(table):
    return sorted(zip(table["vendor"].to_pylist(), table["fingerprint"].to_pylist(), strict=True))


def _settled(events, desired, number):
    """The events after making `desired` what is open."""
    stamp = Stamp(NOW + timedelta(seconds=number), f"run-{number}")
    now = _now(events)
    fresh, gone = difference(desired, in_state(now, OPEN, WAIVED))
    return pa.concat_tables(
        [
            events,
            opened(fresh, "pull_date", stamp, schema=DEAD_LETTERS.schema, before=now),
            resolved(gone, stamp, schema=DEAD_LETTERS.schema),
        ]
    )


_SET = st.sets(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["1" * 64, "2" * 64])))


@given(st.lists(_SET, min_size=1, max_size=5))
def test_what_is_open_is_what_was_desired_last_and_settling_again_appends_nothing(states):
    events = DEAD_LETTERS.schema.empty_table()
    for number, wanted in enumerate(states):
        desired = _letters(*sorted(wanted))
        events = _settled(events, desired, number)
        assert _names(_open_now(events)) == sorted(wanted)
        assert _settled(events, desired, number + 100).num_rows == events.num_rows


def test_two_vendors_with_the_same_bytes_have_a_dead_letter_each():
    events = _settled(DEAD_LETTERS.schema.empty_table(), _letters(("a", "1"), ("b", "1")), 0)
    assert _names(_open_now(events)) == [("a", "1"), ("b", "1")]
    events = _settled(events, _letters(("b", "1")), 1)
    assert _names(_open_now(events)) == [("b", "1")]


def test_a_reopened_dead_letter_shows_when_it_was_opened_last():
    letters = _letters(("a", "1"))
    events = DEAD_LETTERS.schema.empty_table()
    for number, desired in enumerate([letters, letters.slice(0, 0), letters]):
        events = _settled(events, desired, number)
    (row,) = _open_now(events).to_pylist()
    assert row["recorded_at"] == NOW + timedelta(seconds=2)
    assert row["run_id"] == "run-2"


def test_a_resolution_says_what_answered_it():
    events = _settled(DEAD_LETTERS.schema.empty_table(), _letters(("a", "1")), 0)
    stamp = Stamp(NOW, "run-9")
    (row,) = resolved(_open_now(events), stamp, schema=DEAD_LETTERS.schema, by="c" * 64).to_pylist()
    assert (row["event"], row["resolved_by"], row["run_id"]) == ("resolved", "c" * 64, "run-9")
    assert row["day"] == date(2026, 4, 1)


@pytest.mark.parametrize("attempts", [1, 4])
def test_an_event_keeps_how_often_the_work_was_tried(attempts):
    stamp = Stamp(NOW, "run")
    events = opened(
        _letters(("a", "1")), "pull_date", stamp, schema=DEAD_LETTERS.schema, attempts=attempts
    )
    assert events["attempts"].to_pylist() == [attempts]
    answered = resolved(_open_now(events), stamp, schema=DEAD_LETTERS.schema)
    assert answered["attempts"].to_pylist() == [attempts]


def _state(events):
    (row,) = _now(events).to_pylist()
    return row["state"]


def test_the_state_is_that_of_the_last_event_even_if_the_clock_jumps_back():
    schema = DEAD_LETTERS.schema
    events = opened(_letters(("a", "1")), "pull_date", Stamp(NOW, "r"), schema=schema)
    steps = [
        (lambda now, s: waived(now, s, schema=schema, by="pat", why="immaterial"), WAIVED),
        (lambda now, s: reopened(now, s, schema=schema, by="pat", why="it is not"), OPEN),
        (lambda now, s: resolved(now, s, schema=schema, by="c" * 64), CORRECTED),
        (lambda now, s: reopened(now, s, schema=schema), OPEN),
        (lambda now, s: resolved(now, s, schema=schema), PASSED),
    ]
    assert _state(events) == OPEN
    for number, (step, state) in enumerate(steps, 1):
        stamp = Stamp(NOW - timedelta(hours=number), f"r{number}")
        events = pa.concat_tables([events, step(_now(events), stamp)])
        assert _state(events) == state
    assert events["sequence"].to_pylist() == [1, 2, 3, 4, 5, 6]


def test_a_decision_names_who_and_why_and_later_events_do_not_repeat_it():
    schema, stamp = DEAD_LETTERS.schema, Stamp(NOW, "r")
    events = opened(_letters(("a", "1")), "pull_date", stamp, schema=schema)
    decided = waived(_now(events), stamp, schema=schema, by="pat", why="immaterial")
    assert decided.select(["decided_by", "why"]).to_pylist() == [
        {"decided_by": "pat", "why": "immaterial"}
    ]
    events = pa.concat_tables([events, decided])
    (after,) = reopened(_now(events), stamp, schema=schema).to_pylist()
    assert (after["decided_by"], after["why"]) == (None, None)


def test_a_waived_dead_letter_that_is_found_again_stays_waived():
    schema = DEAD_LETTERS.schema
    desired = _letters(("a", "1"))
    events = _settled(schema.empty_table(), desired, 0)
    decided = waived(_now(events), Stamp(NOW, "r"), schema=schema, by="pat", why="immaterial")
    events = pa.concat_tables([events, decided])
    assert _settled(events, desired, 1).num_rows == events.num_rows
    gone = _settled(events, _letters(), 2)
    assert _state(gone) == PASSED
    assert _state(_settled(gone, desired, 3)) == OPEN
