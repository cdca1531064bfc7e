"""Dead letters of a delivery that a later version of the same file answers (docs/adr/0043).

A later version answers them if it goes on where the earlier one was cut off, or if everything that
was accepted of the earlier one is in it again: then it is that file once more, and not another one
under an old name. Where nothing was accepted of the earlier one, the date in the name must say so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.sources import FolderSource, SftpSource
from cost_pipeline.core.sql import one_of
from cost_pipeline.lake.tables import VALIDATIONS
from cost_pipeline.pipeline.dead_letters.letters import answer_each, letters_now, of_reading
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.versions import Version, is_beginning
from cost_pipeline.quarantine.events import OPEN, in_state

_SAID: Final = """
    select distinct vendor, delivery, coalesce(key, concat_ws(chr(31), %s)) as said
    from {table} semi join current using (vendor, delivery, interpretation)
    where delivery in (from wanted)
"""
_HELD_AGAIN: Final = """
    select p.delivery, p.later, count(m.said) as said, count(t.said) as again
    from pairs p
    left join said m on m.vendor = p.vendor and m.delivery = p.delivery
    left join said t on t.vendor = p.vendor and t.delivery = p.later and t.said = m.said
    group by all
"""


def answer_superseded(session: Session, files: Sequence[Sequence[Version]]) -> int:
    """Lets later versions of files (`versions_seen`) answer open dead letters of earlier ones.

    Returns:
        How many were resolved.
    """
    deliveries = [one.delivery for versions in files for one in versions]
    if not deliveries:
        return 0
    scope = of_reading(session) & one_of("delivery", deliveries)
    letters = in_state(letters_now(session, scope), OPEN).select(["vendor", "delivery"])
    unsettled = {(row["vendor"], row["delivery"]) for row in letters.to_pylist()}
    pairs = [pair for versions in files for pair in _pairs(session, versions, unsettled)]
    if not pairs:
        return 0
    # Of several later versions the last one that answers is named: it is the one that counts.
    chosen = sorted(_superseding(session, pairs), key=lambda pair: (pair[1].seen, pair[1].size))
    answers = {(earlier.vendor, earlier.delivery): later.delivery for earlier, later in chosen}
    return answer_each(session, scope, answers) if answers else 0


def _pairs(
    session: Session,
    versions: Sequence[Version],
    unsettled: Collection[tuple[str, str]],
) -> list[tuple[Version, Version, bool]]:
    """Returns each version with open letters, one that may answer it, and which is longer."""
    found = []
    for earlier in versions:
        if (earlier.vendor, earlier.delivery) not in unsettled:
            continue
        for later in versions:
            if later is earlier or not (earlier.fresh or later.fresh):
                continue
            goes_on = is_beginning(session, earlier, later)
            if goes_on or earlier.seen < later.seen:
                found.append((earlier, later, goes_on))
    return found


def _superseding(
    session: Session, pairs: Sequence[tuple[Version, Version, bool]]
) -> list[tuple[Version, Version]]:
    held = _held_again(session, pairs)
    rows = _rows_read(session)
    dated = {
        vendor.vendor
        for vendor in session.home.vendors
        if isinstance(vendor.source, FolderSource | SftpSource) and vendor.source.dated
    }
    found = []
    for earlier, later, goes_on in pairs:
        said, again = held[earlier.delivery, later.delivery]
        read_before = rows.get((earlier.vendor, earlier.delivery), 0)
        read_now = rows.get((later.vendor, later.delivery), 0)
        renewed = earlier.vendor in dated and not said and read_before <= read_now > 0
        if goes_on or (said and said == again) or renewed:
            found.append((earlier, later))
    return found


def _held_again(
    session: Session, pairs: Sequence[tuple[Version, Version, bool]]
) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Returns, by pair, how much was accepted of the earlier one, and how much is in both."""
    deliveries = sorted({one.delivery for pair in pairs for one in pair[:2]})
    content = ", ".join(
        f"coalesce({name}::varchar, '')" for name in ("kind", *session.feed.shape.names)
    )
    said = (
        session.lake.table(session.feed.records)
        .snapshot()
        .query(
            _SAID % content,
            where=one_of("delivery", deliveries),
            current=current_deliveries(session),
            wanted=pa.table({"delivery": pa.array(deliveries, pa.string())}),
        )
    )
    rows = query(
        _HELD_AGAIN,
        said=said,
        pairs=pa.table(
            {
                "vendor": [earlier.vendor for earlier, _, _ in pairs],
                "delivery": [earlier.delivery for earlier, _, _ in pairs],
                "later": [later.delivery for _, later, _ in pairs],
            }
        ),
    ).to_pylist()
    return {(row["delivery"], row["later"]): (row["said"], row["again"]) for row in rows}


def _rows_read(session: Session) -> Mapping[tuple[str, str], int]:
    """Returns how many rows each delivery has that could be read."""
    found = (
        session.lake.table(VALIDATIONS)
        .snapshot()
        .query(
            "select vendor, delivery, arg_max(if(encoding is null, 0, rows), sequence) as n "
            "from {table} group by all"
        )
    )
    columns = [found[name].to_pylist() for name in ("vendor", "delivery", "n")]
    return {(vendor, one): n for vendor, one, n in zip(*columns, strict=True)}
