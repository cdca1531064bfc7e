"""A pack's version of a day changes exactly if something that covers the day does."""

from dataclasses import replace
from datetime import date

from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.rules.versions import Versions

BORDER = date(2025, 8, 3)  # general increase of the crews


def versions(packs, day):
    return set(Versions(packs).on(day))


def test_days_between_borders_have_one_version_and_a_border_has_another():
    packs = bundled_packs()
    before, on, after = (date.fromordinal(BORDER.toordinal() + n) for n in (-1, 0, 1))
    found = [
        {v for v in versions(packs, day) if v.startswith("iatse_basic")}
        for day in (before, on, after)
    ]
    assert found[0] != found[1] == found[2]


def test_a_rule_of_later_days_changes_no_version_before_it():
    packs = bundled_packs()
    changed = []
    for pack in packs.packs:
        rules = tuple(
            replace(packed, rule=packed.rule.model_copy(update={"note": "changed"}))
            if packed.rule.begins == BORDER
            else packed
            for packed in pack.rules
        )
        changed.append(replace(pack, rules=rules))
    other = replace(packs, packs=tuple(changed))
    assert versions(other, date(2025, 8, 2)) == versions(packs, date(2025, 8, 2))
    assert versions(other, BORDER) != versions(packs, BORDER)


def test_a_day_before_all_rules_has_none_of_a_pack():
    assert Versions(bundled_packs()).of("dga_2023", date(1999, 1, 1)) is None
