"""Texts in Markdown are shown as they stand."""

import re
import string

import pytest

from cost_pipeline.core.markdown import code, escaped, link, table


@pytest.mark.parametrize(
    "text",
    [
        "a | b", "<script>x</script>", "[click](http://evil.example)", "http://evil.example",
        "**bold** `code` ~~gone~~", "![picture](x)", "&amp; \\| #1",
    ],
)  # fmt: skip
def test_no_punctuation_of_a_text_is_markup(text):
    marked = escaped(text)
    assert re.sub(r"\\(.)", r"\1", marked) == text
    assert not re.search(
        r"(?<!\\)[" + re.escape(string.punctuation) + "]", re.sub(r"\\.", "", marked)
    )


def test_a_text_is_one_line_and_reorders_nothing():
    assert escaped("a\nb\t c\u202e") == "a b c\\\\u202e"


def test_a_table_has_a_side_for_each_column():
    made = table(("file", "row"), [(link("a|b", "/x"), "1"), (code("ab12"), "2")], numbers=("row",))
    assert made.splitlines() == [
        "| file | row |",
        "| --- | --: |",
        r"| [a\|b](/x) | 1 |",
        "| `ab12` | 2 |",
    ]
