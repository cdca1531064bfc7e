"""The section `times` of a vendor file: how this vendor writes times of day and timecodes.

Belongs here: what is declared, and frames as exact numbers. Reading a text by it is
`cost_pipeline.validate.times`' work; the fields that hold what was read are in `times`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, model_validator

from cost_pipeline.contracts.sections import Section, Texts

CLOCK_DIRECTIVES: Final = "HIpMSf"
FRAME_DIRECTIVES: Final = "HMSF"

# Frames a second, as they are written, to the whole number that timecodes count by.
_WRITTEN: Final = {
    **{text: (int(text), False) for text in ("24", "25", "30", "48", "50", "60", "100", "120")},
    **dict.fromkeys(("29.97", "30000/1001"), (30, True)),
    **dict.fromkeys(("59.94", "60000/1001"), (60, True)),
    **dict.fromkeys(("23.976", "23.98", "24000/1001"), (24, True)),
    **dict.fromkeys(("47.952", "48000/1001"), (48, True)),
    **dict.fromkeys(("119.88", "120000/1001"), (120, True)),
}
# Of 29.97 frames a second two numbers of a minute are left out, of 59.94 four.
_DROPPED_OF: Final = 15


def rate_text(text: str) -> str:
    """Returns a frame rate in the one spelling that is stored: `25`, or `30000/1001` for 29.97.

    Raises:
        ValueError: If it is none that timecodes are counted by.
    """
    if text not in _WRITTEN:
        raise ValueError(f"{text!r} is no frame rate: it can be {', '.join(_WRITTEN)}")
    base, slow = _WRITTEN[text]
    return f"{base}000/1001" if slow else str(base)


def counted_by(rate: str) -> int:
    """Returns how many frames a timecode counts in a second: 30 at a rate of 30000/1001."""
    return _WRITTEN[rate][0]


def dropped(rate: str) -> int:
    """Returns how many numbers drop-frame counting leaves out of most minutes; 0 if it cannot."""
    base, slow = _WRITTEN[rate]
    return base // _DROPPED_OF if slow and base % _DROPPED_OF == 0 else 0


def seconds_of(frames: int, rate: str) -> Fraction:
    """Returns how long so many frames last, exactly."""
    base, slow = _WRITTEN[rate]
    return Fraction(frames * 1001, base * 1000) if slow else Fraction(frames, base)


Rate = Annotated[str, AfterValidator(rate_text)]


class TimeStyle(Section):
    """How this vendor writes times.

    Attributes:
        forms: The ways in which times of day are written; hours may be past 24. `*` stands for
            anything, such as a date beside the time.
        timecodes: The ways in which timecodes are written, of `%H`, `%M`, `%S` and `%F` (frames).
        frame_rate: How many frames a second has; timecodes cannot be read without.
        drop_frame: `marked`: a timecode with a semicolon before its frames leaves numbers out as
            drop-frame counting does. `always`: every one does.
    """

    forms: Texts = ("%H:%M:%S",)
    timecodes: Texts = ("%H:%M:%S:%F", "%H:%M:%S;%F")
    frame_rate: Rate | None = None
    drop_frame: Literal["marked", "always"] = "marked"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for form in self.forms:
            _check(form, CLOCK_DIRECTIVES)
            if re.search("%[HI]", form) is None or ("%I" in form) != ("%p" in form):
                raise ValueError(f"{form!r} holds no hour: write %H, or %I with %p")
        for form in self.timecodes:
            _check(form, FRAME_DIRECTIVES)
            if any(f"%{letter}" not in form for letter in FRAME_DIRECTIVES):
                raise ValueError(f"{form!r} is no timecode: it needs %H, %M, %S and %F")
        rate = self.frame_rate
        if self.drop_frame == "always" and (rate is None or not dropped(rate)):
            raise ValueError("`drop_frame` needs a `frame_rate` of 29.97, 59.94 or 119.88")
        if rate is None and "timecodes" in self.model_fields_set:
            raise ValueError("`timecodes` need `frame_rate`: how many frames a second has")
        return self


def _check(form: str, letters: str) -> None:
    found = re.findall("%(.?)", form)
    unknown = [letter for letter in found if letter not in letters or not letter]
    if unknown:
        known = ", ".join(f"%{letter}" for letter in letters)
        raise ValueError(f"{form!r} holds `%{unknown[0]}`, which is not read here: write {known}")
    if len({*found}) < len(found):
        raise ValueError(f"{form!r} holds a part of a time twice")
