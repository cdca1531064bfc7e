"""Meal penalties: how many half hours late, and what each costs."""

from decimal import Decimal

from cost_pipeline_tests.rules.reference.times import CREW, end_of, meals, real

SIX_HOURS = 6 * 60


def half_hours(minutes_late):
    """Half hours or fractions."""
    return 0 if minutes_late <= 0 else -(-minutes_late // 30)


def _ladder(count, steps, after):
    return sum((Decimal(step) for step in [*steps, *[after] * count][:count]), Decimal(0))


def sag_principal(count):
    """sag.meal.penalty.principal: 25, 35, then 50 each."""
    return _ladder(count, ("25", "35"), "50")


def sag_small(count):
    """Student, short and ultra low budget: 25 each."""
    return _ladder(count, (), "25")


def sag_background(count):
    """sag.meal.penalty.background: 7.50, 10, then 12.50 each."""
    return _ladder(count, ("7.50", "10"), "12.50")


def iatse_general(count):
    """iatse.meal.penalty.general: 7.50, 10, 12.50, 12.50, then 25 each."""
    return _ladder(count, ("7.50", "10", "12.50", "12.50"), "25")


def iatse_tv_studio(count):
    """iatse.meal.penalty.tv_studio: 8.50, 11, 13.50, 13.50, then 25 each."""
    return _ladder(count, ("8.50", "11", "13.50", "13.50"), "25")


def low_budget(count):
    """lbt.meal: 8.50, 11, 13.50, 13.50, then 18 each."""
    return _ladder(count, ("8.50", "11", "13.50", "13.50"), "18")


def teamsters(count):
    """t399.meal: 10, 12.50, then 15 each."""
    return _ladder(count, ("10", "12.50"), "15")


def area_standards_tv_studio(count):
    """asa.meal.penalty: 8.50, 11, 13.50, then 13.50 to the fourth, 25 from the fifth on."""
    return _ladder(count, ("8.50", "11", "13.50", "13.50"), "25")


def _taken(card):
    return [(start, end) for start, end in meals(card) if end - start >= 30]


def intervals(card):
    """Minutes from the call, or the meal before, to each meal and at last to the end of work.

    The first begins anew at the end of a non-deductible meal of 15 minutes in the first two hours.
    """
    anchor = real(card, card["call"])
    ndm = card["ndm_end"]
    if (
        ndm is not None
        and card["ndm_start"] is not None
        and real(card, ndm) - real(card, card["ndm_start"]) >= 15
        and real(card, card["ndm_start"]) - anchor <= 120
    ):
        anchor = real(card, ndm)
    found = []
    for start, end in [*_taken(card), (end_of_need(card), None)]:
        found.append(start - anchor)
        anchor = end
    return found


def late_half_hours(card):
    """Of each meal that was due, how many half hours it came late.

    One is due every six hours; the end of work ends what is due, on a distant location of crew
    after six and a half hours (`distant_last_interval_hours`).

    A grace (12 minutes, where the card says that it was used) helps a meal that came within it;
    one that came later is late from the sixth hour on. The facts do not say which of the two is
    meant; this is the reading under which more is due. An extension (30 minutes) moves the hour.
    """
    if card["french_hours"] and card["agreement"] in CREW:
        return []
    late = []
    gaps = intervals(card)
    for place, gap in enumerate(gaps):
        extended = place < 2 and card[f"extension{place + 1}"]
        last = place == len(gaps) - 1
        last_on_distant = last and card["agreement"] in CREW and card["zone"] == "distant"
        over = gap - SIX_HOURS - (30 if extended or last_on_distant else 0)
        graced = place < 2 and card[f"grace{place + 1}"] and over <= 12
        late.append(0 if graced else half_hours(over))
    return late


def penalty(card, before, ladder, hour):
    """What late meals cost, of which those past the twentieth half hour of a week pay an hour."""
    total, counted = Decimal(0), before
    for count in late_half_hours(card):
        dear = max(0, min(count, counted + count - 20))
        total += ladder(count - dear) + hour * dear
        counted += count
    return total


def end_of_need(card):
    """When no further meal is due: crew's wrap, a performer's dismissal.

    Of a principal the first 15 minutes of make-up removal count for no penalty
    (sag.ot.makeup_removal).
    """
    end = real(card, end_of(card))
    if card["agreement"] == "sag_aftra" and card["schedule"] != "X":
        end = max(real(card, card["wrap"]), end - 15)
    return end
