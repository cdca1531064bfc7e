"""Compares what the ends of groups declare with what the rows of their groups come to.

Belongs here: running sums of the groups that are open, from chunk to chunk and over checkpoints.
Which rows are headings and ends is known from parsing; the rows' measures from judging them, those
of refused rows too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.money import shown
from cost_pipeline.parse import GroupEvent, ParsedChunk, RowReader
from cost_pipeline.parse.account import Account, BrokenSum
from cost_pipeline.validate.chunk import ValidatedChunk
from cost_pipeline.validate.interpreter import Interpreter
from cost_pipeline.validate.state import DeliveryState

_KEPT: Final = 20


@dataclass(slots=True)
class _Open:
    """The rows of a group so far."""

    total: Decimal = Decimal(0)
    unreadable: int = 0

    def comes_to(self, declared: Decimal, tolerance: Decimal) -> bool:
        """Whether a declared sum is that of its rows."""
        return not self.unreadable and abs(declared - self.total) <= tolerance


class GroupSums:
    """The groups of one delivery, in the order of its rows.

    Args:
        interpreter: How declared sums are read.
        reader: Whose groups they are.
        first: How many headings and ends came before the first one of `reader`.
        state: Where they are kept for a checkpoint.
    """

    def __init__(
        self, interpreter: Interpreter, reader: RowReader, first: int, state: DeliveryState
    ) -> None:
        self._interpreter = interpreter
        self._events: Sequence[GroupEvent] = reader.groups
        self._first = first
        self._state = state
        found: dict[str, Any] = state.groups
        self._done: int = found.get("done", 0)
        self._compared: int = found.get("compared", 0)
        self._broken: int = found.get("broken", 0)
        self._first_broken = [BrokenSum(**one) for one in found.get("first_broken", ())]
        self._open = {
            int(level): _Open(Decimal(total), unreadable)
            for level, (total, unreadable) in found.get("open", {}).items()
        }

    def add(self, chunk: ParsedChunk, judged: ValidatedChunk) -> None:
        """Takes in the next chunk, and the verdicts on its rows."""
        measure = self._interpreter.reading.shape.measure
        if chunk.passed is None or measure is None:
            return
        for passed, total, unreadable in _sums(chunk, chunk.passed, judged, measure.field):
            self._until(passed)
            for group in self._open.values():
                group.total += total
                group.unreadable += unreadable
        if chunk.after is not None:
            self._until(chunk.after.passed)
        self._keep()

    def finish(self) -> None:
        """Takes in the ends behind the last row."""
        self._until(self._first + len(self._events))

    def told_in(self, account: Account) -> Account:
        """Returns the account with what was compared."""
        return replace(
            account,
            sums=self._compared,
            sums_broken=self._broken,
            broken_sums=tuple(self._first_broken),
        )

    def _until(self, passed: int) -> None:
        """Takes note of the headings and ends before a row."""
        while self._done < passed:
            self._take(self._events[self._done - self._first])
            self._done += 1

    def _take(self, event: GroupEvent) -> None:
        if event.declared:
            self._compare(event, self._open.get(event.level))
        for level in [level for level in self._open if level >= event.level]:
            del self._open[level]
        if event.declared is None:
            self._open[event.level] = _Open()

    def _compare(self, event: GroupEvent, group: _Open | None) -> None:
        declared = self._interpreter.declared_total(event.declared or {})
        rule = self._interpreter.reading.vendor.format.control_total
        tolerance = Decimal(0) if rule is None else rule.tolerance
        if declared is None:
            return
        self._compared += 1
        said = declared if isinstance(declared, Decimal) else None
        if said is not None and group is not None and group.comes_to(said, tolerance):
            return
        self._broken += 1
        if len(self._first_broken) < _KEPT:
            self._first_broken.append(
                BrokenSum(
                    event.line,
                    event.text,
                    None if said is None else shown(said),
                    None if group is None else shown(group.total),
                    0 if group is None else group.unreadable,
                )
            )

    def _keep(self) -> None:
        self._state.groups = {
            "done": self._done,
            "compared": self._compared,
            "broken": self._broken,
            "first_broken": [one.as_dict() for one in self._first_broken],
            "open": {
                str(level): [str(group.total), group.unreadable]
                for level, group in self._open.items()
            },
        }


def _sums(
    chunk: ParsedChunk, before: pa.Array, judged: ValidatedChunk, measure: str
) -> Iterator[tuple[int, Decimal, int]]:
    """Yields how many headings and ends came before rows, their sum, and how many have none."""
    refused = judged.dead_letters.select(["row", measure])
    rows = pa.concat_tables([judged.records.select(["row", measure]).cast(refused.schema), refused])
    if not rows.num_rows:
        return
    first = chunk.table["row"][0].as_py()
    passed = before.take(pc.subtract(rows["row"], first))
    found = query(
        f"select passed, coalesce(sum({measure}), 0) as total, "
        f"count(*) filter ({measure} is null) as unreadable "
        "from rows group by passed order by passed",
        rows=rows.append_column("passed", passed),
    )
    yield from zip(*(column.to_pylist() for column in found.columns), strict=True)
