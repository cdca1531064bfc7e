"""cost_pipeline: vendor files and APIs in; an exact ledger and explained dead letters out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cost_pipeline.notebook.home import open_home

__version__ = "0.2.0"
__all__ = ["__version__", "open_home"]


def __getattr__(name: str) -> object:
    """Imports what a notebook asks for when it does: everybody else imports this package too."""
    if name == "open_home":
        from cost_pipeline.notebook.home import open_home as found  # noqa: PLC0415 - see above

        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
