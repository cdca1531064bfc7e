"""A trace for the terminal, and the writing of its page."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cost_pipeline.commands.common import columns, console, plain
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.people import money

if TYPE_CHECKING:
    from cost_pipeline.commands.screen import Rows

# What a person asks of a posting first.
_FIRST: Final = (
    "posting_id", "kind", "cause", "production", "vendor", "transaction_id", "transaction_date",
    "vendor_name", "description", "gl_code", "department_code", "original_amount",
    "original_currency", "base_amount", "base_currency",
)  # fmt: skip


def for_reading(found: dict[str, Any]) -> dict[str, Any]:
    """Returns the trace of a posting in the order in which people read it.

    What matters of the posting, then the bytes; its other thirty fields come at the end.
    """
    posting = found["posting"]
    others = {name: value for name, value in posting.items() if name not in _FIRST}
    first = {"posting": {name: posting[name] for name in _FIRST}}
    bytes_ = {name: found[name] for name in ("row", "delivery")}
    rest = {name: value for name, value in found.items() if name != "posting"}
    return first | bytes_ | rest | {"more_of_the_posting": others}


def show_parts(parts: dict[str, Any]) -> None:
    """Prints each link of the chain with its values; vendor text is never taken for markup."""
    from cost_pipeline.commands.screen import cut

    out = console()
    for part, values in parts.items():
        out.print(f"[bold]{part.replace('_', ' ')}")
        if not values:
            out.print("  none", style="dim")
        elif isinstance(values, list):
            out.print(_listed(values))
        else:
            for name, value in values.items():
                if value not in (None, ""):
                    line = plain(f"  {name:<18} {_told(name, value, values)}")
                    if str(value).startswith("{"):
                        line = cut(line, out.width)
                    out.print(line, soft_wrap=name in _VERBATIM)


def _listed(rows: list[dict[str, Any]]) -> Rows:
    """Returns the important values of each row in one line; JSON and the page have the rest."""
    names = [n for n in _SHOWN if any(row.get(n) not in (None, []) for row in rows)]
    first, *others = (_HEADS.get(name, name) for name in names)
    head = f"  {first}"
    table = columns(head, *others, numbers=("base",), prose=("reasons",), middle=(head, "uri"))
    for row in rows:
        first, *others = (
            money(Decimal(row[name]))
            if name.endswith(_AMOUNT) and row.get(name)
            else _short(row.get(name))
            for name in names
        )
        table.add_row(f"  {first}", *others)
    return table


# In this order; an instant is cut to its second.
_SHOWN: Final = (
    "recorded_at", "at", "pull_date", "kind", "cause", "event", "stage", "posting_id", "reasons",
    "base_amount", "base_currency", "rate_date", "uri",
)  # fmt: skip
_HEADS: Final = {
    "recorded_at": "recorded", "pull_date": "pulled", "posting_id": "posting",
    "base_amount": "base", "base_currency": "", "rate_date": "rates of",
}  # fmt: skip
_SECOND: Final = len("2026-03-31T18:00:00")


# The vendor's own line stays one line: people look for it in the file.
_VERBATIM: Final = ("text", "payload")
_AMOUNT: Final = "amount"


def _told(name: str, value: Any, row: dict[str, Any]) -> Any:  # noqa: ANN401 - any cell
    """Returns a value as people read it: money with its currency, of a hash as much as names it."""
    if name.endswith(_AMOUNT):
        currency = row.get(f"{name.removesuffix(_AMOUNT)}currency") or ""
        return f"{money(Decimal(value))} {currency}".rstrip()
    return value[:_SHOWN_OF_HASH] if _is_hash(value) else _flat(value)


def _is_hash(value: Any) -> bool:  # noqa: ANN401 - any cell
    return isinstance(value, str) and len(value) == _HASH and value.isalnum()


def _flat(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if v is not None)
    return value


def _short(value: Any) -> str:  # noqa: ANN401 - any cell
    if isinstance(value, list):
        return "; ".join(str(_flat(one)) for one in value)
    if value is None:
        return ""
    text = str(value)
    if text[10:11] == "T" and text[4:5] == text[7:8] == "-":
        return text[:_SECOND]
    return text[:_SHOWN_OF_HASH] if _is_hash(text) else text


def short_hashes(words: str) -> str:
    """Returns a sentence with as much of each hash as names it; JSON has all of them."""
    return _WHOLE_HASH.sub(lambda found: found.group()[:_SHOWN_OF_HASH], words)


_HASH: Final = 64
_SHOWN_OF_HASH: Final = 16
_WHOLE_HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")


def write_page(file: Path, text: str) -> None:
    """Writes a page.

    Raises:
        EnvironmentFailedError: If the file cannot be written.
    """
    from cost_pipeline.lake.durable import clear_storage_errors

    try:
        with clear_storage_errors(str(file)):
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailedError(
            f"the page cannot be written: {error.strerror}",
            where=str(file),
            remedy="name a file in a folder that exists",
            code="FOLDER_MISSING",
        ) from error
