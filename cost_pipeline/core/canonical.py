"""Canonical bytes: the only thing that is ever hashed.

Values are joined typed and length-delimited, so that ("ab", "c") and ("a", "bc") differ, and under
a versioned tag, so that a row and a posting with equal fields differ too. The encoding is text on
purpose: the same bytes can be built by a DuckDB expression (`sql_field`), which is how a million
rows are hashed without a Python loop. docs/ledger-format.md describes it for third parties.

    canonical("row", "ab", 7, None)  ->  b"cp1:row|s2:ab,i1:7,n,"
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from cost_pipeline.core.sql import literal

VERSION = "cp1"

Value = str | int | bool | Decimal | date | bytes | None


def field(value: Value) -> bytes:
    """Returns one value, typed and length-delimited.

    Decimals keep their scale as text ("1.50" is not "1.5"): callers quantize first. Booleans are
    refused by falling under int deliberately as 1 and 0.

    Raises:
        TypeError: For a float, or any other type that has no single canonical text.
    """
    if isinstance(value, str):  # first, and spelled out, because most values are texts
        # A lone surrogate has no UTF-8 form; such text is refused long before it could be hashed.
        text = value.encode("utf-8")
        return b"s%d:%s," % (len(text), text)
    if value is None:
        return b"n,"
    if isinstance(value, bytes):
        return _delimit(b"b", value.hex())
    if isinstance(value, int):
        return _delimit(b"i", str(int(value)))
    if isinstance(value, Decimal):
        return _delimit(b"d", format(value, "f"))
    if isinstance(value, date):
        return _delimit(b"t", value.isoformat())
    raise TypeError(f"no canonical form for {type(value).__name__}")


def _delimit(kind: bytes, text: str) -> bytes:
    return b"%s%d:%s," % (kind, len(text), text.encode("ascii"))


def canonical(tag: str, *values: Value) -> bytes:
    """Returns the canonical bytes of a tagged tuple of values."""
    return f"{VERSION}:{tag}|".encode("ascii") + b"".join(map(field, values))


def digest(tag: str, *values: Value) -> str:
    """Returns SHA-256 of the canonical bytes, as 64 lower-case hex characters."""
    return hashlib.sha256(canonical(tag, *values)).hexdigest()


def digest_of_set(tag: str, members: Iterable[str]) -> str:
    """Returns SHA-256 over the sorted texts of a multiset: equal sets have equal digests."""
    hasher = hashlib.sha256(f"{VERSION}:{tag}|".encode("ascii"))
    for member in sorted(members):
        hasher.update(field(member))
    return hasher.hexdigest()


def sql_field(expression: str, kind: str = "s") -> str:
    """Returns DuckDB SQL whose text equals `field` of the same value; `kind` is its type letter.

    `expression` must already be the canonical text of the value (a VARCHAR). NULL becomes `n,`.
    """
    return f"coalesce({literal(kind)} || strlen({expression}) || ':' || {expression} || ',', 'n,')"


def sql_digest(tag: str, fields: Iterable[str]) -> str:
    """Returns DuckDB SQL for `digest(tag, ...)` over expressions made by `sql_field`."""
    return f"sha256({literal(f'{VERSION}:{tag}|')} || {' || '.join(fields)})"
