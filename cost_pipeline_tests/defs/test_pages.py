"""What a reader meets on the graph and on the page of an asset: names, groups, words, order."""

import re
from collections import Counter
from decimal import Decimal

import click
import dagster as dg
import pytest

from cost_pipeline.cli import main
from cost_pipeline.core.people import money
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.reporting import in_order, metadata_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.listed import LISTED, Feeds
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.pipeline.declared.shown import Markdown, counts, sums
from cost_pipeline.simulator.demo_home import write_demo_home
from cost_pipeline_tests.defs.conftest import FIRST, TODAY
from cost_pipeline_tests.defs.production_keys import DEAD_LETTERS, LEDGER, raw_key, records_key
from cost_pipeline_tests.feeds_sample.conftest import VENDOR
from cost_pipeline_tests.feeds_sample.meters import METERS

TOLD = ("Row", "Key", "If it fails", "Next")
FLOW = [
    "1_raw", "2_records", "3_dead_letters", "4_fx", "5_ledger", "6_union", "7_report", "8_audit",
]  # fmt: skip
LONG = ("dagster/column_schema", "dagster/column_lineage")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The demo's vendors, and one of another feed beside them."""
    root = write_demo_home(tmp_path_factory.mktemp("pages") / "home", "http://127.0.0.1:1")
    with (root / "productions.yaml").open("a") as settings:
        settings.write("fx_fetch: {ecb: {source: {kind: http, url: 'http://127.0.0.1:1/'}}}\n")
    (root / "feeds").mkdir()
    (root / "feeds" / "meters.yaml").write_text("lots: [LOT-7]\n")
    (root / "vendors" / "lot7.yaml").write_text(VENDOR)
    return root


@pytest.fixture(scope="module")
def specs(home):
    found = build_definitions(home, [*FEEDS, METERS], today=TODAY)
    return {spec.key: spec for spec in found.resolve_all_asset_specs()}


def test_no_two_nodes_of_the_graph_have_one_name_whichever_feeds_a_home_has(specs):
    assert {"meters", "production"} < {key.path[1] for key in specs}
    named = Counter(key.path[-1] for key in specs)
    assert {name for name, count in named.items() if count > 1} == set()
    assert not {"production", "meters"} & named.keys()  # a feed is no thing
    assert {"ledger", "dead_letters", "audit_log", "meters_dead_letters"} <= named.keys()


def test_groups_are_listed_in_the_order_in_which_data_flow(specs):
    groups = {spec.group_name for spec in specs.values()}
    assert groups <= set(FLOW)
    assert sorted(FLOW) == FLOW
    order = {key: FLOW.index(spec.group_name) for key, spec in specs.items()}
    back = {
        (key.path[-1], dep.asset_key.path[-1])
        for key, spec in specs.items()
        for dep in spec.deps
        if order[dep.asset_key] > order[key]
    }
    # People send back what was refused: that alone goes against the flow.
    assert back == {("records_by_transaction_date", "corrections")}


def test_the_page_of_every_asset_tells_row_key_failures_and_what_comes_next(specs):
    for key, spec in specs.items():
        assert spec.owners, key
        assert spec.kinds, key
        first, empty, *lines = spec.description.splitlines()
        assert first.endswith("."), key
        assert empty == "", key
        told = [re.fullmatch(r"- \*\*(.+?)\*\*: (.+)\.", line) for line in lines]
        assert tuple(one[1] for one in told) == TOLD, key
        assert all(len(one[2]) > 20 for one in told), key


def test_a_command_that_a_page_names_is_there(specs):
    named = set()
    for spec in specs.values():
        named |= set(re.findall(r"`cost-pipeline ([a-z-]+)", spec.description))
    assert {"post", "dead-letters", "ledger", "union", "audit"} <= named
    context = click.Context(main, obj=Feeds(LISTED))
    assert named <= set(main.list_commands(context))


def test_what_is_long_comes_last_among_what_an_asset_says_of_itself(specs):
    for key, spec in specs.items():
        names = list(spec.metadata)
        long = [name for name in names if name in LONG]
        assert names[len(names) - len(long) :] == long, key


def test_numbers_come_before_words_lists_tables_and_pictures():
    table = sums("currency", "amount", {"EUR": Decimal(12500)})
    found = metadata_of(
        {"picture": Markdown("x"), "table": table, "list": ["a"], "words": "a", "n": 1, "b": True}
    )
    assert list(found) == ["n", "b", "words", "list", "picture", "table"]
    assert list(in_order({"list": [], "n": dg.IntMetadataValue(1)})) == ["n", "list"]


def test_sums_are_written_with_their_unit_and_thousands_apart():
    totals = {"USD": Decimal("-1234567.891"), "EUR": Decimal(12500), "": Decimal(1)}
    assert [row["amount"] for row in sums("currency", "amount", totals).rows] == [
        "1.00", "12,500.00 EUR", "-1,234,567.891 USD",
    ]  # fmt: skip
    assert money(Decimal("0.5")) == "0.50"
    assert counts("cause", {"a": 1}).rows == [{"cause": "a", "count": 1}]


def test_what_a_run_says_is_stored_in_that_order(works):
    works.pull(FIRST)
    works.post_what_is_asked()
    for key in (LEDGER, DEAD_LETTERS, raw_key("rentals"), records_key("vendor_invoice")):
        for said in works.materialized(key).values():
            assert list(said.metadata) == list(in_order(said.metadata)), key
            assert len(said.metadata) > 1


def test_every_key_of_before_is_that_of_an_asset_now(specs):
    for feed in (PRODUCTION, METERS):
        for old, new in feed.keys_of_before.items():
            assert asset_key(new) in specs, new
            assert asset_key(old) not in specs, old
