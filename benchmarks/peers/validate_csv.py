"""What others do with the file of `benchmarks/validate_csv.py`, each at its best.

    .venv/peers/bin/python benchmarks/peers/validate_csv.py dataframely bench.csv

It is run by that script in a venv of its own, which `make peers` makes. Prints one JSON object:
seconds by the clock and of the processor, peak memory, rows accepted and refused, and a digest of
which were refused. None of the peers hashes a row.
"""

from __future__ import annotations

import csv
import hashlib
import importlib
import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

FIRST_DAY, LAST_DAY = date(1999, 1, 1), date(2035, 12, 31)
PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
DEPARTMENT = r"^[0-9]{3,4}$"
ACCOUNT = r"^[0-9]{3,4}(-[0-9]{2,4})?$"
AMOUNT = r"^[0-9]{1,16}(\.[0-9]{1,4})?$"

# The rows that were refused, counted from 1, and how many there were in all; None: it cannot tell.
Outcome = tuple[int, list[int] | None, int]


def currencies() -> list[str]:
    """The codes that this project takes."""
    root = Path(__file__).parent.parent.parent
    with (root / "data" / "reference" / "currencies.csv").open(encoding="utf-8") as file:
        return [row["code"] for row in csv.DictReader(file)]


def dataframely(path: Path) -> Callable[[], Outcome]:
    """Polars reads texts and casts them; the schema filters, with the reason of each refusal."""
    dy, pl = importlib.import_module("dataframely"), importlib.import_module("polars")
    plain, known = PLAIN.replace("$", r"\z"), currencies()

    class Invoice(dy.Schema):  # type: ignore[misc, name-defined]
        id = dy.String(nullable=False, min_length=1, max_length=64, regex=plain)
        date = dy.Date(nullable=False, min=FIRST_DAY, max=LAST_DAY)
        department = dy.String(nullable=False, regex=DEPARTMENT)
        account = dy.String(nullable=False, regex=ACCOUNT)
        amount = dy.Decimal(20, 4, nullable=False, min=Decimal(0))
        currency = dy.String(
            nullable=False, check=lambda c: c.is_in(pl.Series(known, dtype=pl.String))
        )
        description = dy.String(nullable=True, max_length=1000, regex=plain)

    def work() -> Outcome:
        texts = pl.scan_csv(path, infer_schema=False)
        amount = pl.col("amount")
        typed = texts.with_columns(
            pl.col("date").str.to_date("%Y-%m-%d", strict=False),
            pl.when(amount.str.contains(AMOUNT)).then(amount).cast(pl.Decimal(20, 4), strict=False),
        )
        good, failure = Invoice.filter(typed).collect_all()
        bad = failure.invalid()
        assert sum(failure.counts().values()) >= bad.height
        rows = bad["id"].str.slice(4).cast(pl.Int64) + 1
        return good.height, rows.to_list(), good.height + bad.height

    return work


def pandera(path: Path) -> Callable[[], Outcome]:
    """The same over pandera's polars backend, lazily: all failures, with their rows."""
    os.environ["PANDERA_VALIDATION_DEPTH"] = "SCHEMA_AND_DATA"
    pa, pl = importlib.import_module("pandera.polars"), importlib.import_module("polars")
    errors = importlib.import_module("pandera.errors")
    column, check = pa.Column, pa.Check
    schema = pa.DataFrameSchema(
        {
            "id": column(str, [check.str_length(1, 64), check.str_matches(PLAIN)]),
            "date": column(pl.Date, check.in_range(FIRST_DAY, LAST_DAY)),
            "department": column(str, check.str_matches(DEPARTMENT)),
            "account": column(str, check.str_matches(ACCOUNT)),
            "amount": column(pl.Decimal(20, 4), check.ge(Decimal(0))),
            "currency": column(str, check.isin(currencies())),
            "description": column(
                str, [check.str_length(0, 1000), check.str_matches(PLAIN)], nullable=True
            ),
        }
    )

    def work() -> Outcome:
        texts = pl.read_csv(path, infer_schema=False)
        amount = pl.col("amount")
        typed = texts.with_columns(
            pl.col("date").str.to_date("%Y-%m-%d", strict=False),
            pl.when(amount.str.contains(AMOUNT)).then(amount).cast(pl.Decimal(20, 4), strict=False),
        )
        try:
            schema.validate(typed, lazy=True)
        except errors.SchemaErrors as error:
            bad = error.failure_cases["index"].drop_nulls().unique()
            # A null in a column that may not be null is told without its row.
            nulls = typed.with_row_index().filter(
                pl.any_horizontal(pl.col("date", "amount").is_null())
            )
            rows = pl.concat([bad.cast(pl.Int64), nulls["index"].cast(pl.Int64)]).unique().sort()
            return typed.height - len(rows), (rows + 1).to_list(), typed.height
        return typed.height, [], typed.height

    return work


def duckdb(path: Path) -> Callable[[], Outcome]:
    """All texts to typed columns of a table; what cannot be cast is skipped, nothing is checked."""
    engine = importlib.import_module("duckdb")

    def work() -> Outcome:
        connection = engine.connect()
        connection.execute(
            "create table t as select * from read_csv(?, header = true, ignore_errors = true,"
            " columns = {'id': 'varchar', 'date': 'date', 'department': 'varchar',"
            " 'account': 'varchar', 'amount': 'decimal(20, 4)', 'currency': 'varchar',"
            " 'description': 'varchar'})",
            [str(path)],
        )
        (kept,) = connection.execute("select count(*) from t").fetchone()
        return kept, None, kept

    return work


def dlt(path: Path) -> Callable[[], Outcome]:
    """Rows as dicts in lists, validated by a Pydantic model, bad ones discarded, to Parquet."""
    tool, pydantic = importlib.import_module("dlt"), importlib.import_module("pydantic")
    known = frozenset(currencies())

    def in_use(code: str) -> str:
        if code not in known:
            raise ValueError(code)
        return code

    def plain(text: Any) -> Any:  # noqa: ANN401 - whatever the row holds
        return text if isinstance(text, str) and "e" not in text else None

    invoice = pydantic.create_model(
        "Invoice",
        id=Annotated[str, pydantic.Field(min_length=1, max_length=64, pattern=PLAIN)],
        date=Annotated[date, pydantic.Field(ge=FIRST_DAY, le=LAST_DAY)],
        department=Annotated[str, pydantic.Field(pattern=DEPARTMENT)],
        account=Annotated[str, pydantic.Field(pattern=ACCOUNT)],
        amount=Annotated[
            Decimal,
            pydantic.Field(ge=0, max_digits=20, decimal_places=4),
            pydantic.BeforeValidator(plain),
        ],
        currency=Annotated[str, pydantic.AfterValidator(in_use)],
        description=Annotated[str | None, pydantic.Field(max_length=1000, pattern=PLAIN)],
    )
    seen = 0

    def rows() -> Iterator[list[dict[str, str]]]:
        nonlocal seen
        with path.open(encoding="utf-8", newline="") as file:
            batch: list[dict[str, str]] = []
            for row in csv.DictReader(file):
                batch.append(row)
                if len(batch) == 10_000:
                    seen += len(batch)
                    yield batch
                    batch = []
            seen += len(batch)
            yield batch

    def work() -> Outcome:
        logging.disable(logging.CRITICAL)
        with tempfile.TemporaryDirectory() as folder:
            pipeline = tool.pipeline(
                "peer",
                pipelines_dir=f"{folder}/state",
                destination=tool.destinations.filesystem(bucket_url=f"file://{folder}/out"),
            )
            resource_ = tool.resource(
                rows,
                name="invoices",
                columns=invoice,
                schema_contract={"data_type": "discard_row"},
                write_disposition="append",
            )
            pipeline.run(resource_, loader_file_format="parquet")
            kept = pipeline.last_trace.last_normalize_info.row_counts["invoices"]
        return kept, None, seen

    return work


PEERS = {work.__name__: work for work in (dataframely, pandera, duckdb, dlt)}


def main() -> int:
    name, path = sys.argv[1], Path(sys.argv[2])
    work = PEERS[name](path)
    start, before = time.perf_counter(), time.process_time()
    accepted, refused, rows = work()
    seconds, processor = time.perf_counter() - start, time.process_time() - before
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    told = {
        "seconds": seconds,
        "processor": processor,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "accepted": accepted,
        "refused": rows - accepted,
        "which": None if refused is None else digest_of_rows(refused),
    }
    print(json.dumps(told))
    return 0


def digest_of_rows(rows: list[int]) -> str:
    """Which rows were refused, as one hash."""
    return hashlib.sha256(",".join(map(str, sorted(rows))).encode()).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
