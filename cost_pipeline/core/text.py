"""Texts: what counts as blank, which names are one, what may be printed, which word is meant."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase
from html import escape
from typing import Final

# What `str.strip` takes away, spelled out so that Arrow and Python are asked the same question; a
# test holds it to that.
BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def plain_name(name: str) -> str:
    """Returns a name as it is compared: NFC, without case, any run of blanks as one space.

    Blanks are those of `BLANKS`: no-break spaces and line breaks too. Outer ones do not count.
    """
    composed = unicodedata.normalize("NFC", " ".join(name.split())).casefold()
    return composed if composed.isascii() else unicodedata.normalize("NFC", composed)


def among(names: Iterable[str], entries: Iterable[str]) -> set[str]:
    """Returns those of some plain names that are named, each by itself or by a pattern.

    An entry that is one of the names stands for that name alone: `*Due` is a name where there is
    one so called, and a pattern (`*`, `?`, `[...]`) elsewhere.
    """
    plain, found = set(names), set[str]()
    for entry in map(plain_name, entries):
        if entry in plain:
            found.add(entry)
        elif set(entry) & set("*?["):
            found |= {name for name in plain if fnmatchcase(name, entry)}
    return found


def printable(text: str, keep: str = "") -> str:
    r"""Returns the text with what must not reach a screen as `\x1b` or `\u202e`.

    Those are control characters (a terminal obeys them), marks that reorder text or cannot be seen,
    and halves of characters. Spaces of any width stay as they are.

    Args:
        text: From a vendor, or with a vendor's text in it.
        keep: Characters that may stay, such as line ends of our own.
    """
    if text.isprintable():
        return text
    odd = {c for c in set(text) if not (c.isprintable() or c in keep or _is_space(c))}
    return text.translate({ord(c): c.encode("unicode_escape").decode("ascii") for c in odd})


def printable_json(text: str) -> str:
    """Returns a JSON document that says the same, such characters in JSON's own escapes."""
    if text.isprintable():
        return text
    odd = {c for c in set(text) if not (c.isprintable() or c == "\n" or _is_space(c))}
    return text.translate({ord(c): json.dumps(c)[1:-1] for c in odd})


def for_html(text: str) -> str:
    """Returns a text for a page: no markup, and nothing that reorders what a reader sees."""
    return escape(printable(text, keep="\n"))


def _is_space(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def nearest(word: str, known: Iterable[str]) -> str:
    """Returns the remedy for a word that is not known: the nearest one, or all of them."""
    by_fold = {name.casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{by_fold[close[0]]}`?"
    return "known here: " + ", ".join(by_fold.values())
