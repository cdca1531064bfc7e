"""What a person did before a card and in its week, and what kind of day it was."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from cost_pipeline_tests.rules.reference.times import elapsed, end_of, meals, real

WORKS = {"work", "rehearsal", "fitting", "training"}
PRINCIPALS = {"performer", "stunt_performer"}


@dataclass
class History:
    """The possible cards of a person, in order: those before one, and those of its week."""

    earlier: list = field(default_factory=list)
    week: list = field(default_factory=list)

    @property
    def before(self):
        """The last card before that was work."""
        worked = [card for card in self.earlier if works(card)]
        return worked[-1] if worked else None

    def of(self, card):
        """The history that another card of the same week has."""
        both = {id(c): c for c in [*self.earlier, *self.week]}.values()
        ordered = sorted(both, key=lambda c: c["work_date"])
        return History(
            [c for c in ordered if c["work_date"] < card["work_date"]],
            [c for c in ordered if c["week_ending"] == card["week_ending"]],
        )


def works(card):
    """Whether the card is a day of work."""
    return card["day_type"] in WORKS


def was_skipped(card):
    """Whether a time lies in the hour that clocks skip in spring."""
    skipped = range(card["clock_shift_at"] - card["clock_shift"], card["clock_shift_at"])
    names = ("call", "meal1_out", "meal1_in", "meal2_out", "meal2_in", "wrap", "dismissal")
    return any(card[name] in skipped for name in names)


def possible(card):
    """Whether a day can have been like that; the invented company sends a few that cannot."""
    if card["wrap"] < card["call"] or elapsed(card) > 24 * 60:
        return False
    if real(card, card["dismissal"]) < real(card, card["wrap"]) or was_skipped(card):
        return False
    times = [minute for pair in meals(card) for minute in pair]
    return times == sorted(times) and (not times or times[-1] <= real(card, end_of(card)))


def since(card, before):
    """Calendar days since the work before."""
    return None if before is None else (card["work_date"] - before["work_date"]).days


def rest(card, before):
    """Minutes of rest since the work before; of principals 15 min of make-up removal are rest.

    None where there was no work before, or it went on after this call.
    """
    if before is None:
        return None
    back = since(card, before) * 24 * 60
    # Both cards count from their own midnight; the clock change beside the later one serves both.
    end = real(card, end_of(before) - back)
    if card["agreement"] == "sag_aftra" and before["craft"] in PRINCIPALS:
        end = max(real(card, before["wrap"] - back), end - 15)
    found = real(card, card["call"]) - end
    return found if found >= 0 else None


# Of the weeks that are compared, the holidays: 4 July 2026 is a Saturday, observed on the Friday,
# by crews on a distant location on the Saturday itself.
def is_holiday(card):
    """Contractual holidays of performers and of the Basic Agreement, or what the card says."""
    if card["holiday"] or card["agreement"] not in {"sag_aftra", "iatse_basic"}:
        return bool(card["holiday"])
    saturday = card["agreement"] == "iatse_basic" and card["zone"] == "distant"
    return card["work_date"] == (date(2026, 7, 4) if saturday else date(2026, 7, 3))


def kind(card):
    """Which day it was: `holiday`, `seventh`, `sixth` or `normal`."""
    if is_holiday(card):
        return "holiday"
    workday = card["workday"]
    if card["agreement"] == "sag_aftra" and {"sat", "sun"} <= set(card["days_off"]):
        workday = {5: 6, 6: 7}.get(card["work_date"].weekday(), workday)
    return {6: "sixth", 7: "seventh"}.get(workday, "normal")


def new_week(card):
    """Whether days off were around days of work, and not between them."""
    yesterday = (card["work_date"] - timedelta(days=1)).strftime("%a").lower()
    return card["workday"] in {1, 6, 7} or yesterday in card["days_off"]
