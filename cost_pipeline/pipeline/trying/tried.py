"""What came of reading one file: a value, and its JSON.

Belongs here: the shape of the answer. Reading is `reading`'s work, showing it the command's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from cost_pipeline.core.money import shown
from cost_pipeline.core.people import counted
from cost_pipeline.parse.account import Account

_KINDS: Final = ("header", "rows", "blank", "control", "furniture", "continued")


@dataclass(frozen=True, slots=True)
class Example:
    """One refused cell.

    Attributes:
        line: Physical line, or number of the row in its sheet; None where the whole file is meant.
        field: The contract field; empty for the row as a whole.
        value: The text that was found; None where it is secret or there is none.
        sentence: Why it is refused, in plain words.
    """

    line: int | None
    field: str
    value: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """The rows that are refused for one reason.

    Attributes:
        code: The reason code.
        rows: How many rows have it; a row may have several.
        words: What the code means.
        remedy: What to do.
        example: The first of them.
    """

    code: str
    rows: int
    words: str
    remedy: str
    example: Example


@dataclass(frozen=True, slots=True)
class FirstRow:
    """One of the first rows, by contract field.

    Attributes:
        line: Where it stands.
        values: Field to what was read, as text; None for an empty one.
        reasons: Why it is refused; empty if it is accepted.
    """

    line: int
    values: Mapping[str, str | None]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """What the file says of its own sum, against what its rows come to.

    Attributes:
        problem: `missing` or `unreadable`, where there is nothing to compare.
        declared, computed, tolerance: The sums; None where there is a problem.
    """

    problem: str | None = None
    declared: Decimal | None = None
    computed: Decimal | None = None
    tolerance: Decimal | None = None

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        if self.declared is None or self.computed is None:
            return False
        return abs(self.declared - self.computed) <= (self.tolerance or 0)

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        numbers = {
            "declared": self.declared,
            "computed": self.computed,
            "tolerance": self.tolerance,
        }
        texts = {name: None if n is None else shown(n) for name, n in numbers.items()}
        return {"problem": self.problem, **texts, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of reading a file by a vendor file.

    Attributes:
        file: Its name, or the address that it came from.
        size: Bytes.
        vendor: The vendor file.
        kind: The kind of file that the vendor declares.
        settings_from: The date from which the settings hold by which it was read; None where they
            are those that the vendor file begins with.
        whole: Why the file cannot be read at all; nothing else is told then.
        encoding: The encoding that fitted; of a workbook its container.
        header: The names of all columns.
        header_line: The last line of the header, if the format has one.
        read: Header name to the contract fields that are read from it.
        unread: Columns of the file that nothing reads and nothing ignores.
        missing: Fields whose columns the file does not have, with the names that were looked for.
        accepted, refused: Rows.
        waiting: Accepted rows that are negative, where such a row waits for an approval.
        refusals: The refused rows by reason, the most frequent first.
        first: The first rows.
        account: What became of every line; None where reading stopped before the end.
        sums: Unit to the sum of accepted rows.
        sums_refused: Unit to the sum of refused rows, as far as it could be read.
        control: What the file declares of its sum; None if nothing is declared or compared.
        stopped_after: After how many rows reading stopped; None if the file was read whole.
    """

    file: str
    size: int
    vendor: str
    kind: str
    settings_from: date | None = None
    whole: Example | None = None
    encoding: str = ""
    header: tuple[str, ...] = ()
    header_line: int | None = None
    read: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accepted: int = 0
    refused: int = 0
    waiting: int = 0
    refusals: Sequence[Refusals] = ()
    first: Sequence[FirstRow] = ()
    account: Account | None = None
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    sums_refused: Mapping[str, Decimal] = field(default_factory=dict)
    control: Control | None = None
    stopped_after: int | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is refused, nothing missing, and what the file declares holds."""
        return (
            self.whole is None
            and not self.refused
            and not self.missing
            and (self.control is None or self.control.holds)
        )

    def account_words(self) -> str:
        """Returns what became of every line, in words."""
        account = self.account
        if account is None:
            return ""
        told = [(name, getattr(account, name)) for name in _KINDS]
        parts = ", ".join(f"{count:,} {name}" for name, count in told if count)
        lines = "" if account.lines is None else f"{counted(account.lines, 'line')}: "
        above = [
            f"{sheet.name!r} has {counted(sheet.above, 'row')} above its header"
            for sheet in account.sheets
            if sheet.above
        ]
        unread = [
            f"the sheet {sheet.name!r} is not read ({counted(sheet.filled, 'filled row')})"
            for sheet in account.sheets
            if not sheet.read and sheet.filled
        ]
        return "; ".join([f"{lines}{parts or 'nothing'}", *above, *unread])

    def as_json(self) -> dict[str, Any]:
        """Returns the public shape (docs/interfaces.md)."""
        return {
            "file": self.file,
            "bytes": self.size,
            "vendor": self.vendor,
            "kind": self.kind,
            "settings_from": self.settings_from and self.settings_from.isoformat(),
            "good": self.good,
            "whole": None if self.whole is None else _example(self.whole),
            "encoding": self.encoding,
            "header": list(self.header),
            "header_line": self.header_line,
            "read": {name: list(fields) for name, fields in self.read.items()},
            "unread": list(self.unread),
            "missing": {name: list(names) for name, names in self.missing.items()},
            "accepted": self.accepted,
            "refused": self.refused,
            "waiting": self.waiting,
            "refusals": [
                {
                    "code": one.code,
                    "rows": one.rows,
                    "words": one.words,
                    "remedy": one.remedy,
                    "example": _example(one.example),
                }
                for one in self.refusals
            ],
            "first": [
                {"line": row.line, "values": dict(row.values), "reasons": list(row.reasons)}
                for row in self.first
            ],
            "account": None if self.account is None else self.account.as_dict(),
            "sums": {unit: shown(total) for unit, total in sorted(self.sums.items())},
            "sums_refused": {
                unit: shown(total) for unit, total in sorted(self.sums_refused.items())
            },
            "control_total": None if self.control is None else self.control.as_json(),
            "stopped_after": self.stopped_after,
        }


def _example(one: Example) -> dict[str, Any]:
    return {
        "line": one.line,
        "field": one.field,
        "value": one.value,
        "message": one.sentence,
    }
