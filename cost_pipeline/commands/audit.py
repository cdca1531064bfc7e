"""`audit`: the log of everything that was parsed, rejected, converted and posted."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    feed_option,
    home_option,
    json_option,
    open_session,
    parse_day,
    plain,
    print_json,
)
from cost_pipeline.core.people import counted


@click.group()
def audit() -> None:
    """The audit log: verify, export."""


@audit.command(short_help="Compare the audit log with what was committed.")
@home_option
@feed_option
@json_option
@clear_errors
def verify(home: Path, feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Recompute every hash of the audit log, and compare its events with what the tables hold.

    Ends with 1 if a block or an event is missing, changed, or not committed and not void.
    """
    from cost_pipeline.pipeline.reports.audit import verify_audit

    found = verify_audit(open_session(home, feed))
    if as_json:
        print_json(found.as_json())
    else:
        out = console()
        out.print(
            f"{counted(found.blocks, 'block')}: {counted(found.events, 'event')} committed, "
            f"{counted(found.void, 'block')} void, {counted(found.open, 'block')} open"
        )
        for problem in found.problems:
            out.print(plain(problem, style="red"))
        if not found.problems:
            out.print("[green]log and tables agree[/]")
    sys.exit(1 if found.problems else 0)


@audit.command(short_help="Write the events as lines of JSON.")
@home_option
@feed_option
@click.option("--from", "first", metavar="DATE", help="Only what was announced on or after, UTC.")
@click.option("--to", "last", metavar="DATE", help="Only what was announced on or before, UTC.")
@click.option("--json", "as_json", is_flag=True, help="Errors as JSON; lines are JSON always.")
@clear_errors
def export(
    home: Path,
    feed: str | None,
    first: str | None,
    last: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write every event as one line of JSON to standard output, for a SIEM."""
    from cost_pipeline.pipeline.reports.audit import audit_lines

    del as_json
    session = open_session(home, feed)
    out = sys.stdout
    begin = None if first is None else parse_day(first, "--from")
    end = None if last is None else parse_day(last, "--to")
    for lines in audit_lines(session, begin, end):
        for chunk in lines.chunks:
            for start in range(0, len(chunk), 10_000):
                out.write("\n".join(chunk.slice(start, 10_000).to_pylist()) + "\n")
