"""`drift`: how the columns that vendors send differ from those that were accepted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    feed_option,
    home_option,
    json_option,
    open_session,
    plain,
    print_json,
    program,
)
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.pipeline.session import Session
    from cost_pipeline.pipeline.validation.drift import Accepted, SchemaReport


class _OneOrAccept(click.Group):
    """`drift VENDOR` is `drift show VENDOR`: a vendor's name may stand where a command does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `show` before what is not a command of its own."""
        if not args or (args[0] not in self.commands and args[0] not in {"-h", "--help"}):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OneOrAccept)
def drift() -> None:
    """Columns that are not as accepted: `drift [VENDOR]` shows them, `drift accept` accepts."""


@drift.command(short_help="Show how columns differ from the accepted schema.")
@click.argument("vendor", required=False)
@home_option
@feed_option
@json_option
@clear_errors
def show(home: Path, feed: str | None, vendor: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Show how the columns of each delivery differ from the accepted schema; also `drift VENDOR`.

    Ends with 1 if something differs that nobody has accepted.
    """
    from cost_pipeline.pipeline.validation.drift import schemas_of

    session = open_session(home, feed)
    if vendor is not None:
        _known(session, vendor)
    reports = schemas_of(session, None if vendor is None else [vendor])
    groups = _grouped(reports)
    if as_json:
        print_json([_as_json(group) for group in groups])
    else:
        _show(console(), groups)
    sys.exit(1 if any(report.red for report in reports) else 0)


@drift.command("accept", short_help="Accept the schema that a delivery has.")
@click.argument("vendor")
@click.option("--by", metavar="WHO", required=True, help="Who accepts it; kept.")
@click.option("--reason", metavar="WORDS", required=True, help="Why; kept.")
@click.option(
    "--delivery", metavar="SHA256", help="The delivery; by default the newest that differs."
)
@home_option
@feed_option
@json_option
@clear_errors
def accept_(
    home: Path,
    feed: str | None,
    vendor: str,
    by: str,
    reason: str,
    delivery: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Accept a new schema of a vendor, for what was pulled with it and later.

    Who, when, why and from which delivery is appended to the lake. Rows stay judged by the vendor
    file: map a renamed column there.
    """
    from cost_pipeline.pipeline.validation.drift import accept

    session = open_session(home, feed)
    _known(session, vendor)
    for option, words in (("--by", by), ("--reason", reason)):
        if not words.strip():
            raise UsageError(
                "an acceptance without it could not be answered for",
                where=option,
                remedy="say it in a few words",
            )
    found = accept(session, vendor, by=by.strip(), reason=reason.strip(), delivery=delivery)
    if as_json:
        print_json({"accepted": found and found.as_json()})
        return
    out = console()
    if found is None:
        out.print(f"nothing to accept: the columns of {vendor} are as accepted")
        return
    out.print(
        f"[bold]{vendor}[/]: the schema of delivery {found.delivery[:8]} is accepted for what was "
        f"pulled on {found.pull_date} and later",
    )
    for difference in found.red:
        out.print(plain(f"  {difference.words()}"))
    out.print("Run that pull date again: its checks look again, and what waited is posted:")
    out.print(
        f"  {program()} run --home {home} --pull-dates {found.pull_date}",
        style="cyan",
        soft_wrap=True,
    )


def _known(session: Session, vendor: str) -> None:
    from cost_pipeline.core.text import nearest

    names = {one.vendor for one in session.home.vendors}
    if vendor not in names:
        raise UsageError(
            f"there is no vendor {vendor!r}",
            where=vendor,
            remedy=nearest(vendor, names) if names else "",
            code="NO_SUCH_VENDOR",
        )


def _grouped(reports: Sequence[SchemaReport]) -> list[list[SchemaReport]]:
    """Groups a vendor's deliveries that say the same, in the order in which they came."""
    groups: dict[tuple[object, ...], list[SchemaReport]] = {}
    for report in reports:
        said = tuple((d.change, d.column, d.field, d.was, d.red) for d in report.differences)
        groups.setdefault((report.vendor, report.accepted.delivery, said), []).append(report)
    return list(groups.values())


def _as_json(group: Sequence[SchemaReport]) -> dict[str, Any]:
    """Returns the public shape (docs/interfaces.md)."""
    return {
        **group[-1].as_json(),
        "pull_dates": [group[0].pull_date.isoformat(), group[-1].pull_date.isoformat()],
        "deliveries": [report.delivery for report in group],
    }


def _show(out: Console, groups: Sequence[Sequence[SchemaReport]]) -> None:
    if not groups:
        out.print("nothing was read yet: `cost-pipeline run` pulls and reads deliveries")
        return
    vendor = ""
    for group in groups:
        newest = group[-1]
        if newest.vendor != vendor:
            vendor = newest.vendor
            out.print(f"[bold]{vendor}[/]")
        colour = "red" if newest.red else "green"
        state = "differ" if newest.red else "agree"
        if len(group) == 1:
            state = f"{state}s"
        out.print(
            f"  [{colour}]{counted(len(group), 'delivery', 'deliveries')} {state}[/], pulled "
            f"{_between(group)}, with the schema {_accepted(newest.accepted)}",
        )
        for difference in newest.differences:
            style = "" if difference.red else "dim"
            stops = "; its dates are not posted" if difference.grave else ""
            out.print(plain(f"    {difference.words()}{stops}", style=style))
    differing = sorted({group[-1].vendor for group in groups if group[-1].red})
    if differing:
        out.print("\nMap or ignore the columns in the vendor file, or accept them as they are:")
        out.print(
            f"  {program()} drift accept {differing[0]} --by WHO --reason WORDS",
            style="cyan",
            soft_wrap=True,
        )


def _between(group: Sequence[SchemaReport]) -> str:
    first, last = group[0].pull_date, group[-1].pull_date
    return f"{first}" if first == last else f"{first} to {last}"


def _accepted(accepted: Accepted) -> str:
    if accepted.by is None:
        return f"of its first delivery ({accepted.pull_date})"
    return f"that {accepted.by} accepted from {accepted.pull_date} on ({accepted.reason})"
