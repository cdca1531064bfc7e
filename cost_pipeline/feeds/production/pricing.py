"""Records with their conversion: rates in force, pinned by policy, applied exactly."""

from __future__ import annotations

import pyarrow as pa

from cost_pipeline.contracts.currencies import currencies
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import sources_of
from cost_pipeline.feeds.production.plausibility import with_implausible_refused
from cost_pipeline.feeds.production.policies import with_policies
from cost_pipeline.feeds.production.rates import rates_between
from cost_pipeline.fx.convert import convert
from cost_pipeline.fx.rates import pin, pin_from
from cost_pipeline.pipeline.session import Session


def priced(session: Session, records: pa.Table, in_force: pa.Table | None = None) -> pa.Table:
    """Returns the records, in their order, with base amount and rates, or the refusal of either.

    Args:
        session: The run.
        records: CANDIDATE_SCHEMA, or more.
        in_force: Rates as they would be; those that are in force if None.
    """
    lines = with_policies(session, records)
    minor_units = {code: currency.minor_units for code, currency in currencies().items()}
    converted = convert(lines, pinned(session, lines, in_force), minor_units)
    return with_implausible_refused(session, converted)


def pinned(session: Session, lines: pa.Table, in_force: pa.Table | None = None) -> pa.Table:
    """Returns what is pinned to lines with their policies (`PINNED_SCHEMA`).

    Args:
        session: The run.
        lines: Lines with the columns of `REQUEST_SCHEMA`.
        in_force: Rates as they would be; those that are in force if None.
    """
    sources = sources_of(session.home.settings_of(Productions))
    if in_force is not None:
        return pin(in_force, lines, sources)
    return pin_from(lambda first, last: rates_between(session, first, last), lines, sources)
