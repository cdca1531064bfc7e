"""Every command as a user calls it: shapes of the JSON, exit codes, and errors as documents."""

import json
import re
import shutil

import pytest

pytestmark = pytest.mark.e2e

HASH = re.compile(r"[0-9a-f]{64}")
RUN = {
    "nothing_new", "deliveries", "rows", "blank_rows", "records", "posted", "commitments",
    "duplicates",
    "dead_letters", "reference", "by_reason", "provisional", "passed_over",
    "checks", "wrong_vendor_files",
}  # fmt: skip
DELIVERY = {
    "delivery", "vendor", "record", "uri", "pull_date", "size", "state", "encoding", "rows",
    "blank_rows", "records", "posted", "commitments", "duplicates", "dead_letters", "reference",
    "control_total", "account", "drift", "duplicate_of", "role", "parent", "members",
}  # fmt: skip
DEAD_LETTER = {
    "id", "class", "stage", "reasons", "errors", "payload", "delivery", "row", "line", "vendor",
    "record", "fingerprint", "pull_date", "transaction_date", "amount", "currency", "attempts",
    "opened_at", "state", "source", "received_at", "traceback",
}  # fmt: skip
TOTALS = {
    "postings", "active_postings", "original", "base", "by_account", "by_transaction_date",
    "digest",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(cli, tmp_path_factory):
    """A home as `init` lays it out, with the work of its example done."""
    own = tmp_path_factory.mktemp("cli") / "home"
    path = own / "example"
    made = cli("init", own, "--json")
    assert made.code == 0
    assert made.json() == {"home": str(own), "example": str(path)}
    found = cli("run", "--home", path, "--pull-dates", "2026-04-01", "--json")
    assert found.code == 0, found.err
    assert found.json() == {
        "nothing_new": False,
        "deliveries": 1,
        "rows": 4,
        "blank_rows": 0,
        "records": 3,
        "posted": 3,
        "commitments": 0,
        "duplicates": 0,
        "dead_letters": 1,
        "reference": 0,
        "by_reason": {"NEGATIVE_AMOUNT": 1},
        "provisional": [],
        "passed_over": [],
        "wrong_vendor_files": [],
        "checks": {
            "passed": found.json()["checks"]["passed"],
            "failed": [],
            "warnings": [],
        },
    }
    assert set(found.json()) == RUN
    assert found.json()["checks"]["passed"] >= 8
    return path


def test_vendors_are_checked_and_listed(cli, home):
    checked = cli("vendors", "check", "--home", home, "--json")
    assert (checked.code, checked.json()) == (
        0,
        {"problems": [], "missing_folders": {}, "warnings": []},
    )
    assert cli("vendors", "list", "--home", home, "--json").json() == [
        {
            "vendor": "example_rentals",
            "production": "SANDBOX",
            "record": "vendor_invoice",
            "source": "folder",
            "format": "csv",
            "priority": "normal",
            "changes": [],
        }
    ]


def test_deliveries_have_the_public_shape(cli, home):
    (item,) = cli("deliveries", "--home", home, "--json").json()
    assert set(item) == DELIVERY
    assert HASH.fullmatch(item["delivery"])
    assert item["uri"].endswith("/inbox/example/2026-04-01.csv")
    counts = (item["rows"], item["posted"], item["dead_letters"], item["records"])
    assert counts == (4, 3, 1, 3)
    assert (item["state"], item["encoding"]) == ("posted", "utf-8-sig")
    assert item["duplicate_of"] is None
    assert item["control_total"] is None


def test_dead_letters_have_the_public_shape(cli, home):
    found = cli("dead-letters", "list", "--home", home, "--json").json()
    assert set(found) == {"open", "by_reason", "items"}
    assert (found["open"], found["by_reason"]) == (1, {"NEGATIVE_AMOUNT": 1})
    (item,) = found["items"]
    assert set(item) == DEAD_LETTER
    assert (item["class"], item["stage"], item["row"], item["line"]) == (
        "permanent", "validate", 4, 5,
    )  # fmt: skip
    assert item["payload"].startswith("EX-1004,31/03/2026,-£20.00,")
    assert item["errors"][0].keys() == {"field", "code", "message", "value"}
    assert HASH.fullmatch(item["id"])
    assert HASH.fullmatch(item["fingerprint"])


def test_totals_and_verification_have_the_public_shape(cli, home):
    totals = cli("ledger", "totals", "--home", home, "--json").json()
    assert set(totals) == TOTALS
    assert totals["original"] == {"GBP": "1608.75"}
    assert totals["base"] == {"USD": "2128.42"}
    assert HASH.fullmatch(totals["digest"])
    assert totals["by_transaction_date"]["2026-03-31"] == {
        "active_postings": 1,
        "base": {"USD": "63.89"},
    }
    verified = cli("ledger", "verify", "--home", home, "--json")
    assert verified.code == 0
    told = verified.json()
    assert HASH.fullmatch(told.pop("head"))
    tables = home / "lake" / "tables"
    assert told == {
        "ok": True,
        "partitions": 2,
        "batches": 2,
        "postings": 3,
        "files": len([*tables.glob("*/*/*.parquet"), *tables.glob("*/_delta_log/*.json")]),
        "heads": 1,
        "signed": 0,
        "uncovered": 0,
        "first_broken": None,
    }


def test_a_posting_is_traced_to_its_bytes_by_its_id_or_its_transaction_id(cli, home):
    found = cli("ledger", "trace", "EX-1001", "--home", home, "--json").json()
    parts = {"posting", "record", "row", "delivery", "contract", "rate", "batch", "run", "history"}
    assert parts <= set(found)
    assert found["row"]["number"] == 1
    assert found["row"]["line"] == 2
    assert found["row"]["text"].startswith('EX-1001,30/03/2026,"£1,250.00",Example Rentals Ltd')
    assert found["record"]["amount"] == "1250.0000"
    assert found["posting"]["posting_period"] == "2026-03"
    short = cli("ledger", "trace", found["posting"]["posting_id"][:8], "--home", home, "--json")
    assert short.json() == found


def test_rates_are_loaded_once_listed_and_corrected_as_new_vintages(cli, home, tmp_path):
    copied = tmp_path / "home"
    shutil.copytree(home, copied)
    again = cli("fx", "load", "--home", copied, "--json")
    told = {"source": "ecb", "days": 0, "contradictions": 0, "unmapped": []}
    assert (again.code, again.json()) == (0, told)
    file = tmp_path / "rates.csv"
    file.write_text("currency,rate\nUSD,1.2000\n", encoding="utf-8")
    arguments = ("fx", "correct", "--home", copied, "--date", "2026-03-31", "--file", file)
    corrected = cli(*arguments, "--reason", "keyed wrongly", "--json").json()
    assert set(corrected) == {"source", "date", "vintage", "snapshot", "transaction_dates"}
    assert (corrected["date"], corrected["vintage"]) == ("2026-03-31", 2)
    assert "2026-03-31" in corrected["transaction_dates"]
    listed = cli("fx", "list", "--home", copied, "--limit", "500", "--json").json()
    vintages = [row["vintage"] for row in listed if row["reference_date"] == "2026-03-31"]
    assert vintages == [2, 1]
    assert {
        "reference_date", "vintage", "snapshot", "source", "reason", "currencies",
    } == set(listed[0])  # fmt: skip


def _totals(_home):
    return ("ledger", "totals")


def _verified_without_a_file(home):
    next((home / "lake" / "tables" / "ledger").glob("*/*.parquet")).unlink()
    return ("ledger", "verify")


def _no_such_posting(_home):
    return ("ledger", "trace", "ffffffff")


def _run_without_its_folder(home):
    shutil.rmtree(home / "inbox" / "example")
    return ("run", "--pull-dates", "2026-04-01")


@pytest.mark.parametrize(
    ("code", "make"),
    [
        (0, _totals),
        (1, _verified_without_a_file),
        (2, _no_such_posting),
        (3, _run_without_its_folder),
    ],
)
def test_a_process_ends_with_the_code_and_its_documents_on_both_streams(
    program, home, tmp_path, code, make
):
    copied = tmp_path / "home"
    shutil.copytree(home, copied)
    found = program(*make(copied), "--home", copied, "--json")
    assert found.code == code, found.err
    assert bool(found.out) == (code < 2)  # a wrong use and a failed environment answer nothing
    if code < 2:
        assert json.loads(found.out)
    else:
        assert set(found.error()) == {"code", "message", "where", "remedy"}


def test_a_wrong_use_is_one_document_on_standard_error(cli, home):
    found = cli("ledger", "trace", "ffffffff", "--home", home, "--json")
    assert (found.code, found.out) == (2, "")
    assert found.error()["code"] == "NO_SUCH_POSTING"
