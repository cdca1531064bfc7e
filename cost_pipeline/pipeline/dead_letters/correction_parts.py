"""The part of a correction that concerns one vendor: judged under that vendor's contract.

Belongs here: finding what each row answers, the verdicts, and the commits in their order: records,
dead letters of refused rows, the resolution of what was answered, and last the mark that makes it
count. Which row then has the place is decided when posting (`ledger.standing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.problems import Problem, errors_json
from cost_pipeline.contracts.tables import Shape
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.reasons import FailureClass, Reason, Stage, catalogue, dead_letter_id
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.tables import VALIDATIONS
from cost_pipeline.parse import CHUNK_ROWS, ParsedChunk, Refused
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.pipeline.dead_letters.correction_rows import (
    as_chunk,
    in_style_of,
)
from cost_pipeline.pipeline.dead_letters.letters import (
    REFUSED,
    answer,
    of_reading,
    settle,
)
from cost_pipeline.pipeline.dead_letters.rows import cells_of
from cost_pipeline.pipeline.dead_letters.sorting import (
    ANSWERED,
    NOBODY,
    SortedOut,
    by_settings,
    vendors_of,
)
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.measures import SumsByUnit
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.identity import fingerprint
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.state import DeliveryState

_NOBODYS: Final = digest("interpretation", "corrections", 1)


def present_interpretation(session: Session, vendor: str, pulled: date) -> str | None:
    """Returns the interpretation under which a vendor's correction would be read now.

    Each of its rows is read by the settings of the delivery whose row it answers, and it answers
    nothing that came after it. None if the vendor is gone: its corrections stay as they were
    judged.

    Args:
        session: The run.
        vendor: Its name.
        pulled: When the correction was taken in.
    """
    if vendor == NOBODY:
        return _NOBODYS
    own = vendors_of(session).get(vendor)
    if own is None:
        return None
    first, *changed = (
        _interpreter(session, settings).interpretation
        for since, settings in own.in_force
        if since <= pulled
    )
    return digest("corrections", first, *changed) if changed else first


def part_of(
    session: Session, found: SortedOut, vendor: str, current: Mapping[str, object]
) -> CorrectionPart | None:
    """Returns the part of a vendor, if it is to be judged (again)."""
    pulled = current["first_pulled"]
    assert isinstance(pulled, date)  # noqa: S101 - for the type checker; the column is a date
    present = present_interpretation(session, vendor, pulled)
    if present is None or present == current["interpretation"]:
        return None
    sequence = int(str(current["sequence"] or 0)) + 1
    sums = SumsByUnit(session.feed.shape.measure)
    return CorrectionPart(session, found, vendor, pulled, sequence, present, sums)


@dataclass(slots=True)
class CorrectionPart:
    """One vendor's rows of a correction on their way through."""

    session: Session
    found: SortedOut
    vendor: str
    pull_date: date
    sequence: int
    interpretation: str
    sums: SumsByUnit
    records: int = 0
    refused: int = 0

    def validate(self) -> None:
        """Judges the rows and commits what came of them."""
        if self.vendor == NOBODY:
            letters = self._nobodys()
            accepted = pa.array([], pa.string())
        else:
            letters, accepted = self._judged()
        self.refused = letters.num_rows
        self.sums.add(letters)
        delivery = self.found.delivery
        own = equals("vendor", self.vendor) & equals("delivery", delivery)
        settle(
            self.session,
            letters,
            scope=own & of_reading(self.session),
            days=[self.pull_date],
            day_column="pull_date",
            writer=f"dead_letters/{self.vendor}/{delivery}",
            held=REFUSED,
        )
        withdrawn = answer(self.session, self.vendor, accepted, by=delivery)
        self._mark()
        self._left_to_others(withdrawn)

    def _left_to_others(self, withdrawn: pa.Array) -> None:
        """Leaves what is open again to another correction, which came too late for the place."""
        if not len(withdrawn):
            return
        others = (
            self.session.lake.table(self.session.feed.records)
            .snapshot()
            .query(
                f"select delivery, first_pulled, list(answers) as answers from ({LIVE}) "
                f"where {equals('vendor', self.vendor)} and answers is not null "
                f"and {self.session.feed.shape.complete} group by all "
                "having list_has_any(list(answers), (select list(answers) from wanted)) "
                "order by first_pulled, delivery",
                deliveries=current_deliveries(self.session),
                wanted=pa.table({"answers": withdrawn}),
            )
        )
        for row in others.to_pylist():
            theirs = pa.array(row["answers"], pa.string())
            answer(self.session, self.vendor, theirs, by=row["delivery"])

    def _judged(self) -> tuple[pa.Table, pa.Array]:
        """Commits the records; returns the dead letters, and which rows were answered."""
        rows = self.found.by_vendor.get(self.vendor)
        if rows is None:
            return self.session.feed.shape.dead_letters.empty_table(), pa.array([], pa.string())
        state, letters, accepted = DeliveryState(), [], []
        writer = f"records/{self.vendor}/{self.found.delivery}/{self.interpretation}"
        for number, chunk in enumerate(self._chunks(rows), 1):
            done = validate_chunk(
                chunk.parsed,
                chunk.interpreter,
                delivery=self.found.delivery,
                pull_date=self.pull_date,
                state=state,
                ordinals=chunk.ordinals,
            )
            records = _answering(done.records, chunk.rows, ANSWERED)
            letters.append(_answering(done.dead_letters, chunk.rows, ("answers",)))
            accepted.append(_answers(self.session.feed.shape, records))
            self.records += records.num_rows
            self.sums.add(records)
            if records.num_rows:
                part = Part(writer, number, records.select(self.session.feed.records.schema.names))
                self.session.lake.table(self.session.feed.records).append_once(
                    [part], run_id=self.session.run_id
                )
        return (
            pa.concat_tables(letters),
            pa.chunked_array(
                [c for column in accepted for c in column.chunks], pa.string()
            ).combine_chunks(),
        )

    def _chunks(self, rows: pa.Table) -> Iterator[_Chunk]:
        assert not isinstance(self.found.rows, Refused)  # noqa: S101 - it has rows
        feed, vendor = self.session.feed.contract, vendors_of(self.session)[self.vendor]
        for settings, alike in by_settings(self.session, vendor, rows):
            read = _interpreter(self.session, settings)
            named = replace(read.reading, interpretation=self.interpretation)
            interpreter = replace(read, reading=named)
            styled = in_style_of(feed, settings, alike, self.found.rows.kinds)
            ordinals = _ordinals(self.session, settings, styled)
            for start in range(0, styled.num_rows, CHUNK_ROWS):
                mine = styled.slice(start, CHUNK_ROWS)
                own = None if ordinals is None else ordinals[start : start + CHUNK_ROWS]
                yield _Chunk(interpreter, as_chunk(feed, settings, mine), mine, own)

    def _nobodys(self) -> pa.Table:
        """Returns rows that answer nothing, or the whole file if it cannot be read."""
        rows, delivery = self.found.rows, self.found.delivery
        if isinstance(rows, Refused):
            whole = digest("delivery", delivery)
            letter = self._letter(whole, Stage.PARSE, rows.reason, rows.message)
            return pa.Table.from_pylist([letter], schema=self.session.feed.shape.dead_letters)
        wanted = pa.array(sorted(self.found.refused), pa.int64())
        mine = rows.table.filter(pc.is_in(rows.table["row"], value_set=wanted))
        columns = (mine[name].to_pylist() for name in ("row", "line", "text"))
        letters = []
        for number, line, text in zip(*columns, strict=True):
            reason, message = self.found.refused[number]
            mark = fingerprint(delivery, number, text)
            letter = self._letter(mark, Stage.VALIDATE, reason, message)
            letters.append({**letter, "row": number, "line": line, "payload": text})
        return pa.Table.from_pylist(letters, schema=self.session.feed.shape.dead_letters)

    def _letter(self, mark: str, stage: Stage, reason: Reason, message: str) -> dict[str, object]:
        assert catalogue()[reason].failure_class is FailureClass.PERMANENT  # noqa: S101
        return {
            "id": dead_letter_id(self.vendor, mark, stage, [reason]),
            "fingerprint": mark,
            "delivery": self.found.delivery,
            "vendor": self.vendor,
            "feed": self.session.feed.name,
            "kind": "correction",
            "stage": stage,
            "failure_class": FailureClass.PERMANENT,
            "reasons": [reason],
            "errors": errors_json([Problem("", reason, message)]),
            "pull_date": self.pull_date,
            "interpretation": self.interpretation,
        }

    def _mark(self) -> None:
        stamp, rows = self.session.stamp(), self.found.rows
        own = vendors_of(self.session).get(self.vendor)
        row = {
            "pull_date": self.pull_date,
            "delivery": self.found.delivery,
            "vendor": self.vendor,
            "sequence": self.sequence,
            "interpretation": self.interpretation,
            "encoding": None if isinstance(rows, Refused) else rows.container,
            "rows": self.records + self.refused,
            "blank_rows": self.found.untouched.get(self.vendor, 0),
            "records": self.records,
            "dead_letters": self.refused,
            "amounts": self.sums.as_json(),
            "unreadable_amounts": 0,
            "posts": own is None or own.posts,
            "header": [],
            "drift": [],
            "recorded_at": stamp.recorded_at,
            "run_id": stamp.run_id,
        }
        writer = f"validations/{self.vendor}/{self.found.delivery}/{self.sequence}"
        mark = Part(writer, 1, pa.Table.from_pylist([row], schema=VALIDATIONS.schema))
        self.session.lake.table(VALIDATIONS).append_once([mark], run_id=self.session.run_id)


@dataclass(frozen=True, slots=True)
class _Chunk:
    interpreter: Interpreter
    parsed: ParsedChunk
    rows: pa.Table
    ordinals: list[int | None] | None


def _answering(judged: pa.Table, rows: pa.Table, names: tuple[str, ...]) -> pa.Table:
    """Returns the verdicts with the dead letters that their rows answer."""
    places = pc.index_in(judged["row"], value_set=rows["row"].combine_chunks())
    for name in names:
        place = judged.column_names.index(name)
        judged = judged.set_column(place, judged.schema.field(name), rows[name].take(places))
    return judged


def _answers(shape: Shape, records: pa.Table) -> pa.ChunkedArray:
    """Returns the answered dead letters; a credit that names nothing is as wrong as before."""
    found = query(f"select answers from records where {shape.complete}", records=records)
    return found["answers"]


def _ordinals(session: Session, vendor: Vendor, rows: pa.Table) -> list[int | None] | None:
    """Returns for each row the ordinal of the row that it answers, whose place it takes."""
    if vendor.key is None or not vendor.key.ordinal:
        return None
    found: dict[tuple[str, int], int | None] = {}
    for delivery in pc.unique(rows["answers_delivery"]).to_pylist():
        mine = rows.filter(pc.equal(rows["answers_delivery"], delivery))
        cells = cells_of(session, vendor, delivery, mine["answers_row"])
        if cells is not None:
            pairs = zip(cells["row"].to_pylist(), cells["ordinal"].to_pylist(), strict=True)
            found |= {(delivery, row): ordinal for row, ordinal in pairs}
    places = zip(rows["answers_delivery"].to_pylist(), rows["answers_row"].to_pylist(), strict=True)
    return [found.get(place) for place in places]


def _interpreter(session: Session, vendor: Vendor) -> Interpreter:
    feed = session.feed.contract
    labels = tuple(sheet.label(feed, name) for name in feed.fields_of(vendor.record))
    return session.interpreter(sheet.corrected_vendor(feed, vendor), labels)
