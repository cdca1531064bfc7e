"""A vendor that moves to another program: its file says from when on, and older files stay read."""

import csv

VENDOR = """\
vendor: rentals
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/rentals, files: "{pull_date:%Y-%m-%d}.csv"}
format: {kind: csv}
dates: ["%m/%d/%Y"]
tax_ids: us_any
key: [transaction_id]
columns:
  transaction_id: [Ref]
  transaction_date: [Date]
  amount: [Net]
  tax_id: [TIN]
constants: {currency: USD, department_code: "2000", gl_code: "2000-01"}
"""
CHANGES = """\
changes:
  - from: 2026-04-02
    why: They moved to another program
    dates: ["%d.%m.%Y"]
    tax_ids: {scheme: eu_vat, country: DE}
    columns:
      transaction_id: [Beleg]
      transaction_date: [Datum]
      amount: [Betrag]
      tax_id: [USt-IdNr.]
"""
ROW = "B1,01.04.2026,2.50,136 695 976"
PRODUCTIONS = "productions:\n  P100: {title: Northern Lights, base_currency: USD}\n"


def _lines(cli, home):
    file = home / "lines.csv"
    assert cli("ledger", "as-of", "2999-01-01", "--home", home, "--lines", file).code == 0
    with file.open(encoding="utf-8", newline="") as lines:
        return sorted((r["transaction_id"], r["transaction_date"]) for r in csv.DictReader(lines))


def test_a_vendor_changes_its_days_and_columns_on_a_date(cli, tmp_path):
    home = tmp_path / "home"
    (home / "vendors").mkdir(parents=True)
    (home / "inbox" / "rentals").mkdir(parents=True)
    (home / "productions.yaml").write_text(PRODUCTIONS, encoding="utf-8")
    file = home / "vendors" / "rentals.yaml"
    file.write_text(VENDOR, encoding="utf-8")
    inbox = home / "inbox" / "rentals"
    (inbox / "2026-04-01.csv").write_text(
        "Ref,Date,Net,TIN\nA1,04/01/2026,1.50,91-1144442\n", encoding="utf-8"
    )
    (inbox / "2026-04-02.csv").write_text(
        f"Beleg,Datum,Betrag,USt-IdNr.\n{ROW}\nB2,01.04.2026,2.50,136695978\n", encoding="utf-8"
    )
    run = ("run", "--home", home, "--pull-dates", "2026-04-01..2026-04-02", "--json")
    assert cli(*run).code == 1
    before = _lines(cli, home)
    assert before == [("A1", "2026-04-01")]

    file.write_text(VENDOR + CHANGES, encoding="utf-8")
    assert cli("vendors", "check", "--home", home).code == 0
    again = cli("replay", "--home", home, "--json").json()
    assert (again["deliveries"], again["resolved"], again["open"]) == (1, 2, 1)
    assert _lines(cli, home) == [*before, ("B1", "2026-04-01")]
    assert cli("replay", "--home", home, "--json").json()["deliveries"] == 0
    assert cli(*run).code == 0
    drifted = cli("drift", "--home", home, "--json")
    assert (drifted.code, [one["agrees"] for one in drifted.json()]) == (0, [True, True])
    traced = cli("deliveries", "trace", "2026-04-02.csv:2", "--home", home)
    assert ROW in traced.out
    (letter,) = cli("dead-letters", "list", "--home", home, "--json").json()["items"]
    assert letter["reasons"] == ["BAD_TAX_ID"]
    assert "136695978" not in str(letter["errors"])
