"""`vendors schema`: a JSON Schema of vendor files, for editors."""

from __future__ import annotations

import click

from cost_pipeline.commands.common import clear_errors, json_option, known_feeds, print_json
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.text import nearest


@click.command(short_help="Print a JSON Schema of vendor files, for editors.")
@click.option("--feed", metavar="NAME", help="Only that of this feed's vendor files.")
@json_option
@clear_errors
def schema(feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Print a JSON Schema of vendor files, with which editors complete and check them.

    A home has it as `vendor.schema.json`; a vendor file names it in its first line.
    """
    del as_json  # it is JSON either way
    from cost_pipeline.home.schema import vendor_schema

    contracts = {one.name: one.contract for one in known_feeds()}
    if feed is not None and feed not in contracts:
        raise UsageError(
            f"no feed {feed!r}",
            where="--feed",
            remedy=nearest(feed, contracts),
            code="NO_SUCH_FEED",
        )
    print_json(vendor_schema(one for name, one in contracts.items() if feed in {None, name}))
