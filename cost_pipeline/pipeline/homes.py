"""Opens a home for work: with the vendors whose files are right, and the others as they were.

Belongs here: where a home meets its lake. `home/last_good` says what becomes of a wrong file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.core.errors import UsageError
from cost_pipeline.home.document import as_error
from cost_pipeline.home.last_good import LastGood, WrongFile, as_text, from_text
from cost_pipeline.home.load import Home, read_what_is_right
from cost_pipeline.lake.vendor_files import keep_vendor_files, vendor_files


def look_at_home(path: Path, feeds: Mapping[str, FeedContract]) -> Home:
    """Returns a home to be shown, whatever is wrong with its vendor files.

    Raises:
        UsageError: NO_HOME, HOME_TOO_NEW, or BAD_HOME if a file is wrong that all vendors need.
    """

    def last_good(lake_uri: str) -> LastGood:
        text = None if "://" in lake_uri else vendor_files(Path(lake_uri))
        return LastGood() if text is None else from_text(text, feeds)

    return read_what_is_right(path, feeds, last_good)


def open_home(path: Path, feeds: Mapping[str, FeedContract]) -> Home:
    """Returns a home to be worked on.

    Raises:
        UsageError: As `look_at_home`, and BAD_HOME if there is nothing to work with, or a vendor
            that was worked with has a wrong file and it is not known what that said before:
            without it, what it sent would be taken for something else.
    """
    home = look_at_home(path, feeds)
    lost = [one for one in home.wrong if one.stands == "lost"]
    if lost or (home.wrong and not home.vendors):
        raise wrong_files(lost or home.wrong)
    return home


def keep_last_good(home: Home) -> None:
    """Keeps the vendor files of a whole home as they are, for when one of them is wrong."""
    keep_vendor_files(Path(home.lake_uri), as_text(home.vendors, home.files))


def wrong_files(wrong: Sequence[WrongFile]) -> UsageError:
    """Returns what is raised of wrong vendor files, with every mistake in them."""
    return as_error(sorted({problem for one in wrong for problem in one.problems}))
