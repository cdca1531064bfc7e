"""How pulls went, for people: telemetry, and what a pull date lacks until its vendor is back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from cost_pipeline.commands.common import (
    columns,
    plain,
)
from cost_pipeline.core.people import counted

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.pipeline.pull.fetches import LeftAlone
    from cost_pipeline.pipeline.reports.gaps import Provisional

_MOST_FILES: Final = 10
_COUNTS: Final = (
    "size", "rows", "blank_rows", "records", "posted", "commitments", "duplicates", "dead_letters",
)  # fmt: skip


def show_provisional(out: Console, gaps: Sequence[Provisional]) -> None:
    """Prints who did not deliver, and what their last good delivery came to; none is posted."""
    for gap in gaps:
        more = f" (and {gap.failures - 1} more)" if gap.failures > 1 else ""
        out.print()
        out.print(
            plain(
                ("provisional: ", "yellow"),
                f"{gap.vendor} for {gap.pull_date} could not be fetched: {gap.message}{more}",
            ),
        )
        out.print(plain(f"  {_stand_in(gap)}"))
        out.print(plain("  pull that date again when the vendor is back; it takes its place"))


def show_passed_over(out: Console, files: Sequence[LeftAlone]) -> None:
    """Prints the files that are there and are no deliveries, and why not.

    Those of other pull dates are as they should be, and are left to `--json`.
    """
    from cost_pipeline.contracts.file_names import WORDS

    files = [one for one in files if one.why != "other_date"]
    if not files:
        return
    out.print()
    out.print(plain(("passed over: ", "yellow"), counted(len(files), "file")))
    for one in files[:_MOST_FILES]:
        out.print(plain(f"  {one.vendor}: {ascii(one.name)[1:-1]}: {WORDS[one.why]}"))
    if len(files) > _MOST_FILES:
        out.print(plain(f"  and {len(files) - _MOST_FILES:,} more; --json has each of them"))


def _stand_in(gap: Provisional) -> str:
    if gap.stands_in is None:
        return "it has no earlier delivery that could stand in"
    return f"{gap.stands_in.words()}; an estimate, not posted for {gap.pull_date}"


def as_delivery(gap: Provisional) -> dict[str, Any]:
    """Returns what is missing as the delivery that it would be (docs/interfaces.md)."""
    return {
        "delivery": None,
        "vendor": gap.vendor,
        "record": gap.record,
        "uri": gap.uri,
        "pull_date": gap.pull_date.isoformat(),
        "state": "provisional",
        "encoding": None,
        **dict.fromkeys(_COUNTS, 0),
        "control_total": None,
        "account": None,
        "drift": [],
        "duplicate_of": None,
        "stands_in": gap.as_json()["stands_in"],
    }


def show_fetches(out: Console, rows: Sequence[dict[str, Any]]) -> None:
    """Prints one line per fetch; its seconds are of all tries, without waiting for a slot."""
    numbers = ("tries", "seconds", "waited", "bytes")
    table = columns(
        "pulled", "vendor", "file", "outcome", *numbers, "status",
        numbers=numbers, prose=("outcome",), middle=("file",), headings=("pulled", "vendor"),
    )  # fmt: skip
    for row in rows:
        failed = row["outcome"] == "failed"
        cells = (
            row["pull_date"],
            row["vendor"],
            file_of(row["uri"]),
            f"failed ({row['class']})" if failed else row["outcome"],
            f"{row['attempts']:,}",
            f"{row['latency']:.3f}",
            f"{row['queued']:.3f}",
            f"{row['received']:,}",
            str(row["status"] or row["reason"] or ""),
        )
        table.add_row(*cells)
    out.print(table)


def file_of(uri: str) -> str:
    """Returns the part of a URI that tells deliveries of one vendor apart."""
    parts = urlsplit(uri)
    name = unquote(parts.path.rstrip("/").rsplit("/", 1)[-1])
    return f"{name}?{parts.query}" if parts.query else name
