"""The files in an archive: each with its bytes, or the whole archive refused with why."""

import contextlib
import gzip
import io
import os
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.parse import Limits, RefusedArchiveError, each_member

FILES = {"a.csv": b"id\n1\n", "deep/b.csv": b"id\n2\n" * 50_000, "empty.csv": b""}


def zipped(files, **how):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return held.getvalue()


def tarred(files, mode="w", kind=tarfile.REGTYPE, form=tarfile.PAX_FORMAT):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode, format=form) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(data), kind
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def packed(files):
    return tarred(files, "w:gz")


WRITTEN = pytest.mark.parametrize(
    ("kind", "write"), [("zip", zipped), ("tar", tarred), ("tar", packed)]
)


@pytest.fixture(scope="session")
def read(tmp_path_factory):
    place = tmp_path_factory.mktemp("members") / "delivery"

    def reading(data, kind, **limits):
        place.write_bytes(data)
        members = each_member(place, kind, Limits(**limits))
        return {name: b"".join(pieces) for name, pieces in members}

    return reading


def refusal(read, data, kind, **limits):
    with pytest.raises(RefusedArchiveError) as raised:
        read(data, kind, **limits)
    return str(raised.value)


@WRITTEN
def test_every_member_has_its_bytes(read, kind, write):
    assert read(write(FILES.items()), kind) == FILES


@WRITTEN
def test_folders_are_no_members(read, kind, write):
    if kind == "zip":
        data = write([("deep/", b""), ("deep/a.csv", b"x")])
    else:
        held = io.BytesIO()
        with tarfile.open(fileobj=held, mode="w") as archive:
            folder = tarfile.TarInfo("deep")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            member = tarfile.TarInfo("deep/a.csv")
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
        data = held.getvalue()
    assert read(data, kind) == {"deep/a.csv": b"x"}


@WRITTEN
@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "x/../../a.csv", "C:\\a.csv"])
def test_paths_that_lead_out_are_refused(read, kind, write, name):
    message = refusal(read, write([("good.csv", b"1"), (name, b"2")]), kind)
    assert "leads out of it" in message
    assert message.endswith("ask for the archive again")


@WRITTEN
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(read, kind, write):
    message = refusal(read, write([("a.csv", b"1"), ("a.csv", b"2")]), kind)
    assert "two members of one name: 'a.csv'" in message


@WRITTEN
def test_a_bomb_is_refused_before_it_goes_off(read, kind, write):
    data = write([("a.csv", b"\0" * 2_000_000)])
    assert "bomb" in refusal(read, data, kind, free_bytes=1000, unpacked_bytes=1_000_000)


@WRITTEN
@pytest.mark.parametrize("part", [0.2, 0.6, 0.95])
def test_a_cut_archive_is_refused(read, kind, write, part):
    data = write([("a.csv", os.urandom(50_000)), ("b.csv", os.urandom(50_000))])
    assert "damaged" in refusal(read, data[: int(len(data) * part)], kind)


def test_a_damaged_member_is_named(read):
    data = bytearray(zipped([("a.csv", b"good"), ("b.csv", bytes(range(256)) * 20)]))
    data[data.index(b"b.csv") + 40] ^= 1
    assert "b.csv is damaged" in refusal(read, bytes(data), "zip")


def test_an_encrypted_member_is_named(read):
    data = bytearray(zipped([("a.csv", b"good")]))
    data[6] |= 1  # in the member's own header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    message = refusal(read, bytes(data), "zip")
    assert "'a.csv' is encrypted; it must be delivered without a password" in message


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_file_is_refused(read, kind):
    assert "is a link or a device" in refusal(read, tarred([("a.csv", b"")], kind=kind), "tar")


def test_a_header_of_a_tar_is_never_read_whole_if_it_is_long(read):
    long = tarred([("n" * 3_000_000, b"1")], "w:gz", form=tarfile.GNU_FORMAT)
    assert "damaged" in refusal(read, long, "tar")


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("data", [b"", b"id,amount\n1,2\n", gzip.compress(b"id\n1\n" * 900)])
def test_another_file_is_no_archive(read, kind, data):
    if kind == "tar" and not data:
        pytest.skip("an empty file is an empty tar, which brings nothing")
    assert "damaged" in refusal(read, data, kind)


@given(st.binary(max_size=400), st.integers(0, 2000), st.booleans())
def test_damage_is_told_and_never_a_crash(read, noise, at, as_tar):
    data = (tarred if as_tar else zipped)(list(FILES.items())[:1])
    spoilt = data[:at] + noise + data[at + len(noise) :]
    with contextlib.suppress(RefusedArchiveError):
        read(spoilt, "tar" if as_tar else "zip")
