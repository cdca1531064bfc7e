"""The page about feeds shows the sample feed as it is."""

import re


def test_each_piece_of_the_page_stands_in_the_sample_feed(project_root):
    page = (project_root / "docs" / "a-new-feed.md").read_text(encoding="utf-8")
    sample = project_root / "cost_pipeline_tests" / "feeds_sample" / "meters.py"
    text = sample.read_text(encoding="utf-8")
    pieces = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(pieces) == 4
    for piece in pieces:
        assert piece in text


def test_what_the_page_names_is_there(project_root):
    page = (project_root / "docs" / "a-new-feed.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:cost_pipeline|cost_pipeline_tests|pipeline)/[\w/.]+)`", page):
        places = [project_root / name, project_root / "cost_pipeline" / name]
        assert any(place.exists() for place in places), name
