"""What the pages of production's own assets tell: row, key, failures, and what comes next."""

from __future__ import annotations

from typing import Final

from cost_pipeline.pipeline.declared.told import Told

_NO_FAILURE: Final = "it cannot fail: runs report it, and one that ended early reports again"

RECORDS_BY_DATE: Final = Told(
    row="one transaction date whose records, or the rulings on its credits, changed",
    key="the transaction date; its data version is a digest of what the ledger reads of it",
    fails=_NO_FAILURE,
    next="the sensor `reconcile_ledger`, or `cost-pipeline post`, posts the date",
)
RATES_BY_DATE: Final = Told(
    row="one transaction date whose pinned rates changed",
    key="the transaction date; its data version is a digest of its rates",
    fails=_NO_FAILURE,
    next="the sensor `reconcile_ledger`, or `cost-pipeline post`, posts the date again: reversals "
    "and new postings for what the rates changed",
)
PUBLISHED_RATES: Final = Told(
    row="one answer of a source, as the bytes that came",
    key="source and the time of asking",
    fails="a source that does not answer fails nothing: the loaded rates go on serving, and the "
    "check of their freshness says how old they are",
    next="the same run loads what is new as snapshots; a rate that changed is offered as a "
    "correction and not applied",
)
SNAPSHOTS: Final = Told(
    row="one rate of one currency in one snapshot",
    key="source, reference date, vintage and currency",
    fails="a file that cannot be applied changes nothing and turns the check `corrections` red, "
    "which names it; the snapshots that stand are used",
    next="the dates that a new vintage touches are handed over and posted again; the table "
    "`impact` says what that changes",
)
CORRECTIONS: Final = Told(
    row="one rate that a later vintage changed; one date that was repaired for it",
    key="source, day, vintage and currency; transaction date and batch",
    fails=_NO_FAILURE,
    next="`dates_to_repair` are posted by the sensor `reconcile_ledger` or `cost-pipeline post`",
)
LEDGER: Final = Told(
    row="one posting, or the reversal of one; no row is ever changed",
    key="posting_id; a partition is the transaction date, each commit to it is one sealed batch",
    fails="a record without a rate, or with a contradicted key, is a dead letter; a red check that "
    "blocks fails the run after it has posted, and what lies behind the ledger is not made",
    next="`cost-pipeline ledger trace POSTING` leads to the vendor's bytes, `ledger verify` checks "
    "every seal; materialising a date that is up to date appends nothing",
)
FINDINGS: Final = Told(
    row="the result of one rule on one timecard",
    key="timecard and rule; a partition is the work date",
    fails="a card with a blocking finding is a dead letter when it is posted; the check of its "
    "family of rules warns, and the others stand",
    next="`cost-pipeline union explain --card CARD` shows due, paid and the arithmetic",
)
WEEKLY: Final = Told(
    row="one payroll week, department and cause",
    key="week ending, department, cause and currency",
    fails="the ledger and the findings stand; materialise it again",
    next="`cost-pipeline union explain` has the cards behind a number",
)
RECONCILIATION: Final = Told(
    row="one transaction of which two vendors tell, or only one of them",
    key="the pair of vendors and the key of the record",
    fails="a difference is a red check, `sides_agree`, and stops no posting",
    next="`cost-pipeline reconcile` has each of them; ask the vendor which side is right",
)
COSTS: Final = Told(
    row="what one vendor cost in one account, department and currency",
    key="production, account, department, vendor and currency; a partition is the report date, and "
    "each making of it is kept with its moment",
    fails="a report that is not what the ledger says turns the check `tied_to_ledger` red and "
    "stays; no posting waits for it",
    next="`cost-pipeline report costs --date DATE --out FOLDER` writes the workbook and the page; "
    "`ledger trace` takes the posting ids of the workbook",
)
