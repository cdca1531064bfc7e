"""The kinds of record of the production feed, and what their vendor files look like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from cost_pipeline.contracts.card_texts import minutes_of
from cost_pipeline.contracts.cards import CARD_FIELDS, card_text, card_values
from cost_pipeline.contracts.cost import (
    CostRecord,
    LocationSettlement,
    PayrollLine,
    PurchaseOrder,
    VendorInvoice,
)
from cost_pipeline.contracts.cost_checks import wrong_between, wrong_in_productions
from cost_pipeline.contracts.cost_reasons import COST_REASONS
from cost_pipeline.contracts.cost_rules import RULES_VERSION
from cost_pipeline.contracts.cost_tables import COSTS
from cost_pipeline.contracts.cost_vendor import CostVendor, RecordKind
from cost_pipeline.contracts.field_names import field_names
from cost_pipeline.contracts.kinds import FeedContract, Kind, Packed
from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.texts import Reader
from cost_pipeline.contracts.timecard import Timecard
from cost_pipeline.contracts.vendor import Vendor
from cost_pipeline.feeds.production import charts
from cost_pipeline.home.load import Home


def _place_clocks(values: dict[str, Any]) -> None:
    """Turns times that were written with their date into minutes of the row's own work date."""
    for name in [name for name, value in values.items() if isinstance(value, datetime)]:
        moment = values.pop(name)
        day = values.get("transaction_date")
        if name == "prior_wrap":
            day = values.setdefault("prior_work_date", moment.date())
        if day is not None:  # without a work date that is the problem to mend
            values[name] = minutes_of(moment, day)


_DOCUMENTS: Final[tuple[type[CostRecord], ...]] = (
    PurchaseOrder,
    VendorInvoice,
    PayrollLine,
    LocationSettlement,
)
KINDS: Final[Mapping[str, Kind]] = {
    **{contract.kind: Kind(contract) for contract in _DOCUMENTS},
    RecordKind.TIMECARD: Kind(
        Timecard, arrange=_place_clocks, packed=Packed("card", CARD_FIELDS, card_text, card_values)
    ),
}

_WIDTHS: Final = {
    "transaction_id": 18, "transaction_date": 15, "production": 11, "department_code": 12,
    "gl_code": 11, "amount": 14, "currency": 9, "union_category": 15, "tax_id": 20,
    "vendor_name": 24, "description": 32, "location": 20, "gross": 56,
}  # fmt: skip


def _zone(settings: Productions, vendor: Vendor) -> str:
    """Returns the time zone of a vendor's production."""
    production = settings.productions.get(vendor.scope or "")
    return "UTC" if production is None else production.time_zone


def _start(settings: Productions) -> date | None:
    """Returns the first day on which any of the productions starts."""
    declared = [one.start for one in settings.productions.values() if one.start is not None]
    return min(declared, default=None)


def _readers(vendor: CostVendor) -> Mapping[str, Reader]:
    return {} if vendor.tax_ids is None else {"tax_id": vendor.tax_ids.read}


COST_CONTRACT: Final = FeedContract(
    name="production",
    kinds=KINDS,
    shape=COSTS,
    reasons=COST_REASONS,
    vendor=CostVendor,
    settings=Productions,
    scopes=lambda settings: settings.productions.keys(),
    wrong_settings=wrong_in_productions,
    wrong_vendors=wrong_between,
    files=charts.files,
    with_files=charts.with_files,
    own_rules=charts.own_rules,
    zone=_zone,
    start=_start,
    settings_file="productions.yaml",
    labels={
        "gl_code": "GL code",
        "po_number": "PO number",
        "tax_id": "Tax id",
        "vendor_name": "Supplier",
        "department_code": "Department",
        "ndb_end": "NDB end",
        "ndm_start": "NDM start",
        "ndm_end": "NDM end",
    },
    widths=_WIDTHS,
    codes=("department_code", "gl_code"),
    rules_version=RULES_VERSION,
    readers=_readers,
    known_as=lambda: field_names("field_names_production.csv"),
    reference=("currencies.csv", "union_categories.csv", "tax_id_demands.csv"),
)


def cost_vendors(home: Home) -> tuple[CostVendor, ...]:
    """Returns the vendors of a home that send costs."""
    return tuple(vendor for vendor in home.vendors if isinstance(vendor, CostVendor))
