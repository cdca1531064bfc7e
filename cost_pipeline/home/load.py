"""Reads a home: its settings and vendors, or every mistake in them with file and line.

Reads YAML and `home.json`, nothing else; whether a vendor's folder is there is asked separately
(`missing_folders`), because that is the machine's state and not a mistake in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from cost_pipeline.contracts.complaints import Complaint
from cost_pipeline.contracts.general import General
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.sections import Section
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.core.text import nearest
from cost_pipeline.home.checks import check_between, check_names, check_vendor
from cost_pipeline.home.codes import with_codes
from cost_pipeline.home.dated import doubt_changes, each_settings
from cost_pipeline.home.document import Document, Problem, as_error, read_document
from cost_pipeline.home.doubts import doubt_overlaps, doubt_vendor
from cost_pipeline.home.explain import explain
from cost_pipeline.home.last_good import (
    LastGood,
    Read,
    WrongFile,
    sort_out,
    tell_both,
    unnamed_feed,
)
from cost_pipeline.home.lookup import note, read_table
from cost_pipeline.home.marker import GENERAL, refuse_no_home
from cost_pipeline.home.places import refuse_unusable

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
        wrong: Vendor files that cannot be used. A vendor of one that was right when the home was
            last worked on is among `vendors` all the same, as its file said then.
        files: The file of each vendor, relative to the home.
    """

    path: Path
    general: General
    settings: Mapping[str, Section]
    vendors: tuple[Vendor, ...]
    lake_uri: str
    dagster_home: Path
    wrong: tuple[WrongFile, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

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
        return replace(
            self,
            vendors=tuple(v for v in self.vendors if v.feed == name),
            wrong=tuple(w for w in self.wrong if w.feed == name),
        )

    def wrong_file(self, vendor: str) -> WrongFile | None:
        """Returns the file of a vendor if it is wrong: nothing can be pulled by it."""
        return next((one for one in self.wrong if one.vendor == vendor), None)


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
        raise as_error(found)
    return home


def read_what_is_right(
    path: Path, feeds: Mapping[str, FeedContract], last_good: Callable[[str], LastGood]
) -> Home:
    """Reads a home of which vendor files may be wrong; those are in `Home.wrong`.

    Args:
        path: Its folder.
        feeds: What each feed says of vendor files and settings.
        last_good: Returns, of the home's lake, the vendor files as they last were right.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME with every mistake, if one is in a file that
            all vendors need.
    """
    path = path.expanduser().absolute()
    refuse_no_home(path, feeds)
    refuse_unusable(path, "the home")
    files = _Files(path, feeds)
    settings, general, read = files.all()
    tell_both(read)
    of_all = [d for d in files.documents if not d.file.startswith(_VENDORS)]
    if general is None or any(document.problems for document in of_all):
        raise as_error(files.problems(files.documents))
    home = _home(path, general, settings)
    documents = [d for d in files.documents if d.file.startswith(_VENDORS)]
    if not files.problems(documents):
        check_between(read, feeds)
    # A home is read at each step of a run, and mostly right: what it was costs as much to read.
    before = last_good(home.lake_uri) if files.problems(documents) else LastGood()
    found = sort_out(documents, read, before, feeds, settings)
    vendors = tuple(sorted(found.vendors, key=lambda vendor: vendor.vendor))
    return replace(home, vendors=vendors, wrong=found.wrong, files=found.files)


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
    """Returns, by vendor, the folder that its source names and that is not there.

    Those of wrong vendor files are not looked for: nothing is pulled by them.
    """
    return {
        vendor.vendor: home.folder(vendor.source)
        for vendor in home.vendors
        if isinstance(vendor.source, FolderSource)
        and not home.folder(vendor.source).is_dir()
        and home.wrong_file(vendor.vendor) is None
    }


def _read(
    path: Path, feeds: Mapping[str, FeedContract], of: Collection[str] | None = None
) -> tuple[Home | None, list[Problem]]:
    path = path.expanduser().absolute()
    refuse_no_home(path, feeds)
    refuse_unusable(path, "the home")
    files = _Files(path, feeds)
    settings, general, read = files.all()
    check_between(read, feeds)
    needed = [one for one in files.documents if of is None or _is_needed(one, of)]
    found = files.problems(needed)
    if general is None:
        return None, found
    vendors = tuple(sorted((vendor for vendor, _ in read), key=lambda vendor: vendor.vendor))
    names = {vendor.vendor: document.file for vendor, document in read}
    return replace(_home(path, general, settings), vendors=vendors, files=names), found


def _home(path: Path, general: General, settings: Mapping[str, Section]) -> Home:
    """Returns a home without its vendors."""
    lake = general.lake
    if "://" not in lake:
        lake = str((path / Path(lake).expanduser()).resolve())
        refuse_unusable(Path(lake), "the lake")
    return Home(
        path=path,
        general=general,
        settings=settings,
        vendors=(),
        lake_uri=lake,
        dagster_home=path / "dagster",
    )


@dataclass(slots=True)
class _Files:
    """The files of a home on their way to models; problems are noted in the documents."""

    path: Path
    feeds: Mapping[str, FeedContract]
    documents: list[Document] = field(default_factory=list)

    def all(self) -> tuple[Mapping[str, Section], General | None, list[Read]]:
        """Reads everything; what is wrong between vendor files is not looked for yet."""
        settings = {name: own for name in self.feeds if (own := self.settings(name)) is not None}
        general = self.general(settings)
        read = list(self.vendors(settings))
        check_names(read)
        return settings, general, read

    @staticmethod
    def problems(documents: Iterable[Document]) -> list[Problem]:
        """Returns the mistakes in files, in the order of files and lines."""
        return sorted({problem for document in documents for problem in document.problems})

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
            feed = unnamed_feed(self.feeds)
            if feed is None:
                document.complain((), "`feed` is missing", "add the key `feed`")
            return feed
        if str(name) not in self.feeds:
            document.complain(
                ("feed",), f"`feed` cannot be `{name}`", nearest(str(name), self.feeds)
            )
        return self.feeds.get(str(name))

    def _document(self, name: str) -> Document:
        self.documents.append(read_document(self.path / name, name))
        return self.documents[-1]


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
