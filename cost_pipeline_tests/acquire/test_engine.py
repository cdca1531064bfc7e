"""Many vendors in one pull: bounded, by priority, none harming another, nothing left behind."""

import asyncio
import random
import time

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.acquire.outcome import PullJob
from cost_pipeline.acquire.policy import PrioritySlots
from cost_pipeline.core.errors import EnvironmentFailedError

GOOD = {"items": [{"id": 1}]}


async def _good(_request):
    return web.json_response(GOOD)


async def _stalled(_request):
    await asyncio.sleep(60)
    return web.json_response(GOOD)


def _source(server, path="/good", **more):
    return {"kind": "http", "url": str(server.make_url(path)), **more}


def test_a_stalled_vendor_delays_nobody(bench):
    finished = {}

    async def noting(request):
        finished[request.path] = time.monotonic()
        return web.json_response(GOOD)

    async def run():
        routes = {"/stalled": _stalled, "/good": noting, "/other": noting}
        async with bench.serve(routes) as server:
            (bench.base / "inbox" / "a.csv").write_bytes(b"x")
            started = time.monotonic()
            pulled = await bench.pull(
                bench.job(
                    "stalled",
                    _source(server, "/stalled", attempts=1, read_timeout=1.0),
                    kind="json",
                ),
                bench.job("good", _source(server), kind="json"),
                bench.job("other", _source(server, "/other"), kind="json"),
                bench.job("files", {"kind": "folder", "path": "inbox"}),
            )
            return started, pulled

    started, pulled = asyncio.run(run())
    assert [result.vendor for result in pulled] == ["stalled", "good", "other", "files"]
    assert pulled[0].failures[0].transient
    assert [len(result.fetched) for result in pulled] == [0, 1, 1, 1]
    assert max(finished.values()) - started < 0.9


def test_payroll_does_not_wait_behind_a_house_full_of_stalled_vendors(bench):
    seen = []

    async def payroll(_request):
        seen.append(time.monotonic())
        return web.json_response(GOOD)

    async def run():
        async with bench.serve({"/stalled": _stalled, "/payroll": payroll}) as server:
            stalled = [
                bench.job(
                    f"v{number}",
                    _source(server, "/stalled", attempts=1, read_timeout=1.0),
                    kind="json",
                    priority="high",
                )
                for number in range(4)
            ]
            guild = bench.job("guild", _source(server, "/payroll"), kind="json", priority="payroll")
            started = time.monotonic()
            policy = Policy(total=2, per_host=20, backoff=0)
            return started, await bench.pull(*stalled, guild, policy=policy)

    started, pulled = asyncio.run(run())
    assert len(pulled[-1].fetched) == 1
    assert seen[0] - started < 0.5


def test_no_more_than_the_caps_are_in_flight(bench):
    flying = {"now": 0, "most": 0}

    async def slow(_request):
        flying["now"] += 1
        flying["most"] = max(flying["most"], flying["now"])
        await asyncio.sleep(0.02)
        flying["now"] -= 1
        return web.json_response(GOOD)

    async def run(policy):
        flying.update(now=0, most=0)
        async with bench.serve({"/good": slow}) as server:
            jobs = [bench.job(f"v{n}", _source(server), kind="json") for n in range(12)]
            await bench.pull(*jobs, policy=policy)
        return flying["most"]

    assert asyncio.run(run(Policy(total=3, per_host=10))) == 3
    assert asyncio.run(run(Policy(total=10, per_host=2))) == 2


@given(ranks=st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_waiters_are_served_by_rank_and_then_in_turn(ranks):
    async def run():
        slots, served = PrioritySlots(1), []

        async def one(number, rank):
            async with slots.slot(rank):
                served.append((rank, number))

        async with asyncio.TaskGroup() as group, slots.slot(0):
            for number, rank in enumerate(ranks):
                group.create_task(one(number, rank))
            await asyncio.sleep(0)
        return served

    served = asyncio.run(run())
    assert served == sorted(served)


@given(seed=st.integers(0, 10_000))
def test_cancelled_waiters_lose_no_slot(seed):
    chance = random.Random(seed)  # noqa: S311  (a shuffle, no secret)

    async def run():
        slots = PrioritySlots(2)

        async def one():
            async with slots.slot(chance.randrange(4)):
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(one()) for _ in range(12)]
        for _ in range(6):
            await asyncio.sleep(0)
            chance.choice(tasks).cancel()
        await asyncio.wait(tasks)
        async with asyncio.timeout(1), slots.slot(0), slots.slot(0):
            pass

    asyncio.run(run())


def test_cancellation_leaves_no_temporary_file(bench):
    begun = asyncio.Event()

    async def endless(request):
        response = web.StreamResponse()
        response.content_type = "application/json"
        await response.prepare(request)
        await response.write(b'{"items": [' + b"1," * 300_000)
        begun.set()
        await asyncio.sleep(60)
        return response

    async def run():
        async with bench.serve({"/endless": endless, "/good": _good}) as server:
            jobs = [
                bench.job("endless", _source(server, "/endless"), kind="json"),
                bench.job("good", _source(server), kind="json"),
            ]
            task = asyncio.create_task(bench.pull(*jobs))
            await begun.wait()
            async with asyncio.timeout(5):
                while len(bench.left()) < 2:  # noqa: ASYNC110  (files raise no event)
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert bench.left() == []


class _BrokenEnvironment(dict):
    def get(self, _name, _default=None):
        raise LookupError("planted")


def test_a_defect_in_one_adapter_harms_only_its_vendor(bench, caplog):
    bench.environment = _BrokenEnvironment()

    async def run():
        async with bench.serve({"/good": _good}) as server:
            auth = {"kind": "bearer", "env": "X"}
            return await bench.pull(
                bench.job("broken", _source(server, auth=auth), kind="json"),
                bench.job("good", _source(server), kind="json"),
            )

    broken, good = asyncio.run(run())
    assert "a defect in cost_pipeline (LookupError: planted)" in broken.failures[0].message
    assert len(good.fetched) == 1
    assert "while pulling broken" in caplog.text


def test_our_own_full_disk_ends_the_pull_with_one_clear_error(bench):
    (bench.base / "inbox" / "a.csv").write_bytes(b"x")
    bench.scratch.rmdir()

    async def run():
        async with bench.serve({"/good": _good}) as server:
            await bench.pull(
                bench.job("good", _source(server), kind="json"),
                bench.job("files", {"kind": "folder", "path": "inbox"}),
            )

    with pytest.raises(EnvironmentFailedError) as caught:
        asyncio.run(run())
    assert caught.value.where == str(bench.scratch)


def test_a_pull_of_nothing_is_nothing(bench):
    assert asyncio.run(bench.pull()) == ()


def test_jobs_of_several_dates_may_share_a_pull(bench):
    for day in ("2026-04-01", "2026-04-02"):
        (bench.base / "inbox" / f"{day}.csv").write_bytes(day.encode())
    source = {"kind": "folder", "path": "inbox", "files": "{pull_date:%Y-%m-%d}.csv"}
    first = bench.job("files", source)
    second = PullJob(first.vendor, first.pull_date.replace(day=2))
    pulled = asyncio.run(bench.pull(second, first))
    texts = [result.fetched[0].path.read_bytes() for result in pulled]
    assert texts == [b"2026-04-02", b"2026-04-01"]
