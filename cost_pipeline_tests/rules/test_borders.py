"""Each rule at each of its borders: what the tables of `tables` say, and that they leave none out."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.rules.pack import BEGINNING, FOREVER
from cost_pipeline_tests.rules.cards import findings
from cost_pipeline_tests.rules.tables import sag

TABLES = [sag.ROWS]
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
    for n, row in enumerate(CASES[name]):
        mine = given[f"{name}/{n}/{len(row.cards) - 1}", row.rule]
        if row.gives in SEVERITIES:
            got = [f["severity"] for f in mine if f["due"] is None]
            wanted = [row.gives]
        else:
            got = [f["due"] for f in mine if f["due"] is not None]
            wanted = [] if row.gives is None else [Decimal(row.gives)]
            got = got or [f["severity"] for f in mine]
        if got != wanted:
            said = [f["explanation"] for f in mine]
            wrong.append((n, str(row.cards[-1]["work_date"]), got, wanted, said))
    assert not wrong
