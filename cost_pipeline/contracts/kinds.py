"""Which contract each kind of record has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cost_pipeline.contracts.cost import (
    CostRecord,
    LocationSettlement,
    PayrollLine,
    PurchaseOrder,
    VendorInvoice,
)
from cost_pipeline.contracts.timecard import Timecard
from cost_pipeline.contracts.vendor import RecordKind

CONTRACTS: Final[Mapping[RecordKind, type[CostRecord]]] = {
    contract.kind: contract
    for contract in (PurchaseOrder, VendorInvoice, PayrollLine, LocationSettlement, Timecard)
}
