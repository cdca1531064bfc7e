"""A trace for the terminal, and the writing of its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from cost_pipeline.commands.common import console
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.lake.durable import clear_storage_errors


def show_parts(parts: dict[str, Any]) -> None:
    """Each link of the chain with its values; vendor text unbroken and never taken for markup."""
    out = console()
    for part, values in parts.items():
        out.print(f"[bold]{part.replace('_', ' ')}")
        if not values:
            out.print("  none", style="dim")
        elif isinstance(values, list):
            for row in values:
                cells = "  ".join(str(_short(v)) for v in row.values() if v not in (None, []))
                out.print(Text(f"  {cells}"), soft_wrap=True)
        else:
            for name, value in values.items():
                if value is not None:
                    out.print(Text(f"  {name:<18} {_flat(value)}"), soft_wrap=True)


def _flat(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items() if v is not None)
    return value


def _short(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, list):
        return "; ".join(str(_flat(one)) for one in value)
    text = str(value)
    return f"{text[:12]}…" if len(text) == _HASH and text.isalnum() else text


_HASH = 64


def write_page(file: Path, text: str) -> None:
    """Write a page.

    Raises:
        EnvironmentFailedError: If the file cannot be written.
    """
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
