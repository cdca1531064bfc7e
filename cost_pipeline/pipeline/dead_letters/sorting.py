"""What the rows of a correction answer: sorted by vendor before anything is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.core.reasons import Reason, Stage
from cost_pipeline.core.sql import Predicate, literal, one_of
from cost_pipeline.parse import Refused
from cost_pipeline.pipeline.dead_letters.correction_rows import (
    CorrectionRows,
    read_correction,
)
from cost_pipeline.pipeline.dead_letters.letters import (
    CORRECTABLE,
    letters_now,
    of_posting,
)
from cost_pipeline.pipeline.pull.landings import settings_of
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import AGAIN, DEPTH

NOBODY: Final = "corrections"
"""The vendor under which rows are booked that answer nobody's dead letter; no vendor file may have
this name."""


ANSWERED: Final = ("answers", "answers_delivery", "answers_row", "answers_stage")
"""The columns of a correction\'s record that say which row it answers."""


@dataclass(frozen=True, slots=True)
class SortedOut:
    """A correction with what each of its rows answers.

    Attributes:
        delivery: SHA-256.
        rows: What was read, or why nothing was.
        by_vendor: Vendor to its touched rows, with what they answer.
        refused: Touched rows that answer nothing: number to reason and message.
        untouched: How many rows nobody changed, by vendor.
    """

    delivery: str
    rows: CorrectionRows | Refused
    by_vendor: Mapping[str, pa.Table] = field(default_factory=dict)
    refused: Mapping[int, tuple[Reason, str]] = field(default_factory=dict)
    untouched: Mapping[str, int] = field(default_factory=dict)

    @property
    def vendors(self) -> list[str]:
        """Whose part there is; nobody's if there is no other, or for rows that answer nothing."""
        found = sorted({*self.by_vendor, *self.untouched} - {NOBODY})
        return [*found, NOBODY] if self.refused or not found else found


def sorted_out(session: Session, delivery: str) -> SortedOut:
    """Reads a landed correction and finds what each of its rows answers."""
    rows = read_correction(session.feed.contract, session.lake.content.open_path(delivery))
    if isinstance(rows, Refused):
        return SortedOut(delivery, rows)
    letters = _answerable(session, rows.table)
    places = pc.index_in(rows.table["reference"], value_set=letters["id"].combine_chunks())
    table = rows.table
    for name in (*ANSWERED, "answers_vendor", "letter_row"):
        table = table.append_column(name, letters[name].take(places))
    owners = table["answers_vendor"]
    known = pc.is_in(owners, value_set=pa.array(sorted(vendors_of(session)), pa.string()))
    own_row = pc.equal(pc.cast(table["letter_row"], pa.string()), table["source_row"])
    true_identity = pc.fill_null(pc.and_(pc.equal(owners, table["vendor"]), own_row), False)  # noqa: FBT003
    good = pc.and_(known, true_identity)
    touched = rows.touched
    refused = _refused(table.filter(pc.and_(touched, pc.invert(good))))
    accepted = table.filter(pc.and_(touched, good))
    idle = table.filter(pc.and_(pc.invert(touched), good))["answers_vendor"]
    return SortedOut(
        delivery,
        rows,
        {
            vendor: accepted.filter(pc.equal(accepted["answers_vendor"], vendor))
            for vendor in pc.unique(accepted["answers_vendor"]).to_pylist()
        },
        refused,
        {e["values"]: e["counts"] for e in pc.value_counts(idle).to_pylist()},
    )


def _answerable(session: Session, rows: pa.Table) -> pa.Table:
    """Returns the dead letters that the rows name and may answer, and the place of each.

    A correction that was refused when posting has the place of the row that it answers.
    """
    letters = letters_now(
        session,
        Predicate("id in (select reference from wanted) and row is not null") & CORRECTABLE,
        wanted=rows.select(["reference"]),
    )
    corrections = letters.filter(pc.is_valid(letters["answers"]))
    days = pc.unique(corrections["pull_date"]).to_pylist()
    records = (
        session.lake.table(session.feed.records)
        .snapshot()
        .query(
            f"select distinct vendor, fingerprint, {', '.join(ANSWERED)} from {{table}} "
            "where (vendor, fingerprint) in (from wanted)",
            where=one_of("pull_date", days),
            wanted=corrections.select(["vendor", "fingerprint"]),
        )
    )
    return query(_PLACES % of_posting(session), letters=letters, records=records)


# A negative row is a record, so that it was refused when posting is what decides its place.
_PLACES: Final = f"""
    select l.id, l.vendor as answers_vendor, l.row as letter_row,
        coalesce(r.answers, l.fingerprint) as answers,
        coalesce(r.answers_delivery, l.delivery) as answers_delivery,
        coalesce(r.answers_row, l.row) as answers_row,
        case when r.answers is not null
            then split_part(answers_stage, {literal(AGAIN)}, 1) || {literal(AGAIN)} || ({DEPTH} + 1)
            when %s then {literal(Stage.POST)}
            else l.stage end as answers_stage
    from letters l left join records r using (vendor, fingerprint)
    where l.answers is null or r.answers is not null
"""


def _refused(table: pa.Table) -> dict[int, tuple[Reason, str]]:
    found: dict[int, tuple[Reason, str]] = {}
    names = ("row", "reference", "answers_vendor", "letter_row")
    for number, reference, vendor, row in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        if vendor is None:
            words = "it has no reference" if not reference else "no dead letter has its reference"
            found[number] = (Reason.CORRECTION_UNKNOWN, words)
        else:
            words = f"the reference is that of row {row} of {vendor}, or of a vendor that is gone"
            found[number] = (Reason.CORRECTION_IDENTITY, words)
    return found


def vendors_of(session: Session) -> dict[str, Vendor]:
    """Returns the vendors of the home by name."""
    return {vendor.vendor: vendor for vendor in session.home.vendors}


def by_settings(
    session: Session, vendor: Vendor, rows: pa.Table
) -> Iterator[tuple[Vendor, pa.Table]]:
    """Yields the rows of a correction by the settings of the delivery that each answers.

    A workbook holds texts as they came, so what a text says is up to the settings by which it came.
    """
    deliveries = pc.unique(rows["answers_delivery"]).to_pylist()
    read_by = {one: settings_of(session, vendor, one) for one in deliveries}
    for settings in {id(one): one for one in read_by.values()}.values():
        mine = pa.array([one for one, own in read_by.items() if own is settings], pa.string())
        yield settings, rows.filter(pc.is_in(rows["answers_delivery"], value_set=mine))
