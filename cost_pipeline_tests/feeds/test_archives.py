"""Archives of files: every member a delivery of its own, from each source to the ledger."""

from __future__ import annotations

import hashlib
import io
import signal
import subprocess
import sys
import tarfile
import zipfile
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web

from cost_pipeline.pipeline.pull.fetches import passed_over
from cost_pipeline.simulator.server_thread import HttpServerThread

DAY, NEXT = "2026-04-01", "2026-04-02"
WORKER = Path(__file__).with_name("pull_worker.py")
_DATED = 'files: "{pull_date:%Y-%m-%d}*.csv"'


def csv(door, *ids, amount="10.00"):
    return door.csv_bytes([(one, "2026-04-01", amount, "GBP", "lamps") for one in ids])


def zipped(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return held.getvalue()


def tarred(members):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


@pytest.fixture
def house(door, tmp_path):
    """A home whose one vendor sends archives of CSV files."""
    house = door.House(tmp_path / "home", ["rentals"])
    unpack = 'files: "{pull_date:%Y-%m-%d}*", unpack: {kind: zip, files: "*.csv"}'
    house.edit_vendor("rentals", _DATED, unpack)
    return house


@pytest.fixture
def members(door):
    return {
        "A.csv": csv(door, "A1", "A2"),
        "deep/B.csv": csv(door, "B1"),
        "readme.txt": b"hello",
        "empty.csv": b"",
        "__MACOSX/._A.csv": b"junk",
        "C.csv.part": b"half",
    }


def drop(house, data, name=f"{DAY}.zip", vendor="rentals"):
    (house.root / "inbox" / vendor / name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def told(door, house):
    """Name, state, rows, role, whether it has a parent and how many members, of each delivery."""
    return [
        (one.uri.rsplit("/", 1)[1], one.state, one.rows, one.role, one.parent, one.members)
        for one in door.reports(house.session())
    ]


def ids(door, house):
    return sorted(line["transaction_id"] for line in door.active_lines(house.session()))


def test_every_member_is_a_delivery_with_the_archive_as_its_parent(door, house, members):
    archive = drop(house, zipped(members))
    house.work(DAY)
    assert told(door, house) == [
        (f"{DAY}.zip", "unpacked", 0, "archive", None, 2),
        ("A.csv", "posted", 2, None, archive, None),
        ("B.csv", "posted", 1, None, archive, None),
    ]
    assert [one.uri.partition("!/")[2] for one in door.reports(house.session())[1:]] == [
        "A.csv",
        "deep/B.csv",
    ]
    session = house.session()
    assert session.lake.content.open_path(archive).read_bytes() == zipped(members)
    member = hashlib.sha256(members["A.csv"]).hexdigest()
    assert session.lake.content.open_path(member).read_bytes() == members["A.csv"]
    assert ids(door, house) == ["A1", "A2", "B1"]
    assert door.unlawful(session) == []


def test_what_is_no_delivery_in_it_is_told(house, members):
    drop(house, zipped(members))
    house.work(DAY)
    found = passed_over(house.session(), [date.fromisoformat(DAY)])
    assert sorted((one.uri.partition("!/")[2], one.why) for one in found) == [
        ("C.csv.part", "temporary_name"),
        ("__MACOSX/._A.csv", "system_file"),
        ("empty.csv", "empty"),
        ("readme.txt", "no_match"),
    ]


def test_the_same_archive_again_and_the_same_member_in_another_are_duplicates(door, house, members):
    drop(house, zipped(members))
    house.work(DAY)
    drop(house, zipped(members), f"{NEXT}.zip")
    drop(house, zipped({"other.csv": members["A.csv"], "D.csv": csv(door, "D1")}), f"{NEXT}-b.zip")
    before = door.versions(house.session())
    house.work(NEXT)
    assert [one[:3] for one in told(door, house)[3:]] == [
        (f"{NEXT}-b.zip", "unpacked", 0),
        ("D.csv", "posted", 1),
        ("other.csv", "duplicate", 2),
        (f"{NEXT}.zip", "duplicate", 0),
        ("A.csv", "duplicate", 2),
        ("B.csv", "duplicate", 1),
    ]
    assert ids(door, house) == ["A1", "A2", "B1", "D1"]
    assert door.unlawful(house.session()) == []
    after = door.versions(house.session())
    house.work(NEXT)
    again = door.versions(house.session())
    assert {name for name in after if after[name] != again[name]} <= {"fetches", "bookmarks"}
    assert after["deliveries"] != before["deliveries"]


def test_a_folder_without_dates_takes_each_archive_once(door, house, members):
    house.edit_vendor("rentals", '"{pull_date:%Y-%m-%d}*"', '"*.zip"')
    drop(house, zipped(members))
    house.work(DAY)
    house.work(NEXT)
    assert len(told(door, house)) == 3


def test_archives_that_came_before_unpack_was_declared_are_unpacked_then(door, house, members):
    house.edit_vendor("rentals", '"{pull_date:%Y-%m-%d}*"', '"*.zip"')
    house.edit_vendor("rentals", ', unpack: {kind: zip, files: "*.csv"}', "")
    drop(house, zipped(members))
    house.work(DAY)
    assert [one[1] for one in told(door, house)] == ["failed"]
    house.edit_vendor("rentals", '"*.zip"', '"*.zip", unpack: {kind: zip, files: "*.csv"}')
    house.work(NEXT)
    assert ids(door, house) == ["A1", "A2", "B1"]
    assert door.unlawful(house.session()) == []


def encrypted(door):
    data = bytearray(zipped({"A.csv": csv(door, "A1")}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def damaged(door):
    data = bytearray(zipped({"A.csv": csv(door, "A1"), "B.csv": csv(door, *map(str, range(99)))}))
    data[data.index(b"B.csv") + 40] ^= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (encrypted, "'A.csv' is encrypted; it must be delivered without a password"),
        (damaged, "B.csv is damaged"),
        (lambda door: csv(door, "A1"), "its archive is damaged or cut off"),
        (lambda door: zipped({"../A.csv": csv(door, "A1")}), "leads out of it: '../A.csv'"),
    ],
)
def test_an_archive_with_something_wrong_brings_nothing_and_says_what(door, house, spoilt, words):
    drop(house, spoilt(door))
    house.work(DAY)
    assert told(door, house) == [(f"{DAY}.zip", "failed", 1, None, None, None)]
    (letter,) = door.open_letters(house.session())
    assert letter["reasons"] == ["NOT_THE_FORMAT"]
    assert words in letter["errors"]
    assert "ask for the archive again" in letter["errors"]
    assert door.unlawful(house.session()) == []
    drop(house, zipped({"A.csv": csv(door, "A1")}))
    house.work(DAY)
    assert ids(door, house) == ["A1"]


@pytest.mark.parametrize(
    ("table", "step"),
    [("deliveries", "before"), ("deliveries", "committed"), ("fetches", "synced")],
)
def test_a_pull_killed_at_any_step_has_all_members_or_none(door, house, members, table, step):
    drop(house, zipped(members))
    words = [sys.executable, str(WORKER), str(house.root), DAY, table, step]
    killed = subprocess.run(words, check=False, timeout=120)  # noqa: S603 - our own program
    assert killed.returncode == -signal.SIGKILL
    assert len(door.reports(house.session())) == (0 if step == "before" else 3)
    house.work(DAY)
    assert len(told(door, house)) == 3
    assert ids(door, house) == ["A1", "A2", "B1"]
    assert door.unlawful(house.session()) == []
    incoming = house.session().lake.content.root / "incoming"
    assert list(incoming.rglob("member-*")) == []


class _Server(HttpServerThread):
    """A server that answers `/costs` with an archive, and knows when it is the same."""

    def __init__(self, data):
        super().__init__("archives")
        self.data, self.asked = data, 0

    def _app(self):
        app = web.Application()
        app.router.add_get("/costs", self._answer)
        return app

    async def _answer(self, request):
        self.asked += 1
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.Response(
            body=self.data, content_type="application/x-compressed", headers={"ETag": '"1"'}
        )


def test_an_api_may_answer_with_an_archive(door, house, members):
    with _Server(tarred(members)) as server:
        source = f"kind: http, url: '{server.url}/costs?d=1', unpack: {{kind: tar, files: '*.csv'}}"
        place = house.root / "vendors" / "rentals.yaml"
        lines = place.read_text().splitlines(keepends=True)
        place.write_text(
            "".join(
                f"source: {{{source}}}\n" if one.startswith("source:") else one for one in lines
            )
        )
        house.work(DAY)
        assert ids(door, house) == ["A1", "A2", "B1"]
        house.work(NEXT)
        assert server.asked == 2
    assert [one[1] for one in told(door, house)] == ["unpacked", "posted", "posted"]
    assert door.unlawful(house.session()) == []


def test_a_partners_server_may_hold_archives(door, house, members, tmp_path):
    pytest.importorskip("asyncssh", reason="the extra `sftp` is not installed")
    from cost_pipeline.simulator.recipes import Recipe  # noqa: PLC0415 (needs the extra)
    from cost_pipeline.simulator.sftp_portal import SftpPortal  # noqa: PLC0415

    root = tmp_path / "partner"
    root.mkdir()
    (root / f"{DAY}.zip").write_bytes(zipped(members))
    with SftpPortal(root, Recipe()) as portal:
        (house.root / "known_hosts").write_text(portal.known_hosts, encoding="utf-8")
        house.edit_vendor(
            "rentals",
            "kind: folder, path: inbox/rentals",
            f"kind: sftp, host: 127.0.0.1, port: {portal.port}, settle: 0.05,"
            " login: {kind: password, user: studio, env: SFTP_SECRET}",
        )
        house.work(DAY, session=house.session(environment={"SFTP_SECRET": "simulated"}))
    assert ids(door, house) == ["A1", "A2", "B1"]
    assert [one[1] for one in told(door, house)] == ["unpacked", "posted", "posted"]
