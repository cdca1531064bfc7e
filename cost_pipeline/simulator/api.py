"""A vendor's API in every style: for tests, benchmarks and people who want to try.

Pages by number, offset, cursor and link; ETags; increments; a token server. Handlers
only; which server they run in, and what is spoiled (`faults`), is the caller's business.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from cost_pipeline.simulator.writers import to_json

Item = dict[str, object]
_SIZE: Final = 100


@dataclass(slots=True)
class Listing:
    """A list of items behind an address; its handlers page it in their ways.

    Attributes:
        items: What is listed; a test may change it while it is served.
        version: The field by which `?since=` selects: only what is larger.
    """

    items: list[Item]
    version: str = "id"

    async def by_number(self, request: web.Request) -> web.StreamResponse:
        """Answers `?page=1&size=100`; tells the total and whether there are more."""
        page, size = _number(request, "page", 1), _number(request, "size", _SIZE)
        return self._answer(request, (page - 1) * size, size)

    async def by_offset(self, request: web.Request) -> web.StreamResponse:
        """Answers `?offset=0&limit=100`."""
        return self._answer(
            request, _number(request, "offset", 0), _number(request, "limit", _SIZE)
        )

    async def by_cursor(self, request: web.Request) -> web.StreamResponse:
        """Answers `?cursor=...&size=100`; the cursor means nothing to anybody else."""
        cursor = request.query.get("cursor", "")
        start = int(base64.urlsafe_b64decode(cursor).decode()) if cursor else 0
        size = _number(request, "size", _SIZE)
        after = start + size
        more = after < len(self._selected(request))
        following = base64.urlsafe_b64encode(str(after).encode()).decode() if more else None
        return self._answer(request, start, size, next=following)

    async def by_link(self, request: web.Request) -> web.StreamResponse:
        """Answers `?page=1&size=100`; the next page's address is in the Link header."""
        answer = await self.by_number(request)
        page, size = _number(request, "page", 1), _number(request, "size", _SIZE)
        if page * size < len(self._selected(request)):
            address = request.rel_url.update_query({"page": str(page + 1)})
            answer.headers["Link"] = f'<{address}>; rel="next", </help>; rel="help"'
        return answer

    def _selected(self, request: web.Request) -> Sequence[Item]:
        since = request.query.get("since")
        if since is None:
            return self.items
        return [item for item in self.items if str(item[self.version]) > since]

    def _answer(
        self, request: web.Request, start: int, size: int, **more: object
    ) -> web.StreamResponse:
        selected = self._selected(request)
        content: dict[str, object] = {
            "total": len(selected),
            "more": start + size < len(selected),
            **more,
            "items": list(selected[start : start + size]),
        }
        body = to_json(content).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(body=body, content_type="application/json", headers={"ETag": etag})


@dataclass(slots=True)
class TokenServer:
    """Gives out OAuth 2.0 tokens for client credentials, and knows which are still good.

    Attributes:
        lasts: Seconds that a token is good for.
        timer: Seconds on a clock that never goes back.
        given: Tokens and when each ends.
    """

    client: str
    secret: str
    lasts: float
    timer: Callable[[], float]
    given: dict[str, float] = field(default_factory=dict)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Answers a `POST` that has the credentials as basic authentication."""
        pair = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
        form = await request.post()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        token = f"simulated-{len(self.given) + 1}"
        self.given[token] = self.timer() + self.lasts
        answer = {"access_token": token, "token_type": "bearer", "expires_in": self.lasts}
        return web.json_response(answer)

    def accepts(self, request: web.Request) -> bool:
        """Whether a request carries a token that is good now."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.given.get(token, 0.0) > self.timer()


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else default
