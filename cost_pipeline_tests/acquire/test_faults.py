"""Each fault of the simulator: what the user reads, which reason code, what was kept."""

import asyncio
import gzip
import json
import time
from datetime import timedelta

import pytest
from aiohttp import web

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.core.reasons import Reason
from cost_pipeline.simulator.api import Listing
from cost_pipeline.simulator.faults import Spoiler
from cost_pipeline.simulator.recipes import FaultKind, Recipe

PAGES = {"style": "page", "size": 2, "size_parameter": "size", "more": "more", "total": "total"}
NUMBERS = list(range(1, 7))


class Vendor:
    """A listing of six items in three pages, with faults."""

    def __init__(self, *faults, numbers=NUMBERS):
        self.listing = Listing([{"id": number, "net": f"{number}.50"} for number in numbers])
        self.spoiler = Spoiler(Recipe.model_validate({"faults": faults}))
        self.asked = []

    async def items(self, request):
        return await self.listing.by_number(request)

    def pull(self, bench, *, policy=None, **source):
        async def noting(request, handler):
            self.asked.append((request.query.get("page", ""), time.monotonic()))
            return await handler(request)

        async def run():
            chain = (web.middleware(noting), self.spoiler.middleware)
            async with bench.serve({"/items": self.items}, middlewares=chain) as server:
                settings = {"kind": "http", "url": str(server.make_url("/items")), "pages": PAGES}
                job = bench.job("api", settings | source, kind="json")
                chosen = policy or Policy(backoff=0.0)
                return (await bench.pull(job, policy=chosen))[0]

        return asyncio.run(run())


def ids(pulled):
    return [
        item["id"]
        for fetched in pulled.fetched
        for item in json.loads(fetched.path.read_bytes())["items"]
    ]


# Fault, settings of the source: they pass once, and everything is there, exactly once.
PASSING = [
    ({"fault": "latency", "seconds": 0.2, "calls": [1]}, {}, 3),
    ({"fault": "stall", "seconds": 2, "calls": [1]}, {"read_timeout": 0.2}, 6),
    ({"fault": "reset", "calls": [1]}, {}, 6),
    ({"fault": "truncated_gzip", "calls": [1]}, {}, 6),
    ({"fault": "wrong_length", "calls": [1]}, {}, 6),
    ({"fault": "too_many_requests", "seconds": 0, "calls": [1]}, {}, 6),
    ({"fault": "unavailable", "calls": [1, 2]}, {}, 9),
    ({"fault": "html", "calls": [1]}, {}, 6),
    ({"fault": "clock_skew", "seconds": -86400}, {}, 3),
]


@pytest.mark.parametrize(("fault", "source", "asked"), PASSING, ids=lambda v: str(v)[:40])
def test_a_fault_that_passes_costs_a_retry_and_no_item(bench, fault, source, asked):
    vendor = Vendor(fault)
    pulled = vendor.pull(bench, **source)
    assert pulled.failures == ()
    assert ids(pulled) == NUMBERS
    assert len(vendor.asked) == asked
    assert len(bench.left()) == 3


# Fault, settings, what the user reads, whether it may pass; it stays, on page 2 of 3. A traceback
# is there of what the network did, and none of an answer that was understood.
BY_THE_NETWORK = {"stall", "reset", "wrong_length"}
STAYING = [
    ({"fault": "stall", "seconds": 5}, {"read_timeout": 0.2}, "sent nothing for 0.2 s", True),
    ({"fault": "reset"}, {}, "broke off in the middle of the body", True),
    ({"fault": "truncated_gzip"}, {}, "gzip that is cut short", True),
    ({"fault": "wrong_length"}, {}, "broke off in the middle of the body", True),
    ({"fault": "too_many_requests", "seconds": 0}, {}, "answered 429 Too Many Requests", True),
    (
        {"fault": "too_many_requests", "seconds": 900, "form": "date"},
        {},
        "asks to wait",
        True,
    ),
    ({"fault": "unavailable"}, {}, "answered 503 Service Unavailable", True),
    ({"fault": "expired_token"}, {}, "the credentials are refused; check `auth:`", False),
    ({"fault": "html"}, {}, "a web page instead of data (a maintenance or login page?)", True),
    ({"fault": "repeated_page"}, {}, "is page 1 once more", False),
]


class PageTwo(Spoiler):
    """Only page 2 is struck."""

    @property
    def middleware(self):
        spoil = super().middleware

        @web.middleware
        async def second(request, handler):
            if request.query.get("page") != "2":
                return await handler(request)
            return await spoil(request, handler)

        return second


@pytest.mark.parametrize(
    ("fault", "source", "words", "transient"), STAYING, ids=lambda v: str(v)[:40]
)
def test_a_fault_that_stays_is_one_failure_and_the_page_before_it_is_kept(
    bench, fault, source, words, transient
):
    vendor = Vendor()
    vendor.spoiler = PageTwo(Recipe.model_validate({"faults": [fault]}))
    pulled = vendor.pull(bench, retry={"attempts": 2}, **source)
    (failure,) = pulled.failures
    assert words in failure.message
    assert failure.reason is Reason.FETCH_FAILED
    assert failure.transient is transient
    assert "page=2" in failure.uri
    assert ids(pulled) == [1, 2]
    assert len(bench.left()) == 1
    assert [one.outcome for one in pulled.telemetry] == ["delivered", "failed"]
    assert (failure.traceback is not None) is (fault["fault"] in BY_THE_NETWORK)
    if failure.traceback:
        assert "cost_pipeline.acquire." in failure.traceback
        assert "127.0.0.1" not in failure.traceback


# Fault on page 2 of 3, settings, and how what is kept of it begins; nothing where nothing came.
KEPT = [
    ({"fault": "stall", "seconds": 5}, {"read_timeout": 0.2}, b'{"total":'),
    ({"fault": "reset"}, {}, b'{"total":'),
    ({"fault": "wrong_length"}, {}, b'{"total":'),
    ({"fault": "html"}, {}, b"<!DOCTYPE html><html><body><h1>We will be back soon"),
    ({"fault": "repeated_page"}, {}, b'{"total":'),
    ({"fault": "unavailable"}, {}, None),
    ({"fault": "expired_token"}, {}, None),
    ({"fault": "too_many_requests", "seconds": 0}, {}, None),
]


@pytest.mark.parametrize(("fault", "source", "begins"), KEPT, ids=lambda v: str(v)[:40])
def test_what_was_received_of_what_failed_is_kept_as_evidence(bench, fault, source, begins):
    vendor = Vendor()
    vendor.spoiler = PageTwo(Recipe.model_validate({"faults": [fault]}))
    policy = Policy(backoff=0.0, keep_received=True)
    (failure,) = vendor.pull(bench, policy=policy, retry={"attempts": 1}, **source).failures
    found = failure.received.read_bytes() if failure.received else None
    assert found is None if begins is None else found.startswith(begins)


def test_what_arrived_of_a_broken_page_is_kept_where_the_policy_wants_it(bench):
    vendor = Vendor({"fault": "reset"})
    policy = Policy(backoff=0.0, keep_received=True)
    (failure,) = vendor.pull(bench, policy=policy, retry={"attempts": 1}).failures
    assert failure.received is not None
    assert failure.received.read_bytes().startswith(b'{"total": 6')


def test_shuffled_pages_are_all_there_exactly_once(bench):
    vendor = Vendor({"fault": "shuffled_pages"}, numbers=range(1, 9))
    pulled = vendor.pull(bench, pages={**PAGES, "more": None, "total": "total"})
    assert sorted(ids(pulled)) == list(range(1, 9))
    assert ids(pulled) != list(range(1, 9))
    assert pulled.failures == ()


def test_a_list_that_changes_while_it_is_read_is_noticed_by_its_total(bench):
    vendor = Vendor({"fault": "changing_page", "where": "/items", "calls": [1]})
    pulled = vendor.pull(bench)
    (failure,) = pulled.failures
    assert "counts 6 items in all and its pages held 3" in failure.message
    assert failure.transient
    assert len(pulled.fetched) == 3  # what was received is kept


def test_retry_after_as_a_date_is_right_whatever_the_vendors_clock_says(bench):
    skew = timedelta(days=3).total_seconds()
    vendor = Vendor(
        {"fault": "too_many_requests", "seconds": 2, "form": "date", "calls": [1]},
        {"fault": "clock_skew", "seconds": skew},
        numbers=[1],
    )
    pulled = vendor.pull(bench)
    assert ids(pulled) == [1]
    first, second = (at for _, at in vendor.asked)
    # Dates have whole seconds: up to one is lost.
    assert 1.0 <= second - first < 3.5


def test_an_answer_under_another_name_has_the_same_hash(bench):
    vendor = Vendor()

    async def run():
        async with bench.serve({"/a": vendor.items, "/b": vendor.items}) as server:
            jobs = [
                bench.job(
                    name, {"kind": "http", "url": str(server.make_url(f"/{name}"))}, kind="json"
                )
                for name in ("a", "b")
            ]
            return await bench.pull(*jobs)

    first, second = asyncio.run(run())
    assert first.fetched[0].sha256 == second.fetched[0].sha256
    assert first.fetched[0].uri != second.fetched[0].uri


def test_every_kind_of_fault_has_its_test():
    of_http = {FaultKind(fault["fault"]) for fault, *_ in [*PASSING, *STAYING]}
    here = {FaultKind.SHUFFLED_PAGES, FaultKind.CHANGING_PAGE, FaultKind.DUPLICATE}
    of_sftp = {FaultKind.HOST_KEY, FaultKind.GROWING}
    assert of_http | here | of_sftp == set(FaultKind)


BODY = b'{"items": [{"id": 1}]}'


def answer(content, **headers):
    async def handler(_request):
        fields = {name.replace("_", "-"): text for name, text in headers.items()}
        return web.Response(body=content, headers={"Content-Type": "application/json", **fields})

    return handler


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (gzip.compress(BODY, mtime=0), {"Content_Encoding": "gzip"}),
        (
            gzip.compress(BODY[:5]) + gzip.compress(BODY[5:]) + b"\0" * 9,
            {"Content_Encoding": "gzip"},
        ),
    ],
    ids=["content-encoding", "members and padding"],
)
def test_gzip_for_the_way_is_landed_unpacked_with_the_hash_of_what_came(bench, content, headers):
    (fetched,) = bench.http({"url": "/x"}, x=answer(content, **headers)).fetched
    assert fetched.path.read_bytes() == BODY
    assert fetched.packed is not None
    assert fetched.packed.size == len(content)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_delivery_that_itself_is_gzip_is_landed_verbatim(bench, encoded):
    packed = gzip.compress(BODY, mtime=0)
    headers = {"Content-Type": "application/gzip"}
    content = gzip.compress(packed, mtime=0) if encoded else packed
    headers |= {"Content-Encoding": "gzip"} if encoded else {}
    pulled = bench.http({"url": "/x"}, x=answer(content, **headers))
    assert pulled.failures == ()
    (fetched,) = pulled.fetched
    assert fetched.path.read_bytes() == packed
    assert (fetched.packed is not None) is encoded


@pytest.mark.parametrize("cut", [1, 4, 8, 12])
@pytest.mark.parametrize("headers", [{"Content_Encoding": "gzip"}, {}])
def test_gzip_without_its_end_is_found_wherever_it_is_cut(bench, cut, headers):
    handler = answer(gzip.compress(BODY * 50)[:-cut], **headers)
    (failure,) = bench.http({"url": "/x", "attempts": 2}, x=handler).failures
    assert "cut short" in failure.message
    assert (failure.transient, failure.attempts) == (True, 2)
    assert bench.left() == []


@pytest.mark.parametrize(
    ("content", "headers", "words", "transient"),
    [
        (b"not gzip at all", {"Content_Encoding": "gzip"}, "damaged gzip", True),
        (b"\x1f\x8b rubbish", {}, "damaged gzip", True),
        (b"x", {"Content_Encoding": "br"}, "the encoding br, which was not asked for", False),
        (
            gzip.compress(b"<html>", mtime=0),
            {"Content_Encoding": "gzip"},
            "calls itself data",
            True,
        ),
    ],
)
def test_what_cannot_be_unpacked_is_no_delivery(bench, content, headers, words, transient):
    (failure,) = bench.http({"url": "/x", "attempts": 1}, x=answer(content, **headers)).failures
    assert words in failure.message
    assert failure.transient is transient


def test_a_gzip_bomb_does_not_go_off(bench):
    bomb = gzip.compress(b"0" * (80 << 20), compresslevel=1)
    started = time.monotonic()
    (failure,) = bench.http(
        {"url": "/x"}, kind="csv", x=answer(bomb, Content_Type="text/csv")
    ).failures
    assert "200 times its size" in failure.message
    assert (failure.transient, failure.attempts) == (False, 1)
    assert time.monotonic() - started < 10
    assert bench.left() == []


def test_a_delivery_beyond_the_limit_is_refused(bench):
    policy = Policy(backoff=0.0, most_bytes=1000)
    handler = answer(b"[" + b"1," * 999, Content_Type="application/json")
    (failure,) = bench.http({"url": "/x"}, policy=policy, x=handler).failures
    assert "more than 1,000 bytes" in failure.message
    assert not failure.transient
