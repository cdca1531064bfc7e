"""How days and numbers are written in the columns that were chosen, where the values decide it.

Belongs here: weighing what `columns` counted. What the values leave open is said to be open.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.people import counted
from cost_pipeline.home.draft import Value
from cost_pipeline.pipeline.guessing.columns import Column, Odd
from cost_pipeline.pipeline.guessing.days import Form
from cost_pipeline.pipeline.guessing.numbers import STYLES, Style, marks_among, number_of

_ISO: Final = "%Y-%m-%d"
_ENGLISH: Final = "en"
_MOST_FORMS: Final = 3
_FEW_YEARS: Final = 2
_SHOWN: Final = 24
_WAYS: Final = ("leading", "trailing", "parentheses")
_MOSTLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Guess:
    """A value with its evidence; without one a person has to say it.

    Attributes:
        value: What a vendor file would say; None where it is open.
        evidence: What speaks for it.
        decide: What is left open.
        symbols: Of numbers: what stands beside the digits and says no side.
        marks: Of numbers: the texts that say debit, and credit.
        negative: Of numbers: whether some have a minus.
    """

    value: Value | None
    evidence: tuple[str, ...]
    decide: str = ""
    symbols: tuple[str, ...] = ()
    marks: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    negative: bool = False


def how_many(fit: int, of: int, odd: Odd | None) -> str:
    """Returns how many values fit, and which the first is that does not."""
    if fit >= of or odd is None:
        return f"{fit:,} of {counted(of, 'value')} fit"
    text = odd.text if len(odd.text) <= _SHOWN else f"{odd.text[: _SHOWN - 3]}..."
    return f"{fit:,} of {counted(of, 'value')} fit; line {odd.line} {text!r} does not"


def days_of(column: Column, others: Sequence[Column], *, typed: bool) -> Guess:
    """Returns how a column writes its days.

    Args:
        column: The column.
        others: All columns of the file: what one leaves open another may decide.
        typed: Whether cells may hold days.
    """
    chosen: list[Form] = []
    left = Counter(column.forms)
    while left and len(chosen) < _MOST_FORMS:
        best = _best(left)
        if len(best) > 1:
            best = _decided_elsewhere(best, others) or _by_years(best, column) or best
        if len(best) > 1:
            return _open(column, best)
        chosen.append(best[0])
        left = Counter({forms: n for forms, n in left.items() if best[0] not in _merged(forms)})
    forms = [one.form for one in chosen]
    fits = how_many(column.days - left.total(), column.filled, column.no_day)
    evidence = [f"{column.name!r}: {fits}"]
    evidence += [words for one in chosen if (words := _why(column, one))]
    languages = _languages(column, chosen)
    style: dict[str, Value] = {"forms": forms}
    decide = ""
    if languages:
        style["languages"] = languages
    if any("%z" in form for form in forms):
        style["zone"] = "written"
        decide = "the day as it stands (`written`), or in the time zone of whose records they are"
    if not all("%y" in form.casefold() for form in forms):
        style["year"] = "past"
        decide = "the days have no year: `past` is the last such day up to the pull date"
    if typed and forms == [_ISO]:
        evidence.append("cells that hold days need no form")
    return Guess(forms if len(style) == 1 else style, tuple(evidence), decide)


def _best(left: Counter[frozenset[Form]]) -> list[Form]:
    """Returns the forms that read the most values; short names of months before full ones."""
    counts: Counter[Form] = Counter()
    for forms, count in left.items():
        for form in _merged(forms):
            counts[form] += count
    most = max(counts.values())
    return sorted(form for form in counts if counts[form] == most)


def _merged(forms: frozenset[Form]) -> set[Form]:
    """Returns forms, of those with the same letters but for the length of a month's name one."""
    by_letters: dict[str, Form] = {}
    for one in sorted(forms):
        letters = one.form.replace("%B", "%b")
        before = by_letters.get(letters)
        if before is None or "%b" in one.form:
            by_letters[letters] = Form(one.form)
    return {*by_letters.values()}


def _decided_elsewhere(best: list[Form], others: Sequence[Column]) -> list[Form] | None:
    """Returns the one form that another column of days has, of several that this one may have."""
    for other in others:
        counts = {form: sum(n for f, n in other.forms.items() if form in f) for form in best}
        whole = [form for form, n in counts.items() if n and n == other.days]
        if len(whole) == 1:
            return whole
    return None


def _by_years(best: list[Form], column: Column) -> list[Form] | None:
    """Returns the form whose years are one or two, where others would make every number a year."""
    if any("%y" not in form.form for form in best):
        return None
    years = {form: _years(form, column) for form in best}
    few = [form for form in best if years[form] <= _FEW_YEARS]
    many = [form for form in best if years[form] > _FEW_YEARS]
    return few if len(few) == 1 and many else None


def _years(form: Form, column: Column) -> int:
    """Counts the years among the samples of a column under a form that has two digits of them."""
    first = form.form.startswith("%y")
    return len({text[:2] if first else re.sub(r"[T ].*", "", text)[-2:] for text in column.samples})


def _open(column: Column, best: Sequence[Form]) -> Guess:
    first = next(iter(column.samples), "")
    forms = " or ".join(f'["{one.form}"]' for one in best)
    words = f"{forms}: every value of {column.name!r}, such as {first!r}, fits each"
    return Guess(None, (), f"{words}, none has a number over 12 that tells day from month")


def _why(column: Column, chosen: Form) -> str:
    """Returns what tells a form from others that read some of the values as well."""
    rivals = {
        form.form for forms in column.forms for form in forms if _same_shape(form, chosen)
    } - {chosen.form}
    if not rivals:
        return ""
    only = sum(
        count
        for forms, count in column.forms.items()
        if chosen in _merged(forms) and not any(form.form in rivals for form in forms)
    )
    if not only and all("%y" in one for one in (*rivals, chosen.form)):
        return f"under {min(rivals)} nearly every value would be of another year"
    if not only:
        return f"another column of days tells {chosen.form} from {min(rivals)}"
    return f"{counted(only, 'value')} can be nothing but {chosen.form}"


def _same_shape(form: Form, chosen: Form) -> bool:
    return form.form != chosen.form and sorted(form.form) == sorted(chosen.form)


def _languages(column: Column, chosen: Sequence[Form]) -> list[str]:
    """Returns the language whose names of months all values are; none where English is one."""
    letters = {text for one in chosen if "%b" in (text := one.form.replace("%B", "%b"))}
    if not letters:
        return []
    common: set[str] | None = None
    for forms in column.forms:
        own = {
            language
            for form in forms
            if form.form.replace("%B", "%b") in letters
            for language in form.languages
        }
        if own:
            common = own if common is None else common & own
    if not common or _ENGLISH in common:
        return []
    # Where several languages call these months alike the most spoken here comes first.
    usual = [one for one in ("de", "fr", "es", "it", "nl", "pt", "sv", "da", "pl") if one in common]
    return [usual[0] if usual else min(common)]


def numbers_of(columns: Sequence[Column], totals: Sequence[str], *, plain: bool) -> Guess:
    """Returns how columns write their numbers.

    Args:
        columns: Those of the measure.
        totals: Numbers of rows that declare a total.
        plain: Whether the format has numbers of its own, which have a decimal point.
    """
    counts: Counter[Style] = Counter()
    for column in columns:
        for styles, count in column.styles.items():
            for style in styles:
                counts[style] += count
    if not counts:
        return Guess(None, (), "no value was seen: how the numbers are written is open")
    most = max(counts.values())
    best = [style for style in STYLES if counts[style] == most]
    odd = next((column.no_number for column in columns if column.no_number), None)
    evidence = how_many(most, sum(column.filled for column in columns), odd)
    fractions = any(column.fractions for column in columns)
    if not fractions:
        evidence = f"{evidence}; none has a decimal sign"
    beside = _beside(columns, totals)
    if fractions and not plain and len({one.decimal for one in best}) > 1:
        sample = next(iter(columns[0].samples), "")
        words = f'{{decimal: "."}} or {{decimal: ",", thousands: "."}}: {sample!r} can be both'
        return Guess(None, (evidence,), words, beside.symbols, beside.marks)
    decide = ""
    if beside.negative > _MOSTLY * most:
        decide = "most are negative: if that means what is owed, `inverted: true` turns them round"
    value = _style_value(best[0], beside)
    return Guess(
        value, (evidence,), decide, beside.symbols, beside.marks, negative=bool(beside.negative)
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands beside digits: signs of units, marks of a side, minuses."""

    symbols: tuple[str, ...]
    marks: tuple[tuple[str, ...], tuple[str, ...]]
    ways: tuple[str, ...]
    negative: int


def _beside(columns: Sequence[Column], totals: Sequence[str]) -> _Beside:
    symbols = Counter[str]()
    ways = Counter[str]()
    for column in columns:
        symbols += column.symbols
        ways += column.negatives
    for text in totals:
        number = number_of(text)
        symbols.update(number.symbols if number else ())
    debit, credit = marks_among(tuple(symbols))
    rest = tuple(symbol for symbol in symbols if symbol not in {*debit, *credit})
    return _Beside(rest, (debit, credit), tuple(w for w in _WAYS if ways[w]), ways.total())


def _style_value(style: Style, beside: _Beside) -> dict[str, Value]:
    value: dict[str, Value] = {"decimal": style.decimal}
    if style.thousands != "none":
        value["thousands"] = style.thousands
    if style.grouping != "western":
        value["grouping"] = style.grouping
    if beside.symbols:
        value["symbols"] = list(beside.symbols)
    if beside.ways:
        value["negatives"] = list(beside.ways)
    return value
