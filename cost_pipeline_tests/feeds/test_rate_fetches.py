"""Rates that come by themselves: what is asked, what is loaded, what waits, and what is red."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.feeds.production.cross_source import corrections_are_applied
from cost_pipeline.feeds.production.rate_corrections import apply_corrections
from cost_pipeline.feeds.production.rate_fetches import (
    fetch_rates,
    last_tries,
    loaded_days,
    sources_due,
    tries,
)
from cost_pipeline.feeds.production.rate_freshness import rates_are_fresh, rates_came
from cost_pipeline.feeds.production.rate_offers import load_fetched
from cost_pipeline.feeds.production.rates import rates_between, snapshots_listed
from cost_pipeline_tests.feeds.publisher import DAILY, HISTORY, WEB_PAGE, Publisher, history, xml

TUESDAY = datetime(2026, 4, 7, 18, 30, tzinfo=UTC)
"""After Easter: of what the house has loaded, only this day's rates are missing."""
NEW = {"USD": "1.13", "GBP": "0.88", "CAD": "1.53"}
HELD = {"USD": "1.12", "GBP": "0.87", "CAD": "1.52"}
"""What the house has loaded of 2 April."""


@pytest.fixture
def publisher():
    with Publisher() as opened:
        opened.gives(DAILY, xml({"2026-04-07": NEW}))
        yield opened


@pytest.fixture
def home(house, publisher):
    """The house, told where its rates come from."""
    settings = house.root / "productions.yaml"
    settings.write_text(publisher.declared() + settings.read_text(encoding="utf-8"))
    return house


def _session(home, now=TUESDAY):
    return home.session(clock=lambda: now)


def _fetch(home, now=TUESDAY):
    """Ask, load, and return the tries."""
    session = _session(home, now)
    tried = fetch_rates(session, ["ecb"])
    return tried, load_fetched(session)


def _rate(home, day, currency="CAD"):
    found = rates_between(_session(home), day, day).to_pylist()
    (rate,) = [r["rate"] for r in found if (r["reference_date"], r["currency"]) == (day, currency)]
    return rate


class TestWhatIsAsked:
    def test_one_missing_day_is_asked_of_the_newest_file_and_becomes_a_snapshot(
        self, home, publisher
    ):
        assert sources_due(_session(home)) == {"ecb": ""}
        (one,), loaded = _fetch(home)
        assert publisher.asked == [DAILY]
        assert (one.outcome, one.rate_days, str(one.newest)) == ("delivered", 1, "2026-04-07")
        assert loaded.newest == {"ecb": date(2026, 4, 7)}
        assert _rate(home, date(2026, 4, 7)) == Decimal("1.53")
        assert sources_due(_session(home)) == {"ecb": "up to date with 2026-04-07"}

    def test_the_bytes_are_landed_as_they_came_and_the_try_tells_of_them(self, home, publisher):
        (one,), _ = _fetch(home)
        session = _session(home)
        assert session.lake.content.open_path(one.delivery).read_bytes() == xml({"2026-04-07": NEW})
        (stored,) = tries(session)
        assert (stored.uri, stored.delivery) == (publisher.url + DAILY, one.delivery)

    def test_more_missing_days_are_asked_of_the_history(self, home, publisher):
        publisher.gives(
            HISTORY,
            history({"2026-04-02": HELD, "2026-04-07": NEW, "2026-04-08": NEW}),
            "application/zip",
        )
        (one,), loaded = _fetch(home, TUESDAY + timedelta(days=1))
        assert publisher.asked == [HISTORY]
        assert (one.part, one.rate_days, one.contradictions) == ("history", 3, 0)
        assert loaded.newest == {"ecb": date(2026, 4, 8)}
        assert {date(2026, 4, 7), date(2026, 4, 8)} <= set(loaded_days(_session(home))["ecb"])

    @pytest.mark.parametrize(
        ("now", "why"),
        [
            (datetime(2026, 4, 6, 18, tzinfo=UTC), "up to date with 2026-04-02"),  # Easter Monday
            (datetime(2026, 4, 7, 8, tzinfo=UTC), "up to date with 2026-04-02"),  # not out yet
            (TUESDAY, ""),
        ],
    )
    def test_nothing_is_asked_on_days_without_rates(self, home, now, why):
        assert sources_due(_session(home, now)) == {"ecb": why}

    def test_a_publisher_that_is_late_is_asked_again_a_quarter_of_an_hour_later(
        self, home, publisher
    ):
        publisher.gives(DAILY, xml({"2026-04-02": HELD}))
        _fetch(home)
        soon, later = (TUESDAY + timedelta(minutes=m) for m in (14, 16))
        assert sources_due(_session(home, soon)) == {"ecb": "asked less than 15 minutes ago"}
        assert sources_due(_session(home, later)) == {"ecb": ""}

    def test_the_same_bytes_twice_are_loaded_once(self, door, home):
        _fetch(home)
        before = door.versions(_session(home))["fx_snapshots"]
        _fetch(home)
        assert door.versions(_session(home))["fx_snapshots"] == before
        assert len(tries(_session(home))) == 2

    def test_a_source_that_nobody_declared_is_refused(self, home):
        with pytest.raises(UsageError) as caught:
            fetch_rates(_session(home), ["boc"])
        assert caught.value.code == "FX_SOURCE"


class TestAWrongAnswer:
    @pytest.mark.parametrize(
        ("body", "kind", "outcome", "words", "lasting"),
        [
            (WEB_PAGE, "text/html", "failed", "a web page instead of data", False),
            (WEB_PAGE, "text/xml", "failed", "a web page that calls itself data", False),
            (None, "", "failed", "answered 404", True),
            (b"<rates/>", "text/xml", "unreadable", "has none of the layouts", True),
            (xml({"2026-04-07": NEW})[:-40], "text/xml", "unreadable", "it is not XML", True),
            (xml({}), "text/xml", "unreadable", "no <Cube time", True),
            (xml({"2026-04-07": {"CAD": "-1"}}), "text/xml", "unreadable", "not a rate", True),
        ],
    )
    def test_it_loads_nothing_and_turns_the_check_red(
        self, home, publisher, body, kind, outcome, words, lasting
    ):
        if body is None:
            del publisher.answers[DAILY]
        else:
            publisher.gives(DAILY, body, kind)
        (one,), loaded = _fetch(home)
        assert one.outcome == outcome
        assert words in one.message
        assert loaded.newest == {}
        red = rates_came(_session(home))
        assert (red.passed, red.warning) == (False, not lasting)
        assert "`cost-pipeline fx fetch --source ecb`" in red.message
        assert "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip" in red.message
        assert rates_are_fresh(_session(home)).warning, "what is loaded goes on serving"

        publisher.gives(DAILY, xml({"2026-04-07": NEW}))
        _fetch(home, TUESDAY + timedelta(hours=1))
        assert rates_came(_session(home)).passed

    @pytest.mark.parametrize("kept", [0.5, 0.9])
    def test_a_cut_archive_is_kept_as_evidence_and_not_loaded(self, home, publisher, kept):
        whole = history({"2026-04-07": NEW, "2026-04-08": NEW})
        cut = whole[: int(len(whole) * kept)]
        publisher.gives(HISTORY, cut, "application/zip")
        (one,), loaded = _fetch(home, TUESDAY + timedelta(days=1))
        assert (one.outcome, loaded.newest) == ("unreadable", {})
        assert "no file" not in one.message
        assert _session(home).lake.content.open_path(one.delivery).read_bytes() == cut

    def test_a_day_that_an_archive_says_twice_and_otherwise_is_refused(self, home, publisher):
        twice = history({"2026-04-07": NEW}), history({"2026-04-07": {**NEW, "CAD": "9"}})
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for number, one in enumerate(twice):
                inner = zipfile.ZipFile(io.BytesIO(one)).read("eurofxref-hist.csv")
                archive.writestr(f"{number}.csv", inner)
        publisher.gives(HISTORY, packed.getvalue(), "application/zip")
        (one,), _ = _fetch(home, TUESDAY + timedelta(days=1))
        assert one.outcome == "unreadable"
        assert "2026-04-07 occurs twice with other rates" in one.message

    def test_a_day_that_a_file_says_twice_is_refused(self, home, publisher):
        body = xml({"2026-04-07": NEW}).replace(
            b"</Cube></gesmes",
            b"<Cube time='2026-04-07'><Cube currency='CAD' rate='1.6'/></Cube></Cube></gesmes",
        )
        publisher.gives(DAILY, body)
        (one,), loaded = _fetch(home)
        assert (one.outcome, loaded.newest) == ("unreadable", {})
        assert "2026-04-07 occurs twice" in one.message

    def test_without_a_network_the_loaded_rates_serve(self, home, publisher):
        settings = home.root / "productions.yaml"
        text = settings.read_text(encoding="utf-8").replace(publisher.url, "http://127.0.0.1:9")
        settings.write_text(text, encoding="utf-8")
        (one,), _ = _fetch(home)
        assert (one.outcome, one.transient) == ("failed", True)
        assert _rate(home, date(2026, 4, 2)) == Decimal("1.52")
        assert rates_came(_session(home)).warning


CHANGED = {**HELD, "CAD": "1.6"}


class TestARestatedDay:
    def test_it_waits_for_a_reason_and_changes_nothing(self, home, publisher):
        publisher.gives(DAILY, xml({"2026-04-02": CHANGED}))
        (one,), loaded = _fetch(home)
        assert one.contradictions == 1
        (name,) = loaded.offered
        file = home.root / "inbox" / "fx" / name
        text = file.read_text(encoding="utf-8")
        assert "CAD 1.52." in text.splitlines()[0]
        assert text.endswith("# reason:\ncurrency,rate\nCAD,1.6\n")
        assert _rate(home, date(2026, 4, 2)) == Decimal("1.52")
        red = corrections_are_applied(_session(home))
        assert not red.passed
        assert name in red.message

        assert apply_corrections(_session(home)) == [], "it has no reason yet"
        file.write_text(text.replace("# reason:", "# reason: the ECB restated it"))
        ((_, made),) = apply_corrections(_session(home))
        assert made.vintage == 2
        assert _rate(home, date(2026, 4, 2)) == Decimal("1.6")
        assert snapshots_listed(_session(home), 1)[0]["reason"] == "the ECB restated it"
        (again,), loaded = _fetch(home, TUESDAY + timedelta(hours=1))
        assert (again.contradictions, loaded.offered) == (0, ())

    def test_who_takes_the_file_away_has_refused_it(self, home, publisher):
        publisher.gives(DAILY, xml({"2026-04-02": CHANGED}))
        _, loaded = _fetch(home)
        (home.root / "inbox" / "fx" / loaded.offered[0]).unlink()
        # The same words in other bytes, as a history repeats them for good.
        publisher.gives(DAILY, xml({"2026-04-02": CHANGED, "2026-04-07": NEW}))
        (one,), loaded = _fetch(home, TUESDAY + timedelta(hours=1))
        assert (one.contradictions, loaded.offered) == (1, ())
        assert corrections_are_applied(_session(home)).passed
        assert _rate(home, date(2026, 4, 7)) == Decimal("1.53"), "new days come all the same"

    def test_a_rate_that_is_taken_back_stays(self, home, publisher):
        publisher.gives(DAILY, xml({"2026-04-02": {"USD": "1.12", "GBP": "0.87"}}))
        (one,), loaded = _fetch(home)
        assert (one.contradictions, loaded.offered) == (1, ())
        assert _rate(home, date(2026, 4, 2)) == Decimal("1.52")

    def test_a_file_that_restates_a_month_is_another_file(self, home, publisher):
        days = {str(date(2025, 6, 2) + timedelta(days=n)): HELD for n in range(32)}
        home.load_rates(days)
        publisher.gives(DAILY, xml(dict.fromkeys(days, NEW)))
        (one,), loaded = _fetch(home)
        assert (one.outcome, loaded.offered) == ("unreadable", ())
        assert "says otherwise than what is stored on 32 days" in one.message


class TestFreshness:
    def test_it_is_green_while_nothing_more_is_due(self, home):
        monday = datetime(2026, 4, 6, 20, tzinfo=UTC)
        assert rates_are_fresh(_session(home, monday)).passed

    def test_it_warns_within_the_limit_and_is_red_beyond_it(self, home):
        warned = rates_are_fresh(_session(home))
        assert (warned.passed, warned.warning) == (False, True)
        assert "ecb ends with 2026-04-02, and 2026-04-07 should be published" in warned.message
        red = rates_are_fresh(_session(home, TUESDAY + timedelta(days=1)))
        assert (red.passed, red.warning, red.numbers["too_old"]) == (False, False, 1)
        assert "over the limit of 5" in red.message

    def test_the_strictest_production_sets_the_limit(self, home):
        settings = home.root / "productions.yaml"
        text = settings.read_text(encoding="utf-8").replace("max_age_days: 5", "max_age_days: 2")
        settings.write_text(text, encoding="utf-8")
        assert not rates_are_fresh(_session(home)).warning

    def test_without_rates_and_without_a_try_nothing_is_green(self, door, publisher, tmp_path):
        bare = door.House(tmp_path / "bare", rates=None)
        settings = bare.root / "productions.yaml"
        settings.write_text(publisher.declared() + settings.read_text(encoding="utf-8"))
        fresh, came = rates_are_fresh(_session(bare)), rates_came(_session(bare))
        assert (fresh.passed, fresh.warning) == (False, False)
        assert "cannot be judged: no rate of it is loaded" in fresh.message
        assert (came.passed, came.warning) == (False, True)
        assert "cannot be judged: it was never asked" in came.message
        assert last_tries(_session(bare)) == {}


class TestAPlainSource:
    """A source of the home's own, whose files `currency,rate` lie in a folder, one for each day."""

    SETTINGS = """fx_sources:
  studio: {title: the studio, pivot: USD, quote: per_unit}
fx_fetch:
  studio:
    source: {kind: folder, path: rates, files: "{pull_date:%Y-%m-%d}.csv"}
    at: "12:00"
    time_zone: America/Los_Angeles
"""

    @pytest.fixture
    def plain(self, house):
        settings = house.root / "productions.yaml"
        settings.write_text(self.SETTINGS + settings.read_text(encoding="utf-8"))
        (house.root / "rates").mkdir()
        house.load_rates({"2026-04-02": {"GBP": "1.25"}}, source="studio")
        return house

    def _drop(self, house, day, rate):
        (house.root / "rates" / f"{day}.csv").write_text(f"currency,rate\nGBP,{rate}\n")

    def test_each_missing_day_is_asked_by_its_name(self, plain):
        now = datetime(2026, 4, 7, 19, 30, tzinfo=UTC)
        self._drop(plain, "2026-04-03", "1.26")
        self._drop(plain, "2026-04-07", "1.27")
        session = _session(plain, now)
        assert sources_due(session) == {"studio": ""}
        found = fetch_rates(session, ["studio"])
        assert [(str(one.asked_for), one.outcome) for one in found] == [
            ("2026-04-03", "delivered"),
            ("2026-04-06", "nothing"),
            ("2026-04-07", "delivered"),
        ]
        load_fetched(session)
        loaded = [str(day) for day in sorted(loaded_days(session)["studio"])]
        assert loaded == ["2026-04-02", "2026-04-03", "2026-04-07"]
        assert rates_came(session).passed

    def test_before_its_time_of_day_nothing_is_due(self, plain):
        now = datetime(2026, 4, 3, 18, 59, tzinfo=UTC)
        assert sources_due(_session(plain, now)) == {"studio": "up to date with 2026-04-02"}

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("{pull_date:%Y-%m-%d}.csv", "*.csv", "name the day in the address"),
            ('    at: "12:00"', "    history: {kind: folder, path: rates}", "there is no history"),
            (
                "  studio:\n    source",
                "  stdio:\n    source",
                "no source of exchange rates `stdio`",
            ),
            ('"12:00"', '"25:00"', "at"),
            ("America/Los_Angeles", "Mars/Olympus", "not an IANA time zone"),
        ],
    )
    def test_a_mistake_is_told_with_its_place(self, plain, old, new, words):
        settings = plain.root / "productions.yaml"
        text = settings.read_text(encoding="utf-8")
        assert old in text
        settings.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            _session(plain)
        assert words in f"{caught.value.message} {caught.value.remedy}"
        assert "productions.yaml" in caught.value.where
