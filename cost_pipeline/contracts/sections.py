"""What every section of a settings file has in common: strict keys, frozen values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a settings file: unknown keys are refused, texts lose their outer blanks.

    Models are built when first used: most commands need few of them.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True
    )
