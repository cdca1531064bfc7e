"""`vendors try` and `vendors test`: how a file would be read, without keeping anything of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cost_pipeline.commands.common import (
    HOME_VARIABLE,
    clear_errors,
    console,
    home_option,
    json_option,
    known_feeds,
    parse_pull_dates,
    print_json,
    utc_now,
)
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.text import nearest, printable

if TYPE_CHECKING:
    from cost_pipeline.contracts.vendor import Vendor
    from cost_pipeline.home.load import Home
    from cost_pipeline.pipeline.feed import Feed
    from cost_pipeline.pipeline.reads import Reads
    from cost_pipeline.pipeline.session import Session

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
@click.option(
    "--feed", metavar="NAME", help="Without --vendor: for which feed; the first if not given."
)
@maybe_home_option
@rows_option
@pull_date_option
@json_option
@clear_errors
def try_(
    file: Path,
    vendor: str | None,
    feed: str | None,
    home: Path | None,
    most_rows: int | None,
    pull_date: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show how FILE would be read: its header, first rows, what is refused and why, its totals.

    Nothing is landed or posted. With --vendor it is read by that vendor file, by the code of a run
    and its newest settings or those of --pull-date, and the command ends with 1 if something is
    refused or missing. Without, it prints a first vendor file, each guess with its evidence, and
    what you have to decide: save it in vendors/.
    """
    _refuse_no_file(file)
    if vendor is None:
        _guess(file, feed, home, most_rows, as_json=as_json)
        return
    if feed is not None:
        raise UsageError(
            "a vendor file says its feed",
            where="--feed",
            remedy="leave it out, or leave out --vendor",
        )
    if home is None:
        raise UsageError(
            "a vendor file is part of a home", where="--vendor", remedy="name the home with --home"
        )
    _try(file, _vendor_of(home, vendor), pull_date, most_rows, as_json=as_json)


@click.command("test", short_help="Ask a source for its first page or newest file.")
@click.argument("vendor")
@home_option
@rows_option
@pull_date_option
@json_option
@clear_errors
def test_(
    vendor: str,
    home: Path,
    most_rows: int | None,
    pull_date: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Ask the source of VENDOR for its first page or newest file, and show how it would be read.

    Nothing is landed or posted, and the source is asked as if it had never been pulled. Ends with 1
    if nothing came or something is refused, with 3 if the source is at fault.
    """
    from cost_pipeline.commands.tried import show_asked
    from cost_pipeline.pipeline.trying.source import ask_source

    chosen, reads = _vendor_of(home, vendor)
    asked = ask_source(
        reads,
        chosen,
        base=home.expanduser().absolute(),
        environment=os.environ,
        clock=utc_now,
        pull_date=_day(pull_date),
        most_rows=most_rows,
    )
    if as_json:
        print_json(asked.as_json())
    else:
        show_asked(console(), asked)
    if asked.tried is None:
        sys.exit(3 if asked.faults else 1)
    sys.exit(0 if asked.tried.good and not asked.faults else 1)


def _try(
    file: Path,
    of: tuple[Vendor, Reads],
    pull_date: str | None,
    most_rows: int | None,
    *,
    as_json: bool,
) -> None:
    from cost_pipeline.commands.tried import show_tried
    from cost_pipeline.pipeline.trying.reading import try_file
    from cost_pipeline.pipeline.trying.source import first_inside

    vendor, reads = of
    with first_inside(vendor, file) as (path, name):
        tried = try_file(
            reads,
            vendor,
            path,
            pull_date=_day(pull_date),
            newest=pull_date is None,
            name=name,
            most_rows=most_rows,
        )
    if as_json:
        print_json(tried.as_json())
    else:
        show_tried(console(), tried)
    sys.exit(0 if tried.good else 1)


def _guess(
    file: Path,
    feed: str | None,
    home: Path | None,
    most_rows: int | None,
    *,
    as_json: bool,
) -> None:
    from cost_pipeline.home.schema import EDITOR
    from cost_pipeline.pipeline.guessing.guess import Guessed, guess

    chosen = _feed(feed)
    # Who sends the draft into the home's vendors/ has made an empty file there before this runs.
    settings = None if home is None else _loaded(home, ()).settings.get(chosen.name)
    scopes = chosen.contract.scopes(settings) if settings is not None else ()
    found = guess(
        file, chosen.contract, scopes=tuple(scopes), most_rows=most_rows, remarks=[EDITOR]
    )
    if not isinstance(found, Guessed):
        raise UsageError(
            f"no vendor file can be guessed: {found.message}",
            where=str(file),
            remedy="write it by hand; docs/interfaces.md describes every key",
            code="CANNOT_GUESS",
        )
    if as_json:
        print_json(found.as_json())
    else:
        click.echo(printable(found.yaml, keep="\n"), nl=False)


def _feed(name: str | None) -> Feed[Session]:
    feeds = known_feeds()
    names = [one.name for one in feeds]
    if name is None:
        return feeds[0]
    if name not in names:
        raise UsageError(
            f"no feed {name!r}", where="--feed", remedy=nearest(name, names), code="NO_SUCH_FEED"
        )
    return feeds[names.index(name)]


def _refuse_no_file(file: Path) -> None:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there"
        raise UsageError(
            f"the file {what}", where=str(file), remedy="name one file", code="NO_SUCH_FILE"
        )


def _day(text: str | None) -> date:
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
    loaded = _loaded(home, (name,))
    for vendor in loaded.vendors:
        if vendor.vendor == name:
            return vendor, _reads(loaded, vendor.feed)
    _loaded(home, None)  # its file may be one that cannot be read
    names = {one.vendor for one in loaded.vendors}
    raise UsageError(
        f"there is no vendor {name!r}",
        where="--vendor",
        remedy=nearest(name, names) if names else "write a vendor file in vendors/",
        code="NO_SUCH_VENDOR",
    )


def _loaded(home: Path, of: Collection[str] | None) -> Home:
    from cost_pipeline.feeds.all import load_home

    return load_home(home, known_feeds(), of=of)


def _reads(home: Home, feed: str) -> Reads:
    from cost_pipeline.pipeline.reads import Reads

    contracts = {one.name: one.contract for one in known_feeds()}
    return Reads(contracts[feed], home.settings[feed])
