"""The pages of programs are true: their vendor files post what their tables say."""

import re
import shutil
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
import yaml
from aiohttp import web

from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.pipeline.reports.findings import control_totals_hold, rows_are_conserved
from cost_pipeline.simulator.api import TokenServer
from cost_pipeline.simulator.server_thread import HttpServerThread
from cost_pipeline_tests.command_line import called
from cost_pipeline_tests.conftest import ROOT
from cost_pipeline_tests.docs.vendor_pages import Piece, content_of, pieces
from cost_pipeline_tests.feeds import door

FOLDER = ROOT / "docs" / "vendors"
SAMPLES = FOLDER / "samples"
PIECES = {piece.id: piece for piece in pieces(FOLDER)}
FILES = {name: piece for name, piece in PIECES.items() if "kind: folder" in piece.yaml}
PULLED = date(2026, 4, 2)
SECOND = "DTL|10004|2026-04-01|W-17|2500|2510|75.00|Adjustment\nTRL|1|75.00\n"
SECRET = "simulated"  # noqa: S105  (opens nothing but the simulator)


@pytest.fixture
def home_of(tmp_path):
    """Makes a home with the vendor file of a page; its books are in the currency of the page."""

    def make(piece: Piece, text: str | None = None):
        house = door.House(tmp_path / "home", ())
        (currency,) = {row["currency"] for row in piece.rows}
        settings = door.PRODUCTIONS.replace("base_currency: USD", f"base_currency: {currency}")
        (house.root / "productions.yaml").write_text(settings, encoding="utf-8")
        house.vendor_file(piece.vendor, text or piece.yaml)
        return house

    return make


def said(row: dict, amount: str, currency: str, becomes: str) -> dict[str, str]:
    """A line of the ledger, or a record, as a row of a page's table."""
    return {
        "id": row["transaction_id"],
        "date": str(row["transaction_date"]),
        "amount": str(row[amount].quantize(Decimal("0.01"))),
        "currency": row[currency],
        "vendor": row["vendor_name"] or "",
        "account": row["gl_code"],
        "becomes": becomes,
    }


def what_came(house, environment=None) -> tuple[list[dict[str, str]], Counter]:
    """What a pull makes of the source, as the tables of the pages say it, and what is refused."""
    session = house.session(environment=environment)
    house.work(PULLED, session=session)
    lines = door.active_lines(session)
    posted = {line["record_fingerprint"] for line in lines}
    records = session.lake.table(session.feed.records).snapshot().read().to_pylist()
    rows = [
        *(said(line, "original_amount", "original_currency", "posted") for line in lines),
        *(said(row, "amount", "currency", "waits")
          for row in records if row["fingerprint"] not in posted),
    ]  # fmt: skip
    assert rows_are_conserved(door.reports(session)).passed
    assert control_totals_hold(door.reports(session), COSTS.measure).passed
    return rows, Counter(door.open_reasons(session))


def in_order(rows) -> list[dict[str, str]]:
    return sorted(rows, key=str)


def as_said(piece: Piece, found: tuple[list[dict[str, str]], Counter]) -> None:
    rows, reasons = found
    assert in_order(rows) == in_order(piece.rows)
    waiting = sum(row["becomes"] == "waits" for row in piece.rows)
    assert reasons == Counter({"NEGATIVE_AMOUNT": waiting} if waiting else {})


def test_every_program_has_its_page():
    pages = {piece.page for piece in PIECES.values()}
    assert pages == {
        "bank", "datev", "nested-json-api", "quickbooks", "sage", "sap", "sftp-with-control-file",
        "xero",
    }  # fmt: skip
    overview = (FOLDER / "README.md").read_text(encoding="utf-8")
    for page in pages:
        assert f"({page}.md)" in overview


@pytest.mark.parametrize("name", PIECES)
def test_a_page_shows_its_samples_as_they_are(name):
    piece = PIECES[name]
    assert piece.samples
    assert list(piece.shown) == [content_of(SAMPLES / sample) for sample in piece.samples]


@pytest.mark.parametrize("name", FILES)
def test_the_vendor_file_of_a_page_posts_what_its_table_says(name, home_of):
    piece = FILES[name]
    house = home_of(piece)
    for sample in piece.samples:
        shutil.copy(SAMPLES / sample, house.root / "inbox" / piece.vendor / sample)
    as_said(piece, what_came(house))


@pytest.mark.parametrize("name", PIECES)
def test_the_command_prints_what_the_page_shows(name, home_of):
    piece = PIECES[name]
    house = home_of(piece)
    group, command, sample, *options = piece.command
    assert (group, command, options[:2]) == ("vendors", "try", ["--vendor", piece.vendor])
    found = called(group, command, SAMPLES / sample, "--vendor", piece.vendor,
                   "--home", house.root, "--pull-date", PULLED)  # fmt: skip
    assert found.code == 0
    printed = [line.rstrip() for line in found.out.splitlines()]
    after = 0
    for line in piece.output:
        if line != "...":
            assert line in printed[after:], line
            after = printed.index(line, after) + 1


@pytest.mark.parametrize("name", PIECES)
def test_no_doubt_is_left_about_the_vendor_file_of_a_page(name, home_of):
    house = home_of(PIECES[name])
    (house.root / "known_hosts").touch()
    found = called("vendors", "check", "--home", house.root, "--json")
    assert found.code == 0, found.out
    assert found.json()["warnings"] == []


class Books(HttpServerThread):
    """The API of the page: two pages of bills, behind a server of tokens."""

    def __init__(self, files):
        super().__init__("books")
        self.files = files
        self.tokens = TokenServer("studio", SECRET, lasts=3600, timer=lambda: 0.0)
        self.asked: list[dict[str, str]] = []

    def _app(self):
        app = web.Application()
        app.router.add_get("/api/v2/bills", self._bills)
        app.router.add_post("/oauth/token", self.tokens.token)
        return app

    async def _bills(self, request):
        if not self.tokens.accepts(request):
            return web.Response(status=401)
        self.asked.append(dict(request.query))
        body = self.files[int(request.query["page"]) - 1]
        return web.Response(body=body, content_type="application/json")


def test_the_api_of_the_page_is_read_page_by_page(home_of, monkeypatch):
    piece = PIECES["nested-json-api-books_api"]
    files = [(SAMPLES / sample).read_bytes() for sample in piece.samples]
    secrets = {"BOOKS_CLIENT_ID": "studio", "BOOKS_CLIENT_SECRET": SECRET}
    with Books(files) as books:
        house = home_of(piece, piece.yaml.replace("https://books.example", books.url))
        as_said(piece, what_came(house, secrets))
        page = {"status": "approved", "per_page": "100"}
        assert books.asked == [{**page, "page": "1"}, {**page, "page": "2"}]
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        asked = called("vendors", "test", piece.vendor, "--home", house.root)
    assert asked.code == 0
    assert "2 accepted, 0 refused" in asked.out


def test_the_server_of_the_page_gives_the_file_that_is_complete(home_of, tmp_path):
    pytest.importorskip("asyncssh", reason="the extra `sftp` is not installed")
    from cost_pipeline.simulator.sftp_portal import SftpPortal  # noqa: PLC0415  (needs the extra)

    piece = PIECES["sftp-with-control-file-payday"]
    outgoing = tmp_path / "partner" / "outgoing"
    outgoing.mkdir(parents=True)
    for file in SAMPLES.glob("costs-*"):
        shutil.copy(file, outgoing / file.name)
    with SftpPortal(tmp_path / "partner") as portal:
        here = f"host: 127.0.0.1\n  port: {portal.port}"
        house = home_of(piece, piece.yaml.replace("host: files.payday.example", here))
        (house.root / "known_hosts").write_text(portal.known_hosts, encoding="utf-8")
        secret = {"PAYDAY_SFTP_PASSWORD": SECRET}
        rows, reasons = what_came(house, secret)
        assert in_order(rows) == in_order(piece.rows)
        assert reasons == {"FETCH_FAILED": 1}  # the other file has no control file yet
        whole = "HDR|20260401|PAYDAY BUREAU|P100\n" + SECOND
        (outgoing / "costs-20260401.txt").write_text(whole, encoding="utf-8")
        (outgoing / "costs-20260401.txt.done").touch()
        rows, reasons = what_came(house, secret)
        assert {row["id"]: row["amount"] for row in rows}["10004"] == "75.00"
        assert reasons == {}
        assert portal.refused == []


AROUND = """
production: P100
record: vendor_invoice
source: {kind: folder, path: inbox/case, files: "*"}
format: {kind: csv}
key: none
columns: {amount: [Net], transaction_date: [Date], transaction_id: [Id]}
constants: {currency: GBP, department_code: "3300", gl_code: "3310"}
"""


def examples() -> list[dict]:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [yaml.load(block, yaml.BaseLoader) for block in blocks]  # noqa: S506  (texts only)


def whole(place: int, example: dict) -> str:
    """An example with what a vendor file has besides."""
    around = yaml.load(AROUND, yaml.BaseLoader)  # noqa: S506  (texts only)
    columns = around["columns"] | example.get("columns", {})
    style = example.get("amount", {})
    if "debit" in style:
        del columns["amount"]
    elif example.get("key", {}) != {}:
        columns["vendor_name"] = ["Supplier"]
    merged = around | example | {"vendor": f"example_{place}", "columns": columns}
    merged["constants"] = {
        name: value for name, value in merged["constants"].items() if name not in columns
    }
    return yaml.safe_dump(merged, sort_keys=False, allow_unicode=True)


def test_every_example_of_the_overview_is_a_lawful_part_of_a_vendor_file(tmp_path):
    house = door.House(tmp_path / "home", ())
    found = examples()
    assert len(found) == 20
    for place, example in enumerate(found):
        house.vendor_file(f"example_{place}", whole(place, example))
    (house.root / "inbox" / "case").mkdir()
    (house.root / "inbox" / "bills").mkdir()
    checked = called("vendors", "check", "--home", house.root, "--json")
    assert checked.code == 0, checked.out + checked.err


def test_an_api_with_cents_is_read_as_its_page_says(home_of, tmp_path):
    piece = PIECES["nested-json-api-books_api"]
    page = (FOLDER / "nested-json-api.md").read_text(encoding="utf-8")
    (units,) = re.findall(r"`(amount: \{units: .*?\}\}\})`", page)
    house = home_of(piece, f"{piece.yaml}{units}\n")
    cents = (SAMPLES / piece.samples[0]).read_text(encoding="utf-8")
    file = tmp_path / "cents.json"
    text = cents.replace('"1960.17"', "196017").replace('"800.00"', "80000")
    file.write_text(text, encoding="utf-8")
    found = called("vendors", "try", file, "--vendor", piece.vendor, "--home", house.root)
    assert "USD 2,760.17 accepted" in found.out


def test_the_overview_is_read_in_ten_minutes():
    words = (FOLDER / "README.md").read_text(encoding="utf-8").split()
    assert len(words) <= 10 * 150


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#]+)#?([^)]*)\)", text):
        assert (FOLDER / target).exists(), target
        if anchor:
            heads = re.findall(
                r"^#+ (.*)$", (FOLDER / target).read_text(encoding="utf-8"), re.MULTILINE
            )
            assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in heads}
