"""`make test` leaves out what is marked `proof` and nothing else; `make proof` runs all of that."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cost_pipeline_tests import costs

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "cost_pipeline_tests"
FILES = sorted(TESTS.rglob("*.py"))
PROFILE = "HYPOTHESIS_PROFILE"
MAY_BE_LONG = {"benchmarks", "chaos", "e2e", "feeds", "properties"}
"""The folders with tests that take long; those of all others always run."""
ADVANCES = ("-k", "--deselect", "--ignore", "--ignore-glob", "--lf", "-x", "--maxfail")
"""Options by which tests would be left out, or not be reached."""


def _nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def _is_mark(node: ast.AST) -> bool:
    """Whether it is `pytest.mark.proof`, on a test, a module or a case."""
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.proof"


def _recipe(target: str) -> str:
    """What `make` would run, a command a line."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (found,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    for name, value in re.findall(r"^(\w+) *[:?]= *(.*)$", text, re.MULTILINE):
        found = found.replace(f"$({name})", value)
    return found.replace("\\\n", " ")


def _selected(target: str) -> list[str]:
    """What each call of pytest in a recipe selects by markers."""
    calls = [shlex.split(line.lstrip("\t@")) for line in _recipe(target).splitlines()]
    return [call[1 + call.index("-m", call.index("pytest"))] for call in calls if "pytest" in call]


def test_only_some_folders_have_long_tests():
    having = {
        file.relative_to(TESTS).parts[0] for file in FILES if any(map(_is_mark, _nodes(file)))
    }
    assert having == MAY_BE_LONG


def test_no_test_is_there_or_not_by_the_profile_of_hypothesis():
    """Whoever reads the variable decides what runs; tests that take long are marked instead."""
    readers = {
        file.relative_to(TESTS).as_posix()
        for file in FILES
        if any(isinstance(node, ast.Constant) and node.value == PROFILE for node in _nodes(file))
    }
    assert readers == {"conftest.py", "architecture/test_tiers.py"}


def test_make_test_leaves_out_what_is_marked_and_nothing_else():
    assert [_selected(target) for target in ("test", "cover", "check")] == [[costs.TIER]] * 3
    for target in ("test", "cover", "check", "proof", "proof-once"):
        assert not [word for word in _recipe(target).split() if word in ADVANCES], target


def test_make_proof_runs_all_that_is_marked_and_all_that_is_generated():
    assert _selected("proof") == ["proof or hypothesis"]
    assert _selected("proof-once") == ["proof"]
    assert f"{PROFILE}=thorough" in _recipe("proof")
    for suite in ("chaos", "fuzz"):
        assert f"cost_pipeline_tests/{suite}/suite.py" in _recipe("proof")


def test_a_submission_is_shown_the_demo_and_both_tiers():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    called = [line.split()[1] for line in lines if line.startswith("make ")]
    assert called == ["demo", "proof-once", "check"]


def test_pytest_itself_leaves_nothing_out():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    chosen = settings["tool"]["pytest"]["ini_options"]
    assert chosen["testpaths"] == [TESTS.name]
    assert not {"-m", *ADVANCES} & set(chosen["addopts"])


def test_a_count_above_its_budget_is_said():
    within = dict(costs.BUDGET)
    assert costs.over(within) == []
    within["processes started"] += 1
    (words,) = costs.over(within)
    assert words.startswith(f"{within['processes started']:,} processes started")
