"""`dead-letters waive` and `reopen`: what people decide about dead letters, one or many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    feed_option,
    home_option,
    json_option,
    open_session,
    print_json,
)
from cost_pipeline.commands.letters_chosen import (
    DELIVERY_OPTION,
    PULLED_OPTION,
    chosen,
    counts_as_json,
    show_counts,
)
from cost_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from cost_pipeline.pipeline.session import Session

_BY: Final = click.option("--by", metavar="NAME", required=True, help="Who decides it.")
_WHY: Final = click.option("--reason", metavar="WORDS", required=True, help="Why; it is kept.")


@click.command(short_help="Decide that dead letters may stay.")
@click.argument("id", required=False)
@home_option
@feed_option
@_BY
@_WHY
@click.option("--vendor", metavar="NAME", help="Without ID: only this vendor's.")
@click.option("--code", metavar="CODE", help="Only those with this reason code.")
@DELIVERY_OPTION
@PULLED_OPTION
@click.option("--yes", is_flag=True, help="Waive them; without it those are shown that would be.")
@json_option
@clear_errors
def waive(  # noqa: PLR0913, PLR0917 - a command's options
    id: str | None,  # noqa: A002 - the argument's name
    home: Path,
    feed: str | None,
    by: str,
    reason: str,
    vendor: str | None,
    code: str | None,
    delivery: str | None,
    pull_dates: str | None,
    yes: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Decide that dead letters may stay as they are; their rows remain dead letters.

    Name one by its id, or several by vendor, reason code, delivery and pull dates. Several are
    shown first, and waived with --yes.
    """
    from cost_pipeline.pipeline.dead_letters.decisions import waive_all

    session = open_session(home, feed)
    narrowed = any((vendor, code, delivery, pull_dates, yes))
    if id is not None:
        if narrowed:
            raise UsageError(
                "an id names one dead letter, and the options name several",
                where="ID",
                remedy="give the id alone, or only options",
            )
        _decide(session, id, waive=True, by=by, why=reason, as_json=as_json)
        return
    if not any((vendor, code, delivery, pull_dates)):
        raise UsageError(
            "nothing says which dead letters are meant",
            where="ID",
            remedy="give an id, or --vendor, --code, --delivery or --pull-dates",
        )
    by, reason = _said(by, reason)
    choose = chosen(session, vendor, code, delivery, pull_dates)
    if yes:
        found = waive_all(session, choose, by=by, why=reason)
    else:
        found = choose(session.lake.table(session.feed.dead_letters).snapshot())
    if as_json:
        print_json({"waived": found.num_rows if yes else 0, "chosen": counts_as_json(found)})
        return
    show_counts(found, "waived" if yes else "would be waived; add --yes")


@click.command(short_help="Open a waived or corrected one again.")
@click.argument("id")
@home_option
@feed_option
@_BY
@_WHY
@json_option
@clear_errors
def reopen(
    id: str,  # noqa: A002 - the argument's name
    home: Path,
    feed: str | None,
    by: str,
    reason: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Open a dead letter again that was waived or corrected."""
    _decide(open_session(home, feed), id, waive=False, by=by, why=reason, as_json=as_json)


def _decide(
    session: Session, letter: str, *, waive: bool, by: str, why: str, as_json: bool
) -> None:
    from cost_pipeline.pipeline.dead_letters.decisions import decide

    by, why = _said(by, why)
    found = decide(session, letter, waive=waive, by=by, why=why)
    if as_json:
        print_json(found)
        return
    console().print(f"{found['id'][:16]} is {found['state']}")


def _said(by: str, why: str) -> tuple[str, str]:
    """Returns who decides and why, if both are said."""
    for name, text in (("--by", by), ("--reason", why)):
        if not text.strip():
            raise UsageError(f"{name} is empty", where=name, remedy="say it in words; it is kept")
    return by.strip(), why.strip()
