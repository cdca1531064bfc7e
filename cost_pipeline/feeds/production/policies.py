"""What productions.yaml says of a line: base currency and FX policy."""

from __future__ import annotations

import pyarrow as pa

from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.session import Session


def with_policies(session: Session, lines: pa.Table) -> pa.Table:
    """The lines with their production's `base_currency` and `max_age_days`, in their order.

    Raises:
        UsageError: If the lake holds lines of a production that productions.yaml no longer names.
    """
    productions = session.home.productions.productions
    codes = lines["production"].to_pylist()
    unknown = sorted(set(codes) - productions.keys())
    if unknown:
        raise UsageError(
            f"the lake holds records of production {unknown[0]}, which has no entry",
            where=str(session.home.path / "productions.yaml"),
            remedy="put the production back: its base currency and FX policy are still needed",
            code="PRODUCTION_GONE",
        )
    base = {code: production.base_currency for code, production in productions.items()}
    age = {code: production.fx.max_age_days for code, production in productions.items()}
    return lines.append_column(
        "base_currency", pa.array([base[code] for code in codes], pa.string())
    ).append_column("max_age_days", pa.array([age[code] for code in codes], pa.int32()))
