"""Delivered bytes, the lake's marker, and what storage failures are called."""

from __future__ import annotations

import errno
import hashlib
import itertools
import stat

import pytest

from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError, UsageError
from cost_pipeline.lake.content import ContentStore
from cost_pipeline.lake.durable import clear_storage_errors, storage_failure
from cost_pipeline.lake.lake import open_lake


@pytest.fixture
def store(tmp_path):
    return ContentStore(tmp_path / "bytes")


def _file(store, data, name="incoming"):
    file = store.root.parent / name
    file.write_bytes(data)
    return file, hashlib.sha256(data).hexdigest()


def test_bytes_are_landed_verbatim_and_read_only(store):
    data = b"\xef\xbb\xbfid;\r\n\x00\xff"
    file, sha = _file(store, data)
    place = store.land(file, sha)
    assert place.read_bytes() == data
    assert stat.S_IMODE(place.stat().st_mode) == 0o444
    assert store.has(sha)
    assert store.open_path(sha) == place
    assert not file.exists()


def test_the_same_bytes_twice_are_one_file(store):
    first = store.land(*_file(store, b"x", "one"))
    before = first.stat()
    again, sha = _file(store, b"x", "two")
    assert store.land(again, sha) == first
    assert (first.stat().st_ino, first.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not again.exists()
    assert [f for f in store.root.rglob("*") if f.is_file()] == [first]


def test_bytes_with_another_hash_are_refused_and_not_landed(store):
    file, _ = _file(store, b"x")
    wrong = hashlib.sha256(b"y").hexdigest()
    with pytest.raises(CheckFailedError) as raised:
        store.land(file, wrong)
    assert raised.value.code == "LANDING_CHANGED"
    assert not store.has(wrong)


def test_missing_bytes_are_a_clear_error(store):
    with pytest.raises(EnvironmentFailedError, match="missing from the lake") as raised:
        store.open_path("a" * 64)
    assert raised.value.code == "BYTES_MISSING"


def test_a_new_lake_has_a_marker_and_opens_again(tmp_path):
    open_lake(str(tmp_path / "lake"))
    assert (tmp_path / "lake" / "lake.json").read_text(encoding="utf-8") == '{"format": 2}\n'
    assert open_lake(str(tmp_path / "lake")).root == tmp_path / "lake"


@pytest.mark.parametrize(
    ("content", "code", "kind"),
    [
        ('{"format": 3}', "LAKE_TOO_NEW", UsageError),
        ('{"format": 1}', "LAKE_TOO_OLD", UsageError),
        ('{"format": "x"}', "LAKE_TOO_NEW", UsageError),
        ("{}", "LAKE_DAMAGED", EnvironmentFailedError),
        ("[1]", "LAKE_DAMAGED", EnvironmentFailedError),
        ("not JSON", "LAKE_DAMAGED", EnvironmentFailedError),
    ],
)
def test_a_lake_of_another_format_is_refused_and_left_alone(tmp_path, content, code, kind):
    (tmp_path / "lake.json").write_text(content, encoding="utf-8")
    with pytest.raises(kind) as raised:
        open_lake(str(tmp_path))
    assert raised.value.code == code
    assert raised.value.where == str(tmp_path / "lake.json")
    assert [file.name for file in tmp_path.iterdir()] == ["lake.json"]


def test_a_lake_in_an_object_store_is_refused(tmp_path):
    with pytest.raises(UsageError) as raised:
        open_lake("s3://bucket/lake")
    assert raised.value.code == "LAKE_URI"
    assert list(tmp_path.iterdir()) == []


def _chain(*errors):
    for outer, inner in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "x"), "DISK_FULL"),
        (OSError(errno.EDQUOT, "x"), "DISK_FULL"),
        (Exception("Generic error: No space left on device (os error 28)"), "DISK_FULL"),
        (Exception("database or disk is full"), "DISK_FULL"),
        (OSError(errno.EROFS, "x"), "NOT_WRITABLE"),
        (PermissionError(errno.EACCES, "x"), "NOT_WRITABLE"),
        (Exception("Permission denied (os error 13)"), "NOT_WRITABLE"),
        (_chain(ValueError("a"), KeyError("b"), OSError(errno.ENOSPC, "x")), "DISK_FULL"),
        (_chain(ValueError("a"), UsageError("b", code="OURS")), "OURS"),
    ],
)
def test_a_storage_failure_has_one_name_whoever_reports_it(error, code):
    assert storage_failure(error, "here").code == code


def test_what_is_no_storage_failure_stays_what_it_is():
    assert storage_failure(ValueError("x"), "here") is None
    with pytest.raises(ValueError, match=r"^x$"), clear_storage_errors("here"):
        raise ValueError("x")


def test_a_circular_chain_of_causes_ends():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert storage_failure(first, "here") is None
    third = OSError(errno.ENOSPC, "x")
    second.__cause__, third.__cause__ = third, first
    assert storage_failure(first, "here").code == "DISK_FULL"


def test_a_failure_inside_the_block_becomes_its_clear_error():
    full = pytest.raises(EnvironmentFailedError, match="the disk is full")
    with full as raised, clear_storage_errors("/lake"):
        raise OSError(errno.ENOSPC, "x")
    assert raised.value.where == "/lake"
    assert isinstance(raised.value.__cause__, OSError)
