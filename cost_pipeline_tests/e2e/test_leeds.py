"""Eight months of a council's published payments: real defects, real sizes, exact results."""

import csv
from collections import Counter
from decimal import Decimal

import pyarrow.compute as pc
import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.feeds.production.report import amounts_in_and_out
from cost_pipeline.feeds.production.trace import trace
from cost_pipeline.pipeline.reports.findings import control_totals_hold

pytestmark = pytest.mark.real_data

MONTHS = {
    "2010-12-31": "2010-12.csv",
    "2011-01-31": "2011-01.csv",
    "2011-09-30": "2011-09.csv",
    "2011-11-30": "2011-11.csv",
    "2011-12-31": "2011-12.csv",
    "2013-09-30": "2013-09.csv",
    "2013-12-31": "2013-12.csv",
}
NEWEST = {"2020-06-30": "2020-06.csv"}
# Header names that carry the amount, in the order of their appearance over the years.
AMOUNTS = ("Net amount", "NetAmount", "Amount")


def _independent(file):
    """Rows, blank rows and the sum of amounts, credits included, by the csv module alone."""
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    header, *rows = list(csv.reader(text.splitlines()))
    names = [name.strip().casefold() for name in header]
    place = next(names.index(name.casefold()) for name in AMOUNTS if name.casefold() in names)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    blank = len(rows) - len(filled)
    last = [number for number, cell in enumerate(filled[-1]) if cell.strip()]
    if last == [place]:
        filled.pop()
    amounts = [Decimal(row[place].strip().replace(",", "")) for row in filled]
    return len(filled), blank, sum(amounts)


@pytest.fixture(scope="module")
def home_of(make_home, leeds_vendor, tmp_path_factory):
    def make(*, newest=False, **changes):
        path = tmp_path_factory.mktemp("leeds") / "home"
        name = "leeds_2020" if newest else "leeds"
        return make_home(path, {name: leeds_vendor(newest=newest, **changes)})

    return make


@pytest.fixture(scope="module")
def in_order(home_of, flow):
    """The seven months of the old schemas, pulled in their order and posted once."""
    run = flow(home_of())
    run.pull(*MONTHS)
    run.post()
    return run


@pytest.fixture(scope="module")
def newest(home_of, flow):
    run = flow(home_of(newest=True))
    run.pull(*NEWEST)
    run.post()
    return run


@pytest.fixture(scope="module")
def reports(in_order, newest):
    return {r.pull_date.isoformat(): r for r in (*in_order.deliveries(), *newest.deliveries())}


@pytest.mark.parametrize(("day", "name"), [*MONTHS.items(), *NEWEST.items()])
def test_no_row_and_no_penny_of_a_month_is_lost(day, name, reports, in_order, newest, shared_data):
    report = reports[day]
    rows, blank, total = _independent(shared_data / "leeds-council-spend" / name)
    assert (report.rows, report.blank_rows) == (rows, blank)
    assert report.rows == report.records + report.refused
    assert report.rows == report.posted + report.duplicates + report.dead_letters
    assert report.state == "posted"
    amounts = amounts_in_and_out((newest if day in NEWEST else in_order).session)
    (mine,) = amounts.filter(pc.equal(amounts["delivery"], report.delivery)).to_pylist()
    assert mine["recorded"] == mine["posted"] + mine["held"] == total
    assert mine["currency"] == "GBP"


def test_fifty_six_thousand_blank_rows_are_counted_and_are_no_rows(reports):
    assert (reports["2011-09-30"].rows, reports["2011-09-30"].blank_rows) == (9569, 55936)


def test_no_column_of_any_month_is_unknown(reports):
    assert {day: report.drift for day, report in reports.items() if report.drift} == {}


def test_of_each_colliding_number_one_row_is_posted_and_the_other_explained(in_order, reports):
    november, december = reports["2011-11-30"], reports["2011-12-31"]
    letters = in_order.dead_letters("vendor = 'leeds'")
    numbers = {}
    for delivery in (november, december):
        refused = {i["row"]: i for i in letters if i["delivery"] == delivery.delivery}
        assert len(refused) == delivery.dead_letters
        numbers[delivery.delivery] = refused
    conflicts = [i for i in numbers[december.delivery].values() if "KEY_CONFLICT" in i["reasons"]]
    assert not any("KEY_CONFLICT" in i["reasons"] for i in numbers[november.delivery].values())
    # 9,279 numbers collide. A row refused by itself leaves the number to the other one.
    assert november.rows == 9279
    assert december.rows == 9953
    reasons = Counter(tuple(i["reasons"]) for i in numbers[december.delivery].values())
    assert set(reasons) == {("KEY_CONFLICT",), ("NEGATIVE_AMOUNT",)}
    assert december.posted + len(conflicts) + reasons["NEGATIVE_AMOUNT",] == 9953
    for item in conflicts[:3]:
        assert november.delivery in item["errors"][0]["message"]
        assert "1112-" in item["payload"]


@pytest.mark.proof
def test_colliding_months_come_to_the_same_in_either_order(home_of, flow, in_order):
    once = {r.pull_date: r.posted for r in in_order.deliveries()}
    digests = set()
    for months in (("2011-11-30", "2011-12-31"), ("2011-12-31", "2011-11-30")):
        run = flow(home_of())
        for month in months:
            run.pull(month)
            run.post()
        for report in run.deliveries():
            assert report.rows == report.posted + report.dead_letters
            assert report.posted == once[report.pull_date]
        digests.add(run.totals().digest)
    assert len(digests) == 1


@pytest.mark.proof
def test_any_order_and_twice_gives_the_same_ledger_and_appends_nothing_more(
    home_of, flow, in_order
):
    run = flow(home_of())
    run.pull(*reversed(MONTHS))
    run.post()
    wanted = in_order.totals()
    assert run.totals().digest == wanted.digest
    before = run.totals().postings
    letters = len(run.dead_letters())
    run.pull(*MONTHS)
    assert run.post() == 0
    assert (run.totals().postings, run.totals().digest) == (before, wanted.digest)
    assert len(run.dead_letters()) == letters
    assert len(run.deliveries()) == len(MONTHS)


def test_windows_text_comes_out_right(in_order, newest):
    assert trace(in_order.session, "1309-06028")["posting"]["vendor_name"] == "Papakåta Ltd"
    assert "Papakåta" in trace(in_order.session, "1309-06028")["row"]["text"]
    # The lost character was lost by the publisher; what came is what is kept.
    assert (
        trace(newest.session, "2006-05170")["posting"]["vendor_name"] == "Fylde Coast Women¿s Aid"
    )
    found = trace(newest.session, "2006-09955")
    assert found["posting"]["vendor_name"].strip("\xa0") == "Penna Plc"
    assert "Penna Plc\xa0" in found["row"]["text"]
    encodings = {r.pull_date.isoformat(): r.encoding for r in in_order.deliveries()}
    assert encodings["2013-09-30"] == encodings["2011-01-31"] == "cp1252"
    assert encodings["2010-12-31"] == "utf-8-sig"


def test_every_negative_amount_is_a_dead_letter_that_asks_for_a_reversal(in_order, newest):
    for run in (in_order, newest):
        letters = run.dead_letters("list_contains(reasons, 'NEGATIVE_AMOUNT')")
        assert letters
        for item in letters:
            assert "reversal" in item["errors"][0]["message"]
            assert item["errors"][0]["field"] == "amount"
    assert len(newest.dead_letters()) == 343


def test_a_total_that_is_off_by_a_penny_is_reported_exactly(reports):
    assert reports["2013-12-31"].as_json()["control_total"] == {
        "declared": "104758470.90",
        "computed": "104758470.89",
        "difference": "0.01",
        "tolerance": "0.00",
        "holds": False,
        "problem": None,
    }
    for day in ("2011-12-31", "2013-09-30"):
        assert reports[day].as_json()["control_total"]["difference"] == "0.00"


def test_a_tolerance_of_a_penny_lets_the_total_hold(home_of, flow):
    run = flow(home_of(tolerance="0.01"))
    run.pull("2013-12-31")
    (report,) = run.deliveries()
    assert report.control.difference == Decimal("0.01")
    assert control_totals_hold([report], COSTS.measure).passed


@pytest.mark.e2e
@pytest.mark.proof
def test_a_total_that_does_not_hold_is_the_exit_code_of_the_run(home_of, cli):
    found = cli("run", "--home", home_of(), "--pull-dates", "2013-12-31", "--json")
    assert found.code == 1, found.err
    summary = found.json()
    assert (summary["rows"], summary["posted"], summary["dead_letters"]) == (9574, 9459, 115)
    (failed,) = summary["checks"]["failed"]
    assert "off by 0.01" in failed
    assert "2013-12.csv" in failed
