"""docs/ledger-format.md says what the code does: a verifier written from it alone agrees."""

from __future__ import annotations

import hashlib
import re
from datetime import date

import pytest

from cost_pipeline.ledger.heads import HEAD_COLUMNS
from cost_pipeline.ledger.schema import CONTENT_COLUMNS, IDENTITY_COLUMNS, LEAF_COLUMNS


@pytest.fixture(scope="module")
def document(project_root):
    return (project_root / "docs" / "ledger-format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("mark", "columns"),
    [
        ("content", CONTENT_COLUMNS),
        ("identity", IDENTITY_COLUMNS),
        ("leaf", LEAF_COLUMNS),
        ("head", HEAD_COLUMNS),
    ],
)
def test_the_document_lists_the_columns_in_the_order_in_which_they_are_hashed(
    document, mark, columns
):
    (listed,) = re.findall(rf"<!-- {mark} columns -->\n((?: {{7}}.*\n)+)", document)
    assert tuple(re.split(r",\s+", listed.strip())) == columns


def _digest(tag, *fields):
    text = b"".join(
        b"n," if text is None else b"%s%d:%s," % (letter, len(text.encode()), text.encode())
        for letter, text in fields
    )
    return hashlib.sha256(b"cp1:" + tag + b"|" + text).hexdigest()


def test_a_seal_that_is_computed_from_the_document_alone_is_the_seal(kit, some_rates):
    book = kit.book()
    rows = [{"row": number, "transaction_id": f"T{number}"} for number in (1, 2, 3)]
    book.post(kit.desired(kit.candidates(rows), some_rates), [date(2026, 4, 1)])
    (batch,) = book.batches
    first, second, third = (
        hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest()
        for leaf in batch.postings["leaf_hash"].to_pylist()
    )
    pair = hashlib.sha256(b"\x01" + first + second).digest()
    top = hashlib.sha256(b"\x01" + pair + third).hexdigest()
    fields = [(b"t", "2026-04-01"), (b"i", "1"), (b"s", "0" * 64), (b"s", top), (b"i", "3")]
    assert batch.head.root == _digest(b"seal", *fields)
    row = batch.postings.to_pylist()[0]
    identity = [(b"s", "post"), (b"s", row["content_hash"]), (b"t", "2026-04-01"), (b"i", "1"),
                (b"i", "0")]  # fmt: skip
    assert row["posting_id"] == _digest(b"posting_id", *identity)
    leaf = [row["posting_id"], "delivery", None, None, "2026-04", "2026-04-07T08:09:10.000011Z",
            "1", "run-1", "0" * 64]  # fmt: skip
    assert row["leaf_hash"] == _digest(b"leaf", *((b"s", value) for value in leaf))
