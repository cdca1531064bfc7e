"""A home whose runs are kept by a real PostgreSQL server, as on a team server."""

import os
import pwd
import shutil
import socket
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import dagster as dg
import psycopg2
import pytest
from dagster import DagsterEventType as Kind

from cost_pipeline.home.layout import init_home
from cost_pipeline.home.templates import EXAMPLE_PULL_DATE
from cost_pipeline_tests.command_line import called

pytestmark = pytest.mark.proof

URL = "DAGSTER_POSTGRES_URL"
YAML = """\
storage:
  postgres:
    postgres_url:
      env: DAGSTER_POSTGRES_URL
telemetry: {enabled: false}
nux: {enabled: false}
"""
PROGRAMS = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]


def _free_port():
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    """The address of a server of its own on loopback; it is stopped by its process id."""
    found = [Path(program) for program in PROGRAMS if program]
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    programs = found[-1].parent
    # It refuses to run as root; Debian's package brings a user of its own.
    owner = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    folder = Path("/tmp") / f"pg-{os.getpid()}"  # noqa: S108 - its user cannot enter pytest's folders
    folder.mkdir(mode=0o700)
    if owner is not None:
        os.chown(folder, owner, -1)
    as_owner = {"user": owner} if owner is not None else {}
    data, port = folder / "data", _free_port()
    initdb = [programs / "initdb", "-D", data, "-U", "dagster", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_owner)  # noqa: S603
    serve = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-F",
             "-c", "listen_addresses=127.0.0.1"]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603
        serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_owner
    )
    try:
        yield _address(process, port)
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder)


def _address(process, port):
    """The address, once the server answers."""
    for _ in range(300):
        try:
            with closing(psycopg2.connect(host="127.0.0.1", port=port, user="dagster",
                                          dbname="postgres")):  # fmt: skip
                return f"postgresql+psycopg2://dagster@127.0.0.1:{port}/postgres"
        except psycopg2.OperationalError:
            assert process.poll() is None, "the server ended"
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail("the server does not answer")


@pytest.fixture
def home(tmp_path):
    made = init_home(tmp_path / "home")
    (made / "dagster" / "dagster.yaml").write_text(YAML, encoding="utf-8")
    return made


def _kinds(instance):
    """How many events of each kind of all runs but what Dagster's engine says of itself."""
    found = Counter()
    for run in instance.get_runs():
        for record in instance.event_log_storage.get_records_for_run(run.run_id).records:
            entry = record.event_log_entry
            if entry.is_dagster_event and entry.dagster_event_type is not Kind.ENGINE_EVENT:
                found[entry.dagster_event_type.value] += 1
    return found


def test_runs_and_checks_are_kept_by_the_server_as_in_files(server, home, tmp_path, monkeypatch):
    files = init_home(tmp_path / "files")
    monkeypatch.setenv(URL, server)
    for one in (home, files):
        environment = {URL: server}
        first = called("run", "--home", one, "--pull-dates", EXAMPLE_PULL_DATE, "--json",
                       environment=environment)  # fmt: skip
        assert first.code == 0, first.err
        again = called("run", "--home", one, "--pull-dates", EXAMPLE_PULL_DATE, "--json",
                       environment=environment)  # fmt: skip
        assert again.json()["posted"] == first.json()["posted"]
        assert again.json()["checks"]["failed"] == []
    kinds = []
    for one in (home, files):
        monkeypatch.setenv("DAGSTER_HOME", str(one / "dagster"))
        with dg.DagsterInstance.from_config(str(one / "dagster")) as instance:
            kinds.append(_kinds(instance))
            storage = type(instance.event_log_storage).__name__
        assert ("Postgres" in storage) == (one == home), storage
    assert kinds[0] == kinds[1]
    assert kinds[0]["ASSET_CHECK_EVALUATION"] > 10
    assert not list((home / "dagster").rglob("*.db"))
