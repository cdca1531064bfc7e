"""What every command shares: the home, JSON output, errors in plain words, progress."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, ParamSpec, TypeVar

import click

from cost_pipeline import __version__
from cost_pipeline.commands.wrong_files import warn_of_wrong_files
from cost_pipeline.core.errors import CostPipelineError, UsageError
from cost_pipeline.core.text import printable, printable_json
from cost_pipeline.feeds.listed import LISTED, Feeds, Listed

if TYPE_CHECKING:
    from rich.text import Text

    from cost_pipeline.commands.screen import Rows, Screen
    from cost_pipeline.pipeline.declared.shown import Table as Shown
    from cost_pipeline.pipeline.feed import Feed
    from cost_pipeline.pipeline.session import Session

HOME_VARIABLE: Final = "COST_PIPELINE_HOME"
_MOST_DAYS: Final = 3700

P = ParamSpec("P")
R = TypeVar("R")

home_option = click.option(
    "--home",
    envvar=HOME_VARIABLE,
    required=True,
    show_envvar=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The home: productions.yaml, vendors/, inbox/, lake/.",
)
feed_option = click.option("--feed", metavar="NAME", help="Which feed, where the home has several.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def program() -> str:
    """Returns the way to call this program here: by its name if that is found, else as called."""
    if shutil.which("cost-pipeline"):
        return "cost-pipeline"
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m cost_pipeline"
    return str(called) if called.name == "cost-pipeline" else "cost-pipeline"


def console() -> Screen:
    """Returns standard output as people read it, as wide as their terminal (80 without one)."""
    from cost_pipeline.commands.screen import Screen

    return Screen()


def columns(
    *names: str,
    numbers: Collection[str] = (),
    prose: Collection[str] = (),
    middle: Collection[str] = (),
    headings: tuple[str, ...] = (),
    gap: int = 2,
) -> Rows:
    """Returns an empty table that fits the screen that it is printed on (`commands.screen`)."""
    from cost_pipeline.commands.screen import Rows

    return Rows(names, numbers, prose, middle, headings, gap)


def as_columns(table: Shown) -> Rows:
    """Returns a small table that a feed declares, as lines without borders."""
    names = tuple(table.columns)
    numbers = {name for name, kind in table.columns.items() if kind != "string"}
    found = columns(*names, numbers=numbers)
    for row in table.rows:
        found.add_row(*(str(row[name]) for name in names))
    return found


def plain(*parts: str | tuple[str, str], style: str = "") -> Text:
    """Returns words that are printed as they are: a vendor's square brackets are no markup.

    What a terminal would obey or reorder is escaped, a line end too.

    Args:
        parts: Words, or words with a style of their own.
        style: The style of all other words.
    """
    from rich.text import Text

    safe = ((printable(p[0]), p[1]) if isinstance(p, tuple) else printable(p) for p in parts)
    return Text.assemble(*safe, style=style)


def utc_now() -> datetime:
    """Returns the present instant."""
    return datetime.now(UTC)


def listed_feeds() -> tuple[Listed, ...]:
    """Returns the feeds that this call of the command line knows."""
    context = click.get_current_context(silent=True)
    given = context.find_object(Feeds) if context is not None else None
    return LISTED if given is None else given.listed


def known_feeds() -> list[Feed[Session]]:
    """Returns the feeds that this call of the command line knows, imported."""
    return [one.load() for one in listed_feeds()]


def open_session(
    home: Path,
    feed: str | None = None,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    warns: bool = True,
) -> Session:
    """Returns a session for a command: the home checked, its lake open, a run id of its own.

    A vendor whose file is wrong is as the file last said.

    Args:
        home: The home.
        feed: The name of the feed; None if the home has only one.
        progress: Told (phase, done, total).
        warns: Whether wrong vendor files are told of; false if the command ends by them.

    Raises:
        UsageError: If the home is wrong as a whole, or lacks the feed, or has several and none is
            named.
    """
    from cost_pipeline.lake.lake import open_lake
    from cost_pipeline.pipeline.feeds_of import chosen_feed, contracts_of
    from cost_pipeline.pipeline.homes import open_home
    from cost_pipeline.pipeline.session import Session

    feeds = known_feeds()
    loaded = open_home(home, contracts_of(feeds))
    chosen = chosen_feed(loaded, feeds, feed)
    if warns:
        warn_of_wrong_files(loaded)
    return Session(
        feed=chosen,
        home=loaded.of_feed(chosen.name),
        lake=open_lake(loaded.lake_uri),
        run_id=f"cli-{uuid.uuid4()}",
        clock=utc_now,
        environment=os.environ,
        code_version=__version__,
        progress=progress or (lambda _phase, _done, _total: None),
    )


def print_json(document: Any) -> None:  # noqa: ANN401 - any JSON value
    """Prints one JSON document; amounts are strings already."""
    click.echo(printable_json(json.dumps(document, indent=2, ensure_ascii=False, default=str)))


def print_error(error: CostPipelineError, *, as_json: bool) -> None:
    """Prints what went wrong, where, and what to do, on standard error."""
    if as_json:
        document = json.dumps({"error": error.as_json()}, ensure_ascii=False)
        click.echo(printable_json(document), err=True)
        return
    click.echo(printable(f"error: {error.message}", keep="\n"), err=True)
    if error.where:
        click.echo(printable(f"  where: {error.where}", keep="\n"), err=True)
    if error.remedy:
        click.echo(printable(f"  do:    {error.remedy}", keep="\n"), err=True)


def clear_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turns the errors a person can meet into their message and exit code; a defect stays loud."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.get("as_json"))
        try:
            return command(*args, **kwargs)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except KeyboardInterrupt:
            _stopped()
        except Exception as error:  # boundary: only what is known to be a person's is made plain
            if _is_interrupt(error):
                _stopped()
            from cost_pipeline.lake.durable import storage_failure

            clear = storage_failure(error, where="the lake")
            if clear is None:
                raise
            print_error(clear, as_json=as_json)
            sys.exit(clear.exit_code)

    return wrapped


def _stopped() -> NoReturn:
    click.echo("stopped; what was committed stays, a rerun goes on from there", err=True)
    sys.exit(3)


def _is_interrupt(error: BaseException) -> bool:
    """Whether a Ctrl-C is behind an error: DuckDB makes it a RuntimeError, Dagster wraps that."""
    seen: BaseException | None = error
    for _ in range(_DEEPEST_CAUSE):
        if seen is None:
            return False
        if isinstance(seen, KeyboardInterrupt) or (
            isinstance(seen, RuntimeError) and str(seen) == "Query interrupted"
        ):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


# Chains of Dagster's errors can be circular.
_DEEPEST_CAUSE: Final = 20


def parse_day(text: str, option: str = "--date") -> date:
    """Reads one date, ISO 8601.

    Args:
        text: What was given.
        option: The option that it was given for.

    Raises:
        UsageError: If it is not that.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date", where=option, remedy="write it as 2026-04-02"
        ) from error


def parse_pull_dates(text: str, option: str = "--pull-dates") -> list[date]:
    """Reads `A..B` or one date, ISO 8601, as the list of days.

    Args:
        text: What was given.
        option: The option that it was given for.

    Raises:
        UsageError: If it is not that, or runs backwards, or is longer than ten years.
    """
    first, dots, last = text.partition("..")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date or a range of dates",
            where=option,
            remedy="write it as 2026-03-31 or 2026-03-31..2026-04-06",
        ) from error
    days = (end - start).days + 1
    if not 1 <= days <= _MOST_DAYS:
        raise UsageError(
            f"{text!r} names {max(days, 0)} days",
            where=option,
            remedy=f"name a range forwards, of at most {_MOST_DAYS} days",
        )
    return [date.fromordinal(start.toordinal() + i) for i in range(days)]


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Shows progress on standard error while a terminal watches; yields (phase, done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=36),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not (shown and sys.stderr.isatty()),
    ) as bar:
        tasks: dict[str, Any] = {}

        def update(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=total)
            bar.update(tasks[phase], completed=done, total=total)

        yield update
