"""The sections `clean` and `ids` of a vendor file: what is done to texts before they are judged.

Belongs here: what is declared. Doing it is `cost_pipeline.validate.texts`' work.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from cost_pipeline.contracts.sections import Section, Texts


class Clean(StrEnum):
    """What is cleaned out of texts.

    BREAKS: line breaks and tabs become a space. CONTROLS: other control characters are dropped.
    INVISIBLE: format characters without a width of their own are dropped. SPACES: a run of blanks
    becomes one space.
    """

    BREAKS = "breaks"
    CONTROLS = "controls"
    INVISIBLE = "invisible"
    SPACES = "spaces"


class IdStyle(Section):
    """What is taken off ids, so that one id that is written in several ways is one.

    Attributes:
        fields: Which fields hold such ids.
        prefixes: Texts that may stand before an id, such as `id:`.
        leading_zeros: `drop`: 00123 is 123.
        point_zero: `drop`: 1000012345.0 is 1000012345, as spreadsheets and scripts write numbers.
        case: `upper` or `lower`.
    """

    fields: Texts = ("transaction_id", "credit_of")
    prefixes: Texts = ()
    leading_zeros: Literal["keep", "drop"] = "keep"
    point_zero: Literal["keep", "drop"] = "keep"
    case: Literal["keep", "upper", "lower"] = "keep"


def cleaned(settings: object) -> object:
    """Expands the short forms of `clean`: `all`, or one of its words."""
    if settings == "all":
        return tuple(Clean)
    return (settings,) if isinstance(settings, str) else settings
