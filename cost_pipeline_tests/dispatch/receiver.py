"""A webhook's receiver on loopback: a real server that remembers, and may refuse at first.

Loaded by its path, because test folders are not packages.
"""

from __future__ import annotations

from aiohttp import web

from cost_pipeline.simulator.server_thread import ServerThread


class Receiver(ServerThread):
    """Takes every document, after it gave the answers of `first`."""

    def __init__(self, *first: int) -> None:
        super().__init__("receiver")
        self.first = list(first)
        self.taken: list[dict] = []
        self.keys: list[str] = []
        self.calls = 0
        self.url = ""

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_post("/hook/s3cret", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook/s3cret"
            await self._until_closed()
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.first:
            return web.Response(status=self.first.pop(0))
        self.taken.append(await request.json())
        self.keys.append(request.headers["Idempotency-Key"])
        return web.Response(text="ok")
