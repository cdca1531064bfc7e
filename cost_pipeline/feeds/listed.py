"""The feeds of this product: the only list of them, and what the command line says of each.

It is read by `--help`, so nothing heavy is imported here: a feed is imported when it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cost_pipeline.pipeline.declared.commands import Command

if TYPE_CHECKING:
    from cost_pipeline.pipeline.feed import Feed
    from cost_pipeline.pipeline.session import Session


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed before it is imported.

    Attributes:
        name: The name of the feed.
        load: Returns its declaration.
        commands: Those of its own, beside those that every feed has.
    """

    name: str
    load: Callable[[], Feed[Session]]
    commands: Sequence[Command] = ()


def _production() -> Feed[Session]:
    from cost_pipeline.feeds.production.feed import PRODUCTION  # noqa: PLC0415 - see above

    return PRODUCTION


def _of_production(name: str, words: str, attribute: str | None = None) -> Command:
    return Command(name, words, f"cost_pipeline.commands.production.{name}", attribute or name)


LISTED: Final[tuple[Listed, ...]] = (
    Listed(
        "production",
        _production,
        (
            _of_production(
                "reconcile", "Vendors that tell of the same costs.", "reconcile_command"
            ),
            _of_production("reversals", "Negative amounts that may be posted."),
            _of_production("union", "The union rules: packs, explain cards, check cost codes."),
            _of_production("fx", "Exchange rates: load, list, correct, impact, compare."),
            _of_production("report", "Reports: what productions have cost.", "report"),
            _of_production("ledger", "The ledger: totals, as-of, verify, prove, trace, periods."),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Feeds:
    """The feeds that a call of the command line knows: the object of its context.

    Whoever calls it in its own process may give others: `main(words, obj=Feeds(...))`.
    """

    listed: tuple[Listed, ...]
