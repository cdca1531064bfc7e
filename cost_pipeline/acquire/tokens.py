"""Credentials of HTTP vendors: headers from the environment, and OAuth 2.0 tokens renewed in time.

A token is fetched once for everybody who uses the same credentials, and again before it ends, so
that no call is sent with a token that is about to be refused.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

import aiohttp

from cost_pipeline.acquire.answer import connection_error, retry_after_error
from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.contracts.sources import Auth, HttpSource, OAuth2

_MOST: Final = 1 << 16
_FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when to renew it, by the pull's timer."""

    text: str
    renew_at: float


def unusable(auth: Auth | OAuth2 | None, environment: Mapping[str, str]) -> str:
    """Returns what is wrong with the environment, without the secret; empty if nothing is."""
    if isinstance(auth, OAuth2):
        names = [auth.id_env, auth.secret_env]
    else:
        names = [auth.env] if auth else []
    for name in names:
        secret = environment.get(name, "")
        if not secret:
            return f"the environment variable {name} is not set; it holds this vendor's secret"
        if not (secret.isascii() and secret.isprintable()):
            return f"the environment variable {name} holds a character that no header may hold"
    return ""


class Tokens:
    """The tokens of one pull. They are bound to the running loop.

    Args:
        session: Asks the token servers.
        environment: The variables; secrets are looked up in it by name.
        timer: Returns the seconds on a clock that never goes back.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        environment: Mapping[str, str],
        timer: Callable[[], float],
    ) -> None:
        self._session = session
        self._environment = environment
        self._timer = timer
        self._tokens: dict[OAuth2Key, Token] = {}
        self._locks: dict[OAuth2Key, asyncio.Lock] = {}

    async def headers(self, source: HttpSource) -> dict[str, str]:
        """Returns the headers that log in to a source; none if it needs no login.

        Raises:
            AttemptError: If a token is needed and cannot be had.
        """
        auth = source.auth
        if auth is None:
            return {}
        if isinstance(auth, OAuth2):
            return {"Authorization": f"Bearer {await self._token(auth, source)}"}
        secret = self._environment[auth.env]
        if auth.kind == "bearer":
            secret = f"Bearer {secret}"
        elif auth.kind == "basic":
            secret = f"Basic {_basic(secret)}"
        return {auth.header: secret}

    def secrets(self, source: HttpSource) -> list[bytes]:
        """Returns the secrets that log in to a source now, as sent and as people hold them."""
        auth = source.auth
        if auth is None:
            return []
        if isinstance(auth, OAuth2):
            held = self._tokens.get(_key(auth))
            texts = [self._environment.get(auth.secret_env, ""), held.text if held else ""]
        else:
            texts = [self._environment.get(auth.env, "")]
            if auth.kind == "basic":
                texts += [_basic(texts[0]), texts[0].partition(":")[2]]
        return [text.encode() for text in texts if text]

    def refuse(self, source: HttpSource, headers: Mapping[str, str]) -> bool:
        """Drops a token that the vendor refused; returns whether a fresh one may do better."""
        auth = source.auth
        if not isinstance(auth, OAuth2):
            return False
        held = self._tokens.get(_key(auth))
        if held and headers.get("Authorization") == f"Bearer {held.text}":
            del self._tokens[_key(auth)]
        return True

    async def _token(self, auth: OAuth2, source: HttpSource) -> str:
        key = _key(auth)
        async with self._locks.setdefault(key, asyncio.Lock()):
            held = self._tokens.get(key)
            if held is None or self._timer() >= held.renew_at:
                held = self._tokens[key] = await self._fetch(auth, source)
            return held.text

    async def _fetch(self, auth: OAuth2, source: HttpSource) -> Token:
        pair = ":".join(quote_plus(self._environment[n]) for n in (auth.id_env, auth.secret_env))
        form = {"grant_type": "client_credentials", **auth.parameters}
        if auth.scope:
            form["scope"] = auth.scope
        timeout = aiohttp.ClientTimeout(
            total=source.read_timeout, sock_connect=source.connect_timeout
        )
        asked = self._timer()
        try:
            async with self._session.post(
                auth.url,
                data=form,
                headers={
                    "Authorization": f"Basic {_basic(pair)}",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                },
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                if response.status != 200:  # noqa: PLR2004  (RFC 6749, 5.1: the only success)
                    raise _refused(response, auth)
                return _parse(await response.content.read(_MOST), asked, auth)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failed = connection_error(error, source)
            raise AttemptError(
                f"got no token from {auth.url}, which {failed.message}",
                transient=failed.transient,
                host_failed=False,
            ) from error


OAuth2Key = tuple[str, str, str, str]


def _key(auth: OAuth2) -> OAuth2Key:
    return auth.url, auth.id_env, auth.scope, json.dumps(auth.parameters, sort_keys=True)


def _basic(pair: str) -> str:
    """Returns name and password as basic authentication sends them (RFC 7617)."""
    return base64.b64encode(pair.encode()).decode()


def _refused(response: aiohttp.ClientResponse, auth: OAuth2) -> AttemptError:
    words = f"got no token from {auth.url}, which answered {response.status}"
    if response.status in {400, 401, 403}:
        return AttemptError(
            f"{words}: check the credentials in {auth.id_env} and {auth.secret_env}",
            transient=False,
        )
    return retry_after_error(words, response.status)


def _parse(body: bytes, asked: float, auth: OAuth2) -> Token:
    try:
        answer = json.loads(body)
        token = answer["access_token"]
        lasts = float(answer.get("expires_in") or _FOREVER)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        token, lasts = None, 0.0
    if not (isinstance(token, str) and token.isascii() and token.isprintable() and lasts > 0):
        raise AttemptError(
            f"got an answer without a token from {auth.url}", transient=True, host_failed=False
        )
    # A token that lasts no longer than the margin is renewed at half its time, not at every call.
    return Token(token, asked + lasts - min(auth.refresh_before, lasts / 2))
