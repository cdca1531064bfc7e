"""The published Leeds files: what comes out was counted by other means first."""

import pytest

from cost_pipeline.contracts.control import ControlTotal, Told
from cost_pipeline.contracts.formats import CsvFormat
from cost_pipeline.parse import open_rows

pytestmark = pytest.mark.real_data

FORM = CsvFormat(encodings=("utf-8-sig", "cp1252"), control_total=ControlTotal()).telling(
    Told(("Net amount", "NetAmount"))
)


@pytest.mark.parametrize("bulk", [True, False])
@pytest.mark.parametrize(
    ("month", "expected"),
    [
        ("2010-12", (10303, 3, "utf-8-sig", None)),
        ("2011-01", (8837, 0, "cp1252", None)),
        ("2011-09", (9569, 55936, "utf-8-sig", None)),
        ("2011-11", (9279, 0, "cp1252", None)),
        ("2011-12", (9953, 9, "cp1252", {"Net amount": "78917710.50"})),
        ("2013-09", (8630, 0, "cp1252", {"NetAmount": "88683824.09"})),
        ("2013-12", (9574, 0, "utf-8-sig", {"NetAmount": "104758470.9"})),
        ("2020-06", (16176, 1, "cp1252", None)),
    ],
)
def test_every_month_reads_without_a_malformed_row(shared_data, drained, bulk, month, expected):
    reader = open_rows(shared_data / "leeds-council-spend" / f"{month}.csv", FORM, bulk=bulk)
    read = drained(reader)
    assert not read.problems
    assert (len(read.rows), read.blank_rows, read.encoding, read.control) == expected
    assert all(name.strip() for name in read.columns)


def test_a_pound_of_cp1252_and_a_thousands_comma_come_out_right(shared_data, drained):
    folder = shared_data / "leeds-council-spend"
    read = drained(open_rows(folder / "2011-09.csv", FORM))
    assert read.cells[0][9] == "2,142.73"
    assert '"2,142.73"' in read.texts[0]
    read = drained(open_rows(folder / "2011-01.csv", FORM))
    assert any("\u2013" in text for text in read.texts)  # 0x96 is a dash
