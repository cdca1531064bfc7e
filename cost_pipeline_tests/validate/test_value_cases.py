"""Small files that people met: each gives its right values, or says what is wrong."""

import json
from datetime import date

import pytest
import yaml

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse import open_rows
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState

SIGNS = {"currencies": {"£": "GBP", "€": "EUR", "$": "USD"}}
TYPES = {"sign": {"column": "Type", "debit": "PI", "credit": "PC"}}
SH = {"sign": {"column": "Text", "debit": "S", "credit": "H"}}

# The case, what is declared beside its vendor file, the records as `id day amount currency`, and
# the reasons of its dead letters, in the order of files and rows.
CASES = {
    "15-dates-compact": ({}, ["D00 2026-04-01 1 USD"], ["BAD_DATE"] * 5),
    "20-xlsx-1904": ({}, ["X1 2026-03-30 1.25 USD", "X2 2026-03-31 2.5 USD"], []),
    "26-xlsx-dates": (
        {},
        ["T1 2026-03-30 1 USD", "T4 2026-03-30 4 USD", "T6 2026-03-30 6 USD"],
        ["BAD_DATE", "MALFORMED_ROW", "BAD_DATE", "BAD_DATE", "MALFORMED_ROW", "BAD_DATE"],
    ),
    "82-cr-symbol": (
        {},
        ["S1 2026-03-30 100 USD", "S2 2026-03-30 -40 USD", "S3 2026-03-30 -40 USD"],
        [],
    ),
    "84-debit-credit": (
        {},
        ["D1 2026-03-30 54 USD", "D2 2026-03-30 -56 USD", "D3 2026-03-30 -7 USD"],
        [],
    ),
    "86-hs-indicator": (
        {"amount": SH},
        ["H1 2026-03-30 13.37 EUR", "H2 2026-03-30 -1337 EUR"],
        [],
    ),
    "values-suffix": ({}, ["A2 2026-03-02 1234.5 USD"], ["CURRENCY_CONTRADICTED"] * 2),
    "values-fr-nbsp": (
        {},
        [*(f"A{n} 2026-03-02 1234.56 USD" for n in range(3)), "A4 2026-03-02 -5 USD"],
        ["CURRENCY_CONTRADICTED"],
    ),
    "12-amounts-space": (
        {},
        [
            *(f"A0{n} 2026-03-30 1234.56 EUR" for n in range(3)),
            "A05 2026-03-30 5 EUR",
            "A06 2026-03-30 1234567 EUR",
        ],
        ["BAD_AMOUNT"] * 2,
    ),
    "currency-signs": ({}, ["A3 2026-03-02 300 USD"], ["CURRENCY_CONTRADICTED"] * 2),
    "currency-signs, declared": (
        {"amount": SIGNS},
        ["A1 2026-03-02 100 GBP", "A2 2026-03-02 200 EUR", "A3 2026-03-02 300 USD"],
        [],
    ),
    "values-cellnl": (
        {},
        ["A3 2026-03-02 1 USD", "A4 2026-03-02 1 USD"],
        ["BAD_TEXT"] * 5,
    ),
    "values-cellnl, declared": (
        {"clean": "all"},
        [f"A{n} 2026-03-02 1 USD" for n in range(1, 8)],
        [],
    ),
    "ids-as-floats": (
        {"ids": {"prefixes": "id:", "point_zero": "drop"}},
        ["1000012345 2026-03-02 1 USD"] * 3,
        [],
    ),
    "layout-sage": (
        {"amount": TYPES},
        [
            "ASH-6100 2026-09-01 1960.17 USD",
            "BEX-221 2026-09-03 9366.95 USD",
            "BEX-222 2026-09-05 -120 USD",
        ],
        [],
    ),
}


@pytest.fixture
def judged(project_root, productions):
    def judge(name, changes):
        folder = project_root.parent / "shared" / "cases" / name
        if not folder.is_dir():
            pytest.skip(f"the case {name} is not here (cases beside the checkout)")
        text = (folder / "vendor.yaml").read_text(encoding="utf-8")
        vendor = CostVendor.model_validate(yaml.load(text, yaml.BaseLoader) | changes)  # noqa: S506 - texts only
        records, letters = [], []
        for file in sorted((folder / "in").iterdir()):
            reader = open_rows(file, vendor.format)
            compiled = compile_interpreter(
                vendor, COST_CONTRACT, productions.productions.keys(), reader.header
            )
            state = DeliveryState()
            for chunk in reader:
                done = validate_chunk(
                    chunk, compiled, delivery="0" * 64, pull_date=date(2026, 12, 1), state=state
                )
                records += done.records.to_pylist()
                letters += done.dead_letters.to_pylist()
        return records, letters

    return judge


@pytest.mark.parametrize("name", CASES)
def test_a_case_gives_its_right_values(judged, name):
    changes, expected, reasons = CASES[name]
    records, letters = judged(name.partition(",")[0], changes)
    found = [
        f"{r['transaction_id']} {r['transaction_date']} {r['amount'].normalize():f} {r['currency']}"
        for r in records
    ]
    assert found == expected
    assert [letter["reasons"][0] for letter in letters] == reasons


def test_a_mark_in_the_middle_of_a_file_makes_no_second_id(judged):
    records, letters = judged("05-bom-midway", {})
    assert sorted({r["key"] for r in records}) == ["s2:B1,", "s2:B2,", "s2:B3,"]
    assert len({(r["key"], r["amount"], r["description"]) for r in records}) == 3
    assert len(letters) == 2


def test_binary_noise_is_told_with_what_to_declare(make_vendor, make_chunk, validate):
    vendor = make_vendor(format={"kind": "excel"}, dates=["%d/%m/%Y"])
    rows = [
        ("A", "2026-04-01", "159114.61000000002", "x"),
        ("B", "2026-04-01", "0.3333333333333333", "x"),
    ]
    outcome = validate([make_chunk(rows, ("No", "Date", "Net", "Text"))], vendor)
    first, second = (json.loads(text)[0] for text in outcome.dead_letters["errors"].to_pylist())
    assert "`digits: 15`" in first["message"]
    assert "digits: 15" not in second["message"]
