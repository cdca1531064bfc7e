"""`init` and `vendors`: laying out a home, and saying what is wrong in it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    home_option,
    json_option,
    print_json,
)
from cost_pipeline.commands.run import vendor_rows
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.load import load_home, missing_folders, problems
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE


@click.command()
@click.argument("home", type=click.Path(path_type=Path))
@json_option
@clear_errors
def init(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Lay out a new home at HOME, with a commented example vendor that works."""
    path = init_home(home)
    if as_json:
        print_json({"home": str(path)})
        return
    out = console()
    out.print(f"[bold]{path}[/]: a home with one example vendor. Try it:")
    out.print(f"  cost-pipeline run --home {home} --pull-dates {EXAMPLE_PULL_DATE}", style="cyan")
    out.print("Then write your own file in vendors/, and look at it with")
    out.print(f"  cost-pipeline vendors check --home {home}", style="cyan")


@click.group()
def vendors() -> None:
    """The vendors of a home."""


@vendors.command()
@home_option
@json_option
@clear_errors
def check(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Say what is wrong in productions.yaml and the vendor files, with file and line."""
    found = problems(home)
    missing = {} if found else missing_folders(load_home(home))
    if as_json:
        print_json(
            {
                "problems": [
                    {"where": p.where, "message": p.message, "remedy": p.remedy} for p in found
                ],
                "missing_folders": {vendor: str(path) for vendor, path in missing.items()},
            }
        )
        sys.exit(2 if found else 3 if missing else 0)
    out = console()
    for problem in found:
        out.print(f"[red]{problem.where}[/]: {problem.message}")
        if problem.remedy:
            out.print(f"  {problem.remedy}")
    for vendor, path in missing.items():
        out.print(f"[red]{vendor}[/]: the folder {path} is not there")
    if found or missing:
        sys.exit(2 if found else 3)
    out.print(f"[green]{len(load_home(home).vendors)} vendor files are right")


@vendors.command("list")
@home_option
@json_option
@clear_errors
def list_(home: Path, as_json: bool) -> None:  # noqa: FBT001
    """List the vendors."""
    rows = vendor_rows(load_home(home).vendors)
    if as_json:
        print_json(rows)
        return
    table = Table(*(rows[0] if rows else ("vendor",)), box=None, padding=(0, 2))
    for row in rows:
        table.add_row(*row.values())
    console().print(table)
