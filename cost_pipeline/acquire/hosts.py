"""What all tasks of a pull share about one host: its slots, its rate limit, its breaker.

A call begins only when nothing speaks against it in the moment before it is sent: no Retry-After
runs for this path and these credentials, the breaker lets the call through, and the rate limit and
the slots have room.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiolimiter import AsyncLimiter
from yarl import URL

from cost_pipeline.acquire.attempts import AttemptError, Effort
from cost_pipeline.acquire.breaker import CircuitBreaker, Ticket
from cost_pipeline.acquire.policy import PRIORITIES, Policy, PrioritySlots
from cost_pipeline.contracts.sources import Breaker, HttpSource, Limits, SftpSource
from cost_pipeline.contracts.vendor import Vendor

Remote = HttpSource | SftpSource
PAYROLL: Final = 0

Scope = tuple[str, str]
"""What a Retry-After holds for: a path, and the credentials with which it is asked for."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Until when somebody was told to wait, by the pull's timer, and which vendor was told."""

    until: float
    vendor: str


_NOTHING: Final = _Told(-math.inf, "")


class Host:
    """One host in one pull. It is bound to the running loop."""

    def __init__(
        self, name: str, policy: Policy, limits: Limits, breaker: Breaker, *, overall: _Overall
    ) -> None:
        self.name = name
        self._policy = policy
        self._overall = overall
        self._slots = PrioritySlots(limits.connections or policy.per_host)
        self._payroll = PrioritySlots(min(limits.connections or policy.payroll, policy.payroll))
        self._bucket = AsyncLimiter(limits.calls, limits.per) if limits.calls else None
        self._breaker = CircuitBreaker(breaker, policy.timer)
        self._told: dict[Scope, _Told] = {}
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def call(self, vendor: Vendor, effort: Effort) -> AsyncIterator[None]:
        """Waits until a call may be made, and holds its slots while the body makes it.

        An AttemptError that leaves the body is counted against the host.

        Raises:
            AttemptError: If the host is to be left alone for longer than the effort has time.
        """
        rank = PRIORITIES.index(vendor.priority)
        scope = scope_of(vendor.source)
        ticket: Ticket | None = None
        while True:
            await self._wait_until_clear(scope, effort)
            asked = self._policy.timer()
            async with contextlib.AsyncExitStack() as held:
                # The host's slot comes first: a call that waits for a busy host, or for its rate
                # limit, must not hold a place that others could use.
                own = self._payroll if rank == PAYROLL else self._slots
                await held.enter_async_context(own.slot(rank))
                if self._bucket:
                    await self._bucket.acquire()
                await held.enter_async_context(self._overall.slot(rank))
                effort.queued += self._policy.timer() - asked
                if self._held(scope) <= 0:
                    ticket = self._breaker.take()
                if ticket is None:
                    continue  # something happened while this one queued
                async with self._judged(ticket, scope, vendor.vendor):
                    yield
                return

    @asynccontextmanager
    async def _judged(self, ticket: Ticket, scope: Scope, vendor: str) -> AsyncIterator[None]:
        failed: bool | None = None
        try:
            yield
            failed = False
        except AttemptError as error:
            failed = error.host_failed
            if error.retry_after is not None:
                until = self._policy.timer() + error.retry_after
                if until >= self._told.get(scope, _NOTHING).until:
                    self._told[scope] = _Told(until, vendor)
            raise
        finally:
            self._breaker.settle(ticket, failed=failed)
            self._changed.set()
            self._changed = asyncio.Event()

    async def _wait_until_clear(self, scope: Scope, effort: Effort) -> None:
        while (pause := max(self._held(scope), self._breaker.wait())) > 0:
            left = effort.left
            held = self._held(scope)
            if held >= left:
                raise AttemptError(
                    f"is not asked: {self._told[scope].vendor} was told to wait, {held:,.0f} s "
                    "from now, longer than this pull waits",
                    transient=True,
                    again=False,
                )
            if left <= 0 or (pause >= left and pause != float("inf")):
                raise AttemptError(
                    "is left alone for a while: too many of the calls to it have failed",
                    transient=True,
                    again=False,
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(pause, left)):
                    await self._changed.wait()

    def _held(self, scope: Scope) -> float:
        """Returns the seconds for which the scope was told to wait; not positive if it was not."""
        return self._told.get(scope, _NOTHING).until - self._policy.timer()


class _Overall:
    """The slots of the pull as a whole."""

    def __init__(self, policy: Policy) -> None:
        self._all = PrioritySlots(policy.total)
        self._payroll = PrioritySlots(policy.payroll)

    @asynccontextmanager
    async def slot(self, rank: int) -> AsyncIterator[None]:
        async with (self._payroll if rank == PAYROLL else self._all).slot(rank):
            yield


class Hosts:
    """Every host of one pull, each with the strictest limits among its vendors' files."""

    def __init__(self, policy: Policy, sources: Iterable[object]) -> None:
        self._policy = policy
        self._overall = _Overall(policy)
        self._sources: dict[str, list[Remote]] = {}
        for source in sources:
            if isinstance(source, HttpSource | SftpSource):
                self._sources.setdefault(host_name(source), []).append(source)
        self._hosts: dict[str, Host] = {}

    def of(self, source: Remote) -> Host:
        """Returns the host of a source."""
        name = host_name(source)
        if name not in self._hosts:
            sources = self._sources.get(name, [source])
            self._hosts[name] = Host(
                name,
                self._policy,
                _strictest_limits([one.limits for one in sources]),
                _strictest_breaker([one.breaker for one in sources]),
                overall=self._overall,
            )
        return self._hosts[name]

    @asynccontextmanager
    async def local(self, priority: str) -> AsyncIterator[None]:
        """Holds a slot of the pull for a source that has no host, such as a folder."""
        async with self._overall.slot(PRIORITIES.index(priority)):
            yield


def host_name(source: Remote) -> str:
    """Returns name and port, because two ports are two servers."""
    if isinstance(source, SftpSource):
        return f"{source.host.lower()}:{source.port}"
    try:
        # The path of the address may hold the braces of a pull date; no host does.
        return URL(source.url.partition("{")[0]).authority.lower()
    except ValueError:
        return source.url  # its own pull says that this is no address


def scope_of(source: object) -> Scope:
    """Returns the path and the credentials of a source; secrets as the names of their variables."""
    if isinstance(source, SftpSource):
        return source.path, source.login.model_dump_json()
    if isinstance(source, HttpSource):
        path = source.url.partition("?")[0]
        return path, source.auth.model_dump_json() if source.auth else ""
    raise AssertionError("only sources behind a network have a host")


def _strictest_limits(all_limits: list[Limits]) -> Limits:
    connections = [limits.connections for limits in all_limits if limits.connections]
    rates = [limits for limits in all_limits if limits.calls]
    slowest = min(rates, key=lambda one: (one.calls or 0) / one.per, default=Limits())
    return Limits(connections=min(connections, default=None), calls=slowest.calls, per=slowest.per)


def _strictest_breaker(breakers: list[Breaker]) -> Breaker:
    return Breaker(
        failures=min(one.failures for one in breakers),
        window=max(one.window for one in breakers),
        calls=min(one.calls for one in breakers),
        rest=max(one.rest for one in breakers),
    )
