"""`simulate`: vendors that misbehave by recipe, served on loopback until Ctrl-C."""

from __future__ import annotations

import threading
from pathlib import Path

import click

from cost_pipeline.commands.common import clear_errors, console, program


@click.command()
@click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The home whose vendors are served; made if it is not there.",
)
@click.option(
    "--recipe",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of faults; without one the vendors behave.",
)
@clear_errors
def simulate(home: Path, recipe: Path | None) -> None:
    """Serve simulated vendors that misbehave by recipe, for trying things out."""
    from cost_pipeline.simulator.recipes import Recipe, read_recipe
    from cost_pipeline.simulator.serve import serve
    from cost_pipeline.simulator.world import DAYS

    with serve(home, read_recipe(recipe) if recipe else Recipe()) as served:
        out = console()
        out.print(f"serving the vendors of [bold]{served.home}[/] at {served.url}", soft_wrap=True)
        out.print("From another terminal:")
        for name, value in served.environment.items():
            out.print(f"  export {name}={value}", style="cyan", soft_wrap=True)
        out.print(
            f"  {program()} run --home {served.home} --pull-dates {DAYS[0]}..{DAYS[-1]}",
            style="cyan",
            soft_wrap=True,
        )
        out.print("Ctrl-C ends it.")
        threading.Event().wait()
