"""The vendors' APIs: a real HTTP server on loopback, in a thread of its own.

Slightly unreliable on purpose, once each per portal, so that retries are seen: one page answers 503
at first, another 429 with Retry-After.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from datetime import date
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.simulator.cast import GUILD, NORTHWIND, PAGE_SIZES
from cost_pipeline.simulator.faults import Spoiler
from cost_pipeline.simulator.recipes import Recipe
from cost_pipeline.simulator.world import World

TOKEN_VARIABLE: Final = "GUILD_PAYROLL_TOKEN"  # noqa: S105  (a name, not a secret)
DEMO_TOKEN: Final = "simulated-guild-token"  # noqa: S105  (opens nothing but the simulator)
RENTALS_PATH: Final = "/northwind/invoices"
PAYROLL_PATH: Final = "/guild/payroll"
_START_TIMEOUT: Final = 10.0
_MOST_PER_PAGE: Final = 1000

# (vendor, pull date, page) to what it answers the first time.
FAULTS: Final[Mapping[tuple[str, str, int], tuple[int, dict[str, str]]]] = {
    (NORTHWIND.name, "2026-04-01", 2): (503, {}),
    (GUILD.name, "2026-04-02", 1): (429, {"Retry-After": "1"}),
}


class Portal:
    """Serves a world while it is open; use it as a context manager.

    Args:
        world: What is served.
        token: The bearer token that payroll wants.
        faults: As `FAULTS`.
        recipe: Further faults, of every kind that there is.
    """

    def __init__(
        self,
        world: World,
        *,
        token: str = DEMO_TOKEN,
        faults: Mapping[tuple[str, str, int], tuple[int, dict[str, str]]] = FAULTS,
        recipe: Recipe | None = None,
    ) -> None:
        self.spoiler = Spoiler(recipe or Recipe())
        self._world = world
        self._token = token
        self._faults = dict(faults)
        self._ready = threading.Event()
        self._failed: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="portal", daemon=True)
        self.url = ""
        """The address, `http://127.0.0.1:<port>`, once it is open."""
        self.requests = 0
        """How many requests were answered, faults included."""

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(_START_TIMEOUT)
        if not self.url:
            raise EnvironmentFailedError(
                f"the simulated portal did not start: {self._failed or 'no answer'}",
                where="127.0.0.1",
                remedy="allow servers on loopback, then run the same command again",
                code="PORTAL",
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._stop is not None:
            # The loop may have ended by itself; then there is nothing to stop.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_TIMEOUT)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failed = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(middlewares=[self.spoiler.middleware])
        app.router.add_get(RENTALS_PATH, self._rentals)
        app.router.add_get(PAYROLL_PATH, self._payroll)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _rentals(self, request: web.Request) -> web.Response:
        return self._page(request, NORTHWIND.name)

    async def _payroll(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            self.requests += 1
            return web.json_response({"error": "unknown token"}, status=401)
        return self._page(request, GUILD.name)

    def _page(self, request: web.Request, vendor: str) -> web.Response:
        self.requests += 1
        query = request.query
        try:
            day = date.fromisoformat(query["day"])
            number = int(query.get("page", "1"))
            size = int(query.get("size", str(PAGE_SIZES[vendor])))
        except (KeyError, ValueError) as error:
            return web.json_response({"error": f"bad request: {error}"}, status=400)
        if number < 1 or not 1 <= size <= _MOST_PER_PAGE:
            return web.json_response({"error": "no such page"}, status=400)
        fault = self._faults.pop((vendor, day.isoformat(), number), None)
        if fault is not None:
            status, headers = fault
            return web.Response(status=status, headers=headers, text="try again")
        body = self._world.page(vendor, day, number, size)
        return web.Response(body=body, content_type="application/json")
