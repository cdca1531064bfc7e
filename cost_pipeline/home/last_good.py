"""Vendor files that are wrong, and what their vendors were when the home was last worked on.

A wrong file stops its own vendor and no other. Nothing is pulled by it. What its vendor sent before
goes on to be read, judged and posted by the settings that were in force then, so that records
neither vanish nor change their meaning because somebody mistyped a line.

What does not belong here: where those settings are kept (`lake/vendor_files`).
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Literal

from pydantic import ValidationError

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.home.checks import check_between, check_vendor
from cost_pipeline.home.document import Document, Problem

Read = tuple[Vendor, Document]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LONGEST: Final = 50
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class WrongFile:
    """A vendor file that cannot be used.

    Attributes:
        file: Relative to the home.
        vendor: Whose file it is, or was; else the name that the file says or bears.
        feed: The feed of that vendor.
        problems: What is wrong, in the order of lines.
        stands: `new` if no such vendor was ever worked with; `last_good` if its vendor is as the
            file last said; `lost` if it was worked with, and what the file said is not known.
    """

    file: str
    vendor: str
    feed: str
    problems: tuple[Problem, ...]
    stands: Literal["new", "last_good", "lost"]

    def lines(self) -> list[str]:
        """Returns each mistake: where it is, what it is, what to do."""
        return [
            f"{one.where}: {one.message}" + (f"; {one.remedy}" if one.remedy else "")
            for one in self.problems
        ]

    @property
    def words(self) -> str:
        """The mistakes in one line."""
        lines = self.lines()
        more = f" (and {len(lines) - _TOLD} more)" if len(lines) > _TOLD else ""
        return f"the vendor file is wrong: {' | '.join(lines[:_TOLD])}{more}"

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "vendor": self.vendor,
            "file": self.file,
            "problems": [
                {"where": one.where, "message": one.message, "remedy": one.remedy}
                for one in self.problems
            ],
            "last_good": self.stands == "last_good",
        }


@dataclass(frozen=True, slots=True)
class LastGood:
    """The vendors of a home as they were when it was last worked on, and the file of each.

    Attributes:
        known: False if the home was worked on and this is not known: by an earlier version.
    """

    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    known: bool = True


def as_text(vendors: Iterable[Vendor], files: Mapping[str, str]) -> str:
    """Returns vendors as a text that `from_text` reads, the same for the same vendors."""
    content = {
        vendor.vendor: {
            "file": files[vendor.vendor],
            "feed": vendor.feed,
            "in_force": [
                [since.isoformat(), own.model_dump(mode="json", by_alias=True)]
                for since, own in vendor.in_force
            ],
            "why": [change.why for change in vendor.changes],
        }
        for vendor in vendors
    }
    return json.dumps({"vendors": content}, sort_keys=True, ensure_ascii=False)


def from_text(text: str, feeds: Mapping[str, FeedContract]) -> LastGood:
    """Returns what `as_text` was made of; not known if this version cannot read it."""
    try:
        content: dict[str, dict[str, Any]] = json.loads(text)["vendors"]
        vendors = {
            name: feeds[kept["feed"]].vendor.as_it_was(kept["in_force"], kept["why"])
            for name, kept in content.items()
        }
        files = {name: str(kept["file"]) for name, kept in content.items()}
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError):
        return LastGood(known=False)
    return LastGood(vendors, files)


def unnamed_feed(feeds: Mapping[str, FeedContract]) -> FeedContract | None:
    """Returns the feed whose vendor files need not name it."""
    every = (f for f in feeds.values() if not f.vendor.model_fields["feed"].is_required())
    return next(every, None)


def tell_both(read: Sequence[Read]) -> None:
    """Notes a vendor name that two files have in the first of them too: nobody knows which counts.

    `check_names` has noted it in the others.
    """
    by_name: dict[str, list[Document]] = {}
    for vendor, document in read:
        by_name.setdefault(vendor.vendor, []).append(document)
    for name, documents in by_name.items():
        if len(documents) > 1:
            documents[0].complain(
                ("vendor",),
                f"the vendor `{name}` is described in {documents[1].file} too",
                "give each vendor file a name of its own",
            )


@dataclass(frozen=True, slots=True)
class Sorted:
    """The vendors of a home, those by their last good files among them, and the wrong files."""

    vendors: tuple[Vendor, ...]
    files: Mapping[str, str]
    wrong: tuple[WrongFile, ...]


def sort_out(
    documents: Sequence[Document],
    read: Sequence[Read],
    last_good: LastGood,
    feeds: Mapping[str, FeedContract],
    settings: Mapping[str, Section],
) -> Sorted:
    """Parts right vendor files from wrong ones, and gives wrong ones their last good settings.

    Files that do not fit together are found here too: a file is wrong then that names another, and
    last good settings that do not fit to the files of today are lost.

    Args:
        documents: All vendor files; problems are noted there.
        read: Those that are well-formed by themselves.
        last_good: The vendors as they were.
        feeds: What each feed says of vendor files.
        settings: The settings of each feed.
    """
    lost = {name for name, one in last_good.vendors.items() if not _fits(one, feeds, settings)}
    while True:
        right = [(vendor, document) for vendor, document in read if not document.problems]
        bad = [document for document in documents if document.problems]
        named = _named(bad, {vendor.vendor for vendor, _ in right}, last_good)
        again = [
            (last_good.vendors[name], Document(document.file))
            for document, name in named
            if name in last_good.vendors and name not in lost
        ]
        check_between([*right, *again], feeds)
        unfit = {vendor.vendor for vendor, document in again if document.problems}
        if not unfit and not any(document.problems for _, document in right):
            break
        lost |= unfit
    gone = set(last_good.files.values()) - {document.file for document in documents}
    wrong = tuple(
        _wrong(document, name, _stands(document, name, last_good, lost, gone), last_good, feeds)
        for document, name in named
    )
    return Sorted(
        tuple(vendor for vendor, _ in (*right, *again)),
        {vendor.vendor: document.file for vendor, document in (*right, *again)},
        wrong,
    )


def _fits(
    vendor: Vendor, feeds: Mapping[str, FeedContract], settings: Mapping[str, Section]
) -> bool:
    """Whether the settings of a vendor are right with what its feed says today."""
    feed, own = feeds[vendor.feed], settings.get(vendor.feed)
    document = Document("")
    for _, one in vendor.in_force:
        check_vendor(one, document, feed, feed.scopes(own) if own is not None else ())
    return not document.problems


def _named(
    bad: Sequence[Document], taken: set[str], last_good: LastGood
) -> list[tuple[Document, str]]:
    """Returns each wrong file with the name of its vendor; no two have the same.

    A file keeps the vendor that it had. Another one has the name that it says, else its own.
    """
    by_file = {file: name for name, file in last_good.files.items()}
    found: dict[str, str] = {}
    said = {document.file: _said(document, "vendor") for document in bad}
    own = {document.file: _own_name(document.file) for document in bad}
    known = {file: name for file, name in said.items() if name in last_good.vendors}
    for names in (by_file, known, said, own):
        for document in bad:
            name = names.get(document.file)
            if document.file not in found and name is not None and name not in taken:
                found[document.file] = name
                taken.add(name)
    for document in bad:
        if document.file not in found:
            numbered = (f"{own[document.file]}_{number}" for number in itertools.count(2))
            found[document.file] = next(name for name in numbered if name not in taken)
            taken.add(found[document.file])
    return [(document, found[document.file]) for document in bad]


def _said(document: Document, key: str) -> str | None:
    value = document.value
    said = value.get(key) if isinstance(value, dict) else None
    return said if isinstance(said, str) and _NAME.fullmatch(said) else None


def _own_name(file: str) -> str:
    """Returns the name of a file as that of a vendor may be."""
    plain = re.sub(r"[^a-z0-9_]+", "_", PurePosixPath(file).stem.lower())[:_LONGEST]
    return plain if _NAME.fullmatch(plain) else f"file_{plain}"


def _stands(
    document: Document, name: str, last_good: LastGood, lost: set[str], gone: set[str]
) -> Literal["new", "last_good", "lost"]:
    if not last_good.known or name in lost:
        return "lost"
    if name in last_good.vendors:
        return "last_good"
    # A file that does not say its name may be one of those that are gone, under another name.
    return "lost" if gone and _said(document, "vendor") is None else "new"


def _wrong(
    document: Document,
    name: str,
    stands: Literal["new", "last_good", "lost"],
    last_good: LastGood,
    feeds: Mapping[str, FeedContract],
) -> WrongFile:
    before, said = last_good.vendors.get(name), _said(document, "feed")
    unnamed = unnamed_feed(feeds)
    feed = before.feed if before is not None else said if said in feeds else None
    if feed is None:
        feed = unnamed.name if unnamed is not None else next(iter(feeds))
    problems = tuple(sorted(set(document.problems)))
    return WrongFile(document.file, name, feed, problems, stands)
