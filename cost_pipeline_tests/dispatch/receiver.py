"""A webhook's receiver on loopback: a real server that remembers, and may refuse at first.

Loaded by its path, because test folders are not packages.
"""

from __future__ import annotations

from aiohttp import web

from cost_pipeline.simulator.server_thread import HttpServerThread


class Receiver(HttpServerThread):
    """Takes every document, after it gave the answers of `first`."""

    def __init__(self, *first: int) -> None:
        super().__init__("receiver")
        self.first = list(first)
        self.taken: list[dict] = []
        self.keys: list[str] = []
        self.calls = 0

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/hook/s3cret", self._take)
        return app

    @property
    def hook(self) -> str:
        """Where documents are taken; a secret is in it, as with chat tools."""
        return f"{self.url}/hook/s3cret"

    async def _take(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.first:
            return web.Response(status=self.first.pop(0))
        self.taken.append(await request.json())
        self.keys.append(request.headers["Idempotency-Key"])
        return web.Response(text="ok")
