"""`fx fetch`: new rates from the sources that the home declares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    home_option,
    json_option,
    plain,
    print_json,
)
from cost_pipeline.commands.production.session import open_production
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.core.reasons import Reason

if TYPE_CHECKING:
    from cost_pipeline.feeds.production.rate_fetches import Try
    from cost_pipeline.feeds.production.rate_offers import LoadedFetches
    from cost_pipeline.pipeline.session import Session


@click.command(short_help="Ask the declared sources for new rates.")
@home_option
@click.option("--source", metavar="NAME", help="Only this source; else all of `fx_fetch`.")
@json_option
@clear_errors
def fetch(home: Path, source: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Ask the sources that `fx_fetch` declares, and load the days that are not there yet.

    What a source says otherwise than what is stored changes nothing: it waits in the folder of
    corrections for a person's reason. Ends with 3 if a source did not answer with rates.
    """
    from cost_pipeline.feeds.production.rate_fetches import declared_fetches, fetch_rates
    from cost_pipeline.feeds.production.rate_offers import load_fetched
    from cost_pipeline.feeds.production.rates import load_bundled_history

    session = open_production(home)
    names = [source] if source is not None else list(declared_fetches(session))
    if not names:
        raise _nothing_declared(session)
    load_bundled_history(session)
    tried = fetch_rates(session, names)
    loaded = load_fetched(session)
    if as_json:
        print_json({"tried": [_as_json(one) for one in tried], "offered": list(loaded.offered)})
    else:
        _print(session, tried, loaded)
    failed = [one for one in tried if not one.is_well]
    if failed:
        raise _failure(session, failed)


def _as_json(one: Try) -> dict[str, Any]:
    return {
        "source": one.source,
        "part": one.part,
        "uri": one.uri,
        "outcome": one.outcome,
        "days": one.rate_days,
        "newest": None if one.newest is None else one.newest.isoformat(),
        "contradictions": one.contradictions,
        "delivery": one.delivery or None,
        "message": one.message or None,
    }


def _print(session: Session, tried: Sequence[Try], loaded: LoadedFetches) -> None:
    from cost_pipeline.contracts.production import Productions

    out = console()
    table = columns(
        "source", "answered", "days in it", "newest", "SHA-256", numbers=("days in it",)
    )
    for one in tried:
        newest = "" if one.newest is None else one.newest.isoformat()
        table.add_row(one.source, one.outcome, f"{one.rate_days:,}", newest, one.delivery[:16])
    out.print(table)
    for name in sorted({one.source for one in tried}):
        out.print(f"{name}: {_loaded_until(session, name)}")
    folder = session.home.settings_of(Productions).fx_inbox
    for name in loaded.offered:
        out.print(plain(f"waits for your reason in {folder}: {name}", style="yellow"))
    if loaded.offered:
        out.print("the rates in force stay; write why into a file to accept it, or remove it")


def _loaded_until(session: Session, name: str) -> str:
    from cost_pipeline.feeds.production.rate_fetches import loaded_days

    newest = max(loaded_days(session).get(name, ()), default=None)
    return "no rate is loaded" if newest is None else f"loaded until {newest}"


def _failure(session: Session, failed: Sequence[Try]) -> EnvironmentFailedError:
    from cost_pipeline.feeds.production.rate_freshness import by_hand

    first = failed[0]
    others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    return EnvironmentFailedError(
        f"the rates of {first.source} could not be fetched: {first.message}{others}",
        where=first.uri,
        remedy=by_hand(session, first.source),
        code=Reason.FETCH_FAILED,
    )


def _nothing_declared(session: Session) -> UsageError:
    from cost_pipeline.feeds.production.rates import source_of

    return UsageError(
        "this home does not say where new rates come from",
        where=str(session.home.path / "productions.yaml"),
        remedy="declare `fx_fetch` there (docs/interfaces.md); or get the file from "
        f"{source_of(session, 'ecb').address} and give it to `cost-pipeline fx load --file`",
        code="FX_SOURCE",
    )
