"""Programs go by the code and the value of an error, never by its words."""

import json
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.feeds.production.categories import codes_in_use, cost_codes_are_mapped
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.feeds.production.inputs import present_inputs
from cost_pipeline.feeds.production.tables import DEAD_LETTERS
from cost_pipeline.lake.delta import Part
from cost_pipeline.pipeline.dead_letters.checks import (
    letters_in_time,
    measures_lost,
    with_measures,
)
from cost_pipeline.pipeline.dead_letters.letters import open_dead_letters
from cost_pipeline.pipeline.dead_letters.told import as_json
from cost_pipeline.pipeline.dead_letters.words import words_of
from cost_pipeline.pipeline.reports import findings
from cost_pipeline.pipeline.reports.deliveries import deliveries
from cost_pipeline.pipeline.reports.gaps import provisional
from cost_pipeline.pipeline.reports.summary import unreadable
from cost_pipeline.pipeline.validation.drift import schemas_of
from cost_pipeline.pipeline.validation.sample import records_satisfy_contract
from cost_pipeline.quarantine.events import retried
from cost_pipeline_tests.feeds.outcomes import ledger_outcomes
from cost_pipeline_tests.feeds.payday import PAYDAY, card, csv_of

PULLED = date(2026, 4, 1)
DAY = PULLED.isoformat()
ROWS = [
    ("R1", "2026-03-31", "1.00", "GBP", "a lamp"),
    ("R1", "2026-03-31", "2.00", "GBP", "the same key"),
    ("R2", "2026-03-31", "1.0O", "GBP", "a letter in an amount"),
    ("R3", "2026-03-31", "-5.00", "GBP", "a credit"),
    ("R4", "2026-04-09", "5.00", "GBP", "a day without rates"),
]


@pytest.fixture(scope="module")
def worked_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("codes") / "home", ("rentals", "lodging", "petty"))
    (house.root / "inbox" / "lodging").rmdir()
    house.drop("petty", DAY, b"<!DOCTYPE html><html><body>please log in</body></html>")
    house.drop("rentals", DAY, ROWS)
    house.vendor_file("payday", PAYDAY.replace('"2500-01"', '"4600-01"'))
    house.drop("payday", DAY, csv_of(card(1, 2), card(2, 3)))
    house.work(DAY)
    return house


@pytest.fixture
def house(worked_once, tmp_path):
    """A home in which something is refused at every stage."""
    return worked_once.copy(tmp_path / "home")


def judged(session):
    """Every check that looks at dead letters or at what they make of a date."""
    reports, schemas = deliveries(session, [PULLED]), schemas_of(session, pull_dates=[PULLED])
    found = {
        "conservation": with_measures(
            findings.rows_are_conserved(reports), COSTS.measure, measures_lost(session, [PULLED])
        ),
        "control_totals": findings.control_totals_hold(reports, COSTS.measure),
        "drift": findings.columns_are_as_accepted(reports, schemas),
        "retyped": findings.values_mean_what_they_did(schemas, COSTS.measure),
        "age": letters_in_time(session).outcome,
        "union_categories": cost_codes_are_mapped(session, PULLED, "timecard"),
        "schema": records_satisfy_contract(session, PULLED, "vendor_invoice"),
    }
    for gap in provisional(session, [PULLED]):
        found[f"fetched {gap.uri}"] = findings.all_is_fetched(gap)
    for day, of_date in ledger_outcomes(session, sorted(present_inputs(session))).items():
        found |= {f"{name} {day}": one for name, one in of_date.items()}
    return [(name, one.passed, one.numbers) for name, one in found.items()]


def rewrite(session, change):
    """The errors of all open dead letters as they would be had another program written them."""
    table = session.lake.table(DEAD_LETTERS)
    snapshot = table.snapshot()
    letters = open_dead_letters(session, snapshot=snapshot)
    place = letters.schema.get_field_index("errors")
    errors = pa.array([change(text) for text in letters["errors"].to_pylist()], pa.string())
    letters = letters.set_column(place, letters.schema.field(place), errors)
    events = retried(letters, session.stamp(), 1, schema=DEAD_LETTERS.schema)
    parts = [
        Part(f"rewritten/{day}", 1, events.filter(pc.equal(events["day"], day)))
        for day in sorted(set(events["day"].to_pylist()))
    ]
    table.append(snapshot, parts, run_id=session.run_id)
    return letters.num_rows


def in_other_words(text):
    return json.dumps([{**error, "message": "something else"} for error in errors_of(text)])


def as_version_0_2(text):
    return json.dumps([{name: e[name] for name in ("field", "message")} for e in errors_of(text)])


def test_every_dead_letter_of_every_stage_says_its_codes(house):
    letters = as_json(house.session(), open_dead_letters(house.session()))
    assert {letter["stage"] for letter in letters} == {"acquire", "parse", "validate", "post"}
    for letter in letters:
        assert {error["code"] for error in letter["errors"]} == set(letter["reasons"])
    values = {e["code"]: e["value"] for letter in letters for e in letter["errors"]}
    assert values == {
        "BAD_AMOUNT": "1.0O", "FX_RATE_MISSING": "GBP", "KEY_CONFLICT": None,
        "NEGATIVE_AMOUNT": "-5.00", "NOT_THE_FORMAT": None, "FETCH_FAILED": None,
        "UNMAPPED_COST_CODE": "4600-01",
    }  # fmt: skip


def test_rewording_every_message_changes_no_check(house):
    session = house.session()
    before = judged(session)
    red = {name.partition(" ")[0] for name, passed, _ in before if not passed}
    assert {"union_categories", "refused_when_posting", "fetched"} <= red
    assert rewrite(session, in_other_words) == 8
    assert judged(session) == before
    assert [code.gl_code for code in codes_in_use(session) if code.refused] == ["4600-01"]


def test_what_version_0_2_stored_reads_well_and_counts_as_its_reasons_say(house):
    session = house.session()
    before = judged(session)
    texts = open_dead_letters(session)["errors"].to_pylist()
    words = {error["message"] for text in texts for error in errors_of(text)}
    rewrite(session, as_version_0_2)

    outcome = cost_codes_are_mapped(session, PULLED, "timecard")
    assert not outcome.passed
    assert outcome.numbers == {"codes": 1, "rows": 2}
    assert "not recorded (2)" in outcome.message
    (refused,) = [code for code in codes_in_use(session) if code.refused]
    assert (refused.gl_code, refused.agreement, refused.refused) == (None, None, 2)
    assert judged(session) == before

    letters = open_dead_letters(session)
    errors = [error for item in as_json(session, letters) for error in item["errors"]]
    assert {error["message"] for error in errors} == words
    assert {(error["code"], error["value"]) for error in errors} == {(None, None)}
    cells = words_of(letters, {}, ("amount", "gl_code"), PRODUCTION.texts()).by_field
    assert {text for text in cells["gl_code"].to_pylist() if text} <= words
    assert {one.message for one in unreadable(session, [PULLED])} <= words
    assert [gap.message in words for gap in provisional(session)] == [True]
