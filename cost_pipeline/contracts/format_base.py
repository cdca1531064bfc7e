"""What formats have in common: their kinds, and the sections that each of them grows from.

Belongs here: no format. Those are in `formats`, the nested ones in `nested_formats`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, Self

from pydantic import PrivateAttr, field_validator

from cost_pipeline.contracts.control import ControlTotal, Told
from cost_pipeline.contracts.sections import Section


class FormatKind(StrEnum):
    """The formats that this version reads."""

    CSV = "csv"
    FIXED_WIDTH = "fixed_width"
    EXCEL = "excel"
    JSON = "json"
    JSONL = "jsonl"
    XML = "xml"
    PARQUET = "parquet"
    EP_LEDGER = "ep_ledger"
    SHOWBIZ_UBX = "showbiz_ubx"
    SHOWBIZ_SAG_CARDS = "showbiz_sag_cards"


ALSO_CALLED: Final[Mapping[str, FormatKind]] = {
    "ndjson": FormatKind.JSONL,
    "tsv": FormatKind.CSV,
    "txt": FormatKind.CSV,
    "workbook": FormatKind.EXCEL,
    "xls": FormatKind.EXCEL,
    "xlsx": FormatKind.EXCEL,
}
"""What people write instead; an error says the right word, because `xml` is nearer to `xls`."""

PER_ROW: Final = frozenset({FormatKind.JSON, FormatKind.JSONL, FormatKind.XML})
"""The formats whose rows have columns of their own, so that none is missing."""

TYPED: Final = frozenset({FormatKind.EXCEL, FormatKind.PARQUET})
"""The formats whose cells may hold a day, and not just a text that says one."""


_COUNTED: Final = frozenset({FormatKind.JSON, FormatKind.JSONL})


class FileFormat(Section):
    """The keys that all formats share; a vendor has one of the kinds below.

    Attributes:
        control_total: Declared by vendors whose files end in a total row.
    """

    kind: FormatKind
    control_total: ControlTotal | None = None
    _told: Told = PrivateAttr(default=Told())

    @property
    def told(self) -> Told:
        """What the rest of the vendor file says to this format."""
        return self._told

    @property
    def demands_a_total(self) -> bool:
        """Whether a delivery without the total that it should have is not posted."""
        return self.control_total is not None and self.control_total.required

    @property
    def says_above(self) -> bool:
        """Whether lines above the header are told apart from it and from the rows."""
        return False

    @property
    def is_counted(self) -> bool:
        """Whether the rows of a page can be counted before it is read; pages are asked for by that.

        A title, a total or a repeated header would count as a row, and the next page be asked for
        behind rows that nobody has seen.
        """
        return self.kind in _COUNTED

    def refused_name(self, name: str) -> str | None:
        """Returns why no column of this format can have a name that a vendor file reads."""
        del name
        return None

    def telling(self, told: Told) -> Self:
        """Returns this format, told something else."""
        one = self.model_copy()
        one._told = told  # noqa: SLF001 - its own
        return one


class TextFormat(FileFormat):
    """A format made of text.

    Attributes:
        encodings: Tried in order on the whole delivery; the first that fits is recorded.
        compression: `auto` unpacks what begins as gzip does (no text does); `gzip` demands it.
    """

    encodings: tuple[str, ...] = ("utf-8-sig",)
    compression: Literal["auto", "gzip", "none"] = "auto"

    @field_validator("encodings")
    @classmethod
    def _known_encodings(cls, encodings: tuple[str, ...]) -> tuple[str, ...]:
        return known_encodings(encodings)


def known_encodings(encodings: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of encodings, if each is one.

    Raises:
        ValueError: If there is none, or one that Python does not know.
    """
    if not encodings:
        raise ValueError("name at least one encoding")
    for name in encodings:
        try:
            "x".encode(name)  # decoding nothing would not even look for the codec
        except LookupError:
            raise ValueError(f"{name!r} is not an encoding that Python knows") from None
    return encodings
