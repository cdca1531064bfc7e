"""SFTP against a real loopback server: known hosts, complete files, nothing touched there."""

import asyncio
import gc
import gzip
import hashlib
import io
import logging
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.contracts.sources import SftpSource
from cost_pipeline.core.logs import logged
from cost_pipeline.core.reasons import Reason
from cost_pipeline.simulator.recipes import Recipe

asyncssh = pytest.importorskip("asyncssh", reason="the extra `sftp` is not installed")

from cost_pipeline.acquire.sftp_blocks import blocks_of  # noqa: E402  (needs the extra)
from cost_pipeline.simulator.sftp_portal import SftpPortal  # noqa: E402  (as above)

QUICK = Policy(backoff=0.0)
SECRET = "SFTP_SECRET"  # noqa: S105  (a name, not a secret)


class Drop:
    """A partner's server with a folder, and pulls from it."""

    def __init__(self, bench, tmp_path):
        self.bench, self.root = bench, tmp_path / "partner"
        self.root.mkdir()
        self.faults, self.door, self.known = (), {}, None
        bench.environment |= {SECRET: "simulated"}

    def put(self, name, content=b"id\n1\n"):
        (self.root / name).write_bytes(content)

    def pull(self, *, policy=QUICK, job_changes=None, **source):
        recipe = Recipe.model_validate({"faults": self.faults})
        with SftpPortal(self.root, recipe, **self.door) as portal:
            self.portal = portal
            known = portal.known_hosts if self.known is None else self.known
            (self.bench.base / "known_hosts").write_text(known, encoding="utf-8")
            settings = {
                "kind": "sftp",
                "host": "127.0.0.1",
                "port": str(portal.port),
                "login": {"kind": "password", "user": "studio", "env": "SFTP_SECRET"},
                "settle": "0.05",
            } | source
            job = self.bench.job("drop", settings)
            job = replace(job, **(job_changes(portal) if job_changes else {}))
            (pulled,) = asyncio.run(self.bench.pull(job, policy=policy))
        assert portal.refused == []
        return pulled


@pytest.fixture
def drop(bench, tmp_path):
    return Drop(bench, tmp_path)


def names(found):
    return [one.uri.rsplit("/", 1)[1] for one in found]


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


def test_a_file_that_grows_between_two_looks_is_left_for_later(drop):
    drop.put("growing.csv")
    drop.put("whole.csv")
    drop.faults = ({"fault": "growing", "where": "growing.csv"},)
    pulled = drop.pull()
    assert names(pulled.fetched) == ["whole.csv"]
    (failure,) = pulled.failures
    assert "still being written" in failure.message
    assert failure.transient


def test_with_control_files_only_what_the_partner_calls_complete_is_taken(drop):
    for name in ("a.csv", "a.csv.done", "b.csv"):
        drop.put(name)
    pulled = drop.pull(control="{name}.done")
    assert names(pulled.fetched) == ["a.csv"]
    (failure,) = pulled.failures
    assert "its control file b.csv.done is not there yet" in failure.message
    assert failure.transient


def test_a_connection_that_breaks_is_made_again_and_nothing_comes_twice(drop, caplog):
    drop.put("a.csv", b"a" * 10)
    drop.put("b.csv", b"b" * 600_000)
    drop.faults = ({"fault": "reset", "where": "b.csv", "calls": [1]},)
    pulled = drop.pull()
    assert names(pulled.fetched) == ["a.csv", "b.csv"]
    assert pulled.failures == ()
    assert len(drop.bench.left()) == 2
    gc.collect()
    assert "never retrieved" not in caplog.text


class Handle:
    """A file of a server that gives at most so many bytes at a time, whatever is asked for."""

    def __init__(self, content, most):
        self.content, self.most, self.closed = content, most, False

    async def read(self, size, offset):
        await asyncio.sleep(0)
        return self.content[offset : offset + min(size, self.most)]

    async def close(self):
        self.closed = True


class Client:
    """A session that opens one file."""

    def __init__(self, handle, longest):
        self.handle, self.limits = handle, SimpleNamespace(max_read_len=longest)

    async def open(self, *_path, **_options):
        return self.handle


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 300_000])
@pytest.mark.parametrize(("most", "longest"), [(1 << 20, 16 << 10), (1000, 4 << 20), (7, 1000)])
def test_a_file_comes_whole_however_little_a_server_gives_at_a_time(size, most, longest):
    content = bytes(n % 251 for n in range(min(size, 5000 if most == 7 else size)))
    handle = Handle(content, most)

    async def read():
        client = Client(handle, longest)
        return b"".join([block async for block in blocks_of(client, "x", len(content), 5.0)])

    assert asyncio.run(read()) == content
    assert handle.closed


def test_what_arrived_of_a_broken_file_is_kept_where_the_policy_wants_it(drop):
    drop.put("b.csv", b"b" * 4_000_000)
    # The tenth block is asked for when the second has arrived.
    drop.faults = ({"fault": "reset", "where": "b.csv", "calls": [10]},)
    (failure,) = drop.pull(policy=Policy(backoff=0.0, keep_received=True), attempts="1").failures
    assert "connection" in failure.message
    assert failure.transient
    assert set(failure.received.read_bytes()) == {ord("b")}


def test_a_server_that_stalls_times_out(drop):
    drop.put("a.csv")
    drop.faults = ({"fault": "stall", "seconds": 10},)
    started = time.monotonic()
    (failure,) = drop.pull(read_timeout="0.3", attempts="2").failures
    assert failure.message == "sent nothing for 0.3 s"
    assert (failure.transient, failure.attempts) == (True, 2)
    assert time.monotonic() - started < 5
    assert drop.bench.left() == []


def test_latency_costs_time_and_nothing_else(drop):
    drop.put("a.csv")
    drop.faults = ({"fault": "latency", "seconds": 0.2},)
    assert len(drop.pull().fetched) == 1


def test_nobody_at_the_address_is_transient(bench):
    bench.environment |= {SECRET: "x"}
    (bench.base / "known_hosts").write_text("", encoding="utf-8")
    login = {"kind": "password", "user": "u", "env": "SFTP_SECRET"}
    source = {"kind": "sftp", "host": "127.0.0.1", "port": "1", "login": login, "attempts": 2}
    ((pulled,)) = asyncio.run(bench.pull(bench.job("drop", source)))
    assert "no connection" in pulled.failures[0].message
    assert (pulled.failures[0].transient, pulled.failures[0].attempts) == (True, 2)


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


def test_a_file_that_stalls_is_told_and_the_others_come(drop):
    for name in ("a.csv", "b.csv", "c.csv", "d.csv", "e.csv", "f.csv"):
        drop.put(name)
    drop.faults = ({"fault": "stall", "seconds": 10, "where": "[a-e].csv"},)
    pulled = drop.pull(read_timeout="0.2", attempts="2")
    assert names(pulled.fetched) == ["f.csv"]
    assert names(pulled.failures) == ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"]
    assert {failure.message for failure in pulled.failures} == {"sent nothing for 0.2 s"}
    assert all(failure.transient for failure in pulled.failures)


def test_a_file_that_stalled_is_asked_for_again_after_the_others(drop):
    for name in ("a.csv", "b.csv"):
        drop.put(name)
    drop.faults = ({"fault": "stall", "seconds": 10, "where": "a.csv", "calls": [1]},)
    pulled = drop.pull(read_timeout="0.2")
    assert (names(pulled.fetched), pulled.failures) == (["b.csv", "a.csv"], ())


def test_what_is_behind_a_server_that_fails_is_told_file_by_file(drop):
    listed = [f"{n:02}.csv" for n in range(14)]
    for name in listed:
        drop.put(name)
    drop.faults = ({"fault": "reset"},)
    pulled = drop.pull(attempts="1")
    assert (pulled.fetched, names(pulled.failures)) == ((), listed)
    assert pulled.failures[-1].message.startswith("was not reached: the server ")


def test_a_file_that_breaks_every_connection_does_not_keep_the_next_one_back(drop):
    for name in ("a.csv", "b.csv", "c.csv"):
        drop.put(name)
    drop.faults = ({"fault": "reset", "where": "b.csv"},)
    pulled = drop.pull(attempts="2")
    assert names(pulled.fetched) == ["a.csv", "c.csv"]
    assert names(pulled.failures) == ["b.csv"]


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
