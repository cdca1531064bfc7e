"""A traceback without values: what raised, and where."""

import pytest

from cost_pipeline.core.frames import frames_of


class OurError(Exception):
    """What we raise about what we understood."""


def _fail():
    try:
        try:
            {}["s3cret"]
        except KeyError as error:
            raise ConnectionError("with s3cret") from error
    except ConnectionError as error:
        raise OurError("s3cret") from error


def test_causes_come_first_with_their_places_and_no_values():
    with pytest.raises(OurError) as caught:
        _fail()
    found = frames_of(caught.value, own=OurError)
    kinds = [line for line in found.splitlines() if not line.startswith(" ")]
    assert kinds == ["KeyError", "ConnectionError"]
    assert " in _fail" in found
    assert "s3cret" not in found


def test_an_error_that_nobody_else_raised_has_none():
    ours = OurError("no")
    ours.__cause__ = ours
    assert frames_of(ours, own=OurError) is None


def test_of_a_long_way_the_last_frames_are_told():
    def deeper(left):
        return 1 // left if left == 0 else deeper(left - 1)

    with pytest.raises(ZeroDivisionError) as caught:
        deeper(50)
    assert len(frames_of(caught.value, own=OurError).splitlines()) == 1 + 20
