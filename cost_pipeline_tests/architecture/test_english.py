"""The package's own texts are sentences that a stranger can read.

A machine holds little of that: how the docstring of a function begins, and fragments that people
stopped at once. `HELD` names every room. Whether a sentence is understood is for its reader to say.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "cost_pipeline"
HELD = (
    "acquire",
    "commands",
    "contracts",
    "core",
    "defs",
    "dispatch",
    "feeds",
    "fx",
    "home",
    "lake",
    "ledger",
    "notebook",
    "parse",
    "pipeline",
    "quarantine",
    "rules",
    "simulator",
    "standing",
    "validate",
)
BESIDE = "the modules beside the rooms"
PAGES = sorted(
    [ROOT / "CONTEXT.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")],
)
NO_VERBS = {
    *("always", "amounts", "as", "bytes", "cards", "cells", "codes", "columns", "currencies"),
    *("dates", "days", "deliveries", "events", "fields", "files", "hashes", "hours", "ids", "is"),
    *("its", "keys", "letters", "lines", "minutes", "names", "nobodys", "numbers", "pairs"),
    *("places", "postings", "problems", "rates", "reasons", "records", "rows", "rules", "sums"),
    *("texts", "this", "times", "totals", "units", "values", "vendors", "was", "weeks", "words"),
}
"""Words that end like a verb in the third person and are none at the head of a sentence here."""
FRAGMENTS = {
    r"how-manieth": "say `number`, `version` or `ordinal`",
    r"filtered by nothing": "say what it does not filter",
    r"whenever it is asked": "say who asks, and what for",
    r"prints as nothing": "say what is printed",
    r"None` if (they|it) do(es)?\b": "repeat the verb",
    r"\bdelivery of before\b": "say `an earlier delivery`",
    r"^\s*\"\"\"Of (each|the|a|an|one|this|these)\b": "name the thing, then its owner",
    r"^\s+\w+: Of (a|an|the|each|which|what|whom|those|how)\b": "say what it is, not whose",
}


def _is_command(node: ast.AST) -> bool:
    """Whether the docstring is the help of a command, which is an order: `List the vendors.`"""
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
    return any(re.search(r"\.(command|group)\b", each) for each in decorators)


def _is_property(node: ast.AST) -> bool:
    """Whether it is read like a field, so that its docstring is a noun phrase."""
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
    return any(each.endswith("property") for each in decorators)


def _begins_with_a_verb(docstring: str) -> bool:
    first = re.match(r"[A-Za-z]+", docstring)
    if first is None:
        return False
    word = first.group()
    return word == "Whether" or (word.endswith("s") and word.lower() not in NO_VERBS)


def stumbles(source: str) -> Iterator[tuple[int, str]]:
    """Yields the line and the fault of each docstring and fragment of a module."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if docstring is None or _is_command(node) or _is_property(node):
            continue
        first = docstring.split("\n", 1)[0]
        if not _begins_with_a_verb(docstring):
            yield node.lineno, f"`{node.name}` begins with no verb, nor with Whether: {first}"
        elif (
            docstring.startswith("Returns ")
            and node.returns
            and ast.unparse(node.returns) == "None"
        ):
            yield node.lineno, f"`{node.name}` returns nothing, and says that it does: {first}"
    yield from fragments(source)


def fragments(text: str) -> Iterator[tuple[int, str]]:
    """Yields the line of each fragment that people stopped at, and what to write instead."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, remedy in FRAGMENTS.items():
            if found := re.search(pattern, line):
                yield number, f"`{found.group().strip()}`: {remedy}"


@pytest.mark.parametrize("room", [*HELD, BESIDE])
def test_docstrings_begin_with_a_verb_and_no_fragment_is_left(room: str):
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {fault}"
        for file in sorted(PACKAGE.glob(f"{room}/**/*.py" if room != BESIDE else "*.py"))
        for line, fault in stumbles(file.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_a_fragment(page: Path):
    assert not list(fragments(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("folder", ["benchmarks", "cost_pipeline", "cost_pipeline_tests", "docs"])
def test_no_conflict_of_a_merge_is_left(folder: str):
    """A marker inside a docstring compiles, and was committed and merged twice."""
    marker = re.compile(r"^\s*(<{7}|>{7}) ", re.MULTILINE)
    files = [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.md"), *ROOT.glob("*.md")]
    assert not [str(f) for f in files if marker.search(f.read_text(encoding="utf-8"))]
    assert marker.search("    " + "<" * 7 + " HEAD")


def test_every_room_is_held():
    """So is a room that is new, or has a new name."""
    assert {file.parts[0] for file in _in_rooms()} == {*HELD}


def _in_rooms() -> list[Path]:
    files = (file.relative_to(PACKAGE) for file in PACKAGE.rglob("*.py"))
    return [file for file in files if len(file.parts) > 1]


@pytest.mark.parametrize(
    "docstring",
    [
        "The rows that stand.",
        "Of each row the ordinal of the row that it answers.",
        "Return the rows.",
        "What is looked at.",
        "Rows that stand.",
        "`a` or `b`.",
        "Judge the rows and commit them.",
    ],
)
def test_a_docstring_without_its_verb_is_found(docstring: str):
    assert list(stumbles(f'def f() -> int:\n    """{docstring}"""\n'))


def test_returning_nothing_is_found():
    assert list(stumbles('def f() -> None:\n    """Returns the line in bold."""\n'))
    assert not list(stumbles('def f() -> None:\n    """Writes the line in bold."""\n'))


@pytest.mark.parametrize(
    "source",
    [
        'def f() -> int:\n    """Returns the rows that stand."""\n',
        'def f() -> bool:\n    """Whether the row stands."""\n',
        'class A:\n    @property\n    def f(self) -> int:\n        """The number of rows."""\n',
        '@group.command("list")\ndef f() -> None:\n    """List the rows."""\n',
        "def f() -> int:\n    return 1\n",
    ],
)
def test_a_docstring_with_its_verb_is_not_found(source: str):
    assert not list(stumbles(source))


@pytest.mark.parametrize(
    "line",
    [
        '"""Of the dates on which there is one."""',
        "        name: Of the table.",
        "# the how-manieth version",
        "pruned by `where` and filtered by nothing",
        "the day with a delivery of before",
    ],
)
def test_a_planted_fragment_is_found(line: str):
    assert list(fragments(line))
