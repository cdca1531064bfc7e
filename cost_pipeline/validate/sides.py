"""Gives numbers their sign, from all that says which way they go, in whole columns of texts.

Belongs here: debit and credit columns, a column with codes, marks beside the number, inverted signs
and texts for nothing, put together into one text as a vendor would write it who only has a minus.
What contradicts itself is marked (`conflicts`) and refused by whoever reads it. Both lanes see the
outcome, so there is nothing here that only one of them knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.currency_signs import may_be_in
from cost_pipeline.contracts.number_style import MINUS, MeasureStyle, Negatives, NumberStyle
from cost_pipeline.contracts.problems import Problem
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.conflicts import Conflict, marked

_LEADING: Final = "-"


def filled(texts: pa.Array) -> pa.Array:
    """Returns the texts without outer blanks; null where nothing is left."""
    stripped = pc.utf8_trim(texts, characters=BLANKS)
    return pc.if_else(pc.equal(stripped, ""), pa.scalar(None, pa.string()), stripped)


class Sided:
    """How one vendor says which way a number goes."""

    def __init__(self, style: MeasureStyle, numbers: NumberStyle) -> None:
        self._style = style
        self._ways = numbers.negatives
        symbols = sorted({*numbers.symbols, *style.currencies}, key=len, reverse=True)
        before = f"(?:{'|'.join(map(re.escape, symbols))})?" if symbols else ""
        # A minus stands before the number, or between it and a currency's sign before it.
        self._minus = rf"^({before}\s*)[{MINUS}]\s*"

    def of_two(self, debit: pa.Array, credit: pa.Array) -> pa.Array:
        """Returns the numbers of rows that fill one of two columns; texts are stripped or null."""
        debit, credit = self._zeros(debit), self._zeros(credit)
        has_debit, has_credit = says_something(debit), says_something(credit)
        both = pc.and_(has_debit, has_credit)
        one = pc.if_else(has_credit, self._taken_back(credit, credit), pc.coalesce(debit, credit))
        return pc.if_else(both, marked(debit, Conflict.SIDES, credit), one)

    def of_one(self, numbers: pa.Array, codes: pa.Array | None) -> pa.Array:
        """Returns the numbers of a column beside which a code may stand; stripped or null."""
        numbers = self._marks(self._zeros(numbers))
        sign = self._style.sign
        if sign is None or codes is None:
            return numbers
        folded = pc.utf8_lower(pc.fill_null(codes, ""))
        credit = pc.is_in(folded, value_set=_folded(sign.credit))
        known = pc.or_(credit, pc.is_in(folded, value_set=_folded(sign.debit)))
        sided = pc.if_else(credit, self._taken_back(numbers, codes), numbers)
        unknown = pc.and_(pc.invert(known), pc.is_valid(numbers))
        return pc.if_else(unknown, marked(numbers, Conflict.CODE, pc.fill_null(codes, "")), sided)

    def of_total(self, text: str) -> str:
        """Returns a stripped total as the numbers above it are read: by its mark, or as nothing."""
        read: str = self.of_one(pa.array([text]), None)[0].as_py()
        return read

    def turned(self, numbers: pa.Array) -> pa.Array:
        """Returns the numbers as costs, where the vendor writes costs as negative."""
        if not self._style.inverted:
            return numbers
        return pc.if_else(self._negative(numbers), self._bare(numbers), _negated(numbers))

    def _zeros(self, texts: pa.Array) -> pa.Array:
        if not self._style.zero:
            return texts
        nothing = pc.is_in(pc.utf8_lower(texts), value_set=_folded(self._style.zero))
        return pc.if_else(pc.fill_null(nothing, fill_value=False), "0", texts)

    def _marks(self, texts: pa.Array) -> pa.Array:
        marks = self._style.marks
        if not marks.debit and not marks.credit:
            return texts
        debit, _ = _without(texts, marks.debit)
        credit, is_credit = _without(texts, marks.credit)
        sided = pc.if_else(is_credit, self._taken_back(credit, texts), debit)
        other, twice = _without(credit, marks.debit)
        both = pc.and_(is_credit, twice)
        return pc.if_else(both, marked(other, Conflict.SIDES, texts), sided)

    def _taken_back(self, texts: pa.Array, said: pa.Array) -> pa.Array:
        """Returns credits with a minus; a sign of their own says it twice, or the opposite."""
        twice = marked(texts, Conflict.TWICE, said)
        return pc.if_else(self._negative(texts), twice, _negated(texts))

    def _negative(self, texts: pa.Array) -> pa.Array:
        ways = [rf"[{MINUS}]\s*$"] if Negatives.TRAILING in self._ways else []
        if Negatives.PARENTHESES in self._ways:
            ways.append(r"^\(.*\)$")
        return _matches(texts, "|".join([self._minus, *ways]))

    def _bare(self, texts: pa.Array) -> pa.Array:
        """Returns negative numbers without what says so."""
        bare = pc.replace_substring_regex(texts, pattern=self._minus, replacement=r"\1")
        bare = pc.replace_substring_regex(bare, pattern=rf"\s*[{MINUS}]$", replacement="")
        return pc.replace_substring_regex(bare, pattern=r"^\((.*)\)$", replacement=r"\1")


def is_zero(texts: pa.Array) -> pa.Array:
    """Returns which texts are a number of zeros only, in whatever style; false for null."""
    return _matches(texts, r"^[^1-9\p{L}]*0[^1-9\p{L}]*$")


def says_something(texts: pa.Array) -> pa.Array:
    """Returns which texts are there and are not zero."""
    return pc.and_(pc.is_valid(texts), pc.invert(is_zero(texts)))


def against_currency(numbers: pa.Array, symbols: Collection[str], currency: pa.Array) -> pa.Array:
    """Marks the numbers that have the sign of another currency than their row's; returns all.

    Args:
        numbers: Texts.
        symbols: What is declared as a sign of a currency.
        currency: Each row's currency, or null.
    """
    written = sign_of(numbers, symbols)
    wrong = pa.repeat(pa.scalar(value=False), len(numbers))
    for symbol in symbols:
        lawful = may_be_in(symbol)
        if lawful is not None:
            here = pc.fill_null(pc.equal(written, symbol), fill_value=False)
            known = pc.is_in(currency, value_set=pa.array(sorted(lawful), pa.string()))
            other = pc.and_(pc.is_valid(currency), pc.invert(known))
            wrong = pc.or_(wrong, pc.and_(here, other))
    if not pc.any(wrong).as_py():
        return numbers
    return pc.if_else(wrong, marked(numbers, Conflict.CURRENCY, currency), numbers)


def sign_of(numbers: pa.Array, symbols: Collection[str]) -> pa.Array:
    """Returns the sign of a currency that stands in each text; null where none does."""
    longest = sorted(symbols, key=len, reverse=True)
    pattern = f"(?P<sign>{'|'.join(map(re.escape, longest))})"
    return pc.struct_field(pc.extract_regex(numbers, pattern=pattern), "sign")


def currencies_of(numbers: pa.Array, signs: dict[str, str], column: pa.Array) -> pa.Array:
    """Returns each row's currency: by the sign beside its number, else by its own column."""
    written = sign_of(numbers, signs)
    places = pc.index_in(written, value_set=pa.array(list(signs), pa.string()))
    said = pa.array(list(signs.values()), pa.string()).take(places)
    differ = pc.fill_null(pc.not_equal(said, column), fill_value=False)
    found = pc.coalesce(said, column)
    if not pc.any(differ).as_py():
        return found
    return pc.if_else(differ, marked(written, Conflict.CURRENCY, column), found)


def total_of(
    style: MeasureStyle | None,
    aliases: Sequence[str],
    of: Callable[[Sequence[str]], Decimal | Problem | None],
) -> Decimal | Problem | None:
    """Returns the sum that a control row declares: of two columns, the debits less the credits.

    Args:
        style: What says which way numbers go.
        aliases: The header names of the measure.
        of: The number under the first name that is filled; None if no name is.
    """
    if style is None:
        return of(aliases)
    total = of(style.debit or aliases)
    if style.credit:
        credit = of(style.credit)
        if total is None or isinstance(credit, Problem):
            total = credit.copy_negate() if isinstance(credit, Decimal) else credit
        elif isinstance(total, Decimal) and credit is not None:
            total -= credit
    if style.inverted and isinstance(total, Decimal):
        return total.copy_negate()
    return total


def _negated(texts: pa.Array) -> pa.Array:
    """Returns the texts with a minus; zero stays zero."""
    negative = pc.binary_join_element_wise(_LEADING, texts, "")
    return pc.if_else(is_zero(texts), texts, negative)


def _without(texts: pa.Array, marks: Collection[str]) -> tuple[pa.Array, pa.Array]:
    """Returns the texts without a mark before or behind, and which of them had one."""
    if not marks:
        return texts, pa.repeat(pa.scalar(value=False), len(texts))
    any_of = "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))
    pattern = rf"(?i)^(?:{any_of})\.?\s*(?P<rest>[^\p{{L}}].*)$"
    bare = pc.replace_substring_regex(texts, pattern=pattern, replacement=r"\1")
    bare = pc.replace_substring_regex(
        bare, pattern=rf"(?i)^(.*[^\p{{L}}])(?:{any_of})\.?$", replacement=r"\1"
    )
    had = pc.fill_null(pc.not_equal(bare, texts), fill_value=False)
    return pc.utf8_trim(bare, characters=BLANKS), had


def _folded(texts: Collection[str]) -> pa.Array:
    return pa.array([text.lower() for text in texts], pa.string())


def _matches(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
