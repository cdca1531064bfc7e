"""A vendor file is kept in the lake as JSON and read back as the same, whatever keys it has."""

import pytest
import yaml

from cost_pipeline.contracts.cost_vendor import CostVendor

BARE = """
vendor: rentals
feed: production
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox}
key: none
columns: {transaction_date: [Day], amount: [Net, Old Net]}
"""
SECTIONS = {
    "csv": "format: {kind: csv}",
    "listing": """
format:
  kind: csv
  header_within: 9
  furniture: ["Printed *"]
  fill_down: [Day]
  groups: [{column: Vendor, from: "#1", pattern: "A*", ends: ["Total *"]}]
  control_total: {label: [Sum], required: true, subtotals: [Part]}
""",
    "places": "format: {kind: csv, header: none, names: [Day, Net, Old Net]}",
    "kinds": """
format:
  kind: csv
  names: [kind, Day, Net]
  kinds: {uses: {H: header, D: row, T: trailer}, count: 2, total: 3}
""",
    "ruler": "format: {kind: fixed_width, layout: {ruler: true}}",
    "named layout": "format: {kind: showbiz_ubx}",
    "excel": "format: {kind: excel, sheets: all, ignore_sheets: [Notes], digits: 15}",
    "json": 'format: {kind: json, records: "bills[].lines[]", empty: row}',
    "xml": "format: {kind: xml, records: Doc/Ntry}",
    "parquet": "format: {kind: parquet, exact: [Net]}",
    "numbers": """
format: {kind: csv}
numbers: {decimal: ",", thousands: space, symbols: [kr], negatives: [trailing]}
""",
    "indian": 'format: {kind: csv}\nnumbers: {thousands: ",", grouping: indian}',
    "no thousands": "format: {kind: csv}\nnumbers: {thousands: none}",
    "sides": """
format: {kind: csv}
amount: {sign: {column: Side, debit: [S], credit: [H]}, zero: ["-"], currencies: {"£": GBP}}
""",
    "dates": 'format: {kind: csv}\ndates: {forms: ["%d %b"], languages: [de], year: past}',
    "ids": "format: {kind: csv}\nids: {prefixes: ['id:'], leading_zeros: drop}\nclean: all",
    "due": "format: {kind: csv}\nexpect: {cron: '0 17 * * 1-5', by: '20:00'}",
    "tax ids": "format: {kind: csv}\ntax_ids: {scheme: eu_vat, country: DE}",
    "window": "format: {kind: csv}\nplausible: {before: any, after: 3}",
}


def vendor_of(text: str) -> CostVendor:
    return CostVendor.model_validate(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - as homes do


@pytest.mark.parametrize("name", SECTIONS)
def test_a_vendor_file_that_was_kept_is_read_back_as_the_same(name):
    vendor = vendor_of(BARE + SECTIONS[name])
    assert CostVendor.model_validate_json(vendor.model_dump_json(by_alias=True)) == vendor


def test_a_key_with_other_fields_is_read_back_as_the_same():
    text = BARE.replace("key: none", "key: {columns: amount, else: [transaction_date]}")
    vendor = vendor_of(text + SECTIONS["csv"])
    assert CostVendor.model_validate_json(vendor.model_dump_json(by_alias=True)) == vendor
