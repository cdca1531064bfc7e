"""The formats whose rows lie in one another and have columns of their own: JSON and XML.

Belongs here: what a vendor declares about them. How paths are written is `paths`.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal, Self

from pydantic import field_validator, model_validator

from cost_pipeline.contracts.format_base import FormatKind, TextFormat, known_encodings
from cost_pipeline.contracts.paths import JSON_MARKS, XML_MARKS, list_steps, steps_up
from cost_pipeline.contracts.sections import GrownSection

Empty = Literal["counted", "row"]
"""What an item is that should hold records and holds none: counted furniture, or a row of its own
fields."""


_LISTS_IN_LISTS: Final = 2


class JsonFormat(TextFormat, GrownSection):
    """A JSON document.

    Attributes:
        records: The dotted path of the list of records (`data.items`); the top level if empty.
            With `[]` behind a list that holds others: `data.bills[].lines[]`.
        empty: What an item without records is.
    """

    later: ClassVar[frozenset[str]] = frozenset({"empty"})

    kind: Literal[FormatKind.JSON] = FormatKind.JSON
    records: str = ""
    empty: Empty = "counted"

    @field_validator("records")
    @classmethod
    def _leads_to_a_list(cls, records: str) -> str:
        list_steps(records)
        return records

    @model_validator(mode="after")
    def _holds_records(self) -> Self:
        if self.empty != "counted" and len(list_steps(self.records)) < _LISTS_IN_LISTS:
            raise ValueError(
                "`empty` says what an item without records is, and `records` names one list:"
                " write `[]` behind each list that holds others, or take `empty` out"
            )
        return self

    def refused_name(self, name: str) -> str | None:
        """Returns why a path cannot be followed: it leads out of the document."""
        most, up = len(list_steps(self.records)), steps_up(name, JSON_MARKS)
        if up <= most:
            return None
        around = JSON_MARKS.separator.join([JSON_MARKS.parent] * most)
        return f"it goes {up} steps up, and `{around}` is the whole document"


class JsonLinesFormat(TextFormat):
    """One JSON object per line."""

    kind: Literal[FormatKind.JSONL] = FormatKind.JSONL

    def refused_name(self, name: str) -> str | None:
        """Returns why a path cannot be followed: nothing holds a line."""
        return "nothing holds a line of `jsonl`" if steps_up(name, JSON_MARKS) else None


class XmlFormat(TextFormat):
    """An XML document; names are local names, whatever their prefix.

    Attributes:
        encodings: As the document declares it, if not given.
        records: The path of the elements that are records, from the root
            (`Document/Report/Entry`).
        empty: What an element is that should hold records and holds none.
    """

    kind: Literal[FormatKind.XML] = FormatKind.XML
    encodings: tuple[str, ...] = ()
    records: str
    empty: Empty = "counted"

    @field_validator("encodings")
    @classmethod
    def _known_encodings(cls, encodings: tuple[str, ...]) -> tuple[str, ...]:
        return known_encodings(encodings) if encodings else ()

    @field_validator("records")
    @classmethod
    def _leads_to_an_element(cls, records: str) -> str:
        steps = records.strip("/").split("/")
        if not all(re.fullmatch(r"[\w.-]+(:[\w.-]+)?", s) for s in steps):
            raise ValueError(
                f"`{records}` is no path: write the names of elements from the root to the "
                "record, such as `Document/Report/Entry`"
            )
        return "/".join(step.rpartition(":")[2] for step in steps)

    @property
    def steps(self) -> tuple[str, ...]:
        """The names on the way to a record, the root first, the record last."""
        return tuple(self.records.split("/"))

    def refused_name(self, name: str) -> str | None:
        """Returns why a path cannot be followed: it leads out of the document."""
        most, up = len(self.steps) - 1, steps_up(name, XML_MARKS)
        return f"it goes {up} steps up, and the root is {most}" if up > most else None
