"""HTTP sources against real loopback servers: what counts as a delivery, what is tried again."""

import asyncio
import base64
import hashlib
import json
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from cost_pipeline.acquire.answer import retry_after
from cost_pipeline.acquire.engine import Policy
from cost_pipeline.core.reasons import Reason

PAGED = {
    "style": "page",
    "size": 2,
    "size_parameter": "size",
}


def items(*numbers: int, **more: object) -> web.Response:
    return web.json_response({"items": [{"id": number} for number in numbers], **more})


def ids(pulled) -> list[list[int]]:
    return [
        [item["id"] for item in json.loads(fetched.path.read_bytes())["items"]]
        for fetched in pulled.fetched
    ]


class Script:
    """Answers in order; the last one for good. Remembers when and how it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests: list[web.Request] = []
        self.times: list[float] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.times.append(time.monotonic())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def status(code: int, **headers: str):
    async def answer(_request):
        return web.Response(
            status=code, headers={name.replace("_", "-"): text for name, text in headers.items()}
        )

    return answer


def good(*numbers: int, **more: object):
    async def answer(_request):
        return items(*numbers, **more)

    return answer


def body(content: bytes, content_type: str = "application/json"):
    async def answer(_request):
        return web.Response(body=content, content_type=content_type)

    return answer


def test_one_answer_is_one_delivery_byte_for_byte(bench):
    content = b'{"items": [{"id":  1.50}]}\r\n'
    pulled = bench.http({"url": "/x"}, x=Script(body(content)))
    (fetched,) = pulled.fetched
    assert fetched.path.read_bytes() == content
    assert fetched.sha256 == hashlib.sha256(content).hexdigest()
    assert (fetched.size, fetched.status, fetched.attempts) == (len(content), 200, 1)
    assert fetched.content_type.startswith("application/json")
    assert fetched.fetched_at == bench.now
    assert fetched.uri.endswith("/x")


def test_the_pull_date_is_filled_into_address_and_parameters(bench):
    script = Script(good(1))
    source = {"url": "/x?a=1", "parameters": {"day": "{pull_date:%d.%m.%Y}"}}
    bench.http(source, x=script)
    assert dict(script.requests[0].query) == {"a": "1", "day": "01.04.2026"}


@pytest.mark.parametrize(
    ("pages", "answers", "expected", "asked"),
    [
        (PAGED, [good(1, 2), good(3), good()], [[1, 2], [3]], 3),
        (PAGED, [good(1, 2), good(3, 4), good()], [[1, 2], [3, 4]], 3),
        (PAGED, [good()], [[]], 1),
        ({"style": "page"}, [good(1, 2), good(3), good()], [[1, 2], [3]], 3),
        (
            {"style": "page", "more": "more"},
            [good(1, more=True), good(2, more=False)],
            [[1], [2]],
            2,
        ),
        ({"style": "page", "more": "next"}, [good(1, next="x"), good(2, next=None)], [[1], [2]], 2),
        ({"style": "page", "more": "left"}, [good(1, left=1), good(2, left=0)], [[1], [2]], 2),
        ({"style": "page", "more": "meta.more"}, [good(1)], [[1]], 1),
        ({"style": "none"}, [good(1, 2)], [[1, 2]], 1),
    ],
)
def test_pages_are_followed_to_their_end(bench, pages, answers, expected, asked):
    script = Script(*answers)
    pulled = bench.http({"url": "/x", "pages": pages}, x=script)
    assert pulled.failures == ()
    assert ids(pulled) == expected
    assert len(script.requests) == asked
    assert len({fetched.uri for fetched in pulled.fetched}) == len(expected)
    assert len(bench.left()) == len(expected)


def test_page_number_and_size_are_asked_for(bench):
    script = Script(good(1, 2), good(3), good())
    bench.http({"url": "/x", "pages": {**PAGED, "first": 0, "page_parameter": "p"}}, x=script)
    assert [dict(request.query) for request in script.requests] == [
        {"p": "0", "size": "2"},
        {"p": "1", "size": "2"},
        {"p": "2", "size": "2"},
    ]


def test_lines_of_json_lines_and_csv_are_counted_as_items(bench):
    script = Script(
        body(b'{"id":1}\n{"id":2}\n', "application/x-ndjson"),
        body(b'{"id":3}\n\n', "application/x-ndjson"),
    )
    assert len(bench.http({"url": "/x", "pages": PAGED}, kind="jsonl", x=script).fetched) == 2
    script = Script(body(b"id\n1\n2\n", "text/csv"), body(b"id\n", "text/csv"))
    assert len(bench.http({"url": "/x", "pages": PAGED}, kind="csv", x=script).fetched) == 1
    assert len(script.requests) == 2


def test_an_api_that_does_not_heed_the_page_number_is_found_out(bench):
    pulled = bench.http({"url": "/x", "pages": PAGED}, x=Script(good(1, 2)))
    assert ids(pulled) == [[1, 2]]
    (failure,) = pulled.failures
    assert "is page 1 once more" in failure.message
    assert len(bench.left()) == 1


def test_an_api_without_an_end_is_left_at_the_limit(bench):
    script = Script(*(good(number, number) for number in range(9)))
    pulled = bench.http(
        {"url": "/x", "pages": PAGED}, policy=Policy(backoff=0, most_pages=3), x=script
    )
    assert len(pulled.fetched) == 3
    assert "does not end" in pulled.failures[0].message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"items": [{"id": 1}', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"rows": []}', "no list of records at `items`"),
        (b'{"items": {"id": 1}}', "no list of records at `items`"),
    ],
)
def test_a_page_that_cannot_be_followed_is_a_failure(bench, content, message):
    pulled = bench.http({"url": "/x", "pages": PAGED}, x=Script(body(content)))
    assert pulled.fetched == ()
    assert message in pulled.failures[0].message
    assert bench.left() == []


def test_503_then_good_is_one_delivery_at_the_second_attempt(bench):
    pulled = bench.http({"url": "/x"}, x=Script(status(503), good(1)))
    assert ids(pulled) == [[1]]
    assert pulled.fetched[0].attempts == 2
    assert pulled.failures == ()


def test_a_retry_is_logged_and_prints_nothing(bench, caplog, capfd):
    caplog.set_level("INFO", "cost_pipeline.acquire")
    bench.http({"url": "/x"}, x=Script(status(503), good(1)))
    assert capfd.readouterr() == ("", "")
    assert "/x answered 503 Service Unavailable (attempt 1 of 4)" in caplog.text


def test_retry_after_in_seconds_is_waited_for(bench):
    script = Script(status(429, Retry_After="1"), good(1))
    pulled = bench.http({"url": "/x"}, x=script)
    assert pulled.fetched[0].attempts == 2
    assert 1.0 <= script.times[1] - script.times[0] < 2.5


def test_retry_after_as_a_date_is_measured_by_the_vendors_clock(bench):
    vendors_now = bench.now - timedelta(days=400)
    until = format_datetime(vendors_now + timedelta(seconds=1), usegmt=True)
    script = Script(
        status(503, Retry_After=until, Date=format_datetime(vendors_now, usegmt=True)), good(1)
    )
    pulled = bench.http({"url": "/x"}, x=script)
    assert pulled.fetched[0].attempts == 2
    assert 1.0 <= script.times[1] - script.times[0] < 2.5


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "\u0667"}, None),
        ({"Retry-After": "9" * 40}, 999_999_999.0),
        ({"Retry-After": "Wed, 01 Apr 2026 12:00:30 GMT"}, 30.0),
        ({"Retry-After": "Wed, 01 Apr 2026 12:00:30 -0000"}, 30.0),
        ({"Retry-After": "Wed, 01 Apr 2020 12:00:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 99 Apr 2020 12:00:00 GMT"}, None),
    ],
)
def test_both_forms_of_retry_after_are_read(bench, headers, expected):
    assert retry_after(headers, bench.now) == expected


def test_a_vendor_that_asks_for_hours_is_left_alone_at_once(bench):
    script = Script(status(429, Retry_After="7200"))
    pulled = bench.http({"url": "/x"}, x=script)
    (failure,) = pulled.failures
    assert "asks to wait 7,200 s" in failure.message
    assert failure.transient is True
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("code", "tries", "transient", "message"),
    [
        (400, 1, False, "400 Bad Request"),
        (401, 1, False, "credentials are refused"),
        (404, 1, False, "404 Not Found"),
        (405, 1, False, "405"),
        (302, 1, False, "final address"),
        (408, 3, True, "408"),
        (429, 3, True, "429"),
        (500, 3, True, "500"),
        (501, 1, False, "501"),
        (503, 3, True, "503"),
    ],
)
def test_only_what_may_pass_is_tried_again(bench, code, tries, transient, message):
    script = Script(status(code))
    pulled = bench.http({"url": "/x", "attempts": 3}, x=script)
    (failure,) = pulled.failures
    assert message in failure.message
    assert (failure.attempts, failure.transient) == (tries, transient)
    assert len(script.requests) == tries
    assert failure.reason is Reason.FETCH_FAILED
    assert bench.left() == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (body(b"<html>back soon</html>", "text/html"), "web page instead of data"),
        (body(b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>", "application/json"), "calls itself data"),
        (body(b"", "application/json"), "answered with nothing"),
        (body(b"Service unavailable", "text/plain"), "not JSON"),
    ],
)
def test_a_maintenance_page_with_status_200_is_no_delivery(bench, answer, message):
    pulled = bench.http({"url": "/x", "attempts": 2}, x=Script(answer))
    assert pulled.fetched == ()
    (failure,) = pulled.failures
    assert message in failure.message
    assert (failure.transient, failure.attempts) == (True, 2)
    assert bench.left() == []


def test_a_wrong_content_type_is_refused_at_once(bench):
    pulled = bench.http({"url": "/x"}, x=Script(body(b"{}", "image/png")))
    assert "image/png where json was expected" in pulled.failures[0].message
    assert pulled.failures[0].attempts == 1


async def _truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"items": [')
    assert request.transport is not None
    request.transport.close()
    return response


def test_a_truncated_body_is_no_delivery_and_is_tried_again(bench):
    pulled = bench.http({"url": "/x"}, x=Script(_truncated, good(1)))
    assert ids(pulled) == [[1]]
    assert pulled.fetched[0].attempts == 2
    pulled = bench.http({"url": "/x", "attempts": 2}, x=Script(_truncated))
    assert "broke off in the middle" in pulled.failures[0].message
    assert len(bench.left()) == 1


def test_what_arrived_is_kept_where_the_policy_wants_it(bench):
    policy = Policy(backoff=0, keep_received=True)
    source = {"url": "/x", "attempts": 2}
    (failure,) = bench.http(source, policy=policy, x=Script(_truncated)).failures
    assert failure.received is not None
    assert failure.received.read_bytes() == b'{"items": ['
    assert bench.left() == [failure.received.name]


async def _stalls(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(b'{"items": [')
    await asyncio.sleep(30)
    return response


def test_a_body_that_stalls_times_out_with_the_limit_in_the_message(bench):
    source = {"url": "/x", "attempts": 1, "read_timeout": 0.2}
    (failure,) = bench.http(source, x=Script(_stalls)).failures
    assert failure.message == "sent nothing for 0.2 s"
    assert failure.transient is True
    assert bench.left() == []


def test_nobody_at_the_address_is_transient(bench):
    job = bench.job("api", {"kind": "http", "url": "http://127.0.0.1:1/x", "attempts": 2})
    ((pulled,)) = asyncio.run(bench.pull(job))
    assert "no connection" in pulled.failures[0].message
    assert (pulled.failures[0].transient, pulled.failures[0].attempts) == (True, 2)


@pytest.mark.parametrize(
    ("auth", "header", "expected"),
    [
        ({"kind": "bearer"}, "Authorization", "Bearer s3cret:x"),
        ({"kind": "key", "header": "X-Api-Key"}, "X-Api-Key", "s3cret:x"),
        (
            {"kind": "basic"},
            "Authorization",
            "Basic " + base64.b64encode(b"s3cret:x").decode(),
        ),
    ],
)
def test_secrets_come_from_the_environment_and_go_into_a_header(bench, auth, header, expected):
    bench.environment["VENDOR"] = "s3cret:x"
    script = Script(good(1))
    pulled = bench.http({"url": "/x", "auth": {**auth, "env": "VENDOR"}}, x=script)
    assert script.requests[0].headers[header] == expected
    assert "s3cret" not in pulled.fetched[0].uri


@pytest.mark.parametrize("secret", ["", "s3cret\r\nX-Evil: 1", "s3crét"])
def test_a_missing_or_unusable_secret_names_the_variable_and_never_the_value(bench, secret):
    bench.environment["VENDOR_TOKEN"] = secret
    script = Script(good(1))
    source = {"url": "/x", "auth": {"kind": "bearer", "env": "VENDOR_TOKEN"}}
    (failure,) = bench.http(source, x=script).failures
    assert "VENDOR_TOKEN" in failure.message
    assert "s3cr" not in failure.message
    assert failure.transient is False
    assert script.requests == []


def test_a_failed_page_leaves_the_pages_before_it(bench):
    pulled = bench.http(
        {"url": "/x", "pages": PAGED, "attempts": 1}, x=Script(good(1, 2), status(500))
    )
    assert ids(pulled) == [[1, 2]]
    assert pulled.failures[0].uri.endswith("page=2&size=2")


def test_a_large_body_is_streamed_in_small_blocks(bench):
    async def large(request):
        response = web.StreamResponse()
        response.content_type = "text/csv"
        await response.prepare(request)
        for _ in range(64):
            await response.write(b"x" * (1 << 18))
        return response

    (fetched,) = bench.http({"url": "/x"}, kind="csv", x=large).fetched
    assert fetched.size == 1 << 24
    assert fetched.sha256 == hashlib.sha256(b"x" * (1 << 24)).hexdigest()


@pytest.mark.parametrize("declared", ["application/xml", "text/xml", "application/atom+xml"])
def test_xml_is_taken_as_what_it_is(bench, declared):
    source = {"url": "/x"}
    pulled = bench.http(source, kind="xml", x=Script(body(b"<a><b/></a>", declared)))
    assert [fetched.size for fetched in pulled.fetched] == [11]
    (failure,) = bench.http(source, kind="xml", x=Script(body(b"{}"))).failures
    assert "answered with application/json where xml was expected" in failure.message
