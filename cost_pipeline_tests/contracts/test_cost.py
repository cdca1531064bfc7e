from datetime import date
from decimal import Decimal

import pytest

from cost_pipeline.contracts.cards import CARD_FIELDS
from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.cost import (
    CostRecord,
    LocationSettlement,
    PayrollLine,
    PurchaseOrder,
    VendorInvoice,
)
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.cost_tables import COST_FIELDS
from cost_pipeline.contracts.cost_vendor import RecordKind
from cost_pipeline.contracts.problems import Problem, RefusedAs
from cost_pipeline.contracts.record import judge, judge_field
from cost_pipeline.core.reasons import Reason
from cost_pipeline.feeds.production.kinds import KINDS

GOOD = {
    "vendor": "harbour",
    "transaction_id": "INV-1",
    "transaction_date": date(2026, 4, 1),
    "production": "P100",
    "department_code": "2000",
    "gl_code": "2000-01",
    "amount": Decimal("12.50"),
    "currency": "GBP",
}
PAYROLL = {**GOOD, "gl_code": "3305", "union_category": "IATSE"}


def reasons(contract, values):
    judged = judge(contract, values)
    return [] if isinstance(judged, CostRecord) else sorted(problem.code for problem in judged)


def test_every_kind_has_a_contract():
    assert set(KINDS) == set(RecordKind)


def test_every_contract_field_is_a_column_of_the_records_table():
    """Those that only a timecard has are in the column `card`, as one text."""
    names = {field.name for field in COST_FIELDS} | {"vendor"}
    fields = {
        name
        for contract in [kind.contract for kind in KINDS.values()]
        for name in contract.model_fields
    }
    assert fields - set(CARD_FIELDS) == names - {"card"}
    assert not names & set(CARD_FIELDS)


@pytest.mark.parametrize("contract", [kind.contract for kind in KINDS.values()])
def test_constraints_are_annotations_so_that_no_lane_can_miss_one(contract):
    """A field validator method would hold in the model's lane only."""
    decorators = contract.__pydantic_decorators__
    assert not decorators.field_validators
    assert not decorators.validators
    assert list(decorators.model_validators) == ["_fields_agree"]


@pytest.mark.parametrize("contract", [kind.contract for kind in KINDS.values()])
def test_every_field_says_how_it_is_refused(contract):
    silent = {
        name
        for name, info in contract.model_fields.items()
        if not any(isinstance(note, RefusedAs) for note in parts(info).notes)
    }
    assert silent == {"vendor"}


def test_a_good_record_of_each_kind_passes():
    assert reasons(VendorInvoice, GOOD) == []
    assert reasons(PurchaseOrder, {**GOOD, "po_number": "PO-7"}) == []
    assert reasons(PayrollLine, {**PAYROLL, "worker_id": "W-9"}) == []
    assert reasons(LocationSettlement, {**GOOD, "tax_id": "12-3456789", "location": "Quay"}) == []


CASES = [
    ("amount", Decimal(-1), CostReason.NEGATIVE_AMOUNT),
    ("amount", Decimal("0.00001"), Reason.BAD_NUMBER),
    ("amount", Decimal(10) ** 16, Reason.BAD_NUMBER),
    ("amount", Decimal("NaN"), Reason.BAD_NUMBER),
    ("amount", Decimal("Infinity"), Reason.BAD_NUMBER),
    ("amount", 1, Reason.BAD_NUMBER),
    ("amount", 1.5, Reason.BAD_NUMBER),
    ("amount", "1", Reason.BAD_NUMBER),
    ("amount", Decimal("12.505"), Reason.BAD_NUMBER),
    ("currency", "gbp", Reason.UNKNOWN_CURRENCY),
    ("currency", "XAU", Reason.UNKNOWN_CURRENCY),
    ("currency", "XXX", Reason.UNKNOWN_CURRENCY),
    ("currency", "{0}", Reason.UNKNOWN_CURRENCY),
    ("currency", "BGN", Reason.CURRENCY_NOT_VALID_ON_DATE),
    ("transaction_date", date(1998, 12, 31), Reason.BAD_DATE),
    ("transaction_date", date(2036, 1, 1), Reason.BAD_DATE),
    ("transaction_date", "2026-04-01", Reason.BAD_DATE),
    ("department_code", "20", CostReason.BAD_DEPARTMENT),
    ("department_code", "20000", CostReason.BAD_DEPARTMENT),
    ("department_code", "\uff12\uff10\uff10\uff10", CostReason.BAD_DEPARTMENT),
    ("department_code", "2000\n", CostReason.BAD_DEPARTMENT),
    ("gl_code", "63O5", CostReason.BAD_GL_CODE),
    ("gl_code", "2000-1", CostReason.BAD_GL_CODE),
    ("gl_code", "2000-", CostReason.BAD_GL_CODE),
    ("gl_code", "٦٣٠٥", CostReason.BAD_GL_CODE),
    ("transaction_id", "x" * 65, Reason.BAD_TEXT),
    ("transaction_id", "", Reason.BAD_TEXT),
    ("description", "two\nlines", Reason.BAD_TEXT),
    ("description", "\u202eesrever", Reason.BAD_TEXT),
    ("description", "\ud800", Reason.BAD_TEXT),
    ("description", "x" * 1001, Reason.BAD_TEXT),
    ("tax_id", "US-EIN:07-1144442", CostReason.BAD_TAX_ID),
    ("tax_id", "MARS:1", CostReason.BAD_TAX_ID),
    ("surprise", "1", Reason.UNKNOWN_FIELD),
]


@pytest.mark.parametrize(("name", "value", "reason"), CASES)
def test_a_bad_field_is_refused_for_its_reason(name, value, reason):
    assert reasons(VendorInvoice, {**GOOD, name: value}) == [reason]


@pytest.mark.parametrize("name", GOOD)
def test_a_needed_field_that_is_absent_is_missing(name):
    values = {key: value for key, value in GOOD.items() if key != name}
    assert reasons(VendorInvoice, values) == [Reason.MISSING_FIELD]


@pytest.mark.parametrize("gl_code", ["2000-01", "6305", "101-00", "2000-0150"])
def test_known_charts_of_accounts_pass(gl_code):
    assert reasons(VendorInvoice, {**GOOD, "gl_code": gl_code}) == []


@pytest.mark.parametrize("amount", ["0", "0.01", "9999999999999999.99", "1.00000"])
def test_amounts_at_the_bounds_pass(amount):
    assert reasons(VendorInvoice, {**GOOD, "amount": Decimal(amount)}) == []


@pytest.mark.parametrize("text", ["\U0001f468\u200d\U0001f469", "e\u0301", "a\u00a0b", "\u5317"])
def test_text_of_any_script_passes(text):
    assert reasons(VendorInvoice, {**GOOD, "description": text}) == []


def test_minor_units_are_the_currencys():
    yen = {**GOOD, "currency": "JPY"}
    assert reasons(VendorInvoice, {**yen, "amount": Decimal("1000.00")}) == []
    assert reasons(VendorInvoice, {**yen, "amount": Decimal("1000.50")}) == [Reason.BAD_NUMBER]
    dinar = {**GOOD, "currency": "KWD", "amount": Decimal("1.505")}
    assert reasons(VendorInvoice, dinar) == []


def test_everything_that_is_wrong_is_said_at_once():
    values = {**GOOD, "amount": Decimal(-1), "gl_code": "1", "currency": "BGN"}
    assert reasons(VendorInvoice, values) == [
        CostReason.BAD_GL_CODE,
        Reason.CURRENCY_NOT_VALID_ON_DATE,
        CostReason.NEGATIVE_AMOUNT,
    ]


def test_messages_are_in_plain_words():
    (problem,) = judge(VendorInvoice, {**GOOD, "currency": "BGN"})
    assert problem.message.endswith("BGN was replaced by EUR on 2026-01-01")
    (problem,) = judge(VendorInvoice, {**GOOD, "amount": Decimal(-3)})
    assert "a reversal of the original is needed" in problem.message


@pytest.mark.parametrize(
    ("gl_code", "category", "reason"),
    [
        ("3305", "IATSE", None),
        ("3305", None, CostReason.UNION_CATEGORY_MISSING),
        ("3305", "DGA", CostReason.UNION_CATEGORY_MISMATCH),
        ("1250", None, None),
        ("1250", "NON-UNION", None),
        ("1250", "DGA", CostReason.UNION_CATEGORY_MISMATCH),
        ("9999", "IATSE", CostReason.UNMAPPED_COST_CODE),
        ("101-00", None, CostReason.UNMAPPED_COST_CODE),
    ],
)
def test_a_payroll_line_needs_the_union_category_of_its_cost_code(gl_code, category, reason):
    values = {**GOOD, "gl_code": gl_code, "union_category": category}
    assert reasons(PayrollLine, values) == ([reason] if reason else [])
    assert reasons(VendorInvoice, values) == []


def test_only_a_location_settlement_demands_a_tax_id():
    assert reasons(LocationSettlement, GOOD) == [CostReason.MISSING_TAX_ID]
    assert reasons(PayrollLine, PAYROLL) == []


def test_a_purchase_order_needs_its_number():
    assert reasons(PurchaseOrder, GOOD) == [Reason.MISSING_FIELD]


def test_a_record_made_directly_keeps_the_rules_too():
    with pytest.raises(ValueError, match="replaced by EUR"):
        VendorInvoice(**{**GOOD, "currency": "BGN"})


def test_records_are_frozen():
    record = VendorInvoice(**GOOD)
    with pytest.raises(ValueError, match="frozen"):
        record.amount = Decimal(1)


def test_one_field_is_judged_as_the_whole_model_judges_it():
    assert judge_field(VendorInvoice, "tax_id", "12-3456789") == "US-EIN:123456789"
    assert judge_field(VendorInvoice, "description", None) is None
    problem = judge_field(VendorInvoice, "gl_code", "1")
    assert isinstance(problem, Problem)
    assert judge(VendorInvoice, {**GOOD, "gl_code": "1"}) == (problem,)
