"""How a failed try is described, and what one page or file has cost so far.

The adapter says what a failure means; `retries` says when another try follows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cost_pipeline.acquire.outcome import FetchFailure
from cost_pipeline.contracts.sources import Retry
from cost_pipeline.core.frames import frames_of
from cost_pipeline.core.reasons import Reason


class AttemptError(Exception):
    """One failed attempt. It stays inside this room, which makes retries or a failure's text of it.

    Args:
        message: What happened, in plain words.
        transient: Whether a later pull can help.
        again: Whether this pull should try again; the same as `transient` if not given.
        retry_after: Seconds that the vendor asked to wait.
        host_failed: Whether the breaker counts it against the host; the same as `transient` if not
            given. A host that asks to slow down has not failed.
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
    """What one page or file has cost so far; time spent waiting for a free slot is not counted.

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
        """The seconds spent, without the waits for a slot."""
        return self._timer() - self._started - self.queued

    @property
    def left(self) -> float:
        """The seconds until the deadline; negative after it."""
        return self._deadline - self.spent


def given_up(uri: str, error: AttemptError, effort: Effort) -> FetchFailure:
    """Returns the failure of a page or file whose last try has failed."""
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
    """Returns the traceback behind a failure that may pass; None if nothing was raised behind it.

    A failure that lasts has none: somebody has to mend something, and needs words for that.
    """
    return frames_of(error, own=AttemptError) if error.transient else None
