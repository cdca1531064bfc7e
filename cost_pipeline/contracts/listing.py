"""What a listing has beside rows: furniture, headings of groups, cells that stand for those below.

Belongs here: the keys `furniture`, `groups` and `fill_down`, and how a text is held against a
pattern. Finding the rows is `cost_pipeline.parse`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field, StringConstraints, field_validator

from cost_pipeline.contracts.sections import GrownSection, Section, Texts
from cost_pipeline.core.text import plain_name

_WILD: Final = re.compile(r"[*?]|\[[^\]]*\]")
_PLACE: Final = re.compile(r"#([1-9][0-9]{0,4})")

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def place_of(name: str) -> int | None:
    """Returns the 1-based place that `#3` stands for; None of any other name."""
    found = _PLACE.fullmatch(name)
    return int(found[1]) if found else None


class Patterns:
    """Texts with `*`, `?` and `[...]`; case and runs of blanks do not matter.

    Attributes:
        words: What every text that fits holds, in any case, as a regular expression for each
            pattern; empty if that is nothing.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        folded = [_folded(pattern) for pattern in patterns]
        self._fits = [re.compile(translate(pattern)) for pattern in folded]
        self.words = tuple(map(_longest_word, folded))

    def __bool__(self) -> bool:
        return bool(self._fits)

    def fit(self, text: str) -> bool:
        """Whether a text fits one of them."""
        folded = _folded(text)
        return any(one.match(folded) for one in self._fits)


def _folded(text: str) -> str:
    # `casefold` would make two letters of one, and no search in columns does that.
    return " ".join(text.split()).lower()


def _longest_word(pattern: str) -> str:
    """Returns the longest run, for a regular expression, that a search without case finds, too.

    Other letters become an `i` or a `k` in lower case than such a search knows of, and quotes may
    be doubled in the text of a row.
    """
    runs = map(re.escape, re.findall(r"[^\s\"ik\u0307]+", _WILD.sub(" ", pattern)))
    return max(runs, key=len, default="")


class Group(Section):
    """Rows below a heading, up to the next one.

    Attributes:
        column: What the column is called that the heading's text fills.
        source: `from` in the file: the header name, or `#3`, of the column that headings stand in.
        pattern: What a heading looks like; anything if not given.
        ends: Patterns of the text in that column of a row that sums the group up.
    """

    column: ColumnName
    source: ColumnName = Field(alias="from")
    pattern: str | None = None
    ends: Texts = ()

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    @field_validator("ends")
    @classmethod
    def _say_something(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return telling(texts)


class ListedSection(GrownSection):
    """The keys of formats whose files people read too.

    Attributes:
        furniture: Patterns of the filled cells of a row, joined by spaces (fixed width: of the
            line): such rows are counted wherever they stand, and are no rows.
        groups: The headings whose texts hold for the rows below them, the outermost first.
        fill_down: Header names of columns in which an empty cell says what the one above says.
    """

    later: ClassVar[frozenset[str]] = frozenset({"furniture", "groups", "fill_down"})

    furniture: tuple[str, ...] = ()
    groups: tuple[Group, ...] = Field(default=(), max_length=20)
    fill_down: tuple[ColumnName, ...] = ()

    @field_validator("furniture")
    @classmethod
    def _say_something(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return telling(texts)

    @field_validator("groups")
    @classmethod
    def _apart(cls, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        names = [plain_name(group.column) for group in groups]
        if len({*names}) < len(names):
            raise ValueError("two groups fill one column; give each a name of its own")
        for place, group in enumerate(groups[:-1]):
            rest = {plain_name(other.source) for other in groups[place + 1 :]}
            if group.pattern is None and plain_name(group.source) in rest:
                raise ValueError(
                    f"headings of `{group.column}` and of a group within it stand in "
                    f"{group.source!r}: say by `pattern` which are those of `{group.column}`"
                )
        return groups

    @property
    def lists(self) -> bool:
        """Whether any of these keys is given."""
        return bool(self.furniture or self.groups or self.fill_down)


def telling(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Returns patterns that say something.

    Raises:
        ValueError: If one of them fits any row.
    """
    for text in texts:
        if not _WILD.sub("", text).strip():
            raise ValueError(f"{text!r} fits any row; write what the row says")
    return texts
