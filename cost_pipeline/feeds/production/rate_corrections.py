"""The watched folder: a file that is dropped there becomes a new vintage, exactly once.

The name of a file says whose rates and which day: `2026-04-02.csv` (the ECB's) or
`boc-2026-04-02-retyped.csv`. The reason stands in it, as a remark `# reason: ...`. A file is known
by its name and bytes; that it was applied is recorded in the same commit as its vintage. Files are
never moved, changed or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.compute as pc

from cost_pipeline.contracts.production import Productions
from cost_pipeline.contracts.rate_sources import Source
from cost_pipeline.core.canonical import digest
from cost_pipeline.core.errors import CostPipelineError, UsageError
from cost_pipeline.core.reference import ECB
from cost_pipeline.feeds.production.rates import (
    Correction,
    look_at,
    rates_between,
    source_of,
    write_vintage,
)
from cost_pipeline.feeds.production.tables import FX_SNAPSHOTS
from cost_pipeline.fx.files import parse_two_columns
from cost_pipeline.fx.reading import DayRates, day_of
from cost_pipeline.pipeline.session import Session

_NAME: Final = re.compile(
    r"(?:(?P<source>[a-z][a-z0-9_]*)-)?(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[-_. ].*)?\.csv"
)
_MOST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that was not applied yet.

    Attributes:
        name: The name of the file.
        token: Its identity: name and bytes.
        problem: What is wrong with it; None if it can be applied.
        source: The source whose rates it corrects; None if that could not be told.
        corrected: Its day and rates; None if it could not be read.
        reason: Why.
    """

    name: str
    token: str
    problem: CostPipelineError | None = None
    source: Source | None = None
    corrected: DayRates | None = None
    reason: str = ""


def inbox(session: Session) -> Path:
    """Returns the watched folder, absolute."""
    return session.home.path / Path(session.home.settings_of(Productions).fx_inbox).expanduser()


def waiting_corrections(session: Session) -> list[Waiting]:
    """Returns the files that were not applied yet, by name; none without a folder."""
    folder = inbox(session)
    if not folder.is_dir():
        return []
    applied = session.lake.table(FX_SNAPSHOTS).snapshot()
    found = []
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or file.suffix.lower() != ".csv" or not file.is_file():
            continue
        waiting = _read(session, file)
        if not applied.sequence(_writer(waiting.token)):
            found.append(waiting)
    return found


def apply_corrections(
    session: Session, tokens: Collection[str] | None = None
) -> list[tuple[Waiting, Correction]]:
    """Applies the waiting files that can be applied, in the order of their names.

    Args:
        session: The run.
        tokens: Only these; all if None.
    """
    done = []
    for waiting in waiting_corrections(session):
        if waiting.problem or waiting.source is None or waiting.corrected is None:
            continue
        if tokens is None or waiting.token in tokens:
            made = write_vintage(
                session,
                waiting.source,
                waiting.corrected,
                waiting.reason,
                token=_writer(waiting.token),
            )
            done.append((waiting, made))
    return done


def _writer(token: str) -> str:
    return f"fx/inbox/{token}"


def _read(session: Session, file: Path) -> Waiting:
    token = digest("fx_inbox", file.name, "")
    try:
        data = _bytes(file)
        token = digest("fx_inbox", file.name, data.hex())
        source, day = _named(session, file)
        read = parse_two_columns(data, source, where=str(file))
        if not read.reason:
            raise UsageError(
                "the file gives no reason",
                where=str(file),
                remedy="begin it with a line `# reason: why these rates are right`",
                code="FX_REASON",
            )
        _refuse_no_snapshot(session, source, day, file)
        corrected = DayRates(day, read.rates)
        look_at(session, source, corrected, str(file), confirmed=read.confirmed)
    except CostPipelineError as error:
        return Waiting(file.name, token, problem=error)
    return Waiting(file.name, token, source=source, corrected=corrected, reason=read.reason)


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size <= _MOST_BYTES:
            return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the file cannot be read: {error.strerror}", where=str(file), code="FX_FILE"
        ) from error
    raise UsageError(
        f"the file is larger than {_MOST_BYTES:,} bytes", where=str(file), code="FX_FILE"
    )


def _named(session: Session, file: Path) -> tuple[Source, date]:
    match = _NAME.fullmatch(file.name)
    if match is None:
        raise UsageError(
            "the name of the file does not say which day it corrects",
            where=str(file),
            remedy="name it 2026-04-02.csv, or boc-2026-04-02.csv for another source than ecb",
            code="FX_FILE",
        )
    return source_of(session, match["source"] or ECB), day_of(match["day"], str(file), 0)


def _refuse_no_snapshot(session: Session, source: Source, day: date, file: Path) -> None:
    rates = rates_between(session, day, day)
    known = pc.and_(pc.equal(rates["source"], source.name), pc.equal(rates["reference_date"], day))
    if not pc.any(known).as_py():
        raise UsageError(
            f"there is no snapshot {source.name} of {day} that could be corrected",
            where=str(file),
            remedy="load the rates of that day, or correct the publication day before it",
            code="FX_NO_SNAPSHOT",
        )
