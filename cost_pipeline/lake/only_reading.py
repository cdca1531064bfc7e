"""Reading a lake without leaving anything in it: no table, no summary, no checksum.

Who looks at somebody else's home, from a notebook or by a query, must not change a byte of it, not
even what may be deleted at any time. Each place that writes while it reads asks here first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_ONLY: Final[ContextVar[bool]] = ContextVar("only_reading", default=False)


@contextmanager
def only_reading() -> Iterator[None]:
    """Keeps what is done inside the block, in this thread, from writing to a lake."""
    before = _ONLY.set(True)
    try:
        yield
    finally:
        _ONLY.reset(before)


def may_write() -> bool:
    """Whether reading may leave summaries, checksums and empty tables behind."""
    return not _ONLY.get()
