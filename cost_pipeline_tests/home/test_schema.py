"""The schema for editors accepts the vendor files that the program accepts, and helps otherwise."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.home.document import read_document
from cost_pipeline.home.schema import EDITOR, SCHEMA_FILE, vendor_schema
from cost_pipeline.home.templates import EXAMPLE_VENDOR
from cost_pipeline.simulator.demo_home import vendor_files as demo_files
from cost_pipeline_tests.command_line import called
from cost_pipeline_tests.feeds_sample.meters import CONTRACT as METERS

SCHEMA = vendor_schema([COST_CONTRACT])
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class _AsEditorsRead(yaml.SafeLoader):
    """YAML with its types, as editors hand it to a schema: days are no type of JSON."""


_AsEditorsRead.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def complaints(value) -> list[str]:
    return [f"{one.json_path}: {one.message}" for one in VALIDATOR.iter_errors(value)]


def vendor_files(root: Path) -> dict[str, str]:
    """Every vendor file that stands in the docs, the program and the tests, by where it stands."""
    found = {"init": EXAMPLE_VENDOR}
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    for page in pages:
        for number, text in enumerate(
            re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        ):
            found[f"{page.name} {number}"] = text
    for file in [*(root / "docs").rglob("*.yaml"), *root.parent.glob("shared/cases/*/vendor.yaml")]:
        found[f"{file.parent.name}/{file.name}"] = file.read_text(encoding="utf-8")
    for file in (root / "cost_pipeline_tests").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for number, literal in enumerate(re.findall(r'"""\\\n(vendor: .*?)"""', text, re.DOTALL)):
            found[f"{file.name} {number}"] = literal
    return found


def whole(text: str) -> bool:
    """Whether a text is a vendor file of a listed feed, and not a piece of one or a template."""
    try:
        value = yaml.load(text, _AsEditorsRead)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return False
    needed = {"vendor", "record", "source", "format", "key", "columns"}
    listed = "feed: meters" not in text and "feed: plays" not in text
    return isinstance(value, dict) and needed <= value.keys() and listed


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_vendor_file_is_accepted_with_and_without_types(project_root, tmp_path):
    found = {name: text for name, text in vendor_files(project_root).items() if whole(text)}
    assert len(found) >= 3  # more where the given cases lie beside the checkout
    file = tmp_path / "one.yaml"
    for name, text in found.items():
        assert complaints(yaml.load(text, _AsEditorsRead)) == [], name  # noqa: S506 - safe
        file.write_text(text, encoding="utf-8")
        assert complaints(read_document(file, "one.yaml").value) == [], name


DEMO = demo_files("http://127.0.0.1:1")


@pytest.mark.parametrize("name", DEMO)
def test_the_vendor_files_of_the_demo_are_accepted(name):
    assert complaints(yaml.load(DEMO[name], _AsEditorsRead)) == []  # noqa: S506 - a safe loader


GOOD = {
    "vendor": "v", "production": "P100", "record": "vendor_invoice",
    "source": {"kind": "folder", "path": "inbox"}, "format": {"kind": "csv"},
    "key": ["transaction_id"], "columns": {"transaction_id": ["Id"]},
}  # fmt: skip
SHORT = {
    "a key of one": {"key": "transaction_id"},
    "no key": {"key": "none"},
    "a key with another": {"key": {"columns": "transaction_id", "else": ["amount"]}},
    "days as a list": {"dates": ["%d.%m.%Y"]},
    "days as one": {"dates": "%d.%m.%Y"},
    "days as a section": {"dates": {"forms": ["%d %B"], "year": 2026, "languages": ["de"]}},
    "all is cleaned": {"clean": "all"},
    "some is cleaned": {"clean": ["breaks"]},
    "a header is none": {"format": {"kind": "csv", "header": "none", "names": ["a", "b"]}},
    "names by place": {"format": {"kind": "csv", "header": "none", "width": 9, "names": {1: "a"}}},
    "all sheets": {"format": {"kind": "excel", "sheets": "all", "digits": 15}},
    "a named layout": {"format": {"kind": "fixed_width", "layout": "some_layout"}},
    "a kind's own layout": {"format": {"kind": "showbiz_ubx"}},
    "attempts": {"source": {"kind": "http", "url": "https://x.example", "attempts": 7}},
    "expected": {"expect": "weekdays"},
    "expected by": {"expect": {"cron": "0 17 * * 1-5", "by": "20:00"}},
    "spaces": {"numbers": {"decimal": ",", "thousands": "space"}},
    "any day": {"plausible": {"before": "any", "after": 3}},
    "numbers as codes": {"constants": {"department_code": 3300, "gl_code": 3301}},
    "codes in a file": {"codes": [{"from": "Account", "file": "codes/acme.csv"}]},
    "codes spelled out": {
        "codes": [
            {
                "from": ["Account", "Konto"],
                "otherwise": "keep",
                "table": {4711: {"gl_code": 2210}},
                "fields": "gl_code",
            }
        ]
    },
    "a scheme of tax ids": {"tax_ids": "gb_vat"},
    "a scheme and a country": {"tax_ids": {"scheme": "eu_vat", "country": "DE"}},
    "one mark": {"amount": {"marks": {"credit": "CR", "debit": "DR"}, "zero": "-"}},
}
BROKEN = {
    "a key that is not known": {"priorty": "normal"},
    "a word that is not lawful": {"priority": "urgent"},
    "a record of no feed": {"record": "invoice"},
    "a format of no kind": {"format": {"kind": "xls"}},
    "a key of another kind": {"format": {"kind": "csv", "sheet": "x"}},
    "a source without its folder": {"source": {"kind": "folder"}},
    "a key of a section that is not known": {"numbers": {"decimals": ","}},
    "a field that no record has": {"columns": {"supplier": ["Name"]}},
    "a scheme that is none": {"tax_ids": "us"},
    "no list": {"columns": {"transaction_id": "Id"}},
    "a number that is none": {"source": {"kind": "http", "url": "https://x.example",
                                         "read_timeout": "soon"}},
    "codes of no column": {"codes": [{"file": "codes/acme.csv"}]},
    "a flag that is none": {"posts": "maybe"},
    "a name that is not lawful": {"vendor": "9 Lives"},
    "a secret in the file": {"source": {"kind": "http", "url": "https://x.example",
                                        "auth": {"kind": "bearer", "env": "s3cret"}}},
}  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_short_forms_are_accepted(name):
    assert complaints({**GOOD, **SHORT[name]}) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_found(name):
    assert complaints({**GOOD, **BROKEN[name]})


@pytest.mark.parametrize("key", ["vendor", "record", "source", "format", "key", "columns"])
def test_a_missing_key_is_found(key):
    assert complaints({name: value for name, value in GOOD.items() if name != key})


def test_keys_say_what_they_are_for():
    described = SCHEMA["$defs"]["FolderSource"]["properties"]["files"]["description"]
    assert described.startswith("A name with a date pattern")
    assert SCHEMA["properties"]["ids"]["description"].startswith("What is taken off ids")
    assert SCHEMA["$defs"]["CsvFormat"]["description"] == "Delimited rows."


def test_a_home_has_the_schema_that_its_vendor_files_name(tmp_path):
    assert called("init", tmp_path / "home").code == 0
    first = (tmp_path / "home" / "example" / "vendors" / "example_rentals.yaml").read_text(
        encoding="utf-8"
    )
    assert first.splitlines()[0] == f"# {EDITOR}"
    for home in (tmp_path / "home", tmp_path / "home" / "example"):
        named = (home / "vendors" / EDITOR.partition("=")[2]).resolve()
        assert named == home / SCHEMA_FILE
        schema = yaml.safe_load(named.read_text(encoding="utf-8"))
        assert schema == called("vendors", "schema").json()


def test_several_feeds_have_one_schema():
    both = vendor_schema([COST_CONTRACT, METERS])
    validator = jsonschema.Draft202012Validator(both)
    assert validator.is_valid(GOOD)
    assert not validator.is_valid({**GOOD, "lot": "LOT-7"})
