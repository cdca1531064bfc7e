"""Reads a number as its vendor writes it: exactly, or not at all.

Belongs here: the number style, for one text and for a column. How large a number may be is the
contract's business. ASCII digits only; no exponent, no underscore, no `NaN`.
"""

from __future__ import annotations

import re
import string
from decimal import Context, Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import NumberBounds
from cost_pipeline.contracts.number_style import (
    APOSTROPHES,
    MINUS,
    SPACES,
    MeasureStyle,
    Negatives,
    NumberStyle,
)
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.proofs import has_other
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS

_MINUS: Final = tuple(MINUS)

# A column's numbers are also handled as 64-bit counts of their smallest step: 18 digits fit.
MOST_PROVEN_DIGITS: Final = 18
# With fewer digits before the point, numbers in groups are read one by one.
_GROUPED: Final = 6


# What a thousands separator is written as, by what is declared.
_WRITTEN: Final = {" ": SPACES, "'": APOSTROPHES}
# What Excel shows of a number: more digits are what binary arithmetic left behind.
SHOWN_DIGITS: Final = 15
# The shortest text of a stored number has no more; one that was converted exactly may.
_MOST_DIGITS: Final = 17
_TAIL: Final = 5


class NumberReader:
    """One vendor's number style.

    Args:
        style: How numbers are written.
        measure: What else is written beside them, already turned into a minus where it says one.
        binary: Whether the format stores binary numbers and can be asked for rounded ones.
    """

    def __init__(
        self, style: NumberStyle, measure: MeasureStyle | None = None, *, binary: bool = False
    ) -> None:
        self._style = style
        self._binary = binary
        self._ways = style.negatives
        signs = {*style.symbols}
        if measure is not None:
            signs |= measure.currencies.keys()
            if measure.says_the_side or measure.units:
                self._ways = (Negatives.LEADING, *style.negatives)
        # The longest first, so that "R$" is not read as "R" and a stray "$".
        self._symbols = sorted(signs, key=lambda sign: (-len(sign), sign))
        decimal = re.escape(style.decimal)
        self._separators = _WRITTEN.get(style.thousands, style.thousands)
        grouped = f"{self._grouped('+', '*')}|" if style.thousands else ""
        self._number = re.compile(rf"(?:{grouped}[0-9]+)(?:{decimal}[0-9]+)?|{decimal}[0-9]+")

    def _grouped(self, groups: str, pairs: str) -> str:
        """Returns the pattern of a whole number with separators, for a range of groups."""
        separator = f"[{re.escape(self._separators)}]"
        if self._style.grouping == "indian":
            return f"[0-9]{{1,2}}(?:{separator}[0-9]{{2}}){pairs}{separator}[0-9]{{3}}"
        return f"[0-9]{{1,3}}(?:{separator}[0-9]{{3}}){groups}"

    def read(self, text: str) -> Decimal | Problem:
        """Returns the signed number of a stripped text, or a problem that names no field."""
        body, symbol = self._without_symbol(text)
        body, negative = self._without_sign(body)
        if not symbol:
            body, _ = self._without_symbol(body)
        if not self._number.fullmatch(body):
            message = f"{shown(text)} {self._words()}"
            return Problem("", Reason.BAD_NUMBER, message, text)
        plain = body.translate(dict.fromkeys(map(ord, self._separators)))
        number = Decimal(plain.replace(self._style.decimal, "."))
        if self._binary and _is_noise(number):
            message = (
                f"{shown(text)} has the noise of a binary number behind its digits; declare"
                f" `digits: {SHOWN_DIGITS}` in `format` to read what Excel shows"
            )
            return Problem("", Reason.BAD_NUMBER, message, text)
        # `-number` would round to the context's 28 digits; this does not.
        return number.copy_negate() if negative and number else number

    def _without_symbol(self, text: str) -> tuple[str, bool]:
        for symbol in self._symbols:
            if text.startswith(symbol):
                return text.removeprefix(symbol).strip(), True
            if text.endswith(symbol):
                return text.removesuffix(symbol).strip(), True
        return text, False

    def _without_sign(self, text: str) -> tuple[str, bool]:
        ways = self._ways
        if Negatives.LEADING in ways and text.startswith(_MINUS):
            return text[1:].strip(), True
        if Negatives.TRAILING in ways and text.endswith(_MINUS):
            return text[:-1].strip(), True
        if Negatives.PARENTHESES in ways and text.startswith("(") and text.endswith(")"):
            return text[1:-1].strip(), True
        return text, False

    def _words(self) -> str:
        style = self._style
        named = "space" if style.thousands == " " else style.thousands
        thousands = f", thousands '{named}'" if style.thousands else ", no thousands sign"
        return f"is not a number as this vendor writes them (decimals '{style.decimal}'{thousands})"

    def prove(
        self, texts: pa.Array, bounds: NumberBounds, kind: pa.Decimal128Type
    ) -> tuple[pa.Array, pa.Array]:
        """Returns the numbers of a column of stripped texts, as far as they can be proven.

        Only plain non-negative numbers are proven; signs and the rest are left to `read`.

        Returns:
            Whether each is proven (never null), and the numbers (0 where not proven).
        """
        style = self._style
        digits = min(bounds.whole_digits, MOST_PROVEN_DIGITS - kind.scale)
        whole = f"[0-9]{{1,{digits}}}"
        if style.thousands and digits >= _GROUPED:
            whole += f"|{self._grouped(f'{{1,{digits // 3 - 1}}}', f'{{0,{(digits - 5) // 2}}}')}"
        fraction = f"(?:{re.escape(style.decimal)}[0-9]{{1,{bounds.decimals}}})?"
        symbols = "|".join(map(re.escape, self._symbols))
        before = f"(?:{symbols})?" if symbols else ""
        pattern = f"^{before}(?:{whole}){fraction}$"
        proven = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
        plain: Any = pc.if_else(proven, texts, "0")
        for written, read in self._plainly():
            plain = pc.replace_substring(plain, pattern=written, replacement=read)
        if len(self._separators) > 1:
            class_of = f"[{re.escape(self._separators)}]"
            plain = pc.replace_substring_regex(plain, pattern=class_of, replacement="")
        return proven, pc.cast(plain, kind)

    def unreadable(self, texts: pa.Array) -> pa.Array:
        """Returns which of these texts `read` refuses for certain, by a character of no number."""
        style = self._style
        lawful = {*string.digits, *style.decimal, *self._separators, *"".join(self._symbols)}
        return has_other(texts, lawful | {*MINUS, *"()", *BLANKS})

    def _plainly(self) -> list[tuple[str, str]]:
        style = self._style
        changes = [(symbol, "") for symbol in self._symbols]
        if len(self._separators) == 1:
            changes.append((self._separators, ""))
        if style.decimal != ".":
            changes.append((style.decimal, "."))
        return changes


def _is_noise(number: Decimal) -> bool:
    """Whether the digits behind those that Excel shows make a long tail of a short number."""
    if not SHOWN_DIGITS < len(number.as_tuple().digits) <= _MOST_DIGITS:
        return False
    shown_by_excel = Context(prec=SHOWN_DIGITS).plus(number).normalize()
    return _decimals(number) - _decimals(shown_by_excel) >= _TAIL


def _decimals(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)
