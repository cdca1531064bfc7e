"""The invariants over generated deliveries, through the whole flow and a lake on disk.

An example is several lakes, so there are few of them; `make proof` looks longer, and alone at those
properties that compare lakes.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cost_pipeline.core.reasons import Stage
from cost_pipeline.core.sql import equals
from cost_pipeline.pipeline.dead_letters.letters import of_posting

FEW = settings().max_examples // 12

PULLS = ("2026-04-01", "2026-04-02", "2026-04-03")
VENDORS = ("rentals", "lodging", "petty", "orders")


@pytest.fixture(scope="module")
def to_files(model, door):
    """Generated deliveries as (vendor, pull date, bytes, rows)."""

    def files(deliveries):
        made = []
        for vendor, pulled, rows in deliveries:
            typed = [model.Row(**row) for row in rows]
            made.append((vendor, pulled, door.csv_bytes(row.cells for row in typed), typed))
        return made

    return files


def _row(draw_amount):
    return st.fixed_dictionaries(
        {
            "id": st.sampled_from(["T1", "T2", "T3", ""]),
            "date": st.sampled_from(
                ["2026-03-31", "2026-04-01", "2026-04-02", "2026-04-04", "2026-04-09", "2026-02-31"]
            ),
            "amount": draw_amount,
            "currency": st.sampled_from(["USD", "EUR", "GBP", "CAD", "KRW", "ZZZ"]),
            "text": st.sampled_from(["", "a", 'say "b", then c']),
        }
    )


# Won have no minor units, so amounts are whole; the exactness of odd ones is a test of its own.
_ROWS = st.lists(
    _row(st.sampled_from(["10.00", "20.00", "7", "9999999999999999", "-5.00", "abc", "", "1,00"])),
    max_size=6,
)
_DELIVERY = st.tuples(st.sampled_from(VENDORS), st.sampled_from(PULLS), _ROWS)
DELIVERIES = st.lists(_DELIVERY, min_size=1, max_size=4)
# Rows that mostly agree, so that keys meet, stand, conflict and repeat.
_TIGHT_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["T1", "T2"]),
            "date": st.sampled_from(["2026-03-31", "2026-04-01", "2026-04-09"]),
            "amount": st.sampled_from(["10.00", "20.00"]),
            "currency": st.sampled_from(["USD", "GBP", "EUR"]),
            "text": st.just(""),
        }
    ),
    min_size=1,
    max_size=4,
)
TIGHT = st.lists(
    st.tuples(st.sampled_from(VENDORS), st.sampled_from(PULLS), _TIGHT_ROWS),
    min_size=2,
    max_size=4,
)


def _put(house, files):
    for number, (vendor, pulled, data, _) in enumerate(files):
        house.drop(vendor, pulled, data, name=f"_{number}")


@given(deliveries=st.one_of(DELIVERIES, TIGHT))
@settings(max_examples=FEW)
def test_every_row_is_where_the_naive_model_says_and_amounts_add_up(
    door, model, new_house, to_files, deliveries
):
    files = to_files(deliveries)
    house = new_house()
    _put(house, files)
    house.work(*PULLS)
    session = house.session()
    assert door.unlawful(session) == []

    shas = [door.hashlib.sha256(data).hexdigest() for _, _, data, _ in files]
    expected = model.outcome(
        [(v, pulled, sha, rows) for (v, pulled, _, rows), sha in zip(files, shas, strict=True)],
        door.RATES,
    )
    for report in door.reports(session):
        if report.duplicate_of is not None:
            assert report.duplicates == report.rows == report.accounted
            continue
        fates = expected.fates[report.vendor, report.delivery]
        assert fates == model.Fates(
            report.rows,
            report.records,
            report.posted,
            report.commitments,
            report.duplicates,
            report.dead_letters,
        )
    active = {
        (row["vendor"], row["delivery"], row["row"]): (
            row["original_amount"],
            row["original_currency"],
            row["base_amount"],
            row["base_currency"],
        )
        for row in door.active_lines(session)
    }
    assert active == expected.active
    found = {
        (row["vendor"], row["delivery"], row["currency"]): [
            row["recorded"],
            row["posted"],
            row["held"],
        ]
        for row in door.amounts_in_and_out(session).to_pylist()
    }
    assert found == expected.amounts
    refused = door.open_letters(session, of_posting(session))
    assert len(refused) == sum(expected.reasons.values())
    _assert_conserved_by_pull_date(door, session, files)


def _assert_conserved_by_pull_date(door, session, files):
    """Rows and readable amounts of a pull date's files are all found again, per currency."""
    # The same bytes under two names are received twice, and the vendor has one of each.
    received = {
        (vendor, pulled, number): rows for number, (vendor, pulled, _, rows) in enumerate(files)
    }
    rows_by_day = defaultdict(int)
    for (_, pulled, _), rows in received.items():
        rows_by_day[pulled] += len(rows)
    found_by_day = defaultdict(int)
    for report in door.reports(session):
        found_by_day[str(report.pull_date)] += report.accounted
    assert {d: n for d, n in found_by_day.items() if n} == {
        d: n for d, n in rows_by_day.items() if n
    }

    amounts_in = defaultdict(Decimal)
    distinct = {(vendor, data): rows for vendor, _, data, rows in files}
    for (vendor, _), rows in distinct.items():
        for row in rows:
            if row.amount not in {"abc", "", "1,00"} and row.currency != "ZZZ":
                amounts_in[vendor, row.currency] += Decimal(row.amount)
    amounts_out = defaultdict(Decimal)
    for row in door.amounts_in_and_out(session).to_pylist():
        amounts_out[row["vendor"], row["currency"]] += row["posted"] + row["held"]
    unread = equals("stage", Stage.VALIDATE) & ~of_posting(session)
    for letter in door.open_letters(session, unread):
        if letter["amount"] is not None and letter["currency"] not in {None, "ZZZ"}:
            amounts_out[letter["vendor"], letter["currency"]] += letter["amount"]
    assert {k: v for k, v in amounts_out.items() if v} == {k: v for k, v in amounts_in.items() if v}


@pytest.mark.proof
@given(deliveries=TIGHT, random=st.randoms(use_true_random=False))
@settings(max_examples=FEW)
def test_order_repetition_and_lateness_of_pulls_do_not_matter(
    door, new_house, to_files, deliveries, random
):
    files = to_files(deliveries)
    straight, roundabout = new_house(), new_house()
    _put(straight, files)
    straight.work(*PULLS)

    # One file after the other, each posted before the next comes, at whatever pull date; then every
    # date once more. A session of its own each time, as in separate runs.
    late = list(enumerate(files))
    random.shuffle(late)
    for number, (vendor, pulled, data, _) in late:
        roundabout.drop(vendor, pulled, data, name=f"_{number}")
        roundabout.work(pulled, one_by_one=random.random() < 0.5)
    roundabout.work(*random.sample(PULLS, len(PULLS)), *PULLS)

    assert door.digest(roundabout.session()) == door.digest(straight.session())
    assert door.open_reasons(roundabout.session()) == door.open_reasons(straight.session())
    assert door.unlawful(roundabout.session()) == []


@pytest.mark.proof
@given(deliveries=TIGHT)
@settings(max_examples=FEW)
def test_posting_date_by_date_or_all_at_once_is_the_same(door, new_house, to_files, deliveries):
    files = to_files(deliveries)
    digests = set()
    for one_by_one in (True, False):
        house = new_house()
        _put(house, files)
        house.work(*PULLS, one_by_one=one_by_one)
        digests.add(door.digest(house.session()))
        assert door.unlawful(house.session()) == []
    assert len(digests) == 1


@pytest.mark.proof
@given(rows=_TIGHT_ROWS, vendor=st.sampled_from(VENDORS), others=_TIGHT_ROWS, data=st.data())
@settings(max_examples=FEW)
def test_a_delivery_may_be_split(door, new_house, to_files, rows, vendor, others, data):
    # The parts come where the whole would have come, before what came after it. With an ordinal
    # the repetitions of a key stay in one part; otherwise any cut is lawful. A posting names the
    # file and the row that it came from, so what is compared is all the rest.
    if vendor == "lodging":
        kept = data.draw(st.sets(st.sampled_from(["T1", "T2"])))
        parts = [[r for r in rows if r["id"] in kept], [r for r in rows if r["id"] not in kept]]
    else:
        cut = data.draw(st.integers(0, len(rows)))
        parts = [rows[:cut], rows[cut:]]
    whole, split = new_house(), new_house()
    after = (vendor, "2026-04-05", others)
    _put(whole, to_files([(vendor, "2026-04-01", rows), after]))
    _put(split, to_files([*zip((vendor,) * 2, PULLS, parts, strict=False), after]))
    for house in (whole, split):
        house.work(*PULLS, "2026-04-05")
        assert door.unlawful(house.session()) == []
    assert door.economics(split.session()) == door.economics(whole.session())
    assert door.open_reasons(split.session()) == door.open_reasons(whole.session())


@given(deliveries=st.one_of(DELIVERIES, TIGHT))
@settings(max_examples=FEW)
def test_a_second_run_appends_nothing_and_nothing_is_ever_changed(
    door, new_house, to_files, deliveries
):
    files = to_files(deliveries)
    house = new_house()
    earlier = door.files_of(house.session())
    for number, (vendor, pulled, data, _) in enumerate(files):
        house.drop(vendor, pulled, data, name=f"_{number}")
        house.work(pulled)
        now = door.files_of(house.session())
        assert earlier.items() <= now.items(), "a file that was there is changed or gone"
        earlier = now
        assert not door.verify_ledger(house.session()).broken
    house.work(*PULLS)
    before = door.versions(house.session())
    again = house.work(*PULLS)
    assert door.versions(house.session()) == before
    assert again.posted == {}
    door.post(house.session(), [door.date(2026, 4, 1), door.date(2026, 4, 9)])
    assert door.versions(house.session()) == before


@given(
    amounts=st.lists(
        st.decimals(min_value=0, max_value=Decimal("9999999999999.99"), places=2),
        min_size=1,
        max_size=8,
    ),
    currency=st.sampled_from(["USD", "GBP", "CAD"]),
)
@settings(max_examples=FEW)
def test_sums_are_exact(door, model, new_house, amounts, currency):
    rows = [
        model.Row(f"T{n}", "2026-04-02", format(amount, "f"), currency, "")
        for n, amount in enumerate(amounts)
    ]
    house = new_house(vendors=["rentals"])
    house.drop("rentals", PULLS[0], [row.cells for row in rows])
    house.work(PULLS[0])
    totals = door.ledger_totals(house.session())
    assert totals.original[currency] == sum(amounts)
    assert totals.base["USD"] == sum(model.converted(row, "USD", door.RATES) for row in rows)
    assert all(isinstance(total, Decimal) for total in totals.base.values())
