"""Which dead letters a command means, by its options, and how many those are.

Belongs here: the options that choose, and the table of what they chose. What is done with them is
the work of `dead_letters` and `letters_decided`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from cost_pipeline.commands.common import columns, console, parse_pull_dates
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted
from cost_pipeline.core.sql import EVERYTHING, Predicate, equals, literal

if TYPE_CHECKING:
    import pyarrow as pa

    from cost_pipeline.lake.snapshot import Snapshot
    from cost_pipeline.pipeline.session import Session

DELIVERY_OPTION: Final = click.option(
    "--delivery", metavar="HASH", help="Only of this delivery; eight characters do."
)
PULLED_OPTION: Final = click.option(
    "--pull-dates", metavar="A..B", help="Only of what was pulled on these dates."
)


def scope_of(session: Session, vendor: str | None, reason: str | None) -> Predicate:
    """Returns the condition that the options name."""
    from cost_pipeline.core.text import nearest

    scope = EVERYTHING
    vendors = {one.vendor for one in session.home.vendors}
    known = session.feed.texts()
    if vendor is not None:
        if vendor not in vendors:
            raise UsageError(
                f"there is no vendor {vendor!r}",
                where="--vendor",
                remedy=nearest(vendor, vendors) if vendors else "",
                code="NO_SUCH_VENDOR",
            )
        scope &= equals("vendor", vendor)
    if reason is not None:
        if reason not in known:
            raise UsageError(
                f"there is no reason code {reason!r}",
                where="--reason",
                remedy=nearest(reason, [str(code) for code in known]),
                code="NO_SUCH_REASON",
            )
        scope &= Predicate(f"list_contains(reasons, {literal(reason)})")
    return scope


def chosen(
    session: Session,
    vendor: str | None,
    code: str | None,
    delivery: str | None,
    pull_dates: str | None,
) -> Callable[[Snapshot | None], pa.Table]:
    """Returns what finds the open dead letters that the options name in a state of the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
    from cost_pipeline.pipeline.validation.replay import delivery_named

    scope = scope_of(session, vendor, code)
    named = delivery_named(session, delivery)[0] if delivery else None
    days = parse_pull_dates(pull_dates) if pull_dates else None

    def choose(snapshot: Snapshot | None) -> pa.Table:
        found = open_dead_letters(session, scope, snapshot=snapshot)
        if named is not None:
            found = found.filter(pc.equal(found["delivery"], named))
        if days is not None:
            found = found.filter(pc.is_in(found["pull_date"], value_set=pa.array(days)))
        return found

    return choose


def _counts(letters: pa.Table) -> dict[tuple[str, str], int]:
    """Returns how many there are of each vendor with the same reason codes, joined by commas."""
    rows = letters.select(["vendor", "reasons"]).to_pylist()
    found = Counter((row["vendor"], ", ".join(row["reasons"])) for row in rows)
    return dict(sorted(found.items()))


def counts_as_json(letters: pa.Table) -> list[dict[str, Any]]:
    """Returns how many there are of each vendor with the same reason codes, for `--json`."""
    return [
        {"vendor": vendor, "reasons": codes.split(", "), "count": count}
        for (vendor, codes), count in _counts(letters).items()
    ]


def show_counts(letters: pa.Table, what: str) -> None:
    """Prints the same as a table, and in a sentence how many `what`, such as `waived`."""
    out = console()
    if not letters.num_rows:
        out.print("[green]no open dead letter is chosen[/]")
        return
    table = columns("vendor", "reasons", "open", numbers=("open",), middle=("vendor",))
    for (vendor, codes), count in _counts(letters).items():
        table.add_row(vendor, codes, f"{count:,}")
    out.print(table)
    out.print(f"[bold]{counted(letters.num_rows, 'dead letter')}[/] {what}")
