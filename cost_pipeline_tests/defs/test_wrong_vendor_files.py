"""A wrong vendor file stops its own vendor: the others load, work and post; nothing posted moves.

Rounds: two dates are pulled and posted once, for the whole file; three pulls beside that.
"""

import shutil

import dagster as dg
import pytest

from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.core.errors import UsageError
from cost_pipeline.defs.build import build_definitions
from cost_pipeline.defs.resources import session_of
from cost_pipeline.feeds.all import FEEDS
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.lake.vendor_files import vendor_files
from cost_pipeline.pipeline.feeds_of import contracts_of
from cost_pipeline.pipeline.homes import open_home
from cost_pipeline.pipeline.posting.dates import due
from cost_pipeline.pipeline.validation.replay import behind
from cost_pipeline_tests.command_line import called
from cost_pipeline_tests.defs.conftest import FIRST, FIRST_ROWS, ORDERS, SECOND, SECOND_ROWS, Works
from cost_pipeline_tests.defs.production_keys import (
    DEAD_LETTERS,
    LEDGER,
    PULL_JOB,
    raw_key,
    records_key,
)

THIRD = "2026-04-03"
RENTALS, LISTING = raw_key("rentals"), raw_key("listing")
CONTRACTS = contracts_of(FEEDS)


@pytest.fixture(scope="module")
def worked(door, tmp_path_factory):
    """A home with a pair of vendors, one of which only serves reconciliation, and its history."""
    house = door.House(tmp_path_factory.mktemp("worked") / "home", ["orders"])
    text = door.vendor_text("rentals")
    house.vendor_file("rentals", f"{text}reconcile_with: {{vendor: listing}}\n")
    house.vendor_file("listing", f"{text.replace('rentals', 'listing')}posts: false\n")
    house.drop("orders", FIRST, ORDERS)
    for name in ("rentals", "listing"):
        house.drop(name, FIRST, FIRST_ROWS)
        house.drop(name, SECOND, SECOND_ROWS)
    with dg.DagsterInstance.ephemeral() as instance:
        works = Works(house, instance)
        works.pull(FIRST)
        works.pull(SECOND)
        assert works.post("2026-03-31", "2026-04-02").success
    return house


@pytest.fixture
def broken(worked, tmp_path):
    return worked.copy(tmp_path / "home")


@pytest.fixture
def vendor_file(broken):
    """The files of vendors, by name."""
    return lambda name: broken.root / "vendors" / f"{name}.yaml"


@pytest.fixture(scope="module")
def before(worked):
    """The assets of the home while its files are right."""
    return {spec.key for spec in build_definitions(worked.root, FEEDS).resolve_all_asset_specs()}


def session_now(house):
    return session_of(PRODUCTION, open_home(house.root, CONTRACTS), "test")


def spec_of(definitions, key):
    return {spec.key: spec for spec in definitions.resolve_all_asset_specs()}[key]


def unreadable(file):
    file.unlink()
    file.mkdir()


def edited(old, new):
    return lambda file: file.write_text(file.read_text().replace(old, new))


WAYS = {
    "no YAML": (lambda file: file.write_text("vendor: [rentals\n"), "not YAML"),
    "an unknown key": (edited("record:", "recrod:"), "`recrod` is not a key"),
    "a wrong value": (edited("kind: csv", "kind: cvs"), "no format of the kind `cvs`"),
    "not UTF-8": (lambda file: file.write_bytes(b"vendor: \xff\xfe\n"), "is not UTF-8 text"),
    "not to be read": (unreadable, "is a folder where a file should be"),
    "an unknown production": (edited("P100", "P999"), "no production `P999`"),
    "two files of one name": (
        lambda file: shutil.copy(file, file.with_name("a_copy.yaml")),
        "described in vendors/a_copy.yaml already",
    ),
    "empty": (lambda file: file.write_text(""), "the file is empty"),
}


@pytest.mark.parametrize(
    ("way", "name"), [*((way, "rentals") for way in WAYS), ("no YAML", "listing")]
)
def test_the_others_load_the_wrong_one_says_why_and_nothing_is_out_of_date(
    broken, vendor_file, before, way, name
):
    wrong, words = WAYS[way]
    wrong(vendor_file(name))
    definitions = build_definitions(broken.root, FEEDS)
    keys = {spec.key for spec in definitions.resolve_all_asset_specs()}
    assert before <= keys
    assert keys - before == ({raw_key("a_copy")} if way == "two files of one name" else set())
    description = spec_of(definitions, raw_key(name)).description
    assert words in description
    assert f"vendors/{name}.yaml" in description
    assert "reload the code location" in description
    dg.Definitions.validate_loadable(definitions)
    session = session_now(broken)
    assert due(session, PRODUCTION.book).behind == []
    assert behind(session) == []
    assert {v.vendor: v.posts for v in session.home.vendors} == {
        "listing": False,
        "orders": True,
        "rentals": True,
    }


def test_a_pull_fails_for_the_wrong_one_alone_and_is_green_once_it_is_mended(
    broken, vendor_file, instance
):
    text = vendor_file("rentals").read_text()
    vendor_file("rentals").write_text(f"colour: red\n{text}")
    (broken.root / "vendors" / "New vendor.yaml").write_text("vendor: {\n")
    for name in ("rentals", "listing", "orders"):
        broken.drop(name, THIRD, [(f"{name}9", THIRD, "9.00", "GBP", "new")])
    works = Works(broken, instance)
    new = raw_key("new_vendor")
    partitions = works.definitions.resolve_job_def(PULL_JOB).partitions_def

    def states(*keys):
        return [
            instance.get_status_by_partition(key, [THIRD], partitions)[THIRD].name for key in keys
        ]

    result = works.run(PULL_JOB, THIRD)
    assert not result.success
    assert states(RENTALS, new) == ["FAILED", "FAILED"]
    stands = (LISTING, raw_key("orders"), records_key(RecordKind.VENDOR_INVOICE), DEAD_LETTERS)
    assert states(*stands) == ["MATERIALIZED"] * 4
    checks = {(e.asset_key, e.check_name): e for e in result.get_asset_check_evaluations()}
    for key, where in ((RENTALS, "vendors/rentals.yaml:1"), (new, "vendors/New vendor.yaml:2")):
        red = checks[key, "fetched"]
        assert not red.passed
        assert red.severity is dg.AssetCheckSeverity.ERROR
        assert "the vendor file is wrong" in red.description
        assert where in red.description, red.description
    (failure,) = [
        e.dagster_event
        for e in instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    ]
    said = failure.step_failure_data.user_failure_data.description
    assert "rentals: the vendor file is wrong: vendors/rentals.yaml:1" in said
    assert works.post(THIRD).success, "what came is posted"
    vendor_file("rentals").write_text(text)
    vendor_file("New vendor").unlink()
    works.definitions = build_definitions(broken.root, FEEDS)
    assert new not in {spec.key for spec in works.definitions.resolve_all_asset_specs()}
    works.pull(THIRD)
    assert states(RENTALS) == ["MATERIALIZED"]
    assert works.statuses(RENTALS, "fetched") == {THIRD: "SUCCEEDED"}


def test_a_file_that_was_mended_since_the_location_was_loaded_is_pulled(broken, vendor_file):
    """The location is of the time when it was loaded; a run reads the files as they are."""
    text = vendor_file("orders").read_text()
    vendor_file("orders").write_text("vendor: {\n")
    with dg.DagsterInstance.ephemeral() as instance:
        works = Works(broken, instance)
        vendor_file("orders").write_text(text)
        broken.drop("orders", THIRD, ORDERS)
        works.pull(THIRD)
        assert works.materialized(raw_key("orders")).keys() == {THIRD}


def test_what_was_never_kept_is_not_guessed(broken, vendor_file):
    """A lake of an earlier version has no last good files; the location loads, and works not."""
    (broken.root / "lake" / "vendor_files.json").unlink()
    vendor_file("rentals").write_text("vendor: {\n")
    definitions = build_definitions(broken.root, FEEDS)
    assert "not YAML" in spec_of(definitions, RENTALS).description
    assert LEDGER in {spec.key for spec in definitions.resolve_all_asset_specs()}
    with pytest.raises(UsageError, match="not YAML") as caught:
        open_home(broken.root, CONTRACTS)
    assert caught.value.code == "BAD_HOME"


@pytest.mark.parametrize("text", ["", "{", '{"vendors": {"rentals": {}}}', '{"vendors": []}'])
def test_what_was_kept_and_cannot_be_read_is_not_guessed_either(broken, vendor_file, text):
    (broken.root / "lake" / "vendor_files.json").write_text(text)
    assert [v.vendor for v in open_home(broken.root, CONTRACTS).vendors]
    vendor_file("rentals").write_text("vendor: {\n")
    with pytest.raises(UsageError):
        open_home(broken.root, CONTRACTS)


def test_a_file_that_does_not_say_its_name_may_be_one_that_was_renamed(broken, vendor_file):
    vendor_file("listing").rename(vendor_file("renamed"))
    vendor_file("renamed").write_text("vendor: {\n")
    with pytest.raises(UsageError):
        open_home(broken.root, CONTRACTS)
    vendor_file("renamed").write_text("vendor: listing\nposts: no, never\n")
    home = open_home(broken.root, CONTRACTS)
    assert [(one.vendor, one.stands) for one in home.wrong] == [("listing", "last_good")]
    assert next(v for v in home.vendors if v.vendor == "listing").posts is False


def test_files_that_do_not_fit_to_what_a_wrong_one_last_said_stop_the_work(broken, vendor_file):
    """Else both of a pair would post the same costs, each by itself right."""
    rentals = vendor_file("rentals")
    vendor_file("listing").write_text(vendor_file("listing").read_text().replace("posts: fal", "x"))
    assert [w.vendor for w in open_home(broken.root, CONTRACTS).wrong] == ["listing"]
    rentals.write_text(rentals.read_text().replace("amount:", "amuont:"))
    listing = vendor_file("listing")
    listing.write_text(listing.read_text().replace("xse\n", "posts: true\n"))
    with pytest.raises(UsageError):
        open_home(broken.root, CONTRACTS)


def test_a_run_does_the_rest_and_ends_with_2(broken, vendor_file):
    text = vendor_file("rentals").read_text()
    vendor_file("rentals").write_text(f"colour: red\n{text}")
    broken.drop("orders", THIRD, [("O3", THIRD, "3.00", "GBP", "new")])
    run = ("run", "--home", broken.root, "--pull-dates", THIRD, "--json")
    found = called(*run)
    assert found.code == 2
    assert found.error()["code"] == "BAD_HOME"
    assert "Everything else was done" in found.error()["remedy"]
    summary = found.json()
    assert summary["commitments"] == 1
    (wrong,) = summary["wrong_vendor_files"]
    assert (wrong["vendor"], wrong["file"]) == ("rentals", "vendors/rentals.yaml")
    assert wrong["last_good"] is True
    assert wrong["problems"][0]["where"] == "vendors/rentals.yaml:1"
    assert [gap["vendor"] for gap in summary["provisional"]] == ["rentals"]
    kept = vendor_files(broken.root / "lake")
    listed = called("dead-letters", "list", "--home", broken.root)
    assert listed.code == 0
    assert "warning: rentals: the vendor file is wrong: vendors/rentals.yaml:1" in listed.err
    vendor_file("rentals").write_text(text)
    assert called(*run).code == 0
    assert vendor_files(broken.root / "lake") == kept
