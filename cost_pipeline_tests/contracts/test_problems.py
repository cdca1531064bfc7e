import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.contracts.cost import LocationSettlement
from cost_pipeline.contracts.cost_reasons import CostReason
from cost_pipeline.contracts.problems import (
    SHOWN_CHARACTERS,
    FieldError,
    Problem,
    error_json,
    errors_json,
    errors_of,
)
from cost_pipeline.contracts.record import judge_field
from cost_pipeline.core.reasons import Reason

CODES = [*Reason, *CostReason]

texts = st.text(st.characters(codec="utf-8"))


@given(
    st.lists(
        st.builds(
            Problem, texts, st.sampled_from([*Reason, *CostReason]), texts, st.none() | texts
        ),
        max_size=4,
    )
)
def test_what_is_written_of_problems_is_read_again(problems):
    written = errors_json(problems)
    assert errors_of(written) == [
        FieldError(field=p.field, code=str(p.code), message=p.message, value=p.value)
        for p in problems
    ]
    assert json.loads(written) == [json.loads(error_json(problem)) for problem in problems]


def test_errors_that_version_0_2_stored_have_no_code_and_no_value():
    (error,) = errors_of('[{"field":"gl_code","message":"no agreement is known"}]')
    assert error == {
        "field": "gl_code", "code": None, "message": "no agreement is known", "value": None
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gl_code", "description", "amount", "currency"])
def test_a_value_of_a_megabyte_is_cut(name):
    problem = judge_field(LocationSettlement, name, "9" * 1_000_000)
    assert problem.value == "9" * (SHOWN_CHARACTERS - 3) + "..."
    assert len(error_json(problem)) < 500


def test_a_value_that_is_just_short_enough_is_whole():
    text = "x" * SHOWN_CHARACTERS
    assert Problem("", Reason.BAD_TEXT, "", text).value == text


@pytest.mark.parametrize("text", ["GB-VAT:123", "no id!", "12-345678", "1" * 41])
def test_a_secret_is_never_repeated(text):
    problem = judge_field(LocationSettlement, "tax_id", text)
    assert (problem.code, problem.value) == (CostReason.BAD_TAX_ID, None)
    assert text not in problem.message
