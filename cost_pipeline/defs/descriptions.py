"""What the pages of the assets tell that every feed has: row, key, failures, what comes next."""

from __future__ import annotations

from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.pipeline.declared.told import Told, described
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session


def of_deliveries(vendor: Vendor) -> str:
    """Returns the description of what a vendor delivered."""
    kind, whose = str(vendor.record).replace("_", " "), vendor.scope
    return described(
        f"Deliveries of {vendor.vendor} ({kind}s{f' of {whose}' if whose else ''}), landed "
        "verbatim and named by their SHA-256.",
        Told(
            row="one file, page or attachment as it came",
            key="the SHA-256 of its bytes; a partition is the date of the pull",
            fails="a vendor that could not be fetched whole fails its own partition and no other; "
            "what came is landed",
            next="its rows are judged into records and dead letters in the same run; materialise a "
            "failed partition again",
        ),
    )


def of_records(feed: Feed[Session], kind: str) -> str:
    """Returns the description of the records of a kind."""
    book = feed.book
    posted = "they are kept, and posted to no book"
    if book is not None:
        posted = f"the {book.noun} posts the {book.dates} that they belong to"
    return described(
        f"Rows that satisfied the contract of a {kind.replace('_', ' ')}.",
        Told(
            row="one accepted row of a delivery",
            key="its fingerprint, the hash of delivery, row number and text; a partition is the "
            "date of the pull",
            fails="a row that breaks the contract is a dead letter and never a record; a red check "
            "that blocks holds back what this pull touches, and nothing else",
            next=posted,
        ),
    )


def of_dead_letters(feed: Feed[Session]) -> str:
    """Returns the description of what was refused."""
    return described(
        "Rows and deliveries that were refused: reason codes, field errors, verbatim text, and "
        "where each came from.",
        Told(
            row="one event of a refused row or delivery; the last one says whether it is open",
            key="the id of the dead letter; a partition is the date of the pull",
            fails="a refusal fails nothing: the partition is made, and its checks say how many and "
            "why; a line that is told of nowhere turns `conservation` red, which blocks",
            next=f"`cost-pipeline dead-letters export`, mend, drop the workbook into "
            f"`{feed.names.inbox}`; or waive it with a reason",
        ),
    )


def of_corrections(feed: Feed[Session]) -> str:
    """Returns the description of the mended workbooks."""
    return described(
        f"Mended workbooks from {feed.names.inbox}: landed verbatim, judged under the contract of "
        "the vendor whose dead letters they answer.",
        Told(
            row="one workbook as it came back",
            key="the SHA-256 of its bytes; a partition is the day on which it was taken in",
            fails="a row that is wrong again stays a dead letter, with its new reason; the others "
            "of the workbook are taken",
            next="only the dates that it touches are posted again",
        ),
    )


def of_audit_log() -> str:
    """Returns the description of the audit log."""
    return described(
        "What was parsed, rejected, converted and posted, announced before each commit in "
        "hash-linked blocks. External: the appends write it.",
        Told(
            row="one event of a row, in the block of its commit",
            key="the root of the block, which is linked to the one before",
            fails="a block that is missing or changed turns `log_agrees` red: post nothing, and "
            "restore the lake from a copy",
            next="`cost-pipeline audit verify` checks all of it, `audit export` hands it out",
        ),
    )
