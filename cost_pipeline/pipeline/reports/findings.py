"""Finds what the shared checks look for, in numbers and words; `pipeline/checks` lists them.

They know no Dagster; tests turn each red.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from cost_pipeline.contracts.problems import shown as shown_text
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.core.money import shown
from cost_pipeline.parse.account import Account, BrokenSum
from cost_pipeline.pipeline.reports.audit import AuditVerification
from cost_pipeline.pipeline.reports.deliveries import DeliveryReport
from cost_pipeline.pipeline.reports.gaps import Provisional
from cost_pipeline.pipeline.reports.outcome import Outcome
from cost_pipeline.pipeline.validation.control import COUNT, MISSING_TOTAL
from cost_pipeline.pipeline.validation.drift import SchemaReport
from cost_pipeline.validate.drift import Difference

_SHOWN: Final = 5


def all_is_fetched(gap: Provisional | None) -> Outcome:
    """Checks that everything of a vendor's pull date was fetched."""
    if gap is None:
        return Outcome(passed=True, message="everything asked for was fetched")
    others = f" (and {gap.failures - 1} more)" if gap.failures > 1 else ""
    after = "this date is provisional until it is fetched"
    if gap.whole_before:
        after = "it was fetched whole before, and what came then stands: pull it once more"
    return Outcome(
        passed=False,
        message=f"{gap.uri}: {gap.message}{others}; {after}",
        numbers={"failures": gap.failures},
        warning=gap.transient or gap.whole_before,
    )


def nothing_was_asked(why: str) -> Outcome:
    """Tells that nothing of a pull date was asked for, because of a vendor file."""
    after = "nothing is pulled by it: mend the file, reload the code location, pull this date again"
    return Outcome(passed=False, message=f"{why}; {after}", numbers={"failures": 1})


def rows_are_conserved(reports: Iterable[DeliveryReport]) -> Outcome:
    """Checks that every line is told of, and every row became a record or a dead letter."""
    seen = [r for r in reports if r.duplicate_of is None]
    lost = [r for r in seen if r.rows != r.records + r.refused]
    untold = [
        (r, a)
        for r in seen
        if (a := r.account) is not None and not (a.balanced and a.rows == r.rows)
    ]
    unread = [r for r in seen if r.state == "landed"]
    message = f"{sum(r.rows for r in seen):,} rows of {len(seen)} deliveries are accounted for"
    if lost:
        message = "; ".join(
            f"{r.uri}: {r.rows} rows, {r.records} records, {r.refused} dead letters"
            for r in lost[:_SHOWN]
        )
    elif untold:
        message = "; ".join(f"{r.uri}: {_untold(r, a)}" for r, a in untold[:_SHOWN])
    elif unread:
        message = f"{unread[0].uri} was landed and not validated"
    numbers = {
        "deliveries": len(seen),
        "rows": sum(r.rows for r in seen),
        "lines": sum(r.account.lines or 0 for r in seen if r.account is not None),
        "unbalanced": len(lost) + len(untold),
    }
    return Outcome(not (lost or untold or unread), message, numbers)


def _untold(report: DeliveryReport, account: Account) -> str:
    """Says what of an account does not add up."""
    for sheet in account.sheets:
        if not sheet.balanced:
            cells = f"{sheet.cells_told} of {sheet.cells} cells in {sheet.filled} rows"
            return f"of the sheet {shown_text(sheet.name)} {cells} are told of"
    if account.rows != report.rows:
        return f"{account.rows} rows were counted and {report.rows} are stored"
    parts = f"{account.rows} rows, {account.blank} blank, {account.header} header"
    rest = f"{account.control} control, {account.furniture} furniture, {account.continued} further"
    return f"{account.lines} lines came, and {parts}, {rest} lines are told of"


def control_totals_hold(reports: Iterable[DeliveryReport], measure: Measure | None) -> Outcome:
    """Whether declared totals equal the sums of their rows, within the declared tolerance."""
    own = [r for r in reports if r.duplicate_of is None]  # a repeated delivery was judged before
    declared = [(r, r.control) for r in own if r.control is not None]
    broken = [(r, c) for r, c in declared if not c.holds]
    words = measure.words if measure is not None else "values"
    without = [r for r in own if r.control_problem is not None]
    told = [f"{r.uri} {_without_total(r.control_problem or '')}" for r in without[:_SHOWN]]
    told += [
        f"{r.uri} declares {shown(c.declared)} and its rows come to {shown(c.computed)}: "
        f"off by {shown(c.difference)}"
        + (f", {c.unreadable} {words} unreadable" if c.unreadable else "")
        for r, c in broken[:_SHOWN]
    ]
    accounts = [(r, r.account) for r in own if r.account is not None and r.account.sums]
    told += [
        f"{r.uri}, line {one.line}, {shown_text(one.text)} {_off(one)}"
        for r, account in accounts
        for one in account.broken_sums
    ][:_SHOWN]
    sums = sum(account.sums for _, account in accounts)
    off = sum(account.sums_broken for _, account in accounts)
    message = "; ".join(told) or f"{len(declared) + sums} declared totals hold"
    numbers = {"declared": len(declared) + sums, "broken": len(broken) + len(without) + off}
    return Outcome(not told, message, numbers)


def _off(sum_of_group: BrokenSum) -> str:
    """Says how the declared sum of a group differs from its rows."""
    declared, computed = sum_of_group.declared, sum_of_group.computed
    if declared is None:
        return "declares a sum that cannot be read"
    if computed is None:
        return f"declares {declared}, and no heading begins its group"
    unreadable = sum_of_group.unreadable
    more = f", {unreadable} of them unreadable" if unreadable else ""
    return f"declares {declared} and the rows of its group come to {computed}{more}"


def _without_total(problem: str) -> str:
    if problem.startswith(COUNT):
        declared = problem.removeprefix(COUNT)
        return f"has another number of records than the {declared} that its trailer declares"
    if problem == MISSING_TOTAL:
        return "lacks a total that must be there"
    return "has a total that cannot be read"


def columns_are_as_accepted(
    reports: Iterable[DeliveryReport], schemas: Iterable[SchemaReport]
) -> Outcome:
    """Checks that no delivery's columns differ from the vendor's accepted schema."""
    schemas = list(schemas)
    drifted = [s for s in schemas if s.red]
    unread = sum(r.state == "landed" for r in reports)
    if unread and not drifted:
        # Nothing was looked at, so nothing is known to hold.
        message = f"{unread} deliveries are landed and not read yet"
        return Outcome(passed=False, message=message, warning=True)
    message = f"{len(schemas)} deliveries have the columns that were accepted"
    if drifted:
        message = _drifted(drifted, lambda difference: difference.red)
    return Outcome(not drifted, message, {"compared": len(schemas), "drifted": len(drifted)})


def values_mean_what_they_did(schemas: Iterable[SchemaReport], measure: Measure | None) -> Outcome:
    """Checks that no column of a measure, a unit or a date holds another kind of value."""
    schemas = list(schemas)
    grave = [s for s in schemas if any(d.grave for d in s.differences)]
    values = f"{measure.words}, {_several(measure.unit)} and dates" if measure else "dates"
    message = f"{values} of {len(schemas)} deliveries look as accepted"
    if grave:
        message = _drifted(grave, lambda difference: difference.grave)
    return Outcome(not grave, message, {"compared": len(schemas), "retyped": len(grave)})


def _several(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _drifted(schemas: Collection[SchemaReport], chosen: Callable[[Difference], bool]) -> str:
    found: dict[str, str] = {}  # pages of one pull mostly say the same
    for schema in schemas:
        words = "; ".join([d.words() for d in schema.differences if chosen(d)][:_SHOWN])
        found.setdefault(words, f"{schema.vendor}, delivery {schema.delivery[:8]}")
    return "; ".join(f"{where}: {words}" for words, where in list(found.items())[:_SHOWN])


def audit_log_agrees(found: AuditVerification) -> Outcome:
    """Checks that the audit log is whole, and says exactly what was committed."""
    numbers = {
        "blocks": found.blocks, "events": found.events, "void": found.void, "open": found.open,
        "problems": len(found.problems),
    }  # fmt: skip
    message = f"{found.events:,} events in {found.blocks:,} blocks are what was committed"
    if found.problems:
        message = "; ".join(found.problems[:_SHOWN])
    return Outcome(not found.problems, message, numbers)
