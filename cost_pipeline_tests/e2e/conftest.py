"""Homes as users write them, the command line, and the flow in this process."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.inputs import present_inputs, stored_inputs
from cost_pipeline.feeds.production.ledger_view import ledger_totals
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rates import load_bundled_history
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.dead_letters.told import as_json
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.reports.deliveries import deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline_tests.command_line import Ended, called, ended, started

_PRODUCTIONS = """\
productions:
  P100:
    title: Northern Lights
    base_currency: USD
    time_zone: Europe/London
    fx: {source: ecb, max_age_days: 5, rounding: half_even}
  P200:
    title: Southern Cross
    base_currency: GBP
"""
_INVOICES = """\
vendor: %(name)s
feed: production
production: %(production)s
record: vendor_invoice
source: {kind: folder, path: inbox/%(name)s, files: "{pull_date:%%Y-%%m-%%d}*"}
format: {kind: csv, encodings: %(encodings)s}
dates: ["%%Y-%%m-%%d"]
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  currency: [currency]
constants: {department_code: "2000", gl_code: "2000-01"}
"""


_LEEDS = """\
vendor: leeds
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: %(folder)s, files: "{pull_date:%%Y-%%m}.csv"}
format:
  kind: csv
  encodings: [utf-8-sig, cp1252]
  control_total: {column: amount, tolerance: "%(tolerance)s"}
dates: ["%%d/%%m/%%Y", "%%d-%%b-%%y", "%%d-%%b-%%Y"]
numbers:
  {decimal: ".", thousands: ",", symbols: ["£"], negatives: [leading, trailing, parentheses]}
negatives: dead_letter
key: [transaction_id]
columns:
  transaction_id: ["Transaction number", "TransactionNumber"]
  transaction_date: ["Date paid", "DatePaid"]
  amount: ["Net amount", "NetAmount"]
  vendor_name: ["Supplier name", "SupplierName"]
  description: ["Expenditure category", "ExpenditureCategory"]
ignore:
  - Body
  - Body name
  - BodyName
  - Service label
  - ServiceLabel
  - Service division label
  - Service divison label
  - ServiceDivisionLabel
  - Detailed expenditure type
  - DetailedExpenditureType
  - Detailed expenses type
  - Detailed expense code
  - Detailed expenditure code
  - DetailedExpenditureCode
  - Capital or revenue
  - CapitalOrRevenue
constants: {currency: GBP, department_code: "2000", gl_code: "2000-01"}
"""
# From 2020 on the publisher has fifteen columns with names of their own.
_LEEDS_2020 = """\
vendor: leeds_2020
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: %(folder)s, files: "{pull_date:%%Y-%%m}.csv"}
format: {kind: csv, encodings: [utf-8-sig, cp1252]}
dates: ["%%d/%%m/%%Y"]
key: [transaction_id]
columns:
  transaction_id: ["Transaction Number"]
  transaction_date: ["Payment Date"]
  amount: ["Amount"]
  vendor_name: ["Beneficiary Name"]
  description: ["Purpose"]
ignore:
  - Organisation Code
  - Organisation Label
  - Effective Date
  - Organisational Unit
  - Service Division Label
  - Category Internal Name
  - Detailed Expenditure Code
  - Irrecoverable VAT Amount
  - Capital Or Revenue
  - Procurement Card
constants: {currency: GBP, department_code: "2000", gl_code: "2000-01"}
"""


@pytest.fixture(scope="session")
def cli() -> Callable[..., Ended]:
    """Call a command in this process, to its end."""
    return called


@pytest.fixture(scope="session")
def program() -> Callable[..., Ended]:
    """Run a command to its end in a process of its own."""
    return lambda *arguments: ended(started(*arguments))


@pytest.fixture(scope="session")
def start() -> Callable[..., tuple[subprocess.Popen[str], Callable[[], Ended]]]:
    """Start a command without waiting: the process, and what waits for it."""

    def begin(*arguments: object) -> tuple[subprocess.Popen[str], Callable[[], Ended]]:
        process = started(*arguments)
        return process, lambda: ended(process)

    return begin


class Flow:
    """The steps of a run on one home, in this process and without Dagster."""

    def __init__(self, home: Path) -> None:
        self.home = load_home(home)
        self.session = Session(
            feed=PRODUCTION,
            home=self.home,
            lake=open_lake(self.home.lake_uri),
            run_id="test",
            clock=lambda: datetime.now(UTC),
            environment={},
            code_version="test",
        )

    def pull(self, *days: str) -> None:
        for text in days:
            day = date.fromisoformat(text)
            pull(self.session, self.home.vendors, day)
            validate_deliveries(self.session, pending(self.session, self.home.vendors, day))

    def post(self) -> int:
        """Bring the ledger up to date; returns how many lines were appended."""
        load_bundled_history(self.session)
        dates = out_of_date(present_inputs(self.session), stored_inputs(self.session))
        return sum(p.posts + p.reversals for p in post(self.session, dates).values())

    def totals(self):
        return ledger_totals(self.session)

    def deliveries(self):
        return deliveries(self.session)

    def dead_letters(self, scope: str = "true"):
        return as_json(self.session, open_dead_letters(self.session, scope))


@pytest.fixture(scope="session")
def flow() -> type[Flow]:
    return Flow


@pytest.fixture(scope="session")
def lake_with_rates(tmp_path_factory) -> Path:
    """A lake with the ECB history in it, to copy: loading takes two seconds, copying none."""
    home = _written(tmp_path_factory.mktemp("rates") / "home", {})
    load_bundled_history(Flow(home).session)
    return home / "lake"


@pytest.fixture(scope="session")
def make_home(lake_with_rates) -> Callable[..., Path]:
    """Write a home: vendor files by name, and a copy of the lake with the rates."""

    def make(path: Path, vendors: dict[str, str], *, lake: Path | None = None) -> Path:
        home = _written(path, vendors)
        if lake is not None:
            text = f"lake: {json.dumps(str(lake))}\n{_PRODUCTIONS}"
            (home / "productions.yaml").write_text(text, encoding="utf-8")
        shutil.copytree(lake_with_rates, lake or home / "lake", dirs_exist_ok=True)
        return home

    return make


def _written(home: Path, vendors: dict[str, str]) -> Path:
    (home / "vendors").mkdir(parents=True)
    (home / "productions.yaml").write_text(_PRODUCTIONS, encoding="utf-8")
    for name, text in vendors.items():
        (home / "vendors" / f"{name}.yaml").write_text(text, encoding="utf-8")
        (home / "inbox" / name).mkdir(parents=True)
    return home


@pytest.fixture(scope="session")
def invoices() -> Callable[..., str]:
    """A vendor file for CSV files with the header id,date,amount,currency."""

    def text(name: str, production: str = "P100", encodings: str = "[utf-8-sig]") -> str:
        return _INVOICES % {"name": name, "production": production, "encodings": encodings}

    return text


@pytest.fixture(scope="session")
def leeds_vendor(shared_data) -> Callable[..., str]:
    """The vendor file of the published months: the old schemas, or the newest one."""
    folder = json.dumps(str((shared_data / "leeds-council-spend").resolve()))

    def text(*, newest: bool = False, tolerance: str = "0.00") -> str:
        return (_LEEDS_2020 if newest else _LEEDS) % {"folder": folder, "tolerance": tolerance}

    return text


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Everything under a folder by its name, to see that nothing changed."""
    return lambda folder: {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture
def mounted(tmp_path) -> Iterator[Callable[..., Path]]:
    """Mount something at a new folder for the test; skips where this user may not mount."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    points: list[Path] = []

    def attach(*options: str) -> Path:
        if mount is None or unmount is None or os.geteuid() != 0:
            pytest.skip("mounting a small file system needs root; this machine's user is not")
        point = tmp_path / f"mount{len(points)}"
        point.mkdir()
        done = subprocess.run(  # noqa: S603 - fixed options
            [mount, *options, str(point)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"this machine does not let root mount: {done.stderr.strip()}")
        points.append(point)
        return point

    yield attach
    for point in reversed(points):
        subprocess.run([str(unmount), str(point)], check=True)  # noqa: S603
