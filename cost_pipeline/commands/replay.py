"""`replay`, and what it shares with the commands that bring dead letters to an end."""

from __future__ import annotations

import sys
from collections.abc import Callable
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
from cost_pipeline.core.people import counted

if TYPE_CHECKING:
    from cost_pipeline.defs.run import Runner
    from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class Worked:
    """What a replay, a retry or an import came to.

    Attributes:
        deliveries: How many deliveries were judged (again) or fetched again.
        resolved: Dead letters that were open before and are not now.
        opened: Dead letters that are open now and were not before.
        open: How many are open now.
        posted: Transaction dates whose ledger partition was brought up to date.
    """

    deliveries: int
    resolved: int
    opened: int
    open: int
    posted: tuple[date, ...]
    passed_checks: int
    failed_checks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "deliveries": self.deliveries,
            "resolved": self.resolved,
            "opened": self.opened,
            "open": self.open,
            "transaction_dates": [day.isoformat() for day in self.posted],
            "checks": {"passed": self.passed_checks, "failed": list(self.failed_checks)},
        }

    def show(self) -> None:
        """Prints a few lines."""
        out = console()
        if not self.deliveries:
            out.print("nothing to do: everything is judged under the present contract")
        else:
            out.print(f"[bold]{counted(self.deliveries, 'delivery', 'deliveries')}[/] judged")
        out.print(
            f"dead letters: {self.resolved:,} resolved, {self.opened:,} opened, {self.open:,} open"
        )
        out.print(f"posted: {counted(len(self.posted), 'transaction date')}")
        for failed in self.failed_checks:
            out.print(plain(f"  {failed}", style="red"))


def work_through_dagster(
    session: Session, work: Callable[[Runner], int], *, as_json: bool
) -> Worked:
    """Does the work in the home's own Dagster instance, then posts, and counts what it changed."""
    from cost_pipeline.defs.run import Runner, home_instance
    from cost_pipeline.home.layout import complete_home

    complete_home(session.home.path)
    before = _open_ids(session)
    with progress_bar(shown=not as_json) as progress, home_instance(session) as instance:
        runner = Runner(session, known_feeds(), instance, progress)
        done = work(runner)
        posted = runner.post()
    after = _open_ids(session)
    return Worked(
        deliveries=done,
        resolved=len(before - after),
        opened=len(after - before),
        open=len(after),
        posted=tuple(posted),
        passed_checks=runner.checked.passed,
        failed_checks=tuple(str(check) for check in runner.checked.errors),
    )


def _open_ids(session: Session) -> set[str]:
    from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters

    return set(open_dead_letters(session)["id"].to_pylist())


def finish(found: Worked, *, as_json: bool) -> None:
    """Says what was done; a red check is exit code 1."""
    show(found, as_json=as_json)
    end(found)


def show(found: Worked, *, as_json: bool) -> None:
    """Says what was done."""
    if as_json:
        print_json(found.as_json())
    else:
        found.show()


def end(found: Worked) -> None:
    """Ends the command with exit code 1 if a check is red."""
    if found.failed_checks:
        sys.exit(1)


@click.command()
@home_option
@feed_option
@click.option("--pull-dates", metavar="A..B", help="Deliveries first received on these dates.")
@click.option("--delivery", metavar="HASH", help="Only this one; eight characters do.")
@json_option
@clear_errors
def replay(
    home: Path,
    feed: str | None,
    pull_dates: str | None,
    delivery: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Judge landed deliveries again under the present contract, without fetching, and post.

    Only what was judged under another contract, vendor file or reference data is judged again;
    without options all of that.
    """
    from cost_pipeline.pipeline.validation.replay import behind, delivery_named

    session = open_session(home, feed, warns=False)
    if pull_dates and delivery:
        raise UsageError(
            "--pull-dates and --delivery were given both", where="replay", remedy="give one of them"
        )
    chosen: str | None = None
    if delivery:
        chosen, day = delivery_named(session, delivery)
        days = [day]
    else:
        wanted = set(parse_pull_dates(pull_dates)) if pull_dates else None
        days = sorted({one.pull_date for one in behind(session, wanted)})
    count = sum(
        chosen in {None, one.delivery} for one in behind(session, days) if one.pull_date in days
    )

    def work(runner: Runner) -> int:
        for day in days:
            runner.replay(day, chosen)
        return count

    found = work_through_dagster(session, work, as_json=as_json)
    show(found, as_json=as_json)
    refuse_wrong_files(session)
    end(found)
