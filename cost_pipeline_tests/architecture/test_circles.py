import ast
from pathlib import Path

import pytest

from cost_pipeline_tests.architecture.circles import circles, graph

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cost_pipeline"


def _name(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def product():
    """The syntax tree of every module of the product."""
    return {
        _name(module): ast.parse(module.read_text(encoding="utf-8"))
        for module in sorted(PACKAGE.rglob("*.py"))
    }


def test_no_module_is_imported_by_what_it_imports(product):
    imports = graph(product)
    assert sum(map(len, imports.values())) > 1_000  # or nothing was read
    assert circles(imports) == []


PLANTED = {
    "at the top": "from cost_pipeline.contracts.cost import CostRecord",
    "for types only": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from cost_pipeline.contracts.cost import CostRecord"
    ),
    "in a function": "def f():\n    from cost_pipeline.contracts import cost",
    "by its whole name": "import cost_pipeline.contracts.cost",
}


@pytest.mark.parametrize("source", PLANTED.values(), ids=PLANTED)
def test_a_planted_circle_is_found(product, source):
    rules = "cost_pipeline.contracts.cost_rules"
    tree = ast.Module([*product[rules].body, *ast.parse(source).body], [])
    assert circles(graph({**product, rules: tree})) == [["cost_pipeline.contracts.cost", rules]]


def test_a_circle_of_three_is_one_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
