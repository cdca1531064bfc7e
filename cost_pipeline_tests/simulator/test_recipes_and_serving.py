"""Recipes strike the same way every time; a served home is pulled by the product."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.acquire.engine import Policy, PullJob, pull_all
from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.all import load_home, problems
from cost_pipeline.simulator.recipes import Fault, FaultKind, Recipe, read_recipe
from cost_pipeline.simulator.serve import SFTP_VENDOR, serve
from cost_pipeline.simulator.world import DAYS, make_world


@pytest.fixture(scope="module")
def world():
    return make_world()


@given(seed=st.integers(0, 99), share=st.sampled_from([0.1, 0.3, 0.9]))
def test_a_share_strikes_about_that_often_and_alike_every_time(seed, share):
    recipe = Recipe(seed=seed, faults=(Fault(fault=FaultKind.HTML, share=share),))
    struck = [recipe.strikes("/x", call) is not None for call in range(1, 401)]
    assert struck == [recipe.strikes("/x", call) is not None for call in range(1, 401)]
    assert abs(sum(struck) / 400 - share) < 0.12


def test_calls_and_places_choose_and_the_first_fault_that_fits_strikes():
    recipe = Recipe(
        faults=(
            Fault(fault=FaultKind.HTML, where="/a/*", calls=(2,)),
            Fault(fault=FaultKind.RESET, calls=(2, 3)),
        )
    )
    kinds = [getattr(recipe.strikes("/a/x", call), "fault", None) for call in (1, 2, 3, 4)]
    assert kinds == [None, FaultKind.HTML, FaultKind.RESET, None]
    assert recipe.strikes("/b", 2).fault is FaultKind.RESET


def test_a_recipe_is_a_small_file(tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text(
        "seed: 7\nfaults:\n- {fault: too_many_requests, form: date, seconds: 2, calls: [1]}\n",
        encoding="utf-8",
    )
    (fault,) = read_recipe(file).faults
    assert (fault.fault, fault.form, fault.calls) == (FaultKind.TOO_MANY_REQUESTS, "date", (1,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("faults: [{fault: gremlins}]", "faults.0.fault"),
        ("faults: [{fault: html, share: 0.5, calls: [1]}]", "not both"),
        ("falts: []", "falts"),
        ("[", "recipe cannot be read"),
    ],
)
def test_a_recipe_that_means_nothing_says_what_is_known(tmp_path, text, message):
    file = tmp_path / "recipe.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_recipe(file)
    assert message in caught.value.message
    assert "truncated_gzip" in caught.value.remedy
    assert caught.value.where == str(file)


def pull(home, environment, scratch):
    scratch.mkdir(exist_ok=True)
    jobs = [PullJob(vendor, DAYS[1]) for vendor in load_home(home).vendors]
    pulled = asyncio.run(
        pull_all(
            jobs,
            base=home,
            scratch=scratch,
            environment=environment,
            clock=lambda: datetime(2026, 4, 6, tzinfo=UTC),
            policy=Policy(backoff=0),
        )
    )
    return {result.vendor: result for result in pulled}


def test_a_served_home_is_a_good_home_and_is_pulled_whole_through_its_faults(tmp_path, world):
    recipe = Recipe(
        faults=(
            Fault(fault=FaultKind.UNAVAILABLE, where="/northwind/*", calls=(1,)),
            Fault(fault=FaultKind.TRUNCATED_GZIP, where="/guild/*", calls=(1,)),
        )
    )
    clean = None
    for given_recipe in (Recipe(), recipe):
        # The second time it is there already; its servers have other ports.
        with serve(tmp_path / "home", given_recipe, world) as served:
            assert problems(served.home) == []
            pulled = pull(served.home, served.environment, tmp_path / "scratch")
        assert [failure for one in pulled.values() for failure in one.failures] == []
        found = {name: Counter(f.sha256 for f in one.fetched) for name, one in pulled.items()}
        assert clean in (None, found)
        clean = found
    attempts = Counter(f.attempts for f in pulled["northwind_rentals"].fetched)
    assert set(attempts) == {2}
    if served.sftp_port:
        same = [fetched.sha256 for fetched in pulled["maple_locations"].fetched]
        assert [fetched.sha256 for fetched in pulled[SFTP_VENDOR].fetched] == same


def test_a_folder_of_somebody_else_is_not_written_over(tmp_path, world):
    (tmp_path / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError), serve(tmp_path, Recipe(), world):
        pass
