"""Reads a home: its settings and vendors, or every mistake in them with file and line.

Reads YAML and `home.json`, nothing else; whether a vendor's folder is there is asked separately
(`missing_folders`), because that is the machine's state and not a mistake in a file.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from cost_pipeline.contracts.complaints import Complaint
from cost_pipeline.contracts.general import General
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.text import nearest
from cost_pipeline.home.checks import check_names, check_vendor
from cost_pipeline.home.codes import with_codes
from cost_pipeline.home.dated import doubt_changes, each_settings
from cost_pipeline.home.document import Document, Problem, read_document
from cost_pipeline.home.doubts import doubt_overlaps, doubt_vendor
from cost_pipeline.home.explain import explain
from cost_pipeline.home.lookup import note, read_table
from cost_pipeline.home.places import refuse_unusable

FORMAT: Final = 1
MARKER: Final = "home.json"
GENERAL: Final = "home.yaml"
_VENDORS: Final = "vendors/"

_Model = TypeVar("_Model", bound=BaseModel)
_Section = TypeVar("_Section", bound=Section)


@dataclass(frozen=True, slots=True)
class Home:
    """A home as it was read.

    Attributes:
        path: Absolute.
        general: What concerns no feed more than another.
        settings: The settings of each feed, by its name.
        vendors: Its vendors, in the order of their names.
        lake_uri: An absolute folder, or a URI with a scheme as it stands in the settings.
        dagster_home: What DAGSTER_HOME is for this home.
    """

    path: Path
    general: General
    settings: Mapping[str, Section]
    vendors: tuple[Vendor, ...]
    lake_uri: str
    dagster_home: Path

    def folder(self, source: FolderSource) -> Path:
        """Returns the folder of a folder source, absolute."""
        return self.path / Path(source.path).expanduser()

    def settings_of(self, model: type[_Section]) -> _Section:
        """Returns the settings that are of this model.

        Raises:
            LookupError: If no feed of the product has such settings.
        """
        for found in self.settings.values():
            if isinstance(found, model):
                return found
        raise LookupError(model.__name__)

    def of_feed(self, name: str) -> Home:
        """Returns the home as one feed sees it: with no vendors but its own."""
        return replace(self, vendors=tuple(v for v in self.vendors if v.feed == name))


def read_home(
    path: Path, feeds: Mapping[str, FeedContract], *, of: Collection[str] | None = None
) -> Home:
    """Reads a home.

    Args:
        path: Its folder.
        feeds: What each feed says of vendor files and settings.
        of: Names of the vendors whose files are needed: mistakes in the files of others do not
            count, because who tries a file may not have written the others to their end. All if
            None.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME with every mistake in its files.
    """
    home, found = _read(path, feeds, of)
    if home is None or found:
        raise _as_error(found)
    return home


def mistakes_in(path: Path, feeds: Mapping[str, FeedContract]) -> list[Problem]:
    """Returns every mistake in a home's files, in the order of files and lines.

    Raises:
        UsageError: NO_HOME or HOME_TOO_NEW: there is nothing to check.
    """
    return _read(path, feeds)[1]


def doubts_in(path: Path, feeds: Mapping[str, FeedContract]) -> list[Problem]:
    """Returns what is lawful in a home's vendor files and probably not meant.

    Nothing is looked for where there are mistakes: those come first.
    """
    files = _Files(path.expanduser().absolute(), feeds)
    settings = {name: own for name in feeds if (own := files.settings(name)) is not None}
    read = list(files.vendors(settings))
    if any(document.problems for document in files.documents):
        return []
    for vendor, document in read:
        for one, view in each_settings(vendor, document):
            doubt_vendor(one, view, feeds[vendor.feed])
        doubt_changes(vendor, document)
    doubt_overlaps(read, files.path)
    return sorted({problem for document in files.documents for problem in document.problems})


def missing_folders(home: Home) -> dict[str, Path]:
    """Returns, by vendor, the folder that its source names and that is not there."""
    return {
        vendor.vendor: home.folder(vendor.source)
        for vendor in home.vendors
        if isinstance(vendor.source, FolderSource) and not home.folder(vendor.source).is_dir()
    }


def _read(
    path: Path, feeds: Mapping[str, FeedContract], of: Collection[str] | None = None
) -> tuple[Home | None, list[Problem]]:
    path = path.expanduser().absolute()
    _refuse_no_home(path, feeds)
    refuse_unusable(path, "the home")
    files = _Files(path, feeds)
    settings = {name: own for name in feeds if (own := files.settings(name)) is not None}
    general = files.general(settings)
    read = list(files.vendors(settings))
    check_names(read)
    files.check_between(read)
    needed = [one for one in files.documents if of is None or _is_needed(one, of)]
    found = sorted({problem for document in needed for problem in document.problems})
    if general is None:
        return None, found
    vendors = tuple(sorted((vendor for vendor, _ in read), key=lambda vendor: vendor.vendor))
    lake = general.lake
    if "://" not in lake:
        lake = str((path / Path(lake).expanduser()).resolve())
        refuse_unusable(Path(lake), "the lake")
    return (
        Home(
            path=path,
            general=general,
            settings=settings,
            vendors=vendors,
            lake_uri=lake,
            dagster_home=path / "dagster",
        ),
        found,
    )


@dataclass(slots=True)
class _Files:
    """The files of a home on their way to models; problems are noted in the documents."""

    path: Path
    feeds: Mapping[str, FeedContract]
    documents: list[Document] = field(default_factory=list)

    def settings(self, name: str) -> Section | None:
        """Returns the settings of a feed, from its file or from defaults where it has none."""
        feed = self.feeds[name]
        if not (self.path / feed.file).exists() and not self._is_needed(feed):
            return _without_a_file(feed)
        document = self._document(feed.file)
        settings = _model(feed.settings, document)
        if settings is not None:
            _complain(document, feed.wrong_settings(settings))
            settings = self._with_files(settings, document, feed)
        return settings

    def _with_files(self, settings: Section, document: Document, feed: FeedContract) -> Section:
        """Returns settings with what the lookup files hold that they name."""
        tables = {
            path: table
            for path, file in feed.files(settings).items()
            if (table := read_table(file, path, document, self.path)) is not None
        }
        whole: Section
        whole, wrong = feed.with_files(settings, tables)
        note(document, [Problem(one.file, one.line, one.message, one.remedy) for one in wrong])
        return whole

    def _is_needed(self, feed: FeedContract) -> bool:
        """Whether this file must be there for the folder to be a home."""
        files = [one.file for one in self.feeds.values()]
        return feed.file == files[0] and not any(
            (self.path / file).exists() for file in (GENERAL, *files)
        )

    def general(self, settings: Mapping[str, Section]) -> General | None:
        """Returns the settings that concern every feed, from their own file or that of a feed."""
        told = [
            (name, found)
            for name, found in settings.items()
            if isinstance(found, General) and (self.path / self.feeds[name].file).exists()
        ]
        if not (self.path / GENERAL).exists():
            broken = any(document.problems for document in self.documents)
            return told[0][1] if told else None if broken else General()
        document = self._document(GENERAL)
        if told:
            file = self.feeds[told[0][0]].file
            message = f"{file} says already what the home is"
            document.complain((), message, f"keep one of {file} and {GENERAL}")
        return _model(General, document)

    def vendors(self, settings: Mapping[str, Section]) -> Iterator[tuple[Vendor, Document]]:
        """Yields the vendor files that are well-formed by themselves."""
        for file in _vendor_files(self.path):
            document = self._document(f"{_VENDORS}{file.name}")
            if file.suffix != ".yaml":
                document.problems = [
                    Problem(
                        document.file, 0, "is not read: its name must end in .yaml", "rename it"
                    )
                ]
                continue
            feed = self._feed_of(document)
            vendor = None if feed is None else _model(feed.vendor, document)
            if feed is None or vendor is None:
                continue
            if vendor.record not in feed.kinds:
                message = f"the feed {feed.name} has no record `{vendor.record}`"
                document.complain(("record",), message, nearest(vendor.record, feed.kinds))
                continue
            vendor = with_codes(vendor, document, self.path, feed)
            if vendor is None:
                continue
            own = settings.get(feed.name)
            scopes = feed.scopes(own) if own is not None else ()
            for one, view in each_settings(vendor, document):
                check_vendor(one, view, feed, scopes)
            yield vendor, document

    def _feed_of(self, document: Document) -> FeedContract | None:
        """Returns the feed that a vendor file names, or the one that is meant if it names none."""
        value = document.value
        name = value.get("feed") if isinstance(value, dict) else None
        if name is None:
            unnamed = (
                f for f in self.feeds.values() if not f.vendor.model_fields["feed"].is_required()
            )
            feed = next(unnamed, None)
            if feed is None:
                document.complain((), "`feed` is missing", "add the key `feed`")
            return feed
        if str(name) not in self.feeds:
            document.complain(
                ("feed",), f"`feed` cannot be `{name}`", nearest(str(name), self.feeds)
            )
        return self.feeds.get(str(name))

    def check_between(self, read: Sequence[tuple[Vendor, Document]]) -> None:
        """Notes what is wrong between the vendor files of a feed."""
        by_name = {vendor.vendor: document for vendor, document in read}
        for name, feed in self.feeds.items():
            own = [vendor for vendor, _ in read if vendor.feed == name]
            for complaint in feed.wrong_vendors(own):
                _complain(by_name[complaint.vendor or ""], [complaint])

    def _document(self, name: str) -> Document:
        self.documents.append(read_document(self.path / name, name))
        return self.documents[-1]


def _is_unnamed(feed: FeedContract) -> bool:
    """Whether the vendor files of a feed need not name it."""
    return not feed.vendor.model_fields["feed"].is_required()


def _complain(document: Document, complaints: Iterable[Complaint]) -> None:
    for one in complaints:
        document.complain(one.path, one.message, one.remedy)


def _without_a_file(feed: FeedContract) -> Section | None:
    """Returns the settings that are right without any key; None if a key is needed."""
    try:
        return feed.settings.model_validate({})
    except ValidationError:
        return None


def _is_needed(document: Document, of: Collection[str]) -> bool:
    """Whether a file is one of settings, or of one of these vendors."""
    if not document.file.startswith(_VENDORS):
        return True
    value = document.value
    return isinstance(value, dict) and str(value.get("vendor")) in of


def _vendor_files(path: Path) -> list[Path]:
    folder = path / "vendors"
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in {".yaml", ".yml"} and not file.name.startswith(".")
    )


def _model(model: type[_Model], document: Document) -> _Model | None:
    """Returns the document as a model; None if it has problems, which are then noted."""
    if document.problems and document.value is None:
        return None
    try:
        value = model.model_validate(document.value)
    except ValidationError as error:
        explain(error, model, document)
        return None
    return None if document.problems else value


def _refuse_no_home(path: Path, feeds: Mapping[str, FeedContract]) -> None:
    marker = path / MARKER
    files = (MARKER, GENERAL, *(feed.file for feed in feeds.values()))
    if not any((path / file).exists() for file in files):
        raise UsageError(
            "there is no home here" if path.is_dir() else "there is no such folder",
            where=str(path),
            remedy=f"make one with `cost-pipeline init {path}`, or name one with --home",
            code="NO_HOME",
        )
    if not marker.exists():
        return  # written by hand: the format this program knows
    try:
        content = json.loads(marker.read_text(encoding="utf-8"))
        found, writer = int(content["format"]), str(content.get("written_by", "unknown"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            "the home's marker cannot be read",
            where=str(marker),
            remedy=f'write {{"format": {FORMAT}}} into it, or restore it from a copy',
            code="HOME_DAMAGED",
        ) from error
    if found > FORMAT:
        raise UsageError(
            f"the home has format {found} (written by version {writer}) and this program knows "
            f"formats up to {FORMAT}",
            where=str(marker),
            remedy="use that version of cost-pipeline or a newer one",
            code="HOME_TOO_NEW",
        )


def _as_error(found: list[Problem]) -> UsageError:
    first = found[0]
    if len(found) == 1:
        return UsageError(first.message, where=first.where, remedy=first.remedy, code="BAD_HOME")
    lines = [
        f"  {problem.where}: {problem.message}" + (f"; {problem.remedy}" if problem.remedy else "")
        for problem in found
    ]
    return UsageError(
        "\n".join([f"there are {len(found)} mistakes in the home's files:", *lines]),
        where=first.where,
        remedy="mend them; `cost-pipeline vendors check` shows what is left",
        code="BAD_HOME",
    )
