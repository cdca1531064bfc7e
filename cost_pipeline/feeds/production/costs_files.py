"""The files of a cost summary: a workbook, a web page, and Parquet; and the lines behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from cost_pipeline.contracts.production import Productions
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.sql import equals, literal, within
from cost_pipeline.feeds.production.cost_rows import CostReport, period_of
from cost_pipeline.feeds.production.costs_html import page
from cost_pipeline.feeds.production.costs_workbook import MOST_POSTINGS, write_workbook
from cost_pipeline.feeds.production.tables import LEDGER
from cost_pipeline.lake.durable import clear_storage_errors
from cost_pipeline.ledger.schema import POST
from cost_pipeline.ledger.totals import known_at
from cost_pipeline.pipeline.session import Session


def write_files(session: Session, report: CostReport, folder: Path) -> list[Path]:
    """Writes the three files into a folder, which is made; the same report makes the same bytes.

    Raises:
        UsageError: If the folder is a file.
        EnvironmentFailedError: If a file cannot be written; none is left half written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            "files are written into a folder, and this is a file",
            where=str(folder),
            remedy="name a folder; it is made if it is not there",
        )
    of = f"-{report.of}" if report.of else ""
    name = f"costs{of}-{report.report_date}"
    ways: dict[str, Callable[[Path], None]] = {
        ".xlsx": lambda file: write_workbook(report, _drill_down(session, report), file),
        ".html": lambda file: _write_page(session, report, file),
        ".parquet": lambda file: write_parquet(report, file),
    }
    written = []
    with clear_storage_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        for ending, write in ways.items():
            file = folder / f"{name}{ending}"
            beside = folder / f".{file.name}.{os.getpid()}"
            try:
                write(beside)
                beside.replace(file)
            finally:
                beside.unlink(missing_ok=True)
            written.append(file)
    return written


def write_parquet(report: CostReport, file: Path) -> None:
    """Writes the rows with what they are of in the file's metadata."""
    earlier = report.earlier
    about = {
        "report_date": str(report.report_date),
        "as_of": report.as_of.isoformat(),
        "movement_since": f"{earlier.report_date} as of {earlier.as_of.isoformat()}"
        if earlier
        else "",
    }
    pq.write_table(report.rows.replace_schema_metadata(about), file, compression="zstd")


def _write_page(session: Session, report: CostReport, file: Path) -> None:
    productions = session.home.settings_of(Productions).productions
    titles = {code: one.title for code, one in productions.items()}
    file.write_text(page(report, titles), encoding="utf-8")


def _drill_down(session: Session, report: CostReport) -> Iterator[pa.Table] | None:
    """Returns the lines of the ledger behind a report, or None if they are too many for a sheet."""
    lines = session.lake.table(LEDGER).snapshot()
    mine = _behind(report)
    (count,) = lines.query(f"select count(*) as n from {{table}} where {mine}")["n"].to_pylist()
    if count > MOST_POSTINGS:
        return None
    return lines.results(_POSTINGS.format(mine=mine, table="{table}"))


def _behind(report: CostReport) -> str:
    counting = within("transaction_date", None, report.report_date) & within(
        "posting_period", None, period_of(report.report_date)
    )
    only = f" and {equals('production', report.of)}" if report.of else ""
    return f"{known_at(report.as_of)} and {counting}{only}"


# A reverse counts against what it takes out, so that the lines add up to the report.
_POSTINGS: Final = f"""
    select transaction_date, posting_period, production, gl_code, department_code, vendor, cause,
        transaction_id, vendor_name, description, po_number,
        if(kind = {literal(POST)}, original_amount, -original_amount) as original_amount,
        original_currency, if(kind = {literal(POST)}, base_amount, -base_amount) as base_amount,
        base_currency, posting_id
    from {{table}} where {{mine}} order by transaction_date, batch, leaf
"""
