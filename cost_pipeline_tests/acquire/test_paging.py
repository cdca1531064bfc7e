"""Every style of paging, what is unchanged, how far a vendor was read: values in and out."""

import asyncio
import json
from dataclasses import replace

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.acquire.outcome import Bookmark, Validator
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.simulator.api import Listing

STYLES = {
    "by_number": {"style": "page", "size_parameter": "size", "more": "more", "total": "total"},
    "by_offset": {"style": "offset", "total": "total"},
    "by_cursor": {"style": "cursor", "next": "next", "size_parameter": "size", "total": "total"},
    "by_link": {"style": "link", "size_parameter": "size", "total": "total"},
}


def ids(pulled):
    return [
        item["id"]
        for fetched in pulled.fetched
        for item in json.loads(fetched.path.read_bytes())["items"]
    ]


class Api:
    """A listing that remembers how it was asked; pulled from one server again and again."""

    def __init__(self, bench, count=7, style="by_number"):
        self.bench, self.style, self.asked, self.cursor = bench, style, [], None
        self.listing = Listing([{"id": f"{n:03}"} for n in range(count)])

    async def handler(self, request):
        self.asked.append(request.path_qs)
        return await getattr(self.listing, self.style)(request)

    def run(self, *steps, **source):
        """Pull once per step; a step gets the last result, and may change the listing."""

        async def all_steps():
            async with self.bench.serve({"/items": self.handler}) as server:
                settings = {
                    "kind": "http",
                    "url": str(server.make_url("/items")),
                    "pages": {**STYLES[self.style], "size": 3},
                } | source
                job = self.bench.job("api", settings, kind="json")
                results = []
                for step in (None, *steps):
                    if step:
                        step(self.listing)
                    (pulled,) = await self.bench.pull(job)
                    results.append(pulled)
                    # What the lake would keep, as text.
                    kept = {
                        uri: Validator.from_json(validator.as_json())
                        for uri, validator in pulled.bookmark.validators.items()
                    }
                    cursor = pulled.bookmark.cursor if self.cursor is None else self.cursor
                    job = replace(job, bookmark=Bookmark(kept, cursor))
                return results

        return asyncio.run(all_steps())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("count", "pages"), [(0, 1), (2, 1), (3, 1), (7, 3)])
def test_every_item_of_every_style_comes_once_and_in_order(bench, style, count, pages):
    api = Api(bench, count, style)
    (pulled,) = api.run()
    assert pulled.failures == ()
    assert ids(pulled) == [f"{n:03}" for n in range(count)]
    assert len(pulled.fetched) == pages


PLAIN = {
    "by_number": {"style": "page", "size_parameter": "size"},
    "by_offset": {"style": "offset"},
}


@pytest.mark.parametrize("end", ["empty", 204, 404])
@pytest.mark.parametrize("cap", [1, 2, 3, 50])
@pytest.mark.parametrize("style", PLAIN)
def test_a_server_that_caps_its_pages_is_read_to_the_end(bench, style, cap, end):
    """However small its pages are, and however it says that there is no more."""
    api = Api(bench, 7, style)

    async def capped(request):
        asked = request.query
        start = int(asked.get("offset", 0)) or (int(asked.get("page", 1)) - 1) * cap
        items = api.listing.items[start : start + cap]
        if items or end == "empty":
            return web.json_response({"items": items})
        return web.Response(status=end)

    api.handler = capped
    first, same = api.run(lambda _: None, pages={**PLAIN[style], "size": 50})
    assert (ids(first), first.failures) == ([f"{n:03}" for n in range(7)], ())
    assert (ids(same), same.failures) == ([f"{n:03}" for n in range(7)], ())


@pytest.mark.parametrize("style", PLAIN)
def test_a_total_that_the_pages_do_not_come_to_is_missed(bench, style):
    api = Api(bench, 7, style)

    async def ends_early(request):
        first = request.query.get("offset", "0") == "0" and request.query.get("page", "1") == "1"
        if first:
            return web.json_response({"items": api.listing.items[:3], "all": 7})
        return web.Response(status=404)

    api.handler = ends_early
    (pulled,) = api.run(pages={**PLAIN[style], "size": 3, "total": "all"})
    assert "counts 7 items in all and its pages held 3" in pulled.failures[0].message


def test_a_404_of_a_page_that_was_promised_and_of_the_first_page_is_a_failure(bench):
    api = Api(bench, 7)

    async def promises(request):
        if request.query.get("page", "1") == "1":
            return web.json_response({"items": [{"id": "1"}], "more": True})
        return web.Response(status=404)

    async def not_there(_request):
        return web.Response(status=404)

    for handler in (promises, not_there):
        api.handler = handler
        (pulled,) = api.run(pages={"style": "page", "more": "more"})
        assert "404" in pulled.failures[0].message
    (pulled,) = api.run(pages={"style": "page"})
    assert "404" in pulled.failures[0].message


def test_an_answer_without_content_is_an_empty_one(bench):
    async def nothing(_request):
        return web.Response(status=204)

    pulled = bench.http({"url": "/x"}, x=nothing)
    assert (pulled.fetched, pulled.failures) == ((), ())
    assert [record.outcome for record in pulled.telemetry] == ["nothing"]


@pytest.mark.parametrize("style", STYLES)
def test_what_is_unchanged_is_not_received_again_and_the_rest_is(bench, style):
    def replace_one_of_the_second_page(listing):
        listing.items[4] = {"id": "new"}

    api = Api(bench, 7, style)
    first, same, changed = api.run(lambda _: None, replace_one_of_the_second_page)
    assert (len(first.fetched), len(first.unchanged)) == (3, 0)
    # The last of pages that are chained by their headers is read again, see below.
    again = 1 if style == "by_link" else 0
    assert (len(same.fetched), len(same.unchanged), same.failures) == (again, 3 - again, ())
    assert same.bookmark == first.bookmark
    assert ids(changed)[:3] == ["003", "new", "005"]
    assert len(changed.unchanged) == 2 - again
    assert [one.outcome for one in same.telemetry].count("unchanged") == 3 - again


def test_a_304_that_nobody_asked_for_is_a_failure(bench):
    async def odd(_request):
        return web.Response(status=304)

    (failure,) = bench.http({"url": "/x"}, x=odd).failures
    assert "304" in failure.message


def test_last_modified_is_sent_back_as_it_came(bench):
    seen = []

    async def handler(request):
        seen.append(request.headers.get("If-Modified-Since"))
        when = "Wed, 01 Apr 2026 12:00:00 GMT"
        return web.json_response({"items": []}, headers={"Last-Modified": when})

    api = Api(bench)
    api.handler = handler
    api.run(lambda _: None, pages={"style": "none"})
    assert seen == [None, "Wed, 01 Apr 2026 12:00:00 GMT"]


INCREMENTAL = {"parameter": "since", "field": "id", "start": "000"}


def test_the_next_pull_begins_where_the_last_one_ended(bench):
    api = Api(bench, 5)
    first, second, third = api.run(
        lambda listing: listing.items.extend([{"id": "100"}, {"id": "101"}]),
        lambda _: None,
        incremental=INCREMENTAL,
    )
    assert (ids(first), first.bookmark.cursor) == (["001", "002", "003", "004"], "004")
    assert (ids(second), second.bookmark.cursor) == (["100", "101"], "101")
    assert (ids(third), third.bookmark.cursor) == ([], "101")
    assert "since=000" in api.asked[0]


def test_a_failed_pull_moves_no_cursor(bench):
    api = Api(bench, 7)
    good = api.handler

    async def fails_on_page_two(request):
        if request.query.get("page") == "2":
            return web.Response(status=500)
        return await good(request)

    api.handler = fails_on_page_two
    (pulled,) = api.run(incremental=INCREMENTAL, attempts=1)
    assert len(pulled.fetched) == 1
    assert pulled.bookmark.cursor == ""


@pytest.mark.parametrize(
    ("order", "values", "expected"),
    [("number", [9, 10, -1], "10"), ("text", ["b", "a"], "b"), ("number", [None, "x"], "")],
)
def test_increments_compare_as_the_vendor_file_says(bench, order, values, expected):
    api = Api(bench, 0)
    api.listing.items = [{"id": value} for value in values]
    incremental = {"parameter": "after", "field": "id", "order": order}
    (pulled,) = api.run(incremental=incremental, pages={"style": "none"})
    assert pulled.bookmark.cursor == expected


def test_the_vendors_own_cursor_is_taken_from_its_answer(bench):
    async def handler(_request):
        return web.json_response({"items": [{"id": 1}], "sync": {"token": "abc"}})

    api = Api(bench)
    api.handler = handler
    incremental = {"parameter": "sync", "answer": "sync.token"}
    (pulled,) = api.run(incremental=incremental, pages={"style": "none"})
    assert pulled.bookmark.cursor == "abc"


def test_increments_of_a_csv_are_refused_with_the_vendor_file(bench):
    source = {"kind": "http", "url": "http://x", "incremental": INCREMENTAL}
    with pytest.raises(ValueError, match="needs JSON"):
        bench.job("api", source, kind="csv")
    assert isinstance(bench.job("api", source, kind="jsonl").vendor, Vendor)


def pages_that_name(bench, following, **pages):
    async def handler(_request):
        return web.json_response({"items": [{"id": 1}], "next": following})

    settings = {"url": "/x", "pages": {"style": "link", "next": "next", **pages}}
    return bench.http(settings, x=handler)


def test_a_next_page_on_another_server_is_not_sent_the_credentials(bench):
    pulled = pages_that_name(bench, "https://elsewhere.example/x")
    assert "on another server (https://elsewhere.example)" in pulled.failures[0].message
    assert len(pulled.fetched) == 1


@pytest.mark.parametrize("following", ["/x", "?", "http://[bad"])
def test_pages_that_go_in_a_circle_or_nowhere_end(bench, following):
    pulled = pages_that_name(bench, following)
    assert len(pulled.fetched) == 1
    assert len(pulled.failures) == 1


@pytest.mark.parametrize("total", ["many", -1, [3]])
def test_a_total_that_is_no_number_is_told(bench, total):
    async def handler(_request):
        return web.json_response({"items": [], "total": total})

    pages = {"style": "page", "total": "total"}
    (failure,) = bench.http({"url": "/x", "pages": pages}, x=handler).failures
    assert "mend `total:`" in failure.message


@given(
    st.builds(
        Validator,
        etag=st.text(max_size=3),
        items=st.integers(0, 9),
        total=st.none() | st.integers(0, 9),
        increment=st.text(max_size=3),
    )
)
def test_a_validator_is_kept_as_text_without_loss(validator):
    assert Validator.from_json(validator.as_json()) == validator


@pytest.mark.parametrize("text", ["", "[]", '{"other": 1}', "3"])
def test_what_is_no_validator_is_refused(text):
    with pytest.raises(ValueError, match=r"validator|Expecting"):
        Validator.from_json(text)


def test_an_unchanged_page_says_again_how_far_it_got(bench):
    api = Api(bench, 5)

    api.cursor = ""  # the same question again: its pages are as they were, and so is its end
    first, again = api.run(lambda _: None, incremental=INCREMENTAL)
    assert first.bookmark.cursor == "004"
    assert (len(again.fetched), len(again.unchanged)) == (0, 2)
    assert again.bookmark.cursor == "004"


def test_a_total_is_held_against_unchanged_pages_too(bench):
    api = Api(bench, 4)
    good = api.handler

    async def claims_one_more(request):
        answer = await good(request)
        if answer.status != 200:
            return answer
        content = json.loads(answer.body)
        body = json.dumps(content | {"total": 5}).encode()
        headers = {"ETag": answer.headers["ETag"]}
        return web.Response(body=body, content_type="application/json", headers=headers)

    api.handler = claims_one_more
    first, second = api.run(lambda _: None)
    assert [len(one.fetched) for one in (first, second)] == [2, 0]
    assert len(second.unchanged) == 2
    for pulled in (first, second):
        (failure,) = pulled.failures
        assert "counts 5 items in all and its pages held 4" in failure.message


def test_the_last_page_of_a_chain_of_links_is_always_read_again(bench):
    """Its bytes do not tell whether another one follows; only its header does."""
    pages = {"1": b'{"items": [{"id": 1}]}', "2": b'{"items": [{"id": 2}]}'}
    grown = [False]

    async def handler(request):
        page = request.query.get("page", "1")
        headers = {"ETag": f'"{page}"'}
        if page == "1" and grown[0]:
            headers["Link"] = '</items?page=2>; rel="next"'
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=pages[page], content_type="application/json", headers=headers)

    api = Api(bench)
    api.handler = handler
    first, second = api.run(lambda _: grown.append(grown.pop() or True), pages={"style": "link"})
    assert ids(first) == [1]
    assert ids(second) == [1, 2]
