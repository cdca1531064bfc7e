"""Makes a home with one vendor and one CSV file: what other benchmarks run on.

    python benchmarks/homes.py HOME [--rows 1000000] [--dates 280] [--bad 0.03]

    cost-pipeline run --home HOME --pull-dates 2026-04-01

Rows are made by a formula, so two homes of one size hold the same bytes (under one DuckDB).
Transaction dates come in turns, so that every part of the file has rows of all of them. A bad row
has one thing wrong: an amount, a date, a currency or an account.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import duckdb

from cost_pipeline.home.layout import init_home

PULL_DATE = date(2026, 4, 1)
FIRST_DAY = date(2025, 6, 1)

_PRODUCTIONS = "productions: {P100: {title: Northern Lights, base_currency: USD}}\n"
_VENDOR = """vendor: bench
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/bench}
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  department_code: [department]
  gl_code: [account]
  amount: [amount]
  currency: [currency]
  description: [description]
"""

# What is wrong with a row, or null, is drawn by its number.
_ROWS = """
copy (
    select 'INV-' || lpad(i::varchar, 9, '0') as id,
        if(wrong = 0, '2026-02-30', (date '{first}' + (i % {dates})::int)::varchar) as date,
        [2000, 2300, 3200, 3600][(1 + hash(i, 1) % 4)::int] as department,
        if(wrong = 1, '63O5', [2000, 2310, 3205, 6305][(1 + hash(i, 2) % 4)::int]
            || '-' || lpad((1 + hash(i, 3) % 40)::varchar, 2, '0')) as account,
        case wrong when 2 then '12.5O' when 3 then '1e5' else 1 + hash(i, 4) % 99999
            || '.' || lpad((hash(i, 5) % 100)::varchar, 2, '0') end as amount,
        if(wrong = 4, 'GBX', ['GBP', 'EUR', 'USD', 'CAD'][(1 + hash(i, 6) % 4)::int]) as currency,
        'Hire of equipment, unit ' || i % 977 || ', week ' || i % 53 as description
    from (select i, if(hash(i, 7) % 1000000 < {bad} * 1000000, hash(i, 8) % 5, null) as wrong
        from range({rows}) t(i))
    order by i
) to '{path}' (header, delimiter ',')
"""


def make_home(folder: Path, rows: int, dates: int, bad: float) -> Path:
    """A new home in which nothing was pulled yet.

    Args:
        folder: Where it is made.
        rows: How many rows the file of its vendor has.
        dates: On how many transaction dates, one after the other.
        bad: The share of rows that cannot be accepted.
    """
    home = init_home(
        folder, files={"productions.yaml": _PRODUCTIONS, "vendors/bench.yaml": _VENDOR}
    )
    inbox = home / "inbox" / "bench"
    inbox.mkdir(parents=True)
    path = str(inbox / f"{PULL_DATE}.csv").replace("'", "''")
    statement = _ROWS.format(first=FIRST_DAY, dates=dates, bad=bad, rows=rows, path=path)
    duckdb.sql(statement)
    return home


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dates", type=int, default=280)
    parser.add_argument("--bad", type=float, default=0.03)
    given = parser.parse_args()
    if given.home is None:  # `make bench` runs every file here; this one is a helper of others
        parser.exit(0, "names no HOME: nothing to make\n")
    make_home(given.home, given.rows, given.dates, given.bad)
