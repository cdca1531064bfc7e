import json
from decimal import Decimal

import pytest

from cost_pipeline.contracts.cost_tables import COST_FIELDS
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.money import AMOUNT
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.validate.interpreter import compile_interpreter

HEADER = ("Number", "Date", "Net", "Text")
JSON = {"format": {"kind": "json"}}


def row(number="A1", day="01/02/2026", net="1.50", text="x"):
    return (number, day, net, text)


def test_every_row_is_a_record_or_a_dead_letter(make_chunk, make_vendor, validate):
    rows = [row("A1"), row("A2", net="-3"), row("A3", day="31/02/2026"), row("", net="1e5")]
    outcome = validate([make_chunk(rows, HEADER)], make_vendor())
    assert outcome.records["row"].to_pylist() == [1, 2]
    assert outcome.records["amount"].to_pylist() == [Decimal("1.5"), Decimal(-3)]
    assert outcome.reasons == {
        3: ["BAD_DATE"],
        4: ["BAD_AMOUNT", "MISSING_FIELD"],
    }
    assert (outcome.state.rows, outcome.state.records, outcome.state.dead_letters) == (4, 2, 2)


def test_a_malformed_row_keeps_its_exact_text_and_number(make_chunk, make_vendor, validate):
    chunk = make_chunk([row(), (None,) * 4], HEADER, malformed={2: "it has 5 cells, not 4"})
    outcome = validate([chunk], make_vendor())
    (letter,) = outcome.dead_letters.to_pylist()
    assert (letter["row"], letter["line"], letter["reasons"]) == (2, 3, ["MALFORMED_ROW"])
    assert letter["payload"] == chunk.table["text"][1].as_py()
    assert json.loads(letter["errors"]) == [
        {"field": "", "code": "MALFORMED_ROW", "message": "it has 5 cells, not 4", "value": None}
    ]


def test_a_malformed_row_is_refused_whatever_is_in_its_cells(make_chunk, make_vendor, validate):
    chunk = make_chunk([row()], HEADER, malformed={1: "it was cut short"})
    assert validate([chunk], make_vendor()).reasons == {1: ["MALFORMED_ROW"]}


def test_a_dead_letter_shows_what_could_be_read(make_chunk, make_vendor, validate, delivery):
    vendor = make_vendor(constants={"currency": "BGN", "department_code": "200", "gl_code": "6305"})
    rows = [row(net="-3"), row(net="9" * 40), row(day="01/02/1998")]
    outcome = validate([make_chunk(rows, HEADER)], vendor)
    first, second, third = outcome.dead_letters.to_pylist()
    assert first["reasons"] == ["CURRENCY_NOT_VALID_ON_DATE", "NEGATIVE_AMOUNT"]
    assert (first["amount"], first["currency"], first["production"]) == (Decimal(-3), "BGN", "P100")
    assert (second["amount"], third["transaction_date"]) == (None, None)
    mark = digest("row", delivery, 1, "A1,01/02/2026,-3,x")
    assert first["fingerprint"] == mark
    assert first["id"] == digest(
        "dead_letter", first["vendor"], mark, "validate", *first["reasons"]
    )
    assert (first["stage"], first["failure_class"]) == ("validate", "permanent")


def test_headers_are_compared_without_case_and_outer_blanks(make_chunk, make_vendor, validate):
    outcome = validate([make_chunk([row()], (" NUMBER ", "date", "nEt", "TEXT"))], make_vendor())
    assert outcome.state.records == 1


def test_of_two_headers_of_a_field_the_filled_one_is_read(make_chunk, make_vendor, validate):
    rows = [(None, *row()), ("B", "", *row()[1:]), ("A1", *row())]
    chunk = make_chunk(rows, ("No", *HEADER))
    found = validate([chunk], make_vendor()).records["transaction_id"].to_pylist()
    assert found == ["A1", "B", "A1"]


def test_two_headers_of_a_field_that_both_say_something_refuse_the_row(
    make_chunk, make_vendor, validate
):
    chunk = make_chunk([("B", *row()), (None, *row())], ("No", *HEADER))
    outcome = validate([chunk], make_vendor())
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"]}
    (error,) = json.loads(outcome.dead_letters["errors"][0].as_py())
    assert error["field"] == "transaction_id"
    assert error["value"] == "A1 | B"


def test_a_needed_column_that_the_header_lacks_is_drift_in_every_row(
    make_chunk, make_vendor, validate
):
    chunk = make_chunk([row()[1:], row()[1:]], HEADER[1:])
    outcome = validate([chunk], make_vendor())
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"], 2: ["SCHEMA_DRIFT"]}
    (error,) = json.loads(outcome.dead_letters["errors"][0].as_py())
    assert error["field"] == "transaction_id"
    assert "'Number', 'No'" in error["message"]


def test_a_needed_column_that_comes_twice_is_not_guessed(make_chunk, make_vendor, validate):
    chunk = make_chunk([(*row(), "2.00")], (*HEADER, "NET"))
    assert validate([chunk], make_vendor()).reasons == {1: ["SCHEMA_DRIFT"]}


def test_unknown_columns_are_drift_and_no_error(make_chunk, make_vendor, validate, productions):
    columns = (*HEADER, "Body", "New", "")
    vendor = make_vendor(ignore=["body"])
    assert validate([make_chunk([(*row(), "a", "b", "c")], columns)], vendor).state.records == 1
    assert compile_interpreter(vendor, COST_CONTRACT, productions.productions, columns).drift == (
        "New",
    )


def test_an_unknown_key_of_a_json_item_is_refused_unless_null(make_chunk, make_vendor, validate):
    vendor = make_vendor(**JSON, ignore=["Body"])
    rows = [(*row("A"), "b", None), (*row("B"), None, "c"), (*row("C"), None, "")]
    outcome = validate([make_chunk(rows, (*HEADER, "Body", "New"))], vendor)
    assert outcome.reasons == {2: ["UNKNOWN_FIELD"], 3: ["UNKNOWN_FIELD"]}


def test_json_verdicts_do_not_depend_on_the_chunk(make_chunk, make_vendor, validate):
    """A chunk's columns are the keys that happen to be in it."""
    vendor = make_vendor(**JSON)
    whole = [(*row("A"), None), (None, *row("B")[1:], "B"), (None, *row("C")[1:], None)]
    columns = (*HEADER, "No")
    together = validate([make_chunk(whole, columns)], vendor)
    apart = validate(
        [
            make_chunk(whole[:1], columns),
            make_chunk([whole[1]], columns, first=2),
            make_chunk([whole[2][1:4]], columns[1:4], first=3),
        ],
        vendor,
    )
    assert together.records["transaction_id"].to_pylist() == ["A", "B"]
    said = [field.name for field in COST_FIELDS]
    assert apart.records.select(said).equals(together.records.select(said))
    assert apart.reasons == together.reasons == {3: ["MISSING_FIELD"]}


def test_without_a_key_a_row_without_an_id_is_named_by_its_place(
    make_chunk, make_vendor, validate, delivery
):
    columns = {k: v for k, v in make_vendor().columns.items() if k != "transaction_id"}
    unnamed = validate([make_chunk([row()] * 2, HEADER)], make_vendor(key="none", columns=columns))
    names = [f"{delivery[:12]}:{number}" for number in (1, 2)]
    assert unnamed.records["transaction_id"].to_pylist() == names
    assert unnamed.records["key"].null_count == 2
    rows = [row("A1"), row(" ")]
    mixed = validate([make_chunk(rows, HEADER)], make_vendor(key="none"))
    assert mixed.records["transaction_id"].to_pylist() == ["A1", names[1]]
    assert mixed.in_columns == unnamed.in_columns == 2


@pytest.mark.parametrize("lanes", ["model", "both"])
def test_an_ordinal_counts_every_row_with_the_key_over_all_chunks(
    make_chunk, make_vendor, validate, lanes
):
    vendor = make_vendor(key={"columns": ["transaction_id"], "ordinal": True})
    first = [row("A"), row("A", net="-1"), row("B"), row("")]
    second = [row(" A "), row("B")]
    chunks = [make_chunk(first, HEADER), make_chunk(second, HEADER, first=5)]
    outcome = validate(chunks, vendor, lanes=lanes)
    assert outcome.records["key"].to_pylist() == [
        "s1:A,i1:1,",
        "s1:A,i1:2,",
        "s1:B,i1:1,",
        "s1:A,i1:3,",
        "s1:B,i1:2,",
    ]


def test_an_empty_key_column_is_missing_even_where_the_contract_would_let_it_be(
    make_chunk, make_vendor, validate
):
    vendor = make_vendor(key=["transaction_id", "description"])
    outcome = validate([make_chunk([row(), row(text=" ")], HEADER)], vendor)
    assert outcome.reasons == {2: ["MISSING_FIELD"]}
    assert outcome.in_columns == 2


@pytest.mark.parametrize("lanes", ["model", "both"])
def test_a_key_is_the_canonical_text_of_its_typed_values(make_chunk, make_vendor, validate, lanes):
    """So equal keys are equal however they were written, and no two others are."""
    vendor = make_vendor(key=["transaction_id", "transaction_date", "amount", "currency"])
    rows = [row("é,1"), row(" é,1 ", "1/2/2026", "£1.5000")]
    keys = validate([make_chunk(rows, HEADER)], vendor, lanes=lanes).records["key"].to_pylist()
    assert keys == ["s4:é,1,t10:2026-02-01,d6:1.5000,s3:GBP,"] * 2


def test_a_credit_is_judged_as_the_cost_that_it_takes_back(make_chunk, make_vendor, validate):
    """Whether it may be posted is for posting to say; what else is wrong with it is said here."""
    rows = [row("A", net="-3.001"), row("B", "31/02/2026", "-3"), row("C", net="(7.50)")]
    outcome = validate([make_chunk(rows, HEADER)], make_vendor())
    assert outcome.reasons == {
        1: ["BAD_AMOUNT", "NEGATIVE_AMOUNT"],
        2: ["BAD_DATE", "NEGATIVE_AMOUNT"],
    }
    (record,) = outcome.records.to_pylist()
    assert (record["transaction_id"], record["amount"]) == ("C", Decimal("-7.5"))
    noted = {**make_vendor().columns, "credit_of": ["Of"]}
    vendor = make_vendor(columns=noted, negatives="credit_note")
    chunk = make_chunk([(*cells, "INV-1") for cells in rows], (*HEADER, "Of"))
    outcome = validate([chunk], vendor)
    assert outcome.reasons == {1: ["BAD_AMOUNT"], 2: ["BAD_DATE"]}
    assert outcome.records["credit_of"].to_pylist() == ["INV-1"]


def test_the_control_sum_counts_negatives_and_the_unreadable(make_chunk, make_vendor, validate):
    nets = ("1,000.01", "(0.01)", "-5", "abc", "9" * 40, "99999999999999.9999")
    rows = [row(f"A{place}", net=net) for place, net in enumerate(nets)]
    outcome = validate([make_chunk(rows, HEADER)], make_vendor())
    assert AMOUNT.of_quanta(outcome.state.quanta) == Decimal("100000000000994.9999")
    assert outcome.state.unreadable == 2


@pytest.mark.parametrize("lanes", ["model", "both"])
def test_a_constant_stands_in_for_an_empty_cell(make_chunk, make_vendor, validate, lanes):
    given = make_vendor().constants
    columns = {**make_vendor().columns, "currency": ["Cur"], "po_number": ["Po"]}
    vendor = make_vendor(columns=columns, constants={**given, "amount": "7", "po_number": "P-1"})
    rows = [(*row("A", net=" "), "", None), (*row("B"), "EUR", "P-2"), (*row("C", net="x"), "", "")]
    outcome = validate([make_chunk(rows, (*HEADER, "Cur", "Po"))], vendor, lanes=lanes)
    names = ("amount", "currency", "po_number")
    first, second = outcome.records.select(names).to_pylist()
    assert tuple(first.values()) == (Decimal(7), "GBP", "P-1")
    assert tuple(second.values()) == (Decimal("1.5"), "EUR", "P-2")
    (letter,) = outcome.dead_letters.to_pylist()
    assert (letter["reasons"], letter["amount"]) == (["BAD_AMOUNT"], Decimal(7))
    assert AMOUNT.of_quanta(outcome.state.quanta) == Decimal("15.5")


def test_a_declared_total_is_read_in_the_vendors_style(make_vendor, productions):
    vendor = make_vendor(format={"kind": "csv", "control_total": {"column": "amount"}})
    compiled = compile_interpreter(vendor, COST_CONTRACT, productions.productions, HEADER)
    assert compiled.declared_total({" NET": " £1,000.50 "}) == Decimal("1000.50")
    assert compiled.declared_total({"Text": "x"}) is None
    assert compiled.declared_total({"Net": "x"}).code == "BAD_AMOUNT"


def test_a_production_column_overrides_the_default(make_chunk, make_vendor, validate):
    columns = {**make_vendor().columns, "production": ["Show"]}
    rows = [(*row("A"), "P200"), (*row("B"), "P999"), (*row("C"), "")]
    outcome = validate([make_chunk(rows, (*HEADER, "Show"))], make_vendor(columns=columns))
    assert outcome.records["production"].to_pylist() == ["P200"]
    assert outcome.reasons == {2: ["UNKNOWN_PRODUCTION"], 3: ["MISSING_FIELD"]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"constants": {"currency": "GBX"}}, "no column and no constant gives `department_code`"),
        ({"constants": {"currency": "GBX", "department_code": "2000", "gl_code": "6305"}}, "GBX"),
        ({"production": "P999"}, "'P999' is not a production of this home"),
        ({"key": ["po_number"]}, "no column and no constant gives `po_number`"),
        ({"key": ["worker_id"]}, "`worker_id` is not a field of a vendor_invoice"),
        ({"dates": ["%d/%m/%Y %j"]}, "cannot be read"),
    ],
)
def test_a_vendor_file_that_no_delivery_can_satisfy_is_refused(
    make_vendor, productions, changes, words
):
    with pytest.raises(UsageError, match=words):
        compile_interpreter(make_vendor(**changes), COST_CONTRACT, productions.productions, HEADER)


def test_an_interpretation_changes_exactly_if_a_verdict_could(make_vendor, productions):
    def interpretation(**changes):
        return compile_interpreter(
            make_vendor(**changes), COST_CONTRACT, productions.productions, ()
        ).interpretation

    same = interpretation()
    assert interpretation(source={"kind": "folder", "path": "elsewhere"}, priority="high") == same
    assert interpretation(dates=["%d/%m/%Y", "%d/%m/%y"]) != same
    assert interpretation(key="none") != same
    assert interpretation(ignore=["Body"]) != same
    assert interpretation(constants={**make_vendor().constants, "currency": "EUR"}) != same


def test_an_empty_chunk_gives_empty_tables(make_chunk, make_vendor, validate):
    outcome = validate([make_chunk([], HEADER)], make_vendor())
    assert (outcome.records.num_rows, outcome.dead_letters.num_rows) == (0, 0)
