"""`post`: brings the book up to date with what the home holds; no vendor is asked."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
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
from cost_pipeline.commands.wrong_files import refuse_wrong_files
from cost_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from cost_pipeline.pipeline.declared.book import Book
    from cost_pipeline.pipeline.session import Session

_SHOWN = 31


@dataclass(frozen=True, slots=True)
class _Posted:
    """What was posted.

    Attributes:
        dates: The dates of the book that were brought up to date.
        others: How many dates are out of date still: those that were not asked for, or are held
            back by a red check.
    """

    dates: tuple[date, ...]
    others: int
    passed_checks: int
    failed_checks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "nothing_new": not self.dates,
            "transaction_dates": [day.isoformat() for day in self.dates],
            "out_of_date": self.others,
            "checks": {"passed": self.passed_checks, "failed": list(self.failed_checks)},
        }

    def show(self, book: Book[Session]) -> None:
        """Prints a few lines."""
        out = console()
        if self.dates:
            out.print(f"[bold]{book.dates} posted: {len(self.dates):,}[/]")
            for day in self.dates[:_SHOWN]:
                out.print(f"  {day}")
            if len(self.dates) > _SHOWN:
                out.print(f"  ... to {self.dates[-1]}")
        elif self.others:
            out.print(f"[bold]nothing new[/] among the {book.dates} that may be posted")
        else:
            out.print(f"[bold]nothing new[/]: the {book.noun} is as its inputs say")
        if self.others:
            out.print(f"{book.dates} that are out of date still: {self.others:,}")
        for failed in self.failed_checks:
            out.print(plain(f"  {failed}", style="red"))


@click.command("post")
@home_option
@feed_option
@click.option("--dates", metavar="FROM..TO", help="Only these dates of the book; all without it.")
@json_option
@clear_errors
def post(home: Path, feed: str | None, dates: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Post the dates that are out of date, after a correction of rates or what waited for a check.

    What a date should hold is compared with what it holds, and the difference is appended. Nothing
    is fetched or read again.
    """
    session = open_session(home, feed, warns=False)
    book = session.feed.book
    if book is None:
        raise UsageError(
            f"the feed {session.feed.name} keeps its records and posts none",
            where="post",
            remedy="`cost-pipeline deliveries` counts what became of its rows",
            code="NO_BOOK",
        )
    days = parse_pull_dates(dates, "--dates") if dates else None
    found = _posted(session, book, (days[0], days[-1]) if days else None, as_json=as_json)
    if as_json:
        print_json(found.as_json())
    else:
        found.show(book)
    refuse_wrong_files(session)
    if found.failed_checks:
        sys.exit(1)


def _posted(
    session: Session, book: Book[Session], within: tuple[date, date] | None, *, as_json: bool
) -> _Posted:
    # Dagster takes a second to import.
    from cost_pipeline.defs.run import Runner, home_instance
    from cost_pipeline.home.layout import complete_home
    from cost_pipeline.pipeline.posting.dates import due

    complete_home(session.home.path)
    with progress_bar(shown=not as_json) as progress, home_instance(session) as instance:
        runner = Runner(session, known_feeds(), instance, progress)
        dates = runner.post(within)
    return _Posted(
        dates=tuple(dates),
        others=len(due(session, book).behind),
        passed_checks=runner.checked.passed,
        failed_checks=tuple(str(check) for check in runner.checked.errors),
    )
