"""JSON, JSON lines and CSV over HTTP: pages streamed to disk, each a delivery of its own.

Bytes count as a delivery only when the status, the length and the kind of content are what a
delivery has: a maintenance page with status 200 is a failure. Looks into a page only as far as
paging needs (how many items, whether there is more).
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import stamina
from yarl import URL

from cost_pipeline.acquire.answer import (
    AttemptError,
    check_head,
    check_length,
    check_start,
    connection_error,
    status_error,
)
from cost_pipeline.acquire.outcome import Fetched, FetchFailure, Pulled, PullJob
from cost_pipeline.acquire.pages import PageFacts, look
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.policy import Policy, Slots
from cost_pipeline.acquire.scratch import Scratch, Spool, in_thread
from cost_pipeline.contracts.vendor import Auth, HttpSource
from cost_pipeline.core.reasons import Reason

_LOG: Final = logging.getLogger(__name__)
_BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class HttpContext:
    """What a pull lends to its HTTP sources."""

    session: aiohttp.ClientSession
    slots: Slots
    scratch: Scratch
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    policy: Policy


@dataclass(frozen=True, slots=True)
class _Page:
    """One request of a job."""

    job: PullJob
    source: HttpSource
    url: URL
    headers: Mapping[str, str]


def open_session() -> aiohttp.ClientSession:
    """A session for one pull, to be opened in the running loop.

    It keeps no cookies, so that no vendor's answer touches another's request, and has no limit of
    its own, because the pull's slots are the limit.
    """
    # By default stamina reports retries through structlog where that is installed, which prints on
    # standard output, into the middle of a command's JSON. Retries are logged below instead.
    stamina.instrumentation.set_on_retry_hooks([])
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
        cookie_jar=aiohttp.DummyCookieJar(),
        # What is landed are the vendor's bytes; nothing is asked to be compressed on the way.
        headers={"Accept-Encoding": "identity", "User-Agent": "cost-pipeline"},
    )


async def pull_http(job: PullJob, source: HttpSource, context: HttpContext) -> Pulled:
    """Every page of a source for one pull date, until one fails.

    The pages before a failed one are deliveries all the same: their rows are complete.

    Raises:
        EnvironmentFailedError: If the bytes cannot be written on this machine.
    """
    vendor = job.vendor.vendor
    headers = _headers(source.auth, context.environment)
    if isinstance(headers, str):
        refused = FetchFailure(
            on_date(source.url, job.pull_date), Reason.FETCH_FAILED, headers, transient=False
        )
        return Pulled(vendor, failures=(refused,))
    fetched: list[Fetched] = []
    number = source.pages.first
    while True:
        page = _Page(job, source, _address(job, source, number), headers)
        found = await _fetch_page(page, context)
        if isinstance(found, FetchFailure):
            return Pulled(vendor, tuple(fetched), (found,))
        facts = await _facts(page, found)
        wrong = _lie(found, facts, fetched, context.policy.most_pages)
        if wrong or isinstance(facts, str):
            context.scratch.remove(found.path)
            return Pulled(vendor, tuple(fetched), (wrong,) if wrong else ())
        if fetched and facts and facts.items == 0:
            # The empty page after the last one carries nothing; an empty first page is evidence
            # that the vendor answered and had nothing.
            context.scratch.remove(found.path)
            return Pulled(vendor, tuple(fetched))
        fetched.append(found)
        if not (facts and facts.goes_on):
            return Pulled(vendor, tuple(fetched))
        number += 1


def _address(job: PullJob, source: HttpSource, number: int) -> URL:
    parameters = {name: on_date(value, job.pull_date) for name, value in source.parameters.items()}
    pages = source.pages
    if pages.style == "page":
        parameters[pages.page_parameter] = str(number)
        if pages.size_parameter and pages.size:
            parameters[pages.size_parameter] = str(pages.size)
    return URL(on_date(source.url, job.pull_date)).update_query(parameters)


def _headers(auth: Auth | None, environment: Mapping[str, str]) -> dict[str, str] | str:
    """The headers that log in, or what is wrong with the environment (never the secret)."""
    if auth is None:
        return {}
    secret = environment.get(auth.env, "")
    if not secret:
        return f"the environment variable {auth.env} is not set; it holds this vendor's secret"
    if not (secret.isascii() and secret.isprintable()):
        return f"the environment variable {auth.env} holds a character that no header may hold"
    if auth.kind == "bearer":
        secret = f"Bearer {secret}"
    elif auth.kind == "basic":
        secret = "Basic " + base64.b64encode(secret.encode()).decode()
    return {auth.header: secret}


async def _fetch_page(page: _Page, context: HttpContext) -> Fetched | FetchFailure:
    """One page, with the vendor's number of attempts."""
    started = time.monotonic()
    tries = 0

    def wait(error: Exception) -> bool | float:
        if not isinstance(error, AttemptError) or not error.again:
            return False
        _LOG.info("%s %s (attempt %d of %d)", page.url, error.message, tries, page.source.attempts)
        if error.retry_after is None:
            return context.policy.wait(tries)
        # A little more than asked for, so that not everybody is back in the same instant.
        return error.retry_after + context.policy.chance() * context.policy.backoff

    try:
        async for attempt in stamina.retry_context(
            on=wait, attempts=page.source.attempts, timeout=None
        ):
            with attempt:
                tries += 1
                return await _attempt(page, context, tries, started)
    except AttemptError as error:
        return FetchFailure(
            uri=str(page.url),
            reason=Reason.FETCH_FAILED,
            message=error.message,
            transient=error.transient,
            attempts=tries,
            received=error.received,
        )
    raise AssertionError("stamina ends with a result or the last error")


async def _attempt(page: _Page, context: HttpContext, tries: int, started: float) -> Fetched:
    source = page.source
    timeout = aiohttp.ClientTimeout(
        total=source.total_timeout,
        sock_connect=source.connect_timeout,
        sock_read=source.read_timeout,
    )
    spool: Spool | None = None
    try:
        async with (
            context.slots.slot(page.job.vendor.priority, str(page.url.host)),
            # A redirect would carry the secret to whom it names.
            context.session.get(
                page.url, headers=page.headers, timeout=timeout, allow_redirects=False
            ) as response,
        ):
            if not 200 <= response.status < 300:  # noqa: PLR2004  (what success is in HTTP)
                raise status_error(response, context.clock(), context.policy.longest_retry_after)
            check_head(response, page.job.vendor.format.kind)
            spool = context.scratch.open()
            await _stream(response, spool)
            status, content_type = response.status, response.headers.get("Content-Type", "")
            check_length(response, spool.size)
        sha256 = spool.close()
        check_start(spool.path, page.job.vendor.format.kind)
    except (aiohttp.ClientError, TimeoutError, OSError, AttemptError) as error:
        failed = connection_error(error, source)
        failed.received = _keep(spool, context)
        raise failed from error
    return Fetched(
        path=spool.path,
        sha256=sha256,
        size=spool.size,
        uri=str(page.url),
        fetched_at=context.clock(),
        status=status,
        attempts=tries,
        content_type=content_type,
        latency=time.monotonic() - started,
    )


async def _stream(response: aiohttp.ClientResponse, spool: Spool) -> None:
    """The body into the spool, in blocks, written off the loop."""
    waiting = bytearray()
    try:
        async for block in response.content.iter_any():
            waiting += block
            if len(waiting) >= _BLOCK:
                await asyncio.to_thread(spool.write, bytes(waiting))
                waiting.clear()
    except (aiohttp.ClientError, TimeoutError):
        spool.write(bytes(waiting))  # what did arrive is evidence
        raise
    await asyncio.to_thread(spool.write, bytes(waiting))


def _keep(spool: Spool | None, context: HttpContext) -> Path | None:
    """What did arrive, if the policy wants it; removed with the source's scratch otherwise."""
    if spool is None:
        return None
    spool.close()
    if context.policy.keep_received and spool.size:
        return spool.path
    context.scratch.remove(spool.path)
    return None


async def _facts(page: _Page, found: Fetched) -> PageFacts | str | None:
    if page.source.pages.style == "none":
        return None
    return await in_thread(partial(look, found.path, page.job.vendor.format, page.source.pages))


def _lie(
    found: Fetched, facts: PageFacts | str | None, before: list[Fetched], most: int
) -> FetchFailure | None:
    """A page that cannot be one: following it would not end, or would take rows twice."""
    message = ""
    if isinstance(facts, str):
        message = facts
    elif before and before[-1].sha256 == found.sha256 and facts and facts.items:
        message = "is the page before it once more: the API does not heed `page_parameter`"
    elif len(before) >= most:
        message = f"is page {most + 1:,} of an API that does not end"
    if not message:
        return None
    return FetchFailure(
        found.uri, Reason.FETCH_FAILED, message, transient=False, attempts=found.attempts
    )
