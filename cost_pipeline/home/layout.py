"""Lays out a new home. `load` knows what its files mean, `templates` has their text."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from cost_pipeline import __version__
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.home import templates
from cost_pipeline.home.marker import FORMAT, MARKER
from cost_pipeline.home.places import refuse_unusable

_FOLDERS: Final = ("vendors", "inbox", "inbox/corrections", "lake", "dagster")
_DAGSTER: Final = "dagster/dagster.yaml"
SANDBOX: Final = "SANDBOX"
"""The production of the example that `init` lays out; no books of anybody."""
_EXAMPLE: Final = "example"

EXAMPLE: Final[Mapping[str, str]] = {
    "productions.yaml": templates.PRODUCTIONS,
    "vendors/example_rentals.yaml": templates.EXAMPLE_VENDOR,
    f"inbox/example/{templates.EXAMPLE_PULL_DATE}.csv": templates.EXAMPLE_FILE,
}
"""The files of a home with an example in it, by their place."""

_SANDBOX: Final[Mapping[str, str]] = {
    **EXAMPLE,
    "productions.yaml": templates.SANDBOX_PRODUCTIONS,
    "vendors/example_rentals.yaml": templates.EXAMPLE_VENDOR.replace("P100", SANDBOX),
}


def init_home(path: Path, *, files: Mapping[str, str | bytes] = EXAMPLE) -> Path:
    """Makes a home; returns its absolute path.

    Args:
        path: A folder that does not exist, or is empty.
        files: What it holds beside the empty folders, `home.json` and `dagster/dagster.yaml`.

    Raises:
        UsageError: If the folder holds something, is a file, or has a path under which no data can
            be kept; nothing is touched then.
        EnvironmentFailedError: If it cannot be written; nothing is left half written.
    """
    path = path.expanduser().absolute()
    refuse_unusable(path, "the home")
    try:
        _refuse_occupied(path)
        _write(path, {**_own_files(), **files})
    except OSError as error:
        raise EnvironmentFailedError(
            f"the home cannot be written: {error.strerror}",
            where=str(path),
            remedy="free some space or choose a folder you may write to; nothing was left behind",
            code="HOME_NOT_WRITTEN",
        ) from error
    return path


def init_with_example(path: Path, schema: Mapping[str, str]) -> tuple[Path, Path]:
    """Makes a home for somebody's books, and in it a second one with an example; returns both.

    The example posts into a lake and a production of its own. So no total, no closing, no check
    and no alert of the home around it can include it, and it can be removed whole.

    Args:
        path: As for `init_home`, which says what is raised, too.
        schema: The JSON Schema of vendor files, by its place in a home.
    """
    example = {**_own_files(), **_SANDBOX, **schema}
    inside = {f"{_EXAMPLE}/{name}": text for name, text in example.items()}
    own = {"productions.yaml": templates.PRODUCTIONS, **schema}
    path = init_home(path, files={**own, **inside})
    return path, path / _EXAMPLE


def remove_example(path: Path) -> Path:
    """Removes the example that `init` laid into a home, with its lake; returns where it was.

    Raises:
        UsageError: If there is none, or people keep something of their own in it; nothing is
            removed then.
        EnvironmentFailedError: If it cannot be removed.
    """
    place = path.expanduser().absolute() / _EXAMPLE
    settings = place / "productions.yaml"
    if not settings.is_file() or f"  {SANDBOX}:" not in settings.read_text("utf-8", "replace"):
        raise UsageError(
            "there is no example of `init` in this home",
            where=str(place),
            remedy="nothing was removed",
            code="NO_EXAMPLE",
        )
    of_people = [name for name in ("vendors", "inbox") for name in _of_people(place, name)]
    if of_people:
        raise UsageError(
            f"somebody keeps files in the example: {', '.join(of_people[:_MOST_NAMED])}",
            where=str(place),
            remedy="move them into the home itself first; nothing was removed",
            code="NOT_EMPTY",
        )
    try:
        shutil.rmtree(place)
    except OSError as error:
        raise EnvironmentFailedError(
            f"the example cannot be removed: {error.strerror}",
            where=str(error.filename or place),
            remedy="end what works in it (`make ui`), and remove it again",
            code="HOME_NOT_WRITTEN",
        ) from error
    return place


def _of_people(place: Path, folder: str) -> list[str]:
    """Returns the files below a folder of the example that `init` did not write."""
    found = (file.relative_to(place) for file in (place / folder).rglob("*") if file.is_file())
    return sorted(name.as_posix() for name in found if name.as_posix() not in _SANDBOX)


_MOST_NAMED: Final = 3


def complete_home(path: Path) -> None:
    """Adds what a home written by hand may lack: `dagster/dagster.yaml`.

    One that an earlier version wrote and nobody edited becomes that of this version, with which
    the web UI and its daemon are as quick as the command line. An edited one is left alone.

    Raises:
        EnvironmentFailedError: If it cannot be written.
    """
    place = path / _DAGSTER
    try:
        if place.exists() and not _is_ours_of_before(place):
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.{os.getpid()}")
        beside.write_text(templates.DAGSTER, encoding="utf-8")
        beside.replace(place)
    except OSError as error:
        raise EnvironmentFailedError(
            f"the home cannot be written: {error.strerror}",
            where=str(place),
            remedy="free some space, or let this user write there",
            code="HOME_NOT_WRITTEN",
        ) from error


def _is_ours_of_before(place: Path) -> bool:
    return sha256(place.read_bytes()).hexdigest() in templates.DAGSTER_BEFORE


def _own_files() -> dict[str, str]:
    marker = json.dumps({"format": FORMAT, "written_by": __version__}) + "\n"
    return {MARKER: marker, _DAGSTER: templates.DAGSTER}


def _refuse_occupied(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(
            "a home is a folder, and this is a file",
            where=str(path),
            remedy="name another place",
            code="NOT_A_FOLDER",
        )
    if path.is_dir() and any(path.iterdir()):
        what = "there is a home already" if any(path.glob("*.yaml")) else "is not empty"
        raise UsageError(
            f"the folder {what}" if what == "is not empty" else what,
            where=str(path),
            remedy="name a folder that does not exist yet, or an empty one",
            code="NOT_EMPTY",
        )


def _write(path: Path, files: Mapping[str, str | bytes]) -> None:
    """Writes all files beside the place and moves them: an interrupted call leaves no half home.

    An existing empty folder is filled and not replaced, because it may be a mount point or the
    caller's own working directory; `productions.yaml`, which makes it a home, moves last.
    """
    existed = path.is_dir()
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = (path if existed else path.parent) / f".{path.name}.init-{os.getpid()}"
    moved: list[Path] = []
    try:
        _fill(staging, files)
        if not existed:
            staging.rename(path)
            return
        for child in sorted(staging.iterdir(), key=lambda child: child.is_file()):
            moved.append(path / child.name)
            child.rename(path / child.name)
    except BaseException:
        for place in moved:
            shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill(folder: Path, files: Mapping[str, str | bytes]) -> None:
    folder.mkdir()
    homes = [folder / Path(name).parent for name in files if Path(name).name == MARKER]
    for home in homes:
        for name in _FOLDERS:
            (home / name).mkdir(parents=True)
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
