"""The `control_total` key of a vendor file: what at the end of a delivery is no row.

Belongs here: which texts a vendor may put beside a total, and what the other keys of the vendor
file tell a format. Finding the rows is `cost_pipeline.parse`'s work.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import ClassVar, Final

from pydantic import Field, field_validator

from cost_pipeline.contracts.sections import GrownSection
from cost_pipeline.core.text import BLANKS

# How people head the total of a column, in the languages of the places that films are made in.
USUAL_WORDS: Final = (
    *("total", "totals", "grand total", "sum", "sum total", "sums", "invoice total"),
    *("overall total", "report total", "\u2211", "\u03c3"),
    *("summe", "gesamt", "gesamtsumme", "gesamtbetrag", "endsumme", "insgesamt"),
    *("gesamtergebnis", "endbetrag", "summen"),
    *("totaal", "eindtotaal", "totaalbedrag", "som", "totalen", "totaalsom"),
    *("total général", "total general", "montant total", "somme", "suma", "suma total"),
    *("totaux", "totales", "importe total", "totais", "totali", "sommes"),
    *("totale", "totale generale", "somma", "soma", "total geral"),
    *("i alt", "ialt", "totalt", "summa", "sum totalt", "samtals", "alls"),
    *("totalsumma", "totalsum", "totalbeløb", "totalbelopp", "slutsumma"),
    *("yhteensä", "summa yhteensä", "kokku", "kopā", "iš viso", "viso"),
    *("łącznie", "celkově", "végösszeg", "sveukupno", "σύνολα", "общая сумма", "загалом"),
    *("razem", "ogółem", "celkem", "spolu", "součet", "súčet", "összesen", "mindösszesen"),
    *("ukupno", "skupaj", "σύνολο", "toplam", "genel toplam", "jumlah"),
    *("итого", "всего", "сумма", "разом", "усього", "общо"),
    *("合計", "総計", "总计", "合计", "總計", "合計金額", "합계", "총계"),
    *("المجموع", "الإجمالي", "סה״כ", 'סה"כ', "סהכ"),
)
_ENDS: Final = BLANKS + ":\uff1a.=*-\u2013\u2014"
_USUAL: Final = re.compile(f"(?:{'|'.join(map(re.escape, USUAL_WORDS))})(?![^\\W_])")


@dataclass(frozen=True, slots=True)
class Told:
    """What the rest of a vendor file says to its format.

    Attributes:
        measured: The header names of the column that a control total is of.
        passed: 1-based places of columns without a name that may hold anything.
    """

    measured: tuple[str, ...] = ()
    passed: frozenset[int] = frozenset()


class ControlTotal(GrownSection):
    """A row near the end of a delivery in which only `column` is filled declares its sum.

    Attributes:
        label: Texts that one other cell of such a row may hold, beside the usual words.
        required: Whether a delivery without one, or with one that cannot be read, is not posted.
        subtotals: Texts beside sums of parts; such a row is counted, and is not the total. An
            empty one stands for no text at all.
        footers: Texts of rows that may follow the total; such a row is counted, too.
    """

    later: ClassVar[frozenset[str]] = frozenset({"label", "required", "subtotals", "footers"})

    column: str = "amount"
    tolerance: Decimal = Field(default=Decimal(0), ge=0)
    label: tuple[str, ...] = ()
    required: bool = False
    subtotals: tuple[str, ...] = ()
    footers: tuple[str, ...] = ()

    @field_validator("label", "footers")
    @classmethod
    def _says_something(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        for text in texts:
            if not text.strip(_ENDS + "?"):
                raise ValueError(f"{text!r} fits any row; write what the row says")
        return texts

    def is_label(self, text: str) -> bool:
        """Whether a text stands beside a total: declared, or it begins with a usual word."""
        label = plain_label(text)
        return _fits(label, self.label) or _USUAL.match(label) is not None

    def is_subtotal(self, text: str) -> bool:
        """Whether a text, perhaps none, stands beside the sum of a part."""
        return _fits(plain_label(text), self.subtotals)

    def is_footer(self, text: str) -> bool:
        """Whether the filled cells of a row, joined by spaces, are a declared footer."""
        return any(fnmatchcase(_folded(text), _folded(pattern)) for pattern in self.footers)


def plain_label(text: str) -> str:
    """Returns a text without case, outer blanks and the marks that end a label."""
    return _folded(text.strip(_ENDS))


def _fits(label: str, patterns: tuple[str, ...]) -> bool:
    # A star at the end of a pattern stands for what follows, and is no mark.
    return any(
        fnmatchcase(label, _folded(pattern.strip(_ENDS.replace("*", "")))) for pattern in patterns
    )


def _folded(text: str) -> str:
    # The wide forms of letters and signs are the same text.
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
