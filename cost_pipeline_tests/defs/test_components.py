"""What `dg` finds of this product: a home as a component, a vendor file to scaffold."""

import os

import click
import dagster as dg
import pytest
from dagster.components.testing import create_defs_folder_sandbox

from cost_pipeline.components import Home, NewVendor, VendorScaffolder, vendor
from cost_pipeline.feeds.all import load_home, problems
from cost_pipeline.home.layout import init_home
from cost_pipeline_tests.defs.production_keys import LEDGER, raw_key


@pytest.fixture
def home(tmp_path):
    return init_home(tmp_path / "home")


@pytest.fixture
def scaffold(home, tmp_path):
    def write(name, **params):
        target = tmp_path / "defs" / name
        target.mkdir(parents=True)
        request = dg.ScaffoldRequest(
            type_name="cost_pipeline.components.vendor",
            target_path=target,
            scaffold_format="yaml",
            project_root=tmp_path,
            params=NewVendor(**{"home": str(home)} | params),
        )
        VendorScaffolder().scaffold(request)
        assert not target.exists(), "nothing is left in the project"

    return write


# Dagster's own use of what Pydantic and Dagster deprecate or call beta.
@pytest.mark.filterwarnings("ignore:`parse_obj_as`:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*currently in beta")
def test_a_home_is_a_component_of_another_project(home):
    with create_defs_folder_sandbox() as sandbox:
        folder = sandbox.scaffold_component(
            component_cls=Home,
            defs_yaml_contents={
                "type": "cost_pipeline.components.Home",
                "attributes": {"path": str(home)},
            },
        )
        written = folder / "defs.yaml"
        relative = os.path.relpath(home, folder)
        written.write_text(written.read_text().replace(str(home), relative))
        with sandbox.load_component_and_build_defs(defs_path=folder) as (component, defs):
            assert isinstance(component, Home)
            keys = {spec.key for spec in defs.resolve_all_asset_specs()}
    assert {LEDGER, raw_key("example_rentals")} <= keys


def test_a_scaffolded_vendor_is_right_from_the_first(home, scaffold):
    settings = home / "productions.yaml"
    settings.write_text(settings.read_text().replace("P100", "S07"))
    example = home / "vendors" / "example_rentals.yaml"
    example.write_text(example.read_text().replace("P100", "S07"))
    scaffold("grip_house")
    assert problems(home) == []
    made = {one.vendor: one for one in load_home(home).vendors}["grip_house"]
    assert made.scope == "S07"
    assert (home / "inbox" / "grip_house").is_dir(), "a folder that is not there stops a run"


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("example_rentals", {}, "this vendor has a file"),
        ("Grip-House", {}, "cannot be called"),
        ("grip_house", {"home": "/nowhere"}, "no such folder"),
        ("grip_house", {"home": ""}, "no home is named"),
    ],
)
def test_what_cannot_be_written_is_told_in_words(scaffold, monkeypatch, name, params, words):
    monkeypatch.delenv("COST_PIPELINE_HOME", raising=False)
    with pytest.raises(click.ClickException, match=words):
        scaffold(name, **params)


def test_dg_is_told_how_to_scaffold_a_vendor():
    assert vendor() is None
    assert VendorScaffolder.get_scaffold_params() is NewVendor
