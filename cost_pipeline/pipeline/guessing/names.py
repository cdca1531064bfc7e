"""Header names as they are compared with what a feed's fields are known as.

Belongs here: which field a name may mean, and how sure that is. Values are not looked at.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

EXACT: Final = 3
"""The certainty of a name that is one of the field's."""
LIKE: Final = 2
"""The certainty of a name that has several words of the field's in it."""
_BESIDE: Final = 1

_CAMEL: Final = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
# A path without blanks; of its last step the place in a list is left out.
_PATH: Final = re.compile(r"[^\s*]*[^\s*.][./]@?([^\s./@\[\]]{3,})(?:\[\d+\])?")
_BRACKETS: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]")


@functools.lru_cache(maxsize=10_000)
def plain_words(name: str) -> str:
    """Returns a name in lower case and its words apart: `*InvoiceDate` as `invoice date`.

    What stands in brackets is left out, unless there is nothing else.
    """
    text = unicodedata.normalize("NFC", name)
    outside = _BRACKETS.sub(" ", text)
    text = outside if re.search(r"\w", outside) else text
    words = re.split(r"[\W_]+", _CAMEL.sub(" ", text).casefold())
    return " ".join(word for word in words if word)


def _last_step(header: str) -> str | None:
    """Returns the last step of a path such as `total.value`, `Amt/@Ccy`; None of a plain name."""
    found = _PATH.fullmatch(header)
    return found[1] if found else None


class Known:
    """The names of a feed's fields.

    Args:
        known_as: By field, the likeliest first.
        fields: The fields that count here.
    """

    def __init__(self, known_as: Mapping[str, tuple[str, ...]], fields: tuple[str, ...]) -> None:
        self._places: dict[str, dict[str, int]] = {}
        for field in fields:
            # A field is known by its own name, too.
            names = [plain_words(name) for name in (*known_as.get(field, ()), field)]
            self._places[field] = {name: place for place, name in reversed([*enumerate(names)])}

    def certainty(self, field: str, header: str) -> tuple[int, int]:
        """Returns how surely a header means a field (0 to 3), and the place of its name."""
        names = self._places[field]
        last = _last_step(header)
        if last is not None and (inner := plain_words(last)) in names:
            whole = plain_words(header)
            return (EXACT, -names[whole]) if whole in names else (LIKE, -names[inner])
        words = plain_words(header)
        if words in names:
            return EXACT, -names[words]
        padded = f" {words} "
        inside = [place for name, place in names.items() if " " in name and f" {name} " in padded]
        if inside:
            return LIKE, -min(inside)
        beside = [place for name, place in names.items() if len(name) > 2 and f" {name} " in padded]  # noqa: PLR2004 - shorter words stand anywhere
        return (_BESIDE, -min(beside)) if beside else (0, -len(names))

    def knows(self, header: str) -> bool:
        """Whether a text is a name of any field."""
        words = plain_words(header)
        return any(words in names for names in self._places.values())
