"""The names by which a feed's fields are known in exports: reference data, a file for each feed.

Belongs here: reading such a file. They decide no verdict: a first vendor file is guessed by them,
and a person reads it before it is used.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping

from cost_pipeline.core.reference import reference_path


@functools.cache
def field_names(file: str) -> Mapping[str, tuple[str, ...]]:
    """Returns, by field or kind of record, its names in all languages, the likeliest first.

    Args:
        file: Within the reference data; columns `field`, `language`, `names` (parted by `|`).
    """
    found: dict[str, dict[str, None]] = {}
    with reference_path(file).open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            names = found.setdefault(row["field"], {})
            names.update(dict.fromkeys(row["names"].split("|")))
    return {name: tuple(names) for name, names in found.items()}
