"""The vendors' APIs: a real HTTP server on loopback, in a thread of its own.

Slightly unreliable on purpose, once each per portal, so that retries are seen: one page answers 503
at first, another 429 with Retry-After.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from aiohttp import web

from cost_pipeline.simulator.cast import GUILD, NORTHWIND, PAGE_SIZES
from cost_pipeline.simulator.faults import Spoiler
from cost_pipeline.simulator.recipes import Recipe
from cost_pipeline.simulator.server_thread import HttpServerThread
from cost_pipeline.simulator.world import World

TOKEN_VARIABLE: Final = "GUILD_PAYROLL_TOKEN"  # noqa: S105  (a name, not a secret)
DEMO_TOKEN: Final = "simulated-guild-token"  # noqa: S105  (opens nothing but the simulator)
RENTALS_PATH: Final = "/northwind/invoices"
PAYROLL_PATH: Final = "/guild/payroll"
_MOST_PER_PAGE: Final = 1000

# (vendor, pull date, page) to what it answers the first time.
FAULTS: Final[Mapping[tuple[str, str, int], tuple[int, dict[str, str]]]] = {
    (NORTHWIND.name, "2026-04-01", 2): (503, {}),
    (GUILD.name, "2026-04-02", 1): (429, {"Retry-After": "1"}),
}


class Portal(HttpServerThread):
    """Serves a world while it is open; use it as a context manager.

    Args:
        world: What is served.
        token: The bearer token that payroll wants.
        faults: Faults in the shape of `FAULTS`.
        recipe: Further faults, of every kind that there is.
        port: Where it answers; a free port if 0.
    """

    def __init__(
        self,
        world: World,
        *,
        token: str = DEMO_TOKEN,
        faults: Mapping[tuple[str, str, int], tuple[int, dict[str, str]]] = FAULTS,
        recipe: Recipe | None = None,
        port: int = 0,
    ) -> None:
        super().__init__("portal", patience=1.0, port=port)
        self.spoiler = Spoiler(recipe or Recipe())
        self._world = world
        self._token = token
        self._faults = dict(faults)
        self.requests = 0
        """How many requests were answered, faults included."""

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self.spoiler.middleware])
        app.router.add_get(RENTALS_PATH, self._rentals)
        app.router.add_get(PAYROLL_PATH, self._payroll)
        return app

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
