"""The invented company's cards are lawful, the same each time, and hold what rules look for."""

import csv
import io
from collections import Counter
from datetime import date

import pyarrow as pa
import pytest

from cost_pipeline.contracts.cards import cards_of
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.production import Productions
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.simulator.timecards import COLUMNS, ROLES, as_csv, company
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState

MONDAY = date(2026, 3, 2)  # the week in which clocks go forward, on its Sunday


@pytest.fixture(scope="module")
def cards():
    return list(company(7, 120, MONDAY, 2))


def read(cards):
    """The cards through the contract, as the rules get them; nothing may be refused."""
    vendor = CostVendor.model_validate(
        {
            "vendor": "payday",
            "production": "P100",
            "record": "timecard",
            "source": {"kind": "folder", "path": "inbox"},
            "format": {"kind": "csv"},
            "key": ["transaction_id"],
            "columns": {name: [name] for name in COLUMNS},
            "constants": {"currency": "USD"},
        }
    )
    home = Productions.model_validate(
        {"productions": {"P100": {"title": "x", "base_currency": "USD"}}}
    )
    header, *rows = csv.reader(io.StringIO(as_csv(cards)))

    class Chunk:
        columns = tuple(header)
        table = pa.table(
            {
                "row": pa.array(range(1, len(rows) + 1), pa.int64()),
                "line": pa.array(range(2, len(rows) + 2), pa.int64()),
                "text": pa.array([",".join(row) for row in rows]),
                "malformed": pa.nulls(len(rows), pa.string()),
                **{
                    f"c{place}": pa.array([row[place] for row in rows])
                    for place in range(len(header))
                },
            }
        )

    found = validate_chunk(
        Chunk,
        compile_interpreter(vendor, COST_CONTRACT, home.productions, header),
        delivery="0" * 64,
        pull_date=MONDAY,
        state=DeliveryState(),
    )
    assert found.dead_letters.to_pylist() == []
    return cards_of(found.records, {"P100": "America/Los_Angeles"})


def test_every_card_satisfies_the_contract(cards):
    assert read(cards).num_rows == len(cards)


def test_the_same_seed_draws_the_same_cards_and_another_others(cards):
    assert list(company(7, 120, MONDAY, 2)) == cards
    assert list(company(8, 120, MONDAY, 2)) != cards


def test_the_cards_hold_what_rules_look_for(cards):
    table = read(cards).to_pylist()
    crafts = {card["craft"] for card in table}
    assert len(crafts) >= len({role.craft for role in ROLES}) - 1
    assert {card["zone"] for card in table} == {
        *("studio", "studio_zone", "bus_to", "nearby", "distant"),
    }
    assert max(card["workday"] for card in table) == 7
    assert any(card["wrap"] > 24 * 60 for card in table)
    assert any(card["wrap"] < card["call"] for card in table)
    assert any(card["clock_shift"] for card in table)
    assert any(card["meal1_out"] is None for card in table)
    per_person = Counter((card["worker_id"], card["week_ending"]) for card in table)
    assert set(per_person.values()) >= {1, 3, 5, 6}
