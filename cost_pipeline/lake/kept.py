"""A cache for the process of what it read from lakes: the most recently used values.

A process opens a lake anew for each step, and a long one (the web server, a run of the tests) opens
many lakes. What is kept is only ever a saving: it is used as long as what it was made of is the
same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A cache of values by place, each with the state that it was made from.

    Args:
        most: How many are kept; beyond that, the least recently used ones go.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()
        self._lock = threading.Lock()  # sensors and checks of a web server run in threads

    def get(self, place: Hashable, state: object) -> T | None:
        """Returns the value that is kept there, if it was made of this state."""
        with self._lock:
            found = self._values.get(place)
            if found is None or found[0] != state:
                return None
            self._values.move_to_end(place)
            return found[1]

    def keep(self, place: Hashable, state: object, value: T) -> T:
        """Keeps a value, instead of the one that was there."""
        with self._lock:
            self._values[place] = (state, value)
            self._values.move_to_end(place)
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def made(self, place: Hashable, state: object, make: Callable[[], T]) -> T:
        """Returns the value that `make` makes of this state. It is made again if it is not kept."""
        found = self.get(place, state)
        return self.keep(place, state, make()) if found is None else found

    def clear(self) -> None:
        """Lets go of everything, as a new process begins."""
        with self._lock:
            self._values.clear()
