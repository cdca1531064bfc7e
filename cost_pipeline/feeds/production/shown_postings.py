"""What an auditor reads on a date of the ledger.

The largest postings and where each came from, the rates with their arithmetic, the rules, and every
batch that was sealed. All of it is read from the lake, so a run that appends nothing tells the same
as the one before. No text of a vendor is shown but names of files: a posting is named by its id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pyarrow as pa

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.markdown import code, link, table
from cost_pipeline.core.people import counted, money
from cost_pipeline.core.sql import one_of
from cost_pipeline.feeds.production.arithmetic import arithmetic, quoted
from cost_pipeline.feeds.production.inputs import groups_by_size
from cost_pipeline.feeds.production.names import NAMES
from cost_pipeline.feeds.production.packs import rules_of
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS, ID_BEGINNING, LEDGER
from cost_pipeline.lake.tables import DELIVERIES
from cost_pipeline.ledger.totals import active
from cost_pipeline.pipeline.declared.links import partition_page
from cost_pipeline.pipeline.declared.shown import Markdown, Shown, Table
from cost_pipeline.pipeline.pull.deliveries import CORRECTION, current_deliveries
from cost_pipeline.pipeline.reports.kept import file_of
from cost_pipeline.pipeline.session import Session

MOST_POSTINGS: Final = 10
MOST_BATCHES: Final = 10
SHORT: Final = 8
"""Characters of a run's id, as the web UI shows it."""

_LINES: Final = (
    "transaction_date", "posting_id", "kind", "cause", "reverses", "vendor", "delivery", "row",
    "original_amount", "original_currency", "base_amount", "base_currency", "rate_source",
    "rounding", "snapshot", "rate_original", "quote_original", "rate_base", "quote_base",
    "rate_date", "rule_pack", "recorded_at", "run_id", "batch", "batch_root",
)  # fmt: skip


def postings_shown(session: Session, dates: Collection[date]) -> dict[date, dict[str, Shown]]:
    """Returns what is shown of each date that has a line in the ledger."""
    ledger = session.lake.table(LEDGER).snapshot()
    found: dict[date, dict[str, Shown]] = {}
    for group in groups_by_size(session, dates):
        lines = ledger.read(where=one_of("transaction_date", group), columns=_LINES)
        found |= _of_lines(session, lines)
    return found


def _of_lines(session: Session, lines: pa.Table) -> dict[date, dict[str, Shown]]:
    now = active(lines)
    largest = query(_LARGEST, lines=now).to_pylist()
    pairs = query(_PAIRS, lines=now).to_pylist()
    batches = query(_BATCHES, lines=lines).to_pylist()
    packs = query(_PACKS, lines=now).to_pylist()
    origins, snapshots = _origins(session, largest), _snapshots(session, pairs)
    found: dict[date, dict[str, Shown]] = {}
    for day in {row["transaction_date"] for row in batches}:
        rates = [_rate(row, snapshots) for row in _of(day, pairs) if row["snapshot"]]
        found[day] = {
            "largest_postings": _largest(_of(day, largest), origins),
            **({"rates": Table(_RATES, rates)} if rates else {}),
            **_rules(session, day, _of(day, packs)),
            "batches": Table(_SEALED, list(_sealed(_of(day, batches)))[:MOST_BATCHES]),
        }
    return found


def _of(day: date, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["transaction_date"] == day]


@dataclass(frozen=True, slots=True)
class _Origin:
    """The name of a delivery, and the page of the web UI that tells where its bytes lie."""

    file: str
    page: str


_Delivery = tuple[str, str]


def _origins(session: Session, postings: Sequence[Mapping[str, Any]]) -> dict[_Delivery, _Origin]:
    wanted = pa.table({name: [row[name] for row in postings] for name in ("vendor", "delivery")})
    if not wanted.num_rows:
        return {}
    known = query(
        "from deliveries semi join wanted using (vendor, delivery)",
        deliveries=current_deliveries(session),
        wanted=wanted,
    )
    where = one_of("pull_date", sorted(set(known["first_pulled"].to_pylist())))
    snapshot = session.lake.table(DELIVERIES).snapshot()
    named = snapshot.query(_NAMED, where=where, known=known).to_pylist()
    return {(row["vendor"], row["delivery"]): _origin(row) for row in named}


def _origin(row: Mapping[str, Any]) -> _Origin:
    raw = NAMES.corrections if row["role"] == CORRECTION else NAMES.raw(row["vendor"])
    return _Origin(file_of(row["uri"]), partition_page(raw, row["first_pulled"]))


def _largest(
    postings: Sequence[Mapping[str, Any]], origins: Mapping[_Delivery, _Origin]
) -> Markdown:
    if not postings:
        return Markdown("none is active: every posting of this date was reversed")
    heads = ("posting", "vendor", "delivery", "row", "amount, rate and base amount")
    shown = table(heads, (_posting(row, origins) for row in postings), numbers=("row", heads[-1]))
    first, count = postings[0]["posting_id"][:ID_BEGINNING], postings[0]["of"]
    whole = (
        f"{counted(count, 'active posting')}"
        + (f", the largest {len(postings)} of them above" if count > len(postings) else "")
        + f". {code(f'cost-pipeline ledger trace {first}')} shows the vendor's own text of one."
    )
    return Markdown(f"{shown}\n\n{whole}")


def _posting(row: Mapping[str, Any], origins: Mapping[_Delivery, _Origin]) -> tuple[str, ...]:
    origin = origins.get((row["vendor"], row["delivery"]))
    delivery = code(row["delivery"][:SHORT])
    return (
        code(row["posting_id"][:ID_BEGINNING]),
        row["vendor"].replace("_", r"\_"),
        link(origin.file, origin.page) if origin is not None else delivery,
        str(row["row"]),
        arithmetic(row),
    )


_RATES: Final = {
    **dict.fromkeys(("from", "to"), "string"),
    "postings": "int",
    **dict.fromkeys(("largest_of_them", "rates", "rounding", "source", "published"), "string"),
    "vintage": "int",
    "snapshot": "string",
}


def _rate(row: Mapping[str, Any], snapshots: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Returns a pair of currencies of a date, with its largest posting computed."""
    snapshot = snapshots[row["snapshot"]]
    sides = (("base", row["base_currency"]), ("original", row["original_currency"]))
    rates = [
        quoted(row[f"rate_{side}"], row[f"quote_{side}"], currency, snapshot["pivot"])
        for side, currency in sides
    ]
    return {
        "from": row["original_currency"],
        "to": row["base_currency"],
        "postings": row["postings"],
        "largest_of_them": arithmetic(row),
        "rates": ", ".join(rate for rate in rates if rate),
        "rounding": row["rounding"].replace("_", " "),
        "source": row["rate_source"],
        "published": row["rate_date"].isoformat(),
        "vintage": snapshot["vintage"],
        "snapshot": row["snapshot"],
    }


def _snapshots(
    session: Session, pairs: Sequence[Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Returns vintage and pivot of the snapshots that were pinned, by their id."""
    used = [row for row in pairs if row["snapshot"]]
    if not used:
        return {}
    where = one_of("reference_year", sorted({row["rate_date"].year for row in used}))
    ids = one_of("snapshot", sorted({row["snapshot"] for row in used}))
    found = (
        session.lake.table(FX_SNAPSHOTS)
        .snapshot()
        .query(
            f'select distinct snapshot, vintage, "pivot" from {{table}} where {where & ids}',
            where=where,
        )
    )
    return {row["snapshot"]: row for row in found.to_pylist()}


def _rules(session: Session, day: date, rows: Sequence[Mapping[str, Any]]) -> dict[str, Shown]:
    """Returns the rule packs of a work date, with the documents of their rules for that day."""
    versions = sorted({version for row in rows for version in row["rule_pack"].split()})
    if not versions:
        return {}
    shown = []
    for version in versions:
        pack = rules_of(session).named(version.split("@")[0])
        rules = [packed.rule for packed in pack.rules if packed.rule.covers(day)] if pack else []
        documents = sorted({source.document for rule in rules for source in rule.sources})
        title = pack.agreement.title if pack else "not a pack of this version of the program"
        shown.append({"rule_pack": version, "agreement": title, "read_from": "; ".join(documents)})
    return {"rule_packs": Table(dict.fromkeys(shown[0], "string"), shown)}


_SEALED: Final = {
    "batch": "int",
    **dict.fromkeys(("recorded", "by_run", "causes"), "string"),
    **dict.fromkeys(("posted", "reversed"), "int"),
    **dict.fromkeys(("base_changed_by", "root"), "string"),
}


def _sealed(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yields each batch of a date, the newest first; one row of it comes for each base currency."""
    for number in sorted({row["batch"] for row in rows}, reverse=True):
        mine = [row for row in rows if row["batch"] == number]
        causes = sorted({cause for row in mine for cause in row["causes"]})
        yield {
            "batch": number,
            "recorded": f"{mine[0]['recorded_at']:%Y-%m-%d %H:%M:%S} UTC",
            "by_run": mine[0]["run_id"][:SHORT],
            "causes": ", ".join(cause.replace("_", " ") for cause in causes),
            "posted": sum(row["posted"] for row in mine),
            "reversed": sum(row["reversed"] for row in mine),
            "base_changed_by": ", ".join(f"{money(r['net'])} {r['base_currency']}" for r in mine),
            "root": mine[0]["batch_root"],
        }


_LARGEST: Final = f"""
    select *, count(*) over (partition by transaction_date) as "of" from lines
    qualify row_number() over (
        partition by transaction_date order by abs(base_amount) desc, posting_id
    ) <= {MOST_POSTINGS}
    order by transaction_date, abs(base_amount) desc, posting_id
"""
_PINNED: Final = (
    "original_currency, base_currency, rate_source, rounding, snapshot, rate_original, "
    "quote_original, rate_base, quote_base, rate_date"
)
_PAIRS: Final = f"""
    select transaction_date, {_PINNED}, count(*) as postings,
        arg_max(original_amount, (abs(base_amount), posting_id)) as original_amount,
        arg_max(base_amount, (abs(base_amount), posting_id)) as base_amount
    from lines group by all order by transaction_date, postings desc, {_PINNED}
"""
_PACKS: Final = "select distinct transaction_date, rule_pack from lines where rule_pack is not null"
_BATCHES: Final = """
    select transaction_date, batch, base_currency, any_value(batch_root) as batch_root,
        min(recorded_at) as recorded_at, any_value(run_id) as run_id,
        list(distinct cause) as causes,
        count(*) filter (kind = 'post') as posted, count(*) filter (kind = 'reverse') as reversed,
        sum(case when kind = 'post' then base_amount else -base_amount end) as net
    from lines group by transaction_date, batch, base_currency order by all
"""
_NAMED: Final = """
    select vendor, delivery, any_value(known.first_pulled) as first_pulled,
        any_value(known.role) as role, min(uri) as uri
    from {table} join known using (vendor, delivery)
    where pull_date = known.first_pulled group by vendor, delivery
"""
