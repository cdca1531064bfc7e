"""Landing while others fetch: bounded, payroll first, whole or not at all. And what is observed."""

import asyncio
import hashlib
import io
import json
import logging
import threading
import time
import tracemalloc

import pytest
from aiohttp import web

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.acquire.observe import watched
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.logs import logged
from cost_pipeline.simulator.api import Listing, TokenServer


def paged(server, path="/x", **more):
    pages = {"style": "page", "size": 1, "size_parameter": "size", "more": "more"}
    return {"kind": "http", "url": str(server.make_url(path)), "pages": pages, **more}


class Store:
    """Lands by moving, as a lake does; slow if told so."""

    def __init__(self, folder, *, seconds=0.0, fail_at=None):
        self.folder, self.seconds, self.fail_at = folder, seconds, fail_at
        self.landed, self.times, self.threads = [], [], set()
        self.begun = threading.Event()
        folder.mkdir()

    def __call__(self, pairs):
        self.begun.set()
        self.threads.add(threading.current_thread())
        for job, fetched in pairs:
            time.sleep(self.seconds)
            self.land(job, fetched)

    def land(self, job, fetched):
        if self.fail_at is not None and len(self.landed) >= self.fail_at:
            raise EnvironmentFailedError("the disk is full", code="DISK_FULL")
        assert hashlib.sha256(fetched.path.read_bytes()).hexdigest() == fetched.sha256
        fetched.path.replace(self.folder / f"{fetched.sha256}")
        self.landed.append(job.vendor.vendor)
        self.times.append(time.monotonic())


def run(bench, store, vendors, *, pages=4, policy=None, each=0.0):
    listing = Listing([{"id": number} for number in range(pages)])
    served = []

    async def api(request):
        await asyncio.sleep(each)
        served.append(time.monotonic())
        return await listing.by_number(request)

    async def pull():
        async with bench.serve({f"/{name}": api for name, _ in vendors}) as server:
            jobs = [
                bench.job(name, paged(server, f"/{name}"), kind="json", priority=priority)
                for name, priority in vendors
            ]
            return await bench.pull(*jobs, policy=policy or Policy(backoff=0.0), land=store)

    return asyncio.run(pull()), served


def test_everything_is_landed_while_others_are_fetched(bench, tmp_path):
    store = Store(tmp_path / "store", seconds=0.01)
    pulled, served = run(bench, store, [("a", "normal"), ("b", "normal")], each=0.02)
    assert sorted(store.landed) == ["a"] * 4 + ["b"] * 4
    assert [len(one.fetched) for one in pulled] == [4, 4]
    assert bench.left() == []
    assert min(store.times) < max(served)
    assert threading.main_thread() not in store.threads


def test_pages_of_one_vendor_are_landed_in_their_order(bench):
    seen = []

    def land(pairs):
        for _, fetched in pairs:
            seen.append(json.loads(fetched.path.read_bytes())["items"][0]["id"])
            fetched.path.unlink()

    run(bench, land, [("a", "normal")], pages=6)
    assert seen == list(range(6))


def test_slow_landing_holds_the_fetching_back(bench, tmp_path):
    store = Store(tmp_path / "store", seconds=0.05)
    most = 0

    async def count_waiting():
        nonlocal most
        while True:
            most = max(most, len(bench.left()))
            await asyncio.sleep(0.005)

    listing = Listing([{"id": number} for number in range(20)])

    async def pull():
        async with bench.serve({"/x": listing.by_number}) as server:
            counting = asyncio.create_task(count_waiting())
            policy = Policy(unlanded=2)
            job = bench.job("a", paged(server), kind="json")
            (pulled,) = await bench.pull(job, policy=policy, land=store)
            counting.cancel()
            return pulled

    assert len(asyncio.run(pull()).fetched) == 20
    # Two in the queue (one of them being landed), and the one that was fetched and waits for room.
    assert most <= 3


def test_payroll_is_landed_before_what_waits(bench, tmp_path):
    store = Store(tmp_path / "store", seconds=0.03)
    vendors = [(f"v{number}", "normal") for number in range(6)] + [("guild", "payroll")]
    run(bench, store, vendors, pages=1, policy=Policy(unlanded=3))
    assert "guild" in store.landed[:3]


def test_a_landing_that_fails_ends_the_pull_with_its_error_and_leaves_nothing(bench, tmp_path):
    store = Store(tmp_path / "store", fail_at=3)
    with pytest.raises(EnvironmentFailedError, match="disk is full"):
        run(bench, store, [("a", "normal"), ("b", "normal")], pages=9)
    assert len(list(store.folder.iterdir())) <= 3
    assert bench.left() == []


def test_cancellation_ends_with_whole_landings_and_no_temporary_file(bench, tmp_path):
    store = Store(tmp_path / "store", seconds=0.3)
    listing = Listing([{"id": number} for number in range(50)])

    async def pull():
        async with bench.serve({"/x": listing.by_number}) as server:
            job = bench.job("a", paged(server), kind="json")
            task = asyncio.create_task(bench.pull(job, land=store))
            await asyncio.to_thread(store.begun.wait, 5)
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(pull())
    # The landing that had begun was finished; its bytes are whole.
    (landed,) = store.folder.iterdir()
    assert hashlib.sha256(landed.read_bytes()).hexdigest() == landed.name


def test_what_comes_together_is_landed_together(bench):
    given = []

    def land(pairs):
        given.append(len(pairs))
        time.sleep(0.05)
        for _, fetched in pairs:
            fetched.path.unlink()

    run(bench, land, [(f"v{number}", "normal") for number in range(6)], pages=4)
    assert sum(given) == 24
    assert len(given) < 24
    assert max(given) <= Policy().unlanded
    assert bench.left() == []


def test_memory_does_not_grow_with_the_body(bench):
    block = bytes(range(256)) * 1024
    digest = hashlib.sha256()

    async def large(request):
        response = web.StreamResponse(headers={"Content-Type": "text/csv"})
        await response.prepare(request)
        for _ in range(160):
            await response.write(block)
        return response

    def land(pairs):
        ((_, fetched),) = pairs
        assert fetched.sha256 == digest.hexdigest()
        fetched.path.unlink()

    for _ in range(160):
        digest.update(block)

    async def pull():
        async with bench.serve({"/x": large}) as server:
            job = bench.job("a", {"kind": "http", "url": str(server.make_url("/x"))})
            tracemalloc.start()
            (pulled,) = await bench.pull(job, land=land)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return pulled, peak

    pulled, peak = asyncio.run(pull())
    assert pulled.fetched[0].size == 160 * len(block)
    assert peak < 8 << 20  # a fifth of the body


def test_a_watched_loop_reports_slow_callbacks_pauses_and_growth(caplog):
    caplog.set_level(logging.INFO)
    kept = []

    async def block():
        async with watched(on=True, slow=0.05) as watch:
            await asyncio.sleep(0.03)
            time.sleep(0.15)  # noqa: ASYNC251  (the very thing that must be found)
            kept.append(bytearray(3_000_000))
            await asyncio.sleep(0.03)
        return watch

    watch = asyncio.run(block())
    assert 0.1 < watch.longest_pause < 2
    assert watch.peak > 3_000_000
    assert any("test_landing" in place and size > 2_900_000 for place, size in watch.growth)
    assert any("took 0.1" in record.message for record in caplog.records)
    assert not tracemalloc.is_tracing()


def test_a_pull_under_the_debug_switch_is_the_same_pull(bench, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    store = Store(tmp_path / "store")
    policy = Policy(backoff=0.0, debug_loop=True)
    pulled, _ = run(bench, store, [("a", "normal")], policy=policy)
    assert len(pulled[0].fetched) == 4
    assert any(hasattr(record, "longest_pause") for record in caplog.records)


def test_logs_are_lines_of_json_with_their_fields():
    out = io.StringIO()
    logger = logging.getLogger("cost_pipeline.acquire.engine")
    with logged(out):
        logger.info("%s delivered", "a", extra={"uri": "http://x", "attempts": 2})
        try:
            {}["planted\nline"]
        except LookupError:
            logger.exception("a defect")
    logger.error("nobody listens any more")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["message"], first["uri"], first["attempts"]) == ("a delivered", "http://x", 2)
    assert first["level"] == "info"
    assert "KeyError: 'planted" in second["traceback"]


def test_a_watched_loop_that_tells_of_every_callback_tells_no_secret(bench):
    """asyncio writes a slow callback with its arguments, and futures with their results."""
    bench.environment |= {"TOKEN": "s3cret-token", "ID": "s3cret-id", "SECRET": "s3cret-client"}
    listing = Listing([{"id": 1}])
    tokens = TokenServer("s3cret-id", "s3cret-client", 60.0, time.monotonic)
    auth = {"kind": "bearer", "env": "TOKEN"}
    out = io.StringIO()

    async def pull():
        routes = {"/a": listing.by_number, "/b": listing.by_number}
        async with bench.serve(routes, posts={"/token": tokens.token}) as server:
            client = {
                "kind": "oauth2",
                "url": str(server.make_url("/token")),
                "id_env": "ID",
                "secret_env": "SECRET",
            }
            jobs = [
                bench.job("a", paged(server, "/a", auth=auth), kind="json"),
                bench.job("b", paged(server, "/b", auth=client), kind="json"),
            ]
            policy = Policy(backoff=0.0, debug_loop=True, slow_callback=0.0)
            return await bench.pull(*jobs, policy=policy)

    with logged(out, level=logging.DEBUG):
        first, second = asyncio.run(pull())
    assert (len(first.fetched), len(second.fetched)) == (1, 1)
    assert out.getvalue().count(" took ") > 20
    assert "s3cret" not in out.getvalue()
    assert "simulated-1" not in out.getvalue()  # the token that was given out
