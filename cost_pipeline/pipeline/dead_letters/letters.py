"""Dead letters in the lake: settled by difference, so that nothing new appends nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.tables import INSTANT, TEXT
from cost_pipeline.core.reasons import Reason, Stage
from cost_pipeline.core.sql import EVERYTHING, Predicate, equals, literal, one_of
from cost_pipeline.lake.delta import Part, StaleSnapshotError
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.events import (
    CORRECTED,
    LETTERS_NOW,
    OPEN,
    WAIVED,
    difference,
    in_state,
    opened,
    reopened,
    resolved,
    retried,
)

REFUSED: Final = (OPEN, WAIVED, CORRECTED)
"""The states in which a dead letter is a refused row still; what passes now is none."""


def letters_now(
    session: Session,
    scope: Predicate | str = EVERYTHING,
    days: Sequence[date] | None = None,
    *,
    snapshot: Snapshot | None = None,
    **tables: pa.Table,
) -> pa.Table:
    """Returns every dead letter within `scope` with its last event, `state` and `opened_at`.

    Args:
        session: The run.
        scope: A condition over dead-letter columns, made by `core.sql`; as text, SQL without a
            value. It must hold for all events of a dead letter or for none.
        days: The partitions to look in; all if None.
        snapshot: The state to look at; the present one if None.
        tables: Arrow tables that `scope` names.
    """
    pruned = _days(days)
    wanted = scope if isinstance(scope, Predicate) else Predicate(scope)
    condition = wanted if pruned is None else wanted & pruned
    snapshot = snapshot or session.lake.table(session.feed.dead_letters).snapshot()
    now = pa.schema(
        [*session.feed.dead_letters.schema, pa.field("state", TEXT), pa.field("opened_at", INSTANT)]
    )
    if not snapshot.files():  # a run asks a dozen times, and each statement takes milliseconds
        return now.empty_table()
    found = snapshot.query(LETTERS_NOW % condition, where=pruned, **tables)
    return found.select(now.names).cast(now)


def of_posting(session: Session) -> Predicate:
    """Matches the dead letters that posting opens and settles: those of records.

    Rows that wait until somebody allows them are among them.
    """
    waits = session.feed.reasons.waits
    own = equals("stage", Stage.POST)
    return own | Predicate(f"reasons = [{literal(waits)}]") if waits else own


def of_reading(session: Session) -> Predicate:
    """Matches the dead letters that reading opens and settles: those of rows that are no record."""
    return one_of("stage", [Stage.PARSE, Stage.VALIDATE]) & ~of_posting(session)


CORRECTABLE: Final = Predicate("answers is null") | (
    equals("stage", Stage.POST) & Predicate(f"reasons <> [{literal(Reason.CORRECTION_ANSWERED)}]")
)
"""The dead letters of rows that a correction may answer: those that vendors sent, and
corrections that were refused when posting; of one refused before, the row itself is still open."""


def reasons_of(events: pa.Table) -> dict[str, int]:
    """Returns how many open dead letters carry each reason code, most first."""
    counted = query(
        "select reason, count(*) as n from (select unnest(reasons) as reason from events) "
        "group by all order by n desc, reason",
        events=events.select(["reasons"]),
    )
    return dict(zip(*(column.to_pylist() for column in counted.columns), strict=True))


def open_dead_letters(
    session: Session,
    scope: Predicate | str,
    days: Sequence[date] | None = None,
    *,
    snapshot: Snapshot | None = None,
) -> pa.Table:
    """Returns what is open now, within `scope` (see `letters_now`); `recorded_at` is since when."""
    now = in_state(letters_now(session, scope, days, snapshot=snapshot), OPEN)
    place = now.schema.get_field_index("recorded_at")
    return now.set_column(place, "recorded_at", now["opened_at"]).select(
        session.feed.dead_letters.schema.names
    )


def settle(  # noqa: PLR0913 - a scope and its tokens belong to one call
    session: Session,
    desired: pa.Table,
    *,
    scope: Predicate | str,
    days: Sequence[date],
    day_column: str,
    writer: str,
    attempts: int = 1,
    held: Sequence[str] = (OPEN, WAIVED),
    again: bool = False,
) -> tuple[int, int]:
    """Makes the open dead letters within `scope` be exactly `desired`.

    What was waived and is found again stays waived.

    Args:
        session: The run.
        desired: Dead letters, as the feed's shape has them.
        scope: The condition that tells which dead letters this is about.
        days: The partitions that they lie in.
        day_column: The column of `desired` with the partition of the event.
        writer: With a day, the token under which only one run at a time may settle this scope.
        attempts: How often the work behind them was tried.
        held: The states in which a dead letter that is found again stays as it is.
        again: Whether a failed new try of an open one is recorded as an event too.

    Returns:
        How many were opened and how many resolved.
    """
    table = session.lake.table(session.feed.dead_letters)
    while True:
        snapshot = table.snapshot()
        before = letters_now(session, scope, days, snapshot=snapshot)
        fresh, gone = difference(desired, in_state(before, *held))
        there = in_state(before, OPEN) if again else before.slice(0, 0)
        tried = there.filter(pc.is_in(there["id"], value_set=desired["id"].combine_chunks()))
        if not fresh.num_rows and not gone.num_rows and not tried.num_rows:
            return 0, 0
        stamp = session.stamp()
        schema = session.feed.dead_letters.schema
        events = pa.concat_tables(
            [
                opened(fresh, day_column, stamp, schema=schema, attempts=attempts, before=before),
                resolved(gone, stamp, schema=schema),
                retried(tried, stamp, attempts, schema=schema),
            ]
        )
        parts = []
        for day in sorted(set(events["day"].to_pylist())):
            token = f"{writer}/{day}"
            mine = events.filter(pc.equal(events["day"], day))
            parts.append(Part(token, snapshot.sequence(token) + 1, mine))
        try:
            table.append(snapshot, parts, run_id=session.run_id)
        except StaleSnapshotError:
            continue  # another run settled one of these days first; compare again
        return fresh.num_rows, gone.num_rows


def answer(session: Session, vendor: str, answered: pa.Array, *, by: str) -> pa.Array:
    """Resolves what a correction answers, and reopens what it answered once and no longer does.

    Args:
        session: The run.
        vendor: The vendor whose dead letters they are.
        answered: Fingerprints of the rows that have an accepted answer in it.
        by: The correction's delivery.

    Returns:
        The fingerprints of what was opened again.
    """
    table = session.lake.table(session.feed.dead_letters)
    answers = pa.table({"fingerprint": answered})
    while True:
        snapshot = table.snapshot()
        letters = letters_now(
            session,
            equals("vendor", vendor)
            & Predicate(
                f"id in (select id from {{table}} where {equals('resolved_by', by)} "
                "or fingerprint in (from answered) or answers in (from answered))"
            ),
            snapshot=snapshot,
            answered=answers,
        )
        concerned = pc.or_(
            pc.is_in(letters["fingerprint"], value_set=answered),
            pc.fill_null(pc.is_in(letters["answers"], value_set=answered, skip_nulls=True), False),  # noqa: FBT003
        )
        stamp, schema = session.stamp(), session.feed.dead_letters.schema
        mine = pc.fill_null(pc.equal(letters["resolved_by"], by), False)  # noqa: FBT003
        withdrawn = in_state(letters.filter(pc.and_(mine, pc.invert(concerned))), CORRECTED)
        unanswered = pc.is_in(letters["state"], value_set=pa.array([OPEN, WAIVED]))
        done = letters.filter(pc.and_(concerned, unanswered))
        del letters  # each copy of many of them is wide
        events = pa.concat_tables(
            [resolved(done, stamp, schema=schema, by=by), reopened(withdrawn, stamp, schema=schema)]
        )
        if not events.num_rows:
            return withdrawn["fingerprint"].combine_chunks()
        # Under the tokens of whoever judges these rows, so that no two settle one at a time.
        try:
            table.append(snapshot, parts_by_token(session, snapshot, events), run_id=session.run_id)
        except StaleSnapshotError:
            continue  # one of them was judged meanwhile; look again
        return withdrawn["fingerprint"].combine_chunks()


def answer_each(
    session: Session,
    scope: Predicate | str,
    answers: Mapping[tuple[str, str], str],
    **tables: pa.Table,
) -> int:
    """Resolves open dead letters, each by the delivery that answers it, all in one commit.

    Args:
        session: The run.
        scope: The condition of the dead letters that this is about (see `letters_now`).
        answers: Vendor and delivery of a dead letter to the delivery that answers it.
        **tables: Arrow tables that `scope` names.

    Returns:
        How many were resolved.
    """
    table = session.lake.table(session.feed.dead_letters)
    while True:
        snapshot = table.snapshot()
        letters = in_state(letters_now(session, scope, snapshot=snapshot, **tables), OPEN)
        subjects = zip(letters["vendor"].to_pylist(), letters["delivery"].to_pylist(), strict=True)
        by = pa.array([answers.get(subject) for subject in subjects], TEXT)
        stamp, schema = session.stamp(), session.feed.dead_letters.schema
        events = [
            resolved(letters.filter(pc.equal(by, one)), stamp, schema=schema, by=one)
            for one in sorted(set(answers.values()))
        ]
        told: pa.Table = pa.concat_tables(events)
        count: int = told.num_rows
        if not count:
            return 0
        try:
            table.append(snapshot, parts_by_token(session, snapshot, told), run_id=session.run_id)
        except StaleSnapshotError:
            continue  # one of them was judged meanwhile; look again
        return count


def parts_by_token(session: Session, snapshot: Snapshot, events: pa.Table) -> list[Part]:
    """Returns the events under their judges' tokens: no two judges settle at the same time."""
    tokens = query(f"select {_TOKEN % of_posting(session)} as token from events", events=events)[
        "token"
    ]
    return [
        Part(token, snapshot.sequence(token) + 1, events.filter(pc.equal(tokens, token)))
        for token in sorted(pc.unique(tokens).to_pylist())
    ]


_TOKEN: Final = f"""case when %s then concat('post/', day)
    when {equals("stage", Stage.ACQUIRE)} then concat('acquire/', vendor, '/', day)
    else concat('dead_letters/', vendor, '/', delivery) end"""


def _days(days: Sequence[date] | None) -> Predicate | None:
    return None if days is None else one_of("day", sorted(set(days)))
