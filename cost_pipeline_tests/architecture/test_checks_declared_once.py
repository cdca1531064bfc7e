"""A check is declared once: nothing but its declaration knows its name, and the docs know it."""

import ast
from pathlib import Path

from cost_pipeline.feeds.all import FEEDS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cost_pipeline"
# Texts of these names mean something else too: a command, a folder, a column, a fate.
OTHER_MEANINGS = {"accepted", "age", "corrections", "drift", "expected", "retyped", "schema"}
FAMILY = "union_"  # the checks of rule families are made by one function


def declared():
    return {check.name for feed in FEEDS for check in feed.checks}


def texts():
    """Every text in the product, with the modules that have it, and those named in a `Check`."""
    found: dict[str, list[str]] = {}
    named: dict[str, int] = {}
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, []).append(module.name)
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Check":
                for keyword in node.keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        named[keyword.value.value] = named.get(keyword.value.value, 0) + 1
    return found, named


def test_the_name_of_a_check_is_written_in_one_place():
    found, named = texts()
    names = {name for name in declared() if not name.startswith(FAMILY)}
    assert len(names) > 12  # or nothing was read
    assert {name: named.get(name) for name in names if named.get(name) != 1} == {}
    twice = {name: found[name] for name in names - OTHER_MEANINGS if len(found[name]) != 1}
    assert twice == {}


def test_the_handbook_says_of_every_check_what_to_do():
    text = (ROOT / "docs" / "dagster.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `")}
    families = {name for name in declared() if name.startswith(FAMILY)} - {"union_categories"}
    assert declared() - families - rows == set()
    assert f"{FAMILY}<family>" in rows
    assert len(families) > 10
