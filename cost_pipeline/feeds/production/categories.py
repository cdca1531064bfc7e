"""Cost codes and the union category of their work: what the table does not say of codes in use.

A code that is mapped twice cannot be loaded (`contracts.unions`); this looks for those not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cost_pipeline.contracts.unions import union_categories
from cost_pipeline.core.reasons import Reason
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session

_SHOWN: Final = 5
_CODE: Final = re.compile(r"cost code ([0-9]{3,4}(?:-[0-9]{2,4})?)$")


@dataclass(frozen=True, slots=True)
class CodeInUse:
    """A cost code with the agreement that covers it, and how many rows carry it.

    Attributes:
        agreement: None if the table has none.
        records: Records of any kind.
        refused: Open dead letters because of it; only payroll is refused for that.
    """

    gl_code: str
    agreement: str | None
    records: int
    refused: int


def codes_in_use(session: Session) -> list[CodeInUse]:
    """Every cost code of the home's records and of its refused payroll rows.

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
        CodeInUse(code, table.agreement(code), records.get(code, 0), refused.get(code, 0))
        for code in sorted(records.keys() | refused.keys())
    ]


def unmapped(codes: Sequence[CodeInUse]) -> list[CodeInUse]:
    """Those that the table does not know."""
    return [code for code in codes if code.agreement is None]


def cost_codes_are_mapped(session: Session, pull_date: date, kind: str) -> Outcome:
    """No row of a kind of payroll is refused because nobody said which agreement covers it."""
    refused = _refused(session, f"pull_date = '{pull_date}' and kind = '{kind}'")
    listed = ", ".join(f"{code} ({count})" for code, count in sorted(refused.items())[:_SHOWN])
    message = f"no union category is known for the cost codes {listed}" if refused else ""
    return Outcome(
        "union_categories",
        not refused,
        message or "every cost code of payroll is mapped to one union category",
        {"codes": len(refused), "rows": sum(refused.values())},
        warning=True,
    )


def _refused(session: Session, scope: str = "true") -> dict[str, int]:
    unmapped = f"list_contains(reasons, '{Reason.UNMAPPED_COST_CODE}')"
    events = open_dead_letters(session, f"{scope} and {unmapped}")
    found: dict[str, int] = {}
    for text in events["errors"].to_pylist():
        for error in json.loads(text):
            match = _CODE.search(error["message"]) if error["field"] == "gl_code" else None
            if match:
                found[match[1]] = found.get(match[1], 0) + 1
    return found


_COUNTED: Final = f"select gl_code, count(*) as n from ({LIVE}) group by all"
