"""The `format` section of a vendor file: one model per kind of file, told apart by `kind`.

Belongs here: what a vendor declares about its bytes. Reading them is `cost_pipeline.parse`'s work.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, field_validator, model_validator

from cost_pipeline.contracts.effects import ReadWith
from cost_pipeline.contracts.format_base import PER_ROW, TYPED, FileFormat, FormatKind, TextFormat
from cost_pipeline.contracts.layouts import DelimitedLayout, FixedLayout, named_layout
from cost_pipeline.contracts.listing import ListedSection
from cost_pipeline.contracts.nested_formats import JsonFormat, JsonLinesFormat, XmlFormat
from cost_pipeline.contracts.record_kinds import RecordKinds
from cost_pipeline.contracts.sections import ShortForms

__all__ = [
    "PER_ROW",
    "TYPED",
    "AnyFormat",
    "CsvFormat",
    "DelimitedFormat",
    "ExcelFormat",
    "FileFormat",
    "FixedWidthFormat",
    "FormatKind",
    "JsonFormat",
    "JsonLinesFormat",
    "LayoutFormat",
    "LedgerFormat",
    "ParquetFormat",
    "ShowbizSagCardsFormat",
    "ShowbizUbxFormat",
    "TextFormat",
    "XmlFormat",
]


class DelimitedFormat(TextFormat):
    """Text whose cells are parted by a character, quoted as in RFC 4180.

    Attributes:
        delimiter: One character.
    """

    delimiter: Annotated[str, StringConstraints(strip_whitespace=False)] = ","

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, delimiter: str) -> str:
        return _one_mark(delimiter)


class CsvFormat(DelimitedFormat, ListedSection):
    """Delimited rows.

    Attributes:
        header: `first`: the first row that is not blank names the columns. `none`: nothing does,
            and `width` and `names` say what stands where.
        width: Cells of a row, for `header: none`; the length of `names` if that is a list.
        names: Names in order, or 1-based position to name. Where some are given, positions
            without one are not columns; where none is, all are, as `#1`, `#2`, ...
        header_within: The header is the row that holds the most of the vendor's names among the
            first so many lines, instead of the first row.
        kinds: What each kind of record is, where a file mixes them. It has no header then, unless
            `kinds.at` names the column that says the kind.
    """

    later: ClassVar[frozenset[str]] = ListedSection.later | {"header_within", "kinds"}
    short_forms: ClassVar[ShortForms] = ShortForms(keys={"names": {"type": "array"}})

    kind: Literal[FormatKind.CSV] = FormatKind.CSV
    header: Literal["first", "none"] = "first"
    width: int | None = Field(default=None, ge=1, le=2000)
    names: dict[int, str] = Field(default_factory=dict)
    header_within: int | None = Field(default=None, ge=1, le=1000)
    kinds: RecordKinds | None = None

    @model_validator(mode="before")
    @classmethod
    def _mixed(cls, settings: object) -> object:
        if not isinstance(settings, dict) or settings.get("kinds") is None:
            return settings
        kinds = settings["kinds"]
        implied: dict[str, object] = {}
        if not _names_a_column(kinds) and settings.get("header_within") is None:
            implied["header"] = "none"
        if isinstance(kinds, dict) and kinds.get("total") is not None:
            implied["control_total"] = {}
        return implied | settings

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, settings: object) -> object:
        if isinstance(settings, dict) and isinstance(settings.get("names"), list | tuple):
            names = settings["names"]
            return {"width": len(names), **settings, "names": dict(enumerate(names, 1))}
        return settings

    @model_validator(mode="after")
    def _positions(self) -> Self:
        if self.header == "none":
            if self.width is None:
                if self.kinds is not None:
                    what = "without a header `kinds` needs `width`, or `names` as a list"
                    raise ValueError(f"{what}; {_NAME_IT}")
                raise ValueError("`header: none` needs `width`, or `names` as a list")
            self.whole_layout()
            if self.header_within is not None:
                raise ValueError("`header_within` looks for a header, and `header: none` has none")
        elif self.width is not None or self.names:
            raise ValueError("`width` and `names` are for `header: none`")
        return self

    @model_validator(mode="after")
    def _kinds_have_their_column(self) -> Self:
        kinds = self.kinds
        if kinds is None:
            return self
        if self.header == "none" and self.lists:
            raise ValueError(
                "`furniture`, `groups` and `fill_down` are not read beside `kinds` without a"
                " header: name such records `other` in `kinds.uses`"
            )
        if self.header == "first":
            _by_column(kinds, self)
        elif kinds.column is not None:
            raise ValueError(
                f"`kinds.at: {kinds.column}` names a column, and with `header: none` the cell that"
                " says the kind has a number: write `at: 1` for the first"
            )
        return self

    @model_validator(mode="after")
    def _trailers_say_the_total(self) -> Self:
        kinds = self.kinds
        if kinds is None or kinds.column is not None:
            return self
        if kinds.total is None and self.control_total is not None:
            raise ValueError("with `kinds` a total stands in a trailer: write `kinds.total`")
        return _without_words(self, "`kinds` says which records are totals")

    @property
    def is_counted(self) -> bool:
        """Whether each line that is filled, but for a header at the top, is a row."""
        plain = self.header_within is None and self.kinds is None and self.control_total is None
        return plain and not self.lists

    @property
    def demands_a_total(self) -> bool:
        """Whether a delivery without a trailer, or a total that must be there, is not posted."""
        return super().demands_a_total or (self.kinds is not None and self.kinds.has_trailer)

    @property
    def says_above(self) -> bool:
        """Whether the header is looked for below other lines."""
        return self.header_within is not None

    def refused_name(self, name: str) -> str | None:
        """Returns why no column can have a name: it is that of a cell of no header."""
        return self.kinds.refused_name(name) if self.kinds else None

    def whole_layout(self) -> DelimitedLayout | None:
        """Returns where the columns stand, for a file without a header."""
        if self.width is None:
            return None
        return DelimitedLayout(
            encodings=self.encodings,
            delimiter=self.delimiter,
            width=self.width,
            names=self.names,
            unnamed="drop" if self.names else "keep",
        )


class LedgerFormat(DelimitedFormat):
    """An EP-style ledger listing; `cost_pipeline.parse.ep_ledger` describes it."""

    kind: Literal[FormatKind.EP_LEDGER] = FormatKind.EP_LEDGER

    @model_validator(mode="after")
    def _knows_its_totals(self) -> Self:
        return _without_words(self, "a ledger listing says itself which lines are totals")


class FixedWidthFormat(TextFormat, ListedSection):
    """Columns at fixed positions; `layout` is spelled out or named (`data/reference/layouts/`)."""

    kind: Literal[FormatKind.FIXED_WIDTH] = FormatKind.FIXED_WIDTH
    layout: FixedLayout

    @property
    def says_above(self) -> bool:
        """Whether a ruler says where the header is."""
        return self.layout.ruler

    @field_validator("layout", mode="before")
    @classmethod
    def _named(cls, layout: object) -> object:
        return named_layout(FixedLayout, layout) if isinstance(layout, str) else layout

    @model_validator(mode="after")
    def _names_its_total(self) -> Self:
        types = self.layout.record_type
        if types is not None and self.lists:
            raise ValueError(
                "`layout.record_type` says what each line is: take `furniture`, `groups` and"
                " `fill_down` out"
            )
        if types is None or self.control_total is None:
            return self
        if types.total is None:
            raise ValueError(
                "`control_total` needs `layout.record_type.total`: which kind of line is the total"
            )
        return _without_words(self, "`layout.record_type` says which lines are totals")

    @property
    def is_counted(self) -> bool:
        """Whether each line that is filled is a row."""
        plain = self.layout.record_type is None and self.control_total is None
        return plain and not self.lists and not self.layout.ruler


class LayoutFormat(TextFormat):
    """A delimited file whose columns stand where a layout says; each kind has one of its own.

    Attributes:
        encodings: Those of the layout if not given.
        names: Names for more positions, or other names for some.
        layout: Spelled out where a vendor's files differ from the kind's own layout.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(left_out=("layout",))

    names: dict[int, str] = Field(default_factory=dict)
    layout: DelimitedLayout

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, settings: object) -> object:
        if not isinstance(settings, dict) or "layout" in settings:
            return settings
        layout = named_layout(DelimitedLayout, str(cls.model_fields["kind"].default))
        return {"encodings": layout.encodings, **settings, "layout": layout}

    @model_validator(mode="after")
    def _more_names(self) -> Self:
        layout = self.whole_layout()
        if self.control_total is not None and (layout.records or layout.opens_with):
            raise ValueError(f"`control_total` is not read of {self.kind}")
        return self

    def whole_layout(self) -> DelimitedLayout:
        """Returns the layout with the vendor's own names."""
        settings = self.layout.model_dump()
        return DelimitedLayout.model_validate(settings | {"names": self.layout.names | self.names})


class ShowbizUbxFormat(LayoutFormat):
    """A Showbiz Budgeting `.ubx` import file."""

    kind: Literal[FormatKind.SHOWBIZ_UBX] = FormatKind.SHOWBIZ_UBX


class ShowbizSagCardsFormat(LayoutFormat):
    """A Showbiz SAG-card export."""

    kind: Literal[FormatKind.SHOWBIZ_SAG_CARDS] = FormatKind.SHOWBIZ_SAG_CARDS


class ExcelFormat(FileFormat, ListedSection):
    """Sheets of an Excel workbook, `.xlsx` or `.xls` (told apart by its bytes).

    Attributes:
        sheet: Its name; the first visible sheet if not given.
        sheets: Instead: names or patterns of the sheets that are read, one behind the other. A
            pattern means visible sheets with a header; a name without a star is demanded.
        ignore_sheets: Names or patterns of sheets that are known and not wanted.
        header: Names of which the header row holds the most; the vendor's own header names if
            not given.
        header_within: The header is one of the first so many rows.
        digits: Numbers as the shortest text of the stored binary number (17), or rounded to the
            15 digits that Excel shows, which takes the noise off computed amounts.
        kinds: Which rows are this vendor's, by the column that `kinds.at` names.
    """

    later: ClassVar[frozenset[str]] = ListedSection.later | {"sheets", "ignore_sheets", "kinds"}

    kind: Literal[FormatKind.EXCEL] = FormatKind.EXCEL
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    ignore_sheets: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    header_within: int = Field(default=20, ge=1, le=1000)
    digits: Literal[15, 17] = 17
    kinds: RecordKinds | None = None

    @property
    def says_above(self) -> bool:
        """The header is looked for in every sheet."""
        return True

    @field_validator("digits", mode="before")
    @classmethod
    def _number(cls, digits: object) -> object:
        return int(digits) if isinstance(digits, str) and digits.isdecimal() else digits

    @field_validator("sheets", mode="before")
    @classmethod
    def _listed(cls, sheets: object) -> object:
        if isinstance(sheets, str):
            return ("*",) if sheets == "all" else (sheets,)
        return sheets

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.sheet is not None and self.sheets:
            raise ValueError("`sheet` names one sheet and `sheets` several; keep one of them")
        if self.kinds is not None:
            _by_column(self.kinds, self)
        return self


class ParquetFormat(FileFormat):
    """A Parquet file.

    Attributes:
        exact: Columns in which binary floating point is refused; those of the vendor's `amount`
            if not given.
        floats: `shortest` takes even those as the shortest decimal text of the stored number.
    """

    kind: Literal[FormatKind.PARQUET] = FormatKind.PARQUET
    exact: Annotated[tuple[str, ...], ReadWith("floats", ("refused",))] = ()
    floats: Literal["refused", "shortest"] = "refused"


AnyFormat = Annotated[
    CsvFormat
    | FixedWidthFormat
    | ExcelFormat
    | JsonFormat
    | JsonLinesFormat
    | XmlFormat
    | ParquetFormat
    | LedgerFormat
    | ShowbizUbxFormat
    | ShowbizSagCardsFormat,
    Field(discriminator="kind"),
]


_Form = TypeVar("_Form", bound=FileFormat)
_NAME_IT: Final = (
    "where a file has a header, `kinds.at` is the name of the column that says the kind, as in"
    " `kinds: {at: Type, uses: {...}}`: write the header name"
)


def _names_a_column(kinds: object) -> bool:
    """Whether a section that is not checked yet says the kind by the name of a column."""
    at = kinds.get("at") if isinstance(kinds, dict) else getattr(kinds, "at", None)
    return isinstance(at, str) and not at.strip().isdecimal()


def _by_column(kinds: RecordKinds, listing: ListedSection) -> None:
    """Raises ValueError if kinds of records do not fit a file with a header."""
    if kinds.column is None:
        raise ValueError(f"`kinds.at: {kinds.at}` is a number; {_NAME_IT}")
    if listing.fill_down:
        raise ValueError(
            "`fill_down` takes over what the row above says, and with `kinds` that row may be left"
            " out: keep one of them"
        )


def _without_words(form: _Form, why: str) -> _Form:
    """Returns the format, if nothing is declared that it does not read.

    Raises:
        ValueError: If something is.
    """
    total = form.control_total
    for name in ("label", "subtotals"):
        if total is not None and getattr(total, name):
            raise ValueError(f"`control_total.{name}` is not read of {form.kind}: {why}")
    return form


def _one_mark(delimiter: str) -> str:
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise ValueError('must be one ASCII character other than `"` and a line break')
    return delimiter
