"""`ledger prove`, `ledger export`: what leaves the house to be checked elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cost_pipeline.commands.common import (
    clear_errors,
    console,
    home_option,
    json_option,
    plain,
    print_json,
    progress_bar,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.people import counted


@click.command("prove", short_help="A short proof that a posting is in the ledger.")
@click.argument("posting")
@home_option
@json_option
@clear_errors
def prove_command(posting: str, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Print the proof that a POSTING is in the ledger, as one JSON document.

    It holds the posting, and the hashes that lead from it to the last head. A stranger checks it
    with docs/examples/verify_proof.py, or with a program written from docs/ledger-format.md.
    """
    from cost_pipeline.feeds.production.proof import prove

    with progress_bar(shown=not as_json) as progress:
        found = prove(open_production(home, progress=progress), posting)
    if as_json:
        print_json(found)
    else:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))


@click.command("export", short_help="A period as a folder that verifies anywhere.")
@click.option("--period", required=True, metavar="YYYY-MM", help="The posting period.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="A new or empty folder.",
)
@home_option
@json_option
@clear_errors
def export_command(period: str, folder: Path, home: Path, as_json: bool) -> None:  # noqa: FBT001
    """Write the postings of a period with everything that proves them.

    The folder is signed if COST_PIPELINE_SIGNING_KEY holds an Ed25519 private key, and verifies
    with docs/examples/verify_bundle.py on any machine that has Python.
    """
    from cost_pipeline.feeds.production.bundle import export

    with progress_bar(shown=not as_json) as progress:
        found = export(open_production(home, progress=progress), period, folder)
    if as_json:
        print_json(found.as_json())
        return
    out = console()
    out.print(
        f"exported {counted(found.postings, 'posting')} of "
        f"{counted(found.partitions, 'transaction date')} for {found.period}"
    )
    out.print(plain(f"  to        {found.folder}"), soft_wrap=True)
    out.print(f"  head      {found.head}")
    out.print(f"  manifest  {found.manifest}")
    out.print(f"  signed by {found.public_key or 'nobody: COST_PIPELINE_SIGNING_KEY is not set'}")
