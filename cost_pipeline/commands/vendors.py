"""`init` and `vendors`: laying out a home, and saying what is wrong in it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    feed_option,
    home_option,
    json_option,
    known_feeds,
    open_session,
    plain,
    print_json,
    program,
    utc_now,
)
from cost_pipeline.commands.trying import test_, try_
from cost_pipeline.commands.vendor_schema import schema
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted

if TYPE_CHECKING:
    from cost_pipeline.contracts.vendor import Vendor
    from cost_pipeline.home.document import Problem


@click.command()
@click.argument("home", type=click.Path(path_type=Path))
@click.option("--remove-example", is_flag=True, help="Remove the example that `init` laid out.")
@json_option
@clear_errors
def init(home: Path, remove_example: bool, as_json: bool) -> None:  # noqa: FBT001
    """Lay out a new home at HOME, and in HOME/example one with an example that works.

    The example has a lake and a production of its own, so no total of HOME includes it.
    --remove-example takes it away whole, when HOME is there already.
    """
    from cost_pipeline.home import layout
    from cost_pipeline.home.schema import SCHEMA_FILE, vendor_schema
    from cost_pipeline.home.templates import EXAMPLE_PULL_DATE

    out = console()
    if remove_example:
        gone = layout.remove_example(home)
        if as_json:
            print_json({"removed": str(gone)})
        else:
            out.print(plain(f"removed: {gone}, with the lake that it posted into"))
            out.print("nothing of it was in a total of this home, and nothing of it stays")
        return
    contracts = [feed.contract for feed in known_feeds()]
    text = json.dumps(vendor_schema(contracts), indent=1, ensure_ascii=False) + "\n"
    path, example = layout.init_with_example(home, {SCHEMA_FILE: text})
    if as_json:
        print_json({"home": str(path), "example": str(example)})
        return
    out.print(plain((str(path), "bold"), ": a home for your books. Try the example first:"))
    named, sandbox = shlex.quote(str(home)), shlex.quote(str(home / example.name))
    for words, command in (
        ("", f"run --home {sandbox} --pull-dates {EXAMPLE_PULL_DATE}"),
        (
            "It posts into books of its own. Remove it when you like:",
            f"init {named} --remove-example",
        ),
        (
            "Then write your own file in vendors/, and look at it with",
            f"vendors check --home {named}",
        ),
    ):
        if words:
            out.print(words)
        out.print(f"  {program()} {command}", style="cyan", soft_wrap=True)


@click.group()
def vendors() -> None:
    """The vendors of a home."""


@vendors.command(short_help="Say what is wrong in a home, with file and line.")
@home_option
@json_option
@clear_errors
def check(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Say what is wrong in productions.yaml and the vendor files, with file and line.

    It also warns of what is lawful and probably not meant: vendors that take the same files,
    credentials over plain http, settings that nothing reads.
    """
    from cost_pipeline.feeds.all import doubts, load_home, problems
    from cost_pipeline.home.load import missing_folders

    feeds = known_feeds()
    found = problems(home, feeds)
    missing = {} if found else missing_folders(load_home(home, feeds))
    doubted = [] if found else doubts(home, feeds)
    if as_json:
        print_json(
            {
                "problems": [_as_json(problem) for problem in found],
                "warnings": [_as_json(problem) for problem in doubted],
                "missing_folders": {vendor: str(path) for vendor, path in missing.items()},
            }
        )
        sys.exit(2 if found else 3 if missing else 0)
    out = console()
    for style, told in (("red", found), ("yellow", doubted)):
        for problem in told:
            # Not markup: a vendor file may hold anything, `[/]` included.
            out.print(plain((problem.where, style), f": {problem.message}"))
            if problem.remedy:
                out.print(plain(f"  {problem.remedy}"))
    for vendor, path in missing.items():
        out.print(plain((vendor, "red"), f": the folder {path} is not there"))
        out.print("  make it, or mend `path` in the vendor file")
    if found or missing:
        sys.exit(2 if found else 3)
    count = len(load_home(home, feeds).vendors)
    warned = f", with {counted(len(doubted), 'warning')}" if doubted else ""
    out.print(f"[green]{counted(count, 'vendor file')} and productions.yaml are right[/]{warned}")


def _as_json(problem: Problem) -> dict[str, str]:
    return {"where": problem.where, "message": problem.message, "remedy": problem.remedy}


@vendors.command(short_help="Whether what vendors declare to send has come by now.")
@home_option
@feed_option
@json_option
@clear_errors
def due(home: Path, feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Say whether what vendors declare to send (`expect:`) has come by now; exit code 1 if not."""
    from cost_pipeline.pipeline.pull.expected import all_expected

    session = open_session(home, feed)
    found = all_expected(session)
    if as_json:
        print_json(
            [
                {"vendor": vendor, "came": outcome.passed, "message": outcome.message}
                for vendor, outcome in found.items()
            ]
        )
    elif not found:
        console().print("no vendor file says `expect:` (docs/interfaces.md)")
    for vendor, outcome in {} if as_json else found.items():
        style = "green" if outcome.passed else "red"
        console().print(plain((vendor, style), f": {outcome.message}"))
    if not all(outcome.passed for outcome in found.values()):
        sys.exit(1)


@vendors.command("list")
@home_option
@click.option("--feed", metavar="NAME", help="Only those of this feed.")
@json_option
@clear_errors
def list_(home: Path, feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List the vendors."""
    from cost_pipeline.core.text import nearest
    from cost_pipeline.feeds.all import load_home

    feeds = known_feeds()
    found = load_home(home, feeds).vendors
    every = {vendor.feed for vendor in found}
    if feed is not None and feed not in every:
        raise UsageError(
            f"this home has no vendor of the feed {feed!r}",
            where="--feed",
            remedy=nearest(feed, every) if every else "write a vendor file in vendors/",
            code="NO_SUCH_FEED",
        )
    chosen = [vendor for vendor in found if feed in {None, vendor.feed}]
    scopes = {one.name: one.shape.scope for one in feeds}
    rows = _rows(chosen, scopes if len(every) <= 1 else None, utc_now().date())
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["changes"] = ", ".join(row["changes"])
    if not any(row["changes"] for row in rows):
        rows = [{key: text for key, text in row.items() if key != "changes"} for row in rows]
    if not rows:
        console().print("no vendor yet: write a file in vendors/ (docs/interfaces.md)")
        return
    table = columns(*rows[0], middle=("vendor",))
    for row in rows:
        table.add_row(*row.values())
    console().print(table)


def _rows(
    vendors: Sequence[Vendor], scopes: Mapping[str, str | None] | None, today: date
) -> list[dict[str, Any]]:
    """Returns vendors as plain rows.

    Args:
        vendors: In their order.
        scopes: By feed, the name of what says whose the records are; None where there are several
            feeds, which the rows then name.
        today: The pull date as of which they are told.
    """
    return [
        {
            "vendor": vendor.vendor,
            **({"feed": vendor.feed} if scopes is None else {}),
            (scopes[vendor.feed] or "whose" if scopes else "whose"): vendor.scope,
            "record": str(vendor.record),
            "source": vendor.source.kind,
            "format": vendor.as_of(today).format.kind.value,
            "priority": vendor.priority,
            "changes": [change.since.isoformat() for change in vendor.changes],
        }
        for vendor in vendors
    ]


vendors.add_command(schema)
vendors.add_command(try_)
vendors.add_command(test_)
