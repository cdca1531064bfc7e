"""The circuit breaker against a model of it, and the examples that one can check by hand."""

import math

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cost_pipeline.acquire.breaker import CircuitBreaker
from cost_pipeline.contracts.sources import Breaker

SETTINGS = Breaker(failures=0.05, window=60, calls=20, rest=10)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def call(breaker, *, failed):
    ticket = breaker.take()
    assert ticket is not None
    breaker.settle(ticket, failed=failed)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(SETTINGS, clock)


def test_exactly_five_per_cent_is_borne_and_more_opens(breaker):
    for number in range(100):
        call(breaker, failed=number % 20 == 19)
    assert breaker.wait() == 0
    call(breaker, failed=True)
    assert breaker.wait() == 10
    assert breaker.take() is None


def test_too_few_calls_say_nothing(breaker):
    for _ in range(19):
        call(breaker, failed=True)
    assert breaker.wait() == 0


def test_failures_older_than_the_window_are_forgotten(breaker, clock):
    for _ in range(19):
        call(breaker, failed=True)
    clock.now += 60
    for _ in range(40):
        call(breaker, failed=False)
    assert breaker.wait() == 0


def _open(breaker):
    for _ in range(20):
        call(breaker, failed=True)


def test_one_probe_decides(breaker, clock):
    _open(breaker)
    clock.now += 10
    probe = breaker.take()
    assert probe is not None
    assert breaker.take() is None
    assert breaker.wait() == math.inf
    breaker.settle(probe, failed=True)
    assert breaker.wait() == 10
    clock.now += 10
    call(breaker, failed=False)
    assert breaker.wait() == 0
    assert breaker.failed_share() == 0


def test_a_probe_that_tells_nothing_makes_room_for_another(breaker, clock):
    _open(breaker)
    clock.now += 10
    breaker.settle(breaker.take(), failed=None)
    assert breaker.take() is not None


def test_calls_from_before_it_opened_decide_nothing(breaker, clock):
    late = [breaker.take() for _ in range(3)]
    _open(breaker)
    breaker.settle(late[0], failed=False)
    clock.now += 10
    probe = breaker.take()
    breaker.settle(late[1], failed=True)
    assert breaker.wait() == math.inf
    breaker.settle(probe, failed=False)
    breaker.settle(late[2], failed=True)
    assert breaker.failed_share() == 0


class AgainstAModel(RuleBasedStateMachine):
    """The model keeps every outcome for good and counts anew each time."""

    def __init__(self):
        super().__init__()
        self.clock = Clock()
        self.breaker = CircuitBreaker(Breaker(failures=0.3, window=10, calls=4, rest=5), self.clock)
        self.state, self.since, self.until, self.round = "closed", [], 0.0, 0
        self.tickets = []

    @rule(seconds=st.sampled_from([0.5, 1, 4, 5, 10]))
    def time_passes(self, seconds):
        self.clock.now += seconds

    @rule()
    def somebody_asks(self):
        allowed = self.state == "closed" or (self.state == "open" and self.clock.now >= self.until)
        ticket = self.breaker.take()
        assert (ticket is not None) == allowed
        if ticket is None:
            return
        if self.state == "open":
            self.state = "probing"
            self.tickets.append((ticket, "probe"))
        else:
            self.tickets.append((ticket, self.round))

    @precondition(lambda self: self.tickets)
    @rule(which=st.randoms(use_true_random=False), failed=st.sampled_from([True, False, None]))
    def a_call_ends(self, which, failed):
        ticket, kind = self.tickets.pop(which.randrange(len(self.tickets)))
        self.breaker.settle(ticket, failed=failed)
        if kind == "probe":
            if failed is None:
                self.state = "open"
            elif failed:
                self._open()
            else:
                self.state, self.since, self.round = "closed", [], self.round + 1
        elif self.state == "closed" and kind == self.round and failed is not None:
            self.since.append((self.clock.now, failed))
            recent = [bad for at, bad in self.since if at > self.clock.now - 10]
            if len(recent) >= 4 and sum(recent) / len(recent) > 0.3:
                self._open()

    def _open(self):
        self.state, self.until, self.since = "open", self.clock.now + 5, []
        self.round += 1

    @invariant()
    def it_waits_as_the_model_does(self):
        expected = {
            "closed": 0.0,
            "open": max(0.0, self.until - self.clock.now),
            "probing": math.inf,
        }[self.state]
        assert self.breaker.wait() == expected


TestAgainstAModel = AgainstAModel.TestCase
