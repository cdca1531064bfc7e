"""Names that are never deliveries: what programs call a file that is not finished, or not meant.

One rule for every source of files. It looks at names alone; whether a file is complete is said by
its control file or by two looks at it (`acquire.choosing`).
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final, Literal

Why = Literal["hidden", "temporary_name", "system_file", "empty", "no_match", "other_date"]
"""Why a file was passed over; the last three are found by looking at the file, or the pattern."""

WORDS: Final[dict[Why, str]] = {
    "hidden": "its name begins with a dot",
    "temporary_name": "its name is that of an unfinished file, a copy or a lock",
    "system_file": "it belongs to the operating system",
    "empty": "it is empty",
    "no_match": "its name is not what `files:` says",
    "other_date": "it is of another pull date",
}

# Uploads and downloads under way, editors, locks, copies that editors leave. Compared without case.
_TEMPORARY: Final = frozenset(
    {
        *("part", "partial", "filepart", "tmp", "temp", "incomplete", "unfinished"),
        *("crdownload", "download", "opdownload", "aria2", "dtapart", "bc!", "bt!", "ut!", "td"),
        *("inprogress", "in_progress", "uploading", "upload", "writing"),
        *("processing", "transferring", "receiving", "wip", "lock", "lck"),
        *("swp", "swo", "swn", "swx", "bak"),
    }
)
_TEMPORARY_ENDING: Final = re.compile(
    r"""  ~ \Z                              # x.csv~: an editor's copy; x.csv.~1~ of Emacs
        | \A\#.*\#\Z                       # #x.csv#: what Emacs has not saved
        | \.!\w* \Z                         # x.csv.!ut, x.csv.!qB
        | \.(?:part|tmp)\d+ \Z            # x.csv.part3 of a chunked upload
        | \.(?:part|partial|filepart|tmp)\.\d+ \Z
        | \.sb-[0-9a-f]+-\w+ \Z            # x.xlsx.sb-1a2b3c4d-AbCdEf: a save by macOS under way
    """,
    re.VERBOSE | re.IGNORECASE,
)
# `~$x.xlsx` is how Office locks a file, `~WRL0001` how it saves one.
_TEMPORARY_BEGINNING: Final = "~"
_SYSTEM: Final = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx"})


def never_a_delivery(path: str, pattern: str = "*") -> Why | None:
    """Returns why a file of this name is passed over; None if its name says nothing against it.

    Args:
        path: The name, or a path with `/` inside the folder; every part of it counts.
        pattern: What the vendor file asks for. One whose own last part begins with a dot asks for
            hidden files.
    """
    asks_for_hidden = PurePosixPath(pattern).name.startswith(".")
    for part in PurePosixPath(path).parts:
        name = part.casefold()
        if name in _SYSTEM:
            return "system_file"
        ending = name.rpartition(".")[2] if "." in name else ""
        if (
            ending in _TEMPORARY
            or name.startswith(_TEMPORARY_BEGINNING)
            or _TEMPORARY_ENDING.search(name)
        ):
            return "temporary_name"
        if name.startswith(".") and not asks_for_hidden:
            return "hidden"
    return None


def refuse_unreadable(pattern: str) -> str:
    """Returns the pattern.

    Raises:
        ValueError: If it asks only for names that are never deliveries: it would find nothing.
    """
    last = PurePosixPath(pattern).name
    some_name = re.sub(r"\{pull_date[^{}]*\}|\[[^\]]*\]|[*?]", "x", last)
    if why := never_a_delivery(some_name, pattern):
        raise ValueError(f"asks for files that are never read: {WORDS[why]}")
    return pattern
