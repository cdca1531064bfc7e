"""No module that serves every feed knows the words of one of them.

A name, a text, a comment: whoever reads `amount` in a room of all feeds reads of costs there.
"""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "cost_pipeline"
ROOMS = (
    "defs", "pipeline", "standing", "validate", "lake", "parse", "acquire", "quarantine",
    "dispatch",
)  # fmt: skip
WORDS = ("production", "amount", "gl_code", "union", "fx")
_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(WORDS)})s?(?![a-z])", re.IGNORECASE)
# What is no word of a business: the union of sets, in SQL and in Python, and the settings file that
# homes have always had.
_OTHER = re.compile(
    r"\bunion(?= all\b| by name\b|_by_name\b|\n)|\.union(?=\()|\bproductions\.yaml\b",
    re.IGNORECASE,
)

STILL_TO_MOVE: dict[str, set[str]] = {
    "lake/tables.py": {"amount"},
    "parse/ep_ledger.py": {"amount"},
    "parse/json_items.py": {"amount"},
    "parse/parquet.py": {"amount"},
    "pipeline/dead_letters/checks.py": {"amount"},
    "pipeline/dead_letters/correction_parts.py": {"amount"},
    "pipeline/dead_letters/sorting.py": {"amount"},
    "pipeline/dead_letters/letters.py": {"amount"},
    "pipeline/dead_letters/sheet.py": {"amount"},
    "pipeline/reports/deliveries.py": {"amount"},
    "pipeline/validation/checkpoints.py": {"amount"},
    "pipeline/validation/control.py": {"amount"},
    "pipeline/validation/deliveries.py": {"amount"},
    "validate/amounts.py": {"amount"},
    "validate/cells.py": {"amount"},
    "validate/column_lane.py": {"amount"},
    "validate/conflicts.py": {"amount"},
    "validate/dates.py": {"production"},
    "validate/declared.py": {"amount", "production"},
    "validate/drift.py": {"amount"},
    "validate/interpreter.py": {"amount", "production"},
    "validate/model_lane.py": {"amount"},
    "validate/reading.py": {"amount"},
    "validate/shapes.py": {"amount"},
    "validate/sides.py": {"amount"},
    "validate/state.py": {"amount"},
}
"""Module to the words that it still has; this may only shrink."""


def words_in(text: str) -> set[str]:
    """The words of a business in a source text, in the singular."""
    found = _WORD.findall(_OTHER.sub("", text))
    return {word.lower().removesuffix("s") for word in found}


def found_in_rooms() -> dict[str, set[str]]:
    modules = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    assert len(modules) > 90  # or nothing was read
    texts = {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in modules}
    return {name: words for name, text in texts.items() if (words := words_in(text))}


def test_modules_of_every_feed_know_the_words_of_none():
    found = found_in_rooms()
    new = {name: words - STILL_TO_MOVE.get(name, set()) for name, words in found.items()}
    assert {name: words for name, words in new.items() if words} == {}


def test_what_has_moved_is_not_listed_any_more():
    found = found_in_rooms()
    gone = {name: words - found.get(name, set()) for name, words in STILL_TO_MOVE.items()}
    assert {name: words for name, words in gone.items() if words} == {}


def test_the_rooms_of_dagster_know_no_feed():
    assert not [name for name in STILL_TO_MOVE if name.startswith("defs/")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sum(amount)", {"amount"}),
        ("base_amounts = 1", {"amount"}),
        ("class ProductionFeed: ...", set()),  # a name of its own is no word
        ("vendor.production", {"production"}),
        ("select 1 union all select 2", set()),
        ("select 1\nunion\nselect 2", set()),
        ("the union rules", {"union"}),
        ("FX_SNAPSHOTS, GL_CODE", {"fx", "gl_code"}),
        ("see productions.yaml", set()),
        ("set().union(other)", set()),
        ("union_by_name=true", set()),
        ("amounting to", set()),
    ],
)
def test_a_planted_word_is_found(text, words):
    assert words_in(text) == words
