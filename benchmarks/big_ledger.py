"""Builds a lake with a ledger of many postings, columnar and quickly, for the other benchmarks.

    python benchmarks/big_ledger.py HOME [--postings 10000000] [--days 30]

Deliveries are real: each is a CSV that a vendor could have sent, landed as bytes, with its row in
`deliveries` and its rows in `records`, so that a posting can be traced to its bytes. Amounts and
names are made by a formula, so two builds have the same content. Ten million postings in 30 days
take about three minutes and three gigabytes.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from cost_pipeline.commands.common import open_session
from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.production.heads import gather
from cost_pipeline.feeds.production.tables import LEDGER, NAMED, RECORDS
from cost_pipeline.home.layout import init_home
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.lookup import keep_up
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.ledger.schema import CHANGE_SCHEMA, CONTENT_COLUMNS, SQL_CONTENT_HASH
from cost_pipeline.ledger.seal import Stamp, seal
from cost_pipeline.pipeline.session import Session

FIRST_DAY = date(2026, 1, 1)
PULLED = date(2026, 4, 1)
VENDOR = "bench"
DELIVERY_ROWS = 50_000

_VENDOR_FILE = """vendor: bench
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/bench}
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
  vendor_name: [name]
  description: [text]
constants: {department_code: "2000", gl_code: "2000-01"}
"""

_ROWS = """
select i as "row", i + 1 as line, format('B{}-{}', day, i) as transaction_id, day,
    ((hash(i, day) % 10000000) / 100)::decimal(20, 4) as amount,
    ['USD', 'GBP', 'EUR', 'CAD'][1 + (hash(i) % 4)::int] as currency,
    format('{:04d}-{:02d}', 2000 + hash(i, 1) % 40 * 100, hash(i, 2) % 20) as gl_code,
    'Supplier ' || (hash(i, 3) % 5000) || ' Ltd' as vendor_name,
    'Hire of item ' || (hash(i, 4) % 100000) || ', week ' || (i % 52) as description,
    sha256('row' || day || ':' || i) as fingerprint
from range(1, {rows} + 1) t(i), (select date '{day}' as day)
"""

_CHANGES = f"""
select *, {SQL_CONTENT_HASH} as content_hash from (
    select 'post' as kind, 'delivery' as cause, null as reverses, 'production' as feed,
        'P100' as production, '{VENDOR}' as vendor, 'vendor_invoice' as record_kind,
        transaction_id, day as transaction_date, gl_code, '2000' as department_code,
        null as union_category, vendor_name, description, null as po_number,
        amount as original_amount, currency as original_currency,
        case currency when 'USD' then amount when 'GBP' then (amount * 1.25)::decimal(20, 4)
            when 'EUR' then (amount * 1.1)::decimal(20, 4)
            else (amount * 0.7)::decimal(20, 4) end as base_amount,
        'USD' as base_currency, 'ecb' as rate_source, 'half_even' as rounding,
        'per_pivot' as quote_original, 'per_pivot' as quote_base,
        null as snapshot, 1::decimal(28, 10) as rate_original,
        1::decimal(28, 10) as rate_base, null as rate_date, null as rule_pack,
        fingerprint as record_fingerprint, delivery, "row",
        strftime(day, '%Y-%m') as posting_period
    from rows)
"""


def make_home(folder: Path) -> Session:
    """A home with the one vendor."""
    init_home(folder)
    (folder / "vendors" / "bench.yaml").write_text(_VENDOR_FILE, encoding="utf-8")
    return open_session(folder)


def rows_of_day(day: date, rows: int) -> pa.Table:
    """The rows that the vendor sent for a day."""
    return query(_ROWS.replace("{rows}", str(rows)).replace("{day}", str(day)))


def changes_of(rows: pa.Table, delivery: str) -> pa.Table:
    """What is posted of the rows; columns that this benchmark does not know are null."""
    named = rows.append_column("delivery", pa.repeat(pa.scalar(delivery), rows.num_rows))
    known = query(_CHANGES.replace(SQL_CONTENT_HASH, "''"), rows=named)
    for field in CHANGE_SCHEMA:
        if field.name not in known.schema.names:
            known = known.append_column(field.name, pa.nulls(known.num_rows, field.type))
    content = known.select(CONTENT_COLUMNS)
    hashes = query(f"select {SQL_CONTENT_HASH} as content_hash from content", content=content)
    at = known.schema.get_field_index("content_hash")
    hashed = known.set_column(at, "content_hash", hashes["content_hash"])
    return hashed.select(CHANGE_SCHEMA.names).cast(CHANGE_SCHEMA)


def build(folder: Path, postings: int, days: int) -> Session:
    """The whole lake; one commit per day."""
    session = make_home(folder)
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        rows = rows_of_day(day, postings // days)
        parts = []
        for piece, delivery in _landed(session, day, rows):
            parts.append(changes_of(piece, delivery))
        changes = pa.concat_tables(parts)
        stamp = Stamp(datetime(2026, 4, 1, tzinfo=UTC) + timedelta(hours=number), "1", "bench")
        (batch,) = seal(changes, {}, stamp)
        table = session.lake.table(LEDGER)
        part = Part(f"ledger/{day}", batch.head.batch, batch.postings)
        table.append(table.snapshot(), [part], run_id="bench")
    gather(session)
    keep_up(session.lake.table(LEDGER).snapshot(), NAMED)
    return session


def _landed(session: Session, day: date, rows: pa.Table) -> Iterator[tuple[pa.Table, str]]:
    """The rows in deliveries of a vendor's usual size, landed with their records."""
    for start in range(0, rows.num_rows, DELIVERY_ROWS):
        piece = rows.slice(start, DELIVERY_ROWS)
        numbers = pa.array(range(1, piece.num_rows + 1), pa.int64())
        piece = piece.set_column(0, "row", numbers).set_column(
            1, "line", pa.array(range(2, piece.num_rows + 2), pa.int64())
        )
        text = query(
            """select transaction_id || ',' || day || ',' || amount || ',' || currency || ',' ||
            vendor_name || ',"' || description || '"' as text from piece""",
            piece=piece,
        )
        body = "id,date,amount,currency,name,text\n" + "\n".join(text["text"].to_pylist()) + "\n"
        delivery = _land(session, day, start, body.encode())
        _record(session, day, delivery, piece)
        yield piece, delivery


def _land(session: Session, day: date, start: int, body: bytes) -> str:
    landed = hashlib.sha256(body).hexdigest()
    with session.lake.content.scratch() as folder:
        scratch = folder / landed
        scratch.write_bytes(body)
        session.lake.content.land(scratch, landed)
    known = {
        "pull_date": PULLED, "delivery": landed, "vendor": VENDOR, "feed": "production",
        "kind": "vendor_invoice", "uri": f"file:///inbox/bench/{day}-{start}.csv",
        "size": len(body), "attempts": 1, "fetched_at": datetime(2026, 4, 1, tzinfo=UTC),
        "recorded_at": datetime(2026, 4, 1, tzinfo=UTC), "run_id": "bench",
    }  # fmt: skip
    data = pa.Table.from_pylist([known], schema=DELIVERIES.schema)
    session.lake.table(DELIVERIES).append_once(
        [Part(f"deliveries/{landed}", 1, data)], run_id="bench"
    )
    return landed


def _record(session: Session, day: date, delivery: str, piece: pa.Table) -> None:
    known = {
        "delivery": delivery, "vendor": VENDOR, "feed": "production", "kind": "vendor_invoice",
        "pull_date": PULLED, "production": "P100", "transaction_date": day,
        "department_code": "2000", "interpretation": "0" * 64,
    }  # fmt: skip
    columns = {}
    for field in RECORDS.schema:
        if field.name in piece.schema.names:
            columns[field.name] = piece[field.name].cast(field.type)
        elif field.name in known:
            columns[field.name] = pa.repeat(pa.scalar(known[field.name], field.type), len(piece))
        else:
            columns[field.name] = pa.nulls(len(piece), field.type)
    data = pa.table(columns, schema=RECORDS.schema)
    session.lake.table(RECORDS).append_once([Part(f"records/{delivery}", 1, data)], run_id="bench")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, nargs="?")
    parser.add_argument("--postings", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    if given.home is None:  # `make bench` runs every file here; this one is a helper of others
        parser.exit(0, "names no HOME: nothing to build\n")
    begun = time.perf_counter()
    build(given.home, given.postings, given.days)
    size = sum(file.stat().st_size for file in given.home.rglob("*") if file.is_file())
    print(f"{given.postings:,} postings, {size / 1e9:.2f} GB, {time.perf_counter() - begun:.0f} s")
