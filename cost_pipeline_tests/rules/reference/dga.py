"""A director's staff: section 2.9 of the facts. A day is a fifth of the week."""

from decimal import Decimal

from cost_pipeline_tests.rules.reference.history import kind, rest, since, works
from cost_pipeline_tests.rules.reference.rest import dga_penalty
from cost_pipeline_tests.rules.reference.times import cents, elapsed

D = Decimal


# Hours past which so many days are owed, and past which each four hours owe one.
BANDS = {
    "first_ad": ([(13, "0.5"), (15, "0.5")], 19),
    "key_second_assistant_director": ([(13, "0.5"), (15, "1")], 19),
    "second_assistant_director": ([(15, "1")], 19),
    "unit_production_manager": ([(D("15.9"), "1")], 20),
}


def extended_day(card, _):
    """dga.extended_day: by the craft's bands; a production manager's begins at 16 h."""
    if not works(card):
        return None
    bands, further = BANDS[card["craft"]]
    minutes = elapsed(card)
    days = sum((D(days) for hours, days in bands if minutes > hours * 60), D(0))
    days += -(-max(0, minutes - further * 60) // (4 * 60))
    return cents(card["rate"] / 5 * days)


def invaded_rest(card, history):
    """dga.rest: nine hours from an hour after wrap to an hour before call."""
    minutes = rest(card, history.before)
    if not works(card) or minutes is None or since(card, history.before) != 1:
        return None
    return dga_penalty(card["rate"] / 5, D(max(0, 9 * 60 - (minutes - 120))) / 60)


def premium_day(card, _):
    """dga.sixth_seventh: 1.5x, 2x and 2x of a day, not on a distant location."""
    times = {"normal": D(1), "sixth": D("1.5"), "seventh": D(2), "holiday": D(2)}[kind(card)]
    if not works(card) or times == 1 or card["zone"] == "distant":
        return None
    return cents(card["rate"] / 5 * times)
