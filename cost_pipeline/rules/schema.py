"""JSON Schema of the files of a rule pack, for editors; kept in `data/reference/union_rules`."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import BaseModel

from cost_pipeline.rules.pack import Agreement, RuleFile

SCHEMAS: Final[dict[str, type[BaseModel]]] = {
    "pack.schema.json": RuleFile,
    "agreement.schema.json": Agreement,
}


def schema_text(name: str) -> str:
    """Returns the text of one schema file.

    Numbers and dates may be quoted in YAML, as all are in the packs, so text is allowed for them.
    """
    schema = _with_text(SCHEMAS[name].model_json_schema(by_alias=True))
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _with_text(part: Any) -> Any:  # noqa: ANN401 - a JSON document
    if isinstance(part, list):
        return [_with_text(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _with_text(value) for key, value in part.items()}
    if found.get("type") in {"integer", "boolean", "number"}:
        return {"anyOf": [found, {"type": "string"}]}
    return found
