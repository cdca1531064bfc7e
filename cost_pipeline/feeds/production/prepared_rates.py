"""The bundled history of rates in the form in which it is stored: made once, not in every home.

Reading the CSV, comparing it with an empty table and hashing 7,126 snapshots takes two seconds of a
new home. The rows that come of it depend on the file alone, so they are kept beside it as Parquet,
with the SHA-256 of the CSV that they were made of inside and their own in a file of its own. A test
makes them anew and holds both equal. `make rates` writes them after the CSV was replaced; until
then they are of another file, and the CSV itself is read.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from cost_pipeline.contracts.cost_tables import RATE_SCHEMA
from cost_pipeline.contracts.rate_sources import ecb
from cost_pipeline.core.errors import EnvironmentFailedError
from cost_pipeline.fx.files import read_rates
from cost_pipeline.fx.snapshots import load_history
from cost_pipeline.lake.content import hash_file

_MADE_OF: Final = b"made_of"
_LOADED_AT: Final = "recorded_at"
PREPARED_SCHEMA: Final = pa.schema([field for field in RATE_SCHEMA if field.name != _LOADED_AT])
"""Stored rates, without when they were loaded."""


def made_rows(history: Path) -> pa.Table:
    """Returns the rows that loading a history into an empty table gives (`PREPARED_SCHEMA`)."""
    days = read_rates(history.read_bytes(), ecb(), where=str(history)).days
    first = load_history(RATE_SCHEMA.empty_table(), days, ecb(), recorded_at=datetime.now(UTC))
    return first.rows.select(PREPARED_SCHEMA.names)


def prepared_rows(history: Path, sha256: str, recorded_at: datetime) -> pa.Table | None:
    """Returns the prepared rows of a history; None if those were made from another one.

    Args:
        history: The CSV; what was prepared of it lies beside it.
        sha256: The hash of the CSV.
        recorded_at: When the rows are loaded.

    Returns:
        `RATE_SCHEMA`.

    Raises:
        EnvironmentFailedError: `INSTALLATION` if what was prepared is not as it was made.
    """
    file = history.with_suffix(".parquet")
    # Not `pq.read_table`, which imports the whole of `pyarrow.dataset` first.
    with pq.ParquetFile(io.BytesIO(_as_made(file))) as parquet:
        if parquet.schema_arrow.metadata.get(_MADE_OF) != sha256.encode():
            return None
        rows = parquet.read().replace_schema_metadata(None)
    loaded_at = pa.scalar(recorded_at, RATE_SCHEMA.field(_LOADED_AT).type)
    return rows.append_column(_LOADED_AT, pa.repeat(loaded_at, rows.num_rows)).cast(RATE_SCHEMA)


def prepare(history: Path) -> Path:
    """Writes what `prepared_rows` reads, beside the history; returns where."""
    file = history.with_suffix(".parquet")
    rows = made_rows(history)
    described = rows.replace_schema_metadata({_MADE_OF: hash_file(history).encode()})
    pq.write_table(described, file, compression="zstd", compression_level=19)
    _hash_of(file).write_text(f"{hash_file(file)}  {file.name}\n", encoding="ascii")
    return file


def _hash_of(file: Path) -> Path:
    """Returns a file's hash, as `sha256sum` writes and checks it."""
    return file.with_name(f"{file.name}.sha256")


def _as_made(file: Path) -> bytes:
    """Returns the bytes of the file, held to the hash that was written with them."""
    try:
        expected = _hash_of(file).read_text(encoding="ascii").split(" ")[0]
        found = hash_file(file)
    except OSError as error:
        raise _damaged(file, f"the prepared rates cannot be read: {error.strerror}") from error
    if found != expected:
        raise _damaged(
            file,
            f"the prepared rates are not as they were made: their SHA-256 is {found[:16]}... and "
            f"was {expected[:16]}...",
        )
    return file.read_bytes()


def _damaged(file: Path, message: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        message,
        where=str(file),
        remedy="install the package again; in a checkout, `make rates` makes them anew",
        code="INSTALLATION",
    )


if __name__ == "__main__":
    from cost_pipeline.core.reference import reference_path

    prepare(reference_path("ecb/eurofxref-hist.csv"))
