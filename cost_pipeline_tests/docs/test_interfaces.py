"""docs/interfaces.md says what the program does: every key, command, option, code and field."""

import ast
import json
import re
from collections.abc import Iterator
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from cost_pipeline.cli import main
from cost_pipeline.contracts.cost_vendor import CostVendor, RecordKind
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.sources import Auth, OAuth2
from cost_pipeline.contracts.vendor import FormatKind
from cost_pipeline.core import errors
from cost_pipeline.feeds.all import every_reason
from cost_pipeline.feeds.production.kinds import KINDS


@pytest.fixture(scope="module")
def page(project_root) -> str:
    return (project_root / "docs" / "interfaces.md").read_text(encoding="utf-8")


def _commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        if command.invoke_without_command and name:
            yield name, command
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None, inner
            yield from _commands(found, f"{name} {inner}".strip())
    else:
        yield name, command


COMMANDS = dict(_commands(main))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_exactly_its_options(name, page):
    (row,) = [
        line
        for line in page.splitlines()
        if re.match(rf"\| `{re.escape(name)}( [A-Z_:]+)*` ", line)
    ]
    documented = set(re.findall(r"--[a-z][a-z-]*", row.split("|")[2]))
    options = {
        option
        for parameter in COMMANDS[name].params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }
    assert documented == options
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert (parameter.metavar or f"{parameter.name}".upper()) in row


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_says_in_its_help_what_it_does(name):
    command = COMMANDS[name]
    assert command.help
    if " " in name:  # the others have their words in cost_pipeline/cli.py
        assert not command.get_short_help_str(60).endswith("..."), "give it a short_help"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_every_reason_code_is_documented_in_the_words_of_the_reference_data(page):
    wanted = [
        f"| `{code}` | {text.failure_class} | {text.words} | {text.cause} | {text.remedy} |"
        for code, text in every_reason().items()
    ]
    lines = page.splitlines()
    start = lines.index(wanted[0])
    assert lines[start : start + len(wanted)] == wanted
    assert not any(line.startswith("|") for line in lines[start + len(wanted) :])


def _keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for own, field in model.model_fields.items():
        name = field.alias or own
        inner = [one for one in _models(field.annotation) if one is not model]
        if not inner:
            yield f"{path}{name}"
        for one in inner:
            mapping = "*." if name in {"productions", "fx_sources", "fx_fetch"} else ""
            yield from _keys(one, f"{path}{name}.{mapping}")


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


@pytest.mark.parametrize("key", sorted({*_keys(CostVendor), *_keys(Productions)}))
def test_every_key_of_the_files_is_documented(key, page):
    # Sections have tables of their own, headed by the section's name.
    sections = (
        "source.",
        "format.",
        "numbers.",
        "key.",
        "fx_fetch.*.source.",
        "fx_fetch.*.history.",
    )
    shortened = [key, *(key.removeprefix(prefix) for prefix in sections)]
    # Without the examples, whose fences are ticks too.
    found = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))
    in_short_form = key in {"key.columns", "key.ordinal", "key.else"}
    assert any(name in found for name in shortened) or in_short_form, key


def test_every_name_that_a_key_may_have_is_documented(page):
    kinds = (get_args(one.model_fields["kind"].annotation) for one in (Auth, OAuth2))
    auth = [kind for of_one in kinds for kind in of_one]
    for name in (*RecordKind, *FormatKind, *auth):
        assert f"`{name}`" in page
    for contract in [kind.contract for kind in KINDS.values()]:
        for name in contract.model_fields.keys() - {"vendor", "production"}:
            assert f"`{name}`" in page, name


def test_every_error_code_is_documented_under_its_exit_code(page, project_root):
    classes = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.CostPipelineError)
    }
    wanted: dict[int, set[str]] = {}
    for name in ("CheckFailedError", "UsageError", "EnvironmentFailedError"):
        wanted.setdefault(classes[name].exit_code, set()).add(classes[name].default_code)
    for module in (project_root / "cost_pipeline").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in classes:
                wanted[classes[node.func.id].exit_code] |= {
                    constant.value
                    for keyword in node.keywords
                    if keyword.arg == "code"
                    for constant in ast.walk(keyword.value)
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
                }
    rows = re.findall(r"^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) \| ([123]) \|$", page, re.MULTILINE)
    documented = {int(code): set(re.findall(r"[A-Z_]+", names)) for names, code in rows}
    assert documented == wanted


def test_every_sample_of_json_is_json(page):
    samples = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert len(samples) == 39
    for sample in samples:
        json.loads(sample)
