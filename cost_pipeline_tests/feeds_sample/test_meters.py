"""A feed that is a declaration and nothing more has everything that every feed has."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline import open_home
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.home.layout import init_home
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.standing.keys import candidate_schema, keys_of, resolve
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState

DAY = "2026-04-01"
HEADER = "Id,Date,Meter,Used,Unit\n"


@pytest.fixture
def worked(call, home):
    """The home after its first run."""
    assert call("run", "--home", home, "--pull-dates", DAY).code == 0
    return home


def test_its_declaration_is_short():
    place = Path(__file__).with_name("meters.py")
    assert len(place.read_text(encoding="utf-8").splitlines()) < 150


def test_a_delivery_becomes_records_and_dead_letters(call, worked):
    (found,) = call("deliveries", "--home", worked, "--json").json()
    assert (found["rows"], found["records"], found["dead_letters"]) == (7, 4, 3)
    letters = call("dead-letters", "list", "--home", worked, "--json").json()
    assert letters["by_reason"] == {"BAD_AMOUNT": 1, "BAD_DATE": 1, "BAD_TEXT": 1}
    first = letters["items"][0]
    assert (first["read_on"], first["used"], first["unit"]) == ("2026-03-31", "1.25", "kWh")
    assert "production" not in first
    assert "amount" not in first


def test_a_notebook_has_the_views_that_every_feed_has_and_no_other(meters, worked):
    home = open_home(worked, feeds=[*FEEDS, meters.METERS])
    assert repr(home).endswith("feed meters: records(kind), dead_letters(), deliveries()>")
    assert home.records("reading").to_pandas()["used"].sum() == Decimal("10.500000000001")
    assert home.dead_letters().to_arrow().num_rows == 3
    assert home.deliveries().to_arrow()["records"].to_pylist() == [4]
    with pytest.raises(AttributeError, match="a home of the feed meters has no 'ledger'"):
        home.ledger()


def test_the_same_again_does_nothing(call, worked):
    again = call("run", "--home", worked, "--pull-dates", DAY, "--json").json()
    assert (again["rows"], again["dead_letters"], again["checks"]["failed"]) == (7, 3, [])
    assert call("audit", "verify", "--home", worked, "--json").json()["events"] == 7
    assert call("replay", "--home", worked, "--json").code == 0


def test_dead_letters_are_mended_in_the_workbook(call, worked, tmp_path):
    file = tmp_path / "letters.xlsx"
    assert call("dead-letters", "export", "--home", worked, "--to", file).code == 0
    book = openpyxl.load_workbook(file)
    sheet = book["Readings"]
    head = {cell.value: cell.column for cell in sheet[1]}
    rows = {sheet.cell(n, head["Reading id"]).value: n for n in range(2, sheet.max_row + 1)}
    sheet.cell(rows["R3"], head["Unit"]).value = "m3"
    sheet.cell(rows["R4"], head["Read on"]).value = date(2026, 3, 30)
    sheet.cell(rows["R5"], head["Used"]).value = 7.5
    folder = worked / "inbox" / "corrections" / "meters"
    folder.mkdir(parents=True)
    book.save(folder / "mended.xlsx")
    assert call("dead-letters", "import", "--home", worked).code == 0
    assert call("dead-letters", "list", "--home", worked, "--json").json()["open"] == 0
    corrected = [d for d in call("deliveries", "--home", worked, "--json").json() if d["role"]]
    assert [one["records"] for one in corrected] == [3]


def test_it_answers_sql_and_has_no_book_to_post_to(call, worked):
    asked = "select kind, sum(used) as used from records group by all"
    assert call("sql", asked, "--home", worked, "--json").json() == [
        {"kind": "reading", "used": "10.500000000001"}
    ]
    none = call("sql", "from ledger", "--home", worked, "--json").error()
    assert none["remedy"].startswith("the views are records, dead_letters, deliveries")
    done = call("post", "--home", worked, "--json")
    assert (done.code, done.error()["code"]) == (2, "NO_BOOK")


def test_a_new_vendor_file_is_replayed(call, worked):
    place = worked / "vendors" / "lot7.yaml"
    place.write_text(place.read_text().replace("key:", 'dates: ["%d.%m.%Y"]\nkey:'))
    done = call("replay", "--home", worked, "--json")
    assert done.code == 0
    letters = call("dead-letters", "list", "--home", worked, "--json").json()
    assert letters["by_reason"]["BAD_DATE"] == 7


def test_a_new_column_is_drift(call, worked):
    (worked / "inbox" / "lot7" / "2026-04-02.csv").write_text(
        "Id,Date,Meter,Used,Unit,Phase\nR9,2026-04-02,E-1,1,kWh,3\n"
    )
    done = call("run", "--home", worked, "--pull-dates", "2026-04-02", "--json")
    assert done.code == 1
    assert any("drift" in one and "Phase" in one for one in done.json()["checks"]["failed"])
    assert call("drift", "show", "--home", worked).code == 1


def test_a_control_total_of_the_measure_is_held(call, home):
    (home / "inbox" / "lot7" / f"{DAY}.csv").write_text(
        "Id,Date,Meter,Used,Unit\nR1,2026-03-30,E-1,0.000000000001,kWh\n,,,0.000000000003,\n"
    )
    done = call("run", "--home", home, "--pull-dates", DAY, "--json")
    assert any("control_totals" in one for one in done.json()["checks"]["failed"])
    (found,) = call("deliveries", "--home", home, "--json").json()
    assert found["control_total"]["difference"] == "0.000000000002"


def test_its_assets_and_checks_are_named_by_layer_feed_and_noun(meters, worked):
    found = build_definitions(worked, [meters.METERS]).get_repository_def().asset_graph
    keys = {key.to_user_string() for key in found.get_all_asset_keys()}
    assert {
        "raw/meters/lot7",
        "records/meters/reading",
        "dead_letters/meters/meters_dead_letters",
    } <= keys
    assert not any("production" in key or "ledger" in key for key in keys)
    checks = {key.name for key in found.asset_check_keys}
    assert {"conservation", "control_totals", "drift", "fetched", "schema", "age"} <= checks


def test_two_feeds_in_one_home_are_told_apart(call, meters, home, tmp_path):
    both = init_home(tmp_path / "both")
    for name in ("vendors/lot7.yaml", "feeds/meters.yaml", f"inbox/lot7/{DAY}.csv"):
        (both / name).parent.mkdir(parents=True, exist_ok=True)
        (both / name).write_text((home / name).read_text())
    asked = call("run", "--home", both, "--pull-dates", DAY, "--json")
    assert asked.code == 2
    assert asked.error()["code"] == "WHICH_FEED"
    assert "--feed" in asked.error()["where"]
    done = call("run", "--home", both, "--pull-dates", DAY, "--feed", "meters", "--json")
    assert (done.code, done.json()["rows"]) == (0, 7)
    deliveries = call("deliveries", "--home", both, "--feed", "production", "--json").json()
    assert deliveries == []
    keys = build_definitions(both, [*FEEDS, meters.METERS]).get_repository_def().asset_graph
    assert {"production", "meters"} <= {key.path[1] for key in keys.get_all_asset_keys()}


def test_what_is_wrong_in_its_files_is_told(call, home):
    place = home / "vendors" / "lot7.yaml"
    place.write_text(
        place.read_text().replace("LOT-7", "LOT-9").replace("used: [Used]", "use: [U]")
    )
    found = call("vendors", "check", "--home", home, "--json").json()["problems"]
    assert [problem["message"] for problem in found] == [
        "there is no lot `LOT-9` in feeds/meters.yaml",
        "no column and no constant gives `used`",
        "`use` is not a field of a reading",
    ]


CELLS = st.tuples(
    st.sampled_from(["R1", "R2", "", "no id", "R-9"]),
    st.sampled_from(["2026-03-31", "2026-02-30", ""]),
    st.sampled_from(["E-1", "W-1", "e"]),
    st.sampled_from(["1", "-2.5", "0.000000000001", "1e3", "0.0000000000001", "123456789012.5"]),
    st.sampled_from(["kWh", "m3", "MWh"]),
)


@given(st.lists(CELLS, min_size=1, max_size=8))
def test_both_lanes_judge_its_rows_alike(meters, vendor, chunk_of, rows):
    found = [_judged(meters, vendor, chunk_of(rows), lanes) for lanes in ("model", "both")]
    assert found[0].records.equals(found[1].records)
    assert found[0].dead_letters.equals(found[1].dead_letters)


@pytest.fixture(scope="module")
def vendor(meters):
    return meters.LotVendor.model_validate(
        {
            "vendor": "lot7", "feed": "meters", "lot": "LOT-7", "record": "reading",
            "source": {"kind": "folder", "path": ".", "files": "x.csv"},
            "format": {"kind": "csv"}, "key": ["meter", "read_on"],
            "columns": {
                "reading_id": ["c0"], "read_on": ["c1"], "meter": ["c2"], "used": ["c3"],
                "unit": ["c4"],
            },
        }
    )  # fmt: skip


def _judged(meters, vendor, chunk, lanes):
    compiled = compile_interpreter(vendor, meters.CONTRACT, ["LOT-7"], chunk.columns)
    return validate_chunk(
        chunk,
        compiled,
        delivery="d" * 64,
        pull_date=date(2026, 4, 1),
        state=DeliveryState(),
        lanes=lanes,
    )


UNITS = (
    'measure:\n  units: {kWh: kWh, MWh: {unit: kWh, factor: "1000"}, m3: m3,'
    ' gal: {unit: m3, factor: "0.003785411784"}}\nkey:'
)


@pytest.fixture
def with_units(home):
    """The home, whose vendor writes units behind its numbers or in their own column."""
    place = home / "vendors" / "lot7.yaml"
    place.write_text(place.read_text().replace("key:", UNITS))

    def send(*rows, total=""):
        text = HEADER + "".join(f"R{n},2026-03-31,{row}\n" for n, row in enumerate(rows)) + total
        (home / "inbox" / "lot7" / f"{DAY}.csv").write_text(text)

    return send


def test_quantities_are_stored_in_the_units_of_the_contract(call, meters, home, with_units):
    with_units("E-1,12.5 MWh,", "E-2,-0.25 MWh,kWh", "E-3,7,kWh", "W-1,1,gal", "W-2,2gal,")
    call("run", "--home", home, "--pull-dates", DAY)
    records = open_lake(str(home / "lake")).table(meters.METERS.records).snapshot().read()
    found = {row["meter"]: (row["used"], row["unit"]) for row in records.to_pylist()}
    assert found == {
        "E-1": (Decimal(12500), "kWh"),
        "E-2": (Decimal(-250), "kWh"),
        "E-3": (Decimal(7), "kWh"),
        "W-1": (Decimal("0.003785411784"), "m3"),
        "W-2": (Decimal("0.007570823568"), "m3"),
    }


def test_a_unit_that_is_not_declared_is_refused_and_mended(call, home, with_units, tmp_path):
    with_units("E-1,12.5 GWh,", "E-2,3,GWh", "E-3,1 MWh,m3", "E-4,x MWh,", "W-1,0.1 gal,")
    call("run", "--home", home, "--pull-dates", DAY)
    letters = call("dead-letters", "list", "--home", home, "--json").json()["items"]
    told = {one["payload"].split(",")[2]: one["errors"][0]["message"] for one in letters}
    assert told == {
        "E-1": "beside '12.5' stands the unit 'GWh', which `units` does not name",
        "E-2": "beside '3' stands the unit 'GWh', which `units` does not name",
        "E-3": "'1 MWh' has a unit of its own, and another than 'm3' in the column of units",
        "E-4": "'x MWh' is not a number as this vendor writes them (decimals '.', no thousands"
        " sign)",
        "W-1": "'0.0003785411784' is not a quantity of at most 12 digits before and after a point",
    }
    file = tmp_path / "letters.xlsx"
    assert call("dead-letters", "export", "--home", home, "--to", file).code == 0
    book = openpyxl.load_workbook(file)
    sheet = book["Readings"]
    head = {cell.value: cell.column for cell in sheet[1]}
    for line in range(2, sheet.max_row + 1):
        sheet.cell(line, head["Used"]).value = 5
        water = sheet.cell(line, head["Meter"]).value == "W-1"
        sheet.cell(line, head["Unit"]).value = "m3" if water else "kWh"
    folder = home / "inbox" / "corrections" / "meters"
    folder.mkdir(parents=True)
    book.save(folder / "mended.xlsx")
    assert call("dead-letters", "import", "--home", home).code == 0
    assert call("dead-letters", "list", "--home", home, "--json").json()["open"] == 0


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        ("12.501 MWh", "0.00"),
        ("12502 kWh", "1.00"),
        ("12501", None),
        ("1 GWh", None),
    ],
)
def test_a_total_bears_its_unit_where_there_are_several(call, home, with_units, total, expected):
    with_units("E-1,12.5 MWh,", "E-2,1 kWh,", total=f",,,{total},\n")
    call("run", "--home", home, "--pull-dates", DAY)
    (found,) = call("deliveries", "--home", home, "--json").json()
    assert found["control_total"]["difference"] == expected
    assert found["control_total"]["problem"] == (None if expected else "unreadable")


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ('{"5": kWh}', "a unit has a letter first"),
        ('{MWh: {unit: kWh, factor: "1e3"}}', "no factor"),
        ('{MWh: {unit: kWh, factor: "0"}}', "greater than 0"),
    ],
)
def test_units_without_sense_are_told(call, home, units, words):
    place = home / "vendors" / "lot7.yaml"
    place.write_text(place.read_text().replace("key:", f"measure: {{units: {units}}}\nkey:"))
    found = call("vendors", "check", "--home", home, "--json").json()["problems"]
    assert any(words in problem["message"] for problem in found), found


QUANTITIES = st.tuples(
    st.sampled_from(["R1", "R2"]),
    st.just("2026-03-31"),
    st.sampled_from(["E-1", "W-1"]),
    st.sampled_from(
        ["1 MWh", "-2.5MWh", "(3)", "0.1 gal", "1", "1 GWh", "", "MWh", "1,5 MWh", "-1 kWh", "2 m3"]
    ),
    st.sampled_from(["kWh", "MWh", "gal", "", "m3", "GWh"]),
)


@given(st.lists(QUANTITIES, min_size=1, max_size=90))
def test_both_lanes_judge_quantities_alike(meters, vendor, chunk_of, rows):
    units = {"kWh": "kWh", "m3": "m3", "MWh": {"unit": "kWh", "factor": "1000"}}
    units["gal"] = {"unit": "m3", "factor": "0.003785411784"}
    style = meters.LotVendor.model_validate({**vendor.model_dump(), "measure": {"units": units}})
    found = [_judged(meters, style, chunk_of(rows), lanes) for lanes in ("model", "both")]
    assert found[0].records.equals(found[1].records)
    assert found[0].dead_letters.equals(found[1].dead_letters)


READINGS = st.tuples(
    st.sampled_from(["E-1", "E-2"]), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)
)


@given(st.lists(READINGS, min_size=1, max_size=8, unique=True), st.randoms())
def test_the_later_reading_stands_whatever_the_order(meters, readings, random):
    rows = [_record(number, *reading) for number, reading in enumerate(readings)]
    found = _standings(meters, rows)
    assert found == _standings(meters, random.sample(rows, len(rows)))
    for key in {row["key"] for row in rows}:
        mine = [row for row in rows if row["key"] == key]
        standing = [row for row in mine if found[row["fingerprint"]] == "stands"]
        assert [row["read_on"] for row in standing] == [max(row["read_on"] for row in mine)]


def _record(number, meter, day, pulled, used):
    return {
        "fingerprint": f"{number:064d}", "delivery": f"{pulled:064d}", "row": number,
        "line": number, "vendor": "lot7", "feed": "meters", "kind": "reading",
        "pull_date": date(2026, 4, pulled), "reading_id": "R1", "read_on": date(2026, 3, day),
        "lot": "LOT-7", "meter": meter, "used": used, "unit": "kWh", "key": meter,
        "interpretation": "i", "first_pulled": date(2026, 4, pulled),
    }  # fmt: skip


def _standings(meters, rows):
    schema = candidate_schema(meters.CONTRACT.shape)
    candidates = pa.Table.from_pylist(rows, schema=schema)
    resolved = resolve(keys_of(meters.CONTRACT), candidates).to_pylist()
    assert {row["standing"] for row in resolved} <= {"stands", "duplicate", "superseded"}
    return {row["fingerprint"]: row["standing"] for row in resolved}
