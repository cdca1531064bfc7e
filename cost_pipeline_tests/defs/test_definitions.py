import ast
import inspect
import textwrap
import warnings
from datetime import date

import dagster as dg
import pytest

from cost_pipeline import definitions
from cost_pipeline.contracts.cost_tables import DEAD_LETTER_SCHEMA, RATE_SCHEMA, RECORD_SCHEMA
from cost_pipeline.defs import assets, beyond, checks, own_assets, pulling
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.tables import LEDGER as POSTINGS
from cost_pipeline.home.layout import init_home
from cost_pipeline.simulator.demo_home import write_demo_home
from cost_pipeline_tests.defs.production_keys import (
    AUDIT_JOB,
    CORRECTIONS_JOB,
    COSTS_JOB,
    DEAD_LETTERS,
    FX_JOB,
    LEDGER,
    POST_JOB,
    PULL_JOB,
    RATES_BY_DATE,
    RECORDS_BY_DATE,
    REPLAY_JOB,
    SNAPSHOTS,
    STANDING_JOB,
)

TODAY = date(2026, 4, 7)
EXTERNAL = {RECORDS_BY_DATE, RATES_BY_DATE}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The code location of the demo: six vendors, every kind of record."""
    home = write_demo_home(tmp_path_factory.mktemp("demo") / "home", "http://127.0.0.1:1")
    return build_definitions(home, FEEDS, today=TODAY)


@pytest.fixture(scope="module")
def specs(demo):
    return {spec.key: spec for spec in demo.resolve_all_asset_specs()}


def test_the_location_of_several_vendors_loads(demo):
    dg.Definitions.validate_loadable(demo)


def test_loading_warns_of_nothing(tmp_path):
    home = init_home(tmp_path / "home")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dg.Definitions.validate_loadable(build_definitions(home, FEEDS, today=TODAY))


def test_without_a_home_the_location_is_empty_and_loads(tmp_path):
    found = definitions.definitions_of(None, demo=tmp_path / "none")
    assert list(found.resolve_all_asset_specs()) == []
    dg.Definitions.validate_loadable(found)


def test_a_home_named_by_the_environment_is_used_and_the_demo_otherwise(tmp_path):
    home, demo = init_home(tmp_path / "home"), init_home(tmp_path / "demo", files={})
    named = definitions.definitions_of(str(home), demo=demo)
    assert dg.AssetKey(["raw", "production", "example_rentals"]) in {
        spec.key for spec in named.resolve_all_asset_specs()
    }
    (demo / "productions.yaml").write_text((home / "productions.yaml").read_text())
    of_demo = definitions.definitions_of(None, demo=demo)
    assert LEDGER in {spec.key for spec in of_demo.resolve_all_asset_specs()}


def test_a_home_without_vendors_loads(tmp_path):
    home = init_home(tmp_path / "home")
    for file in (home / "vendors").iterdir():
        file.unlink()
    dg.Definitions.validate_loadable(build_definitions(home, FEEDS, today=TODAY))


def test_every_asset_says_whose_and_what_it_is(specs):
    for key, spec in specs.items():
        assert spec.owners, key
        assert spec.group_name not in {None, "default"}, key
        assert spec.description, key
        assert spec.description.endswith("."), key
        assert len(spec.kinds) or key in EXTERNAL, key


def test_every_table_shows_its_columns(specs):
    tables = {DEAD_LETTERS: DEAD_LETTER_SCHEMA, SNAPSHOTS: RATE_SCHEMA, LEDGER: POSTINGS.schema}
    kinds = ("vendor_invoice", "payroll_line", "location_settlement", "purchase_order")
    tables |= {dg.AssetKey(["records", "production", kind]): RECORD_SCHEMA for kind in kinds}
    for key, schema in tables.items():
        shown = specs[key].metadata["dagster/column_schema"]
        assert [(c.name, c.constraints.nullable) for c in shown.columns] == [
            (field.name, field.nullable) for field in schema
        ], key
        assert specs[key].metadata["dagster/table_name"]


def test_the_columns_of_a_delivery_are_those_its_vendor_file_knows(specs):
    shown = specs[dg.AssetKey(["raw", "production", "maple_locations"])].metadata
    columns = {c.name: c.description for c in shown["dagster/column_schema"].columns}
    assert columns["Net"] == "read as amount"
    assert columns["Printed"] == "known and not read"


def test_lineage_leads_from_a_posting_to_the_columns_that_vendors_send(specs):
    postings = specs[LEDGER].metadata["dagster/column_lineage"].deps_by_column
    invoice = dg.AssetKey(["records", "production", "vendor_invoice"])
    assert dg.TableColumnDep(invoice, "amount") in postings["original_amount"]
    assert dg.TableColumnDep(SNAPSHOTS, "rate") in postings["base_amount"]
    assert dg.TableColumnDep(invoice, "currency") in postings["base_amount"]
    records = specs[invoice].metadata["dagster/column_lineage"].deps_by_column
    ledger = dg.AssetKey(["raw", "production", "studio_ledger"])
    assert dg.TableColumnDep(ledger, "Amount") in records["amount"]
    assert not [d for d in records.get("department_code", []) if d.asset_key == ledger]


def test_lineage_names_only_columns_that_are_there(specs):
    for key, spec in specs.items():
        lineage = spec.metadata.get("dagster/column_lineage")
        if lineage is None:
            continue
        own = {c.name for c in spec.metadata["dagster/column_schema"].columns}
        assert set(lineage.deps_by_column) <= own, key
        for dep in (dep for deps in lineage.deps_by_column.values() for dep in deps):
            there = specs[dep.asset_key].metadata["dagster/column_schema"].columns
            assert dep.column_name in {c.name for c in there}, (key, dep)


def test_no_posting_is_said_to_come_from_a_purchase_order(specs):
    lineage = specs[LEDGER].metadata["dagster/column_lineage"].deps_by_column
    origins = {dep.asset_key.path[-1] for deps in lineage.values() for dep in deps}
    assert "purchase_order" not in origins
    assert {"vendor_invoice", "payroll_line", "location_settlement"} < origins
    assert "content_hash" not in lineage, "it is the hash of a posting, not the record's"


def test_jobs_schedule_and_sensor_are_there(demo):
    jobs = {job.name for job in demo.resolve_all_job_defs() if not job.name.startswith("__")}
    assert jobs == {
        PULL_JOB, POST_JOB, FX_JOB, AUDIT_JOB, CORRECTIONS_JOB, REPLAY_JOB, STANDING_JOB,
        f"{POST_JOB}_beyond", COSTS_JOB,
    }  # fmt: skip
    repository = demo.get_repository_def()
    assert {s.name: s.cron_schedule for s in repository.schedule_defs} == {
        "pull_daily": "0 6 * * *",
        "verify_audit_daily": "30 6 * * *",
        "check_daily": "0 7 * * *",
    }
    sensors = {sensor.name: sensor for sensor in repository.sensor_defs}
    asks_for = {
        "reconcile_ledger": f"{POST_JOB}, {POST_JOB}_beyond",
        "fx_corrections": FX_JOB,
        "take_in_corrections": CORRECTIONS_JOB,
    }
    assert sensors.keys() == {*asks_for, "alert_failed_run", "alert_red"}
    stopped = dg.DefaultSensorStatus.STOPPED  # this home has no `alerts:`
    assert {sensors[name].default_status for name in ("alert_red", "alert_failed_run")} == {stopped}
    for name, job in asks_for.items():
        assert ", ".join(one.name for one in sensors[name].jobs) == job
        assert sensors[name].default_status is dg.DefaultSensorStatus.RUNNING


def test_the_blocking_checks_guard_the_ledger_and_its_report(demo):
    graph = demo.resolve_asset_graph()
    blocking = {
        (k.asset_key.path[0], k.name) for k in graph.asset_check_keys if graph.get(k).blocking
    }
    assert blocking == {
        ("dead_letters", "conservation"),
        ("raw", "conservation"),  # of corrections
        ("records", "schema"),
        ("ledger", "conservation"),
        ("ledger", "fx_coverage"),
        ("ledger", "integrity"),
        ("report", "tied_to_ledger"),
    }
    assert all(graph.get(key).description for key in graph.asset_check_keys)


def bodies(module):
    """Functions under a Dagster decorator: name and its lines without docstring."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(module)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "dg." in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, body[-1].end_lineno - body[0].lineno + 1


@pytest.mark.parametrize("module", [assets, beyond, checks, own_assets, pulling])
def test_an_asset_body_is_a_sentence(module):
    found = dict(bodies(module))
    assert found
    assert {name: n for name, n in found.items() if n > 15} == {}


@pytest.mark.parametrize("job", [PULL_JOB, REPLAY_JOB])
def test_the_age_of_dead_letters_is_planned_for_no_pull_date(demo, job):
    planned = {
        key.name for key in demo.resolve_job_def(job).asset_layer.asset_graph.asset_check_keys
    }
    assert "schema" in planned
    assert "age" not in planned
