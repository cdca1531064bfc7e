"""Working hours of minors: one finding that names everything that was too long, early or late."""

from __future__ import annotations

from typing import Final

from cost_pipeline.core.sql import literal
from cost_pipeline.rules.sql import Query, clock, hours

# Make-up removal is time at the place of work, whatever it is for pay.
_THERE: Final = "(worked + removed)"
_BROKEN: Final = {
    f"{_THERE} > band_at_work": f"{hours(_THERE)} || ' at work without meals, at most ' || {hours('band_at_work')}",
    "elapsed > band_with_meal": f"{hours('elapsed')} || ' at work with meals, at most ' || {hours('band_with_meal')}",
    "set_minutes > band_work": f"{hours('set_minutes')} || ' of work on the set, at most ' || {hours('band_work')}",
    "school_minutes < band_schooling": f"{hours('school_minutes')} || ' of school, at least ' || {hours('band_schooling')}",
    "recreation_minutes < band_recreation": (
        f"{hours('recreation_minutes')} || ' of rest and recreation, at least ' || {hours('band_recreation')}"
    ),
    "call < band_earliest": f"'called at ' || said_call || ', not before ' || {clock('band_earliest')}",
    "end_wall > band_latest": f"'at work until ' || {clock('end_wall')} || ', not after ' || {clock('band_latest')} || CASE WHEN NOT free_tomorrow THEN ' before a school day' ELSE '' END",
    "week_last AND week_worked > band_week": f"{hours('week_worked')} || ' in the week, at most ' || {hours('band_week')}",
    "rest < band_rest": f"said_rest || ' of rest, at least ' || {hours('band_rest')}",
    "greatest(coalesce(gap1, 0), coalesce(gap2, 0), coalesce(gap3, 0)) > band_meal": (
        f"{hours('greatest(coalesce(gap1, 0), coalesce(gap2, 0), coalesce(gap3, 0))')} ||"
        f" ' without a meal, at most ' || {hours('band_meal')}"
    ),
}
# Few cards say these: a card that does not is not faulted for it, and not called in order.
_UNTOLD: Final = {
    "set_minutes IS NULL": "work on the set",
    "school_minutes IS NULL AND band_schooling > 0": "school",
    "recreation_minutes IS NULL AND band_recreation > 0": "rest and recreation",
}
_MISSING: Final = ", ".join(
    f"CASE WHEN {when} THEN {literal(what)} END" for when, what in _UNTOLD.items()
)
_WORDS: Final = ", ".join(f"CASE WHEN {when} THEN {words} END" for when, words in _BROKEN.items())

QUERIES: Final = (
    Query(
        slot="minor_hours",
        where="works AND is_minor",
        why=(
            "CASE WHEN birthdate IS NULL THEN 'the card does not say the minor''s birthdate'"
            " WHEN work_date - birthdate < 15 THEN 'no band of the pack is of the first 15 days'"
            " WHEN band_name IS NULL AND school_day IS NULL AND age_months >= 72"
            " THEN 'the card does not say whether it was a school day'"
            " WHEN band_name IS NULL THEN 'no band of the pack has this age' END"
        ),
        broken=" OR ".join(f"coalesce({when}, false)" for when in _BROKEN),
        at_most=True,
        words=(
            f"band_name || ': ' || coalesce(nullif(concat_ws('; ', {_WORDS}), ''), 'within the hours')"
            f" || coalesce('; not on the card: hours of ' || nullif(concat_ws(', ', {_MISSING}), ''), '')"
        ),
    ),
)
