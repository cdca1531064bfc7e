"""What `dg` knows of this product: a home as a component, and a first vendor file to scaffold.

A vendor is one YAML file in the `vendors/` of its home, here as everywhere. The component points to
a home and holds nothing of it, so that a project of one's own can have it beside other definitions.
"""

# No `from __future__ import annotations` here: Dagster reads the fields of a component as objects.
import os
from pathlib import Path
from typing import Final

import click
import dagster as dg
from pydantic import BaseModel, Field

from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.new_vendor import write_vendor
from cost_pipeline.pipeline.feeds_of import contracts_of
from cost_pipeline.pipeline.homes import look_at_home

_VARIABLE: Final = "COST_PIPELINE_HOME"


class Home(dg.Component, dg.Model, dg.Resolvable):
    """All assets, checks, jobs, schedules and sensors of a cost_pipeline home.

    Attributes:
        path: The folder of the home; relative to the folder of `defs.yaml`.
    """

    path: str

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Returns everything that Dagster knows of the home."""
        return build_definitions(context.path / Path(self.path).expanduser(), FEEDS)


class NewVendor(BaseModel):
    """What `dg scaffold defs` may be told of a new vendor."""

    home: str | None = Field(default=None, description=f"The home; that of {_VARIABLE} without it.")


class VendorScaffolder(dg.Scaffolder[NewVendor]):
    """Writes a first vendor file into a home, and nothing into the project."""

    @classmethod
    def get_scaffold_params(cls) -> type[NewVendor]:
        """Returns the options of the command."""
        return NewVendor

    def scaffold(self, request: dg.ScaffoldRequest[NewVendor]) -> None:
        """Writes the file, and says where it is."""
        # dg makes a folder for definitions of its own before it asks.
        request.target_path.rmdir()
        path = request.params.home or os.environ.get(_VARIABLE)
        if not path:
            raise click.ClickException(f"no home is named: give --home, or set {_VARIABLE}")
        contracts = contracts_of(FEEDS)
        try:
            home = look_at_home(Path(path), contracts)
            file = write_vendor(home, request.target_path.name, contracts)
        except CostPipelineError as error:
            raise click.ClickException(f"{error}; {error.remedy}") from error
        click.echo(f"A vendor is a file of its home: wrote {file}.")
        click.echo(f"Edit it, then look at it with: cost-pipeline vendors check --home {path}")


@dg.scaffold_with(VendorScaffolder)
def vendor() -> None:
    """Gives `dg` the name by which it makes a vendor of a home, a YAML file."""
