"""Why a row or a delivery was refused: enumerated, documented lists.

The codes are stable and public. Their class, plain words, likely cause and remedy are data, in a
file for each list. Belongs here: the codes that fetching, reading and validating any row need, and
how a list is read and joined to them. A feed declares a list of its own (`ReasonList`).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.core.reference import reference_path


class FailureClass(StrEnum):
    """Says whether trying again without a change can help."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"


class Stage(StrEnum):
    """The stage of the flow in which something was refused."""

    ACQUIRE = "acquire"
    PARSE = "parse"
    VALIDATE = "validate"
    POST = "post"


class Reason(StrEnum):
    """The codes that all feeds share; `data/reference/reason_codes.toml` says what each means."""

    MALFORMED_ROW = "MALFORMED_ROW"
    ENCODING = "ENCODING"
    NOT_THE_FORMAT = "NOT_THE_FORMAT"
    SCHEMA_DRIFT = "SCHEMA_DRIFT"
    MISSING_FIELD = "MISSING_FIELD"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    BAD_TEXT = "BAD_TEXT"
    BAD_NUMBER = "BAD_AMOUNT"  # the code is older than the feeds that count other things
    BAD_DATE = "BAD_DATE"
    AMBIGUOUS_DATE = "AMBIGUOUS_DATE"
    IMPLAUSIBLE_DATE = "IMPLAUSIBLE_DATE"
    BAD_TIME = "BAD_TIME"
    UNKNOWN_CURRENCY = "UNKNOWN_CURRENCY"
    CURRENCY_CONTRADICTED = "CURRENCY_CONTRADICTED"
    CURRENCY_NOT_VALID_ON_DATE = "CURRENCY_NOT_VALID_ON_DATE"
    KEY_CONFLICT = "KEY_CONFLICT"
    CONTROL_TOTAL = "CONTROL_TOTAL"
    FETCH_FAILED = "FETCH_FAILED"
    CORRECTION_UNKNOWN = "CORRECTION_UNKNOWN"
    CORRECTION_IDENTITY = "CORRECTION_IDENTITY"
    CORRECTION_ANSWERED = "CORRECTION_ANSWERED"


def dead_letter_id(vendor: str, fingerprint: str, stage: Stage, reasons: Iterable[str]) -> str:
    """Returns the id of a refusal of a row: the same however often the row is judged.

    The vendor is part of it: two vendors may send the same bytes, and then the same row twice.
    """
    return digest("dead_letter", vendor, fingerprint, stage.value, *sorted(reasons))


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a reason code means to a person.

    Attributes:
        failure_class: permanent (mend the data) or transient (try again).
        words: One sentence for an accountant.
        cause: What usually leads to it.
        remedy: What to do.
    """

    failure_class: FailureClass
    words: str
    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ReasonList:
    """Reason codes that belong together, as a feed declares them.

    Attributes:
        codes: The codes, in the order in which people read them.
        words: The file that says what each means: of the reference data, or with its whole path.
        waits: The code of a row that satisfies its contract but for this, and waits until somebody
            allows it; empty where there is none.
    """

    codes: type[StrEnum]
    words: str
    waits: str = ""


SHARED: Final = ReasonList(Reason, "reason_codes.toml")


class _None(StrEnum):
    """A list without codes, for feeds that add none."""


NO_OTHERS: Final = ReasonList(_None, "")
"""The list of a feed that needs no codes but the shared ones."""


@functools.cache
def catalogue(*lists: ReasonList) -> Mapping[str, ReasonText]:
    """Returns the shared codes and those of the lists, with what each means.

    Raises:
        EnvironmentFailedError: `REFERENCE_DATA` if a list and its file differ, or if two lists
            have the same code.
    """
    found: dict[str, ReasonText] = {}
    for one in (SHARED, *lists):
        texts = _texts(one.words)
        codes = list(one.codes)
        if differing := set(codes) ^ texts.keys():
            raise _unfit(one, f"declared or described, and not both: {_listed(differing)}")
        if twice := found.keys() & texts.keys():
            raise _unfit(one, f"codes of another list: {_listed(twice)}")
        found |= {code: texts[code] for code in codes}
    return MappingProxyType(found)


def _texts(file_name: str) -> dict[str, ReasonText]:
    if not file_name:
        return {}
    with reference_path(file_name).open("rb") as file:
        entries = tomllib.load(file)
    return {
        code: ReasonText(
            failure_class=FailureClass(entry["class"]),
            words=entry["words"],
            cause=entry["cause"],
            remedy=entry["remedy"],
        )
        for code, entry in entries.items()
    }


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(sorted(map(str, codes)))


def _unfit(one: ReasonList, message: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        message,
        where=one.words,
        remedy="install the package again; its wheel carries data/reference",
        code="REFERENCE_DATA",
    )


@functools.cache
def failure_class(reasons: tuple[str, ...], *lists: ReasonList) -> FailureClass:
    """Returns `transient` only if nothing about the row needs mending."""
    classes = {catalogue(*lists)[reason].failure_class for reason in reasons}
    return FailureClass.TRANSIENT if classes == {FailureClass.TRANSIENT} else FailureClass.PERMANENT
