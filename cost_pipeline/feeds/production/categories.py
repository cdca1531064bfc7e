"""Finds cost codes in use that the table of union categories does not map.

A code that is mapped twice cannot be loaded (`contracts.unions`); this looks for those not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.contracts.unions import union_categories
from cost_pipeline.core.sql import EVERYTHING, Predicate, equals, literal
from cost_pipeline.feeds.production.tables import RECORDS
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class CodeInUse:
    """A cost code with the agreement that covers it, and how many rows carry it.

    Attributes:
        gl_code: None of rows that version 0.2 refused: it kept the code in words only.
        agreement: None if the table has none.
        records: Records of any kind.
        refused: Open dead letters because of it; only payroll is refused for that.
    """

    gl_code: str | None
    agreement: str | None
    records: int
    refused: int


def codes_in_use(session: Session) -> list[CodeInUse]:
    """Returns every cost code of records and refused payroll rows; the unknown one comes last.

    Raises:
        EnvironmentFailedError: `REFERENCE_DATA` if the table maps an account twice.
    """
    table = union_categories()
    counted = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(_COUNTED, deliveries=current_deliveries(session))
    )
    records = dict(zip(*(column.to_pylist() for column in counted.columns), strict=True))
    refused = _refused(session)
    return [
        CodeInUse(code, code and table.agreement(code), records.get(code, 0), refused.get(code, 0))
        for code in sorted(records.keys() | refused.keys(), key=_unknown_last)
    ]


def unmapped(codes: Sequence[CodeInUse]) -> list[CodeInUse]:
    """Returns those that the table does not know."""
    return [code for code in codes if code.agreement is None]


def cost_codes_are_mapped(session: Session, pull_date: date, kind: str) -> Outcome:
    """Checks that no payroll row is refused because nobody said which agreement covers it."""
    refused = _refused(session, equals("pull_date", pull_date) & equals("kind", kind))
    codes = sorted(refused, key=_unknown_last)[:_SHOWN]
    listed = ", ".join(f"{code or 'not recorded'} ({refused[code]})" for code in codes)
    message = f"no union category is known for the cost codes {listed}" if refused else ""
    return Outcome(
        not refused,
        message or "every cost code of payroll is mapped to one union category",
        {"codes": len(refused), "rows": sum(refused.values())},
    )


def _refused(session: Session, scope: Predicate = EVERYTHING) -> Counter[str | None]:
    """Returns how many open dead letters each cost code has caused.

    A row has one cost code. One that was refused by a version that kept no codes with its errors
    counts as well: its reasons say why it was refused.
    """
    unmapped = Predicate(f"list_contains(reasons, {literal(CostReason.UNMAPPED_COST_CODE)})")
    events = open_dead_letters(session, scope & unmapped)
    return Counter(map(_unmapped_code, events["errors"].to_pylist()))


def _unmapped_code(errors: str) -> str | None:
    found = (e["value"] for e in errors_of(errors) if e["code"] == CostReason.UNMAPPED_COST_CODE)
    return next(found, None)


def _unknown_last(code: str | None) -> tuple[bool, str]:
    return code is None, code or ""


_COUNTED: Final = f"select gl_code, count(*) as n from ({LIVE}) group by all"
