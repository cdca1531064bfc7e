"""Many vendors at once, against the shortest time that is possible.

    python benchmarks/acquire_makespan.py [--sources 200] [--cap 20] [--stalled 20]

First: sources with 50 ms to 2 s of latency under a cap. The ideal is the larger of the longest one
and of all of them shared by the cap; wall time must be at most 1.2 of it. Second: payroll alone,
then payroll among stalled vendors that hang until their timeouts; its time must be at most 1.1.
Servers and pulls share one process and its loop. Seconds depend on the machine, ratios do not.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from cost_pipeline.acquire.engine import Policy, Pulled, PullJob, pull_all
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.vendor import Vendor

MOST_MAKESPAN = 1.2
MOST_PAYROLL = 1.1
PAYROLL_LATENCY = 0.5
ROUNDS = 5


def vendor(name: str, url: str, priority: str = "normal", **source: object) -> Vendor:
    return CostVendor.model_validate(
        {
            "vendor": name,
            "production": "P100",
            "record": "vendor_invoice",
            "priority": priority,
            "source": {"kind": "http", "url": url, **source},
            "format": {"kind": "json"},
            "key": "none",
            "columns": {},
        }
    )


async def answer(request: web.Request) -> web.Response:
    await asyncio.sleep(float(request.query["wait"]))
    return web.json_response([{"id": 1}])


async def pull(vendors: list[Vendor], scratch: Path, policy: Policy) -> tuple[Pulled, ...]:
    return await pull_all(
        [PullJob(one, date(2026, 4, 1)) for one in vendors],
        base=scratch,
        scratch=scratch,
        environment={},
        clock=lambda: datetime.now(UTC),
        policy=policy,
        land=lambda pairs: [fetched.path.unlink() for _, fetched in pairs] and None,
    )


async def makespan(scratch: Path, url: str, sources: int, cap: int) -> float:
    chance = random.Random(3)  # noqa: S311  (the same vendors in every run)
    waits = [chance.uniform(0.05, 2.0) for _ in range(sources)]
    vendors = [vendor(f"v{n}", f"{url}?wait={wait}") for n, wait in enumerate(waits)]
    started = time.perf_counter()
    pulled = await pull(vendors, scratch, Policy(total=cap, per_host=sources))
    wall = time.perf_counter() - started
    assert all(len(one.fetched) == 1 for one in pulled)
    ideal = max(*waits, sum(waits) / cap)
    print(
        f"{sources} sources, cap {cap}: {wall:.2f} s, ideal {ideal:.2f} s, ratio "
        f"{wall / ideal:.3f} (at most {MOST_MAKESPAN})"
    )
    return wall / ideal


async def payroll(scratch: Path, url: str, stalled: int) -> float:
    guild = vendor("guild", f"{url}?wait={PAYROLL_LATENCY}", "payroll")
    hang = [
        vendor(f"s{n}", f"{url}?wait=60", "high", attempts=1, read_timeout=2.0)
        for n in range(stalled)
    ]
    alone, among = [], []
    for _ in range(ROUNDS):
        (result,) = await pull([guild], scratch, Policy())
        alone.append(result.telemetry[0].latency + result.telemetry[0].queued)
        results = await pull([*hang, guild], scratch, Policy(total=stalled, per_host=stalled))
        assert all(one.failures for one in results[:-1])
        record = results[-1].telemetry[0]
        among.append(record.latency + record.queued)
    ratio = statistics.median(among) / statistics.median(alone)
    print(
        f"payroll alone {statistics.median(alone):.3f} s, among {stalled} stalled vendors "
        f"{statistics.median(among):.3f} s, ratio {ratio:.3f} (at most {MOST_PAYROLL})"
    )
    return ratio


async def run(options: argparse.Namespace) -> int:
    app = web.Application()
    app.router.add_get("/", answer)
    with tempfile.TemporaryDirectory() as folder:
        async with TestServer(app) as server:
            url = str(server.make_url("/"))
            spanned = await makespan(Path(folder), url, options.sources, options.cap)
            paid = await payroll(Path(folder), url, options.stalled)
    return int(spanned > MOST_MAKESPAN or paid > MOST_PAYROLL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--cap", type=int, default=20)
    parser.add_argument("--stalled", type=int, default=20)
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
