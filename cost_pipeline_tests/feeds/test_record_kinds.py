"""Files of several kinds of records, from bytes to the ledger: two vendors in a file, trailers."""

from __future__ import annotations

from datetime import date

import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.core.errors import CostPipelineError
from cost_pipeline.pipeline.reports.findings import control_totals_hold
from cost_pipeline.pipeline.validation.totals import dates_without_total
from cost_pipeline_tests.feeds.desk import DAY

_VENDOR = """vendor: {name}
feed: production
production: P100
record: vendor_invoice
source: {{kind: folder, path: inbox/{name}, files: "*.txt"}}
format:
  kind: csv
  delimiter: "|"
  names: [kind, id, amount]
  kinds:
    uses: {{HDR: header, INV: {inv}, PAY: {pay}, TRL: trailer}}{trailer}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [HDR.2]
  amount: [amount]
ignore: [kind]
constants: {{currency: GBP, department_code: "2000", gl_code: "2000-01"}}
"""
_FILE = "HDR|2026-04-01|ACME\nINV|A1|10.00\nINV|A2|2.50\nPAY|P1|7.00\nTRL|3|12.50\n"
_TRAILER = "\n    count: 2\n    counts: records\n    total: 3"


@pytest.fixture
def mixed(door, tmp_path):
    """Makes a home whose vendor has this file."""

    def make(text=_FILE, name="bills", **uses):
        settings = {"inv": "row", "pay": "other", "trailer": _TRAILER} | uses
        house = door.House(tmp_path / name, ())
        house.vendor_file(name, _VENDOR.format(name=name, **settings))
        (house.root / "inbox" / name / "a.txt").write_text(text, encoding="utf-8")
        return house

    return make


def held(house):
    return dates_without_total(house.session(), [date(2026, 4, 1)])


def ids(door, house):
    return sorted(line["transaction_id"] for line in door.active_lines(house.session()))


def test_rows_have_the_day_of_the_header_and_the_trailer_holds(door, mixed):
    house = mixed()
    house.work(DAY)
    assert ids(door, house) == ["A1", "A2"]
    (report,) = door.reports(house.session())
    assert (report.rows, report.account.furniture, report.account.control) == (2, 2, 1)
    outcome = control_totals_hold([report], COSTS.measure)
    assert (outcome.passed, outcome.numbers["declared"]) == (True, 1)
    assert door.open_reasons(house.session()) == {}
    assert held(house) == {}


def test_another_vendor_has_the_other_records_of_the_same_file(door, mixed):
    house = mixed()
    settings = {"inv": "other", "pay": "row", "trailer": "\n    count: 2\n    counts: records"}
    house.vendor_file("payments", _VENDOR.format(name="payments", **settings))
    (house.root / "inbox" / "payments" / "a.txt").write_text(_FILE, encoding="utf-8")
    house.work(DAY)
    assert ids(door, house) == ["A1", "A2", "P1"]
    assert door.unlawful(house.session()) == []


@pytest.mark.parametrize(
    ("old", "new", "words", "waits"),
    [
        ("TRL|3", "TRL|4", "another number of records than the 4 that its trailer declares", True),
        ("TRL|3|12.50\n", "", "lacks a total that must be there", True),
        ("|12.50", "|twelve", "has a total that cannot be read", True),
        ("|12.50", "|", "has a total that cannot be read", True),
        ("|12.50", "|13.50", "declares 13.50 and its rows come to 12.50: off by 1.00", False),
    ],
)
def test_a_trailer_that_does_not_hold_is_red(door, mixed, old, new, words, waits):
    house = mixed(_FILE.replace(old, new))
    house.work(DAY)
    outcome = control_totals_hold(door.reports(house.session()), COSTS.measure)
    assert not outcome.passed
    assert words in outcome.message
    assert bool(held(house)) is waits


def test_a_row_before_any_header_and_an_unknown_kind_are_dead_letters(door, mixed):
    house = mixed("INV|A0|1.00\n" + _FILE.replace("PAY", "ZZZ"), trailer="")
    house.work(DAY)
    assert ids(door, house) == ["A1", "A2"]
    assert door.open_reasons(house.session()) == {"MALFORMED_ROW": 1, "MISSING_FIELD": 1}


def test_a_cell_of_no_header_is_an_error_of_the_vendor_file(mixed):
    house = mixed()
    house.edit_vendor("bills", "HDR.2", "TRL.2")
    with pytest.raises(CostPipelineError, match="`TRL` is no header"):
        house.session()
