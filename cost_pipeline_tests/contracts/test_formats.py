"""What a vendor file may say about its bytes, and that layouts are part of it."""

import pytest
from pydantic import TypeAdapter, ValidationError

from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.formats import AnyFormat, FormatKind
from cost_pipeline.contracts.layouts import DelimitedLayout, layout_names, named_layout

ANY = TypeAdapter(AnyFormat)
FIXED = {"columns": [{"name": "a", "start": "1", "width": "3"}]}
VENDOR = {
    "vendor": "harbour",
    "production": "P100",
    "record": "vendor_invoice",
    "source": {"kind": "folder", "path": "inbox"},
    "key": ["transaction_id"],
    "columns": {"transaction_id": ["Id", "Number"], "amount": ["Net"]},
}


@pytest.mark.parametrize("kind", [kind.value for kind in FormatKind])
def test_every_kind_can_be_declared_and_comes_back_from_its_own_dump(kind):
    needed = {"fixed_width": {"layout": FIXED}, "xml": {"records": "Report/Entry"}}
    settings = {"kind": kind} | needed.get(kind, {})
    form = ANY.validate_python(settings)
    assert form.kind is FormatKind(kind)
    assert ANY.validate_python(form.model_dump(mode="json")) == form


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "excel", "delimiter": ","}, "delimiter"),
        ({"kind": "csv", "sheet": "A"}, "sheet"),
        ({"kind": "csv", "header": "none"}, "needs `width`"),
        ({"kind": "csv", "names": ["a"]}, "are for `header: none`"),
        ({"kind": "csv", "header": "none", "width": 2, "names": {"3": "a"}}, "position 3"),
        ({"kind": "csv", "header": "none", "names": ["a", "A"]}, "named twice"),
        ({"kind": "fixed_width", "layout": "nope"}, "there is no layout 'nope'"),
        ({"kind": "fixed_width", "layout": "showbiz_ubx"}, "is delimited"),
        ({"kind": "fixed_width", "layout": FIXED | {"length": 2}}, "a column ends at 3"),
        ({"kind": "fixed_width"}, "Field required"),
        ({"kind": "showbiz_sag_cards", "names": {"280": "x"}}, "position 280"),
        ({"kind": "parquet", "encodings": ["utf-8"]}, "encodings"),
        ({"kind": "json", "records": "items", "empty": "row"}, "`records` names one list"),
        (
            {"kind": "csv", "names": ["k", "a"], "kinds": {"D": "row"}, "furniture": ["x"]},
            "are not read beside `kinds` without a header",
        ),
    ],
)
def test_what_a_kind_does_not_know_or_cannot_be_is_refused(settings, words):
    with pytest.raises(ValidationError, match=words):
        ANY.validate_python(settings)


def test_a_named_layout_is_put_in_its_place_so_that_verdicts_depend_on_it():
    form = ANY.validate_python({"kind": "showbiz_ubx"})
    assert form.model_dump()["layout"]["width"] == 30
    assert form.layout.names[16] == "Total"


def test_every_layout_of_the_reference_data_can_be_read_and_says_where_it_is_from():
    for name in layout_names():
        assert len(named_layout(DelimitedLayout, name).source) > 50


def test_positions_of_the_sag_cards_count_from_zero_as_their_evidence_does():
    layout = named_layout(DelimitedLayout, "showbiz_sag_cards")
    assert len(layout.header) == 280
    assert layout.header[209] == "Gross"
    assert layout.header[0] == ""


def test_a_vendors_header_names_tell_excel_and_parquet_what_to_look_for():
    excel = CostVendor.model_validate(VENDOR | {"format": {"kind": "excel"}})
    assert excel.format.header == ("Id", "Number", "Net")
    parquet = CostVendor.model_validate(VENDOR | {"format": {"kind": "parquet"}})
    assert parquet.format.exact == ("Net",)
    named = CostVendor.model_validate(VENDOR | {"format": {"kind": "excel", "header": ["Ref"]}})
    assert named.format.header == ("Ref",)
