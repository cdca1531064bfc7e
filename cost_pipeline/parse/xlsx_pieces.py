"""A part's XML in pieces of whole elements, which may be scanned instead of parsed.

Belongs here: cutting the bytes of a part where its rows, or its shared texts, end, and what makes
it unsure that bytes mean what they seem to: another encoding, a comment or a CDATA section that
goes on. What is in a piece is the work of those who read the part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

_LONGEST_ELEMENT: Final = 4 << 20
_LONGEST_HEAD: Final = 1 << 20
_DECLARATION: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml(?P<says>[^<>]*)\?>", re.IGNORECASE)
_UTF_8: Final = re.compile(rb"""encoding\s*=\s*["'](?:utf-8|us-ascii)["']""", re.IGNORECASE)
_OTHER_MARKUP: Final = (b"<!", b"<?")


def whole_elements(pieces: Iterable[bytes], name: str, size: int) -> Iterator[tuple[bytes, bool]]:
    """Yields all bytes of a part in order, each piece with whether it is whole elements.

    What comes before the first element and behind the last are pieces of their own. The caller has
    to see that a piece is no part of something that began before it (`has_other_markup`).

    Args:
        pieces: The bytes of the part.
        name: The name of the elements.
        size: About how many bytes make a piece.
    """
    opening, closing = f"<{name}".encode(), f"</{name}>".encode()
    held: list[bytes] = []
    count, begun, sure = 0, False, False
    for piece in chain(pieces, [None]):
        if piece is not None:
            held.append(piece)
            count += len(piece)
            if count < size:
                continue
        data = b"".join(held)
        if not begun:
            at = data.find(opening)
            if at < 0 and piece is not None and count < _LONGEST_HEAD:
                held = [data]
                continue
            begun, sure = True, at >= 0 and _is_sure(data[:at])
            yield data[: max(at, 0)], False
            data = data[max(at, 0) :]
        end = data.rfind(closing)
        body = data[: end + len(closing)] if end >= 0 else b""
        rest = data[len(body) :]
        if body:
            yield body, sure
        elif len(rest) > _LONGEST_ELEMENT:
            sure = False
            yield rest, False
            rest = b""
        held, count = [rest], len(rest)
    yield held[0], False


def has_other_markup(data: bytes) -> bool:
    """Returns whether a comment, or the like, may begin in a piece and not end in it."""
    return any(mark in data for mark in _OTHER_MARKUP)


def _is_sure(head: bytes) -> bool:
    """Returns whether what comes before the first element tells what the bytes behind it are."""
    declared = _DECLARATION.match(head)
    says = declared["says"] if declared else b""
    if b"encoding" in says.lower() and not _UTF_8.search(says):
        return False
    rest = head[declared.end() if declared else 0 :].removeprefix(b"\xef\xbb\xbf")
    return rest.lstrip().startswith(b"<") and not has_other_markup(rest)
