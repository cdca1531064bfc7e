"""Corrections from before they are made to long after: impact, watched folder, any sequence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.cross_source import corrections_are_applied, sources_agree
from cost_pipeline.feeds.production.impact import impact_of, preview_file
from cost_pipeline.feeds.production.post import post
from cost_pipeline.feeds.production.rate_corrections import apply_corrections, waiting_corrections
from cost_pipeline.feeds.production.rates import correct_rates, load_file, snapshots_listed

THURSDAY = date(2026, 4, 2)
PULL = "2026-04-06"


def _file(house, text, name="correction.csv"):
    file = house.root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def _correct(house, day, text, reason="the bank said so", source="ecb"):
    file = _file(house, f"currency,rate\n{text}\n")
    return correct_rates(house.session(), day, file, reason, source, confirmed=True)


def _preview(house, day, text, source="ecb"):
    file = _file(house, f"currency,rate\n{text}\n")
    return preview_file(house.session(), day, file, source)


@pytest.fixture(scope="module")
def easter_once(door, tmp_path_factory):
    house = door.House(tmp_path_factory.mktemp("easter") / "home")
    rows = [(f"G{day}", f"2026-04-0{day}", "100.00", "GBP") for day in (1, 2, 3, 4, 6)]
    rows += [
        ("C2", "2026-04-02", "76.00", "CAD"),
        ("C4", "2026-04-04", "152.00", "CAD"),
        ("C0", "2026-03-31", "150.00", "CAD"),
        ("K", "2026-04-06", "10.00", "KRW"),
    ]
    house.drop("rentals", PULL, rows)
    house.work(PULL)
    return house


@pytest.fixture
def easter(house, easter_once):
    """Pounds every day; Canadian dollars on Thursday, Saturday and the Tuesday before."""
    return house.take_over(easter_once)


class TestImpact:
    def test_it_is_what_the_repair_then_does_and_writes_nothing(self, door, easter):
        before = door.versions(easter.session())
        found = _preview(easter, THURSDAY, "CAD,1.6")
        assert door.versions(easter.session()) == before
        assert found.vintage == 2
        assert [str(day) for day in found.impact.partitions] == ["2026-04-02", "2026-04-04"]
        (change,) = found.impact.by
        assert (change.production, change.gl_code, change.currency) == ("P100", "2000-01", "CAD")
        # 228 Canadian dollars at 1.52 and 1.12 were 56 + 112; at 1.6 they are 53.20 + 106.40.
        amounts = (change.before, change.after, change.difference)
        assert amounts == (Decimal("168.0000"), Decimal("159.6000"), Decimal("-8.4000"))
        assert found.impact.postings == change.postings == 2
        assert not found.impact.out_of_date

        _correct(easter, THURSDAY, "CAD,1.6")
        posted = easter.work().posted
        assert tuple(sorted(posted)) == found.impact.partitions
        assert sum(done.reversals for done in posted.values()) == found.impact.postings
        assert impact_of(easter.session(), posted).partitions == ()

    def test_rates_that_are_in_force_already_change_nothing(self, easter):
        found = _preview(easter, THURSDAY, "CAD,1.520")
        assert (found.vintage, found.impact.partitions, found.impact.by) == (None, (), ())

    def test_it_says_what_would_become_postable(self, easter):
        # KRW of 6 April was refused: its last rate, of 31 March, is older than five days.
        found = _preview(easter, THURSDAY, "KRW,1500").impact
        assert found.becomes_postable == ((date(2026, 4, 6), 1),)
        assert [(c.currency, str(c.before), c.postings) for c in found.by] == [("KRW", "0.0000", 1)]
        assert found.partitions == (date(2026, 4, 6),)

    def test_it_says_which_dates_wait_for_something_else(self, easter):
        easter.drop("rentals", "2026-04-07", [("late", "2026-04-04", "10.00", "GBP")])
        easter.pull("2026-04-07")
        found = _preview(easter, THURSDAY, "CAD,1.6").impact
        assert found.out_of_date == (date(2026, 4, 4),)

    def test_a_day_without_a_snapshot_is_refused(self, easter):
        with pytest.raises(UsageError) as caught:
            _preview(easter, date(2026, 4, 3), "CAD,1.6")
        assert caught.value.code == "FX_NO_SNAPSHOT"


class TestWatchedFolder:
    TEXT = "# reason: typing error\ncurrency,rate\nCAD,1.6\n"

    def drop(self, house, name="2026-04-02.csv", text=TEXT):
        return _file(house, text, f"inbox/fx/{name}")

    def test_a_file_becomes_a_vintage_exactly_once_and_stays_where_it_is(self, door, easter):
        file = self.drop(easter)
        (done,) = apply_corrections(easter.session())
        assert (done[0].name, done[1].vintage) == ("2026-04-02.csv", 2)
        newest = snapshots_listed(easter.session(), 1)[0]
        assert (newest["vintage"], newest["reason"]) == (2, "typing error")
        _correct(easter, THURSDAY, "CAD,1.52", "it was right after all")
        before = door.versions(easter.session())
        assert apply_corrections(easter.session()) == []
        assert waiting_corrections(easter.session()) == []
        assert door.versions(easter.session()) == before
        assert file.read_text(encoding="utf-8") == self.TEXT
        # The same bytes under another name are another correction.
        self.drop(easter, "2026-04-02-again.csv")
        assert [made.vintage for _, made in apply_corrections(easter.session())] == [4]

    def test_a_file_that_changes_nothing_is_done_with(self, easter):
        self.drop(easter, text="# reason: x\ncurrency,rate\nCAD,1.52\n")
        assert [made.vintage for _, made in apply_corrections(easter.session())] == [None]
        _correct(easter, THURSDAY, "CAD,1.7")
        assert apply_corrections(easter.session()) == [], "it must not undo what came later"

    @pytest.mark.parametrize(
        ("name", "text", "words"),
        [
            ("april.csv", TEXT, "does not say which day"),
            ("2026-04-31.csv", TEXT, "not a day"),
            ("2026-04-03.csv", TEXT, "no snapshot ecb of 2026-04-03"),
            ("nobody-2026-04-02.csv", TEXT, "no source of exchange rates 'nobody'"),
            ("2026-04-02.csv", "currency,rate\nCAD,1.6\n", "gives no reason"),
            ("2026-04-02.csv", "# reason: x\ncurrency,rate\nCAD,-1\n", "'-1' is not a rate"),
            ("2026-04-02.csv", "# reason: x\ncurrency,rate\n", "there is no rate in it"),
        ],
    )
    def test_a_bad_file_is_named_kept_and_not_applied(self, door, easter, name, text, words):
        good = self.drop(easter, "2026-04-01-good.csv")
        bad = self.drop(easter, name, text)
        assert [w.name for w, _ in apply_corrections(easter.session())] == [good.name]
        outcome = corrections_are_applied(easter.session())
        assert not outcome.passed
        assert words in outcome.message
        assert outcome.numbers == {"unreadable": 1, "waiting": 0}
        before = door.versions(easter.session())
        assert apply_corrections(easter.session()) == []
        assert door.versions(easter.session()) == before
        assert bad.read_text(encoding="utf-8") == text

    def test_a_home_without_the_folder_has_no_corrections(self, easter):
        assert waiting_corrections(easter.session()) == []
        assert corrections_are_applied(easter.session()).passed


class TestPolicies:
    PRODUCTIONS = """fx_sources:
  studio: {title: the studio, pivot: USD, quote: per_unit, calendar: every_day}
productions:
  P100: {title: A, base_currency: USD, fx: {source: studio, rounding: half_up}}
  P200: {title: B, base_currency: EUR}
"""

    @pytest.fixture
    def mixed(self, house):
        (house.root / "productions.yaml").write_text(self.PRODUCTIONS, encoding="utf-8")
        file = _file(house, "currency,rate\nGBP,1.333\n")
        for day in (1, 2):
            load_file(house.session(), "studio", file, date(2026, 4, day))
        house.drop(
            "rentals",
            PULL,
            [("R1", "2026-04-01", "100.50", "GBP"), ("R2", "2026-04-02", "1", "GBP")],
        )
        house.drop("lodging", PULL, [("L1", "2026-04-01", "100.00", "GBP")])
        house.work(PULL)
        return house

    def test_productions_of_one_lake_use_their_own_sources_and_say_so(self, door, mixed):
        found = {
            row["transaction_id"]: (
                str(row["base_amount"]), row["rate_source"], row["quote_original"], row["rounding"]
            )
            for row in door.active_lines(mixed.session())
        }  # fmt: skip
        assert found == {
            "R1": ("133.9700", "studio", "per_unit", "half_up"),  # 133.9665
            "R2": ("1.3300", "studio", "per_unit", "half_up"),
            "L1": ("116.2800", "ecb", "per_pivot", "half_even"),  # 100 / 0.86
        }
        assert door.unlawful(mixed.session()) == []

    def test_a_correction_of_one_source_touches_only_who_uses_it(self, door, mixed):
        found = _correct(mixed, date(2026, 4, 1), "GBP,1.4", source="studio")
        assert list(found.affected) == [date(2026, 4, 1)], "it publishes every day"
        (posted,) = mixed.work().posted.values()
        assert (posted.posts, posted.reversals) == (1, 1)
        _correct(mixed, date(2026, 4, 1), "GBP,0.9")
        (posted,) = mixed.work().posted.values()
        assert (posted.posts, posted.reversals) == (1, 1)
        assert door.unlawful(mixed.session()) == []

    def test_another_source_restates_the_production_with_a_cause_of_its_own(self, door, mixed):
        text = self.PRODUCTIONS.replace("{source: studio, rounding: half_up}", "{source: ecb}")
        (mixed.root / "productions.yaml").write_text(text, encoding="utf-8")
        posted = mixed.work().posted
        assert {cause for done in posted.values() for cause in done.causes} == {"fx_policy"}
        assert {row["rate_source"] for row in door.active_lines(mixed.session())} == {"ecb"}
        assert door.unlawful(mixed.session()) == []

    def test_sources_that_disagree_turn_the_check_yellow_or_red(self, mixed):
        assert sources_agree(mixed.session()).numbers["compared"] > 0
        # The studio says 1.333 dollars for a pound; the ECB's rates come to 1.11 / 0.86 = 1.2907.
        near = sources_agree(mixed.session())
        assert (near.passed, near.warning) == (False, True)
        _correct(mixed, date(2026, 4, 1), "GBP,2.5", source="studio")
        far = sources_agree(mixed.session())
        assert (far.passed, far.warning) == (False, False)
        assert "2026-04-01" in far.message

    def test_one_source_alone_is_not_evaluated(self, easter):
        outcome = sources_agree(easter.session())
        assert outcome.passed
        assert "not evaluated: only one source" in outcome.message


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["2026-04-01", "2026-04-02"]),
        st.sampled_from(["GBP,0.9", "GBP,0.86", "CAD,1.6", "CAD,1.52", "USD,1.3", "KRW,1500"]),
        st.sampled_from(["", "post", "post half", "race"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=settings().max_examples // 15, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=STEPS)
def test_any_sequence_of_corrections_ends_where_a_fresh_computation_does(
    door, tmp_path_factory, steps
):
    """Twice, back, between two posts, and while a post is under way."""
    rows = [
        (f"{c}{d}", f"2026-04-0{d}", "100.50", c) for d in (1, 2, 4) for c in ("GBP", "CAD", "KRW")
    ]
    houses = [
        door.House(tmp_path_factory.mktemp(name) / "home", ["rentals"])
        for name in ("long", "fresh")
    ]
    for house in houses:
        house.drop("rentals", PULL, rows)
    worked, fresh = houses
    worked.work(PULL)
    for day, text, then in steps:
        if then == "race":
            raced = []

            def between(table, step, day=day, text=text, raced=raced):
                if (table, step) == ("ledger", "before") and not raced:
                    raced.append(_correct(worked, date.fromisoformat(day), text))

            days = [date(2026, 4, d) for d in (1, 2, 4)]
            post(worked.session(between=between), days)
            if not raced:
                _correct(worked, date.fromisoformat(day), text)
        else:
            _correct(worked, date.fromisoformat(day), text)
        if then == "post half":
            post(worked.session(), door.stale(worked.session())[:1])
        elif then == "post":
            worked.work()
    worked.work()
    for day, text, _ in steps:
        _correct(fresh, date.fromisoformat(day), text)
    fresh.work(PULL)
    assert door.digest(worked.session()) == door.digest(fresh.session())
    assert door.unlawful(worked.session()) == []


class TestDoubts:
    """A correction that is more likely a typing error is refused, or asked about first."""

    def test_a_rate_far_from_those_of_the_days_around_is_asked_about(self, easter):
        file = _file(easter, "currency,rate\nGBP,0.087\n")
        with pytest.raises(UsageError, match=r"GBP 0\.087 is more than 20% off 0\.86 on") as told:
            correct_rates(easter.session(), THURSDAY, file, "typing error")
        assert told.value.code == "FX_FAR_OFF"
        found = correct_rates(easter.session(), THURSDAY, file, "it is so", confirmed=True)
        assert found.vintage == 2

    def test_a_rate_near_one_neighbour_is_taken(self, easter):
        file = _file(easter, "currency,rate\nGBP,0.95\n")
        assert correct_rates(easter.session(), THURSDAY, file, "a word").vintage == 2

    @pytest.mark.parametrize("code", ["GBX", "DEM"])
    def test_what_is_no_currency_of_that_day_is_refused(self, easter, code):
        file = _file(easter, f"currency,rate\n{code},1.95583\n")
        with pytest.raises(UsageError, match=code):
            correct_rates(easter.session(), THURSDAY, file, "a word", confirmed=True)

    def test_a_file_in_the_watched_folder_confirms_itself(self, easter):
        text = "# reason: it is so\n{}currency,rate\nGBP,0.5\n"
        _file(easter, text.format(""), "inbox/fx/2026-04-02-a.csv")
        (waiting,) = waiting_corrections(easter.session())
        assert waiting.problem.code == "FX_FAR_OFF"
        assert apply_corrections(easter.session()) == []
        _file(easter, text.format("# confirm: yes\n"), "inbox/fx/2026-04-02-b.csv")
        assert [made.vintage for _, made in apply_corrections(easter.session())] == [2]
