"""What did not come, and what came to nothing, is red: absent, passed over, mostly refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cost_pipeline.commands.run import refuse_other_days
from cost_pipeline.core.errors import UsageError
from cost_pipeline.pipeline.pull.expected import all_expected, expected
from cost_pipeline.pipeline.pull.fetches import passed_over
from cost_pipeline.pipeline.reports.ingests import (
    ingests,
    ingests_are_posted,
    rows_are_accepted,
)
from cost_pipeline.pipeline.reports.summary import summarize

CASE = Path(__file__).resolve().parents[2] / "../shared/cases/blank-header-cell"
FIRST, SECOND, THIRD = (date(2026, 4, day) for day in (1, 2, 3))
ROW = ("R1", "2026-04-01", "10.00", "USD", "tape")


def house_that_expects(door, root, expect, *edits):
    house = door.House(root, ["rentals"], rates=None)
    file = house.root / "vendors" / "rentals.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}expect: {expect}\n", encoding="utf-8")
    for old, new in edits:
        house.edit_vendor("rentals", old, new)
    return house


def judged(house, day, now):
    session = house.session(clock=lambda: now)
    (vendor,) = session.home.vendors
    return expected(session, vendor, day)


def at(day, hour=12):
    return datetime(2026, 4, day, hour, tzinfo=UTC)


def test_nothing_by_then_is_red_and_says_what_was_seen(door, tmp_path):
    house = house_that_expects(door, tmp_path / "home", "daily")
    assert judged(house, FIRST, at(1)).passed  # nobody has looked for anything yet
    house.drop("rentals", FIRST, [ROW])
    (house.root / "inbox" / "rentals" / "2026_04_02.csv").write_bytes(b"x")
    for day in (FIRST, SECOND):
        house.pull(day, house.session(clock=lambda day=day: at(day.day)))
    assert judged(house, FIRST, at(3)).passed
    assert judged(house, SECOND, at(2)).passed  # the second day is not over
    found = judged(house, SECOND, at(3, 0))
    assert not found.passed
    assert not found.warning
    assert found.message == (
        "nothing came that was due by 2026-04-03 00:00 UTC (expect: daily); "
        "`{pull_date:%Y-%m-%d}*.csv` matches none of what inbox/rentals holds: 2026-04-01.csv, "
        "2026_04_02.csv"
    )
    assert not judged(house, THIRD, at(3)).passed  # told on the next day, too
    session = house.session(clock=lambda: at(3))
    assert {name: one.passed for name, one in all_expected(session).items()} == {"rentals": False}
    house.drop("rentals", SECOND, [("R2", *ROW[1:])])
    house.pull(SECOND, session)
    assert judged(house, SECOND, at(3)).passed


def test_a_time_of_day_tells_the_files_of_two_days_apart(door, tmp_path):
    """A plain glob: what was sent in the evening is pulled on the next morning."""
    house = house_that_expects(
        door, tmp_path / "home", "{cron: '0 17 * * *', by: '20:00'}",
        ('files: "{pull_date:%Y-%m-%d}*.csv"', 'files: "*.csv"'),
    )  # fmt: skip
    house.drop("rentals", FIRST, [ROW], name="a.csv")
    house.pull(SECOND, house.session(clock=lambda: at(2, 9)))
    assert judged(house, SECOND, at(2, 9)).passed
    house.pull(THIRD, house.session(clock=lambda: at(3, 9)))
    assert not judged(house, THIRD, at(3, 9)).passed  # that of the evening before is missing
    house.drop("rentals", FIRST, [("R2", *ROW[1:])], name="b.csv")
    house.pull(THIRD, house.session(clock=lambda: at(3, 10)))
    assert judged(house, THIRD, at(3, 10)).passed


def test_a_month_without_a_file_is_red_at_its_end(door, tmp_path):
    house = house_that_expects(door, tmp_path / "home", "monthly")
    later = at(1) + timedelta(days=60)
    for day in (date(2026, 4, 29), date(2026, 4, 30)):
        house.pull(day, house.session(clock=lambda: later))
    assert judged(house, date(2026, 4, 29), later).passed
    assert not judged(house, date(2026, 4, 30), later).passed


def test_the_time_zone_is_that_of_the_production(door, tmp_path):
    house = house_that_expects(door, tmp_path / "home", "daily")
    file = house.root / "productions.yaml"
    text = file.read_text(encoding="utf-8")
    zone = "base_currency: USD\n    time_zone: Asia/Tokyo"
    file.write_text(text.replace("base_currency: USD", zone), encoding="utf-8")
    house.pull(FIRST, house.session(clock=lambda: at(1, 1)))
    assert judged(house, FIRST, at(1, 14)).passed
    assert not judged(house, FIRST, at(1, 15)).passed  # midnight in Tokyo


def test_the_interpretation_of_a_vendor_that_expects_nothing_is_as_it_was(door, tmp_path):
    house = house_that_expects(door, tmp_path / "home", "daily")
    house.drop("rentals", FIRST, [ROW])
    house.work(FIRST)
    before = door.versions(house.session(), [door.VALIDATIONS])
    house.edit_vendor("rentals", "expect: daily", "")
    house.work(FIRST)
    assert door.versions(house.session(), [door.VALIDATIONS]) == before


@pytest.mark.skipif(not CASE.exists(), reason="../shared/cases is not here")
def test_a_delivery_of_which_every_row_is_refused_is_red(door, tmp_path):
    house = door.House(tmp_path / "home", [], rates=None)
    text = (CASE / "vendor.yaml").read_text(encoding="utf-8")
    house.vendor_file("blank_header_cell", text)
    for file in (CASE / "in").iterdir():
        (house.root / "inbox" / "blank-header-cell").mkdir(exist_ok=True)
        (house.root / "inbox" / "blank-header-cell" / file.name).write_bytes(file.read_bytes())
    house.work(FIRST)
    session = house.session()
    found = rows_are_accepted(session, ingests(session, [FIRST]))
    assert (found.passed, found.warning) == (False, False)
    assert "2 of 2 rows refused, most of them MALFORMED_ROW" in found.message
    assert ingests_are_posted(session).passed  # told once


def rows(good, bad, prefix="R"):
    amounts = ["10.00"] * good + ["ten"] * bad
    return [(f"{prefix}{n}", ROW[1], amount, *ROW[3:]) for n, amount in enumerate(amounts)]


@pytest.mark.parametrize(("good", "bad", "passed"), [(2, 2, True), (1, 2, False), (0, 1, False)])
def test_over_half_is_red_and_half_is_not(door, tmp_path, good, bad, passed):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    house.drop("rentals", FIRST, rows(good, bad))
    house.work(FIRST)
    session = house.session()
    assert rows_are_accepted(session, ingests(session, [FIRST])).passed is passed


def test_a_fresh_home_without_rates_is_red_until_they_are_loaded(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    foreign = [(f"R{n}", "2026-04-01", "10.00", "GBP", "tape") for n in range(3)]
    house.drop("rentals", FIRST, foreign)
    house.work(FIRST)
    session = house.session()
    assert rows_are_accepted(session, ingests(session, [FIRST])).passed
    found = ingests_are_posted(session)
    assert (found.passed, found.warning) == (False, False)
    assert "3 of 3 rows refused, most of them FX_RATE_MISSING. Load the rates" in found.message
    house.load_rates(door.RATES)
    door.bring_up_to_date(house.session())
    assert ingests_are_posted(house.session()).passed


def test_what_was_passed_over_is_in_the_summary(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    house.edit_vendor("rentals", 'files: "{pull_date:%Y-%m-%d}*.csv"', 'files: "*"')
    (house.root / "inbox" / "rentals" / "a.csv.filepart").write_bytes(door.csv_bytes([ROW]))
    house.work(FIRST)
    (told,) = passed_over(house.session(), [FIRST])
    assert (told.name, told.why) == ("a.csv.filepart", "temporary_name")
    summary = summarize(house.session(), [FIRST], passed=0, failed=[])
    assert summary.as_json()["passed_over"] == [told.as_json()]


def test_a_home_with_spaces_and_signs_in_its_path_works_and_verifies(door, tmp_path):
    house = door.House(tmp_path / "a b #1 100% Ünïted", ["rentals"], rates=None)
    house.drop("rentals", FIRST, [ROW])
    house.work(FIRST)
    house.work(FIRST)
    assert door.unlawful(house.session()) == []
    assert [row["transaction_id"] for row in door.active_lines(house.session())] == ["R1"]
    assert [one.name for one in tmp_path.iterdir()] == ["a b #1 100% Ünïted"]


@pytest.mark.parametrize("day", [date(1998, 1, 1), date(2026, 4, 8), date(2036, 1, 1)])
def test_a_day_that_nothing_can_be_pulled_for_is_refused(door, tmp_path, day):
    house = door.House(tmp_path / "home", ["rentals"], rates=None)
    with pytest.raises(UsageError) as refused:
        refuse_other_days(house.session(), [FIRST, day])
    assert refused.value.code == "PULL_DATE"
    assert str(day) in refused.value.message
    refuse_other_days(house.session(), [FIRST, door.NOW.date()])
