"""Peak memory of a pull, for a small and for a large generated body.

    python benchmarks/acquire_memory.py [--megabytes 320]

The server is a process of its own, and so is each pull: its peak of resident memory is its own. The
large one may hold at most 16 MB more than the small one, whatever its size.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web

from cost_pipeline.acquire.engine import PullJob, pull_all
from cost_pipeline.contracts.cost_vendor import CostVendor

BLOCK = bytes(range(256)) * 1024
SMALL = 8
MOST_GROWTH_MB = 16.0


async def body(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/csv"})
    await response.prepare(request)
    for _ in range(4 * int(request.query["megabytes"])):
        await response.write(BLOCK)
    return response


def serve(told: Connection) -> None:
    async def forever() -> None:
        app = web.Application()
        app.router.add_get("/", body)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(forever())


def pull(port: int, megabytes: int) -> tuple[int, float, float]:
    """Bytes, seconds and peak resident MB of one pull."""
    vendor = CostVendor.model_validate(
        {
            "vendor": "large",
            "production": "P100",
            "record": "vendor_invoice",
            "source": {"kind": "http", "url": f"http://127.0.0.1:{port}/?megabytes={megabytes}"},
            "format": {"kind": "csv"},
            "key": "none",
            "columns": {},
        }
    )
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        (pulled,) = asyncio.run(
            pull_all(
                [PullJob(vendor, date(2026, 4, 1))],
                base=Path(folder),
                scratch=Path(folder),
                environment={},
                clock=lambda: datetime.now(UTC),
                land=lambda pairs: [fetched.path.unlink() for _, fetched in pairs] and None,
            )
        )
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return pulled.fetched[0].size, time.perf_counter() - started, peak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=320)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    hears, tells = spawn.Pipe(duplex=False)
    server = spawn.Process(target=serve, args=(tells,), daemon=True)
    server.start()
    port = hears.recv()
    peaks = []
    try:
        for megabytes in (SMALL, options.megabytes):
            with spawn.Pool(1) as pool:
                size, seconds, peak = pool.apply(pull, (port, megabytes))
            assert size == megabytes << 20
            peaks.append(peak)
            print(f"{megabytes:>6} MB body: {seconds:6.2f} s, peak memory {peak:.0f} MB")
    finally:
        server.kill()  # whoever started this may have SIGTERM ignored
        server.join()
    growth = peaks[1] - peaks[0]
    print(
        f"growth {growth:.1f} MB for {options.megabytes - SMALL} MB more of body, ratio of peaks "
        f"{peaks[1] / peaks[0]:.3f} (growth at most {MOST_GROWTH_MB:.0f} MB)"
    )
    return int(growth > MOST_GROWTH_MB)


if __name__ == "__main__":
    raise SystemExit(main())
