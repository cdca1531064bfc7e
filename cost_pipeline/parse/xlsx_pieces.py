"""A sheet's XML in pieces of whole rows, and which of them may be scanned instead of parsed.

Belongs here: cutting the bytes of a part where rows end, and what before a piece makes it unsure
that its bytes mean what they seem to: another encoding, a comment or a CDATA section that goes on.
What is in a piece is `xlsx_scan`'s and `xlsx`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

_ROW: Final = b"<row"
_ROW_END: Final = b"</row>"
_LONGEST_ROW: Final = 4 << 20
_LONGEST_HEAD: Final = 1 << 20
_DECLARATION: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml(?P<says>[^<>]*)\?>", re.IGNORECASE)
_UTF_8: Final = re.compile(rb"""encoding\s*=\s*["'](?:utf-8|us-ascii)["']""", re.IGNORECASE)
_OTHER_MARKUP: Final = (b"<!", b"<?")


def whole_rows(pieces: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """All bytes of a part in order, each piece with whether it surely begins and ends with a row.

    What comes before the first row and behind the last are pieces of their own.

    Args:
        pieces: The bytes of the part.
        size: About how many make a piece.
    """
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
            at = data.find(_ROW)
            if at < 0 and piece is not None and count < _LONGEST_HEAD:
                held = [data]
                continue
            begun, sure = True, at >= 0 and _is_sure(data[:at])
            yield data[: max(at, 0)], False
            data = data[max(at, 0) :]
        end = data.rfind(_ROW_END)
        body = data[: end + len(_ROW_END)] if end >= 0 else b""
        rest = data[len(body) :]
        if body:
            sure = sure and not any(mark in body for mark in _OTHER_MARKUP)
            yield body, sure
        elif len(rest) > _LONGEST_ROW:
            sure = False
            yield rest, False
            rest = b""
        held, count = [rest], len(rest)
    yield held[0], False


def _is_sure(head: bytes) -> bool:
    """Whether what comes before the first row leaves no doubt about the bytes behind it."""
    declared = _DECLARATION.match(head)
    says = declared["says"] if declared else b""
    if b"encoding" in says.lower() and not _UTF_8.search(says):
        return False
    rest = head[declared.end() if declared else 0 :].removeprefix(b"\xef\xbb\xbf")
    return rest.lstrip().startswith(b"<") and not any(mark in rest for mark in _OTHER_MARKUP)
