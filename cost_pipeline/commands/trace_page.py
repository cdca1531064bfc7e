"""A trace as a web page of its own: one file without scripts or links, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from cost_pipeline.core.text import for_html as escape

_STYLE: Final = """
:root { color-scheme: light dark; --line: #d8d8d2; --dim: #6b6b66; --back: #fbfbf9; --card: #fff;
  --ink: #1d1d1b; --mark: #0b6e4f; --bad: #a4262c; }
@media (prefers-color-scheme: dark) { :root { --line: #3a3a38; --dim: #9b9b95; --back: #171716;
  --card: #20201f; --ink: #ececea; --mark: #5fc9a0; --bad: #ff8f8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem; background: var(--back);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.45rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
.lead { color: var(--dim); margin: 0 0 1.75rem; overflow-wrap: anywhere; }
.fate { color: var(--mark); font-weight: 600; } .fate.bad { color: var(--bad); }
ol { list-style: none; margin: 0; padding: 0 0 0 1.5rem; border-left: 2px solid var(--line); }
li { position: relative; margin: 0 0 1rem; padding: .9rem 1.1rem 1rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px; }
li::before { content: ""; position: absolute; left: -1.95rem; top: 1.15rem; width: .7rem;
  height: .7rem; border-radius: 50%; background: var(--mark); border: 2px solid var(--back); }
li.none { opacity: .6; } li.none::before { background: var(--line); }
h2 { font-size: 1rem; margin: 0 0 .5rem; } h2 small { font-weight: 400; color: var(--dim); }
dl { display: grid; grid-template-columns: minmax(9rem, 12rem) 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
code, pre, .hash { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
pre { margin: .2rem 0 0; padding: .6rem .8rem; background: var(--back); border-radius: 6px;
  border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
.wide { overflow-x: auto; }
th { color: var(--dim); font-weight: 500; } td.n, th.n { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
footer { margin-top: 2rem; color: var(--dim); font-size: 13px; }
"""

_WORDS: Final = {
    "posting": "the line of the ledger",
    "record": "what the row says, read by its contract",
    "row": "the vendor's own text, read again from the landed bytes",
    "delivery": "the bytes as they were received",
    "contract": "what the row was read and judged by",
    "rate": "the exchange rate, pinned by the transaction date",
    "rules": "the union rules in force",
    "approvals": "who approved it, when and why",
    "history": "every line of the ledger that came from this row",
    "lines": "every line of the ledger that came from this row",
    "batch": "the seal that it lies under",
    "run": "who wrote it",
    "received": "each time these bytes were received",
    "dead_letters": "refusals of this row and their resolution",
    "disposition": "how it is held",
    "more_of_the_posting": "its other fields",
}
_HASH: Final = 64
# In a table of lines of one row these are the same in each, or too long to compare; JSON has them.
_LEFT_OUT: Final = (
    "run_id",
    "transaction_date",
    "original_amount",
    "original_currency",
    "snapshot",
)
_NUMBERS: Final = ("amount", "rate", "original", "base")


def page(title: str, lead: str, parts: Iterable[tuple[str, Any]], *, bad: bool = False) -> str:
    """Returns the page.

    Args:
        title: What is traced.
        lead: What became of it, in a sentence.
        parts: Name and values of each link of the chain; a mapping, a list of mappings, or None.
        bad: Whether the lead is bad news.
    """
    items = "\n".join(_part(name, values) for name, values in parts)
    fate = "fate bad" if bad else "fate"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(title)}</h1>\n<p class="lead {fate}">{escape(lead)}</p>\n'
        f"<ol>\n{items}\n</ol>\n"
        "<footer>Made by cost-pipeline from the stored ledger. Whether the ledger is as it was "
        "sealed is told by <code>cost-pipeline ledger verify</code>.</footer>\n</body>\n</html>\n"
    )


def _part(name: str, values: Any) -> str:  # noqa: ANN401 - any part of a trace
    heading = f"{escape(name.replace('_', ' '))} <small>{escape(_WORDS.get(name, ''))}</small>"
    if not values:
        return f'<li class="none"><h2>{heading}</h2>none</li>'
    body = _table(values) if isinstance(values, list) else _list(values)
    return f"<li><h2>{heading}</h2>{body}</li>"


def _list(values: dict[str, Any]) -> str:
    cells = "".join(
        f"<dt>{escape(key.replace('_', ' '))}</dt><dd>{_cell(key, value)}</dd>"
        for key, value in values.items()
        if value not in (None, [], "")
    )
    return f"<dl>{cells}</dl>"


def _table(rows: list[dict[str, Any]]) -> str:
    told = (n for n in rows[0] if n not in _LEFT_OUT)
    names = [n for n in told if any(row.get(n) not in (None, []) for row in rows)]
    head = "".join(f"<th{_side(n)}>{escape(n.replace('_', ' '))}</th>" for n in names)
    body = "".join(
        "<tr>" + "".join(f"<td{_side(n)}>{_cell(n, row.get(n), short=True)}</td>" for n in names)
        + "</tr>"
        for row in rows
    )  # fmt: skip
    return (
        '<div class="wide">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _side(name: str) -> str:
    return ' class="n"' if name.endswith(_NUMBERS) else ""


def _cell(name: str, value: Any, *, short: bool = False) -> str:  # noqa: ANN401, PLR0911 - any cell
    if value is None:
        return ""
    if isinstance(value, dict):
        return escape(", ".join(f"{k} {v}" for k, v in value.items() if v is not None))
    if isinstance(value, list):
        return "<br>".join(_cell("", one) for one in value)
    text = str(value)
    if name == "text":
        return f"<pre>{escape(text)}</pre>"
    if short and text[10:11] == "T" and text[4:5] == text[7:8] == "-":
        return escape(f"{text[:10]} {text[11:19]}")
    if len(text) == _HASH and " " not in text:
        shown = f"{text[:12]}…" if short else text
        return f'<span class="hash" title="{escape(text)}">{escape(shown)}</span>'
    return escape(text)
