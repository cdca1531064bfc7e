from cost_pipeline.core.text import BLANKS


def test_blanks_are_what_python_strips():
    assert set(BLANKS) == {c for c in map(chr, range(0x110000)) if c.isspace()}
