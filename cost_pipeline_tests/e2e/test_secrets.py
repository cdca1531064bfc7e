"""Secrets are planted in the environment, vendors are made to fail in every way that would tell
them, and then everything is searched: what was printed, and every byte of the home.
"""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from aiohttp import web

from cost_pipeline.simulator.server_thread import HttpServerThread
from cost_pipeline_tests.command_line import called

pytestmark = pytest.mark.e2e

PLANTED = {
    "PLANTED_BEARER": "b34rer-5ecret",
    "PLANTED_KEY": "k3y-5ecret",
    "PLANTED_BASIC": "someone:pa55-5ecret",
    "PLANTED_ID": "client-of-5ecret",
    "PLANTED_SECRET": "oauth-5ecret",
}
"""All have one text in common, which is nowhere else; base64 of it is searched for too."""

DAY = "2026-04-01"
AUTH = {
    "good": "{kind: bearer, env: PLANTED_BEARER}",
    "refused": "{kind: bearer, env: PLANTED_BEARER}",
    "broken": "{kind: key, header: X-Key, env: PLANTED_KEY}",
    "moved": "{kind: basic, env: PLANTED_BASIC}",
    "stalled": "{kind: key, header: X-Key, env: PLANTED_KEY}",
    "tokens": "{kind: oauth2, url: '{url}/token', id_env: PLANTED_ID, secret_env: PLANTED_SECRET}",
}

_PRODUCTIONS = """productions:
  P100:
    title: Northern Lights
    base_currency: USD
    fx: {source: ecb, max_age_days: 5, rounding: half_even}
"""

_VENDOR = """vendor: {name}
feed: production
production: P100
record: vendor_invoice
source:
  kind: http
  url: {url}/{name}
  read_timeout: 1
  retry: {{attempts: 2, base: 0}}
  auth: {auth}
format: {{kind: json, records: items}}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
constants: {{department_code: "2000", gl_code: "2000-01"}}
"""


class Echo(HttpServerThread):
    """A vendor whose failures tell what it was asked with, as some do."""

    def __init__(self) -> None:
        super().__init__("echo")
        self.heard: set[str] = set()

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{name}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        asked = [request.headers.get(name, "") for name in ("Authorization", "X-Key")]
        told = f"{' '.join(asked)} {await request.text()}"
        self.heard.add(name)
        if name == "good":
            row = {"id": "T1", "date": "2026-04-01", "amount": "1.00", "currency": "USD"}
            return web.json_response({"items": [row]})
        if name in ("refused", "token"):
            return web.Response(status=401, reason=told, text=told, headers={"X-Asked": told})
        if name == "moved":
            return web.Response(status=302, headers={"Location": f"/elsewhere?was={told}"})
        if name == "stalled":
            answer = web.StreamResponse(headers={"Content-Type": "application/json"})
            answer.content_length = 10_000
            await answer.prepare(request)
            await answer.write(b'{"items": [')
            if request.transport is not None:
                request.transport.close()
            return answer
        return web.Response(status=200, text=f"<html>{told}</html>", content_type="text/html")


def _found(place: str, content: bytes) -> list[str]:
    """Where a planted text stands, as it is or as basic authentication writes it."""
    needles = [b"5ecret", b"c29tZW9uZTpwYTU1LTVlY3JldA"]
    return [f"{place}: {needle.decode()}" for needle in needles if needle in content]


def _searched(folder: Path) -> list[str]:
    found = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file():
            continue
        content = file.read_bytes()
        if file.suffix == ".parquet":
            content += str(pq.ParquetFile(file).read().to_pylist()).encode()
        if content[:2] == b"\x1f\x8b":
            content += gzip.decompress(content)
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as book:
                content += b"".join(map(book.read, book.namelist()))
        found += _found(str(file.relative_to(folder)), content)
    return found


def test_no_secret_is_printed_or_kept_whatever_fails(tmp_path):
    home = tmp_path / "home"
    (home / "vendors").mkdir(parents=True)
    (home / "productions.yaml").write_text(_PRODUCTIONS, encoding="utf-8")
    with Echo() as echo:
        for name, auth in AUTH.items():
            auth = auth.replace("{url}", echo.url)  # noqa: PLW2901 - as it is in the file
            text = _VENDOR.format(name=name, url=echo.url, auth=auth)
            (home / "vendors" / f"{name}.yaml").write_text(text, encoding="utf-8")
        printed = ""
        for code, *command in (
            (3, "run", "--pull-dates", DAY, "--log-json", home / "log.jsonl", "--debug-loop"),
            (0, "deliveries", "--telemetry"),
            (0, "dead-letters", "list", "--json"),
            (0, "dead-letters", "export", "--to", home / "out.xlsx"),
            (0, "audit", "export"),
        ):
            done = called(*command, "--home", home, environment=PLANTED)
            assert done.code == code, (command, done.err)
            assert "Traceback" not in done.err, done.err
            printed += done.out + done.err
    assert (home / "log.jsonl").stat().st_size
    assert echo.heard >= {"good", "refused", "broken", "moved", "stalled", "token"}
    assert "refused" in printed
    assert _found("printed", printed.encode()) == []
    assert _searched(home) == []


def test_the_search_finds_what_is_planted(tmp_path):
    (tmp_path / "a.log").write_text("token " + PLANTED["PLANTED_BEARER"], encoding="utf-8")
    (tmp_path / "b.gz").write_bytes(gzip.compress(PLANTED["PLANTED_KEY"].encode()))
    (tmp_path / "c").write_text("Basic c29tZW9uZTpwYTU1LTVlY3JldA==", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "d.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("sheet", PLANTED["PLANTED_SECRET"] * 9)
    found = [line.split(":")[0] for line in _searched(tmp_path)]
    assert found == ["a.log", "b.gz", "c", "d.xlsx"]
