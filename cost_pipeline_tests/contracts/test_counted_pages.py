"""Pages whose rows cannot be counted before they are read are asked for by links only."""

import pytest
from pydantic import ValidationError

from cost_pipeline.contracts.cost_vendor import CostVendor

OFFSET = {"style": "offset", "size": "100"}
COUNTED = {
    "json": {"kind": "json"},
    "json lines": {"kind": "jsonl"},
    "a plain csv": {"kind": "csv"},
    "a csv without a header": {"kind": "csv", "header": "none", "names": ["day", "net"]},
}
UNCOUNTED = {
    "a workbook": {"kind": "excel"},
    "parquet": {"kind": "parquet"},
    "xml": {"kind": "xml", "records": "Doc/Ntry"},
    "a ledger listing": {"kind": "ep_ledger"},
    "titles above the header": {"kind": "csv", "header_within": "4"},
    "remarks": {"kind": "csv", "furniture": ["Printed *"]},
    "a total": {"kind": "csv", "control_total": {"column": "amount"}},
    "a ruler": {"kind": "fixed_width", "layout": {"ruler": "true"}},
}


def vendor_with(form, pages):
    return CostVendor.model_validate(
        {
            "vendor": "rentals",
            "feed": "production",
            "production": "P100",
            "record": "vendor_invoice",
            "source": {"kind": "http", "url": "https://api.example/costs", "pages": pages},
            "format": form,
            "key": "none",
            "columns": {"transaction_date": ["day"], "amount": ["net"]},
        }
    )


@pytest.mark.parametrize("name", COUNTED)
def test_pages_are_asked_for_by_the_rows_before_them_where_each_is_a_row(name):
    assert vendor_with(COUNTED[name], OFFSET).source.pages.style == "offset"


@pytest.mark.parametrize("name", UNCOUNTED)
def test_pages_are_refused_where_a_line_may_be_no_row(name):
    with pytest.raises(ValidationError, match="are not counted, so the next page is not known"):
        vendor_with(UNCOUNTED[name], OFFSET)
    assert vendor_with(UNCOUNTED[name], {"style": "link"}).source.pages.style == "link"
