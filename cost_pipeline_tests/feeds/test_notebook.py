"""A home in a notebook: what frames hold, what stays of a type, and that nothing is left behind."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from cost_pipeline import open_home
from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.feeds.production.summary import currency_totals
from cost_pipeline_tests.feeds.payday import HUNGRY, PAYDAY, card, csv_of

OF_PRODUCTION = ["ledger", "findings", "costs"]
OF_EVERY_FEED = ["records", "dead_letters", "deliveries"]
DAYS = (date(2026, 4, 1), date(2026, 4, 2))


def bytes_of(folder):
    """Every file and folder below a folder, with what is in it and when it was written to."""
    return {
        place.relative_to(folder).as_posix(): (
            place.stat().st_mtime_ns,
            place.read_bytes() if place.is_file() else None,
        )
        for place in folder.rglob("*")
    }


@pytest.fixture(scope="module")
def worked(door, tmp_path_factory):
    """Two days of work, four vendors and timecards, a corrected rate between; not to be changed."""
    house = door.House(tmp_path_factory.mktemp("notebook") / "home")
    house.vendor_file("payday", PAYDAY)
    house.drop("payday", DAYS[0], csv_of(card(1, 2), card(2, 3, **HUNGRY)))
    house.drop("orders", DAYS[0], [("00077", "2026-04-01", "5.00", "USD", "boards")])
    for number, day in enumerate(DAYS):
        at = datetime.combine(day, time(17, 30), UTC)
        session = house.session(clock=lambda at=at: at)
        rows = [(f"000{number}{n}", day.isoformat(), f"{n}.1{n}", "GBP", "lamp") for n in range(4)]
        house.drop("rentals", day, [*rows, ("X", "2026-04-31", "1.00", "GBP", "no such day")])
        house.drop("lodging", day, [("H", "2026-03-31", "100.00", "CAD", f"room {number}")])
        if number:
            file = house.root / "correction.csv"
            file.write_text("currency,rate\nGBP,0.8111\n", "utf-8")
            correct_rates(session, DAYS[0], file, "a test")
        house.work(day, session=session)
    return house


@pytest.fixture(scope="module")
def home(worked):
    return open_home(worked.root)


def test_a_home_has_the_views_of_its_feed(home):
    assert [name for name in dir(home) if name in {*OF_PRODUCTION, *OF_EVERY_FEED}] == sorted(
        [*OF_PRODUCTION, *OF_EVERY_FEED]
    )
    assert "ledger(as_of)" in repr(home)
    with pytest.raises(AttributeError, match="has no 'legder'; it has: ledger, findings, costs"):
        home.legder()
    with pytest.raises(TypeError, match="ledger\\(\\) takes `as_of`"):
        home.ledger(kind="timecard")
    with pytest.raises(TypeError, match="deliveries\\(\\) takes nothing"):
        home.deliveries("2026-04-01")
    with pytest.raises(UsageError, match="no records of the kind invoice") as raised:
        home.records("invoice")
    assert "vendor_invoice" in raised.value.remedy


def test_frames_hold_what_the_lake_holds(home, worked, door):
    session = worked.session()
    active = {line["posting_id"] for line in door.active_lines(session)}
    assert set(home.ledger().to_arrow()["posting_id"].to_pylist()) == active
    kinds = Counter(home.records().to_arrow()["kind"].to_pylist())
    assert kinds == {"vendor_invoice": 10, "timecard": 2, "purchase_order": 1}
    assert home.records("purchase_order").to_arrow()["transaction_id"].to_pylist() == ["00077"]
    letters = home.dead_letters().to_arrow()
    reasons = Counter(code for codes in letters["reasons"].to_pylist() for code in codes)
    assert reasons == Counter(door.open_reasons(session))
    assert set(letters["state"].to_pylist()) == {"open"}
    found = home.deliveries().to_arrow().to_pylist()
    assert len(found) == len(door.reports(session))
    assert sum(row["posted"] for row in found) == len(active)
    severities = Counter(home.findings().to_arrow()["severity"].to_pylist())
    assert severities["block"] == 1


def test_costs_are_tied_to_the_ledger_to_the_cent(home, worked):
    for as_of in (None, "2026-04-01", "2026-04-02"):
        costs = home.costs(as_of=as_of).to_arrow().to_pylist()
        lines = home.ledger(as_of=as_of).to_arrow().to_pylist()
        by: dict[tuple[str, ...], list[Decimal]] = {}
        for line in lines:
            place = tuple(
                line[name]
                for name in (
                    "production", "gl_code", "department_code", "vendor", "original_currency",
                    "base_currency",
                )
            )  # fmt: skip
            sums = by.setdefault(place, [Decimal(0), Decimal(0), Decimal(0)])
            for at, amount in enumerate((1, line["original_amount"], line["base_amount"])):
                sums[at] += amount
        assert by
        assert {tuple(row.values())[:6]: list(row.values())[6:] for row in costs} == by
    totals = currency_totals(worked.session())
    assert sum(t.base for t in totals) == sum(row["base_amount"] for row in costs)
    assert {row["vendor"] for row in costs} == {"rentals", "lodging", "payday"}


def test_the_ledger_of_a_moment_is_what_was_known_then(home):
    then = [home.ledger(as_of=said).to_arrow() for said in ("2026-04-01", DAYS[0])]
    at = datetime(2026, 4, 1, 17, 30, tzinfo=UTC)
    then += [home.ledger(at).to_arrow(), home.ledger(as_of="2026-04-01T17:30:00Z").to_arrow()]
    assert len({tuple(sorted(one["posting_id"].to_pylist())) for one in then}) == 1
    now = home.ledger().to_arrow()
    assert set(then[0]["posting_id"].to_pylist()) - set(now["posting_id"].to_pylist())
    assert home.ledger(as_of="2026-03-30").to_arrow().num_rows == 0
    with pytest.raises(UsageError, match="neither a date nor an instant"):
        home.ledger(as_of="April")


def test_pandas_keeps_decimals_texts_and_days(home):
    found = home.ledger().to_pandas()
    assert found["original_amount"].dtype.pyarrow_dtype == pa.decimal128(20, 4)
    assert found["transaction_id"].dtype.pyarrow_dtype == pa.string()
    assert found["transaction_date"].dtype.pyarrow_dtype == pa.date32()
    of_rentals = found[found["vendor"] == "rentals"].sort_values("transaction_id")
    assert of_rentals["transaction_id"].tolist() == [f"000{d}{n}" for d in (0, 1) for n in range(4)]
    assert of_rentals["original_amount"].tolist()[:4] == [Decimal(f"{n}.1{n}00") for n in range(4)]
    assert of_rentals["transaction_date"].tolist()[0] == DAYS[0]
    assert of_rentals["po_number"].isna().all()
    total = found["base_amount"].sum()
    assert isinstance(total, Decimal)
    assert total == sum(home.costs().to_arrow()["base_amount"].to_pylist())
    assert list(home.dead_letters().to_pandas().columns) == home.dead_letters().columns


def test_relations_of_a_home_join_and_read_only_what_is_asked(home):
    ledger, costs = home.ledger().relation(), home.costs().relation()
    joined = ledger.set_alias("l").join(costs.set_alias("c"), "l.vendor = c.vendor")
    assert joined.count("*").fetchall()[0][0] >= len(home.ledger().to_arrow())
    ((total,),) = ledger.filter("vendor = 'rentals'").sum("original_amount").fetchall()
    assert total == 2 * sum(Decimal(f"{n}.1{n}") for n in range(4))
    assert "46 columns" in repr(home.ledger())


def test_polars_where_it_is_installed_or_an_error_that_says_how(home):
    if importlib.util.find_spec("polars") is None:
        with pytest.raises(UsageError, match="not installed") as raised:
            home.ledger().to_polars()
        assert "pip install polars" in raised.value.remedy
        return
    assert str(home.costs().to_polars()["base_amount"].dtype).startswith("Decimal")


def test_looking_changes_no_byte_of_a_home_in_which_nothing_is_derived(worked, tmp_path):
    root = tmp_path / "home"
    shutil.copytree(worked.root, root)
    shutil.rmtree(root / "lake" / "derived")
    for noted in root.rglob("_checksums"):
        noted.unlink()
    before = bytes_of(root)
    home = open_home(root)
    for name in (*OF_PRODUCTION, *OF_EVERY_FEED):
        frame = getattr(home, name)()
        assert frame.to_arrow().num_rows == len(frame.to_pandas()) > 0
    assert bytes_of(root) == before


def test_a_home_that_has_never_run_is_empty_and_stays_so(door, tmp_path):
    house = door.House(tmp_path / "home", rates=None)
    before = bytes_of(house.root)
    home = open_home(house.root)
    rows = [getattr(home, n)().to_arrow().num_rows for n in (*OF_PRODUCTION, *OF_EVERY_FEED)]
    assert rows == [0] * 6
    assert home.ledger().to_pandas()["base_amount"].dtype.pyarrow_dtype == pa.decimal128(20, 4)
    assert bytes_of(house.root) == before
    assert not (house.root / "lake").exists()


def test_a_frame_is_what_was_there_when_it_was_asked_for(worked, tmp_path):
    house = worked.copy(tmp_path / "home")
    home = open_home(house.root)
    early = home.ledger()
    house.drop("rentals", "2026-04-03", [("N", "2026-04-01", "7.00", "USD", "late")])
    house.work("2026-04-03")
    assert home.ledger().to_arrow().num_rows == early.to_arrow().num_rows + 1


def test_a_damaged_file_is_said_and_not_read(worked, tmp_path):
    house = worked.copy(tmp_path / "home")
    file = next(file for file in (house.root / "lake/tables/ledger").rglob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    with pytest.raises(EnvironmentFailedError) as raised:
        open_home(house.root).ledger().to_arrow()
    assert raised.value.code == "TABLE_DAMAGED"


def test_the_package_imports_nothing_until_a_home_is_opened():
    program = (
        "import sys, cost_pipeline\n"
        "heavy = ('pyarrow', 'duckdb', 'pandas', 'pydantic', 'dagster')\n"
        "assert not {*heavy} & {*sys.modules}\n"
        "cost_pipeline.open_home\n"
        "assert not {'dagster', 'aiohttp', 'rich'} & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603
