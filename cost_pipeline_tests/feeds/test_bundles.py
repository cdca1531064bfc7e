"""Bundles of a period: exported, signed, checked by strangers."""

from __future__ import annotations

import functools
import json
import shutil
from dataclasses import replace

import pytest

from cost_pipeline.core.errors import CheckFailedError, UsageError
from cost_pipeline.feeds.production.bundle import export
from cost_pipeline.feeds.production.signing import KEY_VARIABLE
from cost_pipeline_tests.feeds.proven import KEY, first_broken, flip, loaded, script, table, worked


@pytest.fixture(scope="module")
def posted(door, tmp_path_factory):
    """Not to be changed."""
    return worked(door, tmp_path_factory.mktemp("proof") / "home")


@pytest.fixture(scope="module")
def signed(door, tmp_path_factory):
    """The same, posted with a signing key. Not to be changed."""
    return worked(door, tmp_path_factory.mktemp("signed") / "home", {KEY_VARIABLE: KEY})


@pytest.fixture
def copied(door, posted, tmp_path):
    """A copy to change."""
    shutil.copytree(posted.root, tmp_path / "home")
    return door.House.existing(tmp_path / "home")


@pytest.fixture
def load_script(project_root):
    """One of the examples as a module."""
    return functools.partial(loaded, project_root)


def _exported(house, folder, environment=None, period="2026-04"):
    session = replace(house.session(), environment=environment or {})
    return export(session, period, folder)


def test_a_bundle_verifies_with_nothing_but_the_script(posted, project_root, tmp_path):
    found = _exported(posted, tmp_path / "bundle")
    assert (found.partitions, found.postings, found.public_key) == (2, 4, None)
    checked = script(project_root, "verify_bundle.py", tmp_path / "bundle", "--head", found.head)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "4 postings of 2 transaction dates, not signed" in checked.stdout
    assert script(
        project_root, "verify_bundle.py", tmp_path / "bundle", "--key", "ab" * 32
    ).stderr.startswith("NOT verified: signature.json: the bundle is not signed")


def test_a_signed_bundle_names_its_key_and_another_key_is_refused(
    door, signed, project_root, tmp_path
):
    found = _exported(signed, tmp_path / "bundle", {KEY_VARIABLE: KEY})
    arguments = ("verify_bundle.py", tmp_path / "bundle", "--key")
    assert script(project_root, *arguments, found.public_key).returncode == 0
    refused = script(project_root, *arguments, "ab" * 32)
    assert (refused.returncode, refused.stderr) == (
        1, "NOT verified: signature.json: it is signed by another key\n",
    )  # fmt: skip
    verified = door.verify_ledger(signed.session(), public_key=found.public_key)
    assert (verified.broken, verified.signed) == ((), 2)
    assert first_broken(door, signed, public_key="ab" * 32).first.group == "heads"


def test_a_signature_by_another_key_over_the_same_manifest_is_refused(
    signed, load_script, tmp_path
):
    script = load_script("verify_bundle.py")
    one = _exported(signed, tmp_path / "one", {KEY_VARIABLE: KEY})
    place = tmp_path / "one" / "signature.json"
    document = json.loads(place.read_text("utf-8"))
    script.verify(tmp_path / "one", key=one.public_key)
    for field in ("of", "signature"):
        place.write_text(json.dumps(document | {field: flip(document[field])}), "utf-8")
        with pytest.raises(script.TamperedError, match=r"signature\.json"):
            script.verify(tmp_path / "one", key=one.public_key)


def test_an_unusable_signing_key_is_told_before_anything_is_written(posted, tmp_path):
    for text in ("x", "11" * 31, "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"):
        with pytest.raises(UsageError) as refused:
            _exported(posted, tmp_path / "bundle", {KEY_VARIABLE: text})
        assert refused.value.code == "SIGNING_KEY"
        assert not (tmp_path / "bundle").exists()


def _tampered(lines, number, old, new):
    assert old in lines[number - 1]
    return [line.replace(old, new) if i == number else line for i, line in enumerate(lines, 1)]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda lines: _tampered(lines, 1, '.0000"', '.0001"'), "2026-04-01.jsonl, line 1"),
        (lambda lines: lines[1:], "2026-04-01.jsonl, line 1"),
        (lambda lines: [*lines, lines[-1]], "2026-04-01.jsonl, line 4"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "2026-04-01.jsonl, line 1"),
        (lambda lines: lines[:2], "2026-04-01.jsonl: its last batch is missing"),
        (lambda lines: [*lines[:2], lines[2][:-9] + "\n"], "2026-04-01.jsonl, line 3"),
    ],
)
def test_a_tampered_line_of_a_bundle_is_named(posted, load_script, tmp_path, change, where):
    script = load_script("verify_bundle.py")
    _exported(posted, tmp_path / "bundle")
    file = tmp_path / "bundle" / "postings" / "2026-04-01.jsonl"
    file.write_text("".join(change(file.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    with pytest.raises(script.TamperedError, match=where):
        script.verify(tmp_path / "bundle")


def test_a_tampered_manifest_parquet_file_or_stranger_in_a_bundle_is_named(
    posted, load_script, tmp_path
):
    script = load_script("verify_bundle.py")
    _exported(posted, tmp_path / "bundle")
    manifest = tmp_path / "bundle" / "manifest.json"
    text = manifest.read_text("utf-8")
    document = json.loads(text)

    def refused(words):
        with pytest.raises(script.TamperedError, match=words):
            script.verify(tmp_path / "bundle")
        manifest.write_text(text, "utf-8")

    document["totals"][0]["original"] = "1.00"
    manifest.write_text(json.dumps(document), "utf-8")
    refused("the totals are not those of the lines")
    document = json.loads(text)
    del document["partitions"][0]
    manifest.write_text(json.dumps(document), "utf-8")
    refused("2026-04-01 is missing")
    document = json.loads(text)
    document["of_partitions"].pop()
    manifest.write_text(json.dumps(document), "utf-8")
    refused("its partitions are not those of its head")
    parquet = tmp_path / "bundle" / "postings" / "2026-04-01.parquet"
    data = parquet.read_bytes()
    parquet.write_bytes(data[:-1] + b"x")
    refused("2026-04-01.parquet: it is not the file")
    parquet.unlink()
    refused("2026-04-01.parquet: the file is missing")
    parquet.write_bytes(data)
    (tmp_path / "bundle" / "more.txt").write_text("x", "utf-8")
    refused("more.txt: the file is not part of the bundle")


def test_a_broken_ledger_is_not_exported(door, copied, tmp_path):
    folder = table(copied, "ledger") / "transaction_date=2026-04-02"
    (file,) = folder.glob("*.parquet")
    door.change_parquet(file, "original_amount + 1 as original_amount")
    with pytest.raises(CheckFailedError) as refused:
        _exported(copied, tmp_path / "bundle")
    assert refused.value.code == "LEDGER_BROKEN"
    assert not (tmp_path / "bundle" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("period", "code"),
    [("2026-13", "WRONG_USE"), ("April", "WRONG_USE"), ("2020-01", "NO_SUCH_PERIOD")],
)
def test_a_period_that_is_none_or_empty_is_told(posted, tmp_path, period, code):
    with pytest.raises(UsageError) as refused:
        _exported(posted, tmp_path / "bundle", period=period)
    assert refused.value.code == code
