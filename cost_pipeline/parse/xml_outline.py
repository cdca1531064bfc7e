"""What an XML document is made of, for a first look: which elements there are, and how often.

Belongs here: counting. Which of the elements are records is weighed by `pipeline.guessing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from cost_pipeline.core.reasons import Reason
from cost_pipeline.parse.body import open_body
from cost_pipeline.parse.rows import Limits, Refused
from cost_pipeline.parse.source import utf8_blocks
from cost_pipeline.parse.xml_parts import local, new_parser
from cost_pipeline.parse.xml_records import declared_encoding
from cost_pipeline.parse.xml_tree import DoctypeError

_MOST_PATHS: Final = 2_000

Steps = tuple[str, ...]


@dataclass(slots=True)
class Part:
    """An element, wherever it stands under one path.

    Attributes:
        count: How often it is there.
        most: How often at most within one parent.
        attributes: The names of its attributes.
        has_text: Whether text stands directly in it.
        has_children: Whether elements stand in it.
    """

    count: int = 0
    most: int = 0
    attributes: dict[str, None] = field(default_factory=dict)
    has_text: bool = False
    has_children: bool = False


def xml_outline(path: Path, limits: Limits | None = None) -> Mapping[Steps, Part] | Refused:
    """Returns the elements of a document by their path from the root, in order.

    What follows a fault is left out; the document is read in the encoding that it declares.

    Raises:
        EnvironmentFailedError: If it cannot be read.
    """
    limits = limits or Limits()
    body = open_body(path, "auto", limits)
    if isinstance(body, Refused):
        return body
    encoding = declared_encoding(body)
    if isinstance(encoding, Refused):
        return encoding
    outline = _Outline()
    try:
        for block in utf8_blocks(body, encoding, limits.block_bytes):
            outline.parser.Parse(block, False)  # noqa: FBT003 - expat takes no keyword
            if len(outline.parts) > _MOST_PATHS:
                break
        else:
            outline.parser.Parse(b"", True)  # noqa: FBT003 - as above
    except DoctypeError:
        return Refused(Reason.NOT_THE_FORMAT, "it has a document type (DTD), and none is read")
    except expat.ExpatError as error:
        if not outline.parts:
            what = expat.ErrorString(error.code)
            return Refused(Reason.NOT_THE_FORMAT, f"it is not XML: {what} on line {error.lineno}")
    return outline.parts


class _Outline:
    """Listens to a parser and counts."""

    def __init__(self) -> None:
        self.parts: dict[Steps, Part] = {}
        self._steps: list[str] = []
        self._inside: list[Counter[str]] = [Counter()]
        self.parser = new_parser("utf-8", DoctypeError())
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        plain = local(name)
        if self._steps:
            self.parts[tuple(self._steps)].has_children = True
        self._steps.append(plain)
        part = self.parts.setdefault(tuple(self._steps), Part())
        part.count += 1
        self._inside[-1][plain] += 1
        part.most = max(part.most, self._inside[-1][plain])
        part.attributes |= dict.fromkeys(key for key in attributes if not key.startswith("xmlns"))
        self._inside.append(Counter())

    def _end(self, _name: str) -> None:
        self._steps.pop()
        self._inside.pop()

    def _data(self, text: str) -> None:
        if text.strip():
            self.parts[tuple(self._steps)].has_text = True
