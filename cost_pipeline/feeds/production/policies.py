"""What productions.yaml says of a line: base currency and FX policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.production import Production, Productions
from cost_pipeline.contracts.rate_sources import Source, sources_of
from cost_pipeline.contracts.tables import TEXT
from cost_pipeline.core.errors import UsageError
from cost_pipeline.pipeline.session import Session


def with_policies(session: Session, lines: pa.Table) -> pa.Table:
    """Returns the lines with their production's base currency and FX policy, in their order.

    Appends `base_currency`, `rate_source`, `max_age_days` and `rounding`.

    Raises:
        UsageError: If the lake holds lines of a production that productions.yaml no longer names.
    """
    productions = session.home.settings_of(Productions).productions
    sources = sources_of(session.home.settings_of(Productions))
    codes = pc.unique(lines["production"])
    known = codes.to_pylist()
    unknown = sorted(set(known) - productions.keys())
    if unknown:
        raise UsageError(
            f"the lake holds records of production {unknown[0]}, which has no entry",
            where=str(session.home.path / "productions.yaml"),
            remedy="put the production back: its base currency and FX policy are still needed",
            code="PRODUCTION_GONE",
        )
    policies = {
        code: (
            production.base_currency,
            production.fx.source,
            max_age(production, sources),
            production.fx.rounding.value,
        )
        for code, production in productions.items()
    }
    places = pc.index_in(lines["production"], value_set=codes)
    for place, field in enumerate(_POLICY_SCHEMA):
        values = pa.array([policies[code][place] for code in known], field.type)
        lines = lines.append_column(field, values.take(places))
    return lines


_POLICY_SCHEMA: Final = pa.schema(
    [
        pa.field("base_currency", TEXT, nullable=False),
        pa.field("rate_source", TEXT, nullable=False),
        pa.field("max_age_days", pa.int32(), nullable=False),
        pa.field("rounding", TEXT, nullable=False),
    ]
)


def max_age(production: Production, sources: Mapping[str, Source]) -> int:
    """Returns how old a rate may be for a production: as it says, or as its source does."""
    own = production.fx.max_age_days
    return sources[production.fx.source].max_age_days if own is None else own
