"""Texts: what counts as blank for Python and column engines alike, and which word is meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

# What `str.strip` takes away, spelled out so that Arrow and Python are asked the same question; a
# test holds it to that.
BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def nearest(word: str, known: Iterable[str]) -> str:
    """Returns the remedy for a word that is not known: the nearest one, or all of them."""
    by_fold = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{by_fold[close[0]]}`?"
    return "known here: " + ", ".join(by_fold.values())
