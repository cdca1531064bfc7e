"""What a changed union rule costs: only the dates that it covers are evaluated and posted again.

    python benchmarks/pack_change.py [--weeks 40] [--covered 4] [--persons 200]

A crew's timecards of so many weeks are pulled, validated and posted by the product. Then the ladder
of a meal penalty changes: first for every date, then from the first day of the last weeks on. Each
time what is out of date is compared and posted, in a session of its own. The dates must be exactly
those that the changed rule covers; the figure is the processor time of the second repair over that
of the first. Comparing looks at all dates each time, so it is more than their share.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from fx_correction import session as plain_session

from cost_pipeline.feeds.production.inputs import present_inputs, stored_inputs
from cost_pipeline.feeds.production.post import post
from cost_pipeline.pipeline.posting.dates import out_of_date
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.session import Session
from cost_pipeline.pipeline.validation.deliveries import pending, validate_deliveries
from cost_pipeline.rules.load import bundled_packs
from cost_pipeline.rules.pack import PackedRule, Packs

FIRST: Final = date(2024, 9, 2)  # a Monday, after the agreement's first rates
RULE: Final = "iatse.meal.penalty.general"
PRODUCTIONS: Final = "productions:\n  P100: {title: Northern Lights, base_currency: USD}\n"
VENDOR: Final = """vendor: payday
production: P100
record: timecard
source: {kind: folder, path: inbox/payday, files: "{pull_date:%Y-%m-%d}*.csv"}
format: {kind: csv}
key: [transaction_id]
columns:
  transaction_id: [id]
  transaction_date: [date]
  amount: [amount]
  worker_id: [worker]
  week_ending: [week]
  workday: [day]
  rate: [rate]
  call: [call]
  meal1_out: [out]
  meal1_in: [in]
  wrap: [wrap]
  gross: [gross]
constants:
  {currency: USD, department_code: "2500", gl_code: "2500-01", union_category: IATSE,
   agreement: iatse_basic, local: "80", craft: grip, engagement: daily, rate_unit: hour,
   contract_type: theatrical, zone: studio, photography_start: "2024-09-02"}
"""
NAMES: Final = "id,date,amount,worker,week,day,rate,call,out,in,wrap,gross"
# Ten hours at 60: eight straight and two at 1.5x. Lunch is half an hour late, once.
GROSS: Final = "straight|8|1|60|480;overtime|2|1.5|60|180;meal_penalty|1|||7.50"
MOST_TIMES: Final = 0.5


def cards(days: list[date], persons: int) -> Iterator[str]:
    """A line for each person and day."""
    yield NAMES
    for day in days:
        week = day + timedelta(days=5 - day.weekday())
        for person in range(persons):
            yield (
                f"C-{day}-{person},{day},667.50,W-{person},{week},{day.weekday() + 1},60,"
                f"7.0,13.5,14.0,17.5,{GROSS}"
            )


def build(home: Path, weeks: int, persons: int) -> list[date]:
    """A home whose cards are posted; their dates."""
    days = [FIRST + timedelta(days=7 * week + day) for week in range(weeks) for day in range(5)]
    (home / "vendors").mkdir(parents=True)
    (home / "inbox/payday").mkdir(parents=True)
    (home / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    (home / "vendors/payday.yaml").write_text(VENDOR, encoding="utf-8")
    text = "\n".join(cards(days, persons)) + "\n"
    (home / f"inbox/payday/{days[-1]}.csv").write_text(text, encoding="utf-8")
    made = session(home, bundled_packs())
    pull(made, made.home.vendors, days[-1])
    validate_deliveries(made, pending(made, made.home.vendors, days[-1]))
    assert stale(made) == days, "every date is to be posted"
    post(made, days)
    assert stale(made) == []
    return days


def session(home: Path, packs: Packs) -> Session:
    return replace(plain_session(home), reference={"union_rules": packs})


def stale(here: Session) -> list[date]:
    return out_of_date(present_inputs(here), stored_inputs(here))


def changed_from(packs: Packs, day: date | None, first_step: str) -> Packs:
    """The packs, with another first step of the ladder, from a day on or altogether."""
    rules = {
        pack.name: tuple(one for packed in pack.rules for one in _changed(packed, day, first_step))
        for pack in packs.packs
    }
    return replace(
        packs,
        packs=tuple(replace(p, rules=rules[p.name]) for p in packs.packs),
    )


def _changed(packed: PackedRule, day: date | None, first_step: str) -> list[PackedRule]:
    rule = packed.rule
    if rule.id != RULE:
        return [packed]
    ladder = (Decimal(first_step), *rule.amounts.ladder[1:])  # type: ignore[union-attr]
    other = {"amounts": rule.amounts.model_copy(update={"ladder": ladder})}
    if day is None:
        return [replace(packed, rule=rule.model_copy(update=other))]
    before = rule.model_copy(update={"last": day - timedelta(days=1)})
    after = rule.model_copy(update={"first": day, **other})
    return [replace(packed, rule=before), replace(packed, rule=after)]


def repair(home: Path, packs: Packs) -> tuple[list[date], float]:
    """The dates that changed packs put out of date, and the processor time of posting them."""
    began = time.process_time()
    here = session(home, packs)
    dates = stale(here)
    post(here, dates)
    return dates, time.process_time() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weeks", type=int, default=40)
    parser.add_argument(
        "--covered", type=int, default=4, help="the last weeks, that a change covers"
    )
    parser.add_argument("--persons", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        days = build(home, given.weeks, given.persons)
        everywhere = changed_from(bundled_packs(), None, "7.00")
        all_dates, whole = repair(home, everywhere)
        border = days[-5 * given.covered]
        some_dates, part = repair(home, changed_from(everywhere, border, "6.50"))
    of = f"of {len(days)} dates of {given.persons} cards"
    print(f"covers all dates: {len(all_dates)} {of}, {whole:.1f} s")
    print(f"from {border} on: {len(some_dates)} {of}, {part:.1f} s")
    exact = all_dates == days and some_dates == [day for day in days if day >= border]
    print(f"exactly those that are covered: {'yes' if exact else 'NO'}")
    share = len(some_dates) / len(all_dates)
    ratio = part / whole
    print(f"{ratio:.2f} of the processor time for {share:.2f} of them (at most {MOST_TIMES})")
    return 0 if exact and ratio <= MOST_TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
