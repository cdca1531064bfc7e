"""SQL can be read: no value between quotes of its own, and no long statement in a function."""

import ast
from pathlib import Path

import pytest

from cost_pipeline_tests.architecture.sql import quoted, too_long, without_shape

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cost_pipeline"


@pytest.fixture(scope="module")
def modules():
    """Every module of the product: its path, its text and its syntax tree."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        found.append((path.relative_to(ROOT).as_posix(), source, ast.parse(source)))
    assert len(found) > 300  # or nothing was read
    return found


def test_no_value_is_quoted_by_hand(modules):
    found = [f"{name}:{line}" for name, _, tree in modules for line in quoted(tree)]
    assert found == [], "say it with cost_pipeline.core.sql: equals, one_of, literal..."


def test_no_long_statement_stands_in_a_function(modules):
    found = [f"{name}:{line}" for name, _, tree in modules for line in too_long(tree)]
    assert found == [], "make it a constant of the module, with its columns in a comment"


def test_long_statements_say_what_they_give(modules):
    found = [f"{name}:{n}" for name, source, tree in modules for n in without_shape(tree, source)]
    assert found == [], "say its columns in a comment above or a docstring below"


QUOTED = {
    "equality": """where = f"vendor = '{vendor}'" """,
    "a part of a longer condition": """where = f"{day} and vendor <> '{vendor.vendor}' and x" """,
    "a list": "from cost_pipeline.core.sql import equals\n"
    """listed = ", ".join(f"'{day}'" for day in days)""",
    "a list in a module that only has a statement": """sql = "select 1 from x"\n"""
    """listed = [f"'{day}'" for day in days]""",
    "a beginning": """scope = f"id like '{beginning}%'" """,
    "a call": """scope = f"starts_with(id, '{named}')" """,
    "a branch": '''sql = f"""case when x then '{One.TWO}' end"""''',
    "the other branch": '''sql = f"""case when x then 1 else '{STATE}' end"""''',
    "a bound of a list": """sql = f"x in ('a', '{other}')" """,
    "a list of SQL": """sql = f"reasons = ['{REASON}']" """,
    "a date": """sql = f"pull_date = date '{day}'" """,
    "joined": """sql = f"'{kind}' || x || '{kind}'" """,
    "a field of a template": """SQL = "select x from y where vendor = '{vendor}'" """,
    "a field of an old template": """SQL = "select x from y where vendor = '%s'" """,
    "added": """sql = "select x from y where z = " + "'" + z + "'" """,
    "inside a function": """def f(vendor):\n    return f"vendor = '{vendor}'" """,
}


@pytest.mark.parametrize("source", QUOTED.values(), ids=QUOTED)
def test_a_planted_value_is_found(source):
    assert quoted(ast.parse(source)) != []


UNQUOTED = {
    "a predicate": """where = f"{equals('vendor', vendor)} and x = 'fixed'" """,
    "a sentence": """message = f"there is no vendor '{vendor}' in the home" """,
    "a list of names in a sentence": """told = ", ".join(f"'{alias}'" for alias in aliases)""",
    "a name": """sql = f'select "{name}" from x' """,
    "a pattern": r"""SQL = "select regexp_matches(x, '^a{2}$') from y" """,
}


@pytest.mark.parametrize("source", UNQUOTED.values(), ids=UNQUOTED)
def test_what_is_no_quoted_value_is_left_alone(source):
    assert quoted(ast.parse(source)) == []


def _statement(lines, prefix=""):
    return f'{prefix}"""\nselect x\n' + "and y\n" * (lines - 4) + 'from z {a}\n"""'


def test_planted_long_statements_are_found():
    for prefix in ("", "f"):
        long, short = (f"def f():\n    return {_statement(n, prefix)}" for n in (11, 10))
        assert too_long(ast.parse(long)) == [2]
        assert too_long(ast.parse(short)) == []
    method = f"class A:\n    def f(self):\n        x = query({_statement(20)})"
    assert too_long(ast.parse(method)) == [3]
    prose = 'def f():\n    """' + "Select from.\n" * 20 + '"""'
    assert too_long(ast.parse(prose)) == []


def test_planted_statements_without_shape_are_found():
    bare = f"import x\n_SQL = {_statement(11)}\n"
    assert without_shape(ast.parse(bare), bare) == [2]
    for told in (f"# Columns: x.\n_SQL = {_statement(11)}\n", f'{bare}"""SQL of x."""\n'):
        assert without_shape(ast.parse(told), told) == []
