import importlib.util
import sys
from pathlib import Path

import pytest

# Test folders are not packages, so a helper module is loaded by its path.
_spec = importlib.util.spec_from_file_location("layers", Path(__file__).with_name("layers.py"))
assert _spec is not None
assert _spec.loader is not None
layers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(layers)

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names)
PACKAGE = Path(__file__).resolve().parents[2] / "cost_pipeline"
MODULES = sorted(m for m in PACKAGE.rglob("*.py") if m != PACKAGE / "__init__.py")


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_point_one_way(module):
    room = layers.room_of(module, PACKAGE)
    assert room in layers.ALLOWED, f"{room} is a new room: give it its place in ALLOWED"
    assert layers.violations(room, module.read_text(encoding="utf-8"), STANDARD_LIBRARY) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_private_modules_of_dagster_are_imported_in_one_place(module):
    assert layers.borrowed(module, PACKAGE, module.read_text(encoding="utf-8")) == []


def test_a_planted_private_import_is_found():
    source = "def f():\n    from dagster._core.events import DagsterEventType"
    assert len(layers.borrowed(PACKAGE / "defs" / "run.py", PACKAGE, source)) == 1
    assert layers.borrowed(PACKAGE / layers.BORROWS, PACKAGE, source) == []


PLANTED = {
    "a kernel that knows storage": ("ledger", "from cost_pipeline.lake import lake"),
    "two kernels side by side": ("ledger", "from cost_pipeline.fx.convert import convert"),
    "a hidden import": ("fx", "def f():\n    import cost_pipeline.lake.delta"),
    "an import for types only": (
        "core",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cost_pipeline.defs import x",
    ),
    "a room from the package": ("parse", "from cost_pipeline import feeds"),
    "dagster outside defs": ("feeds", "import dagster as dg"),
    "a part of dagster outside defs": ("lake", "from dagster._core import events"),
    "a library in core": ("core", "import pyarrow"),
    "a relative import": ("validate", "from ..lake import lake"),
    "delta outside the lake": ("feeds", "from deltalake import DeltaTable"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(name):
    room, source = PLANTED[name]
    assert len(layers.violations(room, source, STANDARD_LIBRARY)) == 1


def test_a_lawful_import_passes():
    source = "import json\nfrom cost_pipeline.core.errors import UsageError\nimport pyarrow"
    assert layers.violations("ledger", source, STANDARD_LIBRARY) == []


def test_no_file_is_too_long_to_read_in_one_sitting():
    tests = PACKAGE.parent / "cost_pipeline_tests"
    long = {
        str(path.relative_to(PACKAGE.parent)): count
        for path in [*PACKAGE.rglob("*.py"), *tests.rglob("*.py")]
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


REASONS_OF_COSTS = f"{layers.PACKAGE}.contracts.cost_reasons"
KNOW_COSTS = {
    "contracts/card_fields.py", "contracts/card_texts.py", "contracts/charts.py",
    "contracts/cost.py", "contracts/cost_fields.py", "contracts/gross.py",
    "contracts/cost_rules.py", "contracts/tax_ids.py",
    "contracts/tax_schemes.py", "contracts/timecard.py",
    "fx/rates.py", "ledger/credits.py", "ledger/desired.py",
}  # fmt: skip


def test_reason_codes_of_costs_are_imported_by_the_production_feed_alone():
    importers = {
        module.relative_to(PACKAGE).as_posix()
        for module in MODULES
        for _, name in layers.imports(module.read_text(encoding="utf-8"))
        if name == REASONS_OF_COSTS
    }
    assert {one for one in importers if not one.startswith("feeds/production/")} == KNOW_COSTS
