"""The circuit breaker: a host that fails too often is left alone, then probed by one call.

    closed ──too many failed──▶ open ──rest is over──▶ half open ──probe is well──▶ closed
                                 ▲                        │
                                 └──────probe failed──────┘

A plain state machine; `hosts` decides who waits, and how.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from cost_pipeline.contracts.sources import Breaker


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to make one call; its outcome counts only in the round it was given out in."""

    round: int


class CircuitBreaker:
    """One host's breaker.

    Args:
        settings: When it opens and for how long.
        timer: Seconds on a clock that never goes back.
    """

    def __init__(self, settings: Breaker, timer: Callable[[], float]) -> None:
        self._settings = settings
        self._timer = timer
        self._calls: deque[tuple[float, bool]] = deque()
        self._round = 0
        self._open_until: float | None = None
        self._probe: Ticket | None = None

    def wait(self) -> float:
        """Returns the seconds until a call may be asked for; infinite while a probe is on."""
        if self._open_until is None:
            return 0.0
        if self._probe is not None:
            return math.inf
        return max(0.0, self._open_until - self._timer())

    def take(self) -> Ticket | None:
        """Returns a ticket for one call, or None if there is none now (see `wait`)."""
        if self.wait() > 0:
            return None
        ticket = Ticket(self._round)
        if self._open_until is not None:
            self._probe = ticket
        return ticket

    def settle(self, ticket: Ticket, *, failed: bool | None) -> None:
        """Counts the outcome of a call.

        Args:
            ticket: The call's ticket; nothing is counted if the state has changed since.
            failed: Whether the call failed; None if it says nothing about the host (it was
                cancelled).
        """
        if ticket.round != self._round:
            return  # it began before the last change of state
        if self._probe is ticket:
            self._probe = None
            if failed is not None:
                self._turn(self._timer() + self._settings.rest if failed else None)
        elif failed is not None and self._open_until is None:
            now = self._timer()
            self._calls.append((now, failed))
            if self.failed_share() > self._settings.failures:
                self._turn(now + self._settings.rest)

    def failed_share(self) -> float:
        """Returns the share of failed calls in the window; 0 if there were too few calls to say."""
        oldest = self._timer() - self._settings.window
        while self._calls and self._calls[0][0] <= oldest:
            self._calls.popleft()
        if len(self._calls) < self._settings.calls:
            return 0.0
        return sum(failed for _, failed in self._calls) / len(self._calls)

    def _turn(self, open_until: float | None) -> None:
        self._round += 1
        self._open_until = open_until
        self._calls.clear()
