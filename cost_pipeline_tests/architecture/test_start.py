"""What starting the program imports. Counted, not timed: an import that creeps in shows here."""

import subprocess
import sys

import click

from cost_pipeline.cli import main

# Libraries that take from a twentieth of a second to a whole one to import.
HEAVY = ("aiohttp", "dagster", "deltalake", "duckdb", "numpy", "pyarrow", "pydantic", "rich")

# What `run` of a home of folders may import: 1,656 modules, most for Dagster and SQLAlchemy.
MOST_MODULES = 1_700


def imported(program: str) -> set[str]:
    """The modules that a Python process has imported once it has run the program."""
    code = f"{program}\nimport sys\nprint(*sorted(sys.modules), file=sys.__stdout__)"
    done = subprocess.run(  # noqa: S603 - this interpreter, our own words
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


def every_command() -> list[list[str]]:
    """The words of every command and group."""
    found = []

    def walk(command: click.Command, words: list[str]) -> None:
        found.append(words)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, [*words, name])

    walk(main, [])
    return found


def test_help_of_every_command_imports_nothing_heavy():
    commands = every_command()
    assert ["ledger", "verify"] in commands

    program = f"""
import contextlib, io
from cost_pipeline.cli import main
for words in {commands!r}:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        main([*words, "--help"], standalone_mode=False)
    assert "Usage:" in said.getvalue(), words
"""

    assert imported(program) & set(HEAVY) == set()


def test_a_run_of_folders_imports_what_it_uses():
    modules = imported("import cost_pipeline.commands.run, cost_pipeline.defs.run")

    assert {"dagster", "deltalake"} <= modules  # or this test would look at the wrong thing
    assert not modules & {"aiohttp", "asyncssh", "holidays", "stamina", "rich"}
    assert not {name for name in modules if name.startswith("cost_pipeline.rules")}  # of timecards
    assert len(modules) < MOST_MODULES


def test_no_command_imports_pandas_though_arrow_looks_for_it():
    program = """
import contextlib, sys
from cost_pipeline import cli
sys.argv = ["cost-pipeline", "--version"]
with contextlib.suppress(SystemExit):
    cli.program()
import pyarrow
assert pyarrow.array(["a", None]).to_pylist() == ["a", None]
"""

    modules = imported(program)
    assert "pyarrow" in modules
    assert "pandas" not in modules
    assert "pandas" in imported("import pyarrow; pyarrow.array([1])")  # or it need not be hidden


def test_the_program_lets_arrow_and_the_parquet_writer_share_their_memory():
    program = """
import contextlib, sys
from cost_pipeline import cli
sys.argv = ["cost-pipeline", "--version"]
with contextlib.suppress(SystemExit):
    cli.program()
assert "pyarrow" not in sys.modules
import pyarrow
assert pyarrow.default_memory_pool().backend_name == "system"
"""

    assert "pyarrow" in imported(program)
