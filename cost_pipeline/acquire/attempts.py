"""How a failed try is described, and what one page or file has cost so far.

What a failure means is its adapter's to say; when another try follows is for `retries` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cost_pipeline.acquire.outcome import FetchFailure
from cost_pipeline.contracts.sources import Retry
from cost_pipeline.core.frames import frames_of
from cost_pipeline.core.reasons import Reason


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
