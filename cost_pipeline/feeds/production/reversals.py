"""Reversals as people decide them: which negative row, of which original, and what comes of it."""

from __future__ import annotations

from typing import Any, Final

from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import Reason, Stage
from cost_pipeline.core.sql import begins
from cost_pipeline.feeds.production.approvals import (
    APPROVED,
    WITHDRAWN,
    Credit,
    Original,
    acts_on_approvals,
    approvals_in_force,
    as_approval,
    drafted,
    record,
)
from cost_pipeline.feeds.production.rulings import rulings
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.ledger.schema import REVERSE
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import CONFLICT, STANDS

_HEX: Final = frozenset("0123456789abcdef")
_PREFIX: Final = 8
_NAMED: Final = 5


def approve(
    session: Session, dead_letter: str, reverses: str, *, by: str, reason: str
) -> dict[str, Any]:
    """Approves that a refused negative row reverses an original; the next posting posts it.

    Args:
        session: The run.
        dead_letter: Id or fingerprint of its dead letter, or the first eight characters of either.
        reverses: A posting id or the beginning of one, a transaction id of the same vendor, or
            `VENDOR/TRANSACTION`.
        by: Who approves.
        reason: Why.

    Returns:
        The act as recorded.

    Raises:
        UsageError: If one of them is not there, or the reversal would be refused (its code is the
            reason code then).
    """
    credit = _credit(session, dead_letter)
    original = _original(session, reverses, credit.vendor)
    act = drafted(session, credit, original, by=by, reason=reason)
    _refuse_in_vain(session, act)
    record(session, act)
    return act


def _credit(session: Session, named: str) -> Credit:
    found: list[dict[str, Any]] = []
    if len(named) >= _PREFIX and set(named) <= _HEX:
        scope = begins("id", named) | begins("fingerprint", named)
        found = open_dead_letters(session, scope).to_pylist()
    if len(found) != 1:
        raise UsageError(
            f"{len(found) or 'no'} open dead letter has the id {named!r}",
            where="DEAD_LETTER",
            remedy="`dead-letters list --json` has the ids; the first eight characters do",
            code="NO_SUCH_DEAD_LETTER",
        )
    (letter,) = found
    waits = letter["stage"] == Stage.POST or letter["reasons"] == [CostReason.NEGATIVE_AMOUNT]
    if letter["amount"] is None or letter["amount"] >= 0 or not waits:
        raise UsageError(
            "only a row that is refused for nothing but its negative amount can be approved",
            where=letter["id"],
            remedy=f"its reasons are {', '.join(letter['reasons'])}; mend them first",
            code="NOT_A_CREDIT",
        )
    return Credit(letter["vendor"], letter["fingerprint"], letter["id"])


def _original(session: Session, named: str, vendor: str) -> Original:
    if len(named) >= _PREFIX and set(named) <= _HEX:
        columns = ["posting_id", "kind", "vendor", "record_fingerprint"]
        listed = ", ".join(columns)
        snapshot = session.lake.table(LEDGER).snapshot()
        found = snapshot.query(
            f"select {listed} from {{table}} where {begins('posting_id', named)}"
        ).to_pylist()
        if len(found) > 1:
            ids = ", ".join(row["posting_id"] for row in found[:_NAMED])
            message = f"{len(found)} postings have the id {named!r}: {ids}"
            raise _refused(CostReason.REVERSAL_AMBIGUOUS, message, "--reverses")
        if found and found[0]["kind"] == REVERSE:
            raise _refused(
                CostReason.REVERSAL_OF_REVERSAL, "this line reverses another one", "--reverses"
            )
        if found:
            row = found[0]
            return Original(
                row["vendor"], fingerprint=row["record_fingerprint"], posting=row["posting_id"]
            )
    before, slash, after = named.partition("/")
    if slash and before in {v.vendor for v in session.home.vendors}:
        return Original(before, transaction_id=after)
    return Original(vendor, transaction_id=named)


def _refuse_in_vain(session: Session, act: dict[str, Any]) -> None:
    """Refuses an approval that would only change why the row is refused."""
    force = approvals_in_force(session)
    for row in rulings(session, approvals=[*force, as_approval(act)]).to_pylist():
        if (row["vendor"], row["fingerprint"]) != (act["vendor"], act["fingerprint"]):
            continue
        if row["standing"] == CONFLICT:
            message = f"the same key came first, with other content: {row['of']}"
            raise _refused(Reason.KEY_CONFLICT, message, "DEAD_LETTER")
        if row["ruling"] is not None:
            raise _refused(row["ruling"], row["ruling_message"], "--reverses")


def _refused(reason: str, message: str, where: str) -> UsageError:
    remedy = "nothing was recorded; name another original, or settle what stands against this one"
    return UsageError(message, where=where, remedy=remedy, code=str(reason))


def reversals_listed(session: Session) -> list[dict[str, Any]]:
    """Returns every approval with what came of it, oldest first, in its public shape."""
    acts = acts_on_approvals(session)
    withdrawn = {act["approval"]: act for act in acts if act["act"] == WITHDRAWN}
    ruled = {(r["vendor"], r["fingerprint"]): r for r in rulings(session).to_pylist()}
    return [
        _listed(act, withdrawn.get(act["approval"]), ruled.get((act["vendor"], act["fingerprint"])))
        for act in acts
        if act["act"] == APPROVED
    ]


def _listed(
    act: dict[str, Any], gone: dict[str, Any] | None, row: dict[str, Any] | None
) -> dict[str, Any]:
    state, ruling = _state(act, gone, row)
    return {
        "approval": act["approval"],
        "state": state,
        "ruling": ruling,
        "message": row["ruling_message"] if row and ruling else None,
        "vendor": act["vendor"],
        "fingerprint": act["fingerprint"],
        "dead_letter": act["dead_letter"],
        "transaction_id": row["transaction_id"] if row else None,
        "transaction_date": row["transaction_date"].isoformat() if row else None,
        "amount": shown(row["amount"]) if row else None,
        "currency": row["currency"] if row else None,
        "reverses": {
            "vendor": act["original_vendor"],
            "transaction_id": act["original_transaction_id"],
            "fingerprint": (row and row["reversal_of"]) or act["original_fingerprint"],
            "posting": act["original_posting"],
        },
        "by": act["by"],
        "reason": act["reason"],
        "approved_at": act["recorded_at"].isoformat(),
        "withdrawn": gone
        and {
            "by": gone["by"],
            "reason": gone["reason"],
            "withdrawn_at": gone["recorded_at"].isoformat(),
        },
    }


def _state(
    act: dict[str, Any], gone: dict[str, Any] | None, row: dict[str, Any] | None
) -> tuple[str, str | None]:
    """Returns `allowed`, `refused`, `withdrawn` or `gone` (its row is no record now), and why."""
    if gone is not None:
        return "withdrawn", None
    if row is None:
        return "gone", None
    if row["standing"] == STANDS and row["approval"] == act["approval"]:
        return "allowed", None
    if row["standing"] == CONFLICT:
        return "refused", Reason.KEY_CONFLICT.value
    return "refused", row["ruling"]
