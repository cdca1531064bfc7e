"""The command line: `cost-pipeline`, also `python -m cost_pipeline`.

Only the tree of commands is here. Exit codes: 0 done, 1 a check or verification failed, 2 wrong
use, 3 the environment failed.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from typing import Any, Final

import click

from cost_pipeline.feeds.listed import LISTED, Feeds
from cost_pipeline.pipeline.declared.commands import Command

# The module, the name and the words of each command: a command's imports are paid when it runs, not
# by `--help`. The commands of each feed are listed after these.
_OF_ALL_FEEDS: Final = {
    "demo": ("demo", "demo", "Run the whole pipeline on simulated vendors and show it."),
    "simulate": ("simulate", "simulate", "Serve vendors that misbehave by recipe."),
    "init": ("vendors", "init", "Lay out a new home."),
    "run": ("run", "run", "Pull every vendor, validate, and post what changed."),
    "vendors": (
        "vendors",
        "vendors",
        "The vendors of a home: check, list, try a file.",
    ),
    "deliveries": (
        "inspect",
        "deliveries_command",
        "Every delivery or row and what became of it.",
    ),
    "sql": ("sql", "sql_command", "One select over what the home holds; changes nothing."),
    "dead-letters": ("dead_letters", "dead_letters", "Rows that were refused: list, mend, waive."),
    "replay": ("replay", "replay", "Judge landed deliveries again, without fetching."),
    "post": ("post", "post", "Post what is out of date, without contacting a vendor."),
    "audit": ("audit", "audit", "The audit log: verify, export."),
    "drift": ("drift", "drift", "Columns that are not as accepted; accept a new schema."),
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - click's own signature
        """Runs a command, and gives Click's own errors the shape of all others in JSON."""
        given = args[0] if args else extra.get("args")
        words = sys.argv[1:] if given is None else list(given)
        if "--json" not in words:
            return super().main(*args, **extra)
        try:
            sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
        except click.Abort:
            sys.exit(3)
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "cost-pipeline"
            document = {
                "code": "WRONG_USE",
                "message": error.format_message(),
                "where": command,
                "remedy": f"`{command} --help` shows what it takes",
            }
            click.echo(json.dumps({"error": document}, ensure_ascii=False), err=True)
            sys.exit(error.exit_code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_commands(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = _commands(ctx).get(cmd_name)
        if found is None:
            return None
        command: click.Command = getattr(importlib.import_module(found.module), found.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(one.name, one.words) for one in _commands(ctx).values()])


def _commands(context: click.Context) -> dict[str, Command]:
    """Returns the commands of all feeds, then those of each feed that this call knows."""
    given = context.find_object(Feeds)
    feeds = LISTED if given is None else given.listed
    found = {
        name: Command(name, words, f"cost_pipeline.commands.{module}", attribute)
        for name, (module, attribute, words) in _OF_ALL_FEEDS.items()
    }
    return found | {one.name: one for feed in feeds for one in feed.commands}


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cost-pipeline")
def main() -> None:
    """Vendor files in; an exact, append-only production-cost ledger out.

    Rows that cannot be posted become dead letters that say why. Everything can be traced back to
    the bytes that a vendor sent.
    """


def program(run: Callable[[], object] = main) -> None:
    """Runs the command line as a process of its own.

    What is imported makes a quarter of a million objects that stay. Python looks for garbage among
    them after every 700 new ones, which is a tenth of a short command's time. A run over hundreds
    of dates leaves 50,000 objects that only such a search finds, and never half a million.

    Arrow takes memory from where the Parquet writer takes it, so that what one has let go of is the
    next one's, and what nobody needs goes back to the system between portions of work.

    Arrow looks for pandas when it is first given a list of Python, which takes half a second where
    there is one. Pandas is for notebooks: no command needs it, so none finds it.

    Args:
        run: What to run; ends with SystemExit, as a command of click does.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # Arrow is not imported yet
    sys.meta_path.insert(0, _NoPandas())
    gc.set_threshold(500_000, 20, 100)
    codes: list[object] = []
    atexit.register(_leave, codes)
    try:
        run()
    except SystemExit as end:
        codes.append(end.code)
        raise


class _NoPandas(MetaPathFinder):
    """Says that pandas is not there, whether it is or not."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("a command needs no pandas", name=fullname)


def _leave(codes: list[object]) -> None:
    """Ends the process with the code that the command line chose, if it chose one.

    What Python would do now is to take every object apart, half a second where Dagster was
    imported, before the system takes the memory back. Threads have been waited for, and what was
    registered last is called first: whoever else wanted to be told of the end has been told.
    """
    match codes:
        case [None]:
            code = 0
        case [int(chosen)]:
            code = chosen
        case _:
            return
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return  # nobody reads any more: Python says it as always
    os._exit(code)
