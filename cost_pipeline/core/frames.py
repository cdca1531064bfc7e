"""Tells operators how an error came about: exception types and places in the code.

Never messages or values: they may hold a secret, and what people need to know is said in words.
"""

from __future__ import annotations

import traceback
from typing import Final

_MOST: Final = 20


def frames_of(error: BaseException, *, own: type[BaseException]) -> str | None:
    """Returns what the system or a library raised behind an error, the first cause first.

    Args:
        error: The error.
        own: What we raise ourselves about what we understood; it is left out.

    Returns:
        A line with the type of each exception, under it a line for each of its last frames. None if
        nobody raised anything but our own.
    """
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    lines = []
    for one in reversed(chain):
        if not isinstance(one, own):
            lines += [_name(one), *_frames(one)]
    return "\n".join(lines) or None


def _name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    )


def _frames(error: BaseException) -> list[str]:
    return [
        f"  {frame.f_globals.get('__name__', '?')}:{line} in {frame.f_code.co_name}"
        for frame, line in [*traceback.walk_tb(error.__traceback__)][-_MOST:]
    ]
