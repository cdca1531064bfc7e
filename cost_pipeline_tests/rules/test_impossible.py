"""Cards that cannot be: each says why, and none gets a number."""

from datetime import date
from decimal import Decimal

from cost_pipeline.contracts.findings import TOLD_SCHEMA
from cost_pipeline.rules.evaluate import evaluate
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline_tests.rules.cards import GRIP, PERFORMER, at, findings, table

IMPOSSIBLE = {
    "a wrap before the call": ({"wrap": at("5:00")}, "the wrap 05:00 is before the call 07:00"),
    "a day of 30 hours": ({"wrap": at("37:00")}, "the day is 30 hours long"),
    "no call": ({"call": None}, "the call is missing"),
    "no wrap": ({"wrap": None}, "the wrap is missing"),
    "a wrap that no clock showed": (
        {"call": 1200, "meal1_out": None, "meal1_in": None, "wrap": at("26:57"),
         "dismissal": at("27:00"), "clock_shift_at": 27 * 60, "clock_shift": 60},
        "no clock showed 02:57 (+1): clocks went forward over it",
    ),
    "a meal without its end": ({"meal1_in": None}, "a meal lacks its beginning or its end"),
    "a meal that ends before it begins": ({"meal1_in": 700}, "a meal ends before it begins"),
    "meals that overlap": ({"meal2_out": 800, "meal2_in": 830}, "the meals overlap"),
    "a meal before the call": ({"meal1_out": 300, "meal1_in": 330}, "begins before the call"),
    "a meal after the wrap": ({"meal2_out": 1060, "meal2_in": 1090}, "a meal ends after the wrap"),
    "a dismissal before the wrap": ({"dismissal": 1000}, "the dismissal 16:40 is before the wrap"),
    "a prior wrap after this call": ({"prior_wrap": at("32:00")}, "is after this call"),
    "a prior day that is not before": (
        {"prior_work_date": date(2026, 3, 3), "prior_wrap": 60},
        "is not before",
    ),
    "an unknown craft": ({"craft": "juggler"}, "the craft 'juggler' is in no rule pack"),
    "an agreement without a pack": ({"agreement": "wga"}, "no rule pack of the agreement wga"),
    "an engagement without rules": ({"engagement": "flat"}, "no rules for a grip engaged as flat"),
    "a meal without its beginning": ({"meal1_out": None}, "a meal lacks its beginning or its end"),
    "a second meal before the first": (
        {"meal2_out": 700, "meal2_in": 730},
        "the second meal is before the first",
    ),
    "a non-deductible meal that ends before it begins": (
        {"ndm_start": 500, "ndm_end": 480},
        "the non-deductible meal ends before it begins",
    ),
    "a week that ended before": (
        {"week_ending": date(2026, 3, 2)},
        "the week ending 2026-03-02 is not that of this day",
    ),
    "a week that is yet to begin": (
        {"week_ending": date(2026, 3, 10)},
        "the week ending 2026-03-10 is not that of this day",
    ),
    "another currency": ({"currency": "CAD"}, "it is paid in CAD"),
    "a rate that is none": ({"rate": Decimal(2_000_000)}, "a rate of a million or more"),
}  # fmt: skip


def test_an_impossible_card_says_why_and_has_no_number():
    cards = [
        GRIP | changes | {"worker_id": name, "transaction_id": name}
        for name, (changes, _) in IMPOSSIBLE.items()
    ]
    found = {entry["transaction_id"]: entry for entry in findings(*cards)}
    assert len(found) == len(IMPOSSIBLE)
    for name, (_, words) in IMPOSSIBLE.items():
        entry = found[name]
        assert entry["severity"] == "not_evaluated", name
        assert entry["due"] is None
        assert entry["difference"] is None
        assert words in entry["explanation"], entry["explanation"]


def test_two_cards_of_one_person_for_one_day_are_neither_evaluated():
    found = findings(GRIP, GRIP | {"transaction_id": "C-2"}, GRIP | {"worker_id": "W-2"})
    twins = [f for f in found if f["worker_id"] == "W-1"]
    assert [f["severity"] for f in twins] == ["not_evaluated", "not_evaluated"]
    assert all("2 cards of this person" in f["explanation"] for f in twins)
    assert any(f["severity"] == "ok" for f in found if f["worker_id"] == "W-2")


def test_a_date_before_any_pack_is_not_evaluated_rule_by_rule():
    found = findings(PERFORMER | {"work_date": date(2019, 3, 5), "photography_start": None})
    assert found
    money = [f for f in found if f["due"] is not None]
    assert money == []
    assert {f["severity"] for f in found} == {"not_evaluated"}
    assert any("no rule pack covers this work date" in f["explanation"] for f in found)


def test_without_a_wrap_before_it_only_rest_is_not_evaluated():
    found = findings(GRIP | {"prior_wrap": None})
    missing = {f["rule"] for f in found if f["severity"] == "not_evaluated"}
    assert missing == {"iatse.rest.daily"}


def test_a_shift_that_begins_before_the_last_has_ended_has_no_rest():
    """Never a forced call of a rest below nothing; the hours of both days are paid all the same."""
    late = {"work_date": date(2026, 3, 2), "workday": 1, "wrap": at("32:00"), "call": at("12:00"),
            "meal1_out": at("18:00"), "meal1_in": at("18:30"), "meal2_out": at("24:00"),
            "meal2_in": at("24:30")}  # fmt: skip
    people = {"crew": GRIP, "cast": PERFORMER}
    cards = [
        card | {"worker_id": name, "prior_wrap": None} | changes
        for name, card in people.items()
        for changes in (late, {})
    ]
    second = [f for f in findings(*cards) if f["work_date"] == date(2026, 3, 3)]
    rests = [f for f in second if f["family"] == "rest"]
    assert {f["rule"] for f in rests} == {"iatse.rest.daily", "sag.rest.daily"}
    assert {f["severity"] for f in rests} == {"not_evaluated"}
    assert all("the card before ends after this call" in f["explanation"] for f in rests)
    assert {f["worker_id"] for f in second if f["family"] == "overtime" and f["due"]} == set(people)


# What a card lacks, and the words for it; the rules that do not need it are evaluated all the same.
LACKING = {
    "schedule": (
        PERFORMER | {"engagement": "weekly", "rate_unit": "week", "schedule": None},
        "sag.ot.weekly_theatrical",
        "its schedule",
    ),
    "length": (
        PERFORMER | {"engagement": "three_day", "rate_unit": "three_day", "program_minutes": None},
        "sag.scale.three_day_tv_half_and_one_hour.2025-07-01",
        "the length of the programme",
    ),
    "local": (
        GRIP | {"agreement": "iatse_area_standards", "craft": "key", "local": None},
        "asa.scale.maryland_theatrical.2025-08-03",
        "the local",
    ),
    "photography": (
        GRIP | {"photography_start": None},
        "iatse.gold.triple_15",
        "when principal photography began",
    ),
    "birthdate": (PERFORMER | {"minor": True}, "minors.ca.hours", "birthdate"),
    "school day": (
        PERFORMER | {"birthdate": date(2016, 3, 3), "minor": True},
        "minors.ca.hours",
        "whether it was a school day",
    ),
    "hourly rate": (GRIP | {"rate_unit": "episode"}, "iatse.ot.daily_weekly", "by the episode"),
    "travel times": (
        GRIP | {"day_type": "travel", "zone": "distant", "call": None, "wrap": None,
                "meal1_out": None, "meal1_in": None},
        "iatse.travel_only",
        "how long the travel took",
    ),
    "contributor": (GRIP | {"fifteen_million": None}, "iatse.ph.health", "$15 Million"),
    "minimum": (
        GRIP | {"agreement": "iatse_area_standards", "craft": "grip", "local": "487"},
        "asa.scale.maryland_theatrical.2025-08-03",
        "no minimum for a grip",
    ),
    "multiples": (
        GRIP | {"agreement": "iatse_area_standards", "craft": "key", "local": "52", "workday": 6},
        "asa.ot",
        "no multiples for a sixth day",
    ),
    "shift before": (
        GRIP | {"prior_wrap": at("23:30")},
        "iatse.gold.studio",
        "the card of the shift before is not here",
    ),
}  # fmt: skip


def test_what_a_card_lacks_is_named_and_the_other_rules_are_evaluated():
    cards = [
        card | {"worker_id": name, "transaction_id": name} for name, (card, *_) in LACKING.items()
    ]
    found = findings(*cards)
    for name, (_, rule, words) in LACKING.items():
        mine = [f for f in found if f["transaction_id"] == name]
        (lacking,) = [f for f in mine if f["rule"] == rule]
        assert (lacking["severity"], lacking["due"]) == ("not_evaluated", None), name
        assert words in lacking["explanation"], (name, lacking["explanation"])
        assert any(f["severity"] != "not_evaluated" for f in mine), name


def test_non_union_work_is_told_apart_from_silence():
    (found,) = findings(GRIP | {"agreement": "non_union"})
    assert (found["severity"], found["family"]) == ("ok", "card")


def test_every_card_gets_a_finding_whatever_its_day_was():
    kinds = ("work", "rehearsal", "fitting", "travel", "hold", "idle", "holiday", "training")
    cards = [
        card | {"day_type": kind, "worker_id": f"{kind}-{n}", "transaction_id": f"{kind}-{n}"}
        for kind in kinds
        for n, card in enumerate((GRIP, PERFORMER))
    ]
    found = findings(*cards)
    assert {f["transaction_id"] for f in found} == {card["transaction_id"] for card in cards}


def test_no_cards_have_no_findings():
    assert evaluate(table(), bundled_packs()).schema == TOLD_SCHEMA


def test_a_craft_without_a_minimum_is_not_passed_over_in_silence():
    (missing,) = [f for f in findings(GRIP | {"craft": "dolly_grip"}) if f["family"] == "scale"]
    assert (missing["rule"], missing["severity"]) == ("card.scale", "not_evaluated")
    assert missing["explanation"] == (
        "not evaluated: the packs have no minimum rate of a dolly grip under this agreement"
    )
    (known,) = [f for f in findings(GRIP) if f["family"] == "scale"]
    assert known["severity"] != "not_evaluated"


def test_a_card_that_does_not_say_what_day_it_was_has_findings_all_the_same():
    assert findings(GRIP | {"craft": "dolly_grip", "day_type": None})
