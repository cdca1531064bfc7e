"""Which files of a listing are deliveries: one rule for folders and for SFTP.

Here: names that are never deliveries, control files, empty files, and whether two looks show the
same. Not here: how a source lists files or looks at one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from cost_pipeline.acquire.pattern import of_some_date
from cost_pipeline.contracts.file_names import Why, never_a_delivery

# A folder that several vendors share may hold thousands of names.
_NAMES_TOLD: Final = 10

GROWING: Final = "is still being written: it changed between two looks; pull again later"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Names of a listing, each in exactly one place.

    Attributes:
        wanted: Deliveries by their names.
        waiting: The control file, which is not there yet, by the delivery that waits for it.
        passed_over: Why each name is no delivery. Control files are left out: they are declared.
    """

    wanted: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, Why] = field(default_factory=dict)


def choose(
    names: Iterable[str], pattern: str, control: str | None, there: Callable[[str], bool]
) -> Chosen:
    """Sorts the names that match the pattern.

    Args:
        names: The names that match; paths inside the folder, with `/`.
        pattern: The pattern, with the pull date filled in.
        control: The name of a control file, with `{name}` or `{stem}`; None if there is none.
        there: Whether a path inside the folder is there.
    """
    found = Chosen()
    is_control = _control_pattern(control)
    for name in names:
        if is_control is not None and is_control.fullmatch(PurePosixPath(name).name):
            continue
        if why := never_a_delivery(name, pattern):
            found.passed_over[name] = why
        elif control is not None and not there(control_of(control, name)):
            found.waiting[name] = control_of(control, name)
        else:
            found.wanted.append(name)
    return found


def newest(names: Iterable[str], look: Callable[[str], tuple[int, int] | None]) -> list[str]:
    """Returns the name of the newest file that has something in it, if there is one.

    Args:
        names: The files.
        look: Returns size and time of change; None if the file is gone.
    """
    seen = [(found[1], name) for name in names if (found := look(name)) and found[0]]
    return [max(seen)[1]] if seen else []


def control_of(control: str, name: str) -> str:
    """Returns the path of a file's control file, beside it."""
    path = PurePosixPath(name)
    beside = control.replace("{name}", path.name).replace("{stem}", path.stem)
    return str(path.with_name(beside))


def waits_for(control: str) -> str:
    """Returns what is said of a file whose control file is not there."""
    return f"its control file {PurePosixPath(control).name} is not there yet; pull again later"


def unmatched(names: Iterable[str], files: str) -> dict[str, Why]:
    """Returns some of the names of a folder in which nothing matches, so that a typo is seen.

    Those that are of no pull date come first: the others are as they should be.

    Args:
        names: The names; paths inside the folder, with `/`.
        files: The pattern, with the placeholder of the pull date.
    """
    left = sorted(name for name in names if never_a_delivery(name, files) is None)
    told: dict[str, Why] = {name: "no_match" for name in left if not of_some_date(files, name)}
    told |= dict.fromkeys((name for name in left if name not in told), "other_date")
    return dict(list(told.items())[:_NAMES_TOLD])


def _control_pattern(control: str | None) -> re.Pattern[str] | None:
    if control is None:
        return None
    anything = re.escape(control).replace(r"\{name\}", ".+").replace(r"\{stem\}", ".+")
    return re.compile(anything)
