"""What a vendor wrote reaches no screen as a command, and reorders nothing."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.commands.common import plain, print_error, print_json
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.text import for_html, printable, printable_json

NASTY = "a\x1b[31m\u202egnp.exe\u2066\x07\x9b0m\u200bb\n"
SHOWN = r"a\x1b[31m\u202egnp.exe\u2066\x07\x9b0m\u200bb\n"
BAD = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def test_what_a_terminal_would_obey_is_written_out():
    assert printable(NASTY) == SHOWN
    assert printable("Café\xa0Zoë\u3000茶 🎬") == "Café\xa0Zoë\u3000茶 🎬"
    assert printable("a\nb\tc", keep="\n") == "a\nb\\tc"
    assert for_html("<b>\u202e\n") == "&lt;b&gt;\\u202e\n"


@given(st.text())
def test_nothing_else_gets_through_and_json_says_the_same(text):
    assert not BAD.search(printable(text))
    document = json.dumps({text: text}, ensure_ascii=False)
    safe = printable_json(document)
    assert not BAD.search(safe.replace("\n", ""))
    assert json.loads(safe) == {text: text}


@pytest.mark.parametrize("as_json", [True, False])
def test_every_way_to_the_screen_uses_it(capsys, as_json):
    assert plain(NASTY, (NASTY, "red")).plain == SHOWN * 2
    print_error(UsageError(NASTY, where=NASTY, remedy=NASTY), as_json=as_json)
    print_json({"name": NASTY})
    out, err = capsys.readouterr()
    assert not BAD.search((out + err).replace("\n", ""))
    assert json.loads(out) == {"name": NASTY}
