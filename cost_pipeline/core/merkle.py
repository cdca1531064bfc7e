"""Merkle trees over posting hashes: the seal of a batch.

Leaves and inner nodes are hashed under different tags, so that no inner node can be passed off as a
leaf. An odd node is carried up unchanged (never paired with itself, which would let a duplicated
last leaf keep the root: CVE-2012-2459).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

_LEAF = b"\x00"
_NODE = b"\x01"


def root(leaves: Sequence[str]) -> str:
    """Returns the root over hex leaf hashes, in order; hex of 64 characters.

    Raises:
        ValueError: If there are no leaves: an empty batch is never committed.
    """
    if not leaves:
        raise ValueError("an empty batch has no Merkle root")
    # A tree takes 2.2 microseconds a leaf, one pass over its leaves 0.1: a run that seals a batch
    # and then verifies what it stored asks twice about the same leaves.
    same = hashlib.sha256("\n".join(leaves).encode("ascii")).digest()
    known = _KNOWN.get(same)
    if known is not None:
        return known
    level = _level(leaves)
    while len(level) > 1:
        level = _paired(level)
    if len(_KNOWN) >= _MOST:
        _KNOWN.clear()
    return _KNOWN.setdefault(same, level[0].hex())


_MOST: Final = 4096
_KNOWN: Final[dict[bytes, str]] = {}
"""Roots by the SHA-256 of their leaves: other leaves are never taken for these."""


def path(leaves: Sequence[str], index: int) -> list[tuple[str, str]]:
    """Returns the way from a leaf up to the root, as (`left` or `right`, hash of that neighbour).

    Raises:
        IndexError: If there is no such leaf.
    """
    level = _level(leaves)
    level[index]
    steps = []
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            steps.append(("left" if other < index else "right", level[other].hex()))
        level = _paired(level)
        index //= 2
    return steps


def _level(leaves: Sequence[str]) -> list[bytes]:
    return [hashlib.sha256(_LEAF + bytes.fromhex(leaf)).digest() for leaf in leaves]


def _paired(level: list[bytes]) -> list[bytes]:
    paired = [
        hashlib.sha256(_NODE + level[i] + level[i + 1]).digest()
        for i in range(0, len(level) - 1, 2)
    ]
    if len(level) % 2:
        paired.append(level[-1])
    return paired
