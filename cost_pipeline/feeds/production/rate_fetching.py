"""The declaration of rates that come by themselves: their asset and their schedules.

A home has them if it says under `fx_fetch` where its rates come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import Source, sources_of
from cost_pipeline.core.people import counted
from cost_pipeline.feeds.production.names import FETCHED_RATES, RATES_GROUP
from cost_pipeline.feeds.production.rate_fetches import Try, fetch_rates, last_tries, sources_due
from cost_pipeline.feeds.production.rate_offers import LoadedFetches
from cost_pipeline.feeds.production.told import PUBLISHED_RATES
from cost_pipeline.home.load import Home
from cost_pipeline.pipeline.declared.assets import Asked, Asset, Made, Timed
from cost_pipeline.pipeline.declared.names import Key
from cost_pipeline.pipeline.declared.shown import Shown, Table
from cost_pipeline.pipeline.session import Session

_AFTER: Final = timedelta(minutes=15)
_WORKING_DAYS: Final = "1-5"
_ANY_DAY: Final = "*"


def fetched_keys(home: Home) -> list[Key]:
    """Returns the key of the fetched rates, if the home fetches any."""
    return [FETCHED_RATES] if home.settings_of(Productions).fx_fetch else []


def fetched_rates(home: Home) -> list[Asset[Session]]:
    """Returns the asset of the fetched rates, if the home fetches any."""
    return [_FETCHED for _ in fetched_keys(home)]


def _fetch(session: Session, _asked: Asked) -> Made:
    due = sources_due(session)
    tried = fetch_rates(session, [name for name, why in due.items() if not why])
    last = last_tries(session)
    shown = [one for name in due for one in last.get(name, ())]
    return Made(
        {
            "asked": counted(len(tried), "address", "addresses"),
            "not_asked": [f"{name}: {why}" for name, why in due.items() if why],
            "last_tries": _table(shown),
        }
    )


def _table(tried: Sequence[Try]) -> Table:
    texts = ("source", "outcome", "newest", "uri", "delivery", "message")
    return Table(
        {**dict.fromkeys(texts, "string"), "days": "int", "restated": "int"},
        [
            {
                "source": one.source,
                "outcome": one.outcome,
                "newest": "" if one.newest is None else one.newest.isoformat(),
                "uri": one.uri,
                "delivery": one.delivery,
                "message": one.message,
                "days": one.rate_days,
                "restated": one.contradictions,
            }
            for one in tried
        ],
    )


def newly_loaded(loaded: LoadedFetches) -> Mapping[str, Shown]:
    """Returns what is shown of the fetched rates that a run has loaded; nothing if there are none.

    Args:
        loaded: What loading them did.
    """
    shown: dict[str, Shown] = {}
    if loaded.newest:
        shown["fetched_until"] = [f"{name}: {day}" for name, day in sorted(loaded.newest.items())]
    if loaded.offered:
        shown["corrections_offered"] = list(loaded.offered)
    return shown


_FETCHED: Final[Asset[Session]] = Asset(
    key=FETCHED_RATES,
    words="What the sources of rates answered, as the bytes that came; `fx_fetch` in "
    "productions.yaml says where they are. A source is asked only for days that should be out by "
    "now and are not loaded. If it does not answer, the loaded rates go on serving.",
    group=RATES_GROUP,
    kinds=frozenset({"deltalake"}),
    make=_fetch,
    told=PUBLISHED_RATES,
)


def fetching_times(home: Home) -> list[Timed[Session]]:
    """Returns one schedule for each source: a quarter of an hour after its rates can be out.

    A publisher who is late is asked twice more, an hour apart. They run `load_fx`, which asks the
    sources before it loads.
    """
    settings = home.settings_of(Productions)
    known = sources_of(settings)
    return [_schedule(known[name]) for name in settings.fx_fetch if name in known]


def _schedule(source: Source) -> Timed[Session]:
    # The time of day alone matters; a day whose end it passes is no day of rates.
    first = datetime.combine(source.first_day, source.published_at) + _AFTER
    hours = ",".join(str((first.hour + later) % 24) for later in range(3))
    of_week = (
        _WORKING_DAYS if source.calendar in _WEEKDAYS_ONLY and first.hour < _LATE else _ANY_DAY
    )
    return Timed(
        name=f"fetch_rates_{source.name}",
        words=f"Asks for the rates of {source.title} once they should be out, three times an hour "
        "apart at the most; days without rates ask for nothing.",
        cron=f"{first.minute} {hours} * * {of_week}",
        zone=source.time_zone,
        needless=lambda session: _needless(session, source.name),
    )


_WEEKDAYS_ONLY: Final = frozenset({"target", "federal_reserve", "bank_of_canada", "weekdays"})
_LATE: Final = 22


def _needless(session: Session, name: str) -> str:
    return sources_due(session).get(name, "it is not declared any more")
