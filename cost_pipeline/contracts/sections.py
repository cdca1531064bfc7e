"""What every section of a settings file has in common: strict keys, frozen values."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a settings file: unknown keys are refused, texts lose their outer blanks."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
