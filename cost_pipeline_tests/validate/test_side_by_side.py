"""A chunk judged in parts at the same time is judged as it is at once."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.validate.chunk import ordinals_of
from cost_pipeline.validate.column_lane import judge_columns
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.results import Context
from cost_pipeline.validate.side_by_side import judge_side_by_side
from cost_pipeline.validate.state import DeliveryState

HEADER = ("Number", "Date", "Net", "Text")
ROWS = st.tuples(
    st.sampled_from(["A-1", "A-2", "", "\x00"]),
    st.sampled_from(["01/04/2026", "30/02/2026", "1/4/26", None]),
    st.sampled_from(["12.50", "-1", "1e5", "1,000.25", "", "9" * 20]),
    st.sampled_from(["hire", "é", "a\nb", "x" * 1001, None]),
)


@pytest.mark.parametrize("key", [["transaction_id"], {"columns": ["amount"], "ordinal": True}])
@given(rows=st.lists(ROWS, min_size=1, max_size=12), part_rows=st.integers(1, 5))
def test_parts_come_to_the_same_as_the_whole(
    make_vendor, make_chunk, productions, delivery, key, rows, part_rows
):
    chunk = make_chunk(rows, HEADER, malformed={2: "3 cells where the header has 4"})
    compiled = compile_interpreter(
        make_vendor(key=key), COST_CONTRACT, productions.productions, HEADER
    )
    context = Context(compiled.for_columns(HEADER), delivery, date(2026, 4, 1))
    table = context.interpreter.made_ready(chunk.table)
    ordinals = ordinals_of(table, context.interpreter, DeliveryState())
    whole = judge_columns(table, context, ordinals)
    parts = judge_side_by_side(table, context, ordinals, part_rows=part_rows)
    assert parts.records.equals(whole.records)
    assert parts.dead_letters.equals(whole.dead_letters)
    assert parts.left.tolist() == whole.left.tolist()
    assert parts.fingerprints.equals(whole.fingerprints)
    assert parts.quanta == whole.quanta
    assert parts.unreadable == whole.unreadable


def test_an_error_in_a_part_is_raised_when_all_parts_are_done(
    make_vendor, make_chunk, productions, delivery
):
    """A chunk without its cells is a defect of parsing, and no verdict comes of it."""
    chunk = make_chunk([("A-1", "01/04/2026", "12.50", "hire")] * 6, HEADER)
    compiled = compile_interpreter(make_vendor(), COST_CONTRACT, productions.productions, HEADER)
    context = Context(compiled.for_columns(HEADER), delivery, date(2026, 4, 1))
    table = context.interpreter.made_ready(chunk.table).drop(["c2"])
    with pytest.raises(KeyError, match="c2"):
        judge_side_by_side(table, context, None, part_rows=2)
