"""Which schema is accepted: told by dates and recorded acts, never by the order of pulls."""

from datetime import date

import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.lake.tables import ACCEPTED_SCHEMAS
from cost_pipeline.pipeline.validation.drift import accept, accepted_by_people, schemas_of

DAYS = (date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3))
BY = {"by": "A. Person", "reason": "they told us"}


def _plain(prefix, count=20):
    return [(f"{prefix}{n}", "2026-04-01", f"{n}.50", "GBP", "Lens set") for n in range(count)]


def _with_column(prefix, name="Surprise", count=20):
    rows = "".join(f"{prefix}{n},2026-04-01,{n}.50,GBP,Lens set,x{n}\n" for n in range(count))
    return f"id,date,amount,currency,text,{name}\n{rows}".encode()


def _told(session, vendor="rentals"):
    return [
        (r.pull_date, [f"{d.change.value} {d.column}" for d in r.red])
        for r in schemas_of(session, [vendor])
    ]


def test_the_first_schema_is_accepted_by_the_vendor_file_and_later_ones_are_compared(house):
    house.drop("rentals", DAYS[0], _plain("A"))
    house.drop("rentals", DAYS[1], _with_column("B"))
    house.work(DAYS[0], DAYS[1])
    session = house.session()
    assert _told(session) == [(DAYS[0], []), (DAYS[1], ["new Surprise"])]
    assert [r.accepted.by for r in schemas_of(session)] == [None, None]
    assert [r.pull_date for r in schemas_of(session, pull_dates=[DAYS[1]])] == [DAYS[1]]
    assert schemas_of(session, ["orders"]) == []


def test_an_unknown_column_of_the_very_first_delivery_is_red_all_the_same(house):
    house.drop("rentals", DAYS[0], _with_column("A"))
    house.work(DAYS[0])
    assert _told(house.session()) == [(DAYS[0], ["new Surprise"])]


def test_accepting_is_a_recorded_act_that_holds_from_its_delivery_on(house):
    house.drop("rentals", DAYS[0], _plain("A"))
    house.drop("rentals", DAYS[1], _with_column("B"))
    house.drop("rentals", DAYS[2], _with_column("C"))
    house.work(*DAYS[:2])
    session = house.session()
    found = accept(session, "rentals", **BY)
    assert [d.column for d in found.red] == ["Surprise"]
    house.work(DAYS[2])
    assert _told(session) == [(DAYS[0], []), (DAYS[1], []), (DAYS[2], [])]
    (row,) = session.lake.table(ACCEPTED_SCHEMAS).snapshot().read().to_pylist()
    assert (row["accepted_by"], row["reason"]) == ("A. Person", "they told us")
    assert (row["vendor"], row["delivery"], row["pull_date"]) == (
        "rentals", found.delivery, DAYS[1],
    )  # fmt: skip
    assert row["schema"] == found.schema.fingerprint
    assert accepted_by_people(session)["rentals"][0].schema == found.schema


def test_what_is_accepted_already_is_not_accepted_again(house, door):
    house.drop("rentals", DAYS[0], _with_column("A"))
    house.work(DAYS[0])
    session = house.session()
    assert accept(session, "rentals", **BY) is not None
    before = door.versions(session, [ACCEPTED_SCHEMAS])
    assert accept(session, "rentals", **BY) is None
    assert accept(session, "rentals", delivery=schemas_of(session)[0].delivery, **BY) is None
    assert door.versions(session, [ACCEPTED_SCHEMAS]) == before


def test_a_vendor_that_goes_back_to_what_it_sent_before_is_red_again(house):
    house.drop("rentals", DAYS[0], _plain("A"))
    house.drop("rentals", DAYS[1], [(*r[:2], r[2].replace(".", ""), *r[3:]) for r in _plain("B")])
    house.drop("rentals", DAYS[2], _plain("C"))
    house.work(*DAYS[:2])
    session = house.session()
    accept(session, "rentals", **BY)
    house.work(DAYS[2])
    told = _told(session)
    assert told == [(DAYS[0], []), (DAYS[1], []), (DAYS[2], ["retyped amount"])]


def test_on_the_day_of_a_change_files_of_both_schemas_may_come(house):
    house.drop("rentals", DAYS[0], _plain("A"), name="_old")
    house.drop("rentals", DAYS[0], _with_column("B"), name="_new")
    house.work(DAYS[0])
    session = house.session()
    assert sorted(columns for _, columns in _told(session)) == [[], ["new Surprise"]]
    accept(session, "rentals", **BY)
    assert [columns for _, columns in _told(session)] == [[], []]


def test_in_whatever_order_pulls_are_made_the_same_is_accepted_and_the_ledger_the_same(
    door, tmp_path
):
    seen = set()
    for number, order in enumerate((DAYS, (DAYS[2], DAYS[0], DAYS[1]))):
        house = door.House(tmp_path / str(number), ["rentals"])
        house.drop("rentals", DAYS[0], _plain("A"))
        house.drop("rentals", DAYS[1], _with_column("B"))
        house.drop("rentals", DAYS[2], _with_column("C", name="Other"))
        for day in order:
            house.work(day)
        session = house.session()
        told = tuple((day, tuple(columns)) for day, columns in _told(session))
        accept(session, "rentals", **BY)
        house.work(*order)
        seen.add((told, door.digest(session)))
        assert door.unlawful(session) == []
    assert len(seen) == 1


def test_accepting_changes_no_verdict_and_appends_nothing_to_the_ledger(house, door):
    house.drop("rentals", DAYS[0], _plain("A"))
    house.drop("rentals", DAYS[1], _with_column("B"))
    house.work(*DAYS[:2])
    session = house.session()
    before = door.versions(session)
    accept(session, "rentals", **BY)
    house.work(*DAYS[:2])
    assert {n: v for n, v in door.versions(session).items() if n != "deliveries"} == {
        n: v for n, v in before.items() if n != "deliveries"
    }


def test_two_people_who_accept_at_once_leave_one_acceptance(house):
    house.drop("rentals", DAYS[0], _with_column("A"))
    house.work(DAYS[0])
    other = []

    def first_comes_the_other(table, step):
        if (table, step) == ("accepted_schemas", "before") and not other:
            other.append(accept(house.session(), "rentals", **BY))

    assert accept(house.session(between=first_comes_the_other), "rentals", **BY) is None
    assert len(accepted_by_people(house.session())["rentals"]) == 1


def test_what_cannot_be_accepted_says_why(house):
    session = house.session()
    with pytest.raises(UsageError, match="nothing of rentals was read yet") as error:
        accept(session, "rentals", **BY)
    assert error.value.code == "NO_SCHEMA"
    house.drop("rentals", DAYS[0], _plain("A"))
    house.work(DAYS[0])
    with pytest.raises(UsageError, match="0 deliveries of rentals begin with 'zz'") as error:
        accept(session, "rentals", delivery="zz", **BY)
    assert error.value.code == "NO_SUCH_DELIVERY"


def test_a_delivery_that_could_not_be_read_has_no_schema(house, door):
    house.drop("rentals", DAYS[0], b"\x00\xff\x00\xfe binary")
    house.work(DAYS[0])
    session = house.session()
    assert door.report_of(session, door.reports(session)[0].delivery).state == "failed"
    assert schemas_of(session) == []
