"""The checks of rates that come by themselves: whether they came, and whether they are fresh."""

from __future__ import annotations

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import Source, sources_of
from cost_pipeline.core.people import counted
from cost_pipeline.feeds.production.rate_fetches import declared_fetches, last_tries, loaded_days
from cost_pipeline.fx.publication import Freshness, freshness
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session


def rates_came(session: Session) -> Outcome:
    """Checks that the newest try of each declared source brought rates, or nothing that is wrong.

    A warning where it may pass by itself, and where nobody has asked yet; else an error.
    """
    last = last_tries(session)
    wrong, lasting = [], False
    for name in declared_fetches(session):
        if name not in last:
            wrong.append(f"{name} cannot be judged: it was never asked; {how_to_fetch(name)}")
            continue
        for one in last[name]:
            if not one.is_well:
                wrong.append(f"{name} ({one.uri}): {one.message}; {by_hand(session, name)}")
                lasting |= not one.transient
    return Outcome(
        passed=not wrong,
        message="; ".join(wrong) or "every source of rates answered when it was asked last",
        numbers={"sources": len(declared_fetches(session)), "wrong": len(wrong)},
        warning=not lasting,
    )


def rates_are_fresh(session: Session) -> Outcome:
    """Checks that the rates are loaded that sources should have published by now.

    Looked at are the sources that productions use and those that are fetched. Red is a source
    without rates, or whose newest rates are older than a production lets them be; a warning is one
    that lags behind within that limit.
    """
    productions = session.home.settings_of(Productions)
    used = {production.fx.source for production in productions.productions.values()}
    loaded, now = loaded_days(session), session.clock()
    known = sources_of(productions)
    wrong, old = [], 0
    for name in sorted(used | productions.fx_fetch.keys()):
        limit = _limit(productions, known[name])
        found = freshness(known[name], loaded.get(name, ()), now, limit)
        if not found.is_fresh:
            old += not found.is_usable
            wrong.append(f"{_words(name, found)}; {by_hand(session, name)}")
    return Outcome(
        passed=not wrong,
        message="; ".join(wrong) or "every rate that should be published by now is loaded",
        numbers={"sources": len(used | productions.fx_fetch.keys()), "too_old": old},
        warning=not old,
    )


def _limit(productions: Productions, source: Source) -> int:
    """Returns the strictest limit among the productions that use a source."""
    ages = [
        source.max_age_days if production.fx.max_age_days is None else production.fx.max_age_days
        for production in productions.productions.values()
        if production.fx.source == source.name
    ]
    return min(ages, default=source.max_age_days)


def _words(name: str, found: Freshness) -> str:
    if found.newest is None:
        return f"{name} cannot be judged: no rate of it is loaded"
    lag = f"{name} ends with {found.newest}, and {found.due} should be published by now"
    if found.is_usable:
        return lag
    age = counted(found.age, "day")
    return f"{lag}: {age} old, over the limit of {found.limit}, so costs of today get no rate"


def how_to_fetch(name: str) -> str:
    """Returns the command that asks a source."""
    return f"`cost-pipeline fx fetch --source {name}` asks it"


def by_hand(session: Session, name: str) -> str:
    """Returns what to do where a source does not answer: the command, and the official address."""
    address = sources_of(session.home.settings_of(Productions))[name].address
    if not address:
        return (
            f"the loaded rates go on serving; `cost-pipeline fx fetch --source {name}` asks again"
        )
    return (
        f"the loaded rates go on serving; `cost-pipeline fx fetch --source {name}` asks again, or "
        f"get the file from {address} and give it to `cost-pipeline fx load --source {name} --file`"
    )
