"""The shape of a vendor file (`vendors/*.yaml`): one configured source of deliveries.

Public interface: docs/interfaces.md describes every key. Reading YAML and telling file and line of
a mistake is `cost_pipeline.home`'s work; this module only says what a vendor is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StringConstraints,
    field_validator,
    model_validator,
)

from cost_pipeline.contracts.changes import BEGINNING, CHANGES, Change, in_force
from cost_pipeline.contracts.code_maps import CodeMap, mapped
from cost_pipeline.contracts.control import ControlTotal, Told
from cost_pipeline.contracts.date_style import DateStyle
from cost_pipeline.contracts.expectations import Expect
from cost_pipeline.contracts.formats import (
    AnyFormat,
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FormatKind,
    JsonFormat,
    ParquetFormat,
)
from cost_pipeline.contracts.listing import place_of
from cost_pipeline.contracts.number_style import (
    MeasureStyle,
    Negatives,
    NumberStyle,
    Sides,
    side_of,
    sides_among,
)
from cost_pipeline.contracts.sections import GrownSection, Section, Texts
from cost_pipeline.contracts.sources import (
    FolderSource,
    HttpSource,
    LinkPages,
    NoPages,
    SftpSource,
    Source,
)
from cost_pipeline.contracts.text_style import Clean, IdStyle, cleaned
from cost_pipeline.contracts.time_style import TimeStyle

__all__ = [
    "ControlTotal",
    "FileFormat",
    "FolderSource",
    "FormatKind",
    "HttpSource",
    "JsonFormat",
    "Key",
    "MeasureStyle",
    "Name",
    "Negatives",
    "NumberStyle",
    "SftpSource",
    "Source",
    "Vendor",
]

# Names become asset keys, folders and SQL literals: only what is safe in all three.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Key(GrownSection):
    """The natural key of a row.

    Attributes:
        columns: The fields that name a record.
        otherwise: `else` in the file: the fields that name a row in which one of those is empty.
        ordinal: Whether a key repeats lawfully within a delivery.
    """

    later: ClassVar[frozenset[str]] = frozenset({"otherwise"})

    columns: Texts = Field(min_length=1)
    otherwise: Texts = Field(default=(), alias="else")
    ordinal: bool = False

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.otherwise and set(self.otherwise) & set(self.columns):
            raise ValueError("`else` names other fields than the key: one of those is empty then")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a key may be made of."""
        return (*self.columns, *self.otherwise)


class Vendor(Section):
    """One vendor file, as far as all feeds have it; a feed adds its own keys in a subclass.

    Attributes:
        feed: The line of business that its records belong to.
        record: The kind of its records; the feed says which kinds there are.
        measure: What beside the digits says which way its number goes, and in which unit it is.
        times: How times of day and timecodes are written, where a kind of record has such.
        clean: What is cleaned out of texts before they are judged; else they are refused for it.
        ids: What is taken off ids, so that one id that is written in several ways is one.
        key: `None` where the vendor has none (`key: none`): every row then stands for itself.
        columns: Contract field to the header names it has had. Where a file has several of them,
            only one may be filled in a row.
        codes: Maps from the vendor's own codes to contract fields.
        ignore: Header names that are known and not wanted; any other unknown name is drift.
        constants: Contract fields that the file does not carry.
        posts: Whether its records are posted; false where they only serve reconciliation.
        expect: When its deliveries are due; None where nobody says.
        changes: What of this changes from a pull date on; each entry holds on top of those before.
    """

    exact: ClassVar[tuple[str, ...]] = ()
    """The fields whose numbers must be exact: a source that holds them as floats is refused."""
    deciding: ClassVar[tuple[str, ...]] = (
        "vendor", "feed", "record", "format", "dates", "numbers", "posts", "key", "columns",
        "ignore", "constants",
    )  # fmt: skip
    """The keys that decide verdicts; where a delivery is fetched from does not."""
    declared: ClassVar[tuple[str, ...]] = ("measure", "times", "clean", "ids")
    """The sections that decide them too where they are given, and are no part of a digest else."""
    changing: ClassVar[tuple[str, ...]] = (
        "format", "dates", "numbers", "measure", "clean", "ids", "columns", "codes",
        "ignore", "constants",
    )  # fmt: skip
    """The keys that say how rows are read, which may change from a pull date on."""
    measured: ClassVar[str] = ""
    """The field of which `measure` says the sign and the unit; a feed may give the key its name."""

    vendor: Name
    feed: Name
    record: Name
    priority: Literal["payroll", "high", "normal", "low"] = "normal"
    source: Source
    format: AnyFormat
    dates: DateStyle = DateStyle()
    numbers: NumberStyle = NumberStyle()
    measure: MeasureStyle | None = None
    times: TimeStyle | None = None
    clean: tuple[Clean, ...] = ()
    ids: IdStyle | None = None
    key: Key | None
    columns: dict[str, tuple[str, ...]]
    codes: tuple[CodeMap, ...] = Field(default=(), max_length=50)
    ignore: tuple[str, ...] = ()
    constants: dict[str, str] = Field(default_factory=dict)
    posts: bool = True
    expect: Expect | None = None
    # A dump is of what a delivery is read by, which is one of `in_force`.
    changes: tuple[Change, ...] = Field(default=(), exclude=True)
    _in_force: tuple[tuple[date, Any], ...] = PrivateAttr(default=())

    @property
    def in_force(self) -> tuple[tuple[date, Self], ...]:
        """The settings by which deliveries are read, each with the first pull date of theirs."""
        return self._in_force or ((BEGINNING, self),)

    @property
    def spans(self) -> tuple[tuple[date, date, Self], ...]:
        """The same, each with the last pull date of its deliveries too."""
        ends = [since - timedelta(1) for since, _ in self.in_force[1:]]
        pairs = zip(self.in_force, [*ends, date.max], strict=True)
        return tuple((since, end, own) for (since, own), end in pairs)

    def with_codes(self, codes: Sequence[tuple[CodeMap, ...]]) -> Self:
        """Returns the vendor file with maps in the place of its own, for each of `in_force`."""
        one = self.model_copy(update={"codes": codes[0]})
        pairs = zip(self._in_force, codes, strict=False)  # it is empty without changes
        one._in_force = tuple(  # noqa: SLF001 - its own
            (since, own.model_copy(update={"codes": maps})) for (since, own), maps in pairs
        )
        return one

    @classmethod
    def as_it_was(cls, in_force: Sequence[tuple[str, Any]], why: Sequence[str]) -> Self:
        """Returns a vendor file from what it was dumped as.

        Args:
            in_force: ISO dates, each with the dump of the settings since then.
            why: The reason of each of its changes.

        Raises:
            ValidationError: If this version does not know what it said.
        """
        every = [(date.fromisoformat(since), cls.model_validate(said)) for since, said in in_force]
        one = every[0][1]
        if len(every) > 1:
            days = zip((since for since, _ in every[1:]), why, strict=True)
            changes = tuple(
                Change.model_validate({"from": since, "why": words}) for since, words in days
            )
            one = one.model_copy(update={"changes": changes})
            one._in_force = tuple(every)  # noqa: SLF001 - its own
        return one

    def as_of(self, day: date | None) -> Self:
        """Returns the settings in force on a pull date, or the newest; they have no `changes`."""
        return [own for since, own in self.in_force if day is None or since <= day][-1]

    def since(self, day: date) -> date:
        """Returns since which pull date the settings of a pull date have been in force."""
        return max(since for since, _ in self.in_force if since <= day)

    @classmethod
    def changing_keys(cls) -> tuple[str, ...]:
        """Returns the keys that may change from a pull date on, as vendor files name them."""
        return tuple(cls.model_fields[name].alias or name for name in cls.changing)

    @property
    def read_from(self) -> Mapping[str, tuple[str, ...]]:
        """The header names of the columns that each field is read from, or that hold its code."""
        coded = {name: one.source for name, one in mapped(self.codes).items()}
        return {**self.columns, **coded} if coded else self.columns

    @property
    def scope(self) -> str | None:
        """Whose records they are, such as a production's or a station's; None if nobody's."""
        return None

    @property
    def refuses_negatives(self) -> bool:
        """Whether a row that is refused is also told that its measure is negative."""
        return False

    @model_validator(mode="wrap")
    @classmethod
    def _with_changes(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 - whatever stands there
        vendor = handler(data)
        if vendor.changes and isinstance(data, Mapping):
            plain = {key: value for key, value in data.items() if key != CHANGES}
            vendor._in_force = in_force(cls, plain, vendor.changes, cls.changing_keys())  # noqa: SLF001 - its own
        return vendor

    @model_validator(mode="after")
    def _increments_can_be_read(self) -> Self:
        source = self.source
        if isinstance(source, HttpSource) and source.incremental:
            kind = self.format.kind
            if kind is not FormatKind.JSON and not (
                kind is FormatKind.JSONL and source.incremental.field
            ):
                raise ValueError("`incremental` needs JSON (or JSON lines, with `field`)")
        return self

    @model_validator(mode="after")
    def _pages_can_be_counted(self) -> Self:
        source = self.source
        if not isinstance(source, HttpSource) or self.format.is_counted:
            return self
        pages = source.pages
        named = isinstance(pages, LinkPages) and pages.next is None and pages.total is None
        if not (named or isinstance(pages, NoPages)):
            raise ValueError(
                f"rows of such a {self.format.kind} are not counted, so the next page is not known:"
                " write `pages: {style: link}` where the server names the next page in its Link"
                " header, and no `pages` otherwise"
            )
        return self

    @model_validator(mode="after")
    def _a_day_above_can_be_found(self) -> Self:
        if self.dates.header is not None and not self.format.says_above:
            raise ValueError(
                "`dates.header` looks for a day above the header: that of a `csv` with"
                " `header_within`, of `excel`, or of `fixed_width` with a ruler"
            )
        return self

    @field_validator("key", mode="before")
    @classmethod
    def _short_forms(cls, key: object) -> object:
        if key == "none":
            return None
        if isinstance(key, list | str):
            return {"columns": key}
        return key

    @field_validator("clean", mode="before")
    @classmethod
    def _short_clean(cls, clean: object) -> object:
        return cleaned(clean)

    @model_validator(mode="after")
    def _tell_the_sides(self) -> Self:
        """Reads plain columns or symbols that say a side as a side."""
        style = self.measure or MeasureStyle()
        sides = sides_among(self.numbers.symbols)
        said = {*sides.debit, *sides.credit}
        if said:
            rest = tuple(symbol for symbol in self.numbers.symbols if symbol not in said)
            numbers = self.numbers.model_copy(update={"symbols": rest})
            object.__setattr__(self, "numbers", numbers)
            marks = Sides(
                debit=(*style.marks.debit, *sides.debit),
                credit=(*style.marks.credit, *sides.credit),
            )
            style = style.model_copy(update={"marks": marks})
        names = self.columns.get(self.measured, ())
        if style.debit:
            key = self.measured or "measure"
            if not self.measured:
                raise ValueError(f"`{key}` has two columns only where a feed says what it measures")
            if names and {*names} != {*style.debit, *style.credit}:
                raise ValueError(f"`{key}` has its columns in `columns` or in `debit` and `credit`")
            both = {**self.columns, self.measured: (*style.debit, *style.credit)}
            object.__setattr__(self, "columns", both)
        elif style.sign is None and {*map(side_of, names)} == {"debit", "credit"}:
            style = style.model_copy(
                update={
                    side: tuple(name for name in names if side_of(name) == side)
                    for side in ("debit", "credit")
                }
            )
        if style != MeasureStyle():
            object.__setattr__(self, "measure", style)
        return self

    @model_validator(mode="after")
    def _tell_the_format(self) -> Self:
        """Formats that look for the vendor's columns learn their names from the other keys."""
        told: FileFormat = self.format
        coded = dict.fromkeys(name for one in self.codes for name in one.source)
        kinds = self.format.kinds if isinstance(self.format, CsvFormat | ExcelFormat) else None
        if kinds is not None and kinds.column is not None:
            coded[kinds.column] = None  # the header is known by it, too
        if isinstance(self.format, ExcelFormat) and not self.format.header:
            names = tuple(name for names in self.columns.values() for name in names)
            names = (*names, *(name for name in coded if name not in names))
            told = self.format.model_copy(update={"header": names})
        elif isinstance(self.format, ParquetFormat) and not self.format.exact:
            exact = [name for field in self.exact for name in self.columns.get(field, ())]
            told = self.format.model_copy(update={"exact": tuple(exact)})
        names = tuple(name for aliases in self.columns.values() for name in aliases)
        if self.measure is not None and self.measure.sign is not None:
            names = (*names, *self.measure.sign.column)
        names = (*names, *(name for name in coded if name not in names))
        total = self.format.control_total
        measured = self.columns.get(self.measured if total is None else total.column, ())
        places = frozenset(place for name in names if (place := place_of(name)))
        passed = frozenset(place for name in self.ignore if (place := place_of(name)))
        said = Told(measured, passed, names=names, places=places, ignored=self.ignore)
        object.__setattr__(self, "format", told.telling(said))
        return self
