"""Reads times of day and timecodes in their vendor's declared forms: exactly, or not at all.

Belongs here: one text to seconds or to a count of frames. Hours may be past 24, because a broadcast
day goes on after midnight; how far is for the kind of record to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from cost_pipeline.contracts.problems import Problem, shown
from cost_pipeline.contracts.time_style import TimeStyle, counted_by, dropped
from cost_pipeline.core.reasons import Reason

_DIRECTIVES: Final = {
    "%H": r"(?P<hour>[0-9]{1,2})",
    "%I": r"(?P<twelve>0?[1-9]|1[0-2])",
    "%M": r"(?P<minute>[0-5][0-9])",
    "%S": r"(?P<second>[0-5][0-9])",
    "%f": r"(?P<fraction>[0-9]{1,6})",
    "%F": r"(?P<frame>[0-9]{2,3})",
    "%p": r"(?P<half>[ap])\.?m\.?",
}
_SHOWN: Final = {
    "%H": "HH", "%I": "HH", "%M": "MM", "%S": "SS", "%f": "FFF", "%F": "FF", "%p": "AM",
}  # fmt: skip
# What reading a workbook or a Parquet file makes of a cell that holds a time of day.
_TYPED: Final = ("%H:%M:%S", "%H:%M:%S.%f")
_DROPS: Final = ";"
_TENTH: Final = 10


class TimeReader:
    """The declared forms of one vendor.

    Args:
        style: What the vendor file declares.
        typed: Whether the format has cells that hold a time, which need no form.
    """

    def __init__(self, style: TimeStyle, *, typed: bool = False) -> None:
        self._style = style
        forms = (*style.forms, *(_TYPED if typed else ()))
        self._clocks = [_compiled(form) for form in dict.fromkeys(forms)]
        self._timecodes = [_compiled(form) for form in style.timecodes]

    def clock(self, text: str) -> Decimal | Problem:
        """Returns a stripped text as seconds, or a problem that names no field."""
        found = {_seconds(found.groupdict()) for form in self._clocks if (found := form(text))}
        if len(found) == 1:
            return found.pop()
        forms = _as_people_write(self._style.forms)
        what = "can be several times under" if found else "is not a time of"
        return _problem(text, f"{shown(text)} {what} the form {forms}")

    def frames(self, text: str) -> int | Problem:
        """Returns a stripped timecode as a count of frames, or a problem that names no field."""
        rate = self._style.frame_rate
        matches = [found for form in self._timecodes if (found := form(text))]
        if not matches or rate is None:
            forms = _as_people_write(self._style.timecodes)
            return _problem(text, f"{shown(text)} is not a timecode of the form {forms}")
        part, base, left_out = matches[0].groupdict(), counted_by(rate), dropped(rate)
        marked = text[matches[0].start("frame") - 1] == _DROPS
        if marked and not left_out:
            words = f"is drop-frame, which there is not at a frame rate of {rate}"
            return _problem(text, f"{shown(text)} {words}")
        frame = int(part["frame"])
        if frame >= base:
            words = f"has frame {frame}, and a second has {base} of them, from 0 on"
            return _problem(text, f"{shown(text)} {words}")
        minutes = 60 * int(part["hour"]) + int(part["minute"])
        frames = (60 * minutes + int(part["second"])) * base + frame
        if not marked and self._style.drop_frame != "always":
            return frames
        if minutes % _TENTH and part["second"] == "00" and frame < left_out:
            words = f"does not exist: drop-frame leaves frames 0 to {left_out - 1} out there"
            return _problem(text, f"{shown(text)} {words}")
        return frames - left_out * (minutes - minutes // _TENTH)


def _compiled(form: str) -> Callable[[str], re.Match[str] | None]:
    """Returns what matches a text of the form; numbers with nothing between have two digits."""
    pieces = [piece for piece in re.split(r"(%.)", form) if piece]
    pattern = ""
    for place, piece in enumerate(pieces):
        beside = [pieces[p] for p in (place - 1, place + 1) if 0 <= p < len(pieces)]
        if piece not in _DIRECTIVES:
            pattern += re.escape(piece).replace(r"\*", ".*")
        elif any(other in _DIRECTIVES for other in beside):
            pattern += _DIRECTIVES[piece].replace("{1,2}", "{2}")
        else:
            pattern += _DIRECTIVES[piece]
    return re.compile(pattern, re.IGNORECASE | re.ASCII).fullmatch


def _seconds(part: dict[str, str]) -> Decimal:
    if "twelve" in part:
        hour = int(part["twelve"]) % 12 + (12 if part["half"].lower() == "p" else 0)
    else:
        hour = int(part["hour"])
    whole = 60 * (60 * hour + int(part.get("minute", 0))) + int(part.get("second", 0))
    return Decimal(f"{whole}.{part['fraction']}") if "fraction" in part else Decimal(whole)


def _as_people_write(forms: Iterable[str]) -> str:
    return ", ".join(re.sub("%.", lambda found: _SHOWN[found[0]], form) for form in forms)


def _problem(text: str, message: str) -> Problem:
    return Problem("", Reason.BAD_TIME, message, text)
