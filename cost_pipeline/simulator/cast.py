"""The invented vendors: what they bill, in what, and which mistakes they make on which day.

Days are places in the world's pull dates: 0 is 2026-03-31, 6 is 2026-04-06. Every name is invented.
"""

from __future__ import annotations

from typing import Final

from cost_pipeline.simulator.costs import Account, Character

NORTHWIND: Final = Character(
    name="northwind_rentals",
    prefix="NW",
    daily=1200,
    currencies=("EUR", "EUR", "GBP"),
    accounts=(
        Account("3301", "3300", None, ("Camera body, day", "Lens set, week", "Matte box")),
        Account("3202", "3200", None, ("LED panel, day", "Generator 60 kVA", "Cable drum")),
        Account("3403", "3400", None, ("Recorder, week", "Boom and blimp")),
    ),
    payees=("Northwind Rentals Europe BV", "Northwind Rentals UK Ltd"),
    largest=4000,
    again=40,
    faults={
        1: {"NEGATIVE_AMOUNT": 2, "BAD_DATE": 1},
        3: {"KEY_CONFLICT": 2, "CURRENCY_NOT_VALID_ON_DATE": 1},
        5: {"BAD_GL_CODE": 2, "KEY_CONFLICT": 1},
    },
)

GUILD: Final = Character(
    name="guild_payroll",
    prefix="GP",
    daily=600,
    currencies=("USD",),
    accounts=(
        Account("2001", "2000", "DGA", ("REGULAR 1X", "OVERTIME 1.5X")),
        Account("2101", "2100", "SAG-AFTRA", ("REGULAR 1X", "MEAL PENALTY")),
        Account("2301", "2300", "IATSE", ("REGULAR 1X", "OVERTIME 1.5X", "DOUBLE TIME 2X")),
        Account("3501", "3500", "TEAMSTERS-399", ("REGULAR 1X", "OVERTIME 1.5X")),
    ),
    payees=tuple(f"W-{number:05}" for number in range(10_000, 10_160)),
    largest=1500,
    faults={
        0: {"UNION_CATEGORY_MISSING": 2},
        2: {"UNION_CATEGORY_MISMATCH": 2, "UNMAPPED_COST_CODE": 1},
        6: {"UNION_CATEGORY_MISSING": 1, "NEGATIVE_AMOUNT": 1},
    },
)

MAPLE: Final = Character(
    name="maple_locations",
    prefix="ML",
    daily=400,
    currencies=("CAD",),
    accounts=(
        Account("3601", "3600", None, ("Old mill", "Harbour front, pier 4", "Farm road")),
        Account("3602", "3600", None, ("Town hall", "Café and courtyard")),
    ),
    payees=tuple(f"Maple Land Holding {number}" for number in range(1, 41)),
    largest=6000,
    tax_scheme="CA-BN",
    faults={
        0: {"NEGATIVE_AMOUNT": 1, "MALFORMED_ROW": 1, "MISSING_TAX_ID": 1},
        2: {"BAD_DATE": 1, "UNKNOWN_CURRENCY": 1, "MALFORMED_ROW": 1},
        4: {"MISSING_TAX_ID": 2, "BAD_TAX_ID": 1},
        6: {"NEGATIVE_AMOUNT": 1, "UNKNOWN_CURRENCY": 1},
    },
)

LEDGER: Final = Character(
    name="studio_ledger",
    prefix="SL",
    daily=480,
    currencies=("USD", "USD", "USD", "AUD"),
    accounts=(
        Account("6304", "6300", None, ("GUARDS", "SECURITY: BACK LOT")),
        Account("6305", "6300", None, ("ROAD CLOSURE", "ESCORT")),
        Account("6307", "6300", None, ("FIRE WATCH",)),
        Account("6342", "6300", None, ("FILM PERMIT", "PARKING PERMIT")),
    ),
    payees=("Harbour Guards", "City Permit Office", "Beacon Fire Watch"),
    largest=2500,
    again=12,
    faults={
        1: {"FX_RATE_MISSING": 1},
        3: {"BAD_DATE": 1, "NEGATIVE_AMOUNT": 1},
        5: {"FX_RATE_MISSING": 2},
    },
)

ORDERS: Final = Character(
    name="prop_house_orders",
    prefix="PH",
    daily=150,
    currencies=("GBP",),
    accounts=(
        Account("2801", "2800", None, ("Lanterns, period", "Ship's wheel", "Crates")),
        Account("2701", "2700", None, ("Curtains", "Rugs")),
    ),
    payees=("Lantern Prop House",),
    largest=900,
    again=5,
    faults={4: {"NEGATIVE_AMOUNT": 1}},
)

CAST: Final = (NORTHWIND, GUILD, MAPLE, LEDGER, ORDERS)
PAGE_SIZES: Final = {NORTHWIND.name: 500, GUILD.name: 250}
