"""JSON, JSON lines and CSV over HTTP: pages streamed to disk, each a delivery of its own.

Bytes count as a delivery only when the status, the length and the kind of content are those of a
delivery: a maintenance page with status 200 is a failure. This module looks into a page only as far
as paging needs (`pages`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

import aiohttp
from yarl import URL

from cost_pipeline.acquire.answer import (
    check_encoding,
    check_head,
    check_length,
    check_start,
    connection_error,
    status_error,
)
from cost_pipeline.acquire.attempts import AttemptError, Effort, given_up
from cost_pipeline.acquire.body import Intake, take
from cost_pipeline.acquire.hosts import Hosts
from cost_pipeline.acquire.outcome import (
    Fetched,
    FetchFailure,
    Pulled,
    PullJob,
    Unchanged,
    Validator,
)
from cost_pipeline.acquire.pages import first_address, look, next_address
from cost_pipeline.acquire.pattern import on_date
from cost_pipeline.acquire.policy import Policy
from cost_pipeline.acquire.retries import persist
from cost_pipeline.acquire.scratch import Scratch, Spool, in_thread
from cost_pipeline.acquire.tokens import Tokens, unusable
from cost_pipeline.acquire.walk import Answer, Walk, failed
from cost_pipeline.contracts.formats import FormatKind
from cost_pipeline.contracts.sources import (
    HttpSource,
    LinkPages,
    NoPages,
)

_NO_CONTENT: Final = 204
_NOT_MODIFIED: Final = 304
_NOT_FOUND: Final = 404
_UNAUTHORIZED: Final = 401
# How many bytes of an answer that is no delivery are kept: enough of a maintenance page to show it.
_EVIDENCE: Final = 1 << 16
_EVIDENCE_PATIENCE: Final = 2.0
Deliver = Callable[[Fetched], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Web:
    """What the HTTP sources of one pull share."""

    session: aiohttp.ClientSession
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class HttpContext:
    """What a pull lends to one of its HTTP sources."""

    web: Web
    hosts: Hosts
    scratch: Scratch
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    policy: Policy
    deliver: Deliver


@asynccontextmanager
async def open_web(environment: Mapping[str, str], policy: Policy) -> AsyncIterator[Web]:
    """Opens a session for one pull in the running loop, and closes it.

    The session keeps no cookies, so that no vendor's answer touches another's request. It has no
    limit of its own, because the pull's slots are the limit. It unpacks nothing, because aiohttp
    takes gzip that is cut short for whole.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": "gzip", "User-Agent": "cost-pipeline"},
        auto_decompress=False,
    ) as session:
        yield Web(session, Tokens(session, environment, policy.timer))


async def pull_http(job: PullJob, source: HttpSource, context: HttpContext) -> Pulled:
    """Fetches the pages of a source for one pull date, until the last one or one that fails.

    The pages before a failed one are deliveries all the same, because their rows are complete.

    Raises:
        EnvironmentFailedError: If the bytes cannot be written on this machine.
    """
    walk = Walk(job, source, job.bookmark.cursor)
    wrong = unusable(source.auth, context.environment)
    try:
        address: URL | None = _address(job, source)
    except ValueError:
        address, wrong = None, "the address in `url:` is not a URL"
    if wrong:
        return walk.end(failed(on_date(source.url, job.pull_date), wrong))
    while address is not None:
        answer = await _fetch_page(address, walk, context)
        if isinstance(answer, FetchFailure):
            return walk.end(answer)
        following: URL | FetchFailure | None
        if answer.page is None:
            following = walk.over(str(address))
        elif isinstance(answer.page, Unchanged):
            following = walk.pass_over(answer.page)
        else:
            following = await _after_page(address, walk, answer.page, answer, context)
            if job.one and walk.fetched:
                return walk.end()
        following = walk.checked(following, context.policy.most_pages)
        if isinstance(following, FetchFailure):
            return walk.end(following)
        address = following
    return walk.end()


def _address(job: PullJob, source: HttpSource) -> URL:
    parameters = {name: on_date(value, job.pull_date) for name, value in source.parameters.items()}
    incremental = source.incremental
    if incremental:
        since = job.bookmark.cursor or on_date(incremental.start, job.pull_date)
        parameters |= {incremental.parameter: since} if since else {}
    url = URL(on_date(source.url, job.pull_date)).update_query(parameters)
    return first_address(url, source.pages)


async def _after_page(
    at: URL, walk: Walk, page: Fetched, answer: Answer, context: HttpContext
) -> URL | FetchFailure | None:
    """Keeps a page as a delivery, or refuses it.

    Returns:
        The next page's address; None after the last; the failure if the page is none, or if what it
        says of the next page cannot be followed.
    """
    source = walk.source
    if isinstance(source.pages, NoPages) and not source.incremental:
        await _keep_page(walk, page, answer.validator, context)
        return None
    facts = await in_thread(partial(look, page.path, walk.job.vendor.format, source))
    if isinstance(facts, str):
        return _refuse(page, facts, context)
    if page.sha256 in walk.contents and facts.items:
        number = walk.contents[page.sha256]
        words = f"is page {number:,} once more: the API does not heed what asks for the next page"
        return _refuse(page, words, context)
    following = next_address(at, source.pages, facts, answer.link, before=walk.items)
    walk.count(facts.items, facts.total, facts.increment)
    after = str(following) if isinstance(following, URL) else ""
    validator = replace(
        answer.validator,
        next=after,
        items=facts.items,
        total=facts.total,
        increment=facts.increment,
    )
    if facts.items == 0 and (walk.contents or walk.unchanged):
        # The empty page after the last one is not kept; an empty first page is, as evidence that
        # the vendor answered and had nothing.
        context.scratch.remove(page.path)
        walk.validators[page.uri] = validator
    else:
        await _keep_page(walk, page, validator, context)
    if isinstance(following, str):
        return failed(page.uri, following)
    return walk.over(page.uri) if following is None else following


async def _keep_page(walk: Walk, page: Fetched, validator: Validator, context: HttpContext) -> None:
    walk.contents[page.sha256] = len(walk.contents) + 1
    walk.validators[page.uri] = validator
    walk.fetched.append(page)
    await context.deliver(page)


def _refuse(page: Fetched, message: str, context: HttpContext) -> FetchFailure:
    failure = failed(page.uri, message, attempts=page.attempts)
    if context.policy.keep_received:
        return replace(failure, received=page.path)
    context.scratch.remove(page.path)
    return failure


async def _fetch_page(url: URL, walk: Walk, context: HttpContext) -> Answer | FetchFailure:
    """Fetches one page, with the number of attempts that the vendor file allows."""
    retry, policy = walk.source.retry, context.policy
    effort = Effort(retry, policy.timer)
    try:
        return await persist(
            partial(_attempt, url, walk, context, effort), effort, retry, policy, str(url)
        )
    except AttemptError as error:
        return given_up(str(url), error, effort)


async def _attempt(url: URL, walk: Walk, context: HttpContext, effort: Effort) -> Answer:
    known = _known(url, walk)
    async with context.hosts.of(walk.source).call(walk.job.vendor, effort):
        spool: Spool | None = None
        try:
            headers = await context.web.tokens.headers(walk.source)
            async with context.web.session.get(
                url,
                headers={**headers, **_conditions(known)},
                timeout=_timeout(walk.source, effort),
                # A redirect would carry the secret to the host that it names.
                allow_redirects=False,
            ) as response:
                if response.status == _NOT_MODIFIED and known is not None:
                    found = Unchanged(str(url), effort.tries, effort.spent, effort.queued)
                    return Answer(found, known)
                past_the_end = response.status == _NOT_FOUND and walk.may_be_over
                if response.status == _NO_CONTENT or past_the_end:
                    return Answer(None, Validator())
                _check_status(response, walk, headers, context, effort)
                spool = context.scratch.open()
                await _check_head(response, spool, walk, context)
                encoded = check_encoding(response)
                return await _receive(response, spool, walk, context, effort, encoded=encoded)
        except (aiohttp.ClientError, TimeoutError, OSError, AttemptError) as error:
            failed = connection_error(error, walk.source)
            failed.received = context.scratch.evidence(spool, wanted=context.policy.keep_received)
            raise failed from error


def _kind_of(walk: Walk) -> FormatKind | None:
    """Returns what a page is; None for an archive, in which it lies."""
    return None if walk.source.unpack else walk.job.vendor.format.kind


async def _check_head(
    response: aiohttp.ClientResponse, spool: Spool, walk: Walk, context: HttpContext
) -> None:
    """Refuses what cannot be the vendor's format, and keeps the first bytes of it as evidence.

    Raises:
        AttemptError: If the type does not fit; the message says what came instead.
    """
    try:
        check_head(response, _kind_of(walk))
    except AttemptError:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            if context.policy.keep_received:
                async with asyncio.timeout(_EVIDENCE_PATIENCE):
                    spool.write(await response.content.read(_EVIDENCE))
        raise


async def _receive(
    response: aiohttp.ClientResponse,
    spool: Spool,
    walk: Walk,
    context: HttpContext,
    effort: Effort,
    *,
    encoded: bool,
) -> Answer:
    intake = Intake(spool, encoded=encoded, most=context.policy.most_bytes)
    packed = await take(response.content.iter_any(), intake)
    check_length(response, intake.received)
    sha256 = spool.close()
    check_start(spool.path, _kind_of(walk))
    page = Fetched(
        path=spool.path,
        sha256=sha256,
        size=spool.size,
        uri=str(response.url),
        fetched_at=context.clock(),
        status=response.status,
        attempts=effort.tries,
        content_type=response.headers.get("Content-Type", ""),
        latency=effort.spent,
        queued=effort.queued,
        packed=packed,
    )
    etag, modified = (response.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    link = response.links["next"]["url"] if "next" in response.links else ""
    return Answer(page, Validator(etag, modified), str(link))


def _check_status(
    response: aiohttp.ClientResponse,
    walk: Walk,
    headers: Mapping[str, str],
    context: HttpContext,
    effort: Effort,
) -> None:
    if 200 <= response.status < 300 and response.status != 206:  # noqa: PLR2004  (HTTP)
        return
    if response.status == _UNAUTHORIZED and context.web.tokens.refuse(walk.source, headers):
        # A token is renewed once: if the fresh one is refused too, the refusal is final.
        words = "refused its own token before its time"
        if effort.renewed:
            words = "refused a fresh token: check the client's rights with the vendor"
        again, effort.renewed = not effort.renewed, True
        raise AttemptError(words, transient=again, again=again, host_failed=False)
    raise status_error(response, context.clock(), context.policy.longest_retry_after)


def _known(url: URL, walk: Walk) -> Validator | None:
    """Returns what earlier pulls know of a page; None if nothing, or if it may not be believed.

    The page that ended a chain of Link headers is not believed: another page may follow it now, and
    its validator, which stands for its own bytes, does not tell.
    """
    known = walk.job.bookmark.validators.get(str(url))
    pages = walk.source.pages
    ends_chain = isinstance(pages, LinkPages) and not pages.next and known and not known.next
    return None if ends_chain else known


def _conditions(validator: Validator | None) -> dict[str, str]:
    """Returns the headers that ask for the page only if it has changed."""
    if validator is None:
        return {}
    headers = {"If-None-Match": validator.etag, "If-Modified-Since": validator.last_modified}
    return {name: value for name, value in headers.items() if value}


def _timeout(source: HttpSource, effort: Effort) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=min(source.total_timeout, max(effort.left, source.connect_timeout)),
        sock_connect=source.connect_timeout,
        sock_read=source.read_timeout,
    )
