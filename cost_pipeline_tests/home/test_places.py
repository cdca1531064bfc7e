"""Where a home may lie: any path, but for those that the libraries beneath read as another one."""

from pathlib import Path

import pytest

from cost_pipeline.core.errors import UsageError
from cost_pipeline.home.layout import init_home
from cost_pipeline.home.places import refuse_unusable


@pytest.mark.parametrize(
    "name",
    ["a b", "100% done", "a#1", "a%(x)s", "Ünïted", "日本", "a=b", "a+b&c", "a'b", 'a"b', "{x}"],
)
def test_spaces_signs_and_letters_of_any_language_are_lawful(name):
    refuse_unusable(Path("/home") / name, "the home")


@pytest.mark.parametrize("name", ["a%20b", "a[1]", "a?b", "a*b", "a\\b", "a\nb", "caf\udce9"])
def test_what_would_be_read_as_another_place_is_refused_by_name(tmp_path, name):
    with pytest.raises(UsageError) as refused:
        init_home(tmp_path / name)
    assert refused.value.code == "PATH_UNUSABLE"
    refused.value.message.encode()
    refused.value.where.encode()
    assert list(tmp_path.iterdir()) == []
