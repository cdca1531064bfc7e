"""One JSON document to one address: sent again until it is taken, within patience.

The address is a secret (whoever has it can post), so no message and no log holds it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import stamina

from cost_pipeline.acquire.retries import quiet_retries
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError

_AGAIN: Final = {408, 425, 429}
_SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address, and how patiently it is tried; durations are in seconds.

    Attributes:
        variable: The environment variable that holds the address, for messages.
        attempts: How often one document is tried; waits between grow from `base` to `longest`.
    """

    url: str = field(repr=False)
    variable: str
    attempts: int = 4
    base: float = 0.5
    longest: float = 8.0
    timeout: float = 10.0


class _NotTakenError(Exception):
    """One try failed; stays inside this module."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.message = message
        self.again = again


def webhook_of(variable: str, environment: Mapping[str, str]) -> Webhook:
    """Returns the webhook whose address the environment holds.

    Raises:
        UsageError: If it holds none.
    """
    url = environment.get(variable, "")
    if not url.startswith(("https://", "http://")):
        state = "holds no address" if url else "is not set"
        raise UsageError(
            f"the environment variable {variable} {state}: alerts have nowhere to go",
            where="productions.yaml, `alerts:`",
            remedy=f"set {variable} to the webhook's address, or take `alerts:` out",
            code="NO_WEBHOOK",
        )
    return Webhook(url, variable)


def send(webhook: Webhook, document: Mapping[str, Any], *, key: str) -> None:
    """Sends a message, and again if it is not taken; blocks. A receiver may see it twice.

    Args:
        webhook: Where to.
        document: What.
        key: The same for the same document, as the header `Idempotency-Key`.

    Raises:
        EnvironmentFailedError: If the last try failed too.
    """
    body = json.dumps(document, ensure_ascii=False).encode()
    try:
        asyncio.run(_persist(webhook, body, key))
    except _NotTakenError as error:
        raise EnvironmentFailedError(
            f"the alert was not taken: the receiver {error.message}",
            where=f"the address in {webhook.variable}",
            remedy="it is sent again with the next look; check the address if this goes on",
            code="ALERT_NOT_SENT",
        ) from error


async def _persist(webhook: Webhook, body: bytes, key: str) -> None:
    timeout = aiohttp.ClientTimeout(total=webhook.timeout)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    with quiet_retries():
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            await _until_taken(session, webhook, body)


async def _until_taken(session: aiohttp.ClientSession, webhook: Webhook, body: bytes) -> None:
    async for attempt in stamina.retry_context(
        on=lambda error: isinstance(error, _NotTakenError) and error.again,
        attempts=webhook.attempts,
        timeout=None,
        wait_initial=webhook.base,
        wait_max=webhook.longest,
        wait_jitter=webhook.base,
    ):
        with attempt:
            await _post(session, webhook, body)


async def _post(session: aiohttp.ClientSession, webhook: Webhook, body: bytes) -> None:
    try:
        async with session.post(webhook.url, data=body, allow_redirects=False) as response:
            status = response.status
    except aiohttp.InvalidURL as error:
        raise _NotTakenError("has an address that is none", again=False) from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise _NotTakenError(f"could not be reached ({why})", again=True) from None
    if not 200 <= status < 300:  # noqa: PLR2004  (success in HTTP)
        again = status in _AGAIN or status >= _SERVER_ERRORS
        raise _NotTakenError(f"answered {status}", again=again)
