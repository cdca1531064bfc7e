"""Digests that must not drift: what an auditor or a lake of an earlier version holds against us.

Two books are made with a clock that stands still: the demo's, and two months of a council's
published payments. Of every table every column is digested apart, so that a difference says where
it is. `goldens/*.json` was written by the version that `written_by` names. A digest that has to
change goes with a format number of the lake and a migration that says what it did. `written_since`
names the columns that were digested anew since, and why: the text of errors is not compared by
anything, so letters that were stored before keep theirs.
"""

import hashlib
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cost_pipeline.feeds.production.rates import correct_rates, load_bundled_history
from cost_pipeline.feeds.production.tables import (
    DEAD_LETTERS,
    DISPOSITIONS,
    FINDINGS,
    FX_SNAPSHOTS,
    HEADS,
    LEDGER,
    RECORDS,
)
from cost_pipeline.lake.tables import AUDIT_LOG, DELIVERIES, VALIDATIONS
from cost_pipeline.ledger.schema import CHANGE_SCHEMA
from cost_pipeline.ledger.seal import Stamp, seal
from cost_pipeline.simulator.demo_home import CORRECTED_DAY, CORRECTION, write_demo_home
from cost_pipeline.simulator.portal import DEMO_TOKEN, TOKEN_VARIABLE, Portal
from cost_pipeline.simulator.world import DAYS, make_world

GOLDENS = Path(__file__).resolve().parent / "goldens"
TABLES = (
    RECORDS, DEAD_LETTERS, VALIDATIONS, DELIVERIES, LEDGER, HEADS, DISPOSITIONS, FINDINGS,
    FX_SNAPSHOTS, AUDIT_LOG,
)  # fmt: skip

# The portal's port, the machine, the process and the layout of files are another at each run. So is
# the order of leaves in a batch, which is that in which records are read: `resealed` has them in an
# order of its own.
CHANGING = {
    "uri", "host", "process", "path", "sha256", "files_root", "head", "previous_head", "chain",
    "root", "previous_root", "parents", "tokens", "number", "voids", "ledger_version",
    "announced_at", "subjects_digest", "leaf", "posting_id", "reverses", "leaf_hash", "batch_root",
    "partitions_root",
}  # fmt: skip


def digests(session):
    """By table, the number of its rows and by column a digest of its sorted values."""
    found = {}
    for spec in TABLES:
        rows = session.lake.table(spec).snapshot().read()
        if spec is AUDIT_LOG:
            rows = rows.filter(pc.is_in(rows["table"], pa.array(["records", "dead_letters"])))
            rows = rows.drop_columns(["day"])
        columns = {name: digest(rows[name]) for name in sorted({*rows.column_names} - CHANGING)}
        found[spec.name] = {"rows": rows.num_rows, **columns}
    found["resealed"] = resealed(session)
    return found


def digest(values):
    """Sixteen digits that stand for a column, whatever the order of its rows."""
    texts = sorted(repr(in_order(value)) for value in values.to_pylist())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def in_order(value):
    """The value; lists, such as the rows that a block of the audit log announces, are sorted."""
    return sorted(map(in_order, value), key=repr) if isinstance(value, list) else value


def resealed(session):
    """What the postings come to when they are sealed anew, as if all were the first of their dates.

    Posting ids, leaves and roots follow from the content hashes, the instant and the run.
    """
    lines = session.lake.table(LEDGER).snapshot().read()
    posts = lines.filter(pc.equal(lines["kind"], "post")).sort_by(
        [("transaction_date", "ascending"), ("content_hash", "ascending"), ("batch", "ascending")]
    )
    stamp = Stamp(session.clock(), session.code_version, session.run_id)
    batches = seal(posts.select(CHANGE_SCHEMA.names), {}, stamp)
    sealed = pa.concat_tables([batch.postings for batch in batches])
    return {name: digest(sealed[name]) for name in ("posting_id", "leaf_hash", "batch_root")}


def differences(found, name):
    """What is not as in the golden file, by table and column."""
    golden = json.loads((GOLDENS / f"{name}.json").read_text(encoding="utf-8"))
    return {
        f"{table}.{column}": (found[table].get(column), expected)
        for table, columns in golden["tables"].items()
        for column, expected in columns.items()
        if found[table].get(column) != expected
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory, door):
    """The demo's book with one corrected rate."""
    home = tmp_path_factory.mktemp("demo") / "home"
    world = make_world()
    with Portal(world, token=DEMO_TOKEN) as portal:
        write_demo_home(home, portal.url, world)
        house = door.House.existing(home)
        session = house.session(environment={TOKEN_VARIABLE: DEMO_TOKEN})
        load_bundled_history(session)
        for day in DAYS:
            door.receive(session, day)
    door.bring_up_to_date(session)
    day = date.fromisoformat(CORRECTED_DAY)
    correct_rates(session, day, home / CORRECTION, "the rate was keyed wrongly (demo)")
    door.bring_up_to_date(session)
    return session


def test_every_digest_of_the_demo_is_as_it_was(demo):
    assert differences(digests(demo), "demo") == {}


@pytest.mark.real_data
def test_every_digest_of_two_real_months_is_as_it_was(tmp_path, door, shared_data):
    house = door.House(tmp_path / "home", [], rates=None)
    house.vendor_file("leeds", (GOLDENS / "leeds.yaml").read_text(encoding="utf-8"))
    session = house.session()
    load_bundled_history(session)
    for day, name in (("2011-09-30", "2011-09.csv"), ("2013-12-31", "2013-12.csv")):
        house.drop("leeds", day, (shared_data / "leeds-council-spend" / name).read_bytes())
        house.pull(day, session)
    door.bring_up_to_date(session)

    assert differences(digests(session), "leeds") == {}


def test_a_digest_that_drifts_is_named(demo):
    found = digests(demo)
    found["ledger"]["content_hash"] = "0" * 16
    assert list(differences(found, "demo")) == ["ledger.content_hash"]
