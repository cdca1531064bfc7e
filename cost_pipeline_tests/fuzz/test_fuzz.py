"""A part of `make fuzz` that needs no fuzzer: lawful deliveries, bent by hypothesis."""

import importlib.util
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cost_pipeline.core.errors import CostPipelineError

_spec = importlib.util.spec_from_file_location("targets", Path(__file__).with_name("targets.py"))
assert _spec is not None
assert _spec.loader is not None
targets = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = targets
_spec.loader.exec_module(targets)

SPICES = (
    b"\0", b'"', b"\r", b"\n", b"=1+1", b"\x1d", b"\xff\xfe", b"\xef\xbb\xbf", b"1e999", b"NaN",
    b"'; drop table records; --", b"${HOME}", b"!!python/object:os.system", b"<!ENTITY a 'b'>",
    b"../../x", b"{{7*7}}", "\uff11\uff12".encode(), "\u202e".encode(), b"9" * 45,
)  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 8),
        st.one_of(st.sampled_from(SPICES), st.binary(max_size=4)),
    ),
    min_size=1,
    max_size=5,
)


def bent(data: bytes, edits) -> bytes:
    """The bytes with some places overwritten, cut or grown."""
    for share, taken, put in edits:
        at = int(share * len(data))
        data = data[:at] + put + data[at + taken :]
    return data


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_lawful_delivery_has_rows(name):
    target = targets.TARGETS[name]
    assert target.judge(target.seeds[0])


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_bent_delivery_is_refused_or_every_row_is_accounted_for(name):
    target = targets.TARGETS[name]

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=10_000)
    @given(st.sampled_from(target.seeds), EDITS)
    def check(seed, edits):
        with suppress(CostPipelineError):
            target.judge(bent(seed, edits))

    check()
