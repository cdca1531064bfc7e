from typing import Annotated

import pyarrow as pa
import pytest
from annotated_types import Predicate
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, StringConstraints

from cost_pipeline.contracts.constraints import parts
from cost_pipeline.contracts.problems import OneOf, Problem
from cost_pipeline.contracts.proofs import none_of, rows_not_plain, shown_as_they_are, text_proof
from cost_pipeline.contracts.record import judge_field
from cost_pipeline.feeds.production.kinds import KINDS

ODD = st.sampled_from(
    ["", "\n", "2000", "2000\n", "6305", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\u200d", "é"]
)
TEXTS = st.one_of(
    ODD,
    st.text(st.characters(codec="utf-8"), max_size=70),
    st.from_regex(r"[0-9]{2,5}(-[0-9]{1,5})?\n?", fullmatch=True),
    st.sampled_from(["x" * n for n in (64, 65, 200, 201, 1000, 1001)]),
)

PROVEN = [
    (contract, name)
    for contract in [kind.contract for kind in KINDS.values()]
    for name, info in contract.model_fields.items()
    if text_proof(info) is not None
]
# Fields of one kind of text share a proof; each proof is held to the model once.
DISTINCT = {parts(c.model_fields[n]): (c, n) for c, n in PROVEN}.values()


def field(annotation):
    class Model(BaseModel):
        x: annotation

    return Model.model_fields["x"]


def holds(proof, texts):
    return proof(pa.array(texts, pa.string())).tolist()


def test_plain_text_fields_have_a_proof():
    names = {name for _, name in PROVEN}
    assert {"transaction_id", "gl_code", "description", "po_number", "worker_id"} <= names
    assert not names & {"currency", "tax_id", "amount", "transaction_date"}


@pytest.mark.parametrize(("contract", "name"), DISTINCT)
@given(texts=st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=20))
def test_what_is_proven_is_what_the_model_accepts(contract, name, texts):
    proof = text_proof(contract.model_fields[name])
    for text, proven in zip(texts, holds(proof, texts), strict=True):
        verdict = judge_field(contract, name, text)
        # Equal, not only sound: a proof that proves little would make the fast lane slow.
        assert proven == (not isinstance(verdict, Problem) and verdict == text)


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[str, AfterValidator(str.upper)],
        Annotated[str, Predicate(str.isdigit)],
        Annotated[str, StringConstraints(to_upper=True)],
        Annotated[str, StringConstraints(strip_whitespace=True)],
        Annotated[str, StringConstraints(pattern=r"^\d+$")],
        Annotated[str, StringConstraints(pattern=r"^\w+$")],
        Annotated[str, StringConstraints(pattern=r"^.$")],
        Annotated[str, StringConstraints(pattern=r"(?i)^a$")],
        Annotated[str, StringConstraints(pattern=r"^\p{Lu}$")],
        int,
        str | int,
    ],
)
def test_a_constraint_that_is_not_recognised_proves_nothing(annotation):
    assert text_proof(field(annotation)) is None


def test_null_is_proven_only_where_the_field_allows_it():
    assert holds(text_proof(field(str)), [None, ""]) == [False, True]
    assert holds(text_proof(field(str | None)), [None, ""]) == [True, True]


def test_a_quote_in_a_pattern_stays_in_the_pattern():
    proof = text_proof(field(Annotated[str, StringConstraints(pattern="^[']$")]))
    assert holds(proof, ["'", "x"]) == [True, False]


@given(texts=st.lists(st.one_of(st.none(), TEXTS), max_size=20), start=st.integers(0, 5))
def test_rows_that_are_not_plain_are_found_wherever_a_slice_begins(texts, start):
    column = pa.array(texts, pa.string())[start:]
    odd = [
        place
        for place, text in enumerate(column.to_pylist())
        if text is not None and any(not " " <= character <= "~" for character in text)
    ]
    assert rows_not_plain(column).tolist() == odd


def test_a_slice_of_a_column_is_proven_as_the_column_is():
    proof = text_proof(KINDS["vendor_invoice"].contract.model_fields["description"])
    texts = ["é", "\n", "x", None, "x" * 1001, "é\x00", "plain"]
    for start in range(len(texts)):
        assert proof(pa.array(texts)[start:]).tolist() == holds(proof, texts)[start:]


ONE_OF = [
    (contract, name, note)
    for contract in [kind.contract for kind in KINDS.values()]
    for name, info in contract.model_fields.items()
    for note in parts(info).notes
    if isinstance(note, OneOf)
]


@pytest.mark.parametrize(("contract", "name", "note"), ONE_OF)
@given(data=st.data())
def test_a_text_that_is_none_of_a_fields_is_refused_with_the_words_of_any_other(
    contract, name, note, data
):
    known = st.sampled_from(sorted(note.texts()))
    near = st.tuples(known, TEXTS).map("".join) | known.map(str.lower) | known.map(str.title)
    text = data.draw(TEXTS | known | near | st.text("GBPgbp{}0ß", max_size=4))
    other = judge_field(contract, name, "??")
    column = pa.array([text])
    if none_of(column, note.texts())[0].as_py() and shown_as_they_are(column)[0].as_py():
        assert judge_field(contract, name, text) == Problem(
            name, other.code, other.message.replace("'??'", f"'{text}'"), text
        )


def test_a_field_of_known_texts_is_there_to_be_tested():
    assert {name for _, name, _ in ONE_OF} == {"currency"}


@given(
    texts=st.lists(st.none() | st.text("aé€😀", max_size=9), max_size=9),
    least=st.integers(0, 9),
    most=st.integers(0, 9),
    start=st.integers(0, 3),
)
def test_characters_are_counted_and_not_bytes(texts, least, most, start):
    proof = text_proof(field(Annotated[str, StringConstraints(min_length=least, max_length=most)]))
    column = pa.array(texts, pa.string())[start:]
    lengths = [-1 if text is None else len(text) for text in column.to_pylist()]
    assert proof(column).tolist() == [max(least, 0) <= length <= most for length in lengths]
