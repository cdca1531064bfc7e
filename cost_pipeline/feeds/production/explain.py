"""Findings for people: those of one card, a person's week or a work date, with their cards.

What is told is what was posted by: the stored findings. A date that is out of date is posted first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.findings import Severity
from cost_pipeline.contracts.tables import DAY, TEXT
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import shown
from cost_pipeline.core.sql import one_of
from cost_pipeline.feeds.production.tables import DISPOSITIONS, FINDINGS, RECORDS
from cost_pipeline.pipeline.pull.deliveries import LIVE, current_deliveries
from cost_pipeline.pipeline.session import Session

_TIMES: Final = (
    "call", "ndm_start", "ndm_end", "meal1_out", "meal1_in", "meal2_out", "meal2_in", "wrap",
    "dismissal",
)  # fmt: skip
_TERMS: Final = (
    "worker_name", "agreement", "local", "craft", "engagement", "schedule", "contract_type",
    "zone", "rate", "rate_unit", "workday", "day_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Says which cards to explain, by id, person, week or day; all given conditions hold."""

    card: str | None = None
    person: str | None = None
    week_ending: date | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its findings, worst first.

    Attributes:
        state: `posted` or what became of it instead.
        terms: Its terms, as texts by field.
        times: Its times by field, as clock texts; over 24 h is past midnight.
        gross: Its gross lines as texts.
        findings: Its findings in the public shape, with `family` and `pack`.
    """

    card: str
    vendor: str
    person: str
    work_date: date
    week_ending: str
    amount: Decimal
    currency: str
    state: str
    terms: Mapping[str, str]
    times: Mapping[str, str]
    gross: Sequence[Mapping[str, str]]
    findings: Sequence[Mapping[str, str | None]]

    @property
    def words(self) -> str:
        """Its terms in a line: who, under what, where and for how much."""
        terms = dict(self.terms)
        rate, unit = terms.pop("rate", ""), terms.pop("rate_unit", "")
        day, kind = terms.pop("workday", ""), terms.pop("day_type", "")
        named = [value.replace("_", " ") for value in terms.values()]
        return ", ".join([*named, f"{rate} by the {unit}", f"{kind} day {day} of the week"])

    def as_json(self) -> dict[str, Any]:
        """Returns the card without its findings, which the document lists by themselves."""
        return {
            "card": self.card,
            "vendor": self.vendor,
            "person": self.person,
            "work_date": self.work_date.isoformat(),
            "week_ending": self.week_ending,
            "amount": shown(self.amount),
            "currency": self.currency,
            "state": self.state,
            **self.terms,
            "times": dict(self.times),
            "gross": [dict(line) for line in self.gross],
        }


def explain(session: Session, asked: Asked) -> list[Card]:
    """Returns the cards that are asked for, by date and person.

    Raises:
        UsageError: `NO_SUCH_CARD` if there is none.
    """
    wanted = pa.table(
        {
            "card": pa.array([asked.card], TEXT),
            "person": pa.array([asked.person], TEXT),
            "week": pa.array([asked.week_ending and asked.week_ending.isoformat()], TEXT),
            "day": pa.array([asked.day], DAY),
        }
    )
    records = (
        session.lake.table(RECORDS)
        .snapshot()
        .query(_RECORDS, deliveries=current_deliveries(session), wanted=wanted)
        .to_pylist()
    )
    if not records:
        raise UsageError(
            "there is no such timecard",
            where=_words(asked),
            remedy="`cost-pipeline union explain --date D` shows the cards of a work date",
            code="NO_SUCH_CARD",
        )
    findings, states = _around(session, {row["transaction_date"] for row in records})
    return [_card(row, findings, states) for row in records]


def as_json(cards: Sequence[Card]) -> dict[str, Any]:
    """Returns the public document: every finding by itself, and the cards."""
    return {
        "findings": [
            {
                **finding,
                "card": card.card,
                "vendor": card.vendor,
                "person": card.person,
                "work_date": card.work_date.isoformat(),
            }
            for card in cards
            for finding in card.findings
        ],
        "cards": [card.as_json() for card in cards],
    }


def _words(asked: Asked) -> str:
    given = {
        "--card": asked.card,
        "--person": asked.person,
        "--week-ending": asked.week_ending,
        "--date": asked.day,
    }
    return " ".join(f"{name} {value}" for name, value in given.items() if value is not None)


_Key = tuple[str, str]


def _around(
    session: Session, days: set[date]
) -> tuple[dict[_Key, list[dict[str, Any]]], dict[_Key, str]]:
    """Returns the findings and the dispositions of the days, by vendor and fingerprint."""
    worked, booked = (one_of(name, sorted(days)) for name in ("work_date", "transaction_date"))
    findings: dict[_Key, list[dict[str, Any]]] = {}
    stored = session.lake.table(FINDINGS).snapshot().read(where=worked)
    for row in stored.to_pylist():
        findings.setdefault((row["vendor"], row["fingerprint"]), []).append(row)
    disposed = session.lake.table(DISPOSITIONS).snapshot().read(where=booked)
    states = {
        (row["vendor"], row["fingerprint"]): row["disposition"] for row in disposed.to_pylist()
    }
    return findings, states


def _card(
    row: dict[str, Any],
    findings: Mapping[_Key, list[dict[str, Any]]],
    states: Mapping[_Key, str],
) -> Card:
    said = json.loads(row["card"])
    key = (row["vendor"], row["fingerprint"])
    mine = sorted(findings.get(key, []), key=_worst_first)
    return Card(
        card=row["transaction_id"],
        vendor=row["vendor"],
        person=row["worker_id"],
        work_date=row["transaction_date"],
        week_ending=said["week_ending"],
        amount=row["amount"],
        currency=row["currency"],
        state=states.get(key, "posted" if mine else "not posted yet").replace("_", " "),
        terms={name: str(said[name]) for name in _TERMS if name in said},
        times={name: clock(said[name]) for name in _TIMES if name in said},
        gross=said.get("gross", []),
        findings=[_finding(one) for one in mine],
    )


def clock(minutes: int) -> str:
    """Returns a time of a card as it is read: 7:30, 25:30."""
    return f"{minutes // 60}:{minutes % 60:02d}"


_ORDER: Final = {
    Severity.BLOCK: 0,
    Severity.FLAG: 1,
    Severity.NOT_EVALUATED: 2,
    Severity.OK: 3,
}


def _worst_first(row: Mapping[str, Any]) -> tuple[int, Decimal, str]:
    return _ORDER[Severity(row["severity"])], -abs(row["difference"] or Decimal(0)), row["rule"]


def _finding(row: Mapping[str, Any]) -> dict[str, str | None]:
    amounts = {
        name: None if row[name] is None else shown(row[name])
        for name in ("due", "paid", "difference")
    }
    return {
        "rule": row["rule"],
        "family": row["family"],
        **amounts,
        "severity": row["severity"],
        "explanation": row["explanation"],
        "pack": row["pack"],
    }


# What a person typed comes in as a table, never as SQL.
_RECORDS: Final = f"""
    select r.* from ({LIVE} where kind = 'timecard') r, wanted w
    where (w.card is null or r.transaction_id = w.card)
      and (w.person is null or r.worker_id = w.person)
      and (w.week is null or json_extract_string(r.card, '$.week_ending') = w.week)
      and (w.day is null or r.transaction_date = w.day)
    order by r.transaction_date, r.worker_id, r.transaction_id, r.first_pulled, r.delivery, r."row"
"""
