"""Files as they were met, through the whole flow: what posts, what is told, what turns red."""

import json
import shutil
from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.row_fate import row_fate
from cost_pipeline.lake.tables import CHECKPOINTS, VALIDATIONS
from cost_pipeline.pipeline.reports.findings import control_totals_hold, rows_are_conserved
from cost_pipeline.pipeline.reports.read_whole import deliveries_are_read_whole, left_unread
from cost_pipeline.pipeline.validation.totals import dates_without_total

PULLED = date(2026, 4, 1)


@pytest.fixture(scope="session")
def cases(project_root):
    """The folder of given cases beside the checkout."""
    folder = project_root.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip(f"the given cases are not here ({folder.name} beside the checkout)")
    return folder


@pytest.fixture
def given(door, tmp_path, cases):
    """Makes the home of a case with its files in place, perhaps with another vendor file."""

    def make(name, *edits):
        text = (cases / name / "vendor.yaml").read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        house = door.House(tmp_path / name, ())
        house.vendor_file("case", text.replace(f"inbox/{name}", "inbox/case"))
        for file in sorted((cases / name / "in").iterdir()):
            shutil.copy(file, house.root / "inbox" / "case" / file.name)
        return house

    return make


def posted(door, session):
    return sorted(
        [
            line["transaction_id"],
            str(line["transaction_date"]),
            line["original_amount"],
            line["original_currency"],
        ]
        for line in door.active_lines(session)
    )


def expected(cases, name):
    found = json.loads((cases / name / "expected.json").read_text(encoding="utf-8"))["posted"]
    return sorted([i, day, Decimal(amount), currency] for i, day, amount, currency in found)


def whole(session, door):
    reports = door.reports(session)
    return deliveries_are_read_whole(reports, lambda: reports)


CASES = {
    # What becomes of each: rows, reasons of dead letters, declared totals and broken ones.
    "control-cut-row": (3, {"MISSING_FIELD": 1}, (0, 0)),
    "control-date-only": (3, {"MISSING_FIELD": 1}, (0, 0)),
    "control-labelled-sum": (2, {}, (1, 1)),
    "control-then-footer": (3, {"MISSING_FIELD": 1}, (1, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_row_that_is_no_total_is_a_row_and_a_total_is_compared(door, given, cases, name):
    house = given(name)
    house.work(PULLED)
    session = house.session()
    assert posted(door, session) == expected(cases, name)
    rows, reasons, (declared, broken) = CASES[name]
    (report,) = door.reports(session)
    assert report.rows == rows
    assert door.open_reasons(session) == reasons
    outcome = control_totals_hold([report], COSTS.measure)
    assert outcome.numbers == {"declared": declared, "broken": broken}
    assert outcome.passed is not bool(broken)
    if broken:
        assert "declares 151.00 and its rows come to 150.00: off by 1.00" in outcome.message
        line = 4
        assert row_fate(session, f"{report.uri}:{line}")["fate"] == "control_row"
    assert rows_are_conserved([report]).passed
    assert door.unlawful(session) == []


def test_a_declared_footer_is_furniture(door, given):
    house = given("control-then-footer", ('tolerance: "0.00"', 'footers: ["Printed *"]'))
    house.work(PULLED)
    (report,) = door.reports(house.session())
    assert (report.rows, report.account.furniture, report.account.control) == (2, 1, 1)
    assert door.open_reasons(house.session()) == {}


def test_a_total_that_cannot_be_read_is_red(door, given):
    house = given("control-pound")
    house.work(PULLED)
    (report,) = door.reports(house.session())
    assert (report.rows, report.control, report.control_problem) == (2, None, "unreadable")
    assert report.as_json()["control_total"]["problem"] == "unreadable"
    outcome = control_totals_hold([report], COSTS.measure)
    assert not outcome.passed
    assert "cannot be read" in outcome.message


def test_a_total_that_must_be_there_and_is_not_is_red_and_holds_its_dates(door, given):
    house = given("control-missing-total", ('tolerance: "0.00"', "required: true"))
    house.pull(PULLED)
    session = house.session()
    (report,) = door.reports(session)
    assert (report.rows, report.control_problem) == (2, "missing")
    assert not control_totals_hold([report], COSTS.measure).passed
    days = [date(2026, 3, 2), date(2026, 3, 3)]
    assert dates_without_total(session, [*days, PULLED]) == dict.fromkeys(days, PULLED)

    file = house.root / "inbox" / "case" / "missing_total.csv"
    file.write_text(file.read_text(encoding="utf-8") + ",,,150.00\n", encoding="utf-8")
    later = door.NOW.replace(day=8)
    house.pull("2026-04-02", house.session(clock=lambda: later))
    assert dates_without_total(house.session(), days) == {}


def test_a_total_that_need_not_be_there_holds_nothing(door, given):
    house = given("control-missing-total")
    house.pull(PULLED)
    session = house.session()
    assert control_totals_hold(door.reports(session), COSTS.measure).passed
    assert dates_without_total(session, [date(2026, 3, 2)]) == {}


def test_a_second_sheet_is_told_or_read(door, given, cases):
    house = given("34-xlsx-two-sheets")
    house.work(PULLED)
    outcome = whole(house.session(), door)
    assert (outcome.passed, outcome.warning) == (False, True)
    assert "the sheet 'April' is not read (2 filled rows)" in outcome.message
    assert outcome.numbers["rows_not_read"] == 2

    house.edit_vendor("case", "{kind: excel}", "{kind: excel, sheets: all}")
    house.work(PULLED)
    session = house.session()
    assert whole(session, door).passed
    assert posted(door, session) == expected(cases, "34-xlsx-two-sheets")
    assert row_fate(session, "a.xlsx:March!2")["row"]["number"] == 1
    assert row_fate(session, "a.xlsx:April!2")["row"]["number"] == 2
    assert row_fate(session, "a.xlsx:1")["fate"] == "header"
    with pytest.raises(UsageError, match="several sheets"):
        row_fate(session, "a.xlsx:2")


def test_a_cover_is_no_table_and_a_hidden_sheet_is_told_of(door, given):
    house = given("25-xlsx-sheets")
    house.work(PULLED)
    cover, hidden = door.reports(house.session())
    assert (cover.state, hidden.state) == ("failed", "posted")
    assert [(s.name, s.read, s.filled) for s in hidden.account.sheets] == [
        ("old", False, 2), ("new", True, 2),
    ]  # fmt: skip
    (told,) = left_unread(hidden)
    assert "the hidden sheet 'old' is not read (2 filled rows)" in told
    house.edit_vendor("case", "excel", "excel, sheets: all, ignore_sheets: [Cover, old]")
    house.work(PULLED)
    assert {line[0] for line in posted(door, house.session())} == {"S1", "S2", "S4"}
    assert whole(house.session(), door).passed


@pytest.mark.parametrize(("name", "rows"), [("xl-totallabel", 1), ("xl-trailtext", 2)])
def test_totals_of_a_sheet_are_known_as_those_of_a_text(door, given, name, rows):
    house = given(name)
    house.work(PULLED)
    (report,) = door.reports(house.session())
    assert report.rows == rows
    assert report.control.declared == report.control.computed
    assert len(door.active_lines(house.session())) == 1
    assert len(door.open_letters(house.session())) == rows - 1
    house.edit_vendor("case", "{column: amount}", '{column: amount, footers: ["prepared *"]}')
    house.work(PULLED)
    assert door.reports(house.session())[0].control.holds


def test_utf_8_that_is_read_as_something_else_is_not_posted(door, given):
    house = given("06-mojibake")
    house.work(PULLED)
    session = house.session()
    assert door.open_reasons(session) == {"ENCODING": 1}
    assert sorted(line["description"] for line in door.active_lines(session)) == [
        "Café Zoë", "Müller",
    ]  # fmt: skip


def test_a_column_without_a_name_is_refused_or_passed_over_by_its_place(door, given):
    house = given("blank-header-cell")
    house.work(PULLED)
    assert len(door.open_letters(house.session())) == 2
    house.edit_vendor("case", "ignore: [Department, CCG]", 'ignore: [Department, "#2"]')
    house.work(PULLED)
    assert len(door.active_lines(house.session())) == 2
    assert door.open_letters(house.session()) == []


def test_a_line_without_an_end_where_others_had_one_is_told(door, given, cases):
    house = given("37-cut-last")
    for file in (house.root / "inbox" / "case").iterdir():
        file.unlink()
    small, large = ((cases / "37-cut-last" / "in" / f"x.csv.{n}").read_bytes() for n in (65, 94))
    for day, name, content in ((PULLED, "a", large), ("2026-04-02", "b", small)):
        (house.root / "inbox" / "case" / name).write_bytes(content)
        house.pull(day)
    first, cut = door.reports(house.session())
    assert (first.account.open_end, cut.account.open_end) == (False, True)
    outcome = whole(house.session(), door)
    assert "its last line has no line end" in outcome.message
    assert outcome.numbers["told"] == 1
    assert deliveries_are_read_whole([first], lambda: [first, cut]).passed


@pytest.mark.parametrize(
    "change",
    [{"lines": 5}, {"blank": 1}, {"rows": 1, "continued": 1}, {"furniture": -1}],
)
def test_lines_that_are_not_told_of_turn_conservation_red(door, house, change):
    house.drop(
        "rentals", PULLED, [("T1", "2026-04-01", "1", "GBP"), ("T2", "2026-04-01", "2", "GBP")]
    )
    house.work(PULLED)
    session = house.session()
    good = rows_are_conserved(door.reports(session))
    assert good.passed
    assert good.numbers["lines"] == 3
    table = session.lake.table(VALIDATIONS)
    row = table.snapshot().read().to_pylist()[0]
    account = json.loads(row["account"])
    account |= {name: account[name] + more for name, more in change.items()}
    _again(door, session, row | {"account": json.dumps(account), "sequence": 2})
    outcome = rows_are_conserved(door.reports(session))
    assert not outcome.passed
    assert outcome.numbers["unbalanced"] == 1


def test_cells_of_a_sheet_that_are_not_told_of_turn_conservation_red(door, given):
    house = given("xl-trailtext")
    house.work(PULLED)
    session = house.session()
    row = session.lake.table(VALIDATIONS).snapshot().read().to_pylist()[0]
    account = json.loads(row["account"])
    account["sheets"][0]["cells"] += 1
    _again(door, session, row | {"account": json.dumps(account), "sequence": 2})
    outcome = rows_are_conserved(door.reports(session))
    assert not outcome.passed
    assert "of the sheet 'S' 10 of 11 cells in 4 rows are told of" in outcome.message


def _again(door, session, row):
    rows = door.pa.Table.from_pylist([row], schema=VALIDATIONS.schema)
    part = door.Part("validations/damage", 1, rows)
    session.lake.table(VALIDATIONS).append_once([part], run_id="damage")


def test_a_lake_without_accounts_says_nothing_of_lines_and_goes_on(door, house):
    house.drop("rentals", PULLED, [("T1", "2026-04-01", "1", "GBP")])
    house.work(PULLED)
    session = house.session()
    row = session.lake.table(VALIDATIONS).snapshot().read().to_pylist()[0]
    _again(door, session, row | {"account": None, "sequence": 2})
    outcome = rows_are_conserved(door.reports(session))
    assert outcome.passed
    assert outcome.numbers["lines"] == 0
    assert CHECKPOINTS.schema.field("furniture_rows").nullable
