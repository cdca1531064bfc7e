"""Findings as one HTML page that needs nothing else: for mail, print, or a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cost_pipeline.core.money import shown
from cost_pipeline.core.text import for_html as escape
from cost_pipeline.feeds.production.explain import Card

_STYLE: Final = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; color: #222; }
h2 { font-size: 1.05rem; margin: 2rem 0 .2rem; } p { margin: .2rem 0; color: #555; }
table { border-collapse: collapse; width: 100%; margin-top: .5rem; }
th { text-align: left; font-weight: 600; border-bottom: 1px solid #999; }
td, th { padding: .25rem .6rem .25rem 0; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.block td:first-child { color: #b00020; font-weight: 600; }
tr.flag td:first-child { color: #9a6200; font-weight: 600; }
tr.not_evaluated td { color: #777; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } }
"""


def page(cards: Sequence[Card], title: str) -> str:
    """Returns the whole page; every text of a vendor is escaped."""
    body = "".join(_section(card) for card in cards)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def _section(card: Card) -> str:
    head = f"{card.work_date} {card.person}, card {card.card}"
    amount = f"{shown(card.amount)} {card.currency}, {card.state}"
    times = ", ".join(f"{name.replace('_', ' ')} {time}" for name, time in card.times.items())
    rows = "".join(_row(finding) for finding in card.findings)
    table = (
        "<table><tr><th>finding</th><th>rule</th><th class=n>due</th><th class=n>paid</th>"
        f"<th class=n>difference</th><th>why</th></tr>{rows}</table>"
        if rows
        else "<p>no findings</p>"
    )
    return (
        f"<h2>{escape(head)}</h2><p>{escape(amount)}</p><p>{escape(card.words)}</p>"
        f"<p>{escape(times)}</p>{table}"
    )


def _row(finding: Mapping[str, str | None]) -> str:
    severity = str(finding["severity"])
    cells = [
        f"<td>{escape(severity.replace('_', ' '))}</td>",
        f"<td>{escape(str(finding['rule']))}</td>",
        *(f"<td class=n>{escape(finding[n] or '')}</td>" for n in ("due", "paid", "difference")),
        f"<td>{escape(str(finding['explanation']))}</td>",
    ]
    return f'<tr class="{escape(severity)}">{"".join(cells)}</tr>'
