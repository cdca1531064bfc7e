"""Each rule at each of its borders: what `tables` says by hand, and that it leaves none out."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.rules.pack import BEGINNING, FOREVER
from cost_pipeline_tests.rules.cards import findings
from cost_pipeline_tests.rules.tables import iatse, others, sag

TABLES = [sag.ROWS, iatse.ROWS, others.ROWS]
CASES = {
    f"{rule} {source}": rows for table in TABLES for (source, rule), rows in table.named.items()
}
SEVERITIES = {str(severity) for severity in Severity}


@pytest.fixture(scope="module")
def given():
    """What each rule gave on each card, of all rows at once."""
    cards = [
        card | {"worker_id": f"{name}/{n}", "transaction_id": f"{name}/{n}/{place}"}
        for name, rows in CASES.items()
        for n, row in enumerate(rows)
        for place, card in enumerate(row.cards)
    ]
    found = defaultdict(list)
    for finding in findings(*cards):
        if finding["severity"] != Severity.NOT_EVALUATED:
            found[finding["transaction_id"], finding["rule"]].append(finding)
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_rule_gives_what_the_facts_say(name, given):
    wrong = []
    money = not SEVERITIES & {row.gives for row in CASES[name]}
    for n, row in enumerate(CASES[name]):
        mine = [
            finding
            for finding in given[f"{name}/{n}/{len(row.cards) - 1}", row.rule]
            if (finding["due"] is not None) == money
        ]
        got = [finding["due"] if money else finding["severity"] for finding in mine]
        wanted = [] if row.gives is None else [Decimal(row.gives) if money else row.gives]
        if got != wanted:
            said = [f["explanation"] for f in mine]
            wrong.append((n, str(row.cards[-1]["work_date"]), got, wanted, said))
    assert not wrong


DATED = set().union(*(table.dated for table in TABLES))
KNOWN = set().union(*(table.known for table in TABLES))
SWEPT = set().union(*(table.swept for table in TABLES))
# What these say is by the date alone; every other kind has a number that a card can be at.
WITHOUT_NUMBERS = {
    *("scale", "holidays", "flat", "per_diem", "living_allowance", "contribution_rate"),
    *("daily_contribution", "benefit_hours"),
}


def borders(rule):
    """The first day of a rule and the day after its last, and those of when photography began."""
    for day in (rule.begins, rule.ends + timedelta(days=1) if rule.ends < FOREVER else FOREVER):
        yield rule.dated_by, day
    photography = rule.applies.photography
    if photography:
        yield from (
            ("photography_start", day) for day in (photography.first, photography.before) if day
        )


def without_a_row(dated):
    """The rules' dates that have no row: id, date, and the date of what it is."""
    return {
        (packed.rule.id, day, by)
        for packed in bundled_packs().rules
        for by, day in borders(packed.rule)
        if day not in {BEGINNING, FOREVER}
    } - dated


def test_every_rule_has_a_row_at_each_of_its_dates():
    assert without_a_row(DATED) == set()
    gone = ("sag.per_diem.c", date(2025, 12, 14), "work_date")
    assert without_a_row(DATED - {gone}) == {gone}


def test_every_rule_has_a_row():
    assert {packed.rule.id for packed in bundled_packs().rules} == KNOWN


def test_every_rule_with_a_number_has_rows_on_both_sides_of_it():
    numbered = {
        packed.rule.id
        for packed in bundled_packs().rules
        if packed.rule.amounts.kind not in WITHOUT_NUMBERS
    }
    assert sorted(numbered - SWEPT) == []
