"""The longest pause of the event loop while a large CSV is parsed in a thread beside it.

    python benchmarks/acquire_loop.py [--megabytes 500]

A vendor is pulled over and over while the file is parsed; the loop's longest pause is held against
that of the same pulls without the parsing. It must stay under 100 ms: parsing runs in a thread and
gives up the interpreter often enough for the loop to go on. An idle process beside it shows how
much of a pause is the machine's own: where that is large, the figure says nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from cost_pipeline.acquire.engine import PullJob, pull_all
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.parse import Refused, open_rows

MOST_PAUSE = 0.1
TICK = 0.005
LINE = b"N%09d,2026-04-01,2000-01,lamp and stand of unit %d,%d.50,GBP\n"


def write(file: Path, megabytes: int) -> None:
    block = b"".join(LINE % (n, n % 7, n % 1000) for n in range(20_000))
    with file.open("wb") as out:
        out.write(b"id,date,gl,text,amount,currency\n")
        for _ in range((megabytes << 20) // len(block) + 1):
            out.write(block)


def parse(file: Path) -> int:
    reader = open_rows(file, CsvFormat(kind="csv"))
    assert not isinstance(reader, Refused)
    return sum(chunk.table.num_rows for chunk in reader)


def idle(told: Connection) -> None:
    """The same beat in a process that does nothing else: what the machine itself takes."""
    longest = 0.0
    while not told.poll():
        began = time.perf_counter()
        time.sleep(TICK)
        longest = max(longest, time.perf_counter() - began - TICK)
    told.send(longest)


async def answer(_request: web.Request) -> web.Response:
    return web.json_response([{"id": n} for n in range(100)])


class Pause:
    """The longest time between two turns of the loop."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        """Beat until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            self.longest = max(self.longest, time.perf_counter() - began - TICK)


async def pull_until(done: asyncio.Event, url: str, scratch: Path) -> int:
    vendor = CostVendor.model_validate(
        {
            "vendor": "v",
            "production": "P100",
            "record": "vendor_invoice",
            "source": {"kind": "http", "url": url},
            "format": {"kind": "json"},
            "key": "none",
            "columns": {},
        }
    )
    pulls = 0
    while not done.is_set():
        await pull_all(
            [PullJob(vendor, date(2026, 4, 1))],
            base=scratch,
            scratch=scratch,
            environment={},
            clock=lambda: datetime.now(UTC),
            land=lambda pairs: [fetched.path.unlink() for _, fetched in pairs] and None,
        )
        pulls += 1
        await asyncio.sleep(TICK)
    return pulls


async def measure(url: str, scratch: Path, file: Path | None, seconds: float) -> tuple[float, int]:
    pause, done = Pause(), asyncio.Event()
    watching = asyncio.create_task(pause.watch())
    pulling = asyncio.create_task(pull_until(done, url, scratch))
    if file is None:
        await asyncio.sleep(seconds)
    else:
        rows = await asyncio.to_thread(parse, file)
        print(f"  {rows:,} rows parsed meanwhile")
    done.set()
    pulls = await pulling
    watching.cancel()
    return pause.longest, pulls


async def run(megabytes: int) -> int:
    app = web.Application()
    app.router.add_get("/", answer)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.csv"
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        write(file, megabytes)
        async with TestServer(app) as server:
            url = str(server.make_url("/"))
            alone, _ = await measure(url, scratch, None, 5.0)
            spawn = multiprocessing.get_context("spawn")
            mine, others = spawn.Pipe()
            control = spawn.Process(target=idle, args=(others,), daemon=True)
            control.start()
            began = time.perf_counter()
            beside, pulls = await measure(url, scratch, file, 0.0)
            took = time.perf_counter() - began
            mine.send("stop")
            machine = mine.recv()
            control.join()
    print(
        f"longest pause {alone * 1e3:.0f} ms without, {beside * 1e3:.0f} ms while "
        f"{megabytes} MB were parsed in {took:.1f} s and {pulls} vendors pulled "
        f"(at most {MOST_PAUSE * 1e3:.0f} ms); an idle process paused {machine * 1e3:.0f} ms"
    )
    return int(beside > MOST_PAUSE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=500)
    return asyncio.run(run(parser.parse_args().megabytes))


if __name__ == "__main__":
    raise SystemExit(main())
