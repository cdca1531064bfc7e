"""Identifies a row, its record and its dead letter: two hashes, and the text of the key.

Each is here once as Python values; `column_lane` builds the same canonical bytes in SQL, and a
property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable

from cost_pipeline.core.canonical import Value, digest, field


def fingerprint(delivery: str, row: int, text: str) -> str:
    """Returns what identifies a row: its delivery, its number and its verbatim text."""
    return digest("row", delivery, row, text)


def key_text(values: Iterable[Value], ordinal: int | None) -> str:
    """Returns a record's natural key within its vendor; `ordinal` where it lawfully repeats.

    Text and not a hash: it is exact, a person can read it, and no two keys are written alike.
    """
    own = [] if ordinal is None else [ordinal]
    return b"".join(map(field, (*values, *own))).decode()
