"""Doors into acquire: vendors made from short settings, real folders, real loopback servers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cost_pipeline.acquire.engine import Land, Policy, Pulled, PullJob, pull_all
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.vendor import Vendor

DAY = date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
# No test waits for jitter; Retry-After waits are real.
QUICK = Policy(backoff=0.0, folder_timeout=2.0)

RECORDS = {"json": {"records": "items"}, "xml": {"records": "a/b"}}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def vendor(name: str, source: dict, *, kind: str = "csv", priority: str = "normal") -> Vendor:
    return CostVendor.model_validate(
        {
            "vendor": name,
            "production": "P100",
            "record": "vendor_invoice",
            "priority": priority,
            "source": source,
            "format": {"kind": kind} | RECORDS.get(kind, {}),
            "key": ["transaction_id"],
            "columns": {"transaction_id": ["id"]},
        }
    )


@asynccontextmanager
async def serve(
    routes: dict[str, Handler], *, posts: dict[str, Handler] | None = None, middlewares: tuple = ()
) -> AsyncIterator[TestServer]:
    """A real server on loopback."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await routes[request.path](request)

    app = web.Application(middlewares=middlewares)
    for path in routes:
        app.router.add_get(path, answer)
    for path, handler in (posts or {}).items():
        app.router.add_post(path, handler)
    async with TestServer(app) as server:
        yield server


@dataclass
class Bench:
    """A home's base folder, a scratch folder, and pulls from them."""

    base: Path
    scratch: Path
    environment: dict[str, str] = field(default_factory=dict)
    now: datetime = NOW
    serve: ClassVar = staticmethod(serve)

    def job(self, name, source, *, kind="csv", priority="normal", known=frozenset(), day=DAY):
        return PullJob(vendor(name, source, kind=kind, priority=priority), day, known)

    async def pull(
        self, *jobs: PullJob, policy: Policy = QUICK, land: Land | None = None
    ) -> tuple[Pulled, ...]:
        return await pull_all(
            jobs,
            base=self.base,
            scratch=self.scratch,
            environment=self.environment,
            clock=lambda: NOW,
            policy=policy,
            land=land,
        )

    def folder(self, *, known=frozenset(), policy: Policy = QUICK, **source) -> Pulled:
        settings = {"kind": "folder", "path": "inbox", **source}
        return asyncio.run(self.pull(self.job("files", settings, known=known), policy=policy))[0]

    def http(self, source: dict, *, kind: str = "json", policy: Policy = QUICK, **routes) -> Pulled:
        """One pull from a server of its own; `source` names the path as `url`."""

        async def run() -> Pulled:
            async with serve({f"/{name}": handler for name, handler in routes.items()}) as server:
                settings = {"kind": "http", **source, "url": str(server.make_url(source["url"]))}
                return (await self.pull(self.job("api", settings, kind=kind), policy=policy))[0]

        return asyncio.run(run())

    def left(self) -> list[str]:
        """What lies in the scratch folder."""
        return sorted(file.name for file in self.scratch.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "home" / "inbox").mkdir(parents=True)
    (tmp_path / "scratch").mkdir()
    return Bench(tmp_path / "home", tmp_path / "scratch")


@pytest.fixture
def drop(bench, tmp_path):
    """A partner's SFTP server; for files that are skipped without the extra `sftp`."""
    from cost_pipeline_tests.acquire.sftp_drop import Drop  # noqa: PLC0415  (needs the extra)

    return Drop(bench, tmp_path)
