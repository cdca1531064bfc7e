"""Whether an HTTP answer is a delivery, and if not, why and whether to ask again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp

from cost_pipeline.acquire.attempts import AttemptError
from cost_pipeline.acquire.body import GZIP
from cost_pipeline.contracts.vendor import FormatKind, HttpSource

_HTML: Final = {"text/html", "application/xhtml+xml"}
_ANY: Final = {"", "text/plain", "application/octet-stream", "binary/octet-stream"}
_CSV: Final = {
    "text/csv",
    "application/csv",
    "application/vnd.ms-excel",
    "text/tab-separated-values",
}
_RETRY_AFTER: Final = {429, 503}
_HEAD: Final = 1024
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_SLOW_DOWN: Final = 429
_GZIP: Final = {"application/gzip", "application/x-gzip"}


def status_error(
    response: aiohttp.ClientResponse, now: datetime, longest_wait: float
) -> AttemptError:
    """Returns the failure that a status other than success means.

    A status that asks for a wait longer than `longest_wait` seconds is not tried again in this
    pull.
    """
    status = response.status
    # The standard's words: the vendor's own may repeat what it was asked with.
    words = f"answered {status} {_PHRASES.get(status, '')}".rstrip()
    if 300 <= status < 400:  # noqa: PLR2004  (redirects in HTTP)
        return AttemptError(
            f"{words}: the API is elsewhere; put its final address into `url:`", transient=False
        )
    if status in {401, 403}:
        return AttemptError(
            f"{words}: the credentials are refused; check `auth:` and its environment variable",
            transient=False,
        )
    asked = retry_after(response.headers, now) if status in _RETRY_AFTER else None
    if asked is not None and asked > longest_wait:
        words = f"{words} and asks to wait {asked:,.0f} s, longer than this pull waits"
        return retry_after_error(words, status, asked, again=False)
    return retry_after_error(words, status, asked)


def retry_after_error(
    words: str, status: int, asked: float | None = None, *, again: bool | None = None
) -> AttemptError:
    """Returns the failure for a status other than success, judged by its number alone.

    Args:
        words: The message.
        status: 408, 425, 429 and 5xx without 501 may pass; all others last.
        asked: Seconds that the vendor asks to wait; None if it does not say.
        again: Whether this pull should try again; as the status says, if None.
    """
    transient = status in {408, 425, 429} or (status >= 500 and status != 501)  # noqa: PLR2004
    return AttemptError(
        words,
        transient=transient,
        again=again,
        retry_after=asked,
        # A host that asks to slow down is well.
        host_failed=transient and status != _SLOW_DOWN,
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Returns the seconds that the vendor asks to wait, or None if it does not ask.

    Reads both forms of the header. A date is measured by the vendor's own clock where the answer
    tells it, because clocks differ.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, at = _http_date(text), _http_date(headers.get("Date", ""))
    if until is None:
        return None
    return max(0.0, (until - (at or now)).total_seconds())


# The first kind that fits counts; `{...}` is a setting of the source. The texts of libraries are
# not shown to users.
_CONNECTION: Final[tuple[tuple[type[BaseException], str, bool], ...]] = (
    (aiohttp.ConnectionTimeoutError, "no connection within {connect_timeout:g} s", True),
    (aiohttp.SocketTimeoutError, "sent nothing for {read_timeout:g} s", True),
    (TimeoutError, "was not done within {total_timeout:g} s", True),
    (aiohttp.ClientPayloadError, "broke off in the middle of the body", True),
    (aiohttp.ServerDisconnectedError, "closed the connection without an answer", True),
    (aiohttp.ClientConnectorDNSError, "the host's name is not known: check `url:`", True),
    (aiohttp.ClientSSLError, "the host's certificate is not trusted", False),
    (aiohttp.InvalidURL, "the address in `url:` is not a URL", False),
    (aiohttp.ClientResponseError, "answered something that is not HTTP", True),
)


def connection_error(error: Exception, source: HttpSource) -> AttemptError:
    """Returns the failure that a failed connection, or a body that broke off, means."""
    if isinstance(error, AttemptError):
        return error
    for kind, words, transient in _CONNECTION:
        if isinstance(error, kind):
            return AttemptError(words.format(**source.model_dump()), transient=transient)
    why = getattr(error, "strerror", None) or type(error).__name__
    return AttemptError(f"no connection: {why}", transient=True)


def check_head(response: aiohttp.ClientResponse, kind: FormatKind | None) -> None:
    """Refuses a content type that cannot be the vendor's format; None is that of an archive.

    Raises:
        AttemptError: If the type does not fit; the message says what came instead.
    """
    declared = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if declared in _HTML:
        raise AttemptError(
            "answered with a web page instead of data (a maintenance or login page?)",
            transient=True,
        )
    if kind is None:
        return
    text_only = kind in {FormatKind.CSV, FormatKind.EP_LEDGER}
    own = "xml" if kind is FormatKind.XML else "json"
    fits = declared in _ANY | _GZIP or (
        declared in _CSV or declared.startswith("text/") if text_only else own in declared
    )
    if not fits:
        raise AttemptError(
            f"answered with {declared} where {kind.value} was expected", transient=False
        )


def check_encoding(response: aiohttp.ClientResponse) -> bool:
    """Whether the body is gzip by its Content-Encoding.

    Raises:
        AttemptError: If it is encoded in a way that was not asked for.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return False
    if encoding not in {"gzip", "x-gzip"}:
        raise AttemptError(
            f"sent the encoding {encoding}, which was not asked for", transient=False
        )
    return True


def check_length(response: aiohttp.ClientResponse, size: int) -> None:
    """Refuses a body whose length differs from the announced one, both before unpacking.

    Raises:
        AttemptError: If they differ; the message has both lengths.
    """
    announced = response.content_length
    if announced is not None and announced != size:
        raise AttemptError(f"sent {size:,} bytes and had announced {announced:,}", transient=True)


def check_start(file: Path, kind: FormatKind | None) -> None:
    """Refuses a body that begins like a web page, or that should be JSON and does not begin so.

    Raises:
        AttemptError: If it does; the message says what the body looks like.
    """
    with file.open("rb") as opened:
        start = opened.read(_HEAD)
    if start.startswith(GZIP):
        start = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, _HEAD)
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise AttemptError("answered with a web page that calls itself data", transient=True)
    if kind is FormatKind.JSON and not start.startswith((b"{", b"[")):
        what = "nothing" if not start else "something that is not JSON"
        raise AttemptError(f"answered with {what}", transient=True)


def _http_date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
