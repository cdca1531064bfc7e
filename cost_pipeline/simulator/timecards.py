"""Draws weeks of timecards of an invented company: same seed, same cards.

Crew and cast of every agreement, nights, weekends on which clocks change, meals late or missed,
forced calls, sixth and seventh days; a few cards are impossible. Pay is what a hurried payroll
would have paid: hours by the day's tiers and some of the penalties. What was due is not decided
here: that is what the pipeline finds out. No name is a real person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

_CENT: Final = Decimal("0.01")
_HOUR: Final = 60
_WHOLE_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is hired as."""

    agreement: str
    craft: str
    gl_code: str
    category: str
    engagement: str
    rate: str
    rate_unit: str
    local: str = ""
    schedule: str = ""
    guaranteed: str = ""


ROLES: Final[tuple[Role, ...]] = (
    Role("iatse_basic", "key_grip", "2501", "IATSE", "weekly", "62.19", "hour", "80", "", "54"),
    Role("iatse_basic", "grip", "2502", "IATSE", "daily", "54.78", "hour", "80"),
    Role("iatse_basic", "camera_operator", "3301", "IATSE", "daily", "89.91", "hour", "600"),
    Role("iatse_basic", "gaffer", "3201", "IATSE", "daily", "63.01", "hour", "728"),
    Role("iatse_basic", "costumer", "2901", "IATSE", "daily", "48.00", "hour", "705"),
    Role("iatse_basic", "script_supervisor", "2503", "IATSE", "daily", "52.00", "hour", "871"),
    Role("iatse_basic", "art_director", "2201", "IATSE", "on_call", "4100.00", "week", "800"),
    Role("iatse_area_standards", "grip", "2502", "IATSE", "daily", "47.78", "hour", "487"),
    Role("teamsters_399", "driver", "3501", "TEAMSTERS-399", "daily", "46.45", "hour", "399"),
    Role("dga", "first_ad", "2001", "DGA", "weekly", "6676.00", "week"),
    Role("sag_aftra", "performer", "1401", "SAG-AFTRA", "daily", "1246.00", "day", "", "A"),
    Role("sag_aftra", "performer", "1401", "SAG-AFTRA", "daily", "1500.00", "day", "", "A"),
    Role("sag_aftra", "performer", "1402", "SAG-AFTRA", "weekly", "4326.00", "week", "", "B"),
    Role("sag_aftra", "performer", "1403", "SAG-AFTRA", "weekly", "6000.00", "week", "", "C"),
    Role("sag_aftra", "performer", "1404", "SAG-AFTRA", "three_day", "3157.00", "three_day"),
    Role("sag_aftra", "stunt_performer", "1405", "SAG-AFTRA", "weekly", "4646.00", "week", "", "H"),
    Role("sag_aftra", "background_general", "2101", "SAG-AFTRA", "daily", "224.00", "day", "", "X"),
    Role("sag_aftra", "stand_in", "2102", "SAG-AFTRA", "daily", "262.00", "day", "", "X"),
)
ZONES: Final = ("studio", "studio_zone", "bus_to", "nearby", "distant")
CALLS: Final = (5 * 60, 6 * 60 + 30, 7 * 60, 9 * 60 + 18, 13 * 60, 16 * 60 + 30, 20 * 60)
COLUMNS: Final = (
    *("transaction_id", "transaction_date", "worker_id", "department_code", "gl_code"),
    *("union_category", "agreement", "local", "craft", "engagement", "schedule"),
    *("contract_type", "program_minutes", "season", "photography_start", "rate", "rate_unit"),
    *("guaranteed_hours", "week_ending", "workday", "days_off", "holiday", "day_type", "zone"),
    *("call", "meal1_out", "meal1_in", "meal2_out", "meal2_in", "wrap", "dismissal"),
    *("grace1", "french_hours", "meals_supplied", "per_diem_paid", "gross", "amount"),
)


def company(seed: int, people: int, first_monday: date, weeks: int) -> Iterator[dict[str, str]]:
    """Yields the cards of a company by week and person, as texts by contract field.

    Args:
        seed: Decides everything.
        people: How many work; each keeps a role.
        first_monday: The Monday of the first workweek.
        weeks: How many.
    """
    for week in range(weeks):
        for person in range(people):
            # A person's week depends on nothing but itself: any part can be drawn alone.
            random = Random(f"{seed}/{person}/{week}")  # noqa: S311 - a simulation
            role = Random(f"{seed}/{person}").choice(ROLES)  # noqa: S311
            monday = first_monday + timedelta(weeks=week)
            yield from person_week(random, role, f"W-{10_000 + person}", monday)


def person_week(random: Random, role: Role, worker: str, monday: date) -> list[dict[str, str]]:
    """Returns one person's workweek of one to seven days."""
    days = random.choices((1, 3, 5, 6, 7), (1, 1, 6, 2, 1))[0]
    zone = random.choice(ZONES)
    show = random.choice(("theatrical", "television"))
    start = random.choice((date(2024, 8, 3), date(2024, 8, 4), date(2024, 11, 3), date(2025, 6, 2)))
    shared = {
        "worker_id": worker,
        "department_code": f"{role.gl_code[:2]}00",
        "gl_code": role.gl_code,
        "union_category": role.category,
        "agreement": role.agreement,
        "local": role.local,
        "craft": role.craft,
        "engagement": role.engagement,
        "schedule": role.schedule,
        "contract_type": show,
        "program_minutes": "60" if show == "television" else "",
        "season": "2" if show == "television" else "",
        "photography_start": start.isoformat(),
        "rate": role.rate,
        "rate_unit": role.rate_unit,
        "guaranteed_hours": role.guaranteed,
        "week_ending": (monday + timedelta(days=5)).isoformat(),
        "days_off": "sat,sun",
        "zone": zone,
    }
    if days == _WHOLE_WEEK:
        shared["week_ending"] = (monday + timedelta(days=6)).isoformat()
    return [
        shared | _day(random, role, f"{worker}-{monday + timedelta(days=n)}", n, monday, zone)
        for n in range(days)
    ]


def _day(
    random: Random, role: Role, number: str, place: int, monday: date, zone: str
) -> dict[str, str]:
    call = random.choice(CALLS) + 6 * random.randrange(5)
    length = random.choices((6, 9, 11, 12, 13, 15, 17), (1, 3, 6, 6, 4, 2, 1))[0] * 60
    wrap = call + length + 6 * random.randrange(10)
    times = {"call": call, "wrap": wrap, "dismissal": wrap + random.choice((0, 6, 18, 30))}
    penalties = _meals(random, times)
    if _one_in(random, 100):
        _spoil(random, times)
    paid = _paid(random, role, length, penalties)
    amount = sum((Decimal(line.rsplit("|", 1)[1]) for line in paid), Decimal(0))
    away = role.category == "SAG-AFTRA" and zone == "distant"
    return {
        "transaction_id": number,
        "transaction_date": (monday + timedelta(days=place)).isoformat(),
        "workday": str(place + 1),
        "holiday": "yes" if _one_in(random, 50) else "no",
        "day_type": "travel" if _one_in(random, 50) else "work",
        **{name: _clock(minutes) for name, minutes in times.items()},
        "grace1": "yes" if _one_in(random, 10) else "no",
        "french_hours": "yes" if _one_in(random, 50) else "no",
        "meals_supplied": "lunch" if away else "",
        "per_diem_paid": random.choice(("53.00", "49.00")) if away else "",
        "gross": ";".join(paid),
        "amount": str(amount),
    }


def _one_in(random: Random, many: int) -> bool:
    return random.randrange(many) == 0


def _meals(random: Random, times: dict[str, int]) -> int:
    """Adds meals, most of them in time, to `times`; returns how many half hours late they came."""
    late = 0
    anchor = times["call"]
    for name in ("meal1", "meal2"):
        if times["wrap"] - anchor <= 6 * 60:
            break
        if _one_in(random, 25):  # a missing meal
            continue
        out = anchor + 6 * 60 + random.choice((-30, -12, 0, 0, 0, 6, 12, 24, 54, 96))
        if out + 30 >= times["wrap"]:
            break
        back = out + random.choice((30, 36, 48, 60, 72))
        late += max(0, -(-(out - anchor - 6 * 60) // 30))
        times[f"{name}_out"], times[f"{name}_in"] = out, back
        anchor = back
    return late


def _spoil(random: Random, times: dict[str, int]) -> None:
    """Makes the card impossible."""
    kind = random.randrange(3)
    if kind == 0:
        times["wrap"] = times["call"] - _HOUR if times["call"] >= _HOUR else 0
    elif kind == 1:
        times["wrap"] = times["dismissal"] = times["call"] + 30 * 60
    elif "meal1_out" in times:
        times["meal1_in"] = max(times["meal1_out"] - 30, 0)


def _paid(random: Random, role: Role, length: int, penalties: int) -> Sequence[str]:
    rate = Decimal(role.rate)
    if role.rate_unit == "week":
        lines = [_line("straight", "1", "1", _cents(rate / 5))]
    elif role.rate_unit == "three_day":
        lines = [_line("straight", "1", "1", _cents(rate / 3))]
    else:
        hourly = rate / 8 if role.rate_unit == "day" else rate
        hours = Decimal(max(length - 30, 8 * 60)) / 60
        over = max(hours - 8, Decimal(0))
        lines = [_line("straight", "8", "1", _cents(hourly * 8), hourly)]
        if over:
            amount = _cents(hourly * over * 3 / 2)
            lines.append(_line("overtime", str(over), "1.5", amount, hourly))
    if penalties and not _one_in(random, 5):
        steps = ("25", "35") if role.category == "SAG-AFTRA" else ("7.50", "10")
        total = sum((Decimal(steps[min(n, 1)]) for n in range(penalties)), Decimal(0))
        lines.append(_line("meal_penalty", str(penalties), "", total))
    return lines


def _line(
    category: str, quantity: str, multiplier: str, amount: Decimal, rate: Decimal | None = None
) -> str:
    shown = "" if rate is None else str(rate.quantize(Decimal("0.0001")))
    return f"{category}|{quantity}|{multiplier}|{shown}|{amount.quantize(_CENT)}"


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def as_csv(cards: Sequence[dict[str, str]]) -> str:
    """Returns cards as a CSV file whose header is the contract's own fields."""
    lines = [",".join(COLUMNS)]
    for card in cards:
        cells = (card.get(name, "") for name in COLUMNS)
        lines.append(",".join(f'"{cell}"' if "," in cell else cell for cell in cells))
    return "\n".join(lines) + "\n"
