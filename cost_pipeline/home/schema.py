"""A JSON Schema of vendor files, for editors: made from the models that read them.

Belongs here: what the models' own schema does not say. Every value of a settings file is read as
the text that is written, so a number or a flag may stand where a text is wanted and the other way
round; what a validator takes as a short form is taken here too; descriptions are those of the
models' docstrings. An editor's schema may accept what the program refuses, never the other way
round.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from cost_pipeline.contracts.changes import CHANGES, Change
from cost_pipeline.contracts.kinds import FeedContract
from cost_pipeline.contracts.sections import ShortForms

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
SCHEMA_FILE: Final = "vendor.schema.json"
"""Its name in a home."""
EDITOR: Final = f"yaml-language-server: $schema=../{SCHEMA_FILE}"
"""The comment in a vendor file by which editors find the schema."""

_ATTRIBUTE: Final = re.compile(r"^    (\w+(?:, \w+)*): (.*)$")
_WHOLE: Final = r"^[+-]?[0-9]+$"
_NUMBER: Final = r"^[+-]?[0-9]*\.?[0-9]+$"
_FLAG: Final = "^(?i:true|false|yes|no|on|off|y|n|t|f|1|0)$"
_SCALARS: Final = ["string", "number", "boolean"]
_LIMITS: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)


def vendor_schema(feeds: Iterable[FeedContract]) -> dict[str, Any]:
    """Returns the schema of vendor files of some feeds, as a JSON document."""
    found = [_of_feed(feed) for feed in feeds]
    definitions: dict[str, Any] = {}
    for one in found:
        definitions |= one.pop("$defs", {})
    whole = found[0] if len(found) == 1 else {"anyOf": found}
    return {"$schema": DIALECT, "title": "A vendor file", **whole, "$defs": definitions}


def _of_feed(feed: FeedContract) -> dict[str, Any]:
    schema = feed.vendor.model_json_schema(schema_generator=_Generator)
    properties = schema["properties"]
    properties["record"] = {**properties["record"], "enum": list(feed.kinds)}
    properties["record"].pop("$ref", None)
    fields = {name: "" for kind in feed.kinds.values() for name in kind.contract.model_fields}
    for section in ("columns", "constants"):
        properties[section]["propertyNames"] = {"enum": sorted(fields.keys() - {"vendor"})}
    changing = {key: properties[key] for key in feed.vendor.changing_keys()}
    change = schema["$defs"].pop(Change.__name__)
    change["properties"] |= changing  # after they were told which fields there are
    properties[CHANGES]["items"] = {**change, "additionalProperties": False}
    return schema


class _Generator(GenerateJsonSchema):
    """Says of each model what its docstring and its validators say."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Returns the schema of a section, with its short forms."""
        found = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        found["description"] = _summary(model)
        described = _attributes(model)
        for name, own in found.get("properties", {}).items():
            field = _named(model, name)
            if field in described:
                own["description"] = described[field]
        short: ShortForms | None = getattr(model, "short_forms", None)
        if short is None:
            return found
        for name, instead in short.keys.items():
            own = found["properties"].get(name)
            found["properties"][name] = {"anyOf": [own, instead]} if own else dict(instead)
        needed = [name for name in found.get("required", ()) if name not in short.left_out]
        if needed != found.get("required", needed):
            found["required"] = needed
        if not short.instead:
            return found
        return {"anyOf": [found, *short.instead], "description": found["description"]}

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """Returns what a validator reads before its type does: a short form, a text or several."""
        found = self.generate_inner(schema["schema"])
        if schema["schema"]["type"] == "model":  # its short forms are declared beside it
            return found
        if "enum" in found or ("$ref" not in found and found.get("type") != "array"):
            return found
        texts = {"type": "array", "items": {"type": _SCALARS}}
        return {"anyOf": [found, {"type": _SCALARS}, *([texts] if "$ref" in found else [])]}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Returns what is read as a text: any value that stands for itself."""
        found = super().str_schema(schema)
        return {**found, "type": _SCALARS}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """Returns what is read as a whole number."""
        return _or_text(super().int_schema(schema), _WHOLE)

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """Returns what is read as a number."""
        return _or_text(super().float_schema(schema), _NUMBER)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Returns what is read as an exact number."""
        del schema
        return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _NUMBER}]}

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        """Returns what is read as a flag."""
        return _or_text(super().bool_schema(schema), _FLAG)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """Returns lawful words; those that look like numbers may be written as such."""
        found = super().literal_schema(schema)
        return _with_numbers(found, [*schema["expected"]])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Returns the schema without its default: editors would offer it as the value to write."""
        found = super().default_schema(schema)
        found.pop("default", None)
        return found

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Returns the schema of a value that may be left out: none is ever written as null."""
        inner: CoreSchema = schema["schema"]
        return self.generate_inner(inner)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Returns a mapping; its keys are texts, whatever they stand for."""
        found = super().dict_schema(schema)
        found.pop("propertyNames", None)
        return found


def _or_text(found: JsonSchemaValue, pattern: str) -> JsonSchemaValue:
    return {"anyOf": [found, {"type": "string", "pattern": pattern}]}


def _with_numbers(found: JsonSchemaValue, words: list[Any]) -> JsonSchemaValue:
    more = [str(word) if isinstance(word, int) else word for word in words]
    both = list(dict.fromkeys([*words, *more]))
    return {"enum": [getattr(word, "value", word) for word in both]} if both else found


def _named(model: type[BaseModel], name: str) -> str:
    """Returns the field that a key of the file is, which may have an alias."""
    fields = model.model_fields.items()
    return next((field for field, info in fields if (info.alias or field) == name), name)


def _summary(model: type[BaseModel]) -> str:
    return (inspect.getdoc(model) or "").split("\n\n", 1)[0].replace("\n", " ")


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """Returns what the docstrings of a model and its bases say of its fields."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        for names, text in _told(inspect.getdoc(base) or ""):
            found |= dict.fromkeys(names, text)
    return found


def _told(docstring: str) -> Iterator[tuple[list[str], str]]:
    _, _, below = docstring.partition("Attributes:\n")
    names: list[str] = []
    words: list[str] = []
    for line in below.split("\n"):
        start = _ATTRIBUTE.match(line)
        if start is not None or not line.strip():
            if names:
                yield names, " ".join(words)
            names = start[1].split(", ") if start else []
            words = [start[2]] if start else []
        elif names:
            words.append(line.strip())
    if names:
        yield names, " ".join(words)
