"""One YAML file as text values that know their lines.

Every scalar is read as the text that was written, so that `NO`, `2000`, `0.00`, `12:30` and
`2026-04-01` stay what they look like; the models turn text into numbers and flags where they want
them. What the settings mean is not known here.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from cost_pipeline.core.errors import UsageError

# A settings file of this size is a mistake (a data file in the wrong folder), and parsing it slow.
_MOST_BYTES: Final = 1 << 20
_PLAIN: Final = "tag:yaml.org,2002:"
_SCALARS: Final = {
    _PLAIN + kind for kind in ("str", "int", "float", "bool", "timestamp", "value", "null")
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A mistake in a home's files.

    Attributes:
        file: Relative to the home.
        line: 1-based; 0 where the file as a whole is meant.
        message: What is wrong, in plain words.
        remedy: What to do.
    """

    file: str
    line: int
    message: str
    remedy: str = ""

    @property
    def where(self) -> str:
        """`vendors/x.yaml:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file


def as_error(found: Sequence[Problem]) -> UsageError:
    """Returns what is raised of mistakes in a home's files, all of them."""
    first = found[0]
    if len(found) == 1:
        return UsageError(first.message, where=first.where, remedy=first.remedy, code="BAD_HOME")
    lines = [
        f"  {problem.where}: {problem.message}" + (f"; {problem.remedy}" if problem.remedy else "")
        for problem in found
    ]
    return UsageError(
        "\n".join([f"there are {len(found)} mistakes in the home's files:", *lines]),
        where=first.where,
        remedy="mend them; `cost-pipeline vendors check` shows what is left",
        code="BAD_HOME",
    )


Steps = Sequence[str | int]


@dataclass(slots=True)
class Document:
    """A file's values (dicts, lists and texts), with the line of each key and list item."""

    file: str
    value: object = None
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Steps) -> int:
        """Returns the line of a key or item, or of the nearest one around it; 1 for the file.

        Steps that are no key of the file (names of union members in a model's error) are skipped.
        """
        return self.lines.get(self.known(path), 1)

    def has(self, path: Steps) -> bool:
        """Whether the file holds that very key or item."""
        return tuple(path) in self.lines

    def complain(self, path: Steps, message: str, remedy: str = "") -> None:
        """Notes a mistake at a key."""
        self.problems.append(Problem(self.file, self.line(path), message, remedy))

    def known(self, path: Steps) -> tuple[str | int, ...]:
        """Returns the path without the steps that are no key of the file."""
        known: tuple[str | int, ...] = ()
        for step in path:
            if (*known, step) in self.lines:
                known = (*known, step)
        return known


def read_document(file: Path, name: str) -> Document:
    """Reads one YAML file; mistakes in its YAML are in `problems`, never raised.

    Args:
        file: Where it lies.
        name: What to call it in messages: its path relative to the home.
    """
    document = Document(name)
    text = read_text(file, document)
    if text is not None:
        node = _node(text, document)
        if node is not None:
            document.value = _value(node, (), document, ())
        elif not document.problems:
            document.complain((), "the file is empty")
    return document


def read_text(file: Path, document: Document, most: int = _MOST_BYTES) -> str | None:
    """Returns the text of a file; None if it has none, which is then noted.

    Args:
        file: Where it lies.
        document: Where mistakes are noted.
        most: Bytes that it may have.
    """
    try:
        content = file.read_bytes()
    except IsADirectoryError:
        document.problems.append(
            Problem(document.file, 0, "is a folder where a file should be", "move it elsewhere")
        )
        return None
    except OSError as error:
        document.problems.append(
            Problem(
                document.file,
                0,
                f"cannot be read: {error.strerror}",
                "let the user that runs cost-pipeline read it",
            )
        )
        return None
    if len(content) > most:
        document.problems.append(
            Problem(document.file, 0, f"holds {len(content):,} bytes, too many for settings")
        )
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.problems.append(
            Problem(document.file, line, "is not UTF-8 text", "save the file as UTF-8")
        )
        return None


def _node(text: str, document: Document) -> yaml.Node | None:
    message, line = "", 1
    try:
        return _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = error.problem or "is not YAML"
        if error.context:
            message = f"{message} ({error.context})"
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character {error.character!r} is not allowed in YAML"
    except RecursionError:
        message = "is nested too deeply"
    remedy = "mend the YAML; text with `: `, `#` or `{` in it needs quotes"
    document.problems.append(Problem(document.file, line, f"not YAML: {message}", remedy))
    return None


# A home is read at each step and each tick of a sensor, mostly with the same texts as before. The
# parser in C is no way out: it ends the process where lists are nested deeply.
@functools.lru_cache(maxsize=128)
def _composed(text: str) -> yaml.Node | None:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _value(
    node: yaml.Node, path: tuple[str | int, ...], document: Document, above: tuple[int, ...]
) -> object:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in above:
        document.complain(path, "holds itself (an alias inside its own anchor)")
        return None
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode) and node.tag == _PLAIN + "map":
        return _mapping(node, path, document, above)
    if isinstance(node, yaml.SequenceNode) and node.tag == _PLAIN + "seq":
        return [
            _value(item, (*path, number), document, above) for number, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
        if node.tag == _PLAIN + "null":
            name = f"`{path[-1]}`" if path else "the file"
            document.complain(path, f"{name} has no value", "give it one, or leave the key out")
            return None
        return str(node.value)
    document.complain(path, f"the tag `{node.tag}` is not read here", "leave the tag out")
    return None


def _mapping(
    node: yaml.MappingNode,
    path: tuple[str | int, ...],
    document: Document,
    above: tuple[int, ...],
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag not in _SCALARS:
            document.problems.append(
                Problem(
                    document.file, line, "a key must be plain text (no list, tag or merge `<<`)"
                )
            )
            continue
        key = str(key_node.value)
        here = (*path, key)
        if key in values:
            first = document.lines[here]
            document.problems.append(
                Problem(
                    document.file,
                    line,
                    f"`{key}` is given twice (first in line {first})",
                    "keep one of the two",
                )
            )
            continue
        document.lines[here] = line
        values[key] = _value(value_node, here, document, above)
    return values
