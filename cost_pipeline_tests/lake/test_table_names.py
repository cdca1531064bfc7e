"""A field of a feed has no name that the tables of its records have for themselves."""

import pyarrow as pa
import pytest

from cost_pipeline.contracts.tables import Shape
from cost_pipeline.lake.tables import dead_letters_table, records_table


def shape_with(name: str, day: str = "on") -> Shape:
    types = {"lot": pa.string(), day: pa.date32(), name: pa.string()}
    fields = tuple(pa.field(column, kind) for column, kind in types.items())
    return Shape(fields, "lot", day, None, None)


@pytest.mark.parametrize("name", ["day", "event", "sequence", "why"])
def test_a_field_with_the_name_of_a_column_of_dead_letters_is_refused(name):
    with pytest.raises(ValueError, match=f"has a column `{name}` of its own"):
        dead_letters_table("dead_letters_lots", shape_with("colour", day=name))


def test_a_field_with_the_name_of_a_column_of_records_is_refused():
    with pytest.raises(ValueError, match="has a column `fingerprint` of its own"):
        records_table("records_lots", shape_with("fingerprint"))


def test_other_names_are_good():
    assert "colour" in records_table("records_lots", shape_with("colour")).schema.names
