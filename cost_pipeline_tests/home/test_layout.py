"""Laying out a home: whole or not at all."""

import json
import resource
import signal
from pathlib import Path

import pytest
import yaml

from cost_pipeline.core.errors import EnvironmentFailedError, UsageError
from cost_pipeline.feeds.all import load_home
from cost_pipeline.home.layout import complete_home, init_home, init_with_example, remove_example


def _tree(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*"))


def test_a_new_home_has_the_public_layout(tmp_path):
    home = init_home(tmp_path / "deep" / "home")
    assert _tree(home) == [
        "dagster",
        "dagster/dagster.yaml",
        "home.json",
        "inbox",
        "inbox/corrections",
        "inbox/example",
        "inbox/example/2026-04-01.csv",
        "lake",
        "productions.yaml",
        "vendors",
        "vendors/example_rentals.yaml",
    ]
    assert _tree(tmp_path / "deep") == ["home", *(f"home/{name}" for name in _tree(home))]
    assert json.loads((home / "home.json").read_text(encoding="utf-8"))["format"] == 1


def test_dagster_is_quiet_monitored_and_does_not_retry_what_acquire_retries(tmp_path):
    text = (init_home(tmp_path / "home") / "dagster" / "dagster.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text) == {
        "telemetry": {"enabled": False},
        "event_log_storage": {
            "module": "cost_pipeline.defs.event_log",
            "class": "BatchedSqliteEventLog",
            "config": {"dagster_home": {"env": "DAGSTER_HOME"}},
        },
        "nux": {"enabled": False},
        "run_monitoring": {"enabled": True},
        "run_retries": {
            "enabled": True,
            "max_retries": 2,
            "retry_on_asset_or_op_failure": False,
        },
        "concurrency": {"runs": {"max_concurrent_runs": 2}},
    }


def test_an_empty_folder_becomes_a_home_and_stays_the_same_folder(tmp_path):
    place = tmp_path / "home"
    place.mkdir()
    before = place.stat().st_ino
    init_home(place)
    assert place.stat().st_ino == before
    assert load_home(place).vendors
    assert not [name for name in _tree(place) if "init" in name]


@pytest.mark.parametrize(
    ("name", "message"), [("notes.txt", "not empty"), ("productions.yaml", "home already")]
)
def test_a_folder_that_holds_something_is_refused_and_untouched(tmp_path, name, message):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        init_home(tmp_path)
    assert _tree(tmp_path) == [name]


def test_a_file_in_the_place_of_a_home_is_refused(tmp_path):
    (tmp_path / "home").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="this is a file"):
        init_home(tmp_path / "home")


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_nothing_behind(tmp_path, exists):
    place = tmp_path / "home"
    if exists:
        place.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
    try:
        with pytest.raises(EnvironmentFailedError) as caught:
            init_home(place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.code == "HOME_NOT_WRITTEN"
    assert caught.value.exit_code == 3
    assert _tree(tmp_path) == (["home"] if exists else [])


def test_a_home_written_by_hand_gets_its_dagster_settings_and_keeps_its_own(tmp_path):
    complete_home(tmp_path)
    place = tmp_path / "dagster" / "dagster.yaml"
    assert "telemetry" in place.read_text(encoding="utf-8")
    place.write_text("{}", encoding="utf-8")
    complete_home(tmp_path)
    assert place.read_text(encoding="utf-8") == "{}"


OF_0_2 = """\
# The Dagster instance of this home (DAGSTER_HOME is this folder).
telemetry:
  enabled: false
nux:
  enabled: false                    # no newsletter dialog at the first visit
run_monitoring:
  enabled: true                     # a crashed run frees its slot
run_retries:
  enabled: true                     # starts a crashed run again; a failed step is not retried here,
  max_retries: 2                    # because calls to vendors have their own retries
  retry_on_asset_or_op_failure: false
concurrency:
  runs:
    max_concurrent_runs: 2
"""


def test_dagster_settings_of_the_version_before_become_those_of_this_unless_edited(tmp_path):
    now = (init_home(tmp_path / "new") / "dagster" / "dagster.yaml").read_text(encoding="utf-8")
    place = tmp_path / "dagster" / "dagster.yaml"
    place.parent.mkdir()
    edited = OF_0_2.replace("max_concurrent_runs: 2", "max_concurrent_runs: 4")
    for before, after in ((OF_0_2, now), (edited, edited)):
        place.write_text(before, encoding="utf-8")
        complete_home(tmp_path)
        assert place.read_text(encoding="utf-8") == after


SCHEMA = {"vendor.schema.json": "{}"}


def test_the_example_is_a_home_of_its_own_inside_the_new_one(tmp_path):
    home, example = init_with_example(tmp_path / "home", SCHEMA)
    assert example == home / "example"
    for place in (home, example):
        for name in ("vendors", "inbox/corrections", "lake", "dagster/dagster.yaml", "home.json"):
            assert (place / name).exists(), (place, name)
    books, sandbox = load_home(home), load_home(example)
    assert (books.vendors, list(books.settings["production"].productions)) == ((), ["P100"])
    assert [vendor.scope for vendor in sandbox.vendors] == ["SANDBOX"]
    assert books.lake_uri != sandbox.lake_uri


def test_one_call_removes_the_example_with_its_lake_and_nothing_else(tmp_path):
    home, example = init_with_example(tmp_path / "home", SCHEMA)
    (example / "lake" / "lake.json").write_text("{}", encoding="utf-8")
    assert remove_example(home) == example
    assert _tree(home) == [
        "dagster", "dagster/dagster.yaml", "home.json", "inbox", "inbox/corrections", "lake",
        "productions.yaml", "vendor.schema.json", "vendors",
    ]  # fmt: skip
    with pytest.raises(UsageError) as caught:
        remove_example(home)
    assert caught.value.code == "NO_EXAMPLE"


def test_a_folder_called_example_that_init_did_not_write_stays(tmp_path):
    home = init_home(tmp_path / "home")
    (home / "example").mkdir()
    (home / "example" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        remove_example(home)
    assert caught.value.code == "NO_EXAMPLE"
    init_home(home / "example" / "deeper")
    books = (home / "example" / "deeper" / "productions.yaml").read_text(encoding="utf-8")
    (home / "example" / "productions.yaml").write_text(books, encoding="utf-8")
    with pytest.raises(UsageError):
        remove_example(home)
    assert (home / "example" / "notes.txt").exists()


@pytest.mark.parametrize("kept", ["vendors/mine.yaml", "inbox/mine/2026-04-02.csv"])
def test_files_that_people_keep_in_the_example_keep_it_from_being_removed(tmp_path, kept):
    home, example = init_with_example(tmp_path / "home", SCHEMA)
    (example / kept).parent.mkdir(exist_ok=True)
    (example / kept).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        remove_example(home)
    assert kept in caught.value.message
    assert (example / kept).read_text(encoding="utf-8") == "mine"
    assert (example / "productions.yaml").exists()
