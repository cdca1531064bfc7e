"""`run`: the whole job for a home, and what it says afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_pipeline.commands.common import (
    as_columns,
    clear_errors,
    columns,
    console,
    feed_option,
    home_option,
    json_option,
    known_feeds,
    open_session,
    parse_pull_dates,
    plain,
    print_json,
    progress_bar,
)
from cost_pipeline.commands.pulled import show_passed_over, show_provisional
from cost_pipeline.commands.wrong_files import refuse_wrong_files
from cost_pipeline.core.errors import CostPipelineError, EnvironmentFailedError, UsageError
from cost_pipeline.core.logs import logged
from cost_pipeline.core.people import counted

if TYPE_CHECKING:
    from cost_pipeline.defs.run import Runner
    from cost_pipeline.pipeline.reports.summary import Summary
    from cost_pipeline.pipeline.session import Session

Progress = Callable[[str, int, int], None]


@click.command()
@home_option
@feed_option
@click.option("--pull-dates", required=True, metavar="A..B", help="2026-03-31 or A..B, ISO dates.")
@click.option(
    "--debug-loop",
    is_flag=True,
    help="Watch the fetching: slow callbacks, the longest pause, where memory grew.",
)
@click.option(
    "--log-json", metavar="FILE", help="Add logs to a file as lines of JSON; - is standard error."
)
@json_option
@clear_errors
def run(
    home: Path,
    feed: str | None,
    pull_dates: str,
    debug_loop: bool,  # noqa: FBT001
    log_json: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Pull every vendor, validate, and post what changed, through Dagster."""
    days = parse_pull_dates(pull_dates)
    session = replace(open_session(home, feed, warns=False), debug_loop=debug_loop)
    refuse_other_days(session, days)
    refuse_missing_folders(session)
    with logs(log_json, debug_loop=debug_loop), progress_bar(shown=not as_json) as progress:
        summary = run_all(session, days, progress)
    if as_json:
        print_json(summary.as_json())
    else:
        show(summary)
    failures = failed_deliveries(session, days)
    refuse_wrong_files(session, besides=failures)
    if failures is not None:
        raise failures
    if summary.failed_checks:
        sys.exit(1)


@contextmanager
def logs(file: str | None, *, debug_loop: bool) -> Iterator[None]:
    """Writes logs as JSON where they are wanted; those of a watched loop go to standard error."""
    if file is None and not debug_loop:
        yield
    elif file is None or file == "-":
        with logged(sys.stderr, as_json=file is not None):
            yield
    else:
        try:
            stream = Path(file).open("a", encoding="utf-8")  # noqa: SIM115 - closed below
        except OSError as error:
            raise EnvironmentFailedError(
                f"the log cannot be written: {error.strerror}",
                where=file,
                remedy="name another file with --log-json; nothing was pulled",
                code="NOT_WRITABLE",
            ) from error
        with stream, logged(stream):
            yield


def run_all(session: Session, days: Sequence[date], progress: Progress) -> Summary:
    """Pulls, validates and posts in the home's own Dagster instance."""
    # Dagster takes a second to import; only this command and the demo need it.
    from cost_pipeline.defs.run import Runner, home_instance
    from cost_pipeline.home.layout import complete_home
    from cost_pipeline.pipeline.reports.summary import summarize, written_so_far

    complete_home(session.home.path)
    before = written_so_far(session)
    progress("starting Dagster", 0, 1)
    with home_instance(session) as instance:
        runner = Runner(session, known_feeds(), instance, progress)
        progress("starting Dagster", 1, 1)
        try:
            runner.own_jobs("first")
            runner.pull(days)
            runner.corrections()
            posted = runner.post()
            runner.own_jobs("last")
            runner.standing_checks()
        except Exception:
            _alert(runner)
            raise
        _alert(runner)
        return summarize(
            session,
            days,
            passed=runner.checked.passed,
            failed=[str(check) for check in runner.checked.errors],
            warnings=[str(check) for check in runner.checked.warnings],
            nothing_new=not posted and written_so_far(session) == before,
        )


def _alert(runner: Runner) -> None:
    """Tells the webhook what is red; a run is not spoiled if that fails."""
    try:
        runner.alert()
    except CostPipelineError as error:
        click.echo(f"warning: {error.message}", err=True)
        click.echo(f"  do:    {error.remedy}", err=True)


def refuse_other_days(session: Session, days: Sequence[date]) -> None:
    """Refuses days for which nobody has sent anything: tomorrow's, or those before all books.

    Raises:
        UsageError: With the first day that cannot be pulled for.
    """
    from cost_pipeline.pipeline.days import today as present_day
    from cost_pipeline.pipeline.days import zone_of_home
    from cost_pipeline.pipeline.pull.vendors import FIRST_PULL

    today = present_day(session)
    zone = zone_of_home(session.feed, session.home, session.clock())
    wrong = next((day for day in days if not FIRST_PULL <= day <= today), None)
    if wrong is None:
        return
    why = f"lies ahead: today is {today} in {zone}" if wrong > today else f"is before {FIRST_PULL}"
    raise UsageError(
        f"nothing can be pulled for {wrong}, which {why}",
        where="--pull-dates",
        remedy=f"name days from {FIRST_PULL} to {today}; nothing was pulled",
        code="PULL_DATE",
    )


def refuse_missing_folders(session: Session) -> None:
    """Refuses folders that are not there, before anything is pulled: they are not empty ones."""
    from cost_pipeline.home.load import missing_folders

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
    """Returns what could not be fetched or read at all; everything else was done nevertheless."""
    from cost_pipeline.pipeline.reports.summary import unreadable

    failures = [
        one for one in unreadable(session, days) if session.home.wrong_file(one.vendor) is None
    ]
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
    """Prints one screen: what came, what became of it, what it comes to."""
    out = console()
    if summary.nothing_new:
        out.print("[bold]nothing new[/]: nothing came that was not here, and nothing was posted")
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
    if summary.totals is not None and summary.totals.rows:
        out.print()
        out.print(as_columns(summary.totals))
    show_provisional(out, summary.provisional)
    show_passed_over(out, summary.passed_over)
    colour = "red" if summary.failed_checks else "green"
    out.print(
        f"checks: {summary.passed_checks:,} passed, "
        f"[{colour}]{len(summary.failed_checks):,} failed[/]"
    )
    for failed in summary.failed_checks:
        out.print(plain(f"  {failed}", style="red"))
    for warning in summary.warnings:
        out.print(plain(f"  warning: {warning}", style="yellow"))
