"""The door by which tests enter the flow: a small home on disk and pull, validate, post without
Dagster. Readers of lakes are offered here, too (`lakes.py`).

Everything is real: folders, files, parsers, Delta tables. Only the clock stands still. The module
is loaded by its path (test folders are not packages) by the conftests of `feeds`, `properties` and
by the processes that crash tests kill.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.post import Posted, post
from cost_pipeline.feeds.production.rates import source_of, stored_rates
from cost_pipeline.fx.reading import DayRates
from cost_pipeline.fx.snapshots import load_history
from cost_pipeline.lake.delta import Part
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.pull.vendors import PullOutcome, pull
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.replay import replay
from cost_pipeline_tests.feeds.lakes import (  # noqa: F401  (tests say `door.active_lines`)
    APPENDED,
    DEAD_LETTERS,
    DISPOSITIONS,
    FX_SNAPSHOTS,
    LEDGER,
    RECORDS,
    TABLES,
    VALIDATIONS,
    active_lines,
    amounts_in_and_out,
    digest,
    economics,
    files_of,
    ledger_totals,
    lines,
    open_letters,
    open_reasons,
    report_of,
    reports,
    rows_of,
    stale,
    unlawful,
    verify_ledger,
    versions,
)

NOW = datetime(2026, 4, 7, 8, 0, tzinfo=UTC)
HEADER = ("id", "date", "amount", "currency", "text")
PRODUCTIONS = """productions:
  P100:
    title: Northern Lights
    start: 2026-01-01
    base_currency: USD
    fx: {source: ecb, max_age_days: 5, rounding: half_even}
  P200:
    title: Southern Cross
    base_currency: EUR
"""

_VENDOR = """vendor: {name}
feed: production
production: {production}
record: {record}
source: {{kind: folder, path: inbox/{name}, files: "{{pull_date:%Y-%m-%d}}*.csv"}}
format: {{kind: csv}}
key: {key}
negatives: {negatives}
plausible: {{after: any}}
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
  description: [text]{columns}
constants: {{department_code: "2000", gl_code: "2000-01"{constants}}}
"""

_PLAIN = {"constants": "", "columns": "", "negatives": "dead_letter"}

VENDORS: dict[str, dict[str, str]] = {
    "rentals": {"production": "P100", "record": "vendor_invoice", "key": "[transaction_id]"},
    "lodging": {
        "production": "P200",
        "record": "vendor_invoice",
        "key": "{columns: [transaction_id], ordinal: true}",
    },
    "petty": {"production": "P100", "record": "vendor_invoice", "key": "none"},
    "orders": {
        "production": "P100",
        "record": "purchase_order",
        "key": "[transaction_id]",
        "constants": ', po_number: "PO-1"',
    },
}

NOTES = {
    "production": "P100",
    "record": "vendor_invoice",
    "key": "[transaction_id]",
    "negatives": "credit_note",
    "columns": "\n  invoice_number: [invoice]\n  credit_of: [of]",
}
"""A vendor that sends credit notes; its files have `NOTES_HEADER`."""
NOTES_HEADER = ("id", "date", "amount", "currency", "text", "invoice", "of")

RATES: dict[str, dict[str, str]] = {
    "2026-03-31": {"USD": "1.1", "GBP": "0.85", "CAD": "1.5", "KRW": "1500"},
    "2026-04-01": {"USD": "1.11", "GBP": "0.86", "CAD": "1.51"},
    "2026-04-02": {"USD": "1.12", "GBP": "0.87", "CAD": "1.52"},
}
"""Units for one euro. The next publication day after these is 7 April 2026: Easter lies between."""


def vendor_text(name: str) -> str:
    """The vendor file of one of `VENDORS`."""
    return _VENDOR.format(name=name, **(_PLAIN | VENDORS[name]))


def csv_bytes(
    rows: Iterable[Sequence[str] | Mapping[str, str]], header: Sequence[str] = HEADER
) -> bytes:
    """A CSV file."""
    written = [",".join(header)]
    for row in rows:
        cells = [row[name] for name in header] if isinstance(row, Mapping) else list(row)
        cells += [""] * (len(header) - len(cells))
        written.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    return ("\n".join(written) + "\n").encode()


@dataclass(frozen=True)
class Worked:
    """What one round of work did."""

    pulled: dict[date, tuple[PullOutcome, ...]]
    posted: dict[date, Posted]


class House:
    """A home in a folder of its own, with the vendors named, and a lake with a few rates."""

    def __init__(
        self,
        root: Path,
        vendors: Iterable[str] = tuple(VENDORS),
        *,
        rates: Mapping[str, Mapping[str, str]] | None = RATES,
    ) -> None:
        self.root = root
        (root / "vendors").mkdir(parents=True)
        (root / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
        for name in vendors:
            self.vendor_file(name, vendor_text(name))
        if rates:
            self.load_rates(rates)

    @classmethod
    def existing(cls, root: Path) -> House:
        """A house that is there already."""
        house = cls.__new__(cls)
        house.root = root
        return house

    def copy(self, root: Path) -> House:
        """This house with all its lake, to be damaged; the lake's files become writable."""
        shutil.copytree(self.root, root)
        return House.existing(root)

    def take_over(self, worked: House) -> House:
        """Go on from what another house has done; its files are copied, which takes no round."""
        shutil.copytree(worked.root, self.root, dirs_exist_ok=True)
        return self

    def vendor_file(self, name: str, text: str) -> None:
        """Write or replace a vendor file, and make its inbox."""
        (self.root / "vendors" / f"{name}.yaml").write_text(text, encoding="utf-8")
        (self.root / "inbox" / name).mkdir(parents=True, exist_ok=True)

    def edit_vendor(self, name: str, old: str, new: str) -> None:
        """Replace a text in a vendor file; it must be there."""
        place = self.root / "vendors" / f"{name}.yaml"
        text = place.read_text(encoding="utf-8")
        assert old in text
        place.write_text(text.replace(old, new), encoding="utf-8")

    def session(
        self,
        *,
        between: Callable[[str, str], None] | None = None,
        run_id: str = "test",
        clock: Callable[[], datetime] = lambda: NOW,
        environment: Mapping[str, str] | None = None,
    ) -> Session:
        """A session over the home as its files are now."""
        home = load_home(self.root)
        return Session(
            feed=PRODUCTION,
            home=home,
            lake=open_lake(home.lake_uri, between=between),
            run_id=run_id,
            clock=clock,
            environment=environment or {},
            code_version="1",
        )

    def load_rates(
        self,
        days: Mapping[str, Mapping[str, str]],
        session: Session | None = None,
        source: str = "ecb",
    ) -> None:
        """Load snapshots as a history would be, each file of days once."""
        session = session or self.session()
        history = [
            DayRates(date.fromisoformat(day), {name: Decimal(rate) for name, rate in rates.items()})
            for day, rates in days.items()
        ]
        rows = load_history(
            stored_rates(session), history, source_of(session, source), recorded_at=NOW
        ).rows
        years = pc.cast(pc.year(rows["reference_date"]), pa.int32())
        parts = [
            Part(
                f"fx/test/{source}/{','.join(sorted(days))}",
                1,
                rows.append_column("reference_year", years).select(FX_SNAPSHOTS.schema.names),
            )
        ]
        assert rows.schema.equals(RATE_SCHEMA)
        session.lake.table(FX_SNAPSHOTS).append_once(parts, run_id=session.run_id)

    def drop(
        self,
        vendor: str,
        pull_date: date | str,
        content: bytes | Iterable[Sequence[str] | Mapping[str, str]],
        *,
        name: str = "",
    ) -> str:
        """Put a file into a vendor's inbox; returns the SHA-256 of its bytes."""
        data = content if isinstance(content, bytes) else csv_bytes(content)
        (self.root / "inbox" / vendor / f"{pull_date}{name}.csv").write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def notes(self, pull_date: date | str, rows: Iterable[Sequence[str]], *, name: str = "") -> str:
        """Put a file into the inbox of the vendor of credit notes; its vendor file comes along."""
        if not (self.root / "vendors" / "notes.yaml").exists():
            self.vendor_file("notes", _VENDOR.format(name="notes", **(_PLAIN | NOTES)))
        return self.drop("notes", pull_date, csv_bytes(rows, NOTES_HEADER), name=name)

    def pull(self, pull_date: date | str, session: Session | None = None) -> None:
        """Pull and validate one date."""
        receive(session or self.session(), _day(pull_date))

    def work(
        self,
        *pull_dates: date | str,
        session: Session | None = None,
        one_by_one: bool = False,
    ) -> Worked:
        """Pull and validate the dates in the order given, then post what is out of date."""
        session = session or self.session()
        pulled = {_day(day): receive(session, _day(day)) for day in pull_dates}
        return Worked(pulled, bring_up_to_date(session, one_by_one=one_by_one))


def receive(session: Session, pull_date: date) -> tuple[PullOutcome, ...]:
    """Pull and validate one date."""
    sys.audit("cost_pipeline_tests.round")
    outcomes = pull(session, session.home.vendors, pull_date)
    replay(session, pull_date)
    return outcomes


def bring_up_to_date(session: Session, *, one_by_one: bool = False) -> dict[date, Posted]:
    """Post the transaction dates that are out of date."""
    sys.audit("cost_pipeline_tests.round")
    dates = stale(session)
    if not one_by_one:
        return post(session, dates)
    posted: dict[date, Posted] = {}
    for day in dates:
        posted |= post(session, [day])
    return posted


def _day(day: date | str) -> date:
    return date.fromisoformat(day) if isinstance(day, str) else day


def change_parquet(file: Path, replaced: str) -> None:
    """Write a Parquet file again with `replaced` (SQL: an expression and its name) in it.

    Whoever does so hides it: what was noted of the table's files goes, too.
    """
    changed = file.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.sql(
            f"copy (select * replace ({replaced}) from read_parquet('{file}', "
            f"hive_partitioning=false)) to '{changed}' (format parquet)"
        )
    changed.replace(file)
    (file.parent.parent / "_checksums").unlink(missing_ok=True)


def with_clock(session: Session, instant: datetime) -> Session:
    """The session at another instant."""
    return replace(session, clock=lambda: instant)
