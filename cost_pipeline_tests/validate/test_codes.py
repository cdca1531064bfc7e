"""A vendor's own codes stand for fields: looked up over distinct codes, alike in both lanes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

HEADER = ("No", "Date", "Net", "Account")
COLUMNS = {"transaction_id": ["No"], "transaction_date": ["Date"], "amount": ["Net"]}
TABLE = {
    "4711": {"department_code": "2000", "gl_code": "2210"},
    "0815": {"department_code": "3300", "gl_code": "3301"},
    "cam hire": {"department_code": "4400", "gl_code": "4401-01"},
    "48*": {"department_code": "2100", "gl_code": "2110"},
    "4?99x": {"department_code": "2200", "gl_code": "2220"},
    "half": {"department_code": "2000"},
    "blank": {"department_code": "2000", "gl_code": " "},
}
CODES = {"from": ["Account"], "table": TABLE}


@pytest.fixture(scope="session")
def judged(make_vendor, make_chunk, validate):
    """The outcome of rows with these codes; both lanes agree on it."""

    def judge(codes, cells, *, header=HEADER, **changes):
        settings = {"columns": COLUMNS, "constants": {"currency": "GBP"}, "codes": [codes]}
        vendor = make_vendor(**{**settings, **changes})
        rows = [
            (f"A{n}", "1/4/2026", "1.50", *(one if isinstance(one, tuple) else (one,)))
            for n, one in enumerate(cells)
        ]
        chunks = [make_chunk(rows, header)]
        model, both = (validate(chunks, vendor, lanes=lanes) for lanes in ("model", "both"))
        assert both.records.to_pylist() == model.records.to_pylist()
        assert both.dead_letters.to_pylist() == model.dead_letters.to_pylist()
        assert both.state == model.state
        return both

    return judge


def accounts(outcome):
    return [(row["department_code"], row["gl_code"]) for row in outcome.records.to_pylist()]


def errors(outcome):
    return [json.loads(row["errors"]) for row in outcome.dead_letters.to_pylist()]


CASES = {
    "4711": ("2000", "2210"),
    " 4711\t": ("2000", "2210"),
    "\u00a0CAM  Hire ": ("4400", "4401-01"),
    "4800": ("2100", "2110"),
    "48": ("2100", "2110"),
    "4099X": ("2200", "2220"),
    "0815": ("3300", "3301"),
    "815": "UNKNOWN_CODE",
    "04711": "UNKNOWN_CODE",
    "148": "UNKNOWN_CODE",
    "4099xx": "UNKNOWN_CODE",
    "4711\n": ("2000", "2210"),
    "": "MISSING_FIELD",
    " ": "MISSING_FIELD",
    "half": "MISSING_FIELD",
    "blank": "MISSING_FIELD",
}


@pytest.mark.parametrize("code", CASES, ids=repr)
def test_a_code_stands_for_fields_or_refuses_its_row(judged, code):
    outcome = judged(CODES, [code])
    expected = CASES[code]
    if isinstance(expected, tuple):
        assert accounts(outcome) == [expected]
    else:
        assert outcome.reasons == {1: [expected]}


def test_an_unknown_code_is_told_with_its_column_and_the_place_to_add_it(judged):
    for codes, place in (
        (CODES, "the table of `codes` in the vendor file"),
        (CODES | {"file": "codes/acme.csv"}, "codes/acme.csv"),
    ):
        ((first, second),) = errors(judged(codes, ["9999"]))
        assert (first["field"], second["field"]) == ("department_code", "gl_code")
        assert first["code"] == "UNKNOWN_CODE"
        assert first["value"] == "9999"
        assert first["message"] == f"'9999' under 'Account' is not in {place}"


def test_a_code_that_is_unknown_can_be_kept_as_the_value(judged):
    keep = CODES | {"otherwise": "keep", "fields": ["gl_code"]}
    constants = {"currency": "GBP", "department_code": "2000"}
    outcome = judged(keep, ["4711", " 6305 ", "x"], constants=constants)
    assert accounts(outcome) == [("2000", "2210"), ("2000", "6305")]
    assert outcome.reasons == {3: ["BAD_GL_CODE"]}


def test_a_column_with_codes_may_be_a_field_too(judged):
    outcome = judged(CODES, ["4711"], columns=COLUMNS | {"description": ["Account"]})
    assert accounts(outcome) == [("2000", "2210")]
    assert outcome.records["description"].to_pylist() == ["4711"]


def test_codes_in_several_columns_of_a_row_are_not_chosen_among(judged):
    both = CODES | {"from": ["Account", "Konto"]}
    cells = [("4711", None), (None, "0815"), ("4711", "4711"), ("4711", "0815")]
    outcome = judged(both, cells, header=(*HEADER, "Konto"))
    assert accounts(outcome) == [("2000", "2210"), ("3300", "3301"), ("2000", "2210")]
    assert outcome.reasons == {4: ["SCHEMA_DRIFT"]}
    anything = CODES | {"from": ["Account", "Konto"], "table": {"*": TABLE["4711"]}}
    assert judged(anything, cells, header=(*HEADER, "Konto")).reasons == {4: ["SCHEMA_DRIFT"]}


def test_a_header_without_the_column_is_told(judged):
    outcome = judged(CODES, ["4711"], header=(*HEADER[:3], "Other"), ignore=["Other"])
    assert outcome.reasons == {1: ["SCHEMA_DRIFT"]}
    assert "looked for 'Account'" in errors(outcome)[0][0]["message"]


def test_a_currency_that_a_code_stands_for_is_held_against_signs(judged):
    codes = {"from": "Account", "table": {"uk": {"currency": "GBP"}, "us": {"currency": "USD"}}}
    constants = {"department_code": "2000", "gl_code": "2000-01"}
    settings = {"constants": constants, "numbers": {"symbols": ["£"]}, "ignore": ["Net"]}
    rows = [("uk", "£5"), ("us", "£5"), ("us", "5"), ("fr", "£5")]
    header = (*HEADER, "Amount")
    columns = COLUMNS | {"amount": ["Amount"]}
    outcome = judged(codes, rows, header=header, columns=columns, **settings)
    assert outcome.records["currency"].to_pylist() == ["GBP", "USD"]
    assert outcome.reasons == {2: ["CURRENCY_CONTRADICTED"], 4: ["UNKNOWN_CODE"]}


def test_a_scope_may_be_given_by_codes(judged):
    codes = {"from": "Account", "table": {"n": {"production": "P100"}, "s": {"production": "P300"}}}
    constants = {"department_code": "2000", "gl_code": "2000-01", "currency": "GBP"}
    outcome = judged(codes, ["n", "s"], constants=constants)
    assert outcome.records["production"].to_pylist() == ["P100"]
    assert outcome.reasons == {2: ["UNKNOWN_PRODUCTION"]}


def test_many_codes_are_looked_up_in_columns(judged):
    table = {f"{n:05d}": {"department_code": "2000", "gl_code": f"{n % 9000 + 1000}"}
             for n in range(3000)}  # fmt: skip
    cells = [f"{n:05d}" for n in range(3000)] + [f"x{n}" for n in range(300)]
    outcome = judged({"from": "Account", "table": table}, cells)
    assert outcome.in_columns == 3300
    assert outcome.records["gl_code"].to_pylist() == [row["gl_code"] for row in table.values()]
    assert {tuple(found) for found in outcome.reasons.values()} == {("UNKNOWN_CODE",)}


def test_what_a_code_stands_for_is_part_of_the_interpretation(judged):
    def reading(codes):
        return judged(codes, ["4711"]).records["interpretation"][0].as_py()

    changed = CODES | {"table": TABLE | {"0815": {"department_code": "3300", "gl_code": "3302"}}}
    sorted_otherwise = CODES | {"table": dict(reversed(TABLE.items()))}
    assert reading(changed) != reading(CODES)
    assert reading(sorted_otherwise) == reading(CODES)


TEXTS = st.one_of(
    st.sampled_from(["", " ", "half", "4 711", "\x02unknown\x02x", "4711\x02columns\x020815"]),
    st.sampled_from([*TABLE, "4800", "4099x", "CAM HIRE", "x", "815"]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


@given(
    cells=st.lists(st.tuples(st.one_of(TEXTS, st.none()), st.one_of(TEXTS, st.none())), min_size=1),
    otherwise=st.sampled_from(("refuse", "keep")),
    form=st.sampled_from(("csv", "json")),
    fields=st.sampled_from(((), ("gl_code",), ("department_code", "gl_code"))),
    key=st.sampled_from(("none", ["gl_code", "description"], ["transaction_id"])),
)
def test_both_lanes_agree_whatever_the_codes(judged, cells, otherwise, form, fields, key):
    codes = {"from": ["Account", "Konto"], "table": TABLE | {"note": {"description": "of a code"}}}
    constants = {"currency": "GBP"} | ({"department_code": "2000"} if len(fields) == 1 else {})
    changes = {"format": {"kind": form}, "key": key, "constants": constants}
    if fields:
        changes["columns"] = COLUMNS | {"description": ["Account"]}
    judged(codes | {"otherwise": otherwise, "fields": fields}, cells,
           header=(*HEADER, "Konto"), **changes)  # fmt: skip
