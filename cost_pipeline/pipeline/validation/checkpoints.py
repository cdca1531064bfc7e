"""Notes how far a large delivery was validated, so that a killed run repeats no chunk.

A checkpoint is written after the records and dead letters of its chunks: what it says is done is in
the lake. It only saves time. Without one, or with one that cannot be used, every chunk is judged
again and those that were committed are skipped by their tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.tables import Measure
from cost_pipeline.core.sql import equals
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.snapshot import Snapshot
from cost_pipeline.lake.tables import CHECKPOINTS
from cost_pipeline.parse import Mark, ParsedChunk
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.measures import SumsByUnit, sums_from
from cost_pipeline.validate.chunk import pass_over
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.shapes import Describer, describer_from_text
from cost_pipeline.validate.state import DeliveryState


@dataclass(frozen=True, slots=True)
class Subject:
    """What a checkpoint is about: bytes under an interpretation, received on a pull date."""

    vendor: str
    delivery: str
    interpretation: str
    pull_date: date

    @property
    def writer(self) -> str:
        """The token of its checkpoints; their sequence is the number of chunks."""
        return f"checkpoints/{self.vendor}/{self.delivery}/{self.interpretation}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chunks of a delivery that are done.

    Attributes:
        chunks: How many there are.
        rows: The rows in them.
        mark: Where the next one begins; None where the format cannot be opened there.
        state: The running totals behind them.
        describer: The shapes of their columns.
        sums: The sums of their measures.
    """

    chunks: int
    rows: int
    mark: Mark | None
    state: DeliveryState
    describer: Describer
    sums: SumsByUnit

    def rest(
        self, chunks: Iterator[ParsedChunk], interpreter: Interpreter
    ) -> Iterator[ParsedChunk]:
        """Yields the chunks that are not done, of a reader opened at `mark`; none is held."""
        if self.mark is None:
            for chunk in islice(chunks, self.chunks):
                pass_over(chunk, interpreter.under(chunk.above), self.state)
        yield from chunks


def nothing_done(measure: Measure | None) -> Checkpoint:
    """Returns the checkpoint of a delivery that nothing is known of."""
    return Checkpoint(0, 0, None, DeliveryState(), Describer(), SumsByUnit(measure))


def checkpoint_part(
    session: Session,
    subject: Subject,
    after: Mark | None,
    *,
    chunks: int,
    state: DeliveryState,
    describer: Describer,
    sums: SumsByUnit,
) -> Part:
    """Returns the row that says these chunks are done; it follows their commit."""
    stamp = session.stamp()
    row = {
        "pull_date": subject.pull_date,
        "delivery": subject.delivery,
        "vendor": subject.vendor,
        "interpretation": subject.interpretation,
        "chunks": chunks,
        "rows": state.rows,
        "line": after and after.line,
        "blank_rows": after and after.blank_rows,
        "furniture_rows": after and after.furniture_rows,
        "encoding": after and after.encoding,
        "carried": after and after.carried,
        "state": state.as_json(),
        "shapes": describer.as_text(),
        "amounts": sums.as_json(),
        "recorded_at": stamp.recorded_at,
        "run_id": stamp.run_id,
    }
    return Part(subject.writer, chunks, pa.Table.from_pylist([row], schema=CHECKPOINTS.schema))


def last_checkpoint(
    checkpoints: Snapshot,
    subject: Subject,
    refused: pa.Table | None,
    measure: Measure | None,
    *,
    keys: bool,
) -> Checkpoint:
    """Returns where to go on, given this delivery's dead letters that are refused rows still.

    If one of them was opened under another interpretation, it is not known here whether the chunks
    that are done still refuse its row, so all are judged again.

    Args:
        checkpoints: The table.
        subject: What is to be validated.
        refused: Its dead letters, open, waived or corrected; None if it never had any.
        measure: What is summed.
        keys: Whether the keys of all rows must be counted, for which all must be read.
    """
    chunks = checkpoints.sequence(subject.writer)
    if not chunks:
        return nothing_done(measure)
    if refused is not None:
        others = pc.not_equal(refused["interpretation"], subject.interpretation)
        if pc.any(others, min_count=0).as_py():
            return nothing_done(measure)
    mine = equals("pull_date", subject.pull_date) & equals("vendor", subject.vendor)
    mine &= equals("delivery", subject.delivery) & equals("interpretation", subject.interpretation)
    (row,) = checkpoints.read(where=mine & equals("chunks", chunks)).to_pylist() or [None]
    if row is None:  # it was received on another pull date too, and begun there
        return nothing_done(measure)
    mark = None
    if row["line"] is not None and row["furniture_rows"] is not None and not keys:
        mark = Mark(
            row["rows"],
            row["line"],
            row["blank_rows"],
            row["encoding"],
            row["furniture_rows"],
            row["carried"],
        )
    return Checkpoint(
        chunks,
        row["rows"],
        mark,
        DeliveryState.from_json(row["state"]),
        describer_from_text(row["shapes"]),
        SumsByUnit(measure, sums_from(row["amounts"])),
    )
