"""`vendors try` and `vendors test`: how a file would be read, without keeping anything of it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_pipeline.commands.common import (
    HOME_VARIABLE,
    clear_errors,
    console,
    json_option,
    known_feeds,
    print_json,
    utc_now,
)
from cost_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from cost_pipeline.contracts.vendor import Vendor
    from cost_pipeline.home.load import Home
    from cost_pipeline.pipeline.reads import Reads

maybe_home_option = click.option(
    "--home",
    envvar=HOME_VARIABLE,
    show_envvar=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The home with the vendor file; not needed for a first look at an unknown file.",
)
rows_option = click.option(
    "--rows",
    "most_rows",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop after N rows and say so; the whole file is read if not given.",
)
pull_date_option = click.option(
    "--pull-date",
    metavar="DATE",
    help="The pull date that is assumed, such as 2026-04-01; today if not given.",
)


@click.command("try", short_help="Show how a file would be read; keep nothing of it.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vendor", metavar="NAME", help="Read it by this vendor file of the home.")
@maybe_home_option
@rows_option
@pull_date_option
@json_option
@clear_errors
def try_(
    file: Path,
    vendor: str | None,
    home: Path | None,
    most_rows: int | None,
    pull_date: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show how FILE would be read: its header, first rows, what is refused and why, its totals.

    Nothing is landed or posted. With --vendor it is read by that vendor file, by the code of a run.
    Ends with 1 if something is refused or missing.
    """
    from cost_pipeline.commands.tried import show_tried
    from cost_pipeline.pipeline.trying.reading import try_file

    _refuse_no_file(file)
    day = _day(pull_date)
    if vendor is None or home is None:
        raise UsageError("name a vendor of a home", where="--vendor", remedy="use --home, --vendor")
    chosen, reads = _vendor_of(home, vendor)
    tried = try_file(reads, chosen, file, pull_date=day, most_rows=most_rows)
    if as_json:
        print_json(tried.as_json())
    else:
        show_tried(console(), tried)
    sys.exit(0 if tried.good else 1)


def _refuse_no_file(file: Path) -> None:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise UsageError(
            f"the file {what}", where=str(file), remedy="name one file", code="NO_SUCH_FILE"
        )


def _day(text: str | None) -> date:
    from cost_pipeline.commands.common import parse_pull_dates

    if text is None:
        return utc_now().date()
    days = parse_pull_dates(text)
    if len(days) != 1:
        raise UsageError(
            "one date is needed, not a range", where="--pull-date", remedy="write it as 2026-04-01"
        )
    return days[0]


def _vendor_of(home: Path, name: str) -> tuple[Vendor, Reads]:
    """Returns a vendor of a home, and what the home says of its feed; the lake is not opened."""
    loaded = _loaded(home)
    for vendor in loaded.vendors:
        if vendor.vendor == name:
            return vendor, _reads(loaded, vendor.feed)
    from cost_pipeline.core.text import nearest

    names = {one.vendor for one in loaded.vendors}
    raise UsageError(
        f"there is no vendor {name!r}",
        where="--vendor",
        remedy=nearest(name, names) if names else "write a vendor file in vendors/",
        code="NO_SUCH_VENDOR",
    )


def _loaded(home: Path) -> Home:
    from cost_pipeline.feeds.all import load_home

    return load_home(home, known_feeds())


def _reads(home: Home, feed: str) -> Reads:
    from cost_pipeline.pipeline.reads import Reads

    contracts = {one.name: one.contract for one in known_feeds()}
    return Reads(contracts[feed], home.settings[feed])
