"""The invariants as checks of stored data, each with what it found in numbers and words.

They know no Dagster: `defs.checks` turns an outcome into an asset check, and tests turn each red.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.cards import card_values
from cost_pipeline.contracts.cost import CostRecord, judge
from cost_pipeline.contracts.kinds import CONTRACTS
from cost_pipeline.contracts.tables import COST_FIELDS
from cost_pipeline.contracts.vendor import RecordKind
from cost_pipeline.core.money import shown
from cost_pipeline.feeds.production.provisional import Provisional
from cost_pipeline.feeds.production.reconcile import Reconciled
from cost_pipeline.feeds.production.report import DeliveryReport
from cost_pipeline.lake.tables import RECORDS
from cost_pipeline.pipeline.pull.deliveries import current_deliveries
from cost_pipeline.pipeline.reports.audit import AuditVerification
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.drift import SchemaReport
from cost_pipeline.validate.drift import Difference

_SHOWN: Final = 5
_SAMPLE: Final = 200


def all_is_fetched(gap: Provisional | None) -> Outcome:
    """Nothing of a vendor's pull date is missing because it could not be fetched."""
    if gap is None:
        return Outcome("fetched", passed=True, message="everything asked for was fetched")
    others = f" (and {gap.failures - 1} more)" if gap.failures > 1 else ""
    after = "this date is provisional until it is fetched"
    if gap.whole_before:
        after = "it was fetched whole before, and what came then stands: pull it once more"
    return Outcome(
        "fetched",
        passed=False,
        message=f"{gap.uri}: {gap.message}{others}; {after}",
        numbers={"failures": gap.failures},
        warning=gap.transient or gap.whole_before,
    )


def rows_are_conserved(reports: Iterable[DeliveryReport]) -> Outcome:
    """Every row read from a delivery became a record or a dead letter."""
    seen = [r for r in reports if r.duplicate_of is None]
    lost = [r for r in seen if r.rows != r.records + r.refused]
    unread = [r for r in seen if r.state == "landed"]
    message = f"{sum(r.rows for r in seen):,} rows of {len(seen)} deliveries are accounted for"
    if lost:
        message = "; ".join(
            f"{r.uri}: {r.rows} rows, {r.records} records, {r.refused} dead letters"
            for r in lost[:_SHOWN]
        )
    elif unread:
        message = f"{unread[0].uri} was landed and not validated"
    return Outcome(
        "conservation",
        not lost and not unread,
        message,
        {"deliveries": len(seen), "rows": sum(r.rows for r in seen), "unbalanced": len(lost)},
    )


def control_totals_hold(reports: Iterable[DeliveryReport]) -> Outcome:
    """Declared totals equal the sums of their rows, within the declared tolerance."""
    own = [r for r in reports if r.duplicate_of is None]  # a repeated delivery was judged before
    declared = [(r, r.control) for r in own if r.control is not None]
    broken = [(r, c) for r, c in declared if not c.holds]
    message = f"{len(declared)} declared totals hold"
    if broken:
        message = "; ".join(
            f"{r.uri} declares {shown(c.declared)} and its rows come to {shown(c.computed)}: "
            f"off by {shown(c.difference)}"
            + (f", {c.unreadable} amounts unreadable" if c.unreadable else "")
            for r, c in broken[:_SHOWN]
        )
    return Outcome(
        "control_totals", not broken, message, {"declared": len(declared), "broken": len(broken)}
    )


def columns_are_as_accepted(
    reports: Iterable[DeliveryReport], schemas: Iterable[SchemaReport]
) -> Outcome:
    """No delivery's columns differ from the vendor's accepted schema."""
    schemas = list(schemas)
    drifted = [s for s in schemas if s.red]
    unread = sum(r.state == "landed" for r in reports)
    if unread and not drifted:
        # Nothing was looked at, so nothing is known to hold.
        message = f"{unread} deliveries are landed and not read yet"
        return Outcome("drift", passed=False, message=message, warning=True)
    message = f"{len(schemas)} deliveries have the columns that were accepted"
    if drifted:
        message = _drifted(drifted, lambda difference: difference.red)
    return Outcome(
        "drift", not drifted, message, {"compared": len(schemas), "drifted": len(drifted)}
    )


def amounts_mean_what_they_did(schemas: Iterable[SchemaReport]) -> Outcome:
    """No column that feeds an amount, a currency or a date holds another kind of value."""
    schemas = list(schemas)
    grave = [s for s in schemas if any(d.grave for d in s.differences)]
    message = f"amounts, currencies and dates of {len(schemas)} deliveries look as accepted"
    if grave:
        message = _drifted(grave, lambda difference: difference.grave)
    return Outcome("retyped", not grave, message, {"compared": len(schemas), "retyped": len(grave)})


def _drifted(schemas: Collection[SchemaReport], chosen: Callable[[Difference], bool]) -> str:
    found: dict[str, str] = {}  # pages of one pull mostly say the same
    for schema in schemas:
        words = "; ".join([d.words() for d in schema.differences if chosen(d)][:_SHOWN])
        found.setdefault(words, f"{schema.vendor}, delivery {schema.delivery[:8]}")
    return "; ".join(f"{where}: {words}" for words, where in list(found.items())[:_SHOWN])


def audit_log_agrees(found: AuditVerification) -> Outcome:
    """The audit log is whole, and says exactly what was committed."""
    numbers = {
        "blocks": found.blocks, "events": found.events, "void": found.void, "open": found.open,
        "problems": len(found.problems),
    }  # fmt: skip
    message = f"{found.events:,} events in {found.blocks:,} blocks are what was committed"
    if found.problems:
        message = "; ".join(found.problems[:_SHOWN])
    return Outcome("log_agrees", not found.problems, message, numbers)


def sides_agree(found: Iterable[Reconciled]) -> Outcome:
    """The two vendors of each pair tell of the same transactions in the same way."""
    found = list(found)
    silent = [one for one in found if not one.compared]
    red = [one for one in found if one.red]
    numbers = {
        "pairs": len(found),
        "agree": sum(one.here.agree for one in found),
        "differ": sum(one.here.differ for one in found),
        "only_here": sum(one.here.only for one in found),
        "only_there": sum(one.there.only for one in found),
        "waiting": sum(one.here.waiting + one.there.waiting for one in found),
    }
    if red:
        message = "; ".join(
            f"{one.pair.name}: {one.here.differ} transactions differ, {one.here.only} only with "
            f"{one.here.vendor}, {one.there.only} only with {one.there.vendor}"
            for one in red[:_SHOWN]
        )
        return Outcome("sides_agree", passed=False, message=message, numbers=numbers)
    if silent:
        message = f"{silent[0].pair.name}: one side has no records yet, so nothing was compared"
        return Outcome("sides_agree", passed=False, message=message, numbers=numbers, warning=True)
    message = f"{numbers['agree']:,} transactions agree, {numbers['waiting']:,} wait for a pull"
    return Outcome("sides_agree", passed=True, message=message, numbers=numbers)


def records_satisfy_contract(session: Session, pull_date: date, kind: str) -> Outcome:
    """A bounded sample of the stored records passes the contract again."""
    snapshot = session.lake.table(RECORDS).snapshot()
    sample = snapshot.query(
        "select r.* from {table} r join deliveries using (vendor, delivery, interpretation) "
        f"where pull_date = '{pull_date}' and kind = '{kind}' order by fingerprint "
        f"limit {_SAMPLE}",
        where=f"pull_date = '{pull_date}'",
        deliveries=current_deliveries(session),
    ).to_pylist()
    contract = CONTRACTS[RecordKind(kind)]
    unlawful = next((found for row in sample if (found := _unlawful(contract, row))), None)
    return Outcome(
        "schema",
        unlawful is None,
        unlawful or f"{len(sample)} sampled records satisfy the contract of a {kind}",
        {"sampled": len(sample)},
    )


def _unlawful(contract: type[CostRecord], row: dict[str, object]) -> str | None:
    """What the contract says against a stored record; None if nothing."""
    names = ["vendor", *(f.name for f in COST_FIELDS)]
    values = {name: row[name] for name in names if row[name] is not None}
    values |= card_values(str(values.pop("card", "{}")))
    amount = values.get("amount")
    if isinstance(amount, Decimal):  # a credit is judged as the cost that it takes back
        values["amount"] = abs(amount)
    verdict = judge(contract, values)
    if isinstance(verdict, CostRecord):
        return None
    wrong = "; ".join(f"{problem.field}: {problem.message}" for problem in verdict)
    return f"record {row['fingerprint']} is stored and unlawful: {wrong}"
