"""`run`: the whole job for a home, and what it says afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    counted,
    home_option,
    json_option,
    money,
    open_session,
    parse_pull_dates,
    print_json,
    progress_bar,
)
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.feeds.production.summary import Summary, summarize
from cost_pipeline.feeds.session import Session
from cost_pipeline.home.layout import complete_home
from cost_pipeline.home.load import missing_folders

Progress = Callable[[str, int, int], None]


@click.command()
@home_option
@click.option("--pull-dates", required=True, metavar="A..B", help="2026-03-31 or A..B, ISO dates.")
@json_option
@clear_errors
def run(home: Path, pull_dates: str, as_json: bool) -> None:  # noqa: FBT001
    """Pull every vendor, validate, and post what changed, through Dagster."""
    days = parse_pull_dates(pull_dates)
    session = open_session(home)
    refuse_missing_folders(session)
    with progress_bar(shown=not as_json) as progress:
        summary = run_all(session, days, progress)
    if as_json:
        print_json(summary.as_json())
    else:
        show(summary)
    failures = failed_deliveries(session, days)
    if failures is not None:
        raise failures
    if summary.failed_checks:
        sys.exit(1)


def run_all(session: Session, days: Sequence[date], progress: Progress) -> Summary:
    """Pull, validate and post in the home's own Dagster instance."""
    # Dagster takes a second to import; only this command and the demo need it.
    from cost_pipeline.defs.run import Runner, home_instance  # noqa: PLC0415

    complete_home(session.home.path)
    progress("starting Dagster", 0, 1)
    with home_instance(session) as instance:
        runner = Runner(session, instance, progress)
        progress("starting Dagster", 1, 1)
        runner.load_fx()
        runner.pull(days)
        runner.corrections()
        runner.post()
        runner.standing_checks()
        return summarize(
            session,
            days,
            passed=runner.checked.passed,
            failed=[str(check) for check in runner.checked.errors],
        )


def refuse_missing_folders(session: Session) -> None:
    """Before anything is pulled: a folder that is not there is not an empty one."""
    missing = missing_folders(session.home)
    if missing:
        vendor, folder = min(missing.items())
        others = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise EnvironmentFailedError(
            f"the folder of vendor {vendor} is not there{others}",
            where=str(folder),
            remedy=f"make it, or mend `path` in the file of {vendor}; nothing was pulled",
            code="FOLDER_MISSING",
        )


def failed_deliveries(session: Session, days: Sequence[date]) -> EnvironmentFailedError | None:
    """What could not be fetched or read at all: everything else was done nevertheless."""
    from cost_pipeline.feeds.production.summary import unreadable  # noqa: PLC0415

    failures = unreadable(session, days)
    if not failures:
        return None
    first = failures[0]
    others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return EnvironmentFailedError(
        f"{first.vendor}: {first.message}{others}",
        where=first.where,
        remedy="everything else was done; `cost-pipeline dead-letters list` has each of them",
        code=first.reason,
    )


def show(summary: Summary) -> None:
    """One screen: what came, what became of it, what it comes to."""
    out = console()
    came = counted(summary.deliveries, "delivery", "deliveries")
    blank = f" (and {counted(summary.blank_rows, 'blank row')})" if summary.blank_rows else ""
    out.print(f"[bold]{came}, {counted(summary.rows, 'row')}[/]{blank}")
    fates = columns("what became of them", "rows", numbers=("rows",))
    for name, count in summary.fates().items():
        fates.add_row(name, f"{count:,}")
    out.print(fates)
    if summary.by_reason:
        out.print()
        reasons = columns("open dead letters, by reason", "open", numbers=("open",))
        for reason, count in summary.by_reason.items():
            reasons.add_row(reason, f"{count:,}")
        out.print(reasons)
    if summary.totals:
        out.print()
        totals = columns(
            "whole ledger", "postings", "original", "base", "",
            numbers=("postings", "original", "base"),
        )  # fmt: skip
        for row in summary.totals:
            totals.add_row(
                row.currency,
                f"{row.postings:,}",
                money(row.original),
                money(row.base),
                row.base_currency,
            )
        out.print(totals)
    colour = "red" if summary.failed_checks else "green"
    out.print(
        f"checks: {summary.passed_checks:,} passed, "
        f"[{colour}]{len(summary.failed_checks):,} failed[/]"
    )
    for failed in summary.failed_checks:
        out.print(Text(f"  {failed}", style="red"))


def vendor_rows(vendors: Sequence[Vendor]) -> list[dict[str, Any]]:
    """Vendors as plain rows, for `vendors list`."""
    return [
        {
            "vendor": vendor.vendor,
            "production": vendor.production,
            "record": vendor.record.value,
            "source": vendor.source.kind,
            "format": vendor.format.kind.value,
            "priority": vendor.priority,
        }
        for vendor in vendors
    ]
