"""The states of a delivery: derived, all reachable ones lawful, and never left by another way."""

import itertools

import pytest

from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.reports.states import TRANSITIONS, Facts, State, state_of
from cost_pipeline.pipeline.validation.deliveries import Portions, pending, validate_deliveries

DAY = "2026-04-01"
ROWS = [(f"T{i}", "2026-04-01", f"{i}.50", "GBP") for i in range(1, 12)]


def test_every_combination_of_facts_is_one_state_or_damage():
    seen = set()
    for *flags, archive in itertools.product([False, True], repeat=6):
        for rows, accounted in ((0, 0), (3, 0), (3, 3), (3, 4)):
            facts = Facts(*flags, rows, accounted, archive)
            more = accounted > rows and not facts.reread and not archive
            if facts.validated and not facts.repeated and more:
                with pytest.raises(EnvironmentFailedError, match="4 rows are accounted for"):
                    state_of(facts, where="x")
            else:
                seen.add(state_of(facts))
    assert seen == set(State)


def test_every_state_can_be_reached_and_a_duplicate_is_the_end():
    assert frozenset.union(*TRANSITIONS.values()) == set(State)
    assert TRANSITIONS.keys() == {None, *State}
    assert TRANSITIONS[State.DUPLICATE] == frozenset()


def test_a_delivery_goes_through_its_states_in_order_whatever_is_committed_next(door, tmp_path):
    """After each step of each commit its state is the one before or a lawful next one."""
    house = door.House(tmp_path / "home", ["rentals"])
    delivery = house.drop("rentals", DAY, ROWS)
    passed = [None]

    def between(_table, step):
        if step != "synced":
            return
        found = [r.state for r in door.reports(house.session()) if r.delivery == delivery]
        if found and found[0] != passed[-1]:
            assert found[0] in TRANSITIONS[passed[-1]]
            passed.append(found[0])

    session = house.session(between=between)
    pull(session, session.home.vendors, door._day(DAY))
    waiting = pending(session, session.home.vendors, door._day(DAY))
    validate_deliveries(session, waiting, Portions(chunk=2, commit=4))
    door.bring_up_to_date(session)
    assert passed == [None, State.LANDED, State.PARSED, State.VALIDATED, State.POSTED]


def test_between_another_reading_and_its_posting_a_delivery_waits_and_is_not_called_damaged(
    door, tmp_path
):
    """What the reading before posted still stands beside what the new one refused."""
    house = door.House(tmp_path / "home", ["rentals"])
    house.drop("rentals", DAY, ROWS)
    house.work(DAY)
    house.edit_vendor("rentals", "amount: [amount]", "amount: [sum]")
    session = house.session()
    waiting = pending(session, session.home.vendors, door._day(DAY))
    validate_deliveries(session, waiting, Portions(chunk=2, commit=4))
    (report,) = door.reports(house.session())
    assert (report.state, report.accounted) == (State.VALIDATED, 2 * len(ROWS))
    door.bring_up_to_date(house.session())
    (report,) = door.reports(house.session())
    assert (report.state, report.dead_letters) == (State.POSTED, len(ROWS))


def test_what_cannot_be_read_has_failed_and_a_mended_vendor_file_reads_it(door, tmp_path):
    house = door.House(tmp_path / "home", ["rentals"])
    house.drop(
        "rentals", DAY, "id,date,amount,currency,text\nT1,2026-04-01,1,USD,é\n".encode("cp1252")
    )
    house.work(DAY)
    assert [r.state for r in door.reports(house.session())] == [State.FAILED]
    house.edit_vendor("rentals", "{kind: csv}", "{kind: csv, encodings: [utf-8, cp1252]}")
    house.work(DAY)
    assert [r.state for r in door.reports(house.session())] == [State.POSTED]
