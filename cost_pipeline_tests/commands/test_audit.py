"""`audit` verifies the log and gives it away line by line."""

import json

import pyarrow.parquet as pq

from cost_pipeline.commands.common import open_session
from cost_pipeline.lake.tables import AUDIT_LOG


def test_a_sound_log_is_said_to_agree(call, worked):
    found = call("audit", "verify", "--home", worked)
    assert found.code == 0
    assert found.out.splitlines() == [
        "3 blocks: 11 events committed, 0 blocks void, 0 blocks open",
        "log and tables agree",
    ]
    assert json.loads(call("audit", "verify", "--home", worked, "--json").out) == {
        "ok": True, "blocks": 3, "events": 11, "void": 0, "open": 0, "problems": [],
    }  # fmt: skip


def test_a_changed_log_ends_with_1_and_says_what_is_wrong(call, home, forged):
    (file, *_) = open_session(home).lake.table(AUDIT_LOG).snapshot().files()
    rows = pq.ParquetFile(file).read()
    forged(file, rows.slice(0, 0))
    found = call("audit", "verify", "--home", home)
    assert found.code == 1
    assert "has no event in the audit log" in found.out
    assert json.loads(call("audit", "verify", "--home", home, "--json").out)["ok"] is False


def test_the_events_are_exported_one_a_line(call, worked):
    found = call("audit", "export", "--home", worked)
    assert found.code == 0
    lines = [json.loads(line) for line in found.out.splitlines()]
    assert len(lines) == 11
    assert {line["event"] for line in lines} == {"parsed", "rejected", "converted", "posted"}
    assert call("audit", "export", "--home", worked, "--from", "2100-01-01").out == ""


def test_a_date_that_is_none_is_said(call, worked):
    found = call("audit", "export", "--home", worked, "--to", "soon")
    assert (found.code, "'soon' is not a date" in found.err) == (2, True)
