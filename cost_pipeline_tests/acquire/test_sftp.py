"""SFTP against a real loopback server: known hosts, complete files, nothing touched there."""

import gzip
import hashlib
import io
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.contracts.sources import SftpSource
from cost_pipeline.core.logs import logged
from cost_pipeline.core.reasons import Reason

asyncssh = pytest.importorskip("asyncssh", reason="the extra `sftp` is not installed")

from cost_pipeline_tests.acquire.sftp_drop import SECRET, names  # noqa: E402  (needs the extra)


def test_a_file_is_fetched_byte_for_byte_and_is_still_there(drop):
    content = bytes(range(256)) * 5000
    drop.put("a.csv", content)
    (fetched,) = drop.pull().fetched
    assert fetched.path.read_bytes() == content
    assert fetched.sha256 == hashlib.sha256(content).hexdigest()
    assert fetched.uri == f"sftp://127.0.0.1:{drop.portal.port}/a.csv"
    assert (drop.root / "a.csv").read_bytes() == content


def test_patterns_and_dates_choose_the_files(drop):
    for name in ("2026-04-01.csv", "2026-04-02.csv", ".hidden", "2026-04-01.csv.part", "x.txt"):
        drop.put(name, name.encode())
    (drop.root / "archive").mkdir()
    assert names(drop.pull(files="{pull_date:%Y-%m-%d}.csv").fetched) == ["2026-04-01.csv"]
    assert names(drop.pull(files="*.csv").fetched) == ["2026-04-01.csv", "2026-04-02.csv"]
    assert len(drop.pull(files="*").fetched) == 3


def test_a_changed_host_key_is_refused_before_the_password_is_sent(drop):
    drop.put("a.csv")
    drop.faults = ({"fault": "host_key"},)
    pulled = drop.pull()
    (failure,) = pulled.failures
    assert "another host key" in failure.message
    assert failure.reason is Reason.FETCH_FAILED
    assert (failure.transient, failure.attempts) == (False, 1)
    assert pulled.fetched == ()


def test_an_unknown_server_and_a_missing_file_of_hosts_say_what_to_do(drop):
    drop.known = ""
    assert "has no key for 127.0.0.1" in drop.pull().failures[0].message
    (failure,) = drop.pull(known_hosts="nowhere").failures
    assert "put the server's public key there" in failure.message
    assert not failure.transient


def test_a_wrong_password_is_permanent_and_not_shown(drop):
    drop.bench.environment |= {SECRET: "s3cret-but-wrong"}
    (failure,) = drop.pull().failures
    assert "the login is refused" in failure.message
    assert "s3cret" not in failure.message
    assert (failure.transient, failure.attempts) == (False, 1)


def test_a_watched_loop_does_not_tell_the_password(drop):
    drop.put("a.csv")
    drop.bench.environment |= {SECRET: "s3cret"}
    out = io.StringIO()
    with logged(out, level=logging.DEBUG):
        policy = Policy(backoff=0.0, debug_loop=True, slow_callback=0.0)
        (failure,) = drop.pull(policy=policy, attempts="1").failures
    assert "the login is refused" in failure.message
    assert " took " in out.getvalue()
    assert "s3cret" not in out.getvalue()


def test_a_missing_secret_names_its_variable(drop):
    del drop.bench.environment["SFTP_SECRET"]
    assert "SFTP_SECRET is not set" in drop.pull().failures[0].message


@pytest.mark.parametrize("form", ["text", "path", "passphrase"])
def test_a_key_from_the_environment_opens_the_door(drop, tmp_path, form):
    key = asyncssh.generate_private_key("ssh-ed25519")
    phrase = "open sesame" if form == "passphrase" else None
    text = key.export_private_key("pkcs8-pem", passphrase=phrase).decode()
    drop.door = {"public_key": key.export_public_key().decode()}
    if form == "path":
        (tmp_path / "key").write_text(text, encoding="ascii")
        text = str(tmp_path / "key")
    drop.bench.environment |= {"SFTP_SECRET": text, "PHRASE": "open sesame"}
    drop.put("a.csv")
    login = {"kind": "key", "user": "studio", "env": "SFTP_SECRET"}
    if form == "passphrase":
        login |= {"passphrase_env": "PHRASE"}
    pulled = drop.pull(login=login)
    assert names(pulled.fetched) == ["a.csv"], pulled.failures


@pytest.mark.parametrize("secret", ["-----BEGIN rubbish", "/nowhere/at/all"])
def test_a_key_that_is_none_names_its_variable(drop, secret):
    drop.bench.environment["SFTP_SECRET"] = secret
    login = {"kind": "key", "user": "studio", "env": "SFTP_SECRET"}
    (failure,) = drop.pull(login=login).failures
    assert "SFTP_SECRET holds no private key" in failure.message


def test_with_control_files_only_what_the_partner_calls_complete_is_taken(drop):
    for name in ("a.csv", "a.csv.done", "b.csv"):
        drop.put(name)
    pulled = drop.pull(control="{name}.done")
    assert names(pulled.fetched) == ["a.csv"]
    (failure,) = pulled.failures
    assert "its control file b.csv.done is not there yet" in failure.message
    assert failure.transient


def test_a_missing_folder_is_a_failure_and_not_an_empty_listing(drop):
    (failure,) = drop.pull(path="nowhere").failures
    assert "there is no folder nowhere" in failure.message
    assert not failure.transient


def test_the_same_bytes_under_another_name_have_the_same_hash(drop):
    drop.put("a.csv")
    drop.faults = ({"fault": "duplicate"},)
    pulled = drop.pull()
    assert names(pulled.fetched) == ["a.csv", "copy_of_a.csv"]
    assert len({one.sha256 for one in pulled.fetched}) == 1


def test_what_the_last_pull_saw_is_not_fetched_again(drop):
    drop.put("a.csv", b"one")
    drop.put("b.csv", b"two")
    first = drop.pull()

    def as_before(portal):
        def moved(uri):
            return f"sftp://127.0.0.1:{portal.port}/{uri.rsplit('/', 1)[1]}"

        kept = first.bookmark.validators
        validators = {moved(uri): seen for uri, seen in kept.items()}
        return {"bookmark": replace(first.bookmark, validators=validators)}

    (drop.root / "b.csv").write_bytes(b"longer")
    again = drop.pull(job_changes=as_before)
    assert (names(again.unchanged), names(again.fetched)) == (["a.csv"], ["b.csv"])
    assert names(again.bookmark.validators and again.unchanged) == ["a.csv"]
    assert len(again.bookmark.validators) == 2


def test_known_bytes_under_a_known_name_are_not_delivered_again(drop):
    drop.put("a.csv", b"one")

    def known(portal):
        uri = f"sftp://127.0.0.1:{portal.port}/a.csv"
        return {"known": frozenset({(uri, hashlib.sha256(b"one").hexdigest())})}

    pulled = drop.pull(job_changes=known)
    assert (pulled.fetched, names(pulled.unchanged)) == ((), ["a.csv"])
    assert drop.bench.left() == []


def test_a_gz_file_is_landed_verbatim_and_one_without_its_end_is_found(drop):
    packed = gzip.compress(b"id\n1\n" * 100)
    drop.put("a.csv.gz", packed)
    drop.put("b.csv.gz", packed[:-6])
    pulled = drop.pull(attempts=2)
    assert pulled.fetched[0].path.read_bytes() == packed
    assert "cut short" in pulled.failures[0].message


def test_one_name_in_another_encoding_does_not_block_its_vendor(drop):
    with open(bytes(drop.root) + b"/caf\xe9.csv", "wb") as opened:  # noqa: PTH123  (no text)
        opened.write(b"id\n1\n")
    drop.put("a.csv")
    pulled = drop.pull()
    assert (names(pulled.fetched), pulled.failures) == (["a.csv", "caf%E9.csv"], ())


def test_unfinished_and_empty_files_are_told_and_not_fetched(drop):
    for name in ("a.csv", "a.csv.filepart", "b.csv.TMP", "~$c.xlsx", ".hidden", "d.csv~"):
        drop.put(name)
    drop.put("zero.csv", b"")
    pulled = drop.pull()
    assert (names(pulled.fetched), pulled.failures) == (["a.csv"], ())
    assert {one.why for one in pulled.passed_over} == {"hidden", "temporary_name", "empty"}
    assert len(pulled.passed_over) == 6
    assert [one.why for one in drop.pull(files="2026*").passed_over] == ["no_match"] * 2


def test_names_that_leave_the_folder_are_not_followed(drop):
    drop.put("a\\..\\evil.csv")
    pulled = drop.pull()
    assert pulled.fetched == ()
    assert "a name that no file may have" in pulled.failures[0].message


def test_without_the_extra_one_sentence_says_what_to_install():
    """In a process of its own, in which asyncssh is not to be found."""
    code = (
        "import sys; sys.modules['asyncssh'] = None\n"
        "import asyncio\n"
        "from datetime import UTC, date, datetime\n"
        "from pathlib import Path\n"
        "from cost_pipeline.acquire.engine import PullJob, pull_all\n"
        "from cost_pipeline.contracts.cost_vendor import CostVendor\n"
        "vendor = CostVendor.model_validate({'vendor': 'v', 'production': 'P', 'key': 'none',\n"
        "  'record': 'vendor_invoice', 'format': {'kind': 'csv'}, 'columns': {},\n"
        "  'source': {'kind': 'sftp', 'host': 'h',\n"
        "    'login': {'kind': 'password', 'user': 'u', 'env': 'X'}}})\n"
        "(pulled,) = asyncio.run(pull_all([PullJob(vendor, date(2026, 4, 1))], base=Path(),\n"
        "  scratch=Path(), environment={}, clock=lambda: datetime.now(UTC)))\n"
        "print(pulled.failures[0].message)\n"
    )
    done = subprocess.run(  # noqa: S603  (this interpreter, this text)
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert "pip install 'cost-pipeline[sftp]'" in done.stdout


@pytest.mark.parametrize(
    "wrong",
    [{"control": "done"}, {"control": "{name}"}, {"control": "../{name}.x"}, {"files": "../*"}],
)
def test_settings_that_mean_nothing_are_refused(wrong):
    login = {"kind": "password", "user": "u", "env": "X"}
    with pytest.raises(ValueError, match="must be a name"):
        SftpSource.model_validate({"kind": "sftp", "host": "h", "login": login, **wrong})
