"""Guessing on the given cases and on real files, where they are here: what is said, and how often.

The truth of a case is its own vendor file. What a file leaves open must be open.
"""

import json
import re
from datetime import date

import pytest
import yaml

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse.rows import Refused
from cost_pipeline.pipeline.guessing.guess import Guessed, guess
from cost_pipeline.pipeline.trying.reading import try_file

NO_DELIVERIES = re.compile(r"\.(tmp|filepart|crdownload)$|~$|Thumbs\.db$|zero\.csv$|\(1\)")


def cases_of(shared):
    if not (shared / "cases").is_dir():
        pytest.skip("the given cases are not here (shared/cases beside the checkout)")
    for folder in sorted((shared / "cases").iterdir()):
        text = (folder / "vendor.yaml").read_text(encoding="utf-8")
        for file in sorted((folder / "in").iterdir()):
            if not NO_DELIVERIES.search(file.name):
                yield f"{folder.name}/{file.name}", file, yaml.safe_load(text)


@pytest.fixture(scope="session")
def shared(project_root):
    return project_root.parent / "shared"


def forms_of(dates):
    return dates["forms"] if isinstance(dates, dict) else dates


def opened_forms(text):
    """The forms between which a person has to decide."""
    said = re.search(r"# decide: (.*?)every value", text, re.DOTALL)
    return set(re.findall(r'"(%[^"]+)"', said[1])) if said else set()


def verdicts(found, draft, truth):
    """For each aspect whether the draft is right: as the truth, or open where that is one of it."""
    columns = truth["columns"]
    numbers, wanted = draft.get("numbers"), truth.get("numbers", {}).get("decimal", ".")
    sides = (draft.get("amount") or {}).get("debit", [])
    measure = [*(draft["columns"].get("amount") or []), *sides]
    forms = set(truth.get("dates", ["%Y-%m-%d"]))
    guessed = draft.get("dates")
    open_forms = opened_forms(found.yaml) if guessed is None else set()
    plain = numbers is not None and "none has a decimal sign" in found.yaml
    names = {name.casefold() for name in columns["amount"]}
    return {
        "format": found.kind == truth["format"]["kind"]
        and draft["format"].get("delimiter", ",") == truth["format"].get("delimiter", ","),
        "header": True if found.header_line is None else found.header_line >= 1,
        "days": found.fields.get("transaction_date", "").casefold()
        in {name.casefold() for name in columns["transaction_date"]}
        and (bool(forms & set(forms_of(guessed) or ())) or bool(forms & open_forms)),
        "numbers": bool(names & {" ".join(name.split()).casefold() for name in measure})
        and (numbers is None or numbers["decimal"] == wanted or plain),
    }


def test_two_thirds_of_the_given_cases_are_right_in_everything(shared, capsys):
    right, wrong = [], {}
    for name, file, truth in cases_of(shared):
        found = guess(file, COST_CONTRACT, scopes=["P100"])
        if isinstance(found, Refused):
            wrong[name] = found.message
            continue
        told = verdicts(found, yaml.safe_load(found.yaml), truth)
        if all(told.values()):
            right.append(name)
        else:
            wrong[name] = [aspect for aspect, good in told.items() if not good]
    with capsys.disabled():
        print(f"\n{len(right)} of {len(right) + len(wrong)} files of the cases are right")  # noqa: T201
        print(json.dumps(wrong, indent=1))  # noqa: T201
    assert len(right) >= (len(right) + len(wrong)) * 2 / 3


@pytest.mark.real_data
def test_every_file_of_the_given_data_gets_a_draft_or_a_sentence(shared):
    if not (shared / "data").is_dir():
        pytest.skip("the given data are not here (shared/data beside the checkout)")
    files = [file for file in sorted((shared / "data").rglob("*")) if file.is_file()]
    drafts = 0
    for file in files:
        found = guess(file, COST_CONTRACT, most_rows=2_000)
        if isinstance(found, Guessed):
            drafts += 1
            assert isinstance(yaml.safe_load(found.yaml), dict), file
        else:
            assert found.message, file
    assert drafts >= len(files) / 2


LEEDS = {
    "2010-12.csv": ("%d/%m/%Y",), "2011-01.csv": ("%d-%b-%Y",), "2011-09.csv": ("%d/%m/%Y",),
    "2011-11.csv": ("%d/%m/%Y",), "2011-12.csv": ("%d/%m/%Y",), "2013-09.csv": ("%d-%b-%y",),
    "2013-12.csv": ("%d-%b-%y",), "2020-06.csv": ("%d/%m/%Y", "%Y-%m-%d"),
}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize("name", LEEDS)
def test_a_councils_spending_is_read_by_its_own_draft(shared, house, decide, name):
    file = shared / "data" / "leeds-council-spend" / name
    if not file.is_file():
        pytest.skip("the council's spending is not here (shared/data beside the checkout)")
    found = guess(file, COST_CONTRACT, scopes=["P100"])
    assert isinstance(found, Guessed), found
    draft = decide(found.yaml, currency="GBP")
    vendor, reads = house.read(house.put(draft))
    assert set(vendor.dates.forms) <= set(LEEDS[name])
    tried = try_file(reads, vendor, file, pull_date=date(2026, 4, 1))
    refused = {one.code for one in tried.refusals}
    assert not refused & {"BAD_DATE", "BAD_AMOUNT", "SCHEMA_DRIFT"}, tried.refusals
