"""A server on loopback in a thread of its own, open while its context is."""

from __future__ import annotations

import abc
import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from cost_pipeline.core.errors import EnvironmentFailedError

_START_TIMEOUT: Final = 10.0


class ServerThread(abc.ABC):
    """What the simulated servers share; each says in `_serve` what it is.

    Args:
        name: For messages and the thread.
        failures: What opening it may raise.
    """

    def __init__(self, name: str, *, failures: tuple[type[Exception], ...] = (OSError,)) -> None:
        self._name = name
        self._failures = failures
        self._ready = threading.Event()
        self._is_open = False
        self._failed: Exception | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abc.abstractmethod
    async def _serve(self) -> None:
        """Opens the server, waits for `_until_closed`, and closes it."""

    async def _until_closed(self) -> None:
        """Keeps the server open until its context ends."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._is_open = True
        self._ready.set()
        await self._stop.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(_START_TIMEOUT)
        if not self._is_open:
            raise EnvironmentFailedError(
                f"the simulated {self._name} did not start: {self._failed or 'no answer'}",
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
        except self._failures as error:
            self._failed = error
        finally:
            self._ready.set()


class HttpServerThread(ServerThread):
    """An HTTP server on loopback; what it answers is said in `_app`.

    Args:
        name: For messages and the thread.
        patience: Seconds that answers under way have when it closes.
        port: The port; a free one if 0.
    """

    def __init__(self, name: str, *, patience: float = 0.5, port: int = 0) -> None:
        super().__init__(name)
        self._patience = patience
        self._port = port
        self.url = ""
        """The address, `http://127.0.0.1:<port>`, once it is open."""

    @abc.abstractmethod
    def _app(self) -> web.Application:
        """Returns the routes and what answers them."""

    async def _serve(self) -> None:
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=self._patience)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self._port)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            await self._until_closed()
        finally:
            await runner.cleanup()
