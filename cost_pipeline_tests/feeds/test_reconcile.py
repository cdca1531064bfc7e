"""Two vendors that tell of the same transactions: compared exactly, and posted once."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.contracts.columns import query
from cost_pipeline.feeds.production.pairs_agree import sides_agree
from cost_pipeline.feeds.production.reconcile import pairs, reconcile

DAY, NEXT, LATER = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 7)
PAIR = """
reconcile_with:
  vendor: listing
  key: [transaction_id]
  fields: [transaction_date, amount, currency, description]
  tolerance: "0.01"
"""


@pytest.fixture
def pair(door, house):
    """`rentals` posts; `listing` holds the same costs for reference."""
    listing = door.vendor_text("rentals").replace("vendor: rentals", "vendor: listing")
    house.vendor_file("listing", listing.replace("inbox/rentals", "inbox/listing") + "posts: false")
    house.vendor_file("rentals", door.vendor_text("rentals") + PAIR)
    return house


def compared(house):
    session = house.session()
    (one,) = pairs(session.home)
    found = reconcile(session, one)
    for side in (found.here, found.there):
        parts = (side.agree, side.differ, side.only, side.waiting, side.duplicates, side.conflicts)
        assert side.records == sum(parts), side
    return found


def told(found):
    return Counter(item["state"] for item in found.items())


def row(name, amount="10.00", currency="GBP", text="Lens", day="2026-04-01"):
    return (name, day, amount, currency, text)


def test_what_agrees_differs_or_is_on_one_side_only_is_told_field_by_field(pair):
    pair.drop("rentals", DAY, [row("A"), row("B"), row("C", "12.00"), row("D", text="Lamp")])
    pair.drop("listing", DAY, [row("A"), row("B", "10.01"), row("C", "12.02"),
                               row("D", text="Lamps", day="2026-04-02"), row("E")])  # fmt: skip
    pair.work(DAY)
    found = compared(pair)
    assert told(found) == {"differ": 2, "only_there": 1}
    assert (found.here.agree, found.there.agree) == (2, 2), "a penny is within the tolerance"
    by_key = {item["key"]["transaction_id"]: item for item in found.items()}
    assert by_key["C"]["fields"] == {"amount": {"here": "12.00", "there": "12.02"}}
    assert by_key["D"]["fields"] == {
        "transaction_date": {"here": "2026-04-01", "there": "2026-04-02"},
        "description": {"here": "Lamp", "there": "Lamps"},
    }
    assert by_key["E"]["here"] is None
    assert by_key["E"]["there"]["row"] == 5
    assert [(c, str(h), str(t)) for c, h, t in found.amounts] == [("GBP", "42.0000", "52.0300")]
    assert not sides_agree([found]).passed
    assert "rentals and listing: 2 transactions differ" in sides_agree([found]).message


def test_amounts_of_different_currencies_are_never_within_a_tolerance(pair):
    pair.drop("rentals", DAY, [row("A", "10.00", "GBP")])
    pair.drop("listing", DAY, [row("A", "10.00", "USD")])
    pair.work(DAY)
    (item,) = compared(pair).items()
    assert item["fields"] == {"currency": {"here": "GBP", "there": "USD"}}
    pair.drop("rentals", NEXT, [row("B", "10.00", "GBP")])
    pair.drop("listing", NEXT, [row("B", "10.01", "USD")])
    pair.work(NEXT)
    both = [i["fields"] for i in compared(pair).items() if i["key"]["transaction_id"] == "B"]
    assert set(both[0]) == {"amount", "currency"}


def test_the_side_for_reference_is_not_posted_and_every_row_is_accounted_for(door, pair):
    pair.drop("rentals", DAY, [row("A"), row("B")])
    listing = pair.drop("listing", DAY, [row("A"), row("B"), row("B"), row("C", "1e5")])
    pair.work(DAY)
    session = pair.session()
    assert {line["vendor"] for line in door.active_lines(session)} == {"rentals"}
    report = door.report_of(session, listing)
    assert (report.posted, report.reference, report.duplicates, report.dead_letters) == (0, 2, 1, 1)
    assert report.state == "posted"
    assert door.unlawful(session) == []
    assert compared(pair).there.duplicates == 1


def test_a_cost_for_reference_without_a_rate_is_no_dead_letter(door, pair):
    pair.drop("listing", DAY, [row("A", currency="KRW", day="2026-04-09")])
    pair.work(DAY)
    assert door.open_reasons(pair.session()) == {}
    assert door.unlawful(pair.session()) == []


@pytest.mark.parametrize("posted_first", [True, False])
def test_a_vendor_that_begins_or_ceases_to_post_is_repaired_by_difference(door, pair, posted_first):
    pair.edit_vendor("rentals", PAIR, "")
    old, new = ("posts: true", "posts: false") if posted_first else ("posts: false", "posts: true")
    pair.edit_vendor("listing", "posts: false", old)
    pair.drop("listing", DAY, [row("A")])
    pair.work(DAY)
    pair.edit_vendor("listing", old, new)
    assert len(door.active_lines(pair.session())) == posted_first
    pair.work(DAY)
    assert len(door.active_lines(pair.session())) == (not posted_first)
    assert door.unlawful(pair.session()) == []


def test_what_the_other_side_had_no_pull_for_yet_waits_and_is_not_red(pair):
    pair.drop("rentals", DAY, [row("A")])
    pair.drop("listing", DAY, [row("A")])
    pair.drop("rentals", NEXT, [row("B")])
    pair.work(DAY, NEXT)
    found = compared(pair)
    assert told(found) == {"waiting_here": 1}
    assert sides_agree([found]).passed
    pair.drop("listing", LATER, [row("Z", day="2026-04-02")])
    pair.work(LATER)
    assert told(compared(pair)) == {"only_here": 1, "waiting_there": 1}
    pair.edit_vendor("rentals", "tolerance:", "wait_days: 6\n  tolerance:")
    assert told(compared(pair)) == {"waiting_here": 1, "waiting_there": 1}


def test_with_nothing_on_one_side_nothing_is_said_to_agree(pair):
    empty = sides_agree([compared(pair)])
    assert (empty.passed, empty.warning) == (False, True)
    pair.drop("rentals", DAY, [row("A")])
    pair.work(DAY)
    assert not sides_agree([compared(pair)]).passed
    assert sides_agree([]).passed


def test_the_order_and_number_of_pulls_do_not_matter(door, pair, tmp_path):
    pair.drop("rentals", DAY, [row("A"), row("B", "1.00")])
    pair.drop("listing", NEXT, [row("A", "9.00"), row("C")])
    other = pair.copy(tmp_path / "other")
    pair.work(DAY, NEXT)
    other.work(NEXT)
    other.work(DAY, NEXT, DAY)
    assert list(compared(pair).items()) == list(compared(other).items())
    assert door.digest(pair.session()) == door.digest(other.session())


def test_of_several_records_with_one_key_those_that_are_equal_agree(door, pair):
    # By order number several invoices of one order meet; none of them is in two lines.
    pair.edit_vendor("rentals", "key: [transaction_id]\n  fields", "key: [currency]\n  fields")
    pair.edit_vendor(
        "rentals", "[transaction_date, amount, currency,", "[transaction_date, amount,"
    )
    pair.drop("rentals", DAY, [row("A", "1"), row("B", "2"), row("C", "2"), row("D", "9")])
    pair.drop("listing", DAY, [row("K", "2"), row("L", "3")])
    pair.work(DAY)
    found = compared(pair)
    assert (found.here.agree, found.here.differ, found.here.only) == (1, 1, 2)
    places = [item[side]["row"] for item in found.items() for side in ("here",) if item[side]]
    assert len(places) == len(set(places)) == 3
    assert door.unlawful(pair.session()) == []


records = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(["1.00", "1.01", "2.00"]),
              st.sampled_from(["GBP", "USD"])), max_size=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def statement(door, tmp_path_factory):
    """The comparison of a pair, as SQL over two tables."""
    from cost_pipeline.contracts.cost_vendor import ReconcileWith  # noqa: PLC0415
    from cost_pipeline.feeds.production import reconcile as module  # noqa: PLC0415

    del door, tmp_path_factory
    rule = ReconcileWith(vendor="x", key=("transaction_id",), fields=("amount", "currency"))
    return lambda here, there: query(
        module._sql(rule),
        here=here,
        there=there,
        rule=module._rule_row(rule, LATER, LATER),
    ).to_pylist()


def _table(rows, side):
    import pyarrow as pa  # noqa: PLC0415

    from cost_pipeline.contracts.cost_tables import MONEY  # noqa: PLC0415

    amounts = pa.array([amount for _, amount, _ in rows], pa.string()).cast(MONEY)
    return pa.table(
        {
            "fingerprint": pa.array([f"{side}{n}" for n in range(len(rows))], pa.string()),
            "delivery": pa.array([side] * len(rows), pa.string()),
            "row": pa.array(range(len(rows)), pa.int64()),
            "first_pulled": pa.array([DAY] * len(rows), pa.date32()),
            "transaction_id": pa.array([key for key, _, _ in rows], pa.string()),
            "amount": amounts,
            "currency": pa.array([currency for _, _, currency in rows], pa.string()),
        }
    )


@settings(max_examples=2 * settings().max_examples)
@given(here=records, there=records)
def test_every_record_is_in_exactly_one_line_and_as_many_agree_as_can(statement, here, there):
    lines = statement(_table(here, "h"), _table(there, "t"))
    for side, rows in (("here", here), ("there", there)):
        places = [line[f"{side}_row"] for line in lines if line[f"{side}_row"] is not None]
        assert sorted(places) == list(range(len(rows)))
    agreeing = sum(line["state"] == "agree" for line in lines)
    assert agreeing == sum((Counter(here) & Counter(there)).values())
    one_sided = Counter(key for key, _, _ in here) - Counter(key for key, _, _ in there)
    assert sum(line["state"] == "only_here" for line in lines) == sum(one_sided.values())
