from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.defs.plan import MOST_DATES_A_RUN, left_out, plan_posting, ranges

START = date(2025, 12, 1)
# Few days, so that neighbours and gaps occur; spread so that a year is too short for some.
DAYS = st.one_of(st.integers(0, 60), st.integers(0, 100).map(lambda n: 8 * n)).map(
    lambda n: START + timedelta(days=n)
)
SETS = st.frozensets(DAYS, max_size=90)


def span(run):
    first, last = date.fromisoformat(run.first), date.fromisoformat(run.last)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@given(wanted=SETS, others=SETS)
def test_runs_cover_exactly_the_wanted_dates_and_no_other_that_has_records(wanted, others):
    present = dict.fromkeys(wanted | others, "x")
    covered = [day for run in plan_posting(sorted(wanted), present) for day in span(run)]
    assert len(covered) == len(set(covered)), "no date is in two runs"
    assert wanted <= set(covered)
    assert not (others - wanted) & set(covered)


@given(wanted=SETS, others=SETS)
def test_a_run_is_at_most_a_year_and_begins_and_ends_with_a_wanted_date(wanted, others):
    for run in plan_posting(sorted(wanted), dict.fromkeys(others, "x")):
        days = span(run)
        assert 1 <= len(days) <= MOST_DATES_A_RUN
        assert {days[0], days[-1]} <= wanted


@given(wanted=SETS, others=SETS)
def test_two_runs_that_could_be_one_are_one(wanted, others):
    """Otherwise a run a date would satisfy all the rest."""
    found = ranges(wanted, most=MOST_DATES_A_RUN, across=others - wanted)
    for (first, end), (start, _) in pairwise(found):
        too_long = (start - first).days >= MOST_DATES_A_RUN
        assert too_long or any(end < other < start for other in others - wanted)


@given(wanted=SETS, data=st.data())
def test_the_key_of_a_run_is_that_of_its_inputs_whatever_their_order(wanted, data):
    present = {day: data.draw(st.sampled_from("abc")) for day in sorted(wanted)}
    runs = plan_posting(sorted(wanted), present)
    assert runs == plan_posting(data.draw(st.permutations(sorted(wanted))), present)
    assert len({run.key for run in runs}) == len(runs)


@given(wanted=SETS.filter(bool), data=st.data())
def test_another_input_is_another_key_of_its_run_alone(wanted, data):
    present = dict.fromkeys(wanted, "a")
    changed = data.draw(st.sampled_from(sorted(wanted)))
    before = plan_posting(sorted(wanted), present)
    after = plan_posting(sorted(wanted), {**present, changed: "b"})
    for old, new in zip(before, after, strict=True):
        assert (old.key != new.key) == (changed in span(old))


@given(wanted=SETS, taken=st.lists(st.tuples(DAYS, DAYS), max_size=4))
def test_what_a_run_under_way_will_post_is_left_out(wanted, taken):
    spans = [(first.isoformat(), last.isoformat()) for first, last in taken]
    left = left_out(wanted, spans)
    assert left == sorted(left)
    inside = {day for day in wanted if any(first <= day <= last for first, last in taken)}
    assert set(left) == wanted - inside


def test_weekends_do_not_make_every_week_a_run():
    days = [START + timedelta(days=n) for n in range(28)]
    working = [day for day in days if day.weekday() < 5]
    assert len(plan_posting(working, dict.fromkeys(working, "x"))) == 1


def test_nothing_out_of_date_is_no_run():
    assert plan_posting([], {START: "x"}) == []
