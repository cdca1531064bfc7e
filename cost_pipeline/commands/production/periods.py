"""`ledger close`, `reopen` and `periods`: accounting periods, by recorded acts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from cost_pipeline.pipeline.session import Session

by_option = click.option("--by", metavar="WHO", required=True, help="Who decides; kept for ever.")


@click.command(short_help="Close a month: nothing is posted into it after this.")
@click.argument("period")
@by_option
@click.option("--reason", metavar="WORDS", help="What there is to say; kept for ever.")
@click.option(
    "--accept-dead-letters", is_flag=True, help="Close although dead letters of it are open."
)
@home_option
@json_option
@clear_errors
def close(
    period: str,
    by: str,
    reason: str | None,
    accept_dead_letters: bool,  # noqa: FBT001
    home: Path,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Close a PERIOD such as 2026-03.

    Refused while a blocking check of it is red, while a transaction date of it is not posted, and,
    unless accepted, while dead letters of it are open. What comes later is posted into the next
    open period, with its own transaction date.
    """
    from cost_pipeline.feeds.production.closing import examine
    from cost_pipeline.feeds.production.periods import close as close_period

    _month(period)
    session = open_production(home)
    close_period(
        session,
        period,
        by=by,
        reason=reason,
        examine=lambda: examine(session, period),
        accept_dead_letters=accept_dead_letters,
    )
    _say(session, period, as_json=as_json)


@click.command(short_help="Open a closed month again.")
@click.argument("period")
@by_option
@click.option("--reason", metavar="WORDS", required=True, help="Why; kept for ever.")
@home_option
@json_option
@clear_errors
def reopen(period: str, by: str, reason: str, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Open a closed PERIOD again; what was posted elsewhere meanwhile stays there."""
    from cost_pipeline.feeds.production.periods import reopen as reopen_period

    _month(period)
    session = open_production(home)
    reopen_period(session, period, by=by, reason=reason)
    _say(session, period, as_json=as_json)


@click.command(short_help="The acts on periods, and which are closed.")
@home_option
@json_option
@clear_errors
def periods(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """List every act on a period; the last one of a period says whether it is closed."""
    from cost_pipeline.feeds.production.periods import acts_on_periods

    acts = [_act(row) for row in acts_on_periods(open_production(home))]
    if as_json:
        print_json(acts)
        return
    if not acts:
        console().print("no period was ever closed")
        return
    table = columns("period", "act", "when", "by", "reason", prose=("reason",))
    for act in acts:
        when = act["recorded_at"][:19]
        table.add_row(act["period"], act["act"], when, act["by"], act["reason"] or "")
    console().print(table)


def _act(row: dict[str, Any]) -> dict[str, Any]:
    names = ("period", "sequence", "act", "by", "reason")
    return {**{n: row[n] for n in names}, "recorded_at": row["recorded_at"].isoformat()}


def _say(session: Session, period: str, *, as_json: bool) -> None:
    from cost_pipeline.feeds.production.periods import acts_on_periods

    last = [_act(row) for row in acts_on_periods(session) if row["period"] == period][-1]
    if as_json:
        print_json(last)
    else:
        console().print(f"{period} is {last['act']} since {last['recorded_at'][:19]} UTC")


def _month(period: str) -> None:
    if not re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])", period, re.ASCII):
        raise UsageError(
            f"{period!r} is not a period", where="PERIOD", remedy="write it as 2026-03"
        )
