"""When another try follows one that failed.

`hosts` decides whether a host is left alone for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import stamina

from cost_pipeline.acquire.attempts import AttemptError, Effort
from cost_pipeline.acquire.policy import Policy
from cost_pipeline.contracts.sources import Retry

_T = TypeVar("_T")
_LOG: Final = logging.getLogger(__name__)


@contextmanager
def quiet_retries() -> Iterator[None]:
    """Keeps stamina from reporting retries, which are logged here.

    At the end it restores the hooks that a host had set. By default stamina reports them through
    structlog where that is installed, which prints on standard output, into the middle of a
    command's JSON.
    """
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        yield
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)


async def persist(
    work: Callable[[], Awaitable[_T]], effort: Effort, retry: Retry, policy: Policy, what: str
) -> _T:
    """Does the work, and again if it fails in a way that may pass, within attempts and deadline.

    Raises:
        AttemptError: The last one, if no attempt succeeded.
    """

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, AttemptError) or not error.again:
            return False
        pause = policy.wait(retry, effort.tries)
        if error.retry_after is not None:
            # A little more than asked for, so that not everybody comes back in the same instant.
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

    async for attempt in stamina.retry_context(on=wait, attempts=retry.attempts, timeout=None):
        with attempt:
            effort.tries += 1
            return await work()
    raise AssertionError("stamina ends with a result or the last error")
