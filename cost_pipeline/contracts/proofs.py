"""The compiler from a text field's constraints to a proof over a whole column.

Belongs here: what can be said of a column of texts without asking the model text by text. Nothing
here knows any particular contract: a constraint that is not recognised means "no proof", which
costs time and never correctness.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from annotated_types import MaxLen, MinLen
from pydantic.fields import FieldInfo

from cost_pipeline.contracts.constraints import parts, settings_of
from cost_pipeline.contracts.problems import SHOWN_CHARACTERS, Identifies, RefusedAs

Mask = npt.NDArray[np.bool_]
TextProof = Callable[[pa.Array], Mask]
"""A column of values (string, stripped, null for empty) to what is proven of each of them."""

# Rust's regex (Pydantic) and RE2 (Arrow) agree on patterns made of these; `\d`, `\w` and `\p` mean
# other characters in the two, so a pattern with one of them proves nothing.
_COMMON_PATTERN: Final = re.compile(r"(?:[^\\(.]|\\x\{[0-9a-f]+\}|\\[.\-]|\((?!\?))*")
_ONE_CLASS: Final = re.compile(r"\^\[(?:[^\\\[\]]|\\x\{[0-9a-f]+\}|\\[.\-])+\]\*\$")
_FIRST_PLAIN: Final = 0x20
_LAST_PLAIN: Final = 0x7E
# The most bytes of a character.
_WIDEST: Final = 4


def text_proof(info: FieldInfo) -> TextProof | None:
    """Returns a proof that a field accepts a text and keeps it as it is; None if there is none.

    Returns:
        A function whose true values are proofs; a false one only means that the model has to look.
    """
    taken = parts(info)
    said = [note for note in taken.notes if not isinstance(note, RefusedAs | Identifies)]
    conditions = list(map(_condition, said))
    known = [condition for condition in conditions if condition is not None]
    if taken.base is not str or len(known) < len(conditions):
        return None

    def proof(texts: pa.Array) -> Mask:
        proven = np.ones(len(texts), dtype=np.bool_)
        for condition in known:
            proven &= condition(texts)
        missing = texts.is_null().to_numpy(zero_copy_only=False)
        proven[missing] = taken.nullable
        return proven

    return proof


def _condition(note: object) -> TextProof | None:
    """Returns one constraint on a text, or None if it is not recognised; nulls do not matter."""
    match note:
        case MinLen(min_length=least):
            return lambda texts: _length_is(texts, least=int(least))
        case MaxLen(max_length=most):
            return lambda texts: _length_is(texts, most=int(most))
    pattern = getattr(note, "pattern", None)
    # Pydantic keeps what annotated_types has no name for in one private class of attributes.
    if isinstance(pattern, str) and settings_of(note) == {"pattern": pattern}:
        if not _COMMON_PATTERN.fullmatch(pattern):
            return None
        return functools.partial(_matches, pattern)
    return None


def _length_is(texts: pa.Array, *, least: int = 0, most: int | None = None) -> Mask:
    """Returns which texts have so many characters, as far as possible from their bytes alone."""
    lengths = np.diff(_offsets(texts))
    if most is None:
        if least <= 1 or lengths.min(initial=least * _WIDEST) >= least * _WIDEST:
            return np.asarray(lengths >= least)
    elif lengths.max(initial=0) <= most:
        return np.ones(len(texts), dtype=np.bool_)
    characters = pc.fill_null(pc.utf8_length(texts), 0).to_numpy()
    return np.asarray(characters >= least if most is None else characters <= most)


def _offsets(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Returns where the texts end in the bytes of the array, behind where the first begins."""
    if not len(texts):
        return np.zeros(1, dtype=np.int32)
    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _matches(pattern: str, texts: pa.Array) -> Mask:
    if _takes_all_plain(pattern):
        rows = rows_not_plain(texts)
        if len(rows) < len(texts):
            matched = np.ones(len(texts), dtype=np.bool_)
            if len(rows):
                matched[rows] = _search(pattern, texts.take(pa.array(rows)))
            return matched
    return _search(pattern, texts)


def _search(pattern: str, texts: pa.Array) -> Mask:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), fill_value=False)
    matched: Mask = found.to_numpy(zero_copy_only=False)
    return matched


@functools.cache
def _takes_all_plain(pattern: str) -> bool:
    """Whether any text of printable ASCII matches: any number of one class that has all of it."""
    plain = pa.array([chr(code) for code in range(_FIRST_PLAIN, _LAST_PLAIN + 1)])
    return bool(_ONE_CLASS.fullmatch(pattern)) and bool(_search(pattern, plain).all())


def rows_not_plain(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Returns the rows that hold anything but printable ASCII, found in one pass."""
    data = texts.buffers()[2]
    if data is None:
        return np.zeros(0, dtype=np.int64)
    ends = _offsets(texts)
    whole = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    if not len(whole) or (whole.min() >= _FIRST_PLAIN and whole.max() <= _LAST_PLAIN):
        return np.zeros(0, dtype=np.int64)
    odd = np.flatnonzero((whole < _FIRST_PLAIN) | (whole > _LAST_PLAIN)) + ends[0]
    return np.unique(np.searchsorted(ends, odd, side="right") - 1)


def none_of(texts: pa.Array, known: Collection[str]) -> pa.Array:
    """Returns which of these texts are none of the known ones, in upper case either; see `OneOf`.

    A brace cannot be shown in a model's own words, so a text with one is not told of.
    """
    unknown = pc.invert(pc.is_in(pc.utf8_upper(texts), value_set=pa.array(known, pa.string())))
    return pc.and_not(unknown, pc.match_substring(texts, "{"))


def has_other(texts: pa.Array, characters: Iterable[str]) -> pa.Array:
    """Returns which texts have a character that is none of these."""
    known = "".join(f"\\x{{{ord(character):x}}}" for character in sorted(characters))
    return pc.match_substring_regex(texts, f"[^{known}]")


def shown_as_they_are(texts: pa.Array) -> pa.Array:
    """Returns which texts `problems.shown` only puts in quotes, in which JSON escapes nothing."""
    return pc.match_substring_regex(texts, rf"^[ !#-&(-\[\]-~]{{1,{SHOWN_CHARACTERS - 2}}}$")
