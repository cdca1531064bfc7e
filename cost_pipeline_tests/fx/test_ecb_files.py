"""Reading rate files, and the calendar on which rates appear."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cost_pipeline.contracts.rate_sources import ecb as ecb_source
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.reference import reference_path
from cost_pipeline.fx.calendar import (
    is_publication_day,
    last_publication_day,
    next_publication_day,
)
from cost_pipeline.fx.ecb import parse_history
from cost_pipeline.fx.files import parse_two_columns

ECB = ecb_source()


def test_the_history_that_comes_with_the_project_is_the_one_its_citation_names():
    data = reference_path("ecb/eurofxref-hist.csv").read_bytes()
    citation = reference_path("ecb/CITATION.md").read_text(encoding="utf-8")
    assert hashlib.sha256(data).hexdigest() in citation
    assert "Source: ECB statistics" in citation


@pytest.mark.real_data
def test_the_history_is_byte_for_byte_the_published_file(shared_data):
    published = (shared_data / "ecb-eurofxref-hist.csv").read_bytes()
    assert reference_path("ecb/eurofxref-hist.csv").read_bytes() == published


def test_the_whole_history_is_read_without_a_phantom_currency(history):
    assert len(history) == 7126
    assert (history[0].reference_date, history[-1].reference_date) == (
        date(1999, 1, 4),
        date(2026, 10, 30),
    )
    currencies = set().union(*(day.rates for day in history))
    assert len(currencies) == 41
    assert all(len(name) == 3 for name in currencies)


def test_rates_are_decimals_with_ten_places_read_from_text(history):
    last = history[-1].rates
    assert str(last["ISK"]) == "136.0000000000"
    assert str(last["USD"]) == "1.1172000000"
    assert "RUB" not in last


def test_the_calendar_equals_the_days_of_the_published_history(history):
    published = {day.reference_date for day in history}
    first, last = min(published), max(published)
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    assert {day for day in days if is_publication_day(ECB, day)} == published


def test_easter_uses_the_thursday_before_and_goes_on_after_the_monday():
    for day in range(3, 7):
        assert last_publication_day(ECB, date(2026, 4, day)) == date(2026, 4, 2)
    assert last_publication_day(ECB, date(2026, 4, 7)) == date(2026, 4, 7)
    assert next_publication_day(ECB, date(2026, 4, 2)) == date(2026, 4, 7)


def test_there_is_no_publication_day_before_the_euro():
    assert last_publication_day(ECB, date(1999, 1, 3)) is None
    assert last_publication_day(ECB, date(1, 1, 1)) is None
    assert next_publication_day(ECB, date(1998, 1, 1)) == date(1999, 1, 4)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (b"", ":1", "the first line"),
        (b"<html></html>\n", ":1", "the first line"),
        (b"Date,USD,\n2024-01-02,1.1,1.2,\n", ":2", "2 rates under 1"),
        (b"Date,USD,JPY,\n2024-01-02,1.1,\n", ":2", "1 rates under 2"),
        (b"Date,USD,USD,\n", ":1", "USD occurs twice"),
        (b"Date,USD,,JPY,\n", ":1", "'' is not a currency code"),
        (b"Date,EUR,\n", ":1", "EUR is always 1"),
        (b"Date,USD,\n32 January 2024,1.1,\n", ":2", "is not a day"),
        (b"Date,USD,\n02/01/2024,1.1,\n", ":2", "is not a day"),
        (b"Date,USD,\n2024-02-30,1.1,\n", ":2", "is not a day"),
        (b"Date,USD,\n2024-01-02,1e1,\n", ":2", "'1e1' is not a rate"),
        (b"Date,USD,\n2024-01-02,-1.1,\n", ":2", "'-1.1' is not a rate"),
        (b"Date,USD,\n2024-01-02,\xd9\xa1,\n", ":2", "is not a rate"),
        (b"Date,USD,\n2024-01-02,0.000,\n", ":2", "is zero"),
        (b"Date,USD,\n2024-01-02,1.12345678901,\n", ":2", "is not a rate"),
        (b"Date,USD,\n2024-01-02,1.1,\n\n2024-01-02,1.2,\n", ":4", "occurs twice"),
        (b"Date,USD,\n\xff\xfe", ":1", "not UTF-8"),
        (b'Date,USD,\n2024-01-02,"1.1\n', ":2", "unexpected end of data"),
    ],
)
def test_a_file_that_is_no_history_is_refused_with_its_line(text, where, what):
    with pytest.raises(UsageError) as caught:
        parse_history(text, where="rates.csv")
    assert what in caught.value.message
    assert caught.value.where == f"rates.csv{where}"
    assert (caught.value.code, bool(caught.value.remedy)) == ("FX_FILE", True)


def test_a_byte_order_mark_blank_lines_and_days_without_rates_do_no_harm():
    text = "\ufeffDate,USD,JPY,\n\n2024-01-03,N/A,N/A,\n2024-01-02,1.1,,\n".encode()
    (day,) = parse_history(text)
    assert (day.reference_date, day.rates) == (date(2024, 1, 2), {"USD": Decimal("1.1")})


def test_a_correction_file_is_a_currency_and_its_rate():
    assert parse_two_columns(b"currency,rate\r\nCAD,1.7\r\nGBP,0.85\r\n", ECB).rates == {
        "CAD": Decimal("1.7"),
        "GBP": Decimal("0.85"),
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"currency;rate\nCAD;1.7\n",
        b"currency,rate\n",
        b"currency,rate\nCAD,1.7,x\n",
        b"currency,rate\nCAD,\n",
        b"currency,rate\nCAD,N/A\n",
        b"currency,rate\nEUR,1\n",
        b"currency,rate\nCAD,1.7\nCAD,1.8\n",
        b"currency,rate\nCanada,1.7\n",
    ],
)
def test_a_correction_file_that_is_not_one_is_refused(text):
    with pytest.raises(UsageError):
        parse_two_columns(text, ECB)
