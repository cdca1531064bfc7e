"""The declaration of a feed's command, before the command is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command or a group of commands.

    Attributes:
        name: The name by which it is called.
        words: What it is, in a line.
        module: The module that holds it; imported when it is called, never by `--help` of others.
        attribute: Its name there.
    """

    name: str
    words: str
    module: str
    attribute: str
