"""Validates deliveries: records and dead letters, in chunks that are committed exactly once.

A delivery counts as validated when its row in `validations` is there; until then its records are
invisible to the ledger. A rerun after a crash goes on behind the last checkpoint and skips what was
committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.problems import Problem, errors_json
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import CheckFailedError
from cost_pipeline.core.reasons import Stage, catalogue, dead_letter_id
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.delta import Part, ordered
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import CHECKPOINTS, DELIVERIES, VALIDATIONS
from cost_pipeline.parse import CHUNK_ROWS, Refused, RowReader, open_rows, read_ahead
from cost_pipeline.pipeline.dead_letters.letters import REFUSED, letters_now, of_reading
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.pull.landings import interpreter_of, settings_of
from cost_pipeline.pipeline.pull.unpacking import refused_archive, refused_archives
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.checkpoints import (
    Subject,
    checkpoint_part,
    last_checkpoint,
)
from cost_pipeline.pipeline.validation.control import control_of
from cost_pipeline.pipeline.validation.group_sums import GroupSums
from cost_pipeline.pipeline.validation.read_as import keep_vendor_file
from cost_pipeline.pipeline.validation.versions import (
    Half,
    as_archive,
    as_cut,
    cut_deliveries,
    half_row,
    name_of,
    without_half_row,
)
from cost_pipeline.quarantine.events import CORRECTED, difference, in_state, opened, resolved
from cost_pipeline.validate.chunk import ValidatedChunk, validate_chunk
from cost_pipeline.validate.shapes import Describer
from cost_pipeline.validate.state import DeliveryState

# Small deliveries share a commit; a large one commits as it goes, so that memory stays flat.
_ROWS_PER_COMMIT: Final = 131_072


@dataclass(slots=True)
class _Buffer:
    """Parts that wait for their commit, and the deliveries that are complete after it."""

    most_rows: int
    records: list[Part] = field(default_factory=list)
    dead_letters: list[Part] = field(default_factory=list)
    checkpoint: list[Part] = field(default_factory=list)
    complete: list[Part] = field(default_factory=list)
    rows: int = 0

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        return self.rows >= self.most_rows

    def commit(self, session: Session) -> None:
        """Commits records and dead letters first, then the row that makes them count."""
        lake = session.lake
        for spec, parts in (
            (session.feed.records, self.records),
            (session.feed.dead_letters, self.dead_letters),
            (CHECKPOINTS, self.checkpoint),
            (VALIDATIONS, self.complete),
        ):
            if parts:
                lake.table(spec).append_once(parts, run_id=session.run_id)
                parts.clear()
        self.rows = 0
        # What the commit took is needed again only by the next one.
        pa.default_memory_pool().release_unused()


@dataclass(frozen=True, slots=True)
class Pending:
    """A delivery of a pull date that has no validation under the vendor's present file.

    Attributes:
        vendor: The settings by which it is read.
    """

    vendor: Vendor
    delivery: str
    pull_date: date
    sequence: int


def pending(session: Session, vendors: Sequence[Vendor], pull_date: date) -> list[Pending]:
    """Returns the deliveries of a pull date that must be validated (again), in a fixed order.

    Those that vendors sent; `corrections` looks after what people sent.
    """
    received = session.lake.table(DELIVERIES).snapshot()
    of_day = equals("pull_date", pull_date)
    today = received.query(
        f"select vendor, delivery from {{table}} where {of_day} and role is null",
        where=of_day,
    )
    wanted = set(zip(*(column.to_pylist() for column in today.columns), strict=True))
    current = {
        (row["vendor"], row["delivery"]): row for row in current_deliveries(session).to_pylist()
    }
    found = []
    cut, archives = cut_deliveries(session), refused_archives(session, vendors)
    for vendor in sorted(vendors, key=lambda v: v.vendor):
        before, usual = None, ""
        for key in sorted(key for key in wanted if key[0] == vendor.vendor):
            row, delivery = current[key], key[1]
            settings = settings_of(session, vendor, delivery)
            if settings is not before or settings.dates.looks_around:
                before = settings
                usual = interpreter_of(session, settings, delivery).interpretation
            present = name_of(usual, cut=key in cut, archive=key in archives)
            if row["interpretation"] != present:
                found.append(Pending(settings, delivery, pull_date, (row["sequence"] or 0) + 1))
    return found


@dataclass(frozen=True, slots=True)
class Portions:
    """How much is worked on at a time, in rows: what is parsed and judged, what is committed."""

    chunk: int = CHUNK_ROWS
    commit: int = _ROWS_PER_COMMIT


def validate_deliveries(
    session: Session, deliveries: Sequence[Pending], portions: Portions = Portions()
) -> None:
    """Validates each delivery from its landed bytes."""
    session.feed.refuse_damaged(session.lake)
    session.lake.audit.settle(session.run_id)  # what a run that died announced and never did
    buffer = _Buffer(portions.commit)
    before = _Before(
        session.lake.table(session.feed.dead_letters).snapshot(),
        session.lake.table(CHECKPOINTS).snapshot(),
    )
    for number, delivery in enumerate(deliveries):
        session.progress("validating deliveries", number, len(deliveries))
        _Validation(session, delivery, buffer, before).run(portions.chunk)
        if buffer.full:
            buffer.commit(session)
    buffer.commit(session)


@dataclass(frozen=True, slots=True)
class _Before:
    """What the lake held when this run began."""

    letters: Snapshot
    checkpoints: Snapshot


class _Validation:
    """One delivery on its way through: the chunks so far, and what was open before."""

    def __init__(
        self, session: Session, pending: Pending, buffer: _Buffer, before: _Before
    ) -> None:
        self.session = session
        self.pending = pending
        self.buffer = buffer
        self.interpreter = interpreter_of(session, pending.vendor, pending.delivery)
        whole = cut_deliveries(session).get((pending.vendor.vendor, pending.delivery))
        self.half: Half | None = None
        if whole is not None:
            self.interpreter = as_cut(self.interpreter)
            self.half = half_row(session, pending.vendor, pending.delivery, whole)
        self.unreadable = refused_archive(session, pending.vendor, pending.delivery)
        if self.unreadable is not None:
            self.interpreter = as_archive(self.interpreter)
        name = f"{pending.vendor.vendor}/{pending.delivery}"
        # What a delivery's records are depends on its bytes and the interpretation alone: a vendor
        # file that was changed and changed back finds the records that it made before.
        self.records_writer = f"records/{name}/{self.interpreter.interpretation}"
        self.letters_writer = f"dead_letters/{name}"
        self.mark_writer = f"validations/{name}/{pending.sequence}"
        self.records = 0
        self.refused = 0
        # Dead letters are settled by difference, so their tokens only keep runs apart. One that
        # was there before has some open perhaps, also from a validation that was killed half way.
        self.letters_before = before.letters.sequence(self.letters_writer)
        self.known = self._known() if self.letters_before else None
        self.refused_before = None if self.known is None else in_state(self.known, *REFUSED)
        self.kept: list[str] = []
        key = pending.vendor.key
        self.done = last_checkpoint(
            before.checkpoints,
            self._subject(),
            self.refused_before,
            session.feed.shape.measure,
            keys=key is not None and key.ordinal,
        )
        self.chunks = self.done.chunks
        self.sums = self.done.sums

    def run(self, chunk_rows: int) -> None:
        path = self.session.lake.content.open_path(self.pending.delivery)
        form, mark = self.pending.vendor.format, self.done.mark
        reader = self.unreadable or open_rows(path, form, chunk_rows=chunk_rows, at=mark)
        if isinstance(reader, Refused):
            self._refuse(reader)
            return
        self._take_over_what_is_done()
        state, describer = self.done.state, self.done.describer
        groups = GroupSums(self.interpreter, reader, mark.passed if mark else 0, state)
        for chunk in self.done.rest(read_ahead(reader), self.interpreter):
            describer.add(chunk.table, chunk.columns)
            after = chunk.after
            judged = validate_chunk(
                without_half_row(chunk, self.half),
                self.interpreter.under(chunk.above),
                delivery=self.pending.delivery,
                pull_date=self.pending.pull_date,
                state=state,
            )
            groups.add(chunk, judged)
            self._add(judged)
            del chunk, judged  # nothing holds what comes of the chunk while it is committed
            if self.buffer.full:
                self.buffer.checkpoint = [
                    checkpoint_part(
                        self.session,
                        self._subject(),
                        after,
                        chunks=self.chunks,
                        state=state,
                        describer=describer,
                        sums=self.sums,
                    )
                ]
                self.buffer.commit(self.session)
        groups.finish()
        self._finish(reader, state, describer, groups)

    def _subject(self) -> Subject:
        return Subject(
            self.pending.vendor.vendor,
            self.pending.delivery,
            self.interpreter.interpretation,
            self.pending.pull_date,
        )

    def _take_over_what_is_done(self) -> None:
        """Counts what the chunks before the checkpoint came to; what they refused is refused."""
        self.records = self.done.state.records
        self.refused = self.done.state.dead_letters
        if self.refused_before is not None and self.done.rows:
            done = pc.less_equal(self.refused_before["row"], self.done.rows)
            self.kept += self.refused_before.filter(done)["id"].to_pylist()

    def _add(self, judged: ValidatedChunk) -> None:
        records, dead_letters = judged.records, judged.dead_letters
        self.chunks += 1
        self.records += records.num_rows
        self.refused += dead_letters.num_rows
        self.buffer.rows += records.num_rows + dead_letters.num_rows
        if records.num_rows:
            rows = records.select(self.session.feed.records.schema.names)
            part = Part(self.records_writer, self.chunks, ordered(self.session.feed.records, rows))
            self.buffer.records.append(part)
        self.sums.add(records)
        self.sums.add(dead_letters)
        if self.refused_before is not None:
            self.kept += dead_letters["id"].to_pylist()
            dead_letters, _ = difference(dead_letters, self.refused_before)
        if dead_letters.num_rows:
            events = self._opened(dead_letters)
            self.buffer.dead_letters.append(self._letters(self.chunks, events))

    def _opened(self, dead_letters: pa.Table) -> pa.Table:
        """Returns the `opened` events; what a correction has answered is resolved again at once."""
        stamp, schema = self.session.stamp(), self.session.feed.dead_letters.schema
        events = opened(dead_letters, "pull_date", stamp, schema=schema, before=self.known)
        if self.known is None:
            return events
        corrected = in_state(self.known, CORRECTED)
        answers = dict(
            zip(*(corrected[n].to_pylist() for n in ("fingerprint", "resolved_by")), strict=True)
        )
        found = [events]
        for by in sorted(set(answers.values())):
            marks = pa.array([mark for mark, other in answers.items() if other == by])
            mine = events.filter(pc.is_in(events["fingerprint"], value_set=marks))
            found.append(resolved(mine, stamp, schema=schema, by=by))
        return pa.concat_tables(found)

    def _letters(self, chunk: int, events: pa.Table) -> Part:
        return Part(self.letters_writer, self.letters_before + chunk, events)

    def _refuse(self, refused: Refused) -> None:
        """Refuses the whole delivery as one dead letter, which counts as one row."""
        vendor, delivery = self.pending.vendor, self.pending.delivery
        fingerprint = digest("delivery", delivery)
        row = {
            "id": dead_letter_id(vendor.vendor, fingerprint, Stage.PARSE, [refused.reason]),
            "fingerprint": fingerprint,
            "delivery": delivery,
            "vendor": vendor.vendor,
            "feed": vendor.feed,
            "kind": str(vendor.record),
            "stage": Stage.PARSE,
            "failure_class": catalogue()[refused.reason].failure_class,
            "reasons": [refused.reason],
            "errors": errors_json([Problem("", refused.reason, refused.message)]),
            "pull_date": self.pending.pull_date,
            "interpretation": self.interpreter.interpretation,
            **self.session.feed.scoped(vendor),
        }
        letter = pa.Table.from_pylist([row], schema=self.session.feed.shape.dead_letters)
        self._add(
            ValidatedChunk(self.session.feed.shape.records.empty_table(), letter, in_columns=0)
        )
        self._complete({"rows": 1, "blank_rows": 0, "header": [], "drift": []})

    def _finish(
        self, reader: RowReader, state: DeliveryState, describer: Describer, groups: GroupSums
    ) -> None:
        if reader.rows != self.records + self.refused:
            # A defect, not bad data: the delivery stays landed and nothing of it counts.
            raise CheckFailedError(
                f"{reader.rows} rows were read, and {self.records} records and {self.refused} "
                "dead letters came of them",
                where=self.pending.delivery,
                code="CONSERVATION",
            )
        interpreter = self.interpreter.for_columns(reader.header)
        schema = describer.schema(reader.header)
        self._complete(
            {
                "encoding": reader.encoding,
                "rows": reader.rows,
                "blank_rows": reader.blank_rows,
                "header": list(reader.header),
                "drift": list(interpreter.drift),
                "schema": schema.fingerprint,
                "shapes": schema.as_text(),
                "account": groups.told_in(reader.account()).as_json(),
                **control_of(interpreter, reader, state),
            }
        )

    def _complete(self, facts: dict[str, object]) -> None:
        stamp = self.session.stamp()
        row = {
            "pull_date": self.pending.pull_date,
            "delivery": self.pending.delivery,
            "vendor": self.pending.vendor.vendor,
            "sequence": self.pending.sequence,
            "interpretation": self.interpreter.interpretation,
            "records": self.records,
            "dead_letters": self.refused,
            "amounts": self.sums.as_json(),
            "unreadable_amounts": 0,
            "posts": self.pending.vendor.posts,
            "recorded_at": stamp.recorded_at,
            "run_id": stamp.run_id,
            **facts,
        }
        if self.refused_before is not None:
            self._resolve_what_passes_now(self.refused_before)
        keep_vendor_file(self.session, self.interpreter.interpretation, self.pending.vendor)
        mark = pa.Table.from_pylist([row], schema=VALIDATIONS.schema)
        self.buffer.complete.append(Part(self.mark_writer, 1, mark))

    def _resolve_what_passes_now(self, before: pa.Table) -> None:
        gone = before.filter(
            pc.invert(pc.is_in(before["id"], value_set=pa.array(self.kept, pa.string())))
        )
        if gone.num_rows:
            events = resolved(
                gone, self.session.stamp(), schema=self.session.feed.dead_letters.schema
            )
            self.buffer.dead_letters.append(self._letters(self.chunks + 1, events))

    def _known(self) -> pa.Table:
        return letters_now(
            self.session,
            of_reading(self.session)
            & equals("vendor", self.pending.vendor.vendor)
            & equals("delivery", self.pending.delivery),
        )
