"""The project's own copy of the ECB history, and short ways to ask for rates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.contracts.rate_sources import ecb as ecb_source
from cost_pipeline.core.reference import reference_path
from cost_pipeline.fx.ecb import parse_history
from cost_pipeline.fx.rates import REQUEST_SCHEMA, in_force
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import load_history

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Kit:
    """Builders for tests of rates."""

    now = NOW

    @staticmethod
    def day(text, **rates):
        return DayRates(
            date.fromisoformat(text), {name: Decimal(rate) for name, rate in rates.items()}
        )

    @staticmethod
    def stored(*days, source=None):
        nothing = RATE_SCHEMA.empty_table()
        return load_history(nothing, days, source or ecb_source(), recorded_at=NOW).rows

    @staticmethod
    def requests(*asked, source="ecb", rounding="half_even"):
        """Requests from (transaction date, currency, base currency[, maximum age])."""
        rows = []
        for day, currency, base, *age in asked:
            values = (date.fromisoformat(day), currency, base, source, *(age or [5]), rounding)
            rows.append(dict(zip(REQUEST_SCHEMA.names, values, strict=True)))
        return pa.Table.from_pylist(rows, schema=REQUEST_SCHEMA)


@pytest.fixture(scope="session")
def kit():
    """Builders of snapshots and requests."""
    return Kit()


@pytest.fixture(scope="session")
def history():
    """All days of the ECB history that comes with the project."""
    return parse_history(reference_path("ecb/eurofxref-hist.csv").read_bytes())


@pytest.fixture(scope="session")
def ecb(history):
    """The rates in force when that history has been loaded."""
    rows = load_history(RATE_SCHEMA.empty_table(), history, ecb_source(), recorded_at=NOW).rows
    return in_force(rows)
