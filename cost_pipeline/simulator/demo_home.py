"""A home for the invented world: productions, six vendor files, and what was dropped for it."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Final

from cost_pipeline.core.reference import reference_path
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import PRODUCTIONS
from cost_pipeline.simulator.cast import PAGE_SIZES
from cost_pipeline.simulator.crew import CREW_FILE
from cost_pipeline.simulator.portal import PAYROLL_PATH, RENTALS_PATH, TOKEN_VARIABLE
from cost_pipeline.simulator.world import World, make_world
from cost_pipeline.simulator.writers import LISTING_COLUMNS

CORRECTED_DAY: Final = "2026-04-01"
CORRECTED_CURRENCY: Final = "CAD"
CORRECTION: Final = f"fx/{CORRECTED_DAY}_corrected.csv"
"""The corrected rates, relative to the home: `currency,rate`, units for one euro."""
_CORRECTION_FACTOR: Final = Decimal("1.0005")

# The columns of the listing that no contract field reads.
_READ: Final = {
    *("Account", "Description", "Vendor Name", "Trans#", "Cur", "PO Number"),
    *("Document #", "Eff. Date", "Amount"),
}


def write_demo_home(path: Path, portal_url: str, world: World | None = None) -> Path:
    """Makes the home; returns its absolute path.

    Args:
        path: A folder that does not exist, or is empty.
        portal_url: Where the two APIs answer.
        world: What was dropped; the default world if not given.

    Raises:
        UsageError: If the folder holds something.
        EnvironmentFailedError: If it cannot be written.
    """
    files: dict[str, str | bytes] = {
        "productions.yaml": PRODUCTIONS,
        **vendor_files(portal_url),
        CORRECTION: corrected_rates(),
    }
    return init_home(path, files={**files, **(world or make_world()).files()})


def vendor_files(portal_url: str) -> dict[str, str]:
    """Returns the six vendor files, by their place in a home."""
    return {
        "vendors/northwind_rentals.yaml": _rentals(portal_url),
        "vendors/guild_payroll.yaml": _payroll(portal_url),
        "vendors/maple_locations.yaml": MAPLE_FILE,
        "vendors/studio_ledger.yaml": _ledger(),
        "vendors/prop_house_orders.yaml": _ORDERS,
        "vendors/crew_payroll.yaml": CREW_FILE,
    }


def corrected_rates() -> str:
    """Returns the correction: one currency of one day, a little higher than published."""
    with (reference_path("ecb") / "eurofxref-hist.csv").open(encoding="utf-8") as file:
        published = next(row for row in csv.DictReader(file) if row["Date"] == CORRECTED_DAY)
    rate = Decimal(published[CORRECTED_CURRENCY]) * _CORRECTION_FACTOR
    return f"currency,rate\n{CORRECTED_CURRENCY},{rate:.4f}\n"


def _rentals(portal_url: str) -> str:
    return f"""\
# Equipment rental: a paginated JSON API, invoices in euro and sterling.
vendor: northwind_rentals
feed: production
production: P100
record: vendor_invoice
source:
  kind: http
  url: "{portal_url}{RENTALS_PATH}"
  parameters: {{day: "{{pull_date:%Y-%m-%d}}"}}
  pages:
    style: page
    size_parameter: size
    size: {PAGE_SIZES["northwind_rentals"]}
    more: more
format: {{kind: json, records: items}}
key: [transaction_id]
columns:
  transaction_id: [invoice]
  transaction_date: [issued]
  amount: [net]
  currency: [currency]
  gl_code: [account]
  department_code: [department]
  vendor_name: [supplier]
  description: [details]
  po_number: [po]
"""


def _payroll(portal_url: str) -> str:
    return f"""\
# Guild payroll: a JSON API behind a bearer token, fetched before anything else.
vendor: guild_payroll
feed: production
production: P100
record: payroll_line
priority: payroll
source:
  kind: http
  url: "{portal_url}{PAYROLL_PATH}"
  parameters: {{day: "{{pull_date:%Y-%m-%d}}"}}
  auth: {{kind: bearer, env: {TOKEN_VARIABLE}}}
  pages:
    style: page
    size_parameter: size
    size: {PAGE_SIZES["guild_payroll"]}
    more: data.more
format: {{kind: json, records: data.lines}}
key: [transaction_id]
columns:
  transaction_id: [line]
  transaction_date: [worked]
  amount: [gross]
  currency: [currency]
  gl_code: [gl]
  department_code: [dept]
  union_category: [union]
  worker_id: [worker]
  description: [hours]
"""


MAPLE_FILE: Final = """\
# Location settlements: a drop folder, CSV with a BOM. A day's files begin with its date.
vendor: maple_locations
feed: production
production: P100
record: location_settlement
source:
  kind: folder
  path: inbox/maple
  files: "{pull_date:%Y-%m-%d}*.csv"
format: {kind: csv, encodings: [utf-8-sig, cp1252]}
dates: ["%d/%m/%Y"]
numbers: {decimal: ".", thousands: ","}
key: [transaction_id]
columns:
  transaction_id: [Settlement]
  transaction_date: [Date]
  amount: [Net]
  currency: [Currency]
  gl_code: [Account]
  location: [Place]
  vendor_name: [Payee]
  tax_id: [Tax id]
ignore: [Printed]
constants: {department_code: "3600"}
"""


def _ledger() -> str:
    ignored = [name for name in LISTING_COLUMNS if name not in _READ]
    return f"""\
# The studio's ledger, an EP-style listing (GL 505) dropped as a file each day.
vendor: studio_ledger
feed: production
production: P100
record: vendor_invoice
source:
  kind: folder
  path: inbox/studio
  files: "{{pull_date:%Y-%m-%d}}.csv"
format: {{kind: ep_ledger}}
dates: ["%m/%d/%Y"]
numbers: {{decimal: ".", thousands: ","}}
key: [transaction_id]
columns:
  transaction_id: ["Trans#"]
  transaction_date: ["Eff. Date"]
  amount: [Amount]
  currency: [Cur]
  gl_code: [Account]
  vendor_name: [Vendor Name]
  description: [Description]
  po_number: [PO Number]
  invoice_number: ["Document #"]
ignore: [Acct, Acct Name, {", ".join(ignored)}]
constants: {{department_code: "6300"}}
"""


_ORDERS: Final = """\
# Purchase orders of the prop house: JSON lines. Held as commitments, not posted.
vendor: prop_house_orders
feed: production
production: P100
record: purchase_order
source:
  kind: folder
  path: inbox/prop_house
  files: "{pull_date:%Y-%m-%d}.jsonl"
format: {kind: jsonl, encodings: [utf-8]}
key: [transaction_id]
columns:
  transaction_id: [order]
  transaction_date: [ordered]
  amount: [value]
  currency: [currency]
  gl_code: [gl]
  po_number: [number]
  vendor_name: [supplier]
  description: [for]
constants: {department_code: "2800"}
"""
