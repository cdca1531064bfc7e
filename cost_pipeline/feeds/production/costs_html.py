"""The cost summary as one HTML page that needs nothing else: for mail, print, or a browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.core.people import money
from cost_pipeline.core.text import for_html as escape
from cost_pipeline.feeds.production.cost_rows import CostReport, Headline, headlines, risk_words
from cost_pipeline.feeds.production.costs_picture import bars_of, picture

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; color: #222;
  padding: 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .3rem; } p { margin: .2rem 0; color: #555; }
table { border-collapse: collapse; width: 100%; margin-top: .6rem; font-size: .87rem; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid #999; vertical-align: bottom; }
td, th { padding: .22rem .7rem .22rem 0; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.n { white-space: normal; }
tr.sum td { border-top: 1px solid #999; font-weight: 600; }
td.unknown { color: #888; font-style: italic; }
dl { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; margin: .8rem 0; }
dt { color: #666; font-size: .82rem; } dd { margin: 0; font-size: 1.15rem; }
svg { max-width: 100%; height: auto; margin: .6rem 0; border-radius: 4px; }
summary { cursor: pointer; margin-top: .8rem; color: #3b6ea8; }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd; } p, dt { color: #aaa; } summary { color: #79a6d2; } }
@media print { details > * { display: block; } }
"""

_FIGURES: Final = {
    "posted_to_date": "posted to date",
    "posted_in_period": "in period",
    "movement": "movement",
    "commitments_base": "commitments open",
    "fx_effect": "FX effect",
    "posted_later": "later",
}
_UNKNOWN: Final = ("budget", "estimate to complete")
_DETAIL: Final = ("gl_code", "department_code", "vendor", "currency")
_HEADS: Final = dict(zip(_DETAIL, ("account", "department", "vendor", "currency"), strict=True))
_NOT_YET: Final = "<td class='n unknown'>not known yet</td>"


def page(report: CostReport, titles: Mapping[str, str]) -> str:
    """Returns the whole page; every text of a vendor is escaped.

    Args:
        report: The report.
        titles: Production to its title.
    """
    title = f"Cost summary to {report.report_date}"
    since = (
        f"movement since the report of {report.earlier.report_date}"
        if report.earlier
        else "no report of an earlier date was kept, so movement is not known"
    )
    known = f"As known at {report.as_of:%Y-%m-%d %H:%M:%S.%f} UTC; period {report.period}; {since}."
    body = "".join(_section(report, one, titles) for one in headlines(report))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1><p>{escape(known)}</p>"
        "<p>Amounts are in the base currency of each production. Commitments are net of the "
        "invoices that name their order. What is at risk waits in dead letters, in the currency of "
        "its rows, and is part of no other figure.</p>"
        f"{body}</body></html>\n"
    )


def _section(report: CostReport, one: Headline, titles: Mapping[str, str]) -> str:
    mine = [row for row in report.rows.to_pylist() if _place(row) == one.place]
    code = one.base_currency or ""
    name = one.production or "Production unknown"
    bars = bars_of(report).get(one.place)
    chart = picture(f"{name} to {report.report_date}", code, bars, report.period) if bars else ""
    return (
        f"<h2>{escape(f'{name} {titles.get(name, str())}'.strip())}</h2>{_facts(one)}{chart}"
        f"{_table(('gl_code',), _added(('gl_code',), mine), one)}"
        "<details><summary>by account, department, vendor and currency</summary>"
        f"{_table(_DETAIL, _added(_DETAIL, mine), one)}</details>"
    )


def _place(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return row["production"], row["base_currency"]


def _added(texts: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns the rows added up by some columns, in their order; `risks` are by currency."""
    found: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for row in rows:
        line = found.setdefault(
            tuple(row[name] for name in texts),
            {
                **{name: row[name] for name in texts},
                **dict.fromkeys(_FIGURES),
                "risks": {},
                "unreadable": 0,
            },
        )
        line["unreadable"] += row["unreadable"]
        for name in _FIGURES:
            if row[name] is not None:
                line[name] = (line[name] or Decimal(0)) + row[name]
        if row["at_risk"]:
            unit = row["currency"] or "of unknown currency"
            line["risks"][unit] = line["risks"].get(unit, Decimal(0)) + row["at_risk"]
    return list(found.values())


def _facts(one: Headline) -> str:
    code = f" {one.base_currency}" if one.base_currency else ""
    risk = risk_words(one.at_risk, one.unreadable)
    facts = {
        "posted to date": f"{money(one.posted_to_date)}{code}",
        "in period": f"{money(one.posted_in_period)}{code}",
        "commitments open": f"{money(one.commitments_base)}{code}",
        "at risk": "; ".join(risk) or "none",
        "FX effect": f"{money(one.fx_effect)}{code}",
        "movement": "not known" if one.movement is None else f"{money(one.movement)}{code}",
    }
    return (
        "<dl>"
        + "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
        + "</dl>"
    )


def _table(texts: Sequence[str], rows: Sequence[Mapping[str, Any]], one: Headline) -> str:
    heads = "".join(
        [
            *(f"<th>{escape(_HEADS[name])}</th>" for name in texts),
            *(f"<th class=n>{escape(words)}</th>" for words in (*_FIGURES.values(), "at risk")),
            *(f"<th class=n>{escape(words)}</th>" for words in _UNKNOWN),
        ]
    )
    lines = "".join(f"<tr>{''.join(_cells(texts, row))}</tr>" for row in rows)
    total = (
        f"<tr class=sum><td colspan={len(texts)}>total {escape(one.base_currency or '')}</td>"
        + "".join(_number(getattr(one, name)) for name in _FIGURES)
        + f"<td class=n>{_risks(one.at_risk, one.unreadable)}</td>{_NOT_YET * len(_UNKNOWN)}</tr>"
    )
    return f"<table><tr>{heads}</tr>{lines}{total}</table>"


def _cells(texts: Sequence[str], row: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"<td>{escape(row[name] or 'unknown')}</td>" for name in texts)
    yield from (_number(row[name]) for name in _FIGURES)
    yield f"<td class=n>{_risks(row['risks'], row['unreadable'])}</td>{_NOT_YET * len(_UNKNOWN)}"


def _risks(risks: Mapping[str, Decimal], unreadable: int) -> str:
    return "<br>".join(map(escape, risk_words(risks, unreadable)))


def _number(value: Decimal | None) -> str:
    if value is None:
        return "<td class='n unknown'>not known</td>"
    return f"<td class=n>{money(value) if value else '&ndash;'}</td>"
