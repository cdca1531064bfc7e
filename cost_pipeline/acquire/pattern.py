"""Names and addresses with the pull date in them: `{pull_date:%Y-%m}.csv`."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_PLACEHOLDER: Final = re.compile(r"\{pull_date(?::([^{}]*))?\}")


def on_date(pattern: str, pull_date: date) -> str:
    """Returns the pattern with the pull date filled in, as an ISO date where it names no format."""
    return _PLACEHOLDER.sub(lambda found: pull_date.strftime(found[1] or "%Y-%m-%d"), pattern)
