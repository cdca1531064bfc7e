"""The picture of a cost summary: what each account has cost, as bars in an SVG without a file.

The numbers beside the bars are exact; a bar is as long as whole pixels allow.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.columns import query
from cost_pipeline.core.people import money
from cost_pipeline.core.text import for_html as escape
from cost_pipeline.feeds.production.cost_rows import CostReport

BEFORE: Final = "#3b6ea8"
PERIOD: Final = "#79a6d2"
OPEN: Final = "#d9a441"

_MOST: Final = 12
_ROW: Final = 24
_LEFT: Final = 96
_BARS: Final = 420
_WIDTH: Final = 700
_HEAD: Final = 44


@dataclass(frozen=True, slots=True)
class Bar:
    """An account of a production: what was posted before the period and in it, and what is open."""

    account: str
    before: Decimal
    in_period: Decimal
    open: Decimal

    @property
    def posted(self) -> Decimal:
        """What is posted to date."""
        return self.before + self.in_period


_ACCOUNTS: Final = """
    select production, base_currency,
        coalesce(gl_code, '') as account, sum(posted_to_date - posted_in_period) as before,
        sum(posted_in_period) as in_period, sum(commitments_base) as open
    from rows group by all having before <> 0 or in_period <> 0 or open <> 0
    order by production nulls last, before + in_period + open desc, account
"""


def bars_of(report: CostReport) -> dict[tuple[str | None, str | None], list[Bar]]:
    """Returns the accounts of each production and base currency, the largest first."""
    found: dict[tuple[str | None, str | None], list[Bar]] = {}
    for row in query(_ACCOUNTS, rows=report.rows).to_pylist():
        place = (row.pop("production"), row.pop("base_currency"))
        found.setdefault(place, []).append(Bar(**row))
    return found


def picture(title: str, currency: str, bars: Sequence[Bar], period: str) -> str:
    """Returns an SVG of the largest accounts; the others are one bar."""
    shown = [*bars[:_MOST], *_others(bars[_MOST:])]
    top = max((_length(bar) for bar in shown), default=Decimal(0)) or Decimal(1)
    drawn = "".join(_row(place, bar, top) for place, bar in enumerate(shown))
    height = _HEAD + _ROW * len(shown) + 8
    legend = "".join(
        f'<rect x="{left}" y="22" width="11" height="11" fill="{colour}"/>'
        f'<text x="{left + 16}" y="32">{escape(words)}</text>'
        for left, colour, words in (
            (8, BEFORE, "posted before the period"),
            (200, PERIOD, f"posted in {period}"),
            (350, OPEN, "commitments open"),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" font-family="sans-serif" font-size="12" '
        f'fill="#222"><title>{escape(title)}</title>'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="8" y="14" font-weight="bold">{escape(title)}, by account, in '
        f"{escape(currency)}</text>{legend}{drawn}</svg>"
    )


def as_markdown(svg: str, words: str) -> str:
    """Returns the SVG as an image in Markdown, without a file."""
    encoded = base64.b64encode(svg.encode()).decode("ascii")
    return f"![{words}](data:image/svg+xml;base64,{encoded})"


def _length(bar: Bar) -> Decimal:
    return sum((max(x, Decimal(0)) for x in (bar.before, bar.in_period, bar.open)), Decimal(0))


def _others(rest: Sequence[Bar]) -> list[Bar]:
    if not rest:
        return []
    totals = (
        sum((getattr(bar, name) for bar in rest), Decimal(0))
        for name in ("before", "in_period", "open")
    )
    return [Bar(f"{len(rest):,} others", *totals)]


def _row(place: int, bar: Bar, top: Decimal) -> str:
    above, left, drawn = _HEAD + place * _ROW, _LEFT, ""
    for value, colour in ((bar.before, BEFORE), (bar.in_period, PERIOD), (bar.open, OPEN)):
        width = int(max(value, Decimal(0)) * _BARS / top)
        drawn += f'<rect x="{left}" y="{above}" width="{width}" height="16" fill="{colour}"/>'
        left += width
    number = money(bar.posted) + (f" + {money(bar.open)}" if bar.open else "")
    return (
        f'<text x="{_LEFT - 8}" y="{above + 13}" text-anchor="end">'
        f"{escape(bar.account or 'unknown')}</text>{drawn}"
        f'<text x="{left + 6}" y="{above + 13}">{number}</text>'
    )
