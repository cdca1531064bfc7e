"""Dead letters in the words of the people who mend them: per cell, per row, and on the cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from cost_pipeline.contracts.columns import query
from cost_pipeline.contracts.problems import errors_of
from cost_pipeline.contracts.tables import Measure
from cost_pipeline.core.money import shown
from cost_pipeline.core.reasons import ReasonText
from cost_pipeline.pipeline.dead_letters.letters import reasons_of
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.session import Session
from cost_pipeline.quarantine.workbook import Cover

_KEY = "key"


@dataclass(frozen=True, slots=True)
class Words:
    """What is wrong with rows, in their order.

    Attributes:
        wrong: Per row, what its reasons mean, and what concerns no single field.
        remedy: Per row, what to do.
        by_field: Per field with a problem anywhere: what is wrong there, null where nothing is.
    """

    wrong: pa.Array
    remedy: pa.Array
    by_field: dict[str, pa.Array]


def words_of(
    letters: pa.Table,
    keys: Mapping[str, Sequence[str]],
    fields: Sequence[str],
    texts: Mapping[str, ReasonText],
) -> Words:
    """Returns the words of dead letters.

    Args:
        letters: Dead letters with the columns `vendor`, `reasons` and `errors`.
        keys: The fields of each vendor's key, where a conflict of keys is shown.
        fields: The fields with a column of their own; problems of others are told for the row.
        texts: What each reason code means.
    """
    count = letters.num_rows
    places: dict[str, list[str | None]] = {}
    wrong: list[str] = []
    remedies: list[str] = []
    known = set(fields)
    meanings: dict[str, tuple[str, str]] = {}
    # Texts come to Python much faster than lists do.
    joined = pc.binary_join(letters["reasons"], " ")
    columns = (column.to_pylist() for column in (letters["vendor"], joined, letters["errors"]))
    for place, (vendor, reasons, errors) in enumerate(zip(*columns, strict=True)):
        if reasons not in meanings:
            meanings[reasons] = _meaning([texts[reason] for reason in reasons.split()])
        meaning, remedy = meanings[reasons]
        rest = ""
        for error in errors_of(errors):
            field, message = error["field"], error["message"]
            if error["code"] is not None:
                message += f" ({error['code']})"
            if field == _KEY and keys.get(vendor):
                field = keys[vendor][0]
            if field not in known:
                rest += f" {field}: {message}" if field else f" {message}"
                continue
            if field not in places:
                places[field] = [None] * count
            column = places[field]
            before = column[place]
            column[place] = message if before is None else f"{before}; {message}"
        wrong.append(meaning + rest)
        remedies.append(remedy)
    return Words(
        pa.array(wrong, pa.string()),
        pa.array(remedies, pa.string()),
        {name: pa.array(column, pa.string()) for name, column in places.items()},
    )


def _meaning(texts: Sequence[ReasonText]) -> tuple[str, str]:
    return " ".join(t.words for t in texts), " ".join(t.remedy for t in texts)


def cover_of(
    now: datetime,
    feed: Feed[Session],
    letters: pa.Table,
    rows: Mapping[str, int],
    left_out: Mapping[str, int],
) -> Cover:
    """Returns the cover: how to use the workbook, what is in it, its sums, and what is left out."""
    texts, measure = feed.texts(), feed.shape.measure
    cover = Cover((30, 12, 18, 22, 52))
    cover.title("Rows that were refused")
    cover.line(
        f"Exported {now:%Y-%m-%d %H:%M} UTC. Mend the highlighted cells and save the file into the "
        f"folder {feed.names.inbox} of the home. You may leave rows as they are, delete rows, sort "
        "and filter; what you did not change stays open. Do not change the grey columns: they tell "
        "which row a correction answers. Columns that no row uses are hidden; show them "
        "to fill them."
    )
    cover.line(
        f"Write dates and {measure.words if measure else 'numbers'} as the vendor does (as in the "
        "cells around), or enter them as real dates and numbers of Excel."
    )
    cover.heads("Rows in this workbook", "rows")
    for kind, count in rows.items():
        cover.line(kind.replace("_", " ").capitalize() + "s", count)
    cover.totals("All", sum(rows.values()))
    _reasons(cover, letters, texts)
    _measures(cover, letters, measure)
    if left_out:
        cover.heads("Open, and not to be mended here", "count", "what to do")
        for reason, count in left_out.items():
            cover.lines.append([(reason, 10), (count, 8), (texts[reason].remedy, 0)])
    return cover


def _reasons(cover: Cover, letters: pa.Table, texts: Mapping[str, ReasonText]) -> None:
    cover.heads("Why", "rows", "what it means")
    for reason, count in reasons_of(letters).items():
        cover.lines.append([(reason, 10), (count, 8), (texts[reason].words, 0)])


def _measures(cover: Cover, letters: pa.Table, measure: Measure | None) -> None:
    if measure is None:
        found = letters.group_by("vendor").aggregate([("vendor", "count")]).sort_by("vendor")
        cover.heads("Vendor", "rows")
        for row in found.to_pylist():
            cover.lines.append([(row["vendor"], 10), (row["vendor_count"], 8)])
        return
    field, unit = measure.field, measure.unit
    totals = query(
        f"select vendor, coalesce({unit}, '({unit} unreadable)') as unit, count(*) as n, "
        f"sum({field}) as total, count(*) - count({field}) as unread "
        "from letters group by all order by all",
        letters=letters.select(["vendor", unit, field]),
    ).to_pylist()
    cover.heads("Vendor", "rows", field, unit, f"{measure.words} that cannot be read")
    for row in totals:
        total = "" if row["total"] is None else f"{shown(row['total'])}"
        cover.lines.append(
            [
                (row["vendor"], 10),
                (row["n"], 8),
                (total, 9),
                (row["unit"], 10),
                (row["unread"], 8),
            ]
        )
