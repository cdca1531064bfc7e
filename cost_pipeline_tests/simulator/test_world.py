"""The invented world: the same bytes from the same seed, and a truth that its bytes bear out."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

from cost_pipeline.contracts.tax_ids import canonical_tax_id
from cost_pipeline.contracts.unions import union_categories
from cost_pipeline.simulator.cast import CAST, GUILD, LEDGER, MAPLE, NORTHWIND, ORDERS, PAGE_SIZES
from cost_pipeline.simulator.costs import GOOD
from cost_pipeline.simulator.crew import CREW, GRIPS, UNDERPAID, cards_of
from cost_pipeline.simulator.world import DAYS, RESENT, make_world

WORKED = [day for day in DAYS if cards_of(day)]
_APIS = (NORTHWIND, GUILD)


@pytest.fixture(scope="module")
def world():
    return make_world()


def _bytes(world) -> dict[str, bytes]:
    pages = {
        f"{api.name}/{day}/{number}": world.page(api.name, day, number, PAGE_SIZES[api.name])
        for api in _APIS
        for day in DAYS
        for number in range(1, 5)
    }
    return {**world.files(), **pages}


def _digest(world) -> str:
    hasher = hashlib.sha256()
    for name, content in sorted(_bytes(world).items()):
        hasher.update(name.encode() + hashlib.sha256(content).digest())
    return hasher.hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process(world):
    code = (
        "import hashlib; from cost_pipeline.simulator.world import make_world;"
        "files = make_world().files();"
        "print(hashlib.sha256(b''.join(files[name] for name in sorted(files))).hexdigest())"
    )
    other = subprocess.run(  # noqa: S603  (this interpreter, this text)
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7"},
    )
    files = world.files()
    here = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()
    assert other.stdout.strip() == here
    assert _digest(make_world()) == _digest(world)


def test_another_seed_gives_another_world_of_the_same_shape(world):
    other = make_world(1)
    assert _digest(other) != _digest(world)
    counts = ("rows", "posted", "duplicates", "commitments", "dead_letters", "deliveries")
    for name in counts:
        assert other.truth().total(name) == world.truth().total(name)


def test_it_is_about_twenty_thousand_rows_of_six_vendors_over_seven_days(world):
    truth = world.truth()
    assert 19_000 < truth.total("rows") < 21_000
    assert len(truth.days) == len(DAYS) * len(CAST) + len(WORKED) == 39


def test_every_row_has_exactly_one_fate(world):
    for day in world.truth().days:
        assert day.rows == day.posted + day.commitments + day.duplicates + day.dead_letters
        assert day.records <= day.rows
        assert all(amount > 0 for amount in day.amounts.values())


def test_the_pages_hold_what_the_truth_says(world):
    for day in world.truth().days:
        if day.vendor not in PAGE_SIZES:
            continue
        size = PAGE_SIZES[day.vendor]
        sums, rows = Counter(), 0
        for number in range(1, day.deliveries + 1):
            page = json.loads(
                world.page(day.vendor, day.pull_date, number, size), parse_float=Decimal
            )
            items = page["items"] if day.vendor == NORTHWIND.name else page["data"]["lines"]
            more = page["more"] if day.vendor == NORTHWIND.name else page["data"]["more"]
            rows += len(items)
            assert more is (number < day.deliveries)
            for item in items:
                sums[item["currency"]] += item.get("net", item.get("gross"))
        assert rows == day.rows
        # What is refused or a duplicate is in the file too, and only that.
        assert set(day.amounts) <= set(sums)
        assert json.loads(world.page(day.vendor, day.pull_date, 9, size)) is not None


def test_the_dropped_files_hold_what_the_truth_says(world):
    files = world.files()
    for day in world.truth().days:
        if day.vendor == MAPLE.name:
            lines = []
            for name, content in files.items():
                if name.startswith(f"inbox/maple/{day.pull_date}"):
                    text = content.decode("utf-8")
                    assert text.startswith("\ufeffSettlement,")
                    lines += text.split("\r\n")[1:-1]
            blank = [line for line in lines if not line.strip(",")]
            assert (len(lines) - len(blank), len(blank)) == (day.rows, day.blank_rows)
        elif day.vendor == LEDGER.name:
            text = files[f"inbox/studio/{day.pull_date}.csv"].decode()
            cells = list(csv.reader(io.StringIO(text)))
            details = [row for row in cells if len(row) == 25 and row[0].isdigit()]
            assert len(details) == day.rows
            total = sum(Decimal(row[-1].replace(",", "")) for row in details)
            assert cells[-1][0] == "Grand Total"
            assert Decimal(cells[-1][-1].replace(",", "")) == total
            assert cells[0] == ["Show:", "Northern Lights"]
        elif day.vendor == ORDERS.name:
            lines = files[f"inbox/prop_house/{day.pull_date}.jsonl"].decode().splitlines()
            assert len(lines) == day.rows
            assert all(json.loads(line)["number"].startswith("PO-") for line in lines)


def test_the_crew_works_on_no_weekend_and_not_on_good_friday_and_is_paid_by_its_lines(world):
    assert [str(day) for day in WORKED] == ["2026-03-31", "2026-04-01", "2026-04-02", "2026-04-06"]
    truth = {day.pull_date: day for day in world.truth().days if day.vendor == CREW}
    reasons = Counter()
    for day in WORKED:
        text = world.files()[f"inbox/crew/{day}.csv"].decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == truth[day].rows == len(GRIPS)
        own = [
            sum(Decimal(line.rpartition("|")[2]) for line in row["Breakdown"].split(";"))
            == Decimal(row["Gross"])
            for row in rows
        ]
        assert own.count(False) == truth[day].by_reason.get("GROSS_NOT_THE_SUM", 0)
        late = [row["Card"] for row in rows if row["Meal out"] != "13:00"]
        assert late == [UNDERPAID] * truth[day].by_reason.get("UNION_MEALS", 0)
        reasons += Counter(truth[day].by_reason)
    assert reasons == {"UNION_MEALS": 1, "BAD_TIME": 1, "GROSS_NOT_THE_SUM": 1}


def test_one_file_comes_twice_under_another_name(world):
    files = world.files()
    again = files[f"inbox/maple/{RESENT}_resent.csv"]
    assert [name for name, content in files.items() if content == again] == [
        "inbox/maple/2026-04-02.csv",
        "inbox/maple/2026-04-04_resent.csv",
    ]
    assert world.truth().total("duplicate_deliveries") == 1


def test_amounts_are_exact_sums_of_good_costs(world):
    sums: Counter[str] = Counter()
    for day in WORKED:
        sums["USD"] += sum(card.amount for card in cards_of(day) if card.fate == GOOD)
    for (vendor, _), costs in world.costs.items():
        for cost in costs:
            if cost.fate == GOOD and vendor != ORDERS.name:
                sums[cost.currency] += cost.amount
    assert world.truth().amounts() == dict(sums)
    assert set(sums) == {"EUR", "GBP", "USD", "CAD", "AUD"}


def test_costs_of_easter_and_of_weeks_ago_are_among_them(world):
    ages = Counter(
        (day - cost.day).days for (_, day), costs in world.costs.items() for cost in costs
    )
    assert min(ages) == 0
    assert 35 < max(ages) <= 41  # a day more where it is exported once more
    easter = {cost.day.isoformat() for costs in world.costs.values() for cost in costs}
    assert {"2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06"} <= easter


def test_good_costs_are_good_by_the_contracts_own_tables(world):
    for costs in world.costs.values():
        for cost in costs:
            if cost.fate == GOOD and cost.category:
                assert union_categories().agreement(cost.gl_code) == cost.category
            if cost.fate == GOOD and cost.tax_id:
                assert canonical_tax_id(cost.tax_id) == cost.tax_id
    with pytest.raises(ValueError, match="CA-BN"):
        canonical_tax_id("CA-BN:123456789")


def test_numbers_are_unique_but_for_duplicates_and_conflicts(world):
    for character in CAST:
        numbers = Counter(
            cost.number
            for (vendor, _), costs in world.costs.items()
            for cost in costs
            if vendor == character.name and cost.fate not in {"DUPLICATE", "KEY_CONFLICT"}
        )
        assert set(numbers.values()) == {1}
