"""Read a home: its productions and vendors, or every mistake in them with file and line.

Reads YAML and `home.json`, nothing else; whether a vendor's folder is there is asked separately
(`missing_folders`), because that is the machine's state and not a mistake in a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.vendor import FolderSource, Vendor
from cost_pipeline.core.errors import UsageError
from cost_pipeline.home.checks import check_names, check_productions, check_vendor
from cost_pipeline.home.document import Document, Problem, read_document
from cost_pipeline.home.explain import explain
from cost_pipeline.home.pairs import check_pairs
from cost_pipeline.home.places import refuse_unusable

FORMAT: Final = 1
MARKER: Final = "home.json"
PRODUCTIONS: Final = "productions.yaml"

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Home:
    """A home as read.

    Attributes:
        path: Absolute.
        productions: By code.
        vendors: In the order of their names.
        lake_uri: An absolute folder, or a URI with a scheme as it stands in productions.yaml.
        dagster_home: What DAGSTER_HOME is for this home.
    """

    path: Path
    productions: Productions
    vendors: tuple[Vendor, ...]
    lake_uri: str
    dagster_home: Path

    def folder(self, source: FolderSource) -> Path:
        """The folder of a folder source, absolute."""
        return self.path / Path(source.path).expanduser()


def load_home(path: Path) -> Home:
    """Read a home.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME with every mistake in its files.
    """
    home, found = _read(path)
    if home is None or found:
        raise _as_error(found)
    return home


def problems(path: Path) -> list[Problem]:
    """Every mistake in a home's files, in the order of files and lines.

    Raises:
        UsageError: NO_HOME or HOME_TOO_NEW: there is nothing to check.
    """
    return _read(path)[1]


def missing_folders(home: Home) -> dict[str, Path]:
    """Vendor to the folder that its source names and that is not there."""
    return {
        vendor.vendor: home.folder(vendor.source)
        for vendor in home.vendors
        if isinstance(vendor.source, FolderSource) and not home.folder(vendor.source).is_dir()
    }


def _read(path: Path) -> tuple[Home | None, list[Problem]]:
    path = path.expanduser().absolute()
    _refuse_no_home(path)
    refuse_unusable(path, "the home")
    document = read_document(path / PRODUCTIONS, PRODUCTIONS)
    productions = _model(Productions, document)
    codes = frozenset(productions.productions) if productions else frozenset[str]()
    if productions:
        check_productions(productions, document)
    read: list[tuple[Vendor, Document]] = []
    documents = [document]
    for file in _vendor_files(path):
        document = read_document(file, f"vendors/{file.name}")
        documents.append(document)
        if file.suffix != ".yaml":
            document.problems = [
                Problem(document.file, 0, "is not read: its name must end in .yaml", "rename it")
            ]
            continue
        vendor = _model(Vendor, document)
        if vendor is not None:
            check_vendor(vendor, document, codes)
            read.append((vendor, document))
    check_names(read)
    check_pairs(read)
    found = sorted({problem for document in documents for problem in document.problems})
    if productions is None:
        return None, found
    vendors = tuple(sorted((vendor for vendor, _ in read), key=lambda vendor: vendor.vendor))
    lake = productions.lake
    if "://" not in lake:
        lake = str((path / Path(lake).expanduser()).resolve())
        refuse_unusable(Path(lake), "the lake")
    return (
        Home(
            path=path,
            productions=productions,
            vendors=vendors,
            lake_uri=lake,
            dagster_home=path / "dagster",
        ),
        found,
    )


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
    """The document as a model; None if it has problems, which are then noted."""
    if document.problems and document.value is None:
        return None
    try:
        value = model.model_validate(document.value)
    except ValidationError as error:
        explain(error, model, document)
        return None
    return None if document.problems else value


def _refuse_no_home(path: Path) -> None:
    marker = path / MARKER
    if not (path / PRODUCTIONS).exists() and not marker.exists():
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
