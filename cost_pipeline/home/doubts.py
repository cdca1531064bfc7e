"""What is lawful in a home's files and probably not meant: settings that nothing reads, and others.

Belongs here: warnings. What is wrong is `checks`' and the models' to say; a home with warnings
works as it stands. Pure, but for the folders that paths resolve to.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.effects import EFFECTS
from cost_pipeline.contracts.formats import TextFormat
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.sources import HttpSource, OAuth2, SftpSource
from cost_pipeline.contracts.times import ReadByStyle
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.home.document import Document
from cost_pipeline.home.patterns import overlap

_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# The sections that say how values of a type are written; without a field of it nothing is.
_WRITTEN: Final = (("numbers", Decimal, "number"), ("dates", date, "day"))

Say = Callable[[Sequence[str | int], str, str], None]


def doubt_vendor(vendor: Vendor, document: Document, feed: FeedContract) -> None:
    """Notes what is probably not meant in one vendor file.

    Args:
        vendor: The vendor, which is lawful.
        document: Where it was read from, with no problem; doubts are noted there.
        feed: What its feed says of records.
    """
    for path, why in _idle(vendor, document, ()):
        document.complain(path, f"`{path[-1]}` has no effect: {why}", "take it out, or mend that")
    for path, why in _unwritten(vendor, document, feed):
        document.complain(path, f"`{path[-1]}` has no effect: {why}", "take it out")
    _doubt_encodings(vendor, document)
    _doubt_addresses(vendor, document)


def doubt_overlaps(vendors: Sequence[tuple[Vendor, Document]], base: Path) -> None:
    """Notes two vendors that take the same files of the same place: each row would come twice."""
    for (one, _), (other, document) in itertools.combinations(vendors, 2):
        first, second = _place(one, base), _place(other, base)
        if first is None or second is None or first[0] != second[0]:
            continue
        both = overlap(first[1], second[1])
        if both is not None:
            document.complain(
                ("source", "files") if document.has(("source", "files")) else ("source",),
                f"the vendor `{one.vendor}` takes the same files of the same folder, such as"
                f" `{both}`: both would bring their rows",
                "let each file name fit one vendor's `files`",
            )


def _idle(
    section: Section, document: Document, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yields the keys that are written and that nothing reads, with why."""
    for name, info in type(section).model_fields.items():
        here = (*path, info.alias or name)
        if not document.has(here):
            continue
        for note in info.metadata:
            if isinstance(note, EFFECTS) and (why := note.idle(section)) is not None:
                yield here, why
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _idle(value, document, here)


def _unwritten(
    vendor: Vendor, document: Document, feed: FeedContract
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yields what is said of values that the vendor does not have."""
    fields = feed.kinds[vendor.record].contract.model_fields
    told = {*vendor.read_from, *vendor.constants} & fields.keys()
    for section, base, what in _WRITTEN:
        given = any(parts(fields[name]).base is base for name in told)
        if document.has((section,)) and not given and not vendor.dates.gives_a_day:
            yield (section,), f"no column and no constant holds a {what}"
    timed = any(isinstance(note, ReadByStyle) for n in told for note in parts(fields[n]).notes)
    if document.has(("times",)) and not timed:
        yield ("times",), "no column and no constant holds a time"
    measure = feed.shape.measure
    section = feed.vendor.model_fields["measure"].alias or "measure"
    if document.has((section,)) and (measure is None or measure.field not in vendor.columns):
        yield (section,), "no column holds what it is about"
    if vendor.ids is not None and document.has(("ids", "fields")):
        for place, name in enumerate(vendor.ids.fields):
            path = ("ids", "fields", place)
            if name not in told and document.has(path):
                yield ("ids", "fields"), f"no column gives `{name}`"


def _doubt_encodings(vendor: Vendor, document: Document) -> None:
    if not isinstance(vendor.format, TextFormat):
        return
    encodings = vendor.format.encodings
    for place, name in enumerate(encodings[:-1]):
        if _fits_anything(name):
            document.complain(
                ("format", "encodings", place + 1),
                f"`{encodings[place + 1]}` is never tried: every file fits `{name}` before it",
                f"put `{name}` last",
            )
            return


def _fits_anything(encoding: str) -> bool:
    try:
        return len(bytes(range(256)).decode(encoding)) == 256  # noqa: PLR2004 - all bytes
    except UnicodeError:
        return False


def _doubt_addresses(vendor: Vendor, document: Document) -> None:
    source = vendor.source
    if not isinstance(source, HttpSource) or source.auth is None:
        return
    addresses: list[tuple[tuple[str, ...], str]] = [(("source", "url"), source.url)]
    if isinstance(source.auth, OAuth2):
        addresses.append((("source", "auth", "url"), source.auth.url))
    for path, url in addresses:
        split = urlsplit(url)
        if split.scheme == "http" and split.hostname not in _HERE:
            document.complain(
                path,
                "credentials go over plain http: whoever is on the way can read them",
                "write https://, or take `auth` out",
            )


def _place(vendor: Vendor, base: Path) -> tuple[tuple[object, ...], str] | None:
    """Returns where a vendor's files lie, and their pattern; None if it takes no files."""
    source = vendor.source
    if isinstance(source, FolderSource):
        return ("folder", (base / Path(source.path).expanduser()).resolve()), source.files
    if isinstance(source, SftpSource):
        return ("sftp", source.host, source.port, source.path.rstrip("/") or "/"), source.files
    return None
