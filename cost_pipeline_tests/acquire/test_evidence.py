"""What failed is kept for people, unless it repeats a secret."""

import pytest

from cost_pipeline.acquire.evidence import without_secrets
from cost_pipeline.acquire.outcome import FetchFailure
from cost_pipeline.acquire.scratch import Scratch
from cost_pipeline.core.reasons import Reason

BLOCK = 1 << 20


@pytest.mark.parametrize(
    ("before", "secrets", "kept"),
    [
        (0, [b"hush"], False),
        (BLOCK - 2, [b"hush"], False),  # over the border of two reads
        (2 * BLOCK, [b"hush", b"longer than that"], False),
        (BLOCK - 2, [b"hash", b"hushh"], True),
        (10, [], True),
    ],
)
def test_what_was_received_is_removed_where_it_holds_a_secret(tmp_path, before, secrets, kept):
    scratch = Scratch(tmp_path)
    spool = scratch.open()
    spool.write(b"x" * before + b"hush, hush")
    received = scratch.evidence(spool, wanted=True)
    failure = FetchFailure("http://v", Reason.FETCH_FAILED, "no", transient=True, received=received)
    found = without_secrets(failure, secrets, scratch)
    assert (found.received is not None, received.exists()) == (kept, kept)
    assert found.message.startswith("no")
    assert ("was not kept" in found.message) is not kept
    scratch.close()
    assert not received.exists()
