"""How a vendor writes amounts: `numbers` (digits) and `amount` (which way, in which currency).

Belongs here: what is declared, and what of it is refused as without sense. Reading a text by it is
`cost_pipeline.validate`'s work: `amounts` and `sides`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.sections import GrownSection, Section, ShortForms, Texts

SPACES: Final = " \u00a0\u2009\u202f"
"""What is written for a space between thousands: also the no-break and the thin ones."""
APOSTROPHES: Final = "'\u2019"
MINUS: Final = "-\u2212"
"""The hyphen, and the sign that typesetters know."""

UNIT_SIGNS: Final = "%\u00b0"
"""What a unit's text may begin with, beside letters."""

_THOUSANDS: Final = {
    **dict.fromkeys(SPACES, " "),
    **dict.fromkeys(APOSTROPHES, "'"),
    "space": " ",
    "apostrophe": "'",
    "none": "",
    "": "",
    ",": ",",
    ".": ".",
}

_DEBIT_WORDS: Final = frozenset(
    {
        *("debit", "debits", "débit", "débits", "dr", "db", "deb", "soll", "debe", "cargo"),
        *("cargos", "dare", "debet", "débito", "débitos", "debito", "addebito", "wn"),
    }
)
_CREDIT_WORDS: Final = frozenset(
    {
        *("credit", "credits", "crédit", "crédits", "cr", "cred", "haben", "haber", "abono"),
        *("abonos", "avere", "kredit", "crédito", "créditos", "credito", "accredito", "ma"),
    }
)
# Letters that say a side only beside their counterpart: "S" alone may be a currency's.
_SIDES: Final = (("d", "c"), ("s", "h"), ("d", "k"))


class Negatives(StrEnum):
    """The ways in which a vendor writes a negative amount."""

    LEADING = "leading"
    TRAILING = "trailing"
    PARENTHESES = "parentheses"


class NumberStyle(GrownSection):
    """How this vendor writes numbers; anything else is refused, never guessed.

    Attributes:
        thousands: `space` and `apostrophe` in words, or the character itself.
        grouping: `indian` where only the last three digits are a group of three: 12,34,567.89.
    """

    later: ClassVar[frozenset[str]] = frozenset({"grouping"})

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = Field(
        default="", json_schema_extra={"enum": [*_THOUSANDS]}
    )
    grouping: Literal["western", "indian"] = "western"
    symbols: tuple[str, ...] = ()
    negatives: tuple[Negatives, ...] = (Negatives.LEADING,)

    # A thousands separator may be one space, which stripping would eat.
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    @field_validator("thousands", mode="before")
    @classmethod
    def _in_words(cls, thousands: object) -> object:
        if not isinstance(thousands, str) or thousands not in _THOUSANDS:
            raise ValueError(
                f'{thousands!a} is no thousands separator: write ",", ".", space,'
                " apostrophe or none"
            )
        return _THOUSANDS[thousands]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands separator must differ")
        if self.grouping == "indian" and not self.thousands:
            raise ValueError("`grouping: indian` needs `thousands`")
        for symbol in self.symbols:
            _refuse_number_like(symbol)
        return self


class Sides(Section):
    """Texts that say which way an amount goes; compared without case."""

    debit: Texts = ()
    credit: Texts = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        both = {*map(str.casefold, self.debit)} & {*map(str.casefold, self.credit)}
        if both:
            raise ValueError(f"{min(both)!r} is a debit and a credit")
        return self


class SignColumn(Sides):
    """A column that says for each row which way its amount goes.

    Attributes:
        column: The header names that it has had.
        debit: Its text for a cost.
        credit: Its text for a credit. Any other text refuses its row.
    """

    column: Texts = Field(min_length=1)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.credit or not self.debit:
            raise ValueError("`sign` needs the codes of `debit` and of `credit`")
        return self


class UnitOf(Section):
    """What a unit's text stands for.

    Attributes:
        unit: The unit that is stored.
        factor: How many of it one of the written unit is, exactly.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(instead=({"type": "string"},))

    unit: str = Field(min_length=1)
    factor: Decimal = Field(default=Decimal(1), gt=0, max_digits=30, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, settings: object) -> object:
        return {"unit": settings} if isinstance(settings, str) else settings

    @field_validator("factor", mode="before")
    @classmethod
    def _plain(cls, factor: object) -> object:
        if isinstance(factor, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", factor.strip()):
            raise ValueError(f"{factor!r} is no factor: write a number such as 0.45359237")
        return factor


class MeasureStyle(GrownSection):
    """Says which way an amount goes and which currency it is in, by what stands beside its digits.

    Attributes:
        debit, credit: Header names of two columns of which a row fills one.
        sign: A column with a code for the side.
        marks: Texts before or behind the number, such as CR and DR.
        inverted: Whether costs are written as negative numbers.
        zero: Texts that mean nothing, such as `-`.
        currencies: The currency that a sign beside the number stands for.
        units: What the text of a unit stands for, behind the number or in the unit's own column;
            any other text is refused.
    """

    later: ClassVar[frozenset[str]] = frozenset({"units"})

    debit: Texts = ()
    credit: Texts = ()
    sign: SignColumn | None = None
    marks: Sides = Sides()
    inverted: bool = False
    zero: Texts = ()
    currencies: dict[str, str] = Field(default_factory=dict)
    units: dict[str, UnitOf] = Field(default={})

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if bool(self.debit) != bool(self.credit):
            raise ValueError("`debit` and `credit` belong together")
        if self.debit and self.sign:
            raise ValueError("two columns and a sign column cannot both say the side")
        for mark in (*self.marks.debit, *self.marks.credit):
            if not mark or re.search(r"[0-9()\s]", mark):
                raise ValueError(f"{mark!r} cannot be told from a number")
        if self.units and self.currencies:
            raise ValueError("`units` and `currencies` would both say the unit: keep one")
        for text in self.units:
            if not text or not (text[0].isalpha() or text[0] in UNIT_SIGNS):
                raise ValueError(
                    f"{text!r} cannot be told from a number: a unit has a letter first"
                )
        for sign, code in self.currencies.items():
            _refuse_number_like(sign)
            if code not in currencies():
                raise ValueError(f"{code!r} is not an ISO 4217 currency of a cost")
        return self

    @property
    def says_the_side(self) -> bool:
        """Whether anything but the number itself says which way it goes."""
        marks = (*self.marks.debit, *self.marks.credit)
        return bool(self.debit or self.sign or marks or self.inverted)


def _refuse_number_like(symbol: str) -> None:
    if not symbol or re.search(r"[0-9.,()\-+\s\u2212\u2019']", symbol):
        raise ValueError(f"{symbol!r} cannot be told from a number")


def side_of(header: str) -> Literal["debit", "credit"] | None:
    """Returns the side that a column's name says, as accountants of several languages write it."""
    words = {*re.split(r"[^\w]+|_", header.casefold())}
    debit, credit = bool(words & _DEBIT_WORDS), bool(words & _CREDIT_WORDS)
    if debit == credit:
        return None
    return "debit" if debit else "credit"


def sides_among(symbols: tuple[str, ...]) -> Sides:
    """Returns those of the declared currency symbols that say a side.

    One that was dropped as a symbol would turn a credit into a cost.
    """
    folded = {symbol.casefold().rstrip("."): symbol for symbol in symbols}
    debit = [symbol for text, symbol in folded.items() if text in _DEBIT_WORDS]
    credit = [symbol for text, symbol in folded.items() if text in _CREDIT_WORDS]
    for one, other in _SIDES:
        if one in folded and other in folded:
            debit.append(folded[one])
            credit.append(folded[other])
    return Sides(debit=tuple(dict.fromkeys(debit)), credit=tuple(dict.fromkeys(credit)))
