"""Pages of other formats: rows are counted as their readers count them, so none is passed over."""

import csv
import gzip
import io

import pytest
from aiohttp import web

ROWS = [[f"{n:03}", "two\nlines, of\ntext" if n % 2 else "plain"] for n in range(7)]


def page(rows):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "text"], *rows])
    return text.getvalue().encode()


def served(cap, pack):
    async def answer(request):
        asked = request.query
        start = int(asked["offset"]) if "offset" in asked else (int(asked["page"]) - 1) * cap
        body = pack(page(ROWS[start : start + cap]))
        return web.Response(body=body, content_type="text/csv")

    return answer


def unpacked(content):
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("cap", [1, 2, 3, 50])
@pytest.mark.parametrize("style", ["page", "offset"])
def test_line_ends_inside_cells_move_no_offset(bench, style, cap, pack):
    source = {"url": "/x", "pages": {"style": style}}
    pulled = bench.http(source, kind="csv", x=served(cap, pack))
    assert pulled.failures == ()
    found = [
        row
        for fetched in pulled.fetched
        for row in list(csv.reader(io.StringIO(unpacked(fetched.path.read_bytes()).decode())))[1:]
    ]
    assert found == ROWS


def test_a_page_whose_rows_cannot_be_counted_is_a_failure(bench):
    async def endless(_request):
        body = b'id,text\n1,"' + b"x" * 200_000 + b'"\n'
        return web.Response(body=body, content_type="text/csv")

    pulled = bench.http({"url": "/x", "pages": {"style": "offset"}}, kind="csv", x=endless)
    assert "cannot be counted" in pulled.failures[0].message
