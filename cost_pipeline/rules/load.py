"""Reads rule packs: YAML as text, so that no amount is ever a float, with a line for each error."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reference import reference_path
from cost_pipeline.rules.consistency import check
from cost_pipeline.rules.pack import Agreement, Pack, PackedRule, Packs, Place, RuleFile

FOLDER: Final = "union_rules"
_AGREEMENT: Final = "agreement.yaml"
_REFERENCE_ONLY: Final = "reference_only.yaml"
_DIGEST_LENGTH: Final = 16
_Model = TypeVar("_Model", bound=BaseModel)


@functools.cache
def bundled_packs() -> Packs:
    """Returns the packs that come with the product, checked."""
    return load_packs(reference_path(FOLDER))


def load_packs(folder: Path) -> Packs:
    """Returns every pack below a folder, checked against each other.

    Raises:
        UsageError: `BAD_RULE_PACK`, with file, line and rule, for anything that is wrong.
    """
    packs = tuple(
        load_pack(child)
        for child in sorted(folder.iterdir())
        if child.is_dir() and not child.name.startswith((".", "_"))
    )
    if not packs:
        raise bad_pack("there is no rule pack in this folder", str(folder))
    reference = folder / _REFERENCE_ONLY
    only: Any = _values(reference)[0] if reference.exists() else {}
    found = Packs(packs, {str(k): str(v) for k, v in (only or {}).items()})
    by_agreement: dict[str, list[PackedRule]] = defaultdict(list)
    for pack in packs:
        by_agreement[pack.agreement.agreement] += pack.rules
    _refuse(check(by_agreement))
    for name in found.reference_only:
        if any(packed.rule.id == name for packed in found.rules):
            raise bad_pack(f"{name} is in a pack too", str(reference))
    return found


def load_pack(folder: Path) -> Pack:
    """Returns one pack: a folder with `agreement.yaml` and its families.

    Raises:
        UsageError: `BAD_RULE_PACK`, with file, line and rule, for anything that is wrong.
    """
    if not (folder / _AGREEMENT).is_file():
        raise bad_pack(f"there is no {_AGREEMENT} in this folder", str(folder))
    agreement = _model(Agreement, folder / _AGREEMENT)[0]
    rules: list[PackedRule] = []
    for file in sorted(folder.glob("*.yaml")):
        if file.name == _AGREEMENT:
            continue
        family, lines = _model(RuleFile, file)
        rules.extend(
            PackedRule(rule, family.family, folder.name, Place(f"{folder.name}/{file.name}", line))
            for rule, line in zip(family.rules, lines, strict=True)
        )
    _refuse(check({agreement.agreement: rules}))
    return Pack(folder.name, f"{folder.name}@{_digest(agreement, rules)}", agreement, tuple(rules))


def _digest(agreement: Agreement, rules: Sequence[PackedRule]) -> str:
    """Returns the digest of what the rules say, notes included, whatever the files' layout."""
    texts = [_text(agreement), *sorted(packed.family + _text(packed.rule) for packed in rules)]
    return digest("rule pack", *texts)[:_DIGEST_LENGTH]


def _text(model: BaseModel) -> str:
    return json.dumps(model.model_dump(mode="json", by_alias=True), sort_keys=True)


def _refuse(problems: Sequence[tuple[Place, str]]) -> None:
    if problems:
        place, message = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise bad_pack(message + more, str(place))


def bad_pack(message: str, where: str) -> UsageError:
    """Returns the error for whatever is wrong with a pack."""
    return UsageError(
        message,
        where=where,
        remedy="mend the pack; `cost-pipeline union packs` checks it",
        code="BAD_RULE_PACK",
    )


def _model(model: type[_Model], file: Path) -> tuple[_Model, list[int]]:
    values, lines = _values(file)
    try:
        return model.model_validate(values), lines
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = [part for part in first["loc"] if not str(part).startswith("function-")]
        line = lines[path[1]] if len(path) > 1 and isinstance(path[1], int) and lines else 1
        rule = _rule_at(values, path)
        words = f"{rule}{'.'.join(map(str, path))}: {first['msg'].lower()}"
        raise bad_pack(words, f"{file.parent.name}/{file.name}:{line}") from error


def _rule_at(values: Any, path: Sequence[Any]) -> str:  # noqa: ANN401 - a YAML document
    rules = values.get("rules") if isinstance(values, Mapping) else None
    if len(path) > 1 and isinstance(path[1], int) and isinstance(rules, list):
        entry = rules[path[1]]
        return f"{entry['id']}: " if isinstance(entry, Mapping) and "id" in entry else ""
    return ""


def _values(file: Path) -> tuple[Any, list[int]]:
    """Returns the document with its values as texts, and the line of each rule."""
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or str(error)
        raise bad_pack(
            f"it is not YAML: {reason}", f"{file.parent.name}/{file.name}{line}"
        ) from error
    if node is None:
        raise bad_pack("it is empty", f"{file.parent.name}/{file.name}")
    lines: list[int] = []
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        if key.value == "rules" and isinstance(value, yaml.SequenceNode):
            lines = [item.start_mark.line + 1 for item in value.value]
    return _plain(node), lines


def _plain(node: yaml.Node) -> Any:  # noqa: ANN401 - dicts, lists and texts
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value


def packs_digest(packs: Packs) -> str:
    """Returns one digest of all versions: a data version of the rules as a whole."""
    names = "\n".join(sorted(pack.version for pack in packs.packs))
    return hashlib.sha256(names.encode()).hexdigest()
