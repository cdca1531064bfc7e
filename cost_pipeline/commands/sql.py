"""`sql`: one select over the views of a home, as a table for people, JSON or CSV."""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cost_pipeline.commands.common import (
    clear_errors,
    feed_option,
    home_option,
    json_option,
    open_session,
    print_json,
)
from cost_pipeline.core.errors import UsageError

if TYPE_CHECKING:
    from cost_pipeline.pipeline.asking import Answer


@click.command("sql")
@click.argument("statement", metavar="STATEMENT")
@home_option
@feed_option
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV.")
@json_option
@clear_errors
def sql_command(
    statement: str,
    home: Path,
    feed: str | None,
    as_csv: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Answer one select over what the home holds, and change nothing.

    Views: records, dead_letters, deliveries; of production also ledger, findings and costs.
    `describe VIEW` names the columns of one. Amounts are decimals; a division makes them floats.
    """
    from cost_pipeline.commands.sql_table import MOST, show
    from cost_pipeline.lake.only_reading import only_reading
    from cost_pipeline.pipeline.asking import answered

    if as_json and as_csv:
        raise UsageError("--json and --csv were given both", where="sql", remedy="give one of them")
    with only_reading():
        session = open_session(home, feed)
    with answered(session, statement) as answer:
        if as_csv:
            _write_csv(answer)
        elif as_json:
            rows = [dict(zip(answer.names, row, strict=True)) for row in _rows(answer)]
            print_json(_plain(rows))
        else:
            show(answer.names, answer.schema.types, list(itertools.islice(_rows(answer), MOST + 1)))


def _rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    for batch in answer.batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_csv(answer: Answer) -> None:
    from cost_pipeline.commands.sql_table import as_text

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.names)
    for row in _rows(answer):
        writer.writerow(["" if value is None else as_text(value) for value in row])


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a statement gives
    """Returns a value as JSON has it: decimals, days and instants as text, NaN as nothing."""
    from cost_pipeline.commands.sql_table import as_text

    match value:
        case None | bool() | int() | str():
            return value
        case dict():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case float():
            return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124
        case _:
            return as_text(value)
