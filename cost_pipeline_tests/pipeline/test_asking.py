"""`ask_source`: the first page or the newest file of a real source; nothing is kept of it."""

import asyncio
import json
import os
import shutil
import threading
import zipfile
from datetime import UTC, date, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cost_pipeline.pipeline.trying.source import ask_source, first_inside

DAY = date(2026, 4, 1)
REST = """\
production: P100
record: vendor_invoice
dates: ["%Y-%m-%d"]
key: [transaction_id]
columns: {transaction_id: [id], transaction_date: [day], amount: [net]}
constants: {currency: GBP, department_code: "3300", gl_code: "3301"}
"""
FOLDER = 'vendor: files\nsource: {kind: folder, path: inbox, files: "*.csv"}\nformat: {kind: csv}\n'


@pytest.fixture
def ask(house):
    def one(text, **environment):
        vendor, reads = house.read(house.put(text + REST))
        return ask_source(
            reads, vendor, base=house.root, environment=environment,
            clock=lambda: datetime(2026, 4, 1, tzinfo=UTC), pull_date=DAY,
        )  # fmt: skip

    return one


def drop(house, name, content, age):
    file = house.root / "inbox" / name
    file.write_text(content, encoding="utf-8")
    os.utime(file, (1_700_000_000 - age, 1_700_000_000 - age))
    return file


def test_the_newest_file_of_a_folder_is_tried(ask, house):
    drop(house, "a.csv", "id,day,net\nA1,2026-03-30,1.00\n", 0)
    drop(house, "b.csv", "id,day,net\nB1,2026-03-30,1.00\n", 100)
    drop(house, "empty.csv", "", -100)
    found = ask(FOLDER)
    assert found.faults == ()
    assert found.tried is not None
    assert found.tried.file.endswith("/a.csv")
    assert found.tried.accepted == 1
    assert list((house.root / "lake").iterdir()) == []


@pytest.mark.parametrize(
    ("make", "faults", "seen"),
    [
        (lambda _: None, [], []),
        (lambda inbox: (inbox / "x.txt").write_text("x", encoding="utf-8"), [], ["no_match"]),
        (shutil.rmtree, ["no such folder"], []),
    ],
    ids=["empty", "another name", "no folder"],
)
def test_a_folder_without_a_file_says_what_is_there_instead(ask, house, make, faults, seen):
    inbox = house.root / "inbox"
    for file in (inbox / "example").iterdir():
        file.unlink()
    make(inbox)
    found = ask(FOLDER)
    assert found.tried is None
    assert len(found.faults) == len(faults)
    for (_, message), words in zip(found.faults, faults, strict=True):
        assert words in message
    assert [why for _, why in found.seen] == seen


ARCHIVES = FOLDER.replace('files: "*.csv"', 'files: "*.zip", unpack: {kind: zip, files: "*.csv"}')


def archive(house, **members):
    with zipfile.ZipFile(house.root / "inbox" / "a.zip", "w") as written:
        for name, text in members.items():
            written.writestr(f"deep/{name}.csv", text)
    return house.root / "inbox" / "a.zip"


def test_the_first_member_of_an_archive_is_tried(ask, house):
    archive(house, empty="", a="id,day,net\nA1,2026-03-30,1.00\n", b="id,day,net\n")
    found = ask(ARCHIVES)
    assert found.faults == ()
    assert found.tried.file.endswith("a.zip!/deep/a.csv")
    assert found.tried.accepted == 1
    assert [why for _, why in found.seen] == ["empty"]


def test_an_archive_that_is_damaged_is_at_fault(ask, house):
    place = archive(house, a="id,day,net\nA1,2026-03-30,1.00\n")
    place.write_bytes(place.read_bytes()[:-9])
    found = ask(ARCHIVES)
    assert found.tried is None
    ((_, message),) = found.faults
    assert "damaged or cut off" in message


def test_a_file_that_is_an_archive_is_tried_by_its_first_member(house):
    vendor, _ = house.read(house.put(ARCHIVES + REST))
    file = archive(house, empty="", a="id\n1\n")
    with first_inside(vendor, file) as (path, name):
        assert (path.read_text(encoding="utf-8"), name) == ("id\n1\n", "a.zip!/deep/a.csv")
    with first_inside(vendor, path := drop(house, "a.csv", "id\n", 0)) as found:
        assert found == (path, "a.csv")


class Served:
    """A real server on loopback in a thread of its own, that remembers what it was asked."""

    def __init__(self):
        self.asked = []
        self.status = 200
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _answer(self, request):
        self.asked.append(request.path_qs)
        page = int(request.query.get("page", 1))
        items = [{"id": f"A{page}{n}", "day": "2026-03-30", "net": "1.00"} for n in range(2)]
        return web.json_response({"items": items, "more": True}, status=self.status)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_get("/bills", self._answer)
        server = TestServer(app)
        self._loop.run_until_complete(server.start_server())
        self.url = str(server.make_url("/bills"))
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(server.close())
        self._loop.close()


@pytest.fixture
def served():
    with Served() as server:
        yield server


def api(url, more=""):
    pages = "pages: {style: page, more: more}"
    source = f"{{kind: http, url: {json.dumps(url)}, attempts: 1, {pages}{more}}}"
    return f"vendor: api\nsource: {source}\nformat: {{kind: json, records: items}}\n"


def test_an_api_is_asked_for_its_first_page_alone(ask, served):
    found = ask(api(served.url))
    assert found.faults == ()
    assert found.tried is not None
    assert found.tried.accepted == 2
    assert len(served.asked) == 1


def test_a_fault_of_an_api_is_one_sentence(ask, served):
    served.status = 403
    found = ask(api(served.url))
    assert found.tried is None
    ((uri, message),) = found.faults
    assert uri.startswith(served.url)
    assert "403" in message
    assert "\n" not in message


def test_a_secret_that_is_not_there_is_one_sentence(ask, served):
    found = ask(api(served.url, ", auth: {kind: bearer, env: NO_SUCH_TOKEN}"))
    ((_, message),) = found.faults
    assert "NO_SUCH_TOKEN" in message
    assert served.asked == []
