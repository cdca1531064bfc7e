"""Where a vendor's deliveries come from: the `source:` section of a vendor file.

Public interface: docs/interfaces.md describes every key. What a delivery holds, and how it is read,
is the rest of the vendor file (`vendor`). Durations are in seconds everywhere here.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator
from pydantic import model_validator as check_model

from cost_pipeline.contracts.effects import ReadWith, ReadWithout
from cost_pipeline.contracts.file_names import refuse_unreadable
from cost_pipeline.contracts.sections import Section, ShortForms

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""The name of an environment variable that holds a secret; never the secret."""
_SSH_PORT: Final = 22
Url = Annotated[str, StringConstraints(pattern=r"^https?://")]


def _inside(files: str) -> str:
    if files.startswith("/") or ".." in files.split("/"):
        raise ValueError("must be a name or pattern inside `path`, without `..`")
    return refuse_unreadable(files)


def _names_the_file(control: str | None) -> str | None:
    if control is None:
        return None
    rest = control.replace("{name}", "").replace("{stem}", "")
    if rest in {"", control} or "{" in rest or "}" in rest or PurePosixPath(rest).name != rest:
        raise ValueError("must be a name with `{name}` or `{stem}` in it, and more than that")
    return control


Control = Annotated[str | None, AfterValidator(_names_the_file)]
"""The name of the file by which the sender says that a file is complete, with `{name}` or `{stem}`
for the file's (`{name}.done`)."""


class Unpack(Section):
    """Archives whose members are deliveries of their own.

    Attributes:
        kind: What the files of the source are; a `tar` may be packed with gzip.
        files: The members that are deliveries: a pattern of their names, or with a `/` of their
            paths in the archive.
    """

    short_forms: ClassVar[ShortForms] = ShortForms(instead=({"enum": ["zip", "tar"]},))

    kind: Literal["zip", "tar"]
    files: Annotated[str, AfterValidator(_inside)] = "*"

    @check_model(mode="before")
    @classmethod
    def _short_form(cls, unpack: object) -> object:
        return {"kind": unpack} if isinstance(unpack, str) else unpack

    @field_validator("files")
    @classmethod
    def _of_any_date(cls, files: str) -> str:
        if "{" in files:
            raise ValueError(
                "must be a pattern of names without `{pull_date}`: say that in the"
                " name of the archive"
            )
        return files


class Retry(Section):
    """How often and how long one page or file is tried.

    Before the n-th retry there is a random wait of up to `base * 2**n`, never more than `max` (full
    jitter). After `deadline` nothing new is begun; waiting for a free slot does not count.
    """

    attempts: int = Field(default=4, ge=1, le=20)
    base: float = Field(default=0.5, ge=0)
    max: float = Field(default=30.0, ge=0)
    deadline: float = Field(default=300.0, gt=0)


class Limits(Section):
    """What one host is asked for at most. Vendors on the same host share the strictest of theirs.

    Attributes:
        connections: Calls in flight at a time.
        calls: Calls per `per` seconds (a token bucket that holds `calls`); unlimited if not given.
    """

    connections: int | None = Field(default=None, ge=1)
    calls: float | None = Field(default=None, ge=1)
    per: Annotated[float, ReadWith("calls")] = Field(default=1.0, gt=0)


class Breaker(Section):
    """When a failing host is left alone.

    Attributes:
        failures: The share of failed calls above which it is.
        window: Over how long that share is taken.
        calls: Below so many calls in the window there is no share worth the name.
        rest: How long it is left alone before one call probes it.
    """

    failures: float = Field(default=0.05, gt=0, le=1)
    window: float = Field(default=60.0, gt=0)
    calls: int = Field(default=20, ge=1)
    rest: float = Field(default=10.0, gt=0)


class _Remote(Section):
    """What every source behind a network has."""

    short_forms: ClassVar[ShortForms] = ShortForms(
        keys={"attempts": {"type": ["integer", "string"], "description": "Short for `retry`."}}
    )

    retry: Retry = Retry()
    limits: Limits = Limits()
    breaker: Breaker = Breaker()
    connect_timeout: float = Field(default=5.0, gt=0)
    read_timeout: float = Field(default=30.0, gt=0)
    total_timeout: float = Field(default=300.0, gt=0)

    @property
    def attempts(self) -> int:
        """How often one page or file is tried."""
        return self.retry.attempts

    @check_model(mode="before")
    @classmethod
    def _short_attempts(cls, source: object) -> object:
        """Takes `attempts: 4` beside the address as short for `retry: {attempts: 4}`."""
        if not isinstance(source, dict) or "attempts" not in source:
            return source
        retry = source.get("retry", {})
        if not isinstance(retry, dict) or "attempts" in retry:
            raise ValueError("say `attempts` once: here, or under `retry`")
        rest = {name: value for name, value in source.items() if name != "attempts"}
        return {**rest, "retry": {**retry, "attempts": source["attempts"]}}


class FolderSource(Section):
    """Files that somebody puts into a folder, also on a network drive.

    Attributes:
        path: Relative to the home, or absolute.
        files: A name with a date pattern (`{pull_date:%Y-%m}.csv`: the files of that pull date) or
            a plain glob (every file whose bytes are not yet landed).
        timeout: The limit for all of its files together; a drive that hangs is given up then.
        control: The same as for SFTP.
        unpack: Whether its files are archives, whose members are the deliveries.
        settle: The same as for SFTP, and by default none: a file that was touched within so many
            seconds is complete when its size and time are the same in two looks so far apart.
    """

    kind: Literal["folder"]
    path: str
    files: str = "*"
    timeout: float = Field(default=600.0, gt=0)
    control: Control = None
    settle: Annotated[float, ReadWithout("control")] = Field(default=0.0, ge=0)
    unpack: Unpack | None = None

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, files: str) -> str:
        return _inside(files)

    @property
    def dated(self) -> bool:
        """Whether the name depends on the pull date."""
        return "{pull_date" in self.files


class NoPages(Section):
    """The API answers with everything at once."""

    style: Literal["none"] = "none"


class NumberedPages(Section):
    """Numbered pages until one is empty, or `more` or `total` says that it is the last.

    A 204, and where neither key is named a 404 past the first page, are an empty page.

    Attributes:
        more: Dotted path of the key that is false, null or absent on the last page.
        total: Dotted path of the number of all items; the pages must hold as many.
    """

    style: Literal["page"]
    page_parameter: str = "page"
    size_parameter: Annotated[str | None, ReadWith("size")] = None
    size: Annotated[int | None, ReadWith("size_parameter")] = Field(default=None, ge=1)
    first: int = 1
    more: str | None = None
    total: str | None = None


class OffsetPages(Section):
    """Pages that begin after so many items; otherwise as numbered ones."""

    style: Literal["offset"]
    offset_parameter: str = "offset"
    size_parameter: Annotated[str | None, ReadWith("size")] = "limit"
    size: int | None = Field(default=None, ge=1)
    first: int = 0
    more: str | None = None
    total: str | None = None


class CursorPages(Section):
    """Each page names the next one by a cursor; the last has none.

    Attributes:
        next: Dotted path of the cursor in the answer; null, empty or absent on the last page.
    """

    style: Literal["cursor"]
    next: str
    cursor_parameter: str = "cursor"
    size_parameter: Annotated[str | None, ReadWith("size")] = None
    size: Annotated[int | None, ReadWith("size_parameter")] = Field(default=None, ge=1)
    total: str | None = None


class LinkPages(Section):
    """Each page gives the next one's address: in its Link header, or in its body.

    Attributes:
        next: Dotted path of the address in the body; the header `Link: <...>; rel="next"` if not
            given. An address on another server is refused: it would be sent the credentials.
    """

    style: Literal["link"]
    next: str | None = None
    size_parameter: Annotated[str | None, ReadWith("size")] = None
    size: Annotated[int | None, ReadWith("size_parameter")] = Field(default=None, ge=1)
    total: str | None = None


Pages = Annotated[
    NoPages | NumberedPages | OffsetPages | CursorPages | LinkPages, Field(discriminator="style")
]


class Auth(Section):
    """Credentials by the name of an environment variable, never by value.

    Attributes:
        kind: `bearer` (a token), `key` (as it stands in `header`), `basic` (`user:password`).
    """

    kind: Literal["bearer", "key", "basic"]
    env: Variable
    header: str = "Authorization"


class OAuth2(Section):
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token that is fetched, and renewed in time.

    Attributes:
        url: Where tokens are given out.
        id_env: Names the variable with the client id.
        secret_env: Names the variable with the client secret.
        scope: Asked for, if not empty.
        parameters: Further fields of the token request (`audience`).
        refresh_before: Seconds before its end at which a token is renewed.
    """

    kind: Literal["oauth2"]
    url: Url
    id_env: Variable
    secret_env: Variable
    scope: str = ""
    parameters: dict[str, str] = Field(default_factory=dict)
    refresh_before: float = Field(default=60.0, ge=0)


class Incremental(Section):
    """What is new since the last pull, by a value that the vendor understands.

    Attributes:
        parameter: Takes the value of the pull before.
        field: Dotted path in every item; the largest value is kept for the next pull.
        answer: Instead of `field`: dotted path in the answer; the last page's value is kept.
        order: How values of `field` compare: as text (ISO times) or as whole numbers.
        start: Sent on the first pull; nothing is sent if empty.
    """

    parameter: str
    field: str | None = None
    answer: str | None = None
    order: Annotated[Literal["text", "number"], ReadWith("field")] = "text"
    start: str = ""

    @check_model(mode="after")
    def _one_origin(self) -> Self:
        if (self.field is None) == (self.answer is None):
            raise ValueError("name either `field` (of each item) or `answer` (of the whole)")
        return self


class HttpSource(_Remote):
    """A JSON, JSON lines or CSV API. `url` and `parameters` values may hold `{pull_date:...}`.

    Attributes:
        unpack: Whether it answers with an archive, whose members are the deliveries.
    """

    kind: Literal["http"]
    url: Url
    parameters: dict[str, str] = Field(default_factory=dict)
    pages: Pages = NoPages()
    auth: Annotated[Auth | OAuth2, Field(discriminator="kind")] | None = None
    incremental: Incremental | None = None
    unpack: Unpack | None = None

    @check_model(mode="after")
    def _archives_have_no_pages(self) -> Self:
        if self.unpack is not None and (self.incremental or not isinstance(self.pages, NoPages)):
            raise ValueError("`unpack` is for one archive: take `pages` and `incremental` out")
        return self

    @field_validator("pages", mode="before")
    @classmethod
    def _says_its_style(cls, pages: object) -> object:
        if isinstance(pages, dict) and "style" not in pages:
            raise ValueError("must say its `style`: none, page, offset, cursor or link")
        return pages


class Login(Section):
    """Who logs in to an SFTP server, by a password or a private key from the environment.

    Attributes:
        env: Names the variable with the password, or with the key: its text, or its file's path.
        passphrase_env: Names the variable with the key's passphrase, if it has one.
    """

    kind: Literal["password", "key"]
    user: str
    env: Variable
    passphrase_env: Annotated[Variable | None, ReadWith("kind", ("key",))] = None


class SftpSource(_Remote):
    """Files that a partner puts onto an SFTP server. Nothing there is ever changed or deleted.

    Attributes:
        path: The folder there.
        files: The same as for a folder.
        known_hosts: File with the server's host key (OpenSSH's format), relative to the home or
            absolute. A server with another key is refused.
        control: The file by which the partner says that a file is complete. If not given, a file
            is complete when its size and time are the same in two looks that lie `settle` apart.
        unpack: The same as for a folder.
    """

    kind: Literal["sftp"]
    host: str = Field(min_length=1)
    port: int = Field(default=_SSH_PORT, ge=1, le=65535)
    login: Login
    known_hosts: str = "known_hosts"
    path: str = "."
    files: str = "*"
    control: Control = None
    settle: Annotated[float, ReadWithout("control")] = Field(default=5.0, ge=0)
    unpack: Unpack | None = None

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, files: str) -> str:
        if "/" in files:
            raise ValueError("must be a name or pattern inside `path`, without `/`")
        return refuse_unreadable(files)

    @property
    def url(self) -> str:
        """Where its files lie, for people."""
        port = "" if self.port == _SSH_PORT else f":{self.port}"
        path = str(PurePosixPath("/", self.path)).rstrip("/")
        return f"sftp://{self.host}{port}{path}"

    @property
    def dated(self) -> bool:
        """Whether the name depends on the pull date."""
        return "{pull_date" in self.files


Source = Annotated[FolderSource | HttpSource | SftpSource, Field(discriminator="kind")]
