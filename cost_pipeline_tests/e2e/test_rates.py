"""The worked FX cases, from small files to the posting."""

import pytest

from cost_pipeline.feeds.production.trace import trace

BOOKS_IN_USD = """\
id,date,amount,currency
EASTER-THU,2026-04-02,100.00,EUR
EASTER-FRI,2026-04-03,100.00,EUR
EASTER-SAT,2026-04-04,100.00,EUR
EASTER-SUN,2026-04-05,100.00,EUR
EASTER-MON,2026-04-06,100.00,EUR
EASTER-TUE,2026-04-07,100.00,EUR
OWN,2026-04-04,12.34,USD
RUB-FRESH,2022-03-06,100.00,RUB
RUB-OLD,2022-03-08,100.00,RUB
ISK-2012,2012-06-01,1000,ISK
BGN-2025,2025-12-31,100.00,BGN
BGN-2026,2026-01-02,100.00,BGN
"""
BOOKS_IN_GBP = "id,date,amount,currency\nUSD-GBP,2024-03-28,1000.00,USD\n"
POSTED = {
    "EASTER-THU", "EASTER-FRI", "EASTER-SAT", "EASTER-SUN", "EASTER-MON", "EASTER-TUE",
    "OWN", "RUB-FRESH", "BGN-2025", "USD-GBP",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(make_home, invoices, flow, tmp_path_factory):
    path = tmp_path_factory.mktemp("rates") / "home"
    home = make_home(path, {"usd": invoices("usd"), "gbp": invoices("gbp", "P200")})
    (home / "inbox/usd/2026-04-08.csv").write_text(BOOKS_IN_USD, encoding="utf-8")
    (home / "inbox/gbp/2026-04-08.csv").write_text(BOOKS_IN_GBP, encoding="utf-8")
    run = flow(home)
    run.pull("2026-04-08")
    run.post()
    return run


@pytest.fixture(scope="module")
def refused(run):
    return {item["payload"].split(",")[0]: item for item in run.dead_letters()}


def test_easter_uses_the_last_rates_before_it(run):
    for name in ("THU", "FRI", "SAT", "SUN", "MON"):
        posting = trace(run.session, f"EASTER-{name}")["posting"]
        assert posting["rate_date"] == "2026-04-02", name
    assert trace(run.session, "EASTER-TUE")["posting"]["rate_date"] == "2026-04-07"


def test_a_thousand_dollars_were_790_pounds_95_on_the_thursday_before_easter_2024(run):
    posting = trace(run.session, "USD-GBP")["posting"]
    assert (posting["base_amount"], posting["base_currency"]) == ("790.9500", "GBP")


def test_the_own_currency_needs_no_rate(run):
    found = trace(run.session, "OWN")
    assert found["rate"] is None
    assert found["posting"]["base_amount"] == "12.3400"


def test_a_rate_older_than_the_production_allows_is_refused_with_pair_and_date(run, refused):
    assert trace(run.session, "RUB-FRESH")["posting"]["rate_date"] == "2022-03-01"
    item = refused["RUB-OLD"]
    assert item["reasons"] == ["FX_RATE_TOO_OLD"]
    message = item["errors"][0]["message"]
    for part in ("RUB", "USD", "2022-03-08", "2022-03-01"):
        assert part in message


def test_a_currency_that_the_source_had_stopped_publishing_is_refused(refused):
    item = refused["ISK-2012"]
    assert item["reasons"][0] in {"FX_RATE_TOO_OLD", "FX_RATE_MISSING"}
    message = item["errors"][0]["message"]
    for part in ("ISK", "USD", "2012-06-01"):
        assert part in message


def test_a_currency_that_became_the_euro_is_refused_with_that_hint(run, refused):
    assert trace(run.session, "BGN-2025")["posting"]["rate_date"] == "2025-12-31"
    item = refused["BGN-2026"]
    assert item["reasons"] == ["CURRENCY_NOT_VALID_ON_DATE"]
    assert "EUR" in item["errors"][0]["message"]


def test_nothing_else_was_refused_and_all_is_posted(run, refused):
    assert set(refused) == {"RUB-OLD", "ISK-2012", "BGN-2026"}
    assert run.totals().active_postings == len(POSTED)
