"""Cleans whole columns of texts as declared, so that neither lane sees two spellings.

Belongs here: the characters of ids and of other texts. Almost no text has any of these characters,
so the few that may are found in one pass over the bytes and only they are worked on.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.proofs import rows_not_plain
from cost_pipeline.contracts.text_style import Clean, IdStyle
from cost_pipeline.core.text import BLANKS
from cost_pipeline.validate.conflicts import Conflict, marked

# Format characters, and others that no font shows: fillers, selectors of variants, joiners.
_FORMAT: Final = (
    r"[\p{Cf}\x{34f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{3164}\x{fe00}-\x{fe0f}"
    r"\x{ffa0}\x{e0100}-\x{e01ef}]"
)
# Those but the joiners, which letters of some scripts need, and the ones that the contract refuses.
_INVISIBLE: Final = (
    r"[\x{ad}\x{600}-\x{605}\x{61c}\x{6dd}\x{70f}\x{180e}\x{200b}\x{200e}\x{200f}\x{2060}-\x{2064}"
    r"\x{206a}-\x{206f}\x{feff}\x{fff9}-\x{fffb}\x{e0001}\x{e0020}-\x{e007f}]"
)
_BREAKS: Final = r"\r\n|[\t\n\x0b\x0c\r\x{85}\x{2028}\x{2029}]"
_CONTROLS: Final = (
    r"[\x{0}-\x{8}\x{e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]"
)
_RUN: Final = r"[ \x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]+"


def canonical_ids(cells: pa.Array) -> pa.Array:
    """Returns ids in one spelling: composed (NFC), without format characters."""
    odd = rows_not_plain(cells)
    if not len(odd):
        return cells
    mine = pc.utf8_normalize(cells.take(pa.array(odd)), form="NFC")
    return _with(cells, odd, pc.replace_substring_regex(mine, pattern=_FORMAT, replacement=""))


def plain_texts(cells: pa.Array, rules: Collection[Clean]) -> pa.Array:
    """Returns texts cleaned by the declared rules; marks invisible rests, to be refused."""
    if Clean.SPACES in rules:
        doubled = pc.match_substring_regex(cells, "  ")
        if pc.any(doubled).as_py():
            cells = pc.replace_substring_regex(cells, pattern=" {2,}", replacement=" ")
    odd = rows_not_plain(cells)
    if not len(odd):
        return cells
    mine = cells.take(pa.array(odd))
    for rule, pattern, replacement in _RULES:
        if rule in rules:
            mine = pc.replace_substring_regex(mine, pattern=pattern, replacement=replacement)
    hidden = pc.match_substring_regex(mine, _INVISIBLE)
    if pc.any(hidden).as_py():
        mine = pc.if_else(hidden, marked(mine, Conflict.INVISIBLE, ""), mine)
    return _with(cells, odd, mine)


_RULES: Final = (
    (Clean.BREAKS, _BREAKS, " "),
    (Clean.CONTROLS, _CONTROLS, ""),
    (Clean.INVISIBLE, _INVISIBLE, ""),
    (Clean.SPACES, _RUN, " "),
)


def styled_ids(cells: pa.Array, style: IdStyle) -> pa.Array:
    """Returns ids without what the vendor declares to be no part of them."""
    texts = pc.utf8_trim(cells, characters=BLANKS)
    if style.prefixes:
        longest = sorted(style.prefixes, key=len, reverse=True)
        pattern = f"^(?:{'|'.join(map(re.escape, longest))})"
        texts = pc.replace_substring_regex(texts, pattern=pattern, replacement="")
        texts = pc.utf8_trim(texts, characters=BLANKS)
    if style.point_zero == "drop":
        texts = pc.replace_substring_regex(texts, pattern=r"^([0-9]+)\.0+$", replacement=r"\1")
    if style.leading_zeros == "drop":
        texts = pc.replace_substring_regex(texts, pattern="^0+(.)", replacement=r"\1")
    if style.case != "keep":
        texts = pc.utf8_upper(texts) if style.case == "upper" else pc.utf8_lower(texts)
    return texts


def _with(cells: pa.Array, rows: npt.NDArray[np.int64], own: pa.Array) -> pa.Array:
    """Returns the cells with those of some rows replaced."""
    mask = np.zeros(len(cells), dtype=np.bool_)
    mask[rows] = True
    return pc.replace_with_mask(cells, pa.array(mask), own)
