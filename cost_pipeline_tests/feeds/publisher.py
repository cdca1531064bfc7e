"""A publisher of rates on loopback, in the shape of the ECB's files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from aiohttp import web

from cost_pipeline.simulator.server_thread import HttpServerThread

DAILY = "/daily.xml"
HISTORY = "/hist.zip"
WEB_PAGE = b"<!DOCTYPE html><html><body>We are back soon</body></html>"


def xml(days: Mapping[str, Mapping[str, str]]) -> bytes:
    """The ECB's XML of these days."""
    cubes = "".join(
        f"<Cube time='{day}'>"
        + "".join(f"<Cube currency='{name}' rate='{rate}'/>" for name, rate in rates.items())
        + "</Cube>"
        for day, rates in days.items()
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><gesmes:Envelope "
        "xmlns:gesmes='http://www.gesmes.org/xml/2002-08-01' "
        "xmlns='http://www.ecb.int/vocabulary/2002-08-01/eurofxref'>"
        f"<Cube>{cubes}</Cube></gesmes:Envelope>"
    ).encode()


def history(days: Mapping[str, Mapping[str, str]]) -> bytes:
    """The ECB's zipped history of these days."""
    names = sorted({name for rates in days.values() for name in rates})
    lines = [",".join(["Date", *names, ""])]
    lines += [
        ",".join([day, *(days[day].get(name, "N/A") for name in names), ""])
        for day in sorted(days, reverse=True)
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", "\n".join(lines) + "\n")
    return packed.getvalue()


class Publisher(HttpServerThread):
    """Answers each path with the bytes and the type that a test gave it."""

    def __init__(self) -> None:
        super().__init__("publisher")
        self.answers: dict[str, tuple[bytes, str]] = {}
        self.asked: list[str] = []

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{name:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path not in self.answers:
            return web.Response(status=404, text="no such file")
        body, kind = self.answers[request.path]
        return web.Response(body=body, content_type=kind)

    def gives(self, path: str, body: bytes, kind: str = "text/xml") -> None:
        """Answer a path so from now on."""
        self.answers[path] = (body, kind)

    def declared(self, *, retry: str = "{attempts: 2, base: 0}") -> str:
        """What a home says to fetch from here."""
        return (
            "fx_fetch:\n"
            "  ecb:\n"
            f"    source: {{kind: http, url: '{self.url}{DAILY}', retry: {retry}}}\n"
            f"    history: {{kind: http, url: '{self.url}{HISTORY}', unpack: zip, "
            f"retry: {retry}}}\n"
        )
