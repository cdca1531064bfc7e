"""The packs: every collected rule is accounted for, every border picks the right version."""

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reference import reference_path
from cost_pipeline.rules.context import Context, Crafts, Epochs, Person, choose, group_of
from cost_pipeline.rules.diff import dates_that_differ, difference
from cost_pipeline.rules.load import bundled_packs, load_pack, load_packs
from cost_pipeline.rules.pack import BEGINNING, FOREVER, PackedRule
from cost_pipeline.rules.schema import SCHEMAS, schema_text
from cost_pipeline.rules.terms import SLOTS, Terms
from cost_pipeline_tests.rules.cards import findings, only
from cost_pipeline_tests.rules.tables import NO_MEAL, on, paid, performer, week

PACKS = bundled_packs()
COLLECTED = Path(__file__).with_name("collected_rules.txt").read_text().split()
AUGUSTS = ("2024-08-04", "2025-08-03", "2026-08-02")
JULYS = ("2023-11-09", "2024-07-01", "2025-07-01", "2026-07-01")
# Parts of a collected rule that have a name of their own, and what tables of the facts have beside.
PARTS = (
    *("dga.production_fee", "sag.straight_time", "t399.meal.non_deductible"),
    *(f"iatse.scale.l600.{craft}.{day}" for craft in ("dit", "loader") for day in AUGUSTS),
    *(f"sag.scale.stunt_coordinator_less_than_flat.{day}" for day in JULYS),
)
DAY = timedelta(days=1)
CRAFTS = Crafts(PACKS)
EPOCHS = Epochs(PACKS)
TERMS = Terms(PACKS)


def test_every_collected_rule_is_in_a_pack_or_says_why_not():
    in_packs = {packed.rule.id for packed in PACKS.rules}
    assert len(COLLECTED) == 194
    assert in_packs | set(PACKS.reference_only) == {*COLLECTED, *PARTS}
    assert all(PACKS.reference_only.values())


def test_every_rule_of_a_pack_has_a_slot_that_is_evaluated():
    assert {packed.rule.slot for packed in PACKS.rules} == set(SLOTS)


def test_low_or_disputed_rules_are_never_more_than_a_flag():
    for packed in PACKS.rules:
        rule = packed.rule
        for_all = rule.disputed and rule.disputed_for is None
        assert rule.certain == (rule.confidence != "low" and not for_all)


def test_the_schemas_are_what_the_models_say():
    for name in SCHEMAS:
        assert (reference_path("union_rules") / name).read_text() == schema_text(name)


def _person(packed: PackedRule, day: date) -> Person:
    """Somebody whom a rule is made for, on a work date (or with photography begun then)."""
    applies, rule = packed.rule.applies, packed.rule
    pack = PACKS.named(packed.pack)
    agreement = pack.agreement.agreement
    agreement = "sag_aftra" if agreement == "any" else agreement
    photography = applies.photography
    started = photography.first if photography and photography.first else None
    if photography and photography.before:
        started = photography.before - DAY
    by_start = rule.dated_by == "photography_start"
    for word in (*applies.crafts, *_all_crafts(agreement)):
        craft = CRAFTS.find(agreement, word)[1]
        for engagement in applies.engagements or (
            "daily",
            "weekly",
            "three_day",
            "on_call",
            "flat",
        ):
            context = Context(
                agreement=agreement,
                craft=word,
                local="487" if applies.region == "maryland" else "52",
                engagement=engagement,
                schedule=applies.schedules[0]
                if applies.schedules
                else ("F" if applies.groups == ("schedule_f",) else "A"),
                contract_type=applies.contract_types[0] if applies.contract_types else "theatrical",
                zone=applies.zones[0] if applies.zones else "studio",
                budget_tier=applies.tiers[0] if applies.tiers else "full",
                program_minutes=(applies.program_minutes.first or applies.program_minutes.last)
                if applies.program_minutes
                else 60,
                season=1 if applies.seasons and applies.seasons.last else 3,
                off_production=bool(applies.off_production),
                work_epoch=date(2026, 3, 2) if by_start else day,
                photography_epoch=day if by_start else started or date(2025, 1, 6),
            )
            group = group_of(craft, context)
            wanted = not applies.groups or group in applies.groups
            if group and wanted and word not in applies.not_crafts:
                region = applies.region or "elsewhere"
                return Person(context, word, group, region)
    raise AssertionError(f"nobody is a person of {packed}")


def _all_crafts(agreement):
    found = []
    for pack in PACKS.packs:
        if pack.agreement.agreement == agreement:
            of = pack.agreement.crafts_of
            found += [*pack.agreement.crafts, *(PACKS.named(of).agreement.crafts if of else ())]
    return found


def _in_slot(packed: PackedRule) -> list[PackedRule]:
    agreement = PACKS.named(packed.pack).agreement.agreement
    return [
        other
        for other in PACKS.rules
        if other.rule.slot == packed.rule.slot
        and PACKS.named(other.pack).agreement.agreement == agreement
    ]


def _borders(packed):
    """The day before, on and after each end of a rule's interval that is known."""
    for day in (packed.rule.begins, packed.rule.ends):
        if day not in {BEGINNING, FOREVER}:
            yield from (day - DAY, day, day + DAY)


@pytest.mark.parametrize(
    "place", range(len(PACKS.rules)), ids=lambda n: f"{PACKS.rules[n].rule.id}-{n}"
)
def test_the_day_before_on_and_after_each_border_picks_the_right_version(place):
    packed = PACKS.rules[place]
    for day in _borders(packed):
        chosen = choose(_in_slot(packed), _person(packed, EPOCHS.of(day)))
        picked = chosen is not None and chosen.packed == packed
        assert picked == packed.rule.covers(day), day
        if not picked and chosen is not None and chosen.packed is not None:
            assert chosen.packed.rule.covers(day)


@pytest.mark.parametrize("place", range(len(PACKS.rules)))
def test_every_rule_becomes_terms(place):
    packed = PACKS.rules[place]
    start = packed.rule.begins if packed.rule.first else (packed.rule.last or date(2026, 3, 2))
    person = _person(packed, EPOCHS.of(start))
    row = TERMS.table([(0, person.context)]).to_pylist()[0]
    assert row["unknown"] is None
    assert row[f"{packed.rule.slot}__rule"] == packed.rule.id
    assert row[f"{packed.rule.slot}__grade"] in {"block", "flag"}


# --- what is refused


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "union_rules"
    shutil.copytree(reference_path("union_rules"), copy)
    return copy


def _edit(file, change):
    document = yaml.safe_load(file.read_text())
    change(document["rules"])
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def _refusal(folder):
    with pytest.raises(UsageError) as caught:
        load_packs(folder)
    assert caught.value.code == "BAD_RULE_PACK"
    return str(caught.value)


def _index(rules, identity):
    return next(n for n, rule in enumerate(rules) if rule["id"] == identity)


def test_an_overlap_names_both_rules_and_the_place(folder):
    def overlap(rules):
        rules[_index(rules, "sag.per_diem.b")]["to"] = "2025-12-20"

    _edit(folder / "sag_aftra_2023" / "per_diem.yaml", overlap)
    words = _refusal(folder)
    assert "sag.per_diem.c and sag.per_diem.b" in words
    assert "from 2025-12-14 to 2025-12-20" in words
    assert "sag_aftra_2023/per_diem.yaml:" in words


def test_two_rules_of_a_slot_may_not_both_apply_whatever_their_series(folder):
    def for_all(rules):
        rules[_index(rules, "asa.apoc")]["applies"]["crafts"] = ["key"]

    _edit(folder / "iatse_area_standards_2024" / "scale.yaml", for_all)
    assert "asa.apoc and asa.scale." in _refusal(folder)


def test_a_gap_names_the_missing_days(folder):
    def gap(rules):
        rules[_index(rules, "sag.per_diem.b")]["to"] = "2025-12-10"

    _edit(folder / "sag_aftra_2023" / "per_diem.yaml", gap)
    assert "sag.per_diem has no rule from 2025-12-11 to 2025-12-13" in _refusal(folder)


def test_a_gap_between_two_packs_is_found_too(folder):
    def gap(rules):
        rules[_index(rules, "sag.scale.day_performer.2026-07-01")]["from"] = "2026-07-03"

    _edit(folder / "sag_aftra_2026" / "scale.yaml", gap)
    assert "sag.scale.day_performer has no rule from 2026-07-01 to 2026-07-02" in _refusal(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rule: rule.update(amount="1"), "sag.meal.due"),
        (lambda rule: rule["amounts"].update(hours="six"), "sag.meal.due"),
        (lambda rule: rule.update({"from": "2026-01-02", "to": "2026-01-01"}), "before it begins"),
        (lambda rule: rule.update(sources=[]), "sources"),
        (lambda rule: rule.update(confidence="certain"), "confidence"),
        (lambda rule: rule.update(disputed_for={}), "for whom it is disputed"),
    ],
)
def test_what_is_wrong_in_a_rule_is_named(folder, change, words):
    file = folder / "sag_aftra_2023" / "meals.yaml"
    _edit(file, lambda rules: change(rules[0]))
    refusal = _refusal(folder)
    assert words in refusal
    assert "sag_aftra_2023/meals.yaml:" in refusal


@pytest.mark.parametrize(
    ("band", "changes", "words"),
    [
        (1, {"to_months": "24"}, "6 months to 2 years and 2 to 5 years are of the same age"),
        (4, {"school_day": "true"}, "and 6 to 8 years, no school are of the same age"),
    ],
)
def test_bands_of_minors_hold_one_at_a_time(folder, band, changes, words):
    def change(rules):
        rules[0]["amounts"]["bands"][band].update(changes)

    _edit(folder / "california_minors" / "minors.yaml", change)
    assert words in _refusal(folder)


def test_a_file_that_is_not_yaml_is_named_with_its_line(folder):
    (folder / "dga_2023" / "rest.yaml").write_text("family: rest\nrules: [\n")
    assert "dga_2023/rest.yaml" in _refusal(folder)


def test_a_rule_cannot_be_evaluated_and_be_reference_only(folder):
    file = folder / "reference_only.yaml"
    file.write_text(file.read_text() + "sag.meal.due: because\n")
    assert "sag.meal.due is in a pack too" in _refusal(folder)


UNITS = on(performer(rate="1280"), day_type="fitting", call="9:00", wrap="10:15", **NO_MEAL)
STUNTS = performer("stunt_performer", "weekly", "H", "4646", **paid(("straight", "1", "1")))
HOLIDAY = week(STUNTS, *["17:30"] * 5, holiday=True)
READ = [
    ("allowances", "sag.fitting.day_prior", "unit_minutes", "30", (UNITS,), ("200", "240")),
    ("weekly", "sag.weekly.gross", "holiday_scale", "0.30", HOLIDAY, ("5575.20", "6039.80")),
]


@pytest.mark.parametrize(("family", "rule", "name", "other", "cards", "dues"), READ)
def test_a_sum_of_a_pack_is_what_is_reckoned_with(folder, family, rule, name, other, cards, dues):
    def change(rules):
        rules[_index(rules, rule)]["amounts"]["sums"][name] = other

    _edit(folder / "sag_aftra_2023" / f"{family}.yaml", change)
    before, after = (
        only(findings(*cards, packs=packs), rule)["due"] for packs in (PACKS, load_packs(folder))
    )
    assert (before, after) == tuple(map(Decimal, dues))


# --- versions and differences


def test_a_version_is_of_what_is_said_not_of_how_it_is_laid_out(folder):
    before = load_pack(folder / "dga_2023").version
    _edit(folder / "dga_2023" / "rest.yaml", lambda _rules: None)
    assert load_pack(folder / "dga_2023").version == before
    _edit(folder / "dga_2023" / "rest.yaml", lambda rules: rules[0]["amounts"].update(hours="10"))
    assert load_pack(folder / "dga_2023").version != before


def test_a_changed_amount_differs_on_the_days_of_its_version_only(folder):
    old = load_pack(folder / "sag_aftra_2023")

    def dearer(rules):
        rules[_index(rules, "sag.per_diem.b")]["amounts"]["lunch"] = "22"

    _edit(folder / "sag_aftra_2023" / "per_diem.yaml", dearer)
    new = load_pack(folder / "sag_aftra_2023")
    (change,) = difference(old, new)
    assert (change.what, change.rule) == ("changed", "sag.per_diem.b")
    assert json.dumps(change.before["amounts"]) != json.dumps(change.after["amounts"])
    assert dates_that_differ(old, new) == [(date(2023, 12, 10), date(2025, 12, 13))]


def test_a_version_that_ends_earlier_differs_on_the_days_it_lost(folder):
    old = load_pack(folder / "dga_2023")
    _edit(folder / "dga_2023" / "rest.yaml", lambda rules: rules[0].update(to="2026-05-31"))
    new = load_pack(folder / "dga_2023")
    assert dates_that_differ(old, new) == [(date(2026, 6, 1), date(2026, 6, 30))]
    assert dates_that_differ(old, old) == []
    assert difference(old, old) == []
