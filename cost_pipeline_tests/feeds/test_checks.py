"""Every check has a case that turns it red, one in which it holds, and one with nothing to see.

Data are damaged in a copy of a good lake by a writer that does not ask: the lake's own table, or
the file itself.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.delta import Part
from cost_pipeline.pipeline.reports.findings import (
    columns_are_as_accepted,
    control_totals_hold,
    rows_are_conserved,
    values_mean_what_they_did,
)
from cost_pipeline.pipeline.validation.drift import accept, schemas_of
from cost_pipeline.pipeline.validation.sample import records_satisfy_contract
from cost_pipeline_tests.feeds.outcomes import ledger_outcomes

PULLED = date(2026, 4, 1)
DAY = date(2026, 4, 1)
QUIET = date(2026, 3, 2)


@pytest.fixture(scope="module")
def good(door, tmp_path_factory):
    """A posted lake in which everything holds."""
    house = door.House(tmp_path_factory.mktemp("good") / "home", ["rentals", "orders"])
    house.drop("rentals", PULLED, [(f"T{n}", str(DAY), "10.00", "GBP") for n in range(5)])
    house.drop("orders", PULLED, [("O1", str(DAY), "10.00", "GBP")])
    house.work(PULLED)
    assert door.unlawful(house.session()) == []
    return house


@pytest.fixture
def damaged(good, tmp_path):
    """A copy to be damaged."""
    return good.copy(tmp_path / "damaged")


def _outcomes(session, day=DAY):
    return ledger_outcomes(session, [day])[day]


def _append(session, spec, rows):
    part = Part("damage", 1, rows.select(spec.schema.names).cast(spec.schema))
    session.lake.table(spec).append_once([part], run_id="damage")


@pytest.fixture
def replace(forged):
    """Put these rows in the place of the one data file that a table has."""

    def put(session, spec, rows):
        (file,) = session.lake.table(spec).snapshot().files()
        forged(file, rows.drop_columns([spec.partition]))

    return put


def _set(table, column, value):
    field = table.schema.field(column)
    filled = pa.array([value] * table.num_rows, field.type)
    return table.set_column(table.schema.get_field_index(column), field, filled)


def test_all_checks_hold_on_a_good_lake_and_say_how_much_they_saw(door, good):
    session = good.session()
    outcomes = _outcomes(session)
    assert set(outcomes) == {
        "conservation", "fx_coverage", "integrity", "closed_periods", "refused_when_posting",
    }  # fmt: skip
    assert all(outcome.passed for outcome in outcomes.values())
    assert outcomes["conservation"].numbers == {"records": 6}
    assert outcomes["integrity"].numbers == {"batches": 1, "postings": 5}
    assert rows_are_conserved(door.reports(session)).numbers["rows"] == 6
    assert records_satisfy_contract(session, PULLED, "vendor_invoice").numbers == {"sampled": 5}


def test_checks_of_a_date_or_a_lake_with_nothing_hold_and_say_that_it_was_nothing(door, house):
    session = house.session()
    outcomes = _outcomes(session, QUIET)
    assert all(outcome.passed for outcome in outcomes.values())
    assert outcomes["conservation"].numbers == {"records": 0}
    assert outcomes["integrity"].numbers == {"batches": 0, "postings": 0}
    assert records_satisfy_contract(session, PULLED, "payroll_line").numbers == {"sampled": 0}
    nothing = door.reports(session)
    assert rows_are_conserved(nothing).numbers == {
        "deliveries": 0, "rows": 0, "lines": 0, "unbalanced": 0,
    }  # fmt: skip
    assert control_totals_hold(nothing, COSTS.measure).numbers == {"declared": 0, "broken": 0}
    assert columns_are_as_accepted(nothing, schemas_of(session)).passed
    meant = values_mean_what_they_did(schemas_of(session), COSTS.measure)
    assert meant.numbers == {"compared": 0, "retyped": 0}


def test_a_record_that_became_another_is_neither_posted_nor_kept_silent_about(door, damaged):
    before = door.digest(damaged.session())
    damaged.edit_vendor("rentals", 'gl_code: "2000-01"', 'gl_code: "2100-01"')  # post all anew
    (file,) = damaged.session().lake.table(door.RECORDS).snapshot().files()
    rows = pq.ParquetFile(file).read()
    pq.write_table(_set(rows, "transaction_id", "another"), file)
    with pytest.raises(EnvironmentFailedError, match="not as it was written") as refused:
        damaged.work(PULLED.isoformat())
    assert refused.value.where == file
    assert door.digest(damaged.session()) == before
    broken = door.verify_ledger(damaged.session()).broken
    assert any("of the table records is not as it was written" in b.first.message for b in broken)


def test_a_lost_record_breaks_the_conservation_of_rows(door, damaged, forged):
    session = damaged.session()
    table = session.lake.table(door.RECORDS)
    invoices = [f for f in table.snapshot().files() if pq.read_table(f).num_rows]
    (file,) = invoices
    rows = pq.ParquetFile(file).read()
    forged(file, rows.slice(1))
    outcome = rows_are_conserved(door.reports(session))
    assert not outcome.passed
    assert "rows" in outcome.message
    assert outcome.numbers["unbalanced"] == 1
    assert not _outcomes(session)["conservation"].passed, "the ledger has more than the records"


def test_a_delivery_that_was_never_validated_is_red(door, house):
    house.drop("rentals", PULLED, [("T", str(DAY), "1", "GBP")])
    session = house.session()
    door.pull(session, session.home.vendors, PULLED)
    outcome = rows_are_conserved(door.reports(session))
    assert not outcome.passed
    assert "was landed and not validated" in outcome.message


def test_a_dead_letter_that_vanishes_breaks_the_conservation_of_rows(door, house):
    house.drop("rentals", PULLED, [("T", str(DAY), "abc", "GBP")])
    house.work(PULLED)
    session = house.session()
    assert rows_are_conserved(door.reports(session)).passed
    events = session.lake.table(door.DEAD_LETTERS).snapshot().read()
    _append(session, door.DEAD_LETTERS, _set(_set(events, "event", "resolved"), "sequence", 2))
    assert not rows_are_conserved(door.reports(session)).passed


def test_a_record_that_appears_breaks_the_conservation_of_its_date(door, damaged):
    session = damaged.session()
    one = session.lake.table(door.RECORDS).snapshot().read().slice(0, 1)
    _append(session, door.RECORDS, _set(one, "fingerprint", "0" * 64))
    outcome = _outcomes(session)["conservation"]
    assert not outcome.passed
    assert "7 records of 70" in outcome.message.replace(",", "")
    assert "GBP" in outcome.message


def test_a_changed_amount_of_a_disposition_breaks_the_conservation_of_amounts(door, damaged):
    session = damaged.session()
    table = session.lake.table(door.DISPOSITIONS)
    rows = table.snapshot().read()
    assert rows["disposition"].to_pylist() == ["commitment"]
    table.replace(
        table.snapshot(),
        _set(rows, "amount", Decimal("10.0001")).cast(door.DISPOSITIONS.schema),
        [str(DAY)],
        "damage",
    )
    outcome = _outcomes(session)["conservation"]
    assert not outcome.passed
    assert "60.0001" in outcome.message


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rate_original", Decimal("0.9")),
        ("rate_base", Decimal("0.9")),
        ("snapshot", "f" * 64),
        ("rate_date", date(2026, 4, 3)),
        ("rate_date", date(2026, 3, 1)),
    ],
    ids=["original rate", "base rate", "unknown snapshot", "later than the cost", "too old"],
)
def test_a_posting_with_other_rates_than_its_snapshot_is_not_covered(
    door, damaged, column, value, replace
):
    session = damaged.session()
    replace(session, door.LEDGER, _set(door.lines(session), column, value))
    outcomes = _outcomes(session)
    assert not outcomes["fx_coverage"].passed
    assert outcomes["fx_coverage"].numbers == {"postings": 5}
    assert not outcomes["integrity"].passed


@pytest.mark.parametrize("column", ["description", "base_amount", "run_id", "batch_root"])
def test_a_changed_posting_breaks_the_integrity_of_its_date(door, damaged, column, replace):
    session = damaged.session()
    value = Decimal("0.0001") if column == "base_amount" else "0" * 64
    replace(session, door.LEDGER, _set(door.lines(session), column, value))
    outcome = _outcomes(session)["integrity"]
    assert not outcome.passed
    assert outcome.message.startswith("batch 1")
    verified = door.verify_ledger(session)
    assert verified.broken[0].transaction_date == DAY
    assert verified.as_json()["first_broken"]["batch"] == 1


def test_a_removed_posting_breaks_integrity_and_conservation(door, damaged, replace):
    session = damaged.session()
    replace(session, door.LEDGER, door.lines(session).slice(1))
    outcomes = _outcomes(session)
    assert not outcomes["integrity"].passed
    assert not outcomes["conservation"].passed


def test_a_refusal_when_posting_warns(house):
    house.drop("rentals", PULLED, [("T1", "2026-04-09", "1", "GBP")])
    house.work(PULLED)
    outcome = _outcomes(house.session(), date(2026, 4, 9))["refused_when_posting"]
    assert (outcome.passed, outcome.warning, outcome.numbers) == (False, True, {"records": 1})


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("currency", "XXX", "currency"),
        ("gl_code", "spoilt", "GL code"),
        ("transaction_date", date(1998, 1, 1), "transaction_date"),
    ],
)
def test_a_stored_record_that_breaks_its_contract_is_red(door, damaged, column, value, words):
    session = damaged.session()
    records = session.lake.table(door.RECORDS).snapshot().read()
    invoices = records.filter(pc.equal(records["kind"], "vendor_invoice")).slice(0, 1)
    _append(session, door.RECORDS, _set(invoices, column, value))
    outcome = records_satisfy_contract(session, PULLED, "vendor_invoice")
    assert not outcome.passed
    assert "is stored and unlawful" in outcome.message
    assert words in outcome.message


def _drift(door, house):
    session = house.session()
    return columns_are_as_accepted(door.reports(session), schemas_of(session))


def test_a_delivery_that_was_not_read_yet_is_not_said_to_be_as_accepted(door, house):
    house.drop("rentals", PULLED, [("T", str(DAY), "1", "GBP")])
    session = house.session()
    door.pull(session, session.home.vendors, PULLED)
    outcome = _drift(door, house)
    assert (outcome.passed, outcome.warning) == (False, True)


def test_an_amount_that_turns_into_another_kind_of_value_is_red_by_a_check_of_its_own(house):
    house.drop("rentals", PULLED, [(f"T{n}", str(DAY), f"{n}.50", "GBP") for n in range(20)])
    later = date(2026, 4, 2)
    house.drop("rentals", later, [(f"U{n}", str(DAY), f"{n}50", "GBP") for n in range(20)])
    house.work(PULLED, later)
    session = house.session()
    outcome = values_mean_what_they_did(schemas_of(session), COSTS.measure)
    assert not outcome.passed
    assert "'amount' (feeds amount) held amount 100%, and now digits 100%" in outcome.message
    assert outcome.numbers == {"compared": 2, "retyped": 1}
    assert values_mean_what_they_did(schemas_of(session, pull_dates=[PULLED]), COSTS.measure).passed
    accept(session, "rentals", by="A. Person", reason="pence from now on")
    assert values_mean_what_they_did(schemas_of(session), COSTS.measure).passed


def test_an_unknown_column_is_drift(door, house):
    text = "id,date,amount,currency,text,Surprise\nT1,2026-04-01,1,GBP,,x\n"
    house.drop("rentals", PULLED, text.encode())
    house.work(PULLED)
    outcome = _drift(door, house)
    assert not outcome.passed
    assert "'Surprise'" in outcome.message
    house.edit_vendor("rentals", "constants:", "ignore: [surprise]\nconstants:")
    house.work(PULLED)
    assert _drift(door, house).passed


@pytest.mark.parametrize(
    ("declared", "tolerance", "holds"),
    [("30.01", "0.00", False), ("30.00", "0.00", True), ("30.01", "0.01", True)],
)
def test_a_control_total_off_by_a_penny_is_red_unless_tolerated(
    door, house, declared, tolerance, holds
):
    house.edit_vendor(
        "rentals",
        "{kind: csv}",
        f'{{kind: csv, control_total: {{column: amount, tolerance: "{tolerance}"}}}}',
    )
    rows = [("T1", str(DAY), "10.00", "GBP"), ("T2", str(DAY), "20.00", "GBP")]
    house.drop("rentals", PULLED, [*rows, ("", "", declared, "")])
    house.work(PULLED)
    outcome = control_totals_hold(door.reports(house.session()), COSTS.measure)
    assert outcome.passed is holds
    assert outcome.numbers == {"declared": 1, "broken": 0 if holds else 1}
    if not holds:
        assert "declares 30.01 and its rows come to 30.00: off by 0.01" in outcome.message
    assert len(door.active_lines(house.session())) == 2


def test_a_control_total_over_an_unreadable_amount_does_not_hold(door, house):
    house.edit_vendor("rentals", "{kind: csv}", "{kind: csv, control_total: {column: amount}}")
    rows = [("T1", str(DAY), "10.00", "GBP"), ("T2", str(DAY), "x", "GBP"), ("", "", "10.00", "")]
    house.drop("rentals", PULLED, rows)
    house.work(PULLED)
    outcome = control_totals_hold(door.reports(house.session()), COSTS.measure)
    assert not outcome.passed
    assert "1 amounts unreadable" in outcome.message


def test_the_sample_is_of_the_records_that_count(door, good):
    session = good.session()
    stored = session.lake.table(door.RECORDS).snapshot().read()
    (kinds,) = query("select count(distinct kind) as n from stored", stored=stored).to_pylist()
    assert kinds["n"] == 2
    assert records_satisfy_contract(session, PULLED, "purchase_order").numbers == {"sampled": 1}
