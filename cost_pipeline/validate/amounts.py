"""Reads an amount as its vendor writes it: exactly, or not at all.

Belongs here: the number style, for one text and for a column. How large an amount may be is the
contract's business. ASCII digits only; no exponent, no underscore, no `NaN`.
"""

from __future__ import annotations

import re
import string
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.constraints import NumberBounds
from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.proofs import has_other
from cost_pipeline.contracts.vendor import Negatives, NumberStyle
from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS

# A column's numbers are also handled as 64-bit counts of their smallest step: 18 digits fit.
MOST_PROVEN_DIGITS: Final = 18
# Of fewer digits before the point, those in groups are read one by one.
_GROUPED: Final = 6


class AmountReader:
    """One vendor's number style."""

    def __init__(self, style: NumberStyle) -> None:
        self._style = style
        # The longest first, so that "R$" is not read as "R" and a stray "$".
        self._symbols = sorted(style.symbols, key=len, reverse=True)
        decimal, thousands = re.escape(style.decimal), re.escape(style.thousands)
        grouped = rf"[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|" if thousands else ""
        self._number = re.compile(rf"(?:{grouped}[0-9]+)(?:{decimal}[0-9]+)?|{decimal}[0-9]+")

    def read(self, text: str) -> Decimal | Problem:
        """The signed amount of a stripped text, or a problem with reason BAD_AMOUNT."""
        body, symbol = self._without_symbol(text)
        body, negative = self._without_sign(body)
        if not symbol:
            body, _ = self._without_symbol(body)
        if not self._number.fullmatch(body):
            message = f"{shown(text)} {self._words()}"
            return Problem("amount", Reason.BAD_AMOUNT, message, text)
        style = self._style
        plain = body.replace(style.thousands, "") if style.thousands else body
        amount = Decimal(plain.replace(style.decimal, "."))
        # `-amount` would round to the context's 28 digits; this does not.
        return amount.copy_negate() if negative and amount else amount

    def _without_symbol(self, text: str) -> tuple[str, bool]:
        for symbol in self._symbols:
            if text.startswith(symbol):
                return text.removeprefix(symbol).strip(), True
            if text.endswith(symbol):
                return text.removesuffix(symbol).strip(), True
        return text, False

    def _without_sign(self, text: str) -> tuple[str, bool]:
        ways = self._style.negatives
        if Negatives.LEADING in ways and text.startswith("-"):
            return text[1:].strip(), True
        if Negatives.TRAILING in ways and text.endswith("-"):
            return text[:-1].strip(), True
        if Negatives.PARENTHESES in ways and text.startswith("(") and text.endswith(")"):
            return text[1:-1].strip(), True
        return text, False

    def _words(self) -> str:
        style = self._style
        thousands = f", thousands '{style.thousands}'" if style.thousands else ", no thousands sign"
        return (
            f"is not an amount as this vendor writes them (decimals '{style.decimal}'{thousands})"
        )

    def prove(
        self, texts: pa.Array, bounds: NumberBounds, kind: pa.Decimal128Type
    ) -> tuple[pa.Array, pa.Array]:
        """The amounts of a column of stripped texts, as far as they can be proven.

        Only plain non-negative numbers are proven; signs and the rest are left to `read`.

        Returns:
            Whether each is proven (never null), and the amounts (0 where not proven).
        """
        style = self._style
        digits = min(bounds.whole_digits, MOST_PROVEN_DIGITS - kind.scale)
        whole = f"[0-9]{{1,{digits}}}"
        if style.thousands and digits >= _GROUPED:
            thousands = re.escape(style.thousands)
            whole += f"|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{1,{digits // 3 - 1}}}"
        fraction = f"(?:{re.escape(style.decimal)}[0-9]{{1,{bounds.decimals}}})?"
        symbols = "|".join(map(re.escape, self._symbols))
        before = f"(?:{symbols})?" if symbols else ""
        pattern = f"^{before}(?:{whole}){fraction}$"
        proven = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
        plain: Any = pc.if_else(proven, texts, "0")
        for written, read in self._plainly():
            plain = pc.replace_substring(plain, pattern=written, replacement=read)
        return proven, pc.cast(plain, kind)

    def unreadable(self, texts: pa.Array) -> pa.Array:
        """Which of these texts `read` refuses for certain: those with a character of no amount."""
        style = self._style
        lawful = {*string.digits, *style.decimal, *style.thousands, *"".join(style.symbols)}
        return has_other(texts, lawful | {*"-()", *BLANKS})

    def _plainly(self) -> list[tuple[str, str]]:
        style = self._style
        changes = [(symbol, "") for symbol in self._symbols]
        if style.thousands:
            changes.append((style.thousands, ""))
        if style.decimal != ".":
            changes.append((style.decimal, "."))
        return changes
