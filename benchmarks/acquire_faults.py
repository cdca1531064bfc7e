"""A pull through 30 % injected faults, against the same pull without any.

    python benchmarks/acquire_faults.py [--calls 10000] [--share 0.3] [--hosts 20] [--rest 10]

Every page must be landed exactly once or be reported; no page is asked for again before its
Retry-After, and no other worker begins a call on that host before it; requests may be at most 1.6
of the fault-free pull's. Calls that were under way when the host asked for its rest (1 s) arrive in
it: within 50 ms and the longest pause of the loop that servers and pull share here. Whatever
arrives later than that, and in the rest, was begun too early. Breakers are on, as always, and rest
shortly so that the benchmark does too: at 30 % every host's breaker opens again and again, and what
is measured is that pages survive that.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Middleware

from cost_pipeline.acquire.engine import Fetched, Policy, Pulled, PullJob, pull_all
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.simulator.api import Listing
from cost_pipeline.simulator.faults import Handler, Spoiler
from cost_pipeline.simulator.recipes import Recipe

DEFAULT_CALLS = 2000
PAGES = 25  # per vendor
UNDER_WAY = 0.05
MOST_REQUESTS = 1.6
KINDS = (
    {"fault": "too_many_requests", "seconds": 1},
    {"fault": "unavailable"},
    {"fault": "reset"},
    {"fault": "truncated_gzip"},
    {"fault": "wrong_length"},
    {"fault": "html"},
)


@dataclass
class Watcher:
    """What one host saw: requests, and calls that came before their time."""

    requests: int = 0
    early_page: int = 0
    during_rest: list[float] = field(default_factory=list)
    page_rests: dict[str, float] = field(default_factory=dict)
    host_rest: tuple[float, float] = (0.0, 0.0)

    @property
    def middleware(self) -> Middleware:
        """Stands before the faults."""

        @web.middleware
        async def watch(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._watch(request, handler)

        return watch

    async def _watch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        now = time.monotonic()
        self.requests += 1
        self.early_page += now < self.page_rests.get(request.path_qs, 0.0)
        told, until = self.host_rest
        if now < until:
            self.during_rest.append(now - told)
        answer = await handler(request)
        if "Retry-After" in answer.headers:
            until = time.monotonic() + float(answer.headers["Retry-After"])
            self.page_rests[request.path_qs] = until
            if until > self.host_rest[1]:
                self.host_rest = (time.monotonic(), until)
        return answer


@dataclass
class Pause:
    """The longest time in which the loop did one thing only."""

    longest: float = 0.0

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            self.longest = max(self.longest, time.monotonic() - before - 0.005)


def vendor(name: str, url: str, rest: float) -> Vendor:
    return CostVendor.model_validate(
        {
            "vendor": name,
            "production": "P100",
            "record": "vendor_invoice",
            "source": {
                "kind": "http",
                "url": url,
                "pages": {"style": "page", "size": 1, "size_parameter": "size", "more": "more"},
                "retry": {"attempts": 8, "base": 0.02, "max": 0.2, "deadline": 120},
                "breaker": {"rest": rest},
            },
            "format": {"kind": "json", "records": "items"},
            "key": "none",
            "columns": {},
        }
    )


async def pull(
    calls: int, share: float, hosts: int, rest: float
) -> tuple[list[Watcher], float, float]:
    """The hosts' watchers, seconds, and the longest pause of the loop."""
    each = share / len(KINDS)
    landed: Counter[str] = Counter()
    watchers: list[Watcher] = []
    servers: list[TestServer] = []
    vendors: list[Vendor] = []
    listing = Listing([{"id": number} for number in range(PAGES)])
    for host in range(hosts):
        watcher = Watcher()
        # Each fault is drawn only where the ones before it were not: shares add up to the whole.
        faults, left = [], 1.0
        for kind in KINDS if share else ():
            faults.append({**kind, "share": each / left})
            left -= each
        spoiler = Spoiler(Recipe.model_validate({"seed": host, "faults": faults}))
        app = web.Application(middlewares=[watcher.middleware, spoiler.middleware])
        app.router.add_get("/{vendor}", listing.by_number)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        watchers.append(watcher)
    for number in range(calls // PAGES):
        url = servers[number % hosts].make_url(f"/v{number}")
        vendors.append(vendor(f"v{number}", str(url), rest))

    def land(pairs: Sequence[tuple[PullJob, Fetched]]) -> None:
        for job, fetched in pairs:
            note(job, fetched)

    def note(job: PullJob, fetched: Fetched) -> None:
        (item,) = json.loads(fetched.path.read_bytes())["items"]
        landed[f"{job.vendor.vendor} {item['id']}"] += 1
        fetched.path.unlink()

    pause = Pause()
    beat = asyncio.create_task(pause.watch())
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        pulled = await pull_all(
            [PullJob(one, date(2026, 4, 1)) for one in vendors],
            base=Path(folder),
            scratch=Path(folder),
            environment={},
            clock=lambda: datetime.now(UTC),
            policy=Policy(total=40),
            land=land,
        )
    seconds = time.perf_counter() - started
    beat.cancel()
    for server in servers:
        await server.close()
    account(pulled, landed, len(vendors))
    return watchers, seconds, pause.longest


def account(pulled: tuple[Pulled, ...], landed: Counter[str], vendors: int) -> None:
    """Every page of a vendor is landed once, or the vendor's failure is reported."""
    reported = 0
    for one in pulled:
        mine = [landed[f"{one.vendor} {number}"] for number in range(PAGES)]
        assert all(count <= 1 for count in mine), "a page was landed twice"
        assert sum(mine) == PAGES or one.failures, "a page is missing and nobody says so"
        reported += PAGES - sum(mine)
    print(
        f"  {sum(landed.values())} pages landed exactly once, {reported} reported as not fetched, "
        f"of {vendors * PAGES}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=DEFAULT_CALLS)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--rest", type=float, default=0.1, help="of breakers; a vendor's is 10")
    options = parser.parse_args()
    totals = []
    early = 0
    for share in (0.0, options.share):
        print(f"{options.calls} calls, {share:.0%} faults")
        watchers, seconds, pause = asyncio.run(
            pull(options.calls, share, options.hosts, options.rest)
        )
        totals.append(sum(one.requests for one in watchers))
        same = sum(one.early_page for one in watchers)
        during = [delay for one in watchers for delay in one.during_rest]
        others = sum(delay > UNDER_WAY + pause for delay in during)
        early = same + others
        print(
            f"  {totals[-1]} requests in {seconds:.1f} s; before their Retry-After: {same} of the "
            f"page that was told, {others} of others; {len(during) - others} were under way, the "
            f"latest {max(during, default=0):.3f} s after it was said (longest pause {pause:.3f} s)"
        )
    ratio = totals[1] / totals[0]
    print(f"requests {ratio:.3f} of the fault-free pull's (at most {MOST_REQUESTS})")
    return int(ratio > MOST_REQUESTS or early > 0)


if __name__ == "__main__":
    raise SystemExit(main())
