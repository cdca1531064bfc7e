"""`reconcile`: vendors that tell of the same transactions, compared record by record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    plain,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted, money

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.feeds.production.reconcile import Reconciled

_COUNTS = ("records", "agree", "differ", "only", "waiting", "duplicates", "conflicts")


@click.command("reconcile")
@click.argument("vendor", required=False)
@home_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="How many lines to show for a pair; JSON has all.",
)
@json_option
@clear_errors
def reconcile_command(home: Path, vendor: str | None, limit: int, as_json: bool) -> None:  # noqa: FBT001
    """Compare the vendors that tell of the same transactions (`reconcile_with` in a vendor file).

    Ends with 1 if a transaction differs or is missing on one side.
    """
    from cost_pipeline.core.text import nearest
    from cost_pipeline.feeds.production.reconcile import pairs, reconcile

    session = open_production(home)
    declared = pairs(session.home)
    chosen = declared if vendor is None else pairs(session.home, [vendor])
    if vendor is not None and not chosen:
        names = {side.vendor for pair in declared for side in (pair.here, pair.there)}
        raise UsageError(
            f"{vendor!r} is not reconciled with another vendor",
            where=vendor,
            remedy=nearest(vendor, names) if names else "name the other one: `reconcile_with:`",
            code="NO_SUCH_VENDOR",
        )
    found = [reconcile(session, pair) for pair in chosen]
    if as_json:
        print_json([one.as_json() for one in found])
    else:
        out = console()
        if not found:
            out.print("no vendor file says `reconcile_with` (docs/interfaces.md)")
        for one in found:
            _show(out, one, limit)
    sys.exit(1 if any(one.red for one in found) else 0)


def _show(out: Console, found: Reconciled, limit: int) -> None:
    out.print(f"[bold]{found.pair.name}[/], by {', '.join(found.pair.rule.key)}")
    sides = columns("vendor", *_COUNTS, numbers=_COUNTS, middle=("vendor",))
    for side in (found.here, found.there):
        sides.add_row(side.vendor, *(f"{getattr(side, name):,}" for name in _COUNTS))
    out.print(sides)
    totals = columns(
        "currency", found.here.vendor, found.there.vendor, "difference",
        numbers=(found.here.vendor, found.there.vendor, "difference"),
    )  # fmt: skip
    for currency, here, there in found.amounts:
        totals.add_row(currency, money(here), money(there), money(here - there))
    out.print(totals)
    if found.lines.num_rows:
        lines = columns("state", "transaction", found.here.vendor, found.there.vendor)
        for words in found.words(limit):
            lines.add_row(*map(plain, words))
        out.print(lines)
    if found.lines.num_rows > limit:
        rest = counted(found.lines.num_rows - limit, "more", "more")
        out.print(f"... and {rest} (--limit {found.lines.num_rows}, or --json for all)")
