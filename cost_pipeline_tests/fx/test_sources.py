"""Files of every source in the layouts in which they are published, made by us."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from holidays import financial_holidays

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import Quote, published_sources, sources_of
from cost_pipeline.core.errors import UsageError
from cost_pipeline.fx.calendar import CALENDARS, is_publication_day, last_publication_day
from cost_pipeline.fx.files import LAYOUTS, parse_two_columns, read_rates

SOURCES = published_sources()

ECB_HISTORY = b"Date,USD,GBP,\n2026-10-30,1.1172,0.8338,\n2026-10-29,1.1,N/A,\n"
ECB_DAILY = b"Date, USD, JPY, GBP, \n30 October 2026, 1.1172, 136.00, 0.83380, \n"
ECB_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
  xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time='2026-10-30'>
<Cube currency='USD' rate='1.1172'/><Cube currency='GBP' rate='0.83380'/>
</Cube></Cube></gesmes:Envelope>"""
TREASURY = b"""record_date,country,currency,country_currency_desc,exchange_rate,effective_date
2026-03-31,Canada,Dollar,Canada-Dollar,1.391,2026-03-31
2026-03-31,United Kingdom,Pound,United Kingdom-Pound,0.756,2026-03-31
2026-03-31,Atlantis,Shell,Atlantis-Shell,3.5,2026-03-31
2026-03-31,Canada,Dollar,Canada-Dollar,1.556,2026-05-15
2026-06-30,Canada,Dollar,Canada-Dollar,1.42,2026-06-30
"""
TREASURY_HEADINGS = TREASURY.replace(
    TREASURY.split(b"\n")[0],
    b"Record Date,Country,Currency,Country - Currency Description,Exchange Rate,Effective Date",
)
TREASURY_JSON = b"""{"data":[{"record_date":"2026-03-31","country":"Canada","currency":"Dollar",
"country_currency_desc":"Canada-Dollar","exchange_rate":"1.391","effective_date":"2026-03-31"}],
"meta":{"count":1}}"""
H10 = b""""Series Description","AUSTRALIA -- SPOT EXCHANGE RATE, US$/AUSTRALIAN $","CANADA","INDEX"
"Unit:","Currency:_Per_AUD","Currency:_Per_USD","Index:_1997_Jan_100"
"Multiplier:","1","1","1"
"Currency:","USD","CAD","NA"
"Unique Identifier: ","H10/H10/RXI$US_N.B.AL","H10/H10/RXI_N.B.CA","H10/H10/JRXWTFB_N.B"
"Time Period","RXI$US_N.B.AL","RXI_N.B.CA","JRXWTFB_N.B"
2026-10-09,0.6612,1.3955,120.1
2026-10-12,ND,ND,ND
2026-10-13,0.6601,ND,119.9
"""
VALET_CSV = b""""TERMS AND CONDITIONS"
"https://www.bankofcanada.ca/terms/"

"NAME"
"FX_RATES_DAILY"

"SERIES"
"id","label","description"
"FXUSDCAD","USD/CAD","US dollar to Canadian dollar daily exchange rate"
"FXVNDCAD","VND/CAD","Vietnamese dong to Canadian dollar daily exchange rate"

"OBSERVATIONS"
"date","FXUSDCAD","FXVNDCAD"
"2026-10-29","1.3652","0.000052"
"2026-10-30","1.3664",""
"""
VALET_JSON = b"""{"terms":{"url":"https://www.bankofcanada.ca/terms/"},
"seriesDetail":{"FXUSDCAD":{"label":"USD/CAD"}},
"observations":[{"d":"2026-10-29","FXUSDCAD":{"v":"1.3652"}},
{"d":"2026-10-30","FXUSDCAD":{"v":"1.3664"},"FXEURCAD":{"v":"1.55"}}]}"""


def _days(source, data, **given):
    read = read_rates(data, SOURCES[source], where="file", **given)
    return {
        str(day.reference_date): {name: rate.normalize() for name, rate in day.rates.items()}
        for day in read.days
    }


def _rates(**rates):
    return {name: Decimal(rate).normalize() for name, rate in rates.items()}


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("ecb", ECB_HISTORY,
         {"2026-10-29": _rates(USD="1.1"), "2026-10-30": _rates(USD="1.1172", GBP="0.8338")}),
        ("ecb", ECB_DAILY, {"2026-10-30": _rates(USD="1.1172", JPY="136", GBP="0.8338")}),
        ("ecb", ECB_XML, {"2026-10-30": _rates(USD="1.1172", GBP="0.8338")}),
        ("us_treasury", TREASURY_JSON, {"2026-03-31": _rates(CAD="1.391")}),
        ("fed_h10", H10,
         {"2026-10-09": _rates(AUD="0.6612", CAD="1.3955"), "2026-10-13": _rates(AUD="0.6601")}),
        ("boc", VALET_CSV,
         {"2026-10-29": _rates(USD="1.3652", VND="0.000052"), "2026-10-30": _rates(USD="1.3664")}),
        ("boc", VALET_JSON,
         {"2026-10-29": _rates(USD="1.3652"), "2026-10-30": _rates(USD="1.3664", EUR="1.55")}),
    ],
)  # fmt: skip
def test_a_file_is_read_in_the_layout_in_which_it_is_published(source, data, expected):
    assert _days(source, data) == expected


@pytest.mark.parametrize("data", [TREASURY, TREASURY_HEADINGS])
def test_an_amendment_of_the_treasury_is_in_force_until_the_next_quarter(data):
    assert _days("us_treasury", data) == {
        "2026-03-31": _rates(CAD="1.391", GBP="0.756"),
        "2026-05-15": _rates(CAD="1.556", GBP="0.756"),
        "2026-06-30": _rates(CAD="1.42"),
    }
    read = read_rates(data, SOURCES["us_treasury"], where="file")
    assert read.unmapped == ("Atlantis-Shell",)


def test_an_amendment_without_its_quarter_is_refused():
    lines = TREASURY.splitlines()
    with pytest.raises(UsageError, match="does not hold those of the quarter"):
        _days("us_treasury", b"\n".join([lines[0], lines[4]]))


ENTITY = ECB_XML.replace(
    b"<gesmes:Envelope", b'<!DOCTYPE x [<!ENTITY rate "1.1">]><gesmes:Envelope', 1
).replace(b"rate='1.1172'", b"rate='&rate;'")


@pytest.mark.parametrize(
    ("source", "data", "words"),
    [
        ("ecb", ENTITY, "a document type or an entity is declared"),
        ("ecb", ECB_XML[:200], "it is not XML"),
        ("ecb", ECB_XML.replace(b"rate='0.83380'", b"rate='0'"), "the rate for GBP is zero"),
        ("ecb", ECB_XML.replace(b"'GBP'", b"'USD'"), "USD occurs twice"),
        ("ecb", VALET_JSON, "none of the layouts of the ECB"),
        ("us_treasury", TREASURY.replace(b"0.756", b"1e3"), "'1e3' is not a rate for GBP"),
        ("us_treasury", TREASURY_JSON.replace(b"exchange_rate", b"rate"), "no exchange_rate"),
        ("us_treasury", TREASURY + TREASURY.splitlines()[1], "CAD occurs twice for 2026-03-31"),
        ("fed_h10", H10.replace(b"_Per_AUD", b"_Per_USD").replace(b'"USD","CAD"', b'"AUD","CAD"'),
         "AUD is quoted as AUD per USD, not per_unit"),
        ("fed_h10", H10.replace(b'"1","1","1"', b'"1","100","1"'), "CAD is quoted times 100"),
        ("fed_h10", H10.replace(b",120.1", b""), "2 values under 3 series"),
        ("boc", VALET_CSV.replace(b'"FXUSDCAD","FXVNDCAD"', b'"V39079","FXVNDCAD"'),
         "'V39079' is not a series such as FXUSDCAD"),
        ("boc", VALET_JSON[:60] + b'"observations"', "it is not JSON"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_its_source_publishes_is_refused(source, data, words):
    with pytest.raises(UsageError) as caught:
        _days(source, data)
    assert words in str(caught.value)
    assert caught.value.code == "FX_FILE"


def test_the_layouts_and_calendars_that_sources_name_are_there():
    for source in SOURCES.values():
        assert set(source.layouts) <= LAYOUTS.keys()
        assert source.calendar in CALENDARS
    assert {name for s in SOURCES.values() for name in s.layouts} == LAYOUTS.keys()


def test_a_home_adds_plain_sources_whose_files_do_not_carry_their_day():
    home = Productions.model_validate(
        {
            "fx_sources": {"studio": {"title": "the studio", "pivot": "USD", "quote": "per_unit"}},
            "productions": {"P1": {"title": "x", "base_currency": "USD"}},
        }
    )
    studio = sources_of(home)["studio"]
    assert studio.quote_of("GBP") is Quote.PER_UNIT
    data = b"# reason: rate letter of 1 April\ncurrency,rate\nGBP,1.25\n"
    read = read_rates(data, studio, day=date(2026, 4, 1), where="x")
    assert [(str(d.reference_date), d.rates) for d in read.days] == [
        ("2026-04-01", {"GBP": Decimal("1.25")})
    ]
    assert parse_two_columns(data, studio).reason == "rate letter of 1 April"
    for wrong, day in ((studio, None), (SOURCES["ecb"], date(2026, 4, 1))):
        with pytest.raises(UsageError) as caught:
            read_rates(data, wrong, day=day, where="x")
        assert caught.value.code == "FX_DAY"


@pytest.mark.parametrize(
    ("source", "day", "published"),
    [
        ("fed_h10", "2026-10-12", False),  # Columbus Day
        ("fed_h10", "2026-05-01", True),  # TARGET is closed, the Reserve Banks are not
        ("fed_h10", "2021-12-24", True),  # Christmas on a Saturday is not moved to the Friday
        ("fed_h10", "2021-07-05", False),  # Independence Day on a Sunday is moved to the Monday
        ("boc", "2026-07-01", False),  # Canada Day
        ("boc", "2026-08-03", False),  # the civic holiday
        ("boc", "2026-11-26", True),  # Thanksgiving is another day there
        ("ecb", "2026-05-01", False),
        ("us_treasury", "2026-03-31", True),
        ("us_treasury", "2026-04-01", False),
    ],
)
def test_each_source_has_a_calendar_of_its_own(source, day, published):
    assert is_publication_day(SOURCES[source], date.fromisoformat(day)) is published


def test_a_quarterly_rate_serves_the_whole_quarter():
    treasury = SOURCES["us_treasury"]
    assert last_publication_day(treasury, date(2026, 6, 29)) == date(2026, 3, 31)
    assert last_publication_day(treasury, date(2026, 6, 30)) == date(2026, 6, 30)


def test_the_days_on_which_target_is_closed_are_those_of_the_holidays_package():
    closed = financial_holidays("ECB", years=range(1999, 2101))
    day = date(1999, 1, 4)
    while day < date(2101, 1, 1):
        assert CALENDARS["target"](day) == (day.weekday() < 5 and day not in closed), day
        day += timedelta(days=1)
