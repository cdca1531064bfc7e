"""Trying once more: how a failed try is described, and when another one follows.

What a failure means is its adapter's to say; that the host may be left alone is `hosts`' business.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import stamina

from cost_pipeline.acquire.outcome import FetchFailure
from cost_pipeline.acquire.policy import Policy
from cost_pipeline.contracts.sources import Retry
from cost_pipeline.core.frames import frames_of
from cost_pipeline.core.reasons import Reason

_T = TypeVar("_T")
_LOG: Final = logging.getLogger(__name__)


class AttemptError(Exception):
    """One attempt failed. Stays inside this room: retries are made of it, then a failure's text.

    Args:
        message: What happened, in plain words.
        transient: Whether a later pull can help.
        again: Whether this pull should try again; as `transient` if not said.
        retry_after: Seconds that the vendor asked to wait.
        host_failed: Whether it speaks against the host (its breaker counts it); as `transient` if
            not said. To be asked to slow down does not.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool,
        again: bool | None = None,
        retry_after: float | None = None,
        host_failed: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.transient = transient
        self.again = transient if again is None else again
        self.retry_after = retry_after
        self.host_failed = transient if host_failed is None else host_failed
        self.received: Path | None = None


class Effort:
    """What one page or file has cost so far; waiting for a free slot is nobody's fault.

    Attributes:
        tries: Attempts begun.
        queued: Seconds spent waiting for a slot.
        renewed: Whether a refused token was renewed.
    """

    def __init__(self, retry: Retry, timer: Callable[[], float]) -> None:
        self._deadline = retry.deadline
        self._timer = timer
        self._started = timer()
        self.tries = 0
        self.queued = 0.0
        self.renewed = False

    @property
    def spent(self) -> float:
        """Seconds, without the waits for a slot."""
        return self._timer() - self._started - self.queued

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._deadline - self.spent


def given_up(uri: str, error: AttemptError, effort: Effort) -> FetchFailure:
    """What is left of a page or file when its last try has failed."""
    return FetchFailure(
        uri=uri,
        reason=Reason.FETCH_FAILED,
        message=error.message,
        transient=error.transient,
        attempts=effort.tries,
        received=error.received,
        latency=effort.spent,
        queued=effort.queued,
        traceback=behind(error),
    )


def behind(error: AttemptError) -> str | None:
    """What the system or a library raised behind a failure that may pass; None if nothing did.

    What lasts is somebody's to mend and needs words, not a way through the code.
    """
    return frames_of(error, own=AttemptError) if error.transient else None


async def persist(
    work: Callable[[], Awaitable[_T]], effort: Effort, retry: Retry, policy: Policy, what: str
) -> _T:
    """Do the work, again if it fails in a way that may pass, within attempts and deadline.

    Raises:
        AttemptError: The last one.
    """

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, AttemptError) or not error.again:
            return False
        pause = policy.wait(retry, effort.tries)
        if error.retry_after is not None:
            # A little more than asked for, so that not everybody is back in the same instant.
            pause = error.retry_after + policy.chance() * retry.base * policy.backoff
        _LOG.info(
            "%s %s (attempt %d of %d)",
            what,
            error.message,
            effort.tries,
            retry.attempts,
            extra={"uri": what, "attempt": effort.tries, "pause": round(pause, 3)},
        )
        if pause >= effort.left and effort.tries < retry.attempts:
            error.message += f"; the deadline of {retry.deadline:g} s leaves no time to try again"
            return False
        return pause

    # By default stamina reports retries through structlog where that is installed, which prints on
    # standard output, into the middle of a command's JSON. Retries are logged above instead.
    stamina.instrumentation.set_on_retry_hooks([])
    async for attempt in stamina.retry_context(on=wait, attempts=retry.attempts, timeout=None):
        with attempt:
            effort.tries += 1
            return await work()
    raise AssertionError("stamina ends with a result or the last error")
