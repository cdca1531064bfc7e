"""What a host bears: shared rests, token buckets, breakers, deadlines, tokens renewed in time."""

import asyncio
import json
import logging
import time
from itertools import pairwise

import pytest
import stamina
from aiohttp import web

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.acquire.retries import quiet_retries
from cost_pipeline.contracts.sources import Breaker, HttpSource, Limits, Retry
from cost_pipeline.simulator.api import Listing, TokenServer

GOOD = {"items": [{"id": 1}]}


async def good(_request):
    return web.json_response(GOOD)


def source(server, path, **more):
    return {"kind": "http", "url": str(server.make_url(path)), **more}


def pull_many(bench, handler, count, *, policy=None, **more):
    """`count` vendors on one host; how they ended."""

    async def run():
        async with bench.serve({"/x": handler}) as server:
            jobs = [
                bench.job(f"v{n}", source(server, "/x", **more), kind="json") for n in range(count)
            ]
            return await bench.pull(*jobs, policy=policy or Policy(backoff=0.0, per_host=4))

    return asyncio.run(run())


def test_a_retry_after_holds_every_worker_of_the_host(bench):
    times, told = [], []

    async def busy(_request):
        times.append(time.monotonic())
        if len(times) == 1:
            told.append(times[0])
            return web.Response(status=429, headers={"Retry-After": "1"})
        await asyncio.sleep(0.05)
        return web.json_response(GOOD)

    pulled = pull_many(bench, busy, 8)
    assert all(len(one.fetched) == 1 for one in pulled)
    # What was under way when the host said so is under way; nobody else comes before the time.
    late = [at - told[0] for at in times if at - told[0] > 0.04]
    assert min(late) >= 1.0


def test_a_host_that_asks_for_hours_is_asked_no_more_by_anybody(bench):
    times = []

    async def gone(_request):
        times.append(time.monotonic())
        return web.Response(status=503, headers={"Retry-After": "7200"})

    pulled = pull_many(bench, gone, 6, policy=Policy(backoff=0.0, per_host=1))
    assert len(times) == 1
    messages = sorted({one.failures[0].message for one in pulled})
    assert messages[1] == (
        "is not asked: v0 was told to wait, 7,200 s from now, longer than this pull waits"
    )
    assert all(one.failures[0].transient for one in pulled)


def test_a_retry_after_of_one_path_or_credentials_does_not_silence_the_others(bench):
    """The third vendor asks for the same path as the first one, as somebody else."""
    bench.environment |= {"ONE": "one", "OTHER": "other"}

    async def busy(request):
        if request.headers.get("Authorization") == "Bearer one":
            return web.Response(status=429, headers={"Retry-After": "7200"})
        return web.json_response(GOOD)

    async def run():
        async with bench.serve({"/busy": busy, "/well": busy}) as server:

            def job(name, path, env):
                auth = {"auth": {"kind": "bearer", "env": env}} if env else {}
                return bench.job(name, source(server, path, **auth), kind="json")

            jobs = [
                job("told", "/busy", "ONE"),
                job("elsewhere", "/well", "OTHER"),
                job("other", "/busy", "OTHER"),
                job("nobody", "/busy", ""),
            ]
            return await bench.pull(*jobs, policy=Policy(backoff=0.0, per_host=1))

    told, *others = asyncio.run(run())
    assert "asks to wait 7,200 s" in told.failures[0].message
    assert [len(one.fetched) for one in others] == [1, 1, 1]


def test_a_token_bucket_is_shared_by_the_vendors_of_a_host(bench):
    times = []

    async def noting(_request):
        times.append(time.monotonic())
        return web.json_response(GOOD)

    pulled = pull_many(bench, noting, 9, limits={"calls": 3, "per": 0.3})
    assert all(len(one.fetched) == 1 for one in pulled)
    # Three at once from the full bucket, then one in 0.1 s.
    assert max(times) - min(times) >= 0.55


def test_the_strictest_vendor_of_a_host_decides_for_all(bench):
    flying = {"now": 0, "most": 0}

    async def slow(_request):
        flying["now"] += 1
        flying["most"] = max(flying.values())
        await asyncio.sleep(0.02)
        flying["now"] -= 1
        return web.json_response(GOOD)

    async def run():
        async with bench.serve({"/x": slow}) as server:
            jobs = [
                bench.job(f"v{n}", source(server, "/x", limits={"connections": n + 2}), kind="json")
                for n in range(8)
            ]
            await bench.pull(*jobs)

    asyncio.run(run())
    assert flying["most"] == 2


def test_a_failing_host_is_left_alone_and_probed(bench):
    calls = []

    async def sick_then_well(_request):
        calls.append(time.monotonic())
        if len(calls) <= 8:
            return web.Response(status=500)
        return web.json_response(GOOD)

    pulled = pull_many(
        bench,
        sick_then_well,
        12,
        breaker={"calls": 4, "rest": 0.4, "failures": 0.05},
        retry={"attempts": 8},
    )
    assert all(len(one.fetched) == 1 for one in pulled), [one.failures for one in pulled]
    pauses = [after - before for before, after in pairwise(calls)]
    assert max(pauses) >= 0.4


def test_a_host_that_stays_down_is_not_asked_by_those_who_cannot_wait(bench):
    calls = []

    async def down(_request):
        calls.append(1)
        return web.Response(status=500)

    pulled = pull_many(
        bench,
        down,
        30,
        breaker={"calls": 5, "rest": 60},
        retry={"attempts": 2, "deadline": 20},
    )
    assert len(calls) <= 5 + 4
    messages = {one.failures[0].message for one in pulled}
    assert any("left alone for a while" in message for message in messages)
    assert all(one.failures[0].transient for one in pulled)


def test_a_deadline_ends_the_tries_and_says_so(bench):
    async def down(_request):
        return web.Response(status=503, headers={"Retry-After": "3"})

    started = time.monotonic()
    (pulled,) = pull_many(bench, down, 1, retry={"attempts": 9, "deadline": 1})
    assert time.monotonic() - started < 1
    assert "the deadline of 1 s leaves no time" in pulled.failures[0].message
    assert pulled.failures[0].transient


@pytest.mark.parametrize("attempt", [1, 2, 5, 40])
def test_jitter_is_full_and_bounded(attempt):
    retry = Retry(base=0.5, max=8)
    ceiling = min(8, 0.5 * 2**attempt)
    assert Policy(chance=lambda: 0.0).wait(retry, attempt) == 0
    assert Policy(chance=lambda: 0.999).wait(retry, attempt) == pytest.approx(0.999 * ceiling)


OAUTH = {"kind": "oauth2", "id_env": "CLIENT_ID", "secret_env": "CLIENT_SECRET"}


def pull_with_tokens(bench, lasts, pages=6, *, refuse=(), each=0.0, **auth):
    """A paged pull behind a token server whose tokens last so long; requests and tokens given."""
    bench.environment |= {"CLIENT_ID": "studio", "CLIENT_SECRET": "s3cret"}
    tokens = TokenServer("studio", "s3cret", lasts, time.monotonic)
    listing = Listing([{"id": number} for number in range(pages)])
    seen = []

    async def api(request):
        seen.append(request.headers.get("Authorization"))
        await asyncio.sleep(each)
        if len(seen) in refuse or not tokens.accepts(request):
            return web.json_response({"error": "invalid_token"}, status=401)
        return await listing.by_number(request)

    async def run():
        async with bench.serve({"/x": api}, posts={"/token": tokens.token}) as server:
            settings = source(
                server,
                "/x",
                auth={**OAUTH, "url": str(server.make_url("/token")), **auth},
                pages={"style": "page", "size": 1, "size_parameter": "size", "more": "more"},
            )
            return (await bench.pull(bench.job("api", settings, kind="json")))[0]

    return asyncio.run(run()), seen, tokens


def test_one_token_serves_all_pages(bench):
    pulled, seen, tokens = pull_with_tokens(bench, lasts=3600)
    assert len(pulled.fetched) == 6
    assert (len(set(seen)), len(tokens.given)) == (1, 1)


def test_a_token_is_renewed_before_it_ends_so_that_no_call_is_refused(bench):
    pulled, seen, tokens = pull_with_tokens(bench, lasts=0.4, each=0.12, refresh_before=0.2)
    assert len(pulled.fetched) == 6
    assert len(seen) == 6
    assert len(tokens.given) >= 3


def test_a_token_that_is_refused_before_its_time_is_fetched_anew_once(bench):
    pulled, seen, tokens = pull_with_tokens(bench, lasts=3600, refuse={2})
    assert len(pulled.fetched) == 6
    assert (len(seen), len(tokens.given)) == (7, 2)


def test_fresh_tokens_that_are_refused_too_are_a_matter_of_rights(bench):
    pulled, seen, _ = pull_with_tokens(bench, lasts=3600, refuse=range(1, 99))
    (failure,) = pulled.failures
    assert "refused a fresh token" in failure.message
    assert not failure.transient
    assert len(seen) == 2


def test_a_wrong_client_secret_names_its_variables_and_not_itself(bench):
    bench.environment |= {"CLIENT_ID": "studio", "CLIENT_SECRET": "s3cret-but-wrong"}
    tokens = TokenServer("studio", "s3cret", 60, time.monotonic)

    async def run():
        async with bench.serve({"/x": good}, posts={"/token": tokens.token}) as server:
            auth = {**OAUTH, "url": str(server.make_url("/token"))}
            return (await bench.pull(bench.job("a", source(server, "/x", auth=auth), kind="json")))[
                0
            ]

    (failure,) = asyncio.run(run()).failures
    assert "CLIENT_ID and CLIENT_SECRET" in failure.message
    assert "s3cret" not in failure.message
    assert not failure.transient


@pytest.mark.parametrize(
    "answer", [b"", b"[]", b'{"access_token": 1}', b'{"access_token": "a\\n"}']
)
def test_an_answer_without_a_token_is_no_token(bench, answer):
    bench.environment |= {"CLIENT_ID": "studio", "CLIENT_SECRET": "s3cret"}

    async def odd(_request):
        return web.Response(body=answer, content_type="application/json")

    async def run():
        async with bench.serve({"/x": good}, posts={"/token": odd}) as server:
            auth = {**OAUTH, "url": str(server.make_url("/token"))}
            settings = source(server, "/x", auth=auth, attempts=2)
            return (await bench.pull(bench.job("a", settings, kind="json")))[0]

    (failure,) = asyncio.run(run()).failures
    assert "an answer without a token" in failure.message
    assert failure.attempts == 2


def test_the_policies_have_good_defaults_and_are_frozen():
    plain = HttpSource.model_validate({"kind": "http", "url": "https://x.example"})
    assert plain.retry == Retry(attempts=4, base=0.5, max=30, deadline=300)
    assert plain.breaker == Breaker(failures=0.05, window=60, calls=20, rest=10)
    assert plain.limits == Limits()
    with pytest.raises(ValueError, match="frozen"):
        plain.retry.attempts = 9
    short = HttpSource.model_validate({"kind": "http", "url": "https://x.example", "attempts": "7"})
    assert short.attempts == short.retry.attempts == 7


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"attempts": 2, "retry": {"attempts": 3}}, "once"),
        ({"retry": {"tries": 3}}, "retry.tries"),
        ({"breaker": {"failures": 2}}, "breaker.failures"),
        ({"pages": {"style": "cursor"}}, "next"),
        ({"pages": {"style": "page", "next": "x"}}, "next"),
        ({"auth": {"kind": "oauth2", "env": "X"}}, "url"),
        ({"incremental": {"parameter": "since"}}, "field"),
    ],
)
def test_settings_that_mean_nothing_are_refused(more, message):
    with pytest.raises(ValueError, match=message):
        HttpSource.model_validate({"kind": "http", "url": "https://x.example", **more})


def test_telemetry_has_one_record_per_delivery_and_is_a_line_of_the_log(bench, caplog):
    caplog.set_level(logging.INFO, "cost_pipeline.acquire")
    (pulled,) = pull_many(bench, good, 1)
    (record,) = pulled.telemetry
    (fetched,) = pulled.fetched
    assert (record.outcome, record.size, record.attempts) == ("delivered", fetched.size, 1)
    assert record.sha256 == fetched.sha256
    assert 0 < record.latency < 5
    assert json.loads(json.dumps(record.as_fields()))["pull_date"] == "2026-04-01"
    assert any(getattr(line, "sha256", "") == fetched.sha256 for line in caplog.records)


def test_a_failure_has_its_telemetry_too(bench):
    async def down(_request):
        return web.Response(status=404)

    (record,) = pull_many(bench, down, 1)[0].telemetry
    assert (record.outcome, record.reason, record.transient) == ("failed", "FETCH_FAILED", False)


def test_what_a_host_hears_of_retries_is_its_own_again_after_a_pull():
    mine = [lambda _details: None]
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks(mine)
    try:
        with quiet_retries():
            assert stamina.instrumentation.get_on_retry_hooks() == ()
        assert stamina.instrumentation.get_on_retry_hooks() == tuple(mine)
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)
