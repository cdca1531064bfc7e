"""A production with a chart of accounts, by the command line."""

import pytest

pytestmark = pytest.mark.e2e

DAY = "2026-04-01"
CHART = "gl_code,title\n2000-02,Lenses\n"


@pytest.fixture
def home(make_home, invoices, tmp_path):
    home = make_home(tmp_path / "home", {"acme": invoices("acme")})
    rows = "id,date,amount,currency\nA1,2026-03-31,10.00,USD\n"
    (home / "inbox" / "acme" / f"{DAY}.csv").write_text(rows, encoding="utf-8")
    settings = home / "productions.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("    title: Northern Lights\n", "    title: N\n    chart: charts/p100.csv\n"),
        encoding="utf-8",
    )
    (home / "charts").mkdir()
    (home / "charts" / "p100.csv").write_text(CHART, encoding="utf-8")
    return home


def items(cli, home):
    return cli("dead-letters", "list", "--home", home, "--json").json()["items"]


def test_an_account_that_is_added_to_the_chart_posts_its_rows_on_replay(cli, home):
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    (letter,) = items(cli, home)
    assert letter["reasons"] == ["UNKNOWN_ACCOUNT"]
    assert letter["errors"][0]["message"] == "'2000-01' is not in charts/p100.csv"
    (home / "charts" / "p100.csv").write_text(f"{CHART}2000-01,Camera\n", encoding="utf-8")
    replayed = cli("replay", "--home", home, "--json").json()
    assert (replayed["resolved"], replayed["open"]) == (1, 0)
    assert "2000-01" in cli("ledger", "trace", "A1", "--home", home).out


def test_an_account_that_is_closed_is_taken_out_of_the_ledger(cli, home):
    chart = home / "charts" / "p100.csv"
    chart.write_text(f"{CHART}2000-01,Camera\n", encoding="utf-8")
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    assert items(cli, home) == []
    chart.write_text("gl_code,until\n2000-01,2026-03-30\n", encoding="utf-8")
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    (letter,) = items(cli, home)
    assert "not open on 2026-03-31" in letter["errors"][0]["message"]
    totals = cli("ledger", "totals", "--home", home, "--json").json()
    assert (totals["postings"], totals["active_postings"]) == (2, 0)


def test_a_correction_is_held_to_the_chart_too(cli, home):
    cli("run", "--home", home, "--pull-dates", DAY, "--json")
    sheet = home / "letters.csv"
    cli("dead-letters", "export", "--home", home, "--to", sheet)
    text = sheet.read_text(encoding="utf-8-sig")
    inbox = home / "inbox" / "corrections"
    inbox.mkdir()
    for code, left in (("2000-03", ["2000-01", "2000-03"]), ("2000-02", [])):
        place = inbox / f"{code}.csv"
        place.write_text(text.replace("2000-01", code), encoding="utf-8-sig")
        cli("dead-letters", "import", "--home", home, "--json")
        assert [one["errors"][0]["value"] for one in items(cli, home)] == left
