"""Where a home or a lake may lie: any path that all the libraries beneath read as the same place.

Spaces, `#`, `%` and letters of any script are such. A few characters are not, and a folder with one
of them would be written to in one place and read from in another.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cost_pipeline.core.errors import UsageError

# Delta reads `%20` as a space, and no address of its may hold brackets or backslashes; DuckDB reads
# `*` and `?` as patterns; SQLAlchemy takes `?` for the end of a path.
_UNUSABLE: Final = re.compile(r"%[0-9A-Fa-f]{2}|[\[\]\\?*\x00-\x1f\x7f\ud800-\udfff]")


def refuse_unusable(path: Path, what: str) -> None:
    """Refuses a path under which data would not be found again.

    Args:
        path: Absolute.
        what: What lies there, such as `the home`.

    Raises:
        UsageError: If it has such a character.
    """
    found = _UNUSABLE.search(str(path))
    if found is None:
        return
    raise UsageError(
        f"the path of {what} has {ascii(found[0])[1:-1]} in it, which the libraries that store data"
        " read as something else",
        where=ascii(str(path))[1:-1],
        remedy="move it, or give the folder another name: spaces, #, % before other letters, and"
        " letters of any language are lawful",
        code="PATH_UNUSABLE",
    )
