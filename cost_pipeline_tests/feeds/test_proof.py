"""The ledger proven on a real lake: heads, truncation, time, inclusion, bundles, signatures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cost_pipeline.core.errors import CheckFailedError, EnvironmentFailedError, UsageError
from cost_pipeline.feeds.production.bundle import export
from cost_pipeline.feeds.production.heads import gather, last_head
from cost_pipeline.feeds.production.proof import prove
from cost_pipeline.feeds.production.signing import KEY_VARIABLE
from cost_pipeline.ledger.heads import partitions_root

APRIL_1 = date(2026, 4, 1)
KEY, OTHER_KEY = "11" * 32, "22" * 32
ROWS = [
    ("T1", "2026-04-01", "10.00", "GBP"),
    ("T2", "2026-04-01", "20.00", "USD", 'Hire, "wk 1" Größe'),
    ("T3", "2026-04-02", "30.00", "CAD"),
]
LATER = [("T4", "2026-04-01", "5.00", "GBP"), ("T5", "2026-03-31", "6.00", "USD")]


def _worked(door, place, environment=None):
    """A house with two pulls posted: three dates, of which one has two batches."""
    house = door.House(place)
    for pull_date, rows in (("2026-04-01", ROWS), ("2026-04-02", LATER)):
        house.drop("rentals", pull_date, rows)
        session = replace(house.session(), environment=environment or {})
        house.work(pull_date, session=session)
    return house


@pytest.fixture(scope="module")
def posted(door, tmp_path_factory):
    """Not to be changed."""
    return _worked(door, tmp_path_factory.mktemp("proof") / "home")


@pytest.fixture(scope="module")
def signed(door, tmp_path_factory):
    """The same, posted with a signing key. Not to be changed."""
    return _worked(door, tmp_path_factory.mktemp("signed") / "home", {KEY_VARIABLE: KEY})


@pytest.fixture
def copied(door, posted, tmp_path):
    """A copy to change."""
    shutil.copytree(posted.root, tmp_path / "home")
    return door.House.existing(tmp_path / "home")


def _table(house, name):
    return house.root / "lake" / "tables" / name


def _last_entry(house, name):
    return max((_table(house, name) / "_delta_log").glob("*.json"))


def _first_broken(door, house, **kwargs):
    found = door.verify_ledger(house.session(), **kwargs)
    assert found.broken
    return found.broken[0]


def test_every_commit_has_a_head_over_all_partitions_and_files(door, posted):
    session = posted.session()
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 0, 2)
    assert (found.partitions, found.batches, found.postings) == (3, 4, 5)
    known = last_head(session)
    assert {day: head.batch for day, head in known.partitions.items()} == {
        date(2026, 3, 31): 1, APRIL_1: 2, date(2026, 4, 2): 1,
    }  # fmt: skip
    assert found.head == known.head
    assert len(partitions_root(known.partitions)) == 64
    tables = posted.root / "lake" / "tables"
    ledger = [*tables.glob("ledger/*/*.parquet"), *tables.glob("ledger/_delta_log/*.json")]
    assert len(ledger) == 4 + 3  # four data files, the table's creation and two commits
    assert found.files == len(
        [*tables.glob("*/*/*.parquet"), *tables.glob("*/_delta_log/*.json")]
    ), "of all tables"


def test_a_commit_without_a_head_is_told_and_the_next_run_covers_it(door, copied):
    shutil.rmtree(_table(copied, "ledger_heads"))
    session = copied.session()
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 2, 0)
    gather(session)
    found = door.verify_ledger(session)
    assert (found.broken, found.uncovered, found.heads) == ((), 0, 1)
    gather(session)
    assert door.verify_ledger(session).heads == 1


def test_a_log_cut_off_at_its_end_is_found_and_nothing_is_posted_upon_it(door, copied):
    _last_entry(copied, "ledger").unlink()
    found = _first_broken(door, copied)
    assert (found.transaction_date, found.first.group) == (date(2026, 3, 31), "chain")
    groups = {f.first.group for f in door.verify_ledger(copied.session()).broken}
    assert {"log", "chain"} <= groups
    copied.drop("rentals", "2026-04-03", [("T9", "2026-04-02", "1.00", "USD")])
    with pytest.raises(CheckFailedError) as refused:
        copied.work("2026-04-03")
    assert refused.value.code == "LEDGER_TRUNCATED"


def test_a_partition_whose_files_and_log_entries_are_gone_is_found(door, copied):
    shutil.rmtree(_table(copied, "ledger") / "transaction_date=2026-04-02")
    found = _first_broken(door, copied)
    assert found.transaction_date == date(2026, 4, 2)
    assert found.first.group == "file"


def test_an_older_copy_of_the_whole_lake_is_found_with_a_head_that_was_noted(door, copied, posted):
    noted = door.verify_ledger(posted.session()).head
    for name in ("ledger", "ledger_heads"):
        _last_entry(copied, name).unlink()
        (_table(copied, name) / "_checksums").unlink()
    session = copied.session()
    assert not door.verify_ledger(session).broken
    found = _first_broken(door, copied, expected_head=noted)
    assert (found.first.group, found.first.expected) == ("heads", noted)
    assert not door.verify_ledger(posted.session(), expected_head=noted).broken


def test_a_missing_head_is_found(door, copied):
    second, *_ = sorted((_table(copied, "ledger_heads") / "_delta_log").glob("*.json"))[1:]
    second.write_text(_last_entry(copied, "ledger_heads").read_text("utf-8"), "utf-8")
    _last_entry(copied, "ledger_heads").unlink()
    assert _first_broken(door, copied).first.group == "heads"


def test_statistics_changed_in_the_log_are_found(door, copied):
    entry = _last_entry(copied, "ledger")
    text = entry.read_text("utf-8")
    assert "minValues" in text
    entry.write_text(
        text.replace('\\"gl_code\\":\\"2000-01\\"', '\\"gl_code\\":\\"9000-01\\"'), "utf-8"
    )
    found = _first_broken(door, copied)
    assert found.first.group == "file"
    assert entry.name in found.first.message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '"partitionValues":{"transaction_date":"2026',
            '"partitionValues":{"transaction_date":"20x6',
        ),
        ('"transaction_date":"2026-04-01"}', '"transaction_date":null}'),
        ('"add":', '"adx":'),
        ("{", ""),
    ],
)
def test_a_log_that_cannot_be_opened_is_named_and_what_it_is_not(door, copied, before, after):
    entry = _last_entry(copied, "ledger")
    text = entry.read_text("utf-8")
    assert before in text
    entry.write_text(text.replace(before, after), "utf-8")
    broken = door.verify_ledger(copied.session()).broken
    assert [f for f in broken if f.first.group == "file" and entry.name in f.first.message]
    if before != '"add":':  # a log without a file can be opened
        assert "cannot be opened" in broken[-1].first.message


def test_a_clock_that_was_set_back_does_not_make_a_batch_older(door, copied):
    copied.drop("rentals", "2026-04-03", [("T9", "2026-04-01", "1.00", "USD")])
    copied.work("2026-04-03", session=copied.session(clock=lambda: door.NOW - timedelta(days=30)))
    session = copied.session()
    times = {
        (row["batch"], row["recorded_at"])
        for row in door.rows_of(session, door.LEDGER)
        if row["transaction_date"] == APRIL_1
    }
    assert times == {(1, door.NOW), (2, door.NOW), (3, door.NOW)}
    assert not door.verify_ledger(session).broken


def test_verification_imports_no_dagster(posted):
    code = (
        "import sys\n"
        "from cost_pipeline.cli import main\n"
        "try:\n    main(['ledger', 'verify', '--home', sys.argv[1], '--json'])\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'dagster']\n"
    )
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", code, str(posted.root)], check=True, capture_output=True
    )


# --- one posting


def _script(project_root, name, *arguments, **options):
    """A verifier run as a stranger does: isolated, so that nothing of ours can be imported."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", project_root / "docs" / "examples" / name, *arguments],
        capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]}, **options,
    )  # fmt: skip


def _leaves(value, path=()):
    """Every leaf of a JSON document, as the path to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for key, inner in enumerate(value):
            yield from _leaves(inner, (*path, key))
    else:
        yield path


@pytest.mark.parametrize("transaction", ["T1", "T2", "T3", "T4", "T5"])
def test_a_stranger_can_check_that_a_posting_is_in_the_ledger(
    door, posted, project_root, tmp_path, transaction
):
    proof = prove(posted.session(), transaction)
    assert proof["posting"]["transaction_id"] == transaction
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(proof), "utf-8")
    head = door.verify_ledger(posted.session()).head
    found = _script(project_root, "verify_proof.py", file, head)
    assert (found.returncode, found.stderr) == (0, "")
    assert head in found.stdout
    assert _script(project_root, "verify_proof.py", file, "0" * 64).returncode == 1
    assert len(file.read_bytes()) < 8000


def test_a_proof_in_which_anything_that_is_hashed_was_changed_does_not_hold(posted, load_script):
    verify = load_script("verify_proof.py").verify
    proof = prove(posted.session(), "T1")
    assert verify(proof)
    for path in _leaves(json.loads(json.dumps(proof))):
        if path[0] in ("columns", "format") or path[-1] in ("public_key", "signature"):
            continue
        if path[:2] == ("posting", "batch_root"):
            continue  # it is what the path leads to, and told once more under `batch`
        changed = json.loads(json.dumps(proof))
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        old = inner[path[-1]]
        inner[path[-1]] = "x" if old is None else old + 1 if isinstance(old, int) else _flip(old)
        with pytest.raises((SystemExit, ValueError)):
            verify(changed)


def _flip(text):
    return text[:-1] + ("0" if text[-1:] != "0" else "1")


@pytest.fixture
def load_script(project_root):
    """One of the examples as a module, for many cases without as many processes."""
    import importlib.util  # noqa: PLC0415

    def load(name):
        spec = importlib.util.spec_from_file_location(
            name.removesuffix(".py"), project_root / "docs" / "examples" / name
        )
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_a_posting_that_no_head_covers_is_not_proven(copied):
    shutil.rmtree(_table(copied, "ledger_heads"))
    with pytest.raises(EnvironmentFailedError) as refused:
        prove(copied.session(), "T1")
    assert refused.value.code == "NO_HEAD"


# --- bundles


def _exported(house, folder, environment=None, period="2026-04"):
    session = replace(house.session(), environment=environment or {})
    return export(session, period, folder)


def test_a_bundle_verifies_with_nothing_but_the_script(posted, project_root, tmp_path):
    found = _exported(posted, tmp_path / "bundle")
    assert (found.partitions, found.postings, found.public_key) == (2, 4, None)
    checked = _script(project_root, "verify_bundle.py", tmp_path / "bundle", "--head", found.head)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "4 postings of 2 transaction dates, not signed" in checked.stdout
    assert _script(
        project_root, "verify_bundle.py", tmp_path / "bundle", "--key", "ab" * 32
    ).stderr.startswith("NOT verified: signature.json: the bundle is not signed")


def test_a_signed_bundle_names_its_key_and_another_key_is_refused(
    door, signed, project_root, tmp_path
):
    found = _exported(signed, tmp_path / "bundle", {KEY_VARIABLE: KEY})
    script = ("verify_bundle.py", tmp_path / "bundle", "--key")
    assert _script(project_root, *script, found.public_key).returncode == 0
    refused = _script(project_root, *script, "ab" * 32)
    assert (refused.returncode, refused.stderr) == (
        1, "NOT verified: signature.json: it is signed by another key\n",
    )  # fmt: skip
    verified = door.verify_ledger(signed.session(), public_key=found.public_key)
    assert (verified.broken, verified.signed) == ((), 2)
    assert _first_broken(door, signed, public_key="ab" * 32).first.group == "heads"


def test_a_signature_by_another_key_over_the_same_manifest_is_refused(
    signed, load_script, tmp_path
):
    script = load_script("verify_bundle.py")
    one = _exported(signed, tmp_path / "one", {KEY_VARIABLE: KEY})
    place = tmp_path / "one" / "signature.json"
    document = json.loads(place.read_text("utf-8"))
    script.verify(tmp_path / "one", key=one.public_key)
    for field in ("of", "signature"):
        place.write_text(json.dumps(document | {field: _flip(document[field])}), "utf-8")
        with pytest.raises(script.TamperedError, match=r"signature\.json"):
            script.verify(tmp_path / "one", key=one.public_key)


def test_an_unusable_signing_key_is_told_before_anything_is_written(posted, tmp_path):
    for text in ("x", "11" * 31, "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----"):
        with pytest.raises(UsageError) as refused:
            _exported(posted, tmp_path / "bundle", {KEY_VARIABLE: text})
        assert refused.value.code == "SIGNING_KEY"
        assert not (tmp_path / "bundle").exists()


def _tampered(lines, number, old, new):
    assert old in lines[number - 1]
    return [line.replace(old, new) if i == number else line for i, line in enumerate(lines, 1)]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda lines: _tampered(lines, 1, '.0000"', '.0001"'), "2026-04-01.jsonl, line 1"),
        (lambda lines: lines[1:], "2026-04-01.jsonl, line 1"),
        (lambda lines: [*lines, lines[-1]], "2026-04-01.jsonl, line 4"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "2026-04-01.jsonl, line 1"),
        (lambda lines: lines[:2], "2026-04-01.jsonl: its last batch is missing"),
        (lambda lines: [*lines[:2], lines[2][:-9] + "\n"], "2026-04-01.jsonl, line 3"),
    ],
)
def test_a_tampered_line_of_a_bundle_is_named(posted, load_script, tmp_path, change, where):
    script = load_script("verify_bundle.py")
    _exported(posted, tmp_path / "bundle")
    file = tmp_path / "bundle" / "postings" / "2026-04-01.jsonl"
    file.write_text("".join(change(file.read_text("utf-8").splitlines(keepends=True))), "utf-8")
    with pytest.raises(script.TamperedError, match=where):
        script.verify(tmp_path / "bundle")


def test_a_tampered_manifest_parquet_file_or_stranger_in_a_bundle_is_named(
    posted, load_script, tmp_path
):
    script = load_script("verify_bundle.py")
    _exported(posted, tmp_path / "bundle")
    manifest = tmp_path / "bundle" / "manifest.json"
    text = manifest.read_text("utf-8")
    document = json.loads(text)

    def refused(words):
        with pytest.raises(script.TamperedError, match=words):
            script.verify(tmp_path / "bundle")
        manifest.write_text(text, "utf-8")

    document["totals"][0]["original"] = "1.00"
    manifest.write_text(json.dumps(document), "utf-8")
    refused("the totals are not those of the lines")
    document = json.loads(text)
    del document["partitions"][0]
    manifest.write_text(json.dumps(document), "utf-8")
    refused("2026-04-01 is missing")
    document = json.loads(text)
    document["of_partitions"].pop()
    manifest.write_text(json.dumps(document), "utf-8")
    refused("its partitions are not those of its head")
    parquet = tmp_path / "bundle" / "postings" / "2026-04-01.parquet"
    data = parquet.read_bytes()
    parquet.write_bytes(data[:-1] + b"x")
    refused("2026-04-01.parquet: it is not the file")
    parquet.unlink()
    refused("2026-04-01.parquet: the file is missing")
    parquet.write_bytes(data)
    (tmp_path / "bundle" / "more.txt").write_text("x", "utf-8")
    refused("more.txt: the file is not part of the bundle")


def test_a_broken_ledger_is_not_exported(door, copied, tmp_path):
    folder = _table(copied, "ledger") / "transaction_date=2026-04-02"
    (file,) = folder.glob("*.parquet")
    door.change_parquet(file, "original_amount + 1 as original_amount")
    with pytest.raises(CheckFailedError) as refused:
        _exported(copied, tmp_path / "bundle")
    assert refused.value.code == "LEDGER_BROKEN"
    assert not (tmp_path / "bundle" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("period", "code"),
    [("2026-13", "WRONG_USE"), ("April", "WRONG_USE"), ("2020-01", "NO_SUCH_PERIOD")],
)
def test_a_period_that_is_none_or_empty_is_told(posted, tmp_path, period, code):
    with pytest.raises(UsageError) as refused:
        _exported(posted, tmp_path / "bundle", period=period)
    assert refused.value.code == code
