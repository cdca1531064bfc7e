"""Rates are pinned from the days near a transaction, and answered as from the whole history."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.rate_sources import published_sources
from cost_pipeline.fx.calendar import last_publication_day
from cost_pipeline.fx.rates import IN_FORCE_SCHEMA, PINNED_SCHEMA, SUCCESSORS, in_force, pin_from
from cost_pipeline.fx.snapshots import correct

SOURCES = published_sources()
# Weekends, Christmas, the last days of the lev and, years before, of the kuna and the old lira.
DAYS = [
    *(date(2025, 12, 18) + timedelta(days=n) for n in range(24)),
    *(date(2022, 12, 28) + timedelta(days=n) for n in range(8)),
    *(date(2004, 12, 30) + timedelta(days=n) for n in range(6)),
    date(1999, 1, 4),
]
CURRENCIES = ["USD", "GBP", "BGN", "HRK", "TRL"]
_day = st.sampled_from(DAYS)
_rates = st.dictionaries(
    st.sampled_from(CURRENCIES), st.sampled_from(["0.5", "1.1", "2"]), min_size=1
)
_request = st.tuples(
    st.sampled_from([*DAYS, date(1998, 12, 31), date(2026, 6, 1)]),
    st.sampled_from([*CURRENCIES, "EUR", "XAU"]),
    st.sampled_from(["USD", "EUR", "BGN"]),
    st.sampled_from([0, 1, 5, 400, 2_000_000]),
)


def _quoted(rates, source):
    """Without the pivot, of which its source gives no rate."""
    return {code: rate for code, rate in rates.items() if code != source.pivot}


def _known(rows, source, day):
    """The rates that count on a day by currency, the pivot's own among them."""
    found = {
        row["currency"]: row
        for row in rows
        if (row["source"], row["reference_date"]) == (source.name, day)
    }
    pivot = {"rate": Decimal(1), "quote": "per_pivot", "snapshot": None, "vintage": 0}
    return {**found, source.pivot: pivot} if found else {}


def _walked(rows, source, day, currency, base, age):
    """What the rule of `fx.rates` says, by walking back through every day that is known."""
    nothing = dict.fromkeys(PINNED_SCHEMA.names[6:])
    one = {"rate_original": 1, "quote_original": "per_pivot"}
    one |= {"rate_base": 1, "quote_base": "per_pivot"}
    if currency == base:
        return nothing | one
    days = sorted({row["reference_date"] for row in rows if row["source"] == source.name})
    days = [known for known in days if known <= day]
    both = [known for known in days if {currency, base} <= _known(rows, source, known).keys()]
    published = last_publication_day(source, day)
    opening = f"no rate from {currency} to {base} for {day}: "
    if published is None:
        why, said = "MISSING", f"{source.title} published none before {source.first_day}"
    elif not days or days[-1] < published:
        why = "MISSING"
        said = (
            f"{source.title} publishes on {published} and its snapshot is not loaded; "
            "load it and run again"
        )
    elif not both:
        why = "MISSING"
        said = f"no loaded snapshot of {source.title} up to {published} has both currencies"
    elif (day - both[-1]).days > age:
        why = "TOO_OLD"
        said = (
            f"the last one known is of {both[-1]}, {(day - both[-1]).days} days old, "
            f"and at most {age} are allowed"
        )
    else:
        had = _known(rows, source, both[-1])
        first, second = had[currency], had[base]
        later = first if first["vintage"] >= second["vintage"] else second
        return nothing | {
            "rate_original": first["rate"],
            "quote_original": first["quote"],
            "rate_base": second["rate"],
            "quote_base": second["quote"],
            "rate_date": both[-1],
            "snapshot": later["snapshot"],
        }
    if currency in SUCCESSORS and SUCCESSORS[currency][1] <= day and why == "TOO_OLD":
        new, since = SUCCESSORS[currency]
        said += f"; {currency} became {new} on {since}"
    return nothing | {"refusal": f"FX_RATE_{why}", "refusal_message": opening + said}


@given(
    days=st.dictionaries(_day, _rates, max_size=12),
    corrected=st.lists(st.tuples(_day, _rates), max_size=2),
    requests=st.lists(_request, max_size=12),
    name=st.sampled_from(["ecb", "fed_h10"]),
)
def test_a_window_of_rates_answers_as_all_of_them(kit, days, corrected, requests, name):
    source = SOURCES[name]
    days = {day: quoted for day in days if (quoted := _quoted(days[day], source))}
    stored = kit.stored(*(kit.day(str(day), **days[day]) for day in days), source=source)
    # Another publisher's rates stand beside them and answer nothing.
    other = SOURCES["fed_h10" if name == "ecb" else "ecb"]
    stored = pa.concat_tables([stored, kit.stored(kit.day("2025-12-30", CAD="9"), source=other)])
    for day, offered in corrected:
        quoted = _quoted(offered, source)
        if day in days and quoted:
            rows = correct(
                stored, kit.day(str(day), **quoted), source, reason="x", recorded_at=kit.now
            )
            stored = pa.concat_tables([stored, rows])
    rates = in_force(stored)
    spans = []

    def near(first, last):
        spans.append((first, last))
        days = rates["reference_date"]
        return rates.filter(pc.and_(pc.greater_equal(days, first), pc.less_equal(days, last)))

    asked = kit.requests(
        *((str(day), currency, base, age) for day, currency, base, age in requests), source=name
    )
    found = pin_from(near, asked)
    rows = rates.to_pylist()
    expected = [
        dict(
            zip(PINNED_SCHEMA.names[:6], (day, currency, base, name, age, "half_even"), strict=True)
        )
        | _walked(rows, source, day, currency, base, age)
        for day, currency, base, age in sorted(set(requests))
    ]
    assert found.to_pylist() == expected
    assert found.schema == PINNED_SCHEMA
    refused = any(row["refusal"] for row in expected)
    assert len(spans) == (2 if refused else 1 if requests else 0)


def test_days_before_the_age_of_a_request_are_asked_for_only_when_it_is_refused(kit, ecb):
    spans = []

    def near(first, last):
        spans.append((first, last))
        return ecb

    pin_from(near, kit.requests(("2026-04-06", "GBP", "USD", 4), ("2026-03-30", "CAD", "USD", 3)))
    assert spans == [(date(2026, 3, 27), date(2026, 4, 6))]
    spans.clear()
    # The day before Easter that it uses is five days back, further than its age allows.
    pin_from(near, kit.requests(("2026-04-06", "GBP", "USD", 1)))
    assert spans == [(date(2026, 4, 2), date(2026, 4, 6)), (date.min, date(2026, 4, 6))]


def test_nothing_asked_is_nothing_answered_and_reads_nothing(kit):
    assert pin_from(lambda _first, _last: 1 / 0, kit.requests()).equals(PINNED_SCHEMA.empty_table())


@given(
    days=st.dictionaries(_day, _rates, min_size=1, max_size=8),
    corrected=st.lists(st.tuples(_day, _rates), max_size=3),
)
def test_rates_that_nobody_corrected_are_in_force_as_all_others_are(kit, days, corrected):
    """The short way of a table without corrections gives what the long way gives of its rows."""
    ecb = SOURCES["ecb"]
    first = kit.stored(*(kit.day(str(day), **rates) for day, rates in days.items()))
    stored = first
    for day, rates in corrected:
        if day in days:
            rows = correct(stored, kit.day(str(day), **rates), ecb, reason="x", recorded_at=kit.now)
            stored = pa.concat_tables([stored, rows])
    if stored.num_rows == first.num_rows:
        return
    touched = {row["reference_date"] for row in stored.to_pylist() if row["vintage"] > 1}
    alone = [row for row in in_force(first).to_pylist() if row["reference_date"] not in touched]
    among = [row for row in in_force(stored).to_pylist() if row["reference_date"] not in touched]
    assert among == alone
    assert in_force(first).schema == in_force(stored).schema == IN_FORCE_SCHEMA
