from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from cost_pipeline.contracts.constraints import NumberBounds, number_bounds


def field(annotation):
    class Model(BaseModel):
        x: annotation

    return Model.model_fields["x"]


@pytest.mark.parametrize(
    ("annotation", "bounds"),
    [
        (Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=4)], NumberBounds(16, 4)),
        (Annotated[Decimal, Field(ge=1, max_digits=20, decimal_places=4)], None),
        (Annotated[Decimal, Field(le=9, max_digits=20, decimal_places=4)], None),
        (Annotated[Decimal, Field(ge=0, max_digits=20)], None),
        (Annotated[Decimal | None, Field(ge=0, max_digits=20, decimal_places=4)], None),
    ],
)
def test_amount_bounds_are_read_from_the_field(annotation, bounds):
    assert number_bounds(field(annotation)) == bounds
