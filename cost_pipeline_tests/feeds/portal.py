"""A vendor's API on loopback for the flow's tests: a real server with real faults, in a thread.

Loaded by its path, like the door.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from cost_pipeline.simulator.api import Listing
from cost_pipeline.simulator.server_thread import HttpServerThread

PAGES = "{style: page, size: 2, size_parameter: size, more: more, total: total}"

_VENDOR = """vendor: {name}
feed: production
production: P100
record: vendor_invoice
source:
  kind: http
  url: {url}/{name}
  pages: {pages}
  read_timeout: 1
  retry: {{attempts: 2, base: 0}}{more}
format: {{kind: json, records: items}}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
constants: {{department_code: "2000", gl_code: "2000-01"}}
"""


def item(number: int, day: str = "2026-04-01", amount: str = "10.00", currency: str = "GBP"):
    """One invoice as the API gives it."""
    return {"id": f"N{number:03}", "date": day, "amount": amount, "currency": currency}


class Api(HttpServerThread):
    """`/<name>` lists `items`; what is asked is remembered, and the vendor may be down."""

    def __init__(self, *names: str, items=()) -> None:
        super().__init__("api")
        self.names = names or ("api",)
        self.listing = Listing(list(items))
        self.asked: list[str] = []
        self.statuses: list[int] = []
        self.broken: set[str] = set()
        """Pages (`1`, `2`) that break off half way; `*` is a vendor that answers 503."""
        self.stalled: set[str] = set()

    def _app(self) -> web.Application:
        app = web.Application()
        for name in self.names:
            app.router.add_get(f"/{name}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        page = request.query.get("page", "")
        if "*" in self.broken:
            return web.Response(status=503, text="closed for maintenance")
        if page in self.stalled:
            await asyncio.sleep(60)
        answer = await self.listing.by_number(request)
        self.statuses.append(answer.status)
        if page in self.broken and isinstance(answer, web.Response):
            return await self._half(request, answer)
        return answer

    async def _half(self, request: web.Request, answer: web.Response) -> web.StreamResponse:
        body = answer.body
        assert isinstance(body, bytes)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    def vendor(self, name: str = "api", *, pages: str = PAGES, more: str = "") -> str:
        """A vendor file that pulls from here; `more` continues its source."""
        return _VENDOR.format(name=name, url=self.url, pages=pages, more=more)
