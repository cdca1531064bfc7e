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

WRITTEN: dict[str, tuple[str, ...]] = {
    "lake/tables.py": ('"amounts"', '"unreadable_amounts"', "`amounts`"),
    "parse/ep_ledger.py": ('"Amount"', "`Amount`"),
    "pipeline/dead_letters/checks.py": ("arg_max(amounts, sequence)",),
    "pipeline/dead_letters/correction_parts.py": ('"amounts"', '"unreadable_amounts"'),
    "pipeline/reports/deliveries.py": ("v.unreadable_amounts", 'row["unreadable_amounts"]'),
    "pipeline/validation/checkpoints.py": ('"amounts"',),
    "pipeline/validation/control.py": ('"unreadable_amounts"',),
    "pipeline/validation/deliveries.py": ('"amounts"', '"unreadable_amounts"'),
    "validate/shapes.py": ('AMOUNT = "amount"', "Kind.AMOUNT", "`amount 97%"),
    "validate/state.py": ('"amount_quanta"', '"unreadable_amounts"'),
}
"""Module to the names of columns and values that lakes and files hold: those cannot move."""


def words_in(text: str) -> set[str]:
    """The words of a business in a source text, in the singular."""
    found = _WORD.findall(_OTHER.sub("", text))
    return {word.lower().removesuffix("s") for word in found}


def texts_in_rooms() -> dict[str, str]:
    modules = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    assert len(modules) > 90  # or nothing was read
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in modules}


def test_modules_of_every_feed_know_the_words_of_none():
    found = {}
    for name, text in texts_in_rooms().items():
        for written in WRITTEN.get(name, ()):
            assert written in text, (name, written)
            text = text.replace(written, "")  # noqa: PLW2901 - what is left of it
        found[name] = words_in(text)
    assert {name: words for name, words in found.items() if words} == {}


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
