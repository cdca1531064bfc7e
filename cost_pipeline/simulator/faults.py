"""Faults of a simulated HTTP vendor: a middleware that spoils the answers of any handler."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from cost_pipeline.simulator.recipes import Fault, FaultKind, Recipe
from cost_pipeline.simulator.writers import to_json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MAINTENANCE: Final = b"<!DOCTYPE html><html><body><h1>We will be back soon</h1></body></html>"


class Spoiler:
    """Spoils answers by a recipe, and remembers what it did.

    Args:
        recipe: Which faults, when.
        page_parameter: The parameter by which pages are asked for.
    """

    def __init__(self, recipe: Recipe, *, page_parameter: str = "page") -> None:
        self._recipe = recipe
        self._page = page_parameter
        self._calls: Counter[str] = Counter()
        self.struck: list[tuple[str, FaultKind]] = []
        """Address and fault, in the order in which they struck."""

    @property
    def middleware(self) -> Middleware:
        """For `web.Application(middlewares=[...])`."""

        @web.middleware
        async def spoil(request: web.Request, handler: Handler) -> web.StreamResponse:
            # A page that is asked for again is the same call's second try.
            self._calls[request.path_qs] += 1
            fault = self._recipe.strikes(
                request.path, self._calls[request.path_qs], request.query_string
            )
            skew = self._recipe.has(FaultKind.CLOCK_SKEW)
            if fault is None or fault.fault is FaultKind.CLOCK_SKEW:
                answer = await handler(request)
            else:
                self.struck.append((request.path_qs, fault.fault))
                answer = await self._spoiled(request, handler, fault)
            if skew and not answer.prepared:
                answer.headers["Date"] = _http_date(skew.seconds)
            return answer

        return spoil

    async def _spoiled(
        self, request: web.Request, handler: Handler, fault: Fault
    ) -> web.StreamResponse:
        kind = fault.fault
        if kind in _INSTEAD:
            return _INSTEAD[kind](self._recipe, fault)
        if kind is FaultKind.LATENCY:
            await asyncio.sleep(fault.seconds)
        elif kind in _OTHER_PAGE:
            request = self._another(request, _OTHER_PAGE[kind])
        answer = await handler(request)
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        if kind is FaultKind.CHANGING_PAGE:
            return web.Response(body=_one_less(answer.body), content_type=answer.content_type)
        if kind in _TORN:
            return await _TORN[kind](request, answer, fault)
        return answer

    def _another(self, request: web.Request, change: Callable[[int], int]) -> web.Request:
        page = change(int(request.query.get(self._page, "1")))
        return request.clone(rel_url=request.rel_url.update_query({self._page: str(page)}))


_OTHER_PAGE: Final[dict[FaultKind, Callable[[int], int]]] = {
    FaultKind.REPEATED_PAGE: lambda page: max(1, page - 1),
    FaultKind.SHUFFLED_PAGES: lambda page: page + (1 if page % 2 else -1),
}


def _http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _wait_header(recipe: Recipe, fault: Fault) -> dict[str, str]:
    if fault.form == "seconds":
        return {"Retry-After": f"{fault.seconds:.0f}"}
    skew = recipe.has(FaultKind.CLOCK_SKEW)
    return {
        "Date": _http_date(skew.seconds if skew else 0),
        "Retry-After": _http_date((skew.seconds if skew else 0) + fault.seconds),
    }


def _too_many(recipe: Recipe, fault: Fault) -> web.Response:
    return web.Response(status=429, headers=_wait_header(recipe, fault), text="slow down")


def _unavailable(recipe: Recipe, fault: Fault) -> web.Response:
    told = "seconds" in fault.model_fields_set
    headers = _wait_header(recipe, fault) if told else {}
    return web.Response(status=503, headers=headers, text="try again")


def _expired(_recipe: Recipe, _fault: Fault) -> web.Response:
    return web.json_response({"error": "token expired"}, status=401)


def _html(_recipe: Recipe, _fault: Fault) -> web.Response:
    return web.Response(body=_MAINTENANCE, content_type="text/html")


_INSTEAD: Final[dict[FaultKind, Callable[[Recipe, Fault], web.Response]]] = {
    FaultKind.TOO_MANY_REQUESTS: _too_many,
    FaultKind.UNAVAILABLE: _unavailable,
    FaultKind.EXPIRED_TOKEN: _expired,
    FaultKind.HTML: _html,
}


async def _half(
    request: web.Request, answer: web.Response, *, announced: int | None = None
) -> web.StreamResponse:
    body = answer.body
    if not isinstance(body, bytes):
        raise TypeError(type(body))
    response = web.StreamResponse()
    response.content_type = answer.content_type
    response.content_length = announced or len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return response


async def _stall(request: web.Request, answer: web.Response, fault: Fault) -> web.StreamResponse:
    response = await _half(request, answer)
    await asyncio.sleep(fault.seconds)
    _tear(request)
    return response


async def _reset(request: web.Request, answer: web.Response, _fault: Fault) -> web.StreamResponse:
    response = await _half(request, answer)
    _tear(request)
    return response


async def _wrong_length(
    request: web.Request, answer: web.Response, _fault: Fault
) -> web.StreamResponse:
    length = len(answer.body) if isinstance(answer.body, bytes) else 0
    response = await _half(request, answer, announced=length + 1000)
    if request.transport is not None:
        request.transport.close()
    return response


async def _truncated_gzip(
    _request: web.Request, answer: web.Response, _fault: Fault
) -> web.StreamResponse:
    packed = gzip.compress(answer.body if isinstance(answer.body, bytes) else b"", mtime=0)
    return web.Response(
        body=packed[: len(packed) // 2],
        headers={"Content-Encoding": "gzip"},
        content_type=answer.content_type,
    )


def _tear(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


_TORN: Final[
    dict[FaultKind, Callable[[web.Request, web.Response, Fault], Awaitable[web.StreamResponse]]]
] = {
    FaultKind.STALL: _stall,
    FaultKind.RESET: _reset,
    FaultKind.WRONG_LENGTH: _wrong_length,
    FaultKind.TRUNCATED_GZIP: _truncated_gzip,
}


def _one_less(body: bytes) -> bytes:
    """Returns the page after its first item was removed; amounts stay as written."""
    content = json.loads(body, parse_float=Decimal)
    for found in _lists(content)[:1]:
        del found[:1]
    return to_json(content).encode()


def _lists(content: object) -> list[list[object]]:
    if isinstance(content, list):
        return [content]
    inner = content.values() if isinstance(content, dict) else ()
    return [found for value in inner for found in _lists(value)]
