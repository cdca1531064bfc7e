"""Judges timecards by the union rules, beside conversion: findings, and refused cards.

Belongs here: which cards are evaluated together, what a blocking finding does to its card, and to
its payroll run where the vendor is strict. What is due and paid is `cost_pipeline.rules`' matter.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.cards import cards_of
from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.findings import FINDING_SCHEMA, Severity
from cost_pipeline.contracts.tables import DAY, TEXT
from cost_pipeline.core.sql import equals, literal
from cost_pipeline.feeds.production.cards import cards_around, strict_vendors, time_zones
from cost_pipeline.ledger.records import COST_KEYS
from cost_pipeline.pipeline.pull.deliveries import reference_deliveries
from cost_pipeline.pipeline.session import Session
from cost_pipeline.standing.keys import STANDS, resolve, set_apart


def with_findings(
    session: Session, priced: pa.Table, dates: Collection[date]
) -> tuple[pa.Table, pa.Table]:
    """Returns the priced records with `rule_pack` and refusals of blocked cards; and findings.

    Args:
        session: The run.
        priced: Records of the dates, converted (`PRICED_SCHEMA` without `rule_pack`).
        dates: Their transaction dates.
    """
    if not pc.any(pc.equal(priced["kind"], RecordKind.TIMECARD.value)).as_py():
        return priced, FINDING_SCHEMA.empty_table()
    # Homes without timecards import no rules.
    from cost_pipeline.feeds.production.packs import rules_of  # noqa: PLC0415
    from cost_pipeline.rules.evaluate import evaluate  # noqa: PLC0415

    cards = standing_cards(session, min(dates), max(dates))
    findings = evaluate(cards, rules_of(session))
    verdicts = _verdicts(session, cards, findings)
    mine = findings.filter(pc.is_in(findings["work_date"], pa.array(sorted(dates), DAY)))
    return _judged(priced, verdicts), mine.cast(FINDING_SCHEMA)


def standing_cards(session: Session, first: date, last: date) -> pa.Table:
    """Returns the standing cards that these days' findings depend on (`TIMECARD_SCHEMA`)."""
    resolved = set_apart(
        resolve(COST_KEYS, cards_around(session, first, last)), reference_deliveries(session)
    )
    stands = resolved.filter(pc.equal(resolved["standing"], STANDS))
    return cards_of(stands, time_zones(session))


def _verdicts(session: Session, cards: pa.Table, findings: pa.Table) -> pa.Table:
    """Returns, by card, the packs it was evaluated under, and its refusal if it is blocked."""
    return query(
        _VERDICTS,
        cards=cards.select(["vendor", "fingerprint", "delivery", "week_ending", "transaction_id"]),
        findings=findings,
        strict=pa.table({"vendor": pa.array(sorted(strict_vendors(session)), TEXT)}),
    )


def _judged(priced: pa.Table, verdicts: pa.Table) -> pa.Table:
    judged = query(
        _JUDGED,
        priced=priced.select(
            ["vendor", "fingerprint", "standing", "kind", "refusal", "refusal_message"]
        ),
        verdicts=verdicts,
    )
    for name in ("refusal", "refusal_message"):
        place = priced.schema.get_field_index(name)
        priced = priced.set_column(place, name, judged[name])
    return priced.append_column("rule_pack", judged["rule_pack"])


_BLOCKS: Final = equals("severity", Severity.BLOCK)

# A card has one reason, that of the finding with the most at stake, and all findings in its words.
# Columns: vendor, fingerprint, rule_pack, refusal, message.
_VERDICTS: Final = f"""
WITH own AS (
    SELECT vendor, fingerprint,
        string_agg(DISTINCT pack, ' ' ORDER BY pack) AS rule_pack,
        arg_max(family, (coalesce(abs(difference), 0), rule))
            FILTER ({_BLOCKS}) AS family,
        string_agg(explanation, '; ' ORDER BY rule, explanation)
            FILTER ({_BLOCKS}) AS words
    FROM findings GROUP BY ALL),
runs AS (
    SELECT cards.vendor, delivery, week_ending,
        count(*) AS blocked, min(transaction_id) AS example
    FROM cards JOIN strict USING (vendor) JOIN own USING (vendor, fingerprint)
    WHERE family IS NOT NULL GROUP BY ALL)
SELECT cards.vendor, fingerprint, rule_pack,
    CASE WHEN family IS NOT NULL THEN 'UNION_' || upper(family)
         WHEN runs.vendor IS NOT NULL THEN {literal(CostReason.UNION_PAYROLL_RUN)} END AS refusal,
    CASE WHEN family IS NOT NULL THEN words
         WHEN runs.vendor IS NOT NULL
         THEN 'the payroll run of the week ending ' || cards.week_ending || ' is rejected whole: '
              || blocked || CASE blocked WHEN 1 THEN ' card' ELSE ' cards' END
              || ' of it break a rule, the first is ' || example END AS message
FROM cards LEFT JOIN own USING (vendor, fingerprint)
LEFT JOIN runs ON runs.vendor = cards.vendor AND runs.delivery = cards.delivery
    AND runs.week_ending = cards.week_ending
"""

# Columns: refusal, refusal_message, rule_pack; one row per priced record, in their order.
_JUDGED: Final = f"""
SELECT CASE WHEN stands THEN coalesce(p.refusal, v.refusal) ELSE p.refusal END AS refusal,
       CASE WHEN stands AND p.refusal IS NULL THEN v.message ELSE p.refusal_message END
           AS refusal_message,
       CASE WHEN stands THEN rule_pack END AS rule_pack
FROM (SELECT *, row_number() OVER () AS place,
             {equals("kind", RecordKind.TIMECARD) & equals("standing", STANDS)} AS stands
      FROM priced) p
LEFT JOIN verdicts v USING (vendor, fingerprint)
ORDER BY place
"""
