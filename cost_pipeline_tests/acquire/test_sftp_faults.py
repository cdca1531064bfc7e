"""SFTP where things go wrong: files still written, broken connections, servers that stall."""

import asyncio
import gc
import time
from types import SimpleNamespace

import pytest

from cost_pipeline.acquire.engine import Policy

pytest.importorskip("asyncssh", reason="the extra `sftp` is not installed")

from cost_pipeline.acquire.sftp_blocks import blocks_of
from cost_pipeline_tests.acquire.sftp_drop import SECRET, names


def test_a_file_that_grows_between_two_looks_is_left_for_later(drop):
    drop.put("growing.csv")
    drop.put("whole.csv")
    drop.faults = ({"fault": "growing", "where": "growing.csv"},)
    pulled = drop.pull()
    assert names(pulled.fetched) == ["whole.csv"]
    (failure,) = pulled.failures
    assert "still being written" in failure.message
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
