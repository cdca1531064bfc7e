"""What a record is: a strict model of one row, and the verdict on it.

Belongs here: what the contracts of all feeds share. Which fields a kind of record has is said where
its feed declares it; reading a vendor's text into typed values is `cost_pipeline.validate`'s work.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cost_pipeline.contracts.constraints import field_adapter, parts
from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.rules import Rule, broken
from cost_pipeline.contracts.vendor import Name
from cost_pipeline.core.reasons import NO_OTHERS, Reason, ReasonList, catalogue


class Record(BaseModel):
    """What every record has in common: `vendor` is the name of the vendor file."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str]
    """The name by which vendor files and stored rows call it."""
    reasons: ClassVar[ReasonList] = NO_OTHERS
    """The codes for which its rows are refused, beside the shared ones."""
    columnar: ClassVar[bool] = True
    """Whether whole columns can be proven: no field's reading needs another field of its row."""

    vendor: Name

    @classmethod
    def rules(cls) -> tuple[Rule, ...]:
        """Returns what its fields must agree on."""
        return ()

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        for problem in broken(self.rules(), self.__dict__):
            words = problem.message.replace("{", "(")
            raise PydanticCustomError(problem.code, words)
        return self


def judge(
    contract: type[Record], values: Mapping[str, object], own: tuple[Rule, ...] = ()
) -> Record | tuple[Problem, ...]:
    """Returns the record that the values make, or everything that is wrong with them.

    Args:
        contract: The model.
        values: Typed values by field; a field without a value is absent.
        own: Rules of a home, asked after those of the contract.
    """
    try:
        record = contract.model_validate(values)
    except ValidationError as error:
        wrong = [
            _problem(contract, str(entry["loc"][0]), entry["type"], entry)
            for entry in error.errors(include_url=False, include_context=False)
            if entry["loc"]
        ]
    else:
        return tuple(broken(own, record.__dict__)) or record
    # The model asks its rules only when every field is good, and stops at the first: ask again.
    names = {problem.field for problem in wrong}
    return (*wrong, *broken((*contract.rules(), *own), values, names))


def _problem(
    contract: type[Record], name: str, error_type: str, entry: Mapping[str, Any]
) -> Problem:
    if error_type == "missing":
        return Problem(name, Reason.MISSING_FIELD, "it is empty and this kind of record needs it")
    if error_type == "extra_forbidden":
        return Problem(name, Reason.UNKNOWN_FIELD, f"a {contract.kind} has no such field")
    noted = refused_as(contract, name)
    if error_type in catalogue(contract.reasons):
        value = None if noted.secret else str(entry["input"])
        return Problem(name, error_type, str(entry["msg"]), value)
    return noted.problem(name, error_type, entry["input"])


@functools.cache
def refused_as(contract: type[Record], name: str) -> RefusedAs:
    """Returns how a broken constraint of a field is called."""
    for note in parts(contract.model_fields[name]).notes:
        if isinstance(note, RefusedAs):
            return note
    return RefusedAs(Reason.BAD_TEXT, f"is not a valid {name}")


def judge_field(contract: type[Record], name: str, value: object) -> object | Problem:
    """Returns the model's verdict on one field seen by itself: its value, or the problem."""
    try:
        accepted: object = _adapter(contract, name).validate_python(value)
    except ValidationError as error:
        entry = error.errors(include_url=False, include_context=False)[0]
        return _problem(contract, name, entry["type"], entry)
    return accepted


@functools.cache
def _adapter(contract: type[Record], name: str) -> TypeAdapter[Any]:
    return field_adapter(contract, name)
