"""Timecards through the flow: findings beside conversion, refusals before the ledger."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, time

import openpyxl
import pytest

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.feeds.production.tables import FINDINGS
from cost_pipeline.pipeline.dead_letters import sheet
from cost_pipeline.pipeline.dead_letters.corrections import take_in
from cost_pipeline.pipeline.dead_letters.export import export_letters
from cost_pipeline_tests.feeds.payday import (
    HUNGRY,
    NAMES,
    PAYDAY,
    card,
    csv_of,
    free_meals_from,
)


@pytest.fixture
def payroll(door, tmp_path):
    house = door.House(tmp_path / "home", ())
    house.vendor_file("payday", PAYDAY)
    return house


def findings(session, **having):
    rows = session.lake.table(FINDINGS).snapshot().read().to_pylist()
    return [r for r in rows if all(r[name] == value for name, value in having.items())]


def test_a_fair_card_is_posted_with_the_rules_it_was_evaluated_under(door, payroll):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3)))
    payroll.work("2026-03-08")
    session = payroll.session()
    assert door.open_reasons(session) == {}
    lines = door.active_lines(session)
    assert [str(line["original_amount"]) for line in lines] == ["602.5800", "602.5800"]
    assert all(line["rule_pack"].startswith("iatse_basic_2024@") for line in lines)
    assert findings(session)
    assert not findings(session, severity="block")
    assert door.unlawful(session) == []


def test_a_card_that_a_rule_blocks_is_a_dead_letter_and_its_neighbours_are_posted(door, payroll):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    payroll.work("2026-03-08")
    session = payroll.session()
    assert door.open_reasons(session) == {"UNION_MEALS": 1}
    (letter,) = door.open_letters(session)
    (error,) = json.loads(letter["errors"])
    assert error["field"] == "gross"
    assert "30.00" in error["message"]
    assert [line["transaction_id"] for line in door.active_lines(session)] == ["C-1"]
    (blocked,) = findings(session, severity="block")
    assert (str(blocked["due"]), str(blocked["paid"])) == ("30.0000", "0.0000")
    assert door.unlawful(session) == []


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_refused_card_goes_out_with_its_hours_and_comes_back_mended(door, payroll, suffix):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    payroll.work("2026-03-08")
    session = payroll.session()
    out, folder = payroll.root / f"out.{suffix}", payroll.root / "inbox" / "corrections"
    done = export_letters(session, "true", out)
    assert (done.rows, done.left_out) == ({"timecard": 1}, {})
    folder.mkdir(exist_ok=True)
    take_back(out, folder / f"mended.{suffix}", {"Meal 1 out": "13.0", "Meal 1 in": "13.5"})
    take_in(session)
    door.bring_up_to_date(session)
    assert door.open_reasons(session) == {}
    assert {line["transaction_id"] for line in door.active_lines(session)} == {"C-1", "C-2"}
    assert not findings(session, severity="block")
    assert door.unlawful(session) == []


def take_back(out, mended, values):
    """Write values into the one row of an export, and save it."""
    if out.suffix == ".csv":
        head, row = csv.reader(io.StringIO(out.read_text("utf-8-sig")))
        row = [values.get(name, cell) for name, cell in zip(head, row, strict=True)]
        with mended.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, row])
        return
    book = openpyxl.load_workbook(out)
    sheet = book["Timecards"]
    head = [cell.value for cell in sheet[1]]
    for name, value in values.items():
        sheet.cell(2, head.index(name) + 1).value = value
    book.save(mended)


def test_a_card_may_be_mended_with_real_times_and_dates_of_excel(door, payroll):
    payroll.edit_vendor("payday", "key:", 'dates: ["%d.%m.%Y"]\nnumbers: {decimal: ","}\nkey:')
    payroll.edit_vendor("payday", "2026-01-05", "05.01.2026")
    style = {"date": "03.03.2026", "amount": "602,58", "week": "07.03.2026", "rate": "54,78"}
    wrong = card(2, 3, wrap="half past five", **style)
    cells = [f'"{wrong[name]}"' for name in NAMES]
    payroll.drop("payday", "2026-03-08", f"{','.join(NAMES)}\n{','.join(cells)}\n".encode())
    payroll.work("2026-03-08")
    session = payroll.session()
    assert door.open_reasons(session) == {"BAD_TIME": 1}
    out, folder = payroll.root / "out.xlsx", payroll.root / "inbox" / "corrections"
    export_letters(session, "true", out)
    folder.mkdir(exist_ok=True)
    values = {"Wrap": time(17, 30), "Week ending": date(2026, 3, 7), "Rate": 54.78}
    take_back(out, folder / "mended.xlsx", values)
    take_in(session)
    door.bring_up_to_date(session)
    assert door.open_reasons(session) == {}
    (line,) = door.active_lines(session)
    assert line["transaction_id"] == "C-2"


def test_each_column_of_a_sheet_has_a_name_of_its_own():
    own = [sheet.KIND, sheet.FILE, *sheet.IDENTITY, sheet.RECEIVED]
    names = [*own, *(sheet.label(COST_CONTRACT, name) for name in COST_CONTRACT.fields)]
    assert len(names) == len(set(names))
    assert {"agreement", "zone", "day_type"} < set(sheet.words_to_choose(COST_CONTRACT))


def test_a_strict_vendors_run_is_rejected_whole_and_other_weeks_are_not(door, payroll):
    payroll.edit_vendor("payday", "key:", "payroll_run: strict\nkey:")
    other = card(3, 9, week="2026-03-14", day="1")
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY), other))
    payroll.work("2026-03-08", one_by_one=True)
    session = payroll.session()
    assert door.open_reasons(session) == {"UNION_MEALS": 1, "UNION_PAYROLL_RUN": 1}
    assert [line["transaction_id"] for line in door.active_lines(session)] == ["C-3"]
    assert door.unlawful(session) == []


def test_turning_strict_on_and_off_repairs_the_ledger(door, payroll):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    payroll.work("2026-03-08")
    before = door.digest(payroll.session())
    payroll.edit_vendor("payday", "key:", "payroll_run: strict\nkey:")
    payroll.work()
    assert door.active_lines(payroll.session()) == []
    payroll.edit_vendor("payday", "payroll_run: strict\n", "")
    payroll.work()
    assert door.digest(payroll.session()) == before
    assert door.unlawful(payroll.session()) == []


def test_a_second_run_with_nothing_new_writes_nothing(door, payroll):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    payroll.work("2026-03-08")
    tables = (*door.TABLES, FINDINGS)
    before = door.versions(payroll.session(), tables)
    payroll.work()
    assert door.versions(payroll.session(), tables) == before


def test_a_late_card_of_the_week_evaluates_the_days_before_it_again(door, payroll):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2)))
    payroll.work("2026-03-08")
    payroll.drop("payday", "2026-03-09", csv_of(card(2, 4)))
    payroll.pull("2026-03-09")
    assert [str(day) for day in door.stale(payroll.session())] == ["2026-03-02", "2026-03-04"]
    payroll.drop("payday", "2026-03-10", csv_of(card(3, 12, week="2026-03-14", day="4")))
    payroll.work("2026-03-10")
    assert door.unlawful(payroll.session()) == []


def test_cards_give_the_same_ledger_in_whatever_order_they_come(door, tmp_path):
    files = {
        "2026-03-08": csv_of(card(1, 2), card(2, 3, **HUNGRY)),
        "2026-03-09": csv_of(card(3, 4), card(4, 5)),
        "2026-03-10": csv_of(card(5, 6), card(6, 7)),
    }
    digests = set()
    for name, order in {"there": sorted(files), "back": sorted(files, reverse=True)}.items():
        house = door.House(tmp_path / name, ())
        house.vendor_file("payday", PAYDAY)
        for day in order:
            house.drop("payday", day, files[day])
            house.work(day)
        digests.add(door.digest(house.session()))
    assert len(digests) == 1


def test_a_changed_rule_restates_exactly_the_dates_that_it_covers(door, payroll):
    sent = (card(1, 2, **HUNGRY), card(2, 3, **HUNGRY), card(3, 4))
    payroll.drop("payday", "2026-03-08", csv_of(*sent))
    payroll.work("2026-03-08")
    assert door.open_reasons(payroll.session()) == {"UNION_MEALS": 2}
    changed = replace(
        payroll.session(), reference={"union_rules": free_meals_from(date(2026, 3, 3))}
    )
    assert [str(day) for day in door.stale(changed)] == ["2026-03-03", "2026-03-04"]
    door.bring_up_to_date(changed)
    assert door.open_reasons(changed) == {"UNION_MEALS": 1}
    posted = {line["transaction_id"]: line["rule_pack"] for line in door.active_lines(changed)}
    assert set(posted) == {"C-2", "C-3"}
    causes = [line["cause"] for line in door.lines(changed).to_pylist()]
    assert sorted(causes) == ["delivery", "delivery", "restated", "restated"]


class KilledError(Exception):
    """The process ended here."""


@pytest.mark.parametrize(
    ("table", "step"),
    [
        ("findings", "committed"),
        pytest.param("findings", "before", marks=pytest.mark.proof),
        pytest.param("dispositions", "before", marks=pytest.mark.proof),
    ],
)
def test_killed_at_any_commit_and_run_again_it_is_as_if_undisturbed(door, payroll, table, step):
    payroll.drop("payday", "2026-03-08", csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    payroll.pull("2026-03-08")

    def die(name, place):
        if (name, place) == (table, step):
            raise KilledError

    with pytest.raises(KilledError):
        door.bring_up_to_date(payroll.session(between=die))
    session = payroll.session()
    door.bring_up_to_date(session)
    assert door.open_reasons(session) == {"UNION_MEALS": 1}
    assert [line["transaction_id"] for line in door.active_lines(session)] == ["C-1"]
    kinds = [line["kind"] for line in door.lines(session).to_pylist()]
    assert kinds == ["post"]
    assert len(findings(session, severity="block")) == 1
    assert len({(f["fingerprint"], f["rule"]) for f in findings(session)}) == len(findings(session))
    assert door.unlawful(session) == []
