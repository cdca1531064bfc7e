"""The files of a new home, as text: read by people first, so each line says what it is for."""

from __future__ import annotations

from typing import Final

EXAMPLE_PULL_DATE: Final = "2026-04-01"
"""The pull date for which a new home has something to read."""

PRODUCTIONS: Final = """\
# The productions of this home. docs/interfaces.md describes every key.
lake: ./lake                        # where deliveries and tables are kept; relative to this file
productions:
  P100:                             # the code that vendor files name
    title: Northern Lights
    base_currency: USD              # the currency of its books
    time_zone: America/Los_Angeles
    start: 2026-03-01               # the first day that the web UI offers; see docs/dagster.md
    fx: {source: ecb, max_age_days: 5, rounding: half_even}
    # late_window_days: 400         # a cost that is older when it comes waits for a person
# fx_fetch:                         # new rates by themselves; without it the bundled ones serve
#   ecb:
#     source: {kind: http, url: "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml"}
#     history:                        # asked instead where more than one day is missing
#       kind: http
#       url: "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
#       unpack: zip
"""

SANDBOX_PRODUCTIONS: Final = """\
# A home of its own: what the example posts here is in no total of the home around it.
# Remove it with `cost-pipeline init --remove-example`.
lake: ./lake
productions:
  SANDBOX:                          # the code that the example's vendor file names
    title: An example
    base_currency: USD
    time_zone: America/Los_Angeles
    start: 2026-03-01
"""

EXAMPLE_VENDOR: Final = """\
# yaml-language-server: $schema=../vendor.schema.json
# An example that works: cost-pipeline run --home <this home> --pull-dates 2026-04-01
# Copy it for your own vendors; `cost-pipeline vendors try FILE` writes a first one for a file.
vendor: example_rentals             # names the asset raw/production/example_rentals
feed: production
production: P100                    # a code of productions.yaml
# purchase_order | vendor_invoice | payroll_line | location_settlement | timecard
record: vendor_invoice
priority: normal                    # payroll | high | normal | low
source:
  kind: folder                      # folder | http | sftp
  path: inbox/example               # relative to this home, or absolute
  files: "{pull_date:%Y-%m-%d}.csv" # that day's file; a plain glob ("*.csv") takes every new file
format:
  kind: csv                         # csv | excel | json | parquet ... docs/interfaces.md
  encodings: [utf-8-sig, cp1252]    # tried in order; the one that fits is recorded
  delimiter: ","
dates: ["%d/%m/%Y"]                 # how this vendor writes dates; tried in order
numbers: {decimal: ".", thousands: ",", symbols: ["£"], negatives: [leading, parentheses]}
negatives: dead_letter              # a negative amount needs a reversal, never a silent sign
key: [transaction_id]               # or `{columns: [...], ordinal: true}`, or `none`
columns:                            # contract field: its header names; the first present is used
  transaction_id: ["Invoice no", "InvoiceNo"]
  transaction_date: ["Invoice date"]
  amount: ["Net amount"]
  vendor_name: ["Supplier"]
  tax_id: ["VAT no"]                # as SCHEME:NUMBER
  description: ["Details"]
  po_number: ["PO"]
ignore: ["Printed"]              # known and not wanted; any other unknown column is drift
constants: {currency: GBP, department_code: "3300", gl_code: "3301"}
"""

EXAMPLE_FILE: Final = """\
Invoice no,Invoice date,Net amount,Supplier,VAT no,Details,PO,Printed
EX-1001,30/03/2026,"£1,250.00",Example Rentals Ltd,GB-VAT:999999973,"Camera, wk 13",PO-77,01/04/2026
EX-1002,30/03/2026,£310.50,Example Rentals Ltd,GB-VAT:999999973,Lens set,PO-77,01/04/2026
EX-1003,31/03/2026,£48.25,Example Rentals Ltd,GB-VAT:999999973,Batteries,,01/04/2026
EX-1004,31/03/2026,-£20.00,Example Rentals Ltd,GB-VAT:999999973,A credit (refused),,01/04/2026
"""

DAGSTER: Final = """\
# The Dagster instance of this home (DAGSTER_HOME is this folder).
telemetry:
  enabled: false
event_log_storage:                  # Dagster's own files and rows, written many at a time
  module: cost_pipeline.defs.event_log
  class: BatchedSqliteEventLog
  config:
    dagster_home:
      env: DAGSTER_HOME
nux:
  enabled: false                    # no newsletter dialog at the first visit
run_monitoring:
  enabled: true                     # a crashed run frees its slot
run_retries:
  enabled: true                     # starts a crashed run again; a failed step is not retried here,
  max_retries: 2                    # because calls to vendors have their own retries
  retry_on_asset_or_op_failure: false
concurrency:
  runs:
    max_concurrent_runs: 2
"""

DAGSTER_BEFORE: Final = frozenset(
    {
        "89965c195758e6561446e79f6451c31f2300507ab5311d422c520c060e74ab6a",  # 0.1
        "74c28801b8a9e9a78d08dcdc0ace86f81668ee46ab12850bff672174a8732fc1",  # 0.2: no newsletter
    }
)
"""The SHA-256 of the texts that earlier versions wrote in the place of DAGSTER."""
