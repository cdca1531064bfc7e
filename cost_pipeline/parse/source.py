"""A delivery's bytes as UTF-8 in bounded pieces, and which encoding fits it.

Belongs here: encodings, byte order marks, physical lines. `body` reads and unpacks the file, and
what the text means is not known here. Lines end with CRLF, LF or CR, as they do for `csv` over
`newline=""`.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cost_pipeline.core.reasons import Reason
from cost_pipeline.core.text import BLANKS
from cost_pipeline.parse.body import Body
from cost_pipeline.parse.lines import find_lines
from cost_pipeline.parse.rows import Refused

_BOM: Final = "\ufeff"
_HEAD: Final = 4096
_HTML: Final = ("<!doctype html", "<html")


@dataclass(frozen=True, slots=True)
class _Misfit:
    encoding: str
    offset: int
    nul: bool = False


def find_encoding(body: Body, encodings: Sequence[str], block: int) -> str | Refused:
    """Returns the first encoding that strictly fits the whole file and gives no NUL character.

    Bytes that fit as UTF-8 only because NUL is a character are binary data, or UTF-16 that nobody
    declared; so a NUL is a misfit.
    """
    if _is_html(body, encodings):
        return Refused(
            Reason.NOT_THE_FORMAT, "it is an HTML page, perhaps an error page or a login"
        )
    mark = marked(body)
    wide = [encoding for encoding in encodings if _is_wide(encoding)]
    if mark is not None and not wide:
        return Refused(
            Reason.ENCODING,
            f"it begins with the mark of {mark}, which is none of the declared encodings "
            f"({', '.join(encodings)}): declare `encodings: [{mark.lower()}]`",
        )
    # One byte a character fits anything, a marked file included.
    encodings = [*wide, *(e for e in encodings if e not in wide)] if mark else encodings
    misfits = []
    for encoding in encodings:
        misfit = _misfit(body, encoding, block)
        if misfit is None:
            return encoding
        misfits.append(misfit)
    for misfit in misfits:
        if misfit.nul:
            where = f"the first is at byte {misfit.offset} (read as {misfit.encoding})"
            what = "binary data, or UTF-16 that is not declared"
            return Refused(Reason.NOT_THE_FORMAT, f"it holds NUL bytes: {what}; {where}")
    best = max(misfits, key=lambda misfit: misfit.offset)
    line = line_of(body, best.encoding, best.offset, block)
    return Refused(
        Reason.ENCODING,
        f"none of the declared encodings fits: {', '.join(encodings)}; "
        f"{best.encoding} came furthest and fails at byte {best.offset}, line {line}",
    )


# That of UTF-32 little endian begins as that of UTF-16 does, so it is asked for first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def marked(body: Body) -> str | None:
    """Returns the encoding, other than UTF-8, whose mark a file begins with."""
    head = next(body.pieces(_HEAD), b"")
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _is_wide(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _is_html(body: Body, encodings: Sequence[str]) -> bool:
    head = next(body.pieces(_HEAD), b"")
    return any(looks_like_html(head, encoding) for encoding in ("latin-1", *encodings))


def looks_like_html(head: bytes, encoding: str = "latin-1") -> bool:
    """Whether a file that starts so is a web page, or a table saved as one."""
    try:
        text = head.removeprefix(codecs.BOM_UTF8).decode(encoding, "ignore")
    except (UnicodeError, LookupError):
        return False
    return text.lstrip(_BOM + BLANKS).lower().startswith(_HTML)


def _misfit(body: Body, encoding: str, block: int) -> _Misfit | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    fed = 0
    for data, final in _with_end(body.pieces(block)):
        before, fed = fed, fed + len(data)
        try:
            text = decoder.decode(data, final)
            if not _is_utf8(encoding):
                text.encode("utf-8")  # utf-7 and its like can spell lone surrogates
        except UnicodeDecodeError as error:
            # `object` is what the decoder had kept back and the new block.
            return _Misfit(encoding, fed - len(error.object) + error.start)
        except UnicodeError:
            return _Misfit(encoding, before)
        if "\0" in text:
            found = data.find(b"\0")
            return _Misfit(encoding, before + max(found, 0), nul=True)
    kept, _ = decoder.getstate()  # `utf-8-sig` swallows a file that is half a mark
    return _Misfit(encoding, fed - len(kept)) if kept else None


def line_of(body: Body, encoding: str, offset: int, block: int) -> int:
    """Returns the physical line of a byte."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    line, left, after_cr = 1, offset, False
    for data in body.pieces(block):
        try:
            text = decoder.decode(data[:left])
        except UnicodeError:  # UTF-16 without its mark is not decoded, whatever is asked for
            break
        line += text.count("\n") + text.count("\r") - text.count("\r\n")
        line -= after_cr and text.startswith("\n")
        after_cr = text.endswith("\r") or (after_cr and not text)
        left -= len(data)
        if left <= 0:
            break
    return line


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig", "ascii"}


def _with_end(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    yield from ((block, False) for block in blocks)
    yield b"", True


def utf8_blocks(body: Body, encoding: str, block: int) -> Iterator[bytes]:
    """Yields the file as UTF-8 without byte order mark, in pieces that may part a character.

    It is only for an encoding that `find_encoding` chose; any other raises UnicodeError.
    """
    if _is_utf8(encoding):
        head = b""
        for data in body.pieces(block):
            if len(head) >= len(codecs.BOM_UTF8):
                yield data
                continue
            head += data
            if len(head) >= len(codecs.BOM_UTF8):
                yield head.removeprefix(codecs.BOM_UTF8)
        if len(head) < len(codecs.BOM_UTF8):
            yield head
        return
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    first = True
    for data, final in _with_end(body.pieces(block)):
        text = decoder.decode(data, final)
        if text:
            yield (text.removeprefix(_BOM) if first else text).encode("utf-8")
            first = False


def line_blocks(blocks: Iterator[bytes], line_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """Yields the same bytes cut after line ends, and whether each piece is the last.

    The last one may be empty.

    A line longer than `line_bytes` comes out longer than that still, but its rest is left out, so
    that what is held is bounded. Its pieces are joined once, so that time is linear in the bytes.
    """
    pending: list[bytes] = []
    held = 0
    dropped = after_cr = False  # a CR at the very end may be half of a CRLF; it waits
    for block in blocks:
        cut = 1 + max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1))
        if cut or (after_cr and block):
            end = b"\r" if dropped and after_cr else b""
            yield b"".join([*pending, end, block[:cut]]), False
            pending, held, dropped = [block[cut:]], len(block) - cut, False
        elif not dropped:
            pending.append(block)
            held += len(block)
        after_cr = block.endswith(b"\r") or (after_cr and not block)
        if not dropped and held > line_bytes + 2:
            pending, dropped = [b"".join(pending)[: line_bytes + 1]], True
    yield b"".join([*pending, b"\r" if dropped and after_cr else b""]), True


def skip_lines(blocks: Iterator[tuple[bytes, bool]], count: int) -> Iterator[tuple[bytes, bool]]:
    """Yields the blocks of `line_blocks` without the first `count` physical lines."""
    for data, final in blocks:
        if not count:
            yield data, final
            continue
        lines = find_lines(data)
        here = min(count, len(lines))
        count -= here
        yield (data[lines.starts[here] :] if here < len(lines) else b""), final
