"""Holds back costs dated so far from the day they came that a person has to look first.

Belongs here: how far a vendor's dates may lie from the first pull of their delivery, which records
lie farther, and what that adds to what a date is computed from. A correction was looked at by a
person, so its date is taken as it is. Nothing of this is stored with a record: who widens a window
lets go what waited, and who narrows it takes it back.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.tables import TEXT
from cost_pipeline.core.canonical import digest_of_set
from cost_pipeline.core.reasons import Reason
from cost_pipeline.feeds.production.kinds import cost_vendors
from cost_pipeline.feeds.production.tables import RECORDS
from cost_pipeline.lake.derived import summarised
from cost_pipeline.lake.tables import DELIVERIES, VALIDATIONS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.record_files import by_date as by_date_of

_WINDOWS: Final = pa.schema(
    [("vendor", TEXT), ("production", TEXT), ("before", pa.int32()), ("after", pa.int32())]
)

# Null is no bound: the comparison is then not true.
_OUTSIDE: Final = """
    (date_diff('day', transaction_date, first_pulled) > before
        or date_diff('day', first_pulled, transaction_date) > after)
"""

_IMPLAUSIBLE: Final = f"""
    select position, 'it is ' || abs(date_diff('day', transaction_date, first_pulled))
        || if(transaction_date > first_pulled, ' days after', ' days before')
        || ' the day on which the row came, ' || first_pulled || ', and '
        || if(transaction_date > first_pulled, after, before) || ' are plausible' as message
    from (select *, row_number() over () - 1 as position from lines)
    join windows using (vendor, production)
    where answers is null and {_OUTSIDE} order by position
"""

_GROUPS: Final = f"""
    select distinct transaction_date, vendor, delivery, production
    from by_date join deliveries using (vendor, delivery, interpretation)
    join windows using (vendor, production) where role is null and {_OUTSIDE}
"""


def windows(session: Session) -> pa.Table:
    """Returns, by vendor and production, how many days before and after its pull a cost may be.

    Null is no bound. The vendor's own word counts before that of the production.
    """
    productions = session.home.settings_of(Productions).productions
    rows = []
    for vendor in cost_vendors(session.home):
        own = vendor.plausible
        for code, production in productions.items():
            before = production.late_window_days if own.before is None else own.before
            row = {
                "vendor": vendor.vendor,
                "production": code,
                "before": before,
                "after": own.after,
            }
            rows.append({k: None if value == "any" else value for k, value in row.items()})
    return pa.Table.from_pylist(rows, schema=_WINDOWS)


def with_implausible_refused(session: Session, lines: pa.Table) -> pa.Table:
    """Refuses the lines whose date is not plausible; returns all, in their order.

    Args:
        session: The run.
        lines: Converted records, with `first_pulled` and what they answer.
    """
    looked_at = lines.select(
        ["vendor", "production", "transaction_date", "first_pulled", "answers"]
    )
    found = query(_IMPLAUSIBLE, lines=looked_at, windows=windows(session))
    if not found.num_rows:
        return lines
    places = pc.index_in(
        pa.array(range(lines.num_rows), pa.int64()), value_set=found["position"].combine_chunks()
    )
    own = pc.is_valid(places)
    said = {"refusal": pa.scalar(str(Reason.IMPLAUSIBLE_DATE)), "refusal_message": found["message"]}
    for name, value in said.items():
        texts = value if isinstance(value, pa.Scalar) else value.take(places)
        place = lines.schema.get_field_index(name)
        lines = lines.set_column(
            place, lines.schema.field(name), pc.if_else(own, texts, lines[name])
        )
    return lines


def plausibility_digests(session: Session) -> dict[date, str]:
    """Returns, by transaction date with implausible records, a digest of which they are."""
    return session.lake.kept(
        "plausibility_digests",
        [RECORDS, DELIVERIES, VALIDATIONS],
        lambda: _digests(session),
        given=session.home,
    )


def _digests(session: Session) -> dict[date, str]:
    groups = query(
        _GROUPS,
        by_date=summarised(session.lake.table(RECORDS).snapshot(), by_date_of(COSTS)),
        deliveries=current_deliveries(session),
        windows=windows(session),
    )
    by_date: dict[date, list[str]] = {}
    for row in groups.to_pylist():
        line = "|".join((row["vendor"], row["delivery"], row["production"]))
        by_date.setdefault(row["transaction_date"], []).append(line)
    return {day: digest_of_set("implausible", lines) for day, lines in by_date.items()}
