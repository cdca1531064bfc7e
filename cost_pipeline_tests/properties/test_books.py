"""Random histories of a home, each step held against the naive model: what is active, what waits
and why, in which period it was booked, that it conserves and verifies.

A history delivers late and twice, corrects rates, approves and withdraws reversals, closes and
reopens months, and posts in one go, date by date, in two threads at once, or killed at a random
commit and run again. `make proof` runs longer histories, and more of them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import Predicate
from cost_pipeline.feeds.production.approvals import (
    Credit,
    Original,
    approvals_in_force,
    drafted,
    record,
    withdraw,
)
from cost_pipeline.feeds.production.closing import examine
from cost_pipeline.feeds.production.periods import close, reopen
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rates import correct_rates
from cost_pipeline.pipeline.dead_letters.letters import of_posting

LONG = settings().max_examples > 100
EXAMPLES, STEPS = (25, 15) if LONG else (5, 8)

VENDORS = ["rentals", "petty", "lodging", "notes", "orders"]
PULLS = ["2026-03-31", "2026-04-01", "2026-04-02"]
DATES = ["2026-03-31", "2026-04-01", "2026-04-02", "2026-04-04", "2026-04-09"]
MONTHS = ["2026-03", "2026-04", "2026-05"]

_ROW = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["T1", "T1", "T2", "T3"]),
        "date": st.sampled_from(DATES),
        "amount": st.sampled_from(["10.00", "10.00", "20.05", "-4.00", "-7.01", "-10.00"]),
        "currency": st.sampled_from(["GBP", "GBP", "GBP", "USD"]),
        "text": st.just(""),
        "invoice": st.sampled_from(["", "I1"]),
        "of": st.sampled_from(["I1", "I1", "T1", ""]),
    }
)
_HOW = st.one_of(st.sampled_from(["at once", "date by date", "two threads"]), st.integers(0, 11))


class Killed(BaseException):
    """Ends a run where a process would be killed."""


class Books(RuleBasedStateMachine):
    """One home and what the model knows of it."""

    def __init__(self, door, model, house):
        super().__init__()
        self.door, self.model, self.house = door, model, house
        self.house.notes("2026-01-01", [])  # its vendor file
        self.now = door.NOW
        self.files = []
        self.rates = {day: dict(rates) for day, rates in door.RATES.items()}
        self.allowed = {}
        self.spans = []  # [period, closed at, reopened at or None]
        self.lines = set()
        self.gl = "2000-01"

    @rule(
        vendor=st.sampled_from(VENDORS),
        pulled=st.sampled_from(PULLS),
        rows=st.lists(_ROW, min_size=1, max_size=5),
        how=_HOW,
    )
    def deliver(self, vendor, pulled, rows, how):
        noted = vendor == "notes"
        typed = [
            self.model.Row(**(row if noted else row | {"invoice": "", "of": ""})) for row in rows
        ]
        header = self.door.NOTES_HEADER if noted else self.door.HEADER
        cells = [row.all_cells if noted else row.cells for row in typed]
        data = self.door.csv_bytes(cells, header)
        self.house.drop(vendor, pulled, data, name=f"_{len(self.files)}")
        self.files.append((vendor, pulled, hashlib.sha256(data).hexdigest(), typed))
        self.house.pull(pulled, self.session())
        self.post(how)

    @rule(day=st.sampled_from(PULLS), rate=st.sampled_from(["0.85", "0.9", "0.7777"]), how=_HOW)
    def correct(self, day, rate, how):
        file = self.house.root / "correction.csv"
        file.write_text(f"currency,rate\nGBP,{rate}\n", encoding="utf-8")
        correct_rates(self.session(), self.door.date.fromisoformat(day), file, "a test")
        self.rates[day]["GBP"] = rate
        self.post(how)

    @rule(
        which=st.integers(0, 20),
        vendor=st.sampled_from(["", "", "", "lodging", "orders"]),
        transaction=st.sampled_from(["T1", "T1", "T2", "T9"]),
        backdated=st.booleans(),
        how=_HOW,
    )
    def approve(self, which, vendor, transaction, backdated, how):
        session = self.session()
        negative = Predicate("amount < 0")
        waiting = self.door.open_letters(session, of_posting(session) & negative)
        if not waiting:
            return
        row = waiting[which % len(waiting)]
        vendor = vendor or row["vendor"]
        session = self.session()
        if backdated:  # heard of after approvals that were given later
            session = self.door.with_clock(session, self.now - timedelta(hours=5))
        act = drafted(
            session,
            Credit(row["vendor"], row["fingerprint"], row["id"]),
            Original(vendor, transaction_id=transaction),
            by="A", reason="a test",
        )  # fmt: skip
        place = (row["vendor"], row["delivery"], row["row"])
        held = {(a.vendor, a.fingerprint) for a in approvals_in_force(session)}
        try:
            record(session, act)
        except UsageError:
            assert (row["vendor"], row["fingerprint"]) in held
            return
        self.allowed[act["approval"]] = self.model.Allowed(
            act["recorded_at"], act["approval"], place, vendor, transaction
        )
        self.post(how)

    @rule(which=st.integers(0, 20), how=_HOW)
    def take_back(self, which, how):
        if not self.allowed:
            return
        approval = sorted(self.allowed)[which % len(self.allowed)]
        withdraw(self.session(), approval, by="B", reason="a test")
        del self.allowed[approval]
        self.post(how)

    @rule(period=st.sampled_from(MONTHS[:2]), how=_HOW)
    def close_or_reopen(self, period, how):
        session = self.session()
        span = next((s for s in self.spans if s[0] == period and s[2] is None), None)
        if span is not None:
            reopen(session, period, by="B", reason="a test")
            span[2] = session.clock()
        else:
            close(
                session, period, by="A", reason=None, accept_dead_letters=True,
                examine=lambda: examine(session, period),
            )  # fmt: skip
            self.spans.append([period, session.clock(), None])
        before = self.versions()
        self.post(how)
        assert self.versions() == before, "closing and reopening post nothing"

    @rule(how=_HOW)
    def code_otherwise(self, how):
        """Everything of one vendor is restated."""
        other = "2000-02" if self.gl == "2000-01" else "2000-01"
        self.house.edit_vendor("rentals", f'gl_code: "{self.gl}"', f'gl_code: "{other}"')
        self.gl = other
        for day in PULLS:
            self.house.pull(day, self.session())
        self.post(how)

    def session(self, **given):
        self.now += timedelta(minutes=1)
        now = self.now
        return self.house.session(clock=lambda: now, **given)

    def versions(self):
        return self.door.versions(self.session(), [self.door.LEDGER, self.door.DISPOSITIONS])

    def post(self, how):
        session = self.session()
        dates = self.door.stale(session)
        if how == "date by date":
            for day in reversed(dates):
                post(session, [day])
        elif how == "two threads":
            with ThreadPoolExecutor(2) as pool:
                runs = [(self.session(), dates), (self.session(), dates[::-1])]
                list(pool.map(lambda run: [post(run[0], [day]) for day in run[1]], runs))
        elif isinstance(how, int):
            self.killed(how, dates)
        self.door.bring_up_to_date(self.session())
        self.compare()

    def killed(self, at, dates):
        passed = []

        def between(table, step):
            passed.append((table, step))
            if len(passed) > at:
                raise Killed

        with suppress(Killed):
            post(self.session(between=between), dates)

    def was_closed(self, period, at):
        return any(p == period and a <= at and (b is None or at < b) for p, a, b in self.spans)

    def compare(self):
        session = self.session()
        assert self.door.unlawful(session) == []
        expected = self.model.outcome(
            self.files, self.rates, list(self.allowed.values()), self.was_closed
        )
        rows = self.door.active_lines(session)
        place_of = {r["record_fingerprint"]: (r["vendor"], r["delivery"], r["row"]) for r in rows}
        active = {
            (r["vendor"], r["delivery"], r["row"]): (
                r["original_amount"], r["original_currency"], r["base_amount"], r["base_currency"],
            )
            for r in rows
        }  # fmt: skip
        assert active == expected.active
        taken = {
            (r["vendor"], r["delivery"], r["row"]): (
                place_of[r["reversal_of"]] if r["reversal_of"] else ("invoice", r["credit_of"])
            )
            for r in rows
            if r["original_amount"] < 0
        }
        assert taken == expected.taken_back
        reasons = Counter(
            reason
            for row in self.door.open_letters(session, of_posting(session))
            for reason in row["reasons"]
        )
        assert reasons == expected.reasons
        self.compare_periods(session)

    def compare_periods(self, session):
        closed = {period for period, _, reopened in self.spans if reopened is None}
        for row in self.door.lines(session).to_pylist():
            if row["posting_id"] in self.lines:
                continue
            self.lines.add(row["posting_id"])
            month = row["transaction_date"].isoformat()[:7]
            opened = next(m for m in MONTHS if m >= month and m not in closed)
            assert row["posting_period"] == opened
            assert (row["cause"] == "late") <= (opened != month)


@pytest.mark.proof
def test_every_history_ends_each_step_where_the_naive_model_does(door, model, new_house):
    run_state_machine_as_test(
        lambda: Books(door, model, new_house()),
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
