"""Neighbours of the values that people met: two settings at once, and other spellings of one."""

import pytest

PLAIN = ("No", "Date", "Net", "Text")


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows with any header; both lanes agree on it."""

    def judge(rows, header=PLAIN, **changes):
        vendor = make_vendor(**changes)
        chunks = [make_chunk(rows, header)]
        model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        return both

    return judge


@pytest.mark.parametrize(
    "changes",
    [
        {"clean": "all"},
        {"clean": ["controls"]},
        {"ids": {"case": "upper", "leading_zeros": "drop"}},
        {"clean": "all", "ids": {"case": "upper"}},
    ],
)
@pytest.mark.parametrize("field", ["transaction_id", "description"])
def test_two_columns_that_differ_stay_a_contradiction_whatever_is_cleaned(judged, changes, field):
    columns = {
        "transaction_id": ["No"],
        "transaction_date": ["Date"],
        "amount": ["Net"],
        "description": ["Text"],
    }
    columns[field] = [*columns[field], "Other"]
    rows = [
        ("A1", "1/4/2026", "1", "A1", "B1"),
        ("A2", "1/4/2026", "1", "A2", "A2"),
        ("A3", "1/4/2026", "1", "A3", ""),
    ]
    outcome = judged(rows, (*PLAIN, "Other"), columns=columns, **changes)
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"]}
    assert outcome.records["transaction_id"].to_pylist() == ["A2", "A3"]
