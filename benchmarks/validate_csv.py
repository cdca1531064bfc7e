"""One million CSV rows with 3 % bad ones to records and dead letters, against loops and peers.

    python benchmarks/validate_csv.py [--rows 200000] [--bad 0.5] [--varied] [--no-loop] [--codes]

Ours is end to end: the file is cut into rows, judged, hashed (a SHA-256 per row, its fingerprint)
and made into the tables that the lake stores, which are then dropped. The usual loop is
csv.DictReader, one model per row and one SHA-256 per row; the loop with lists also keeps what it
accepted and refused until as many rows are together as ours has in a chunk; the best loop is the
fastest that we know of (csv.reader, a validator at hand, dates by `fromisoformat`). All must agree
on every count. `--varied` makes bad values that are nearly all distinct.

`--codes` compares instead with a vendor file that maps the account, by 640 codes, to department
and GL code; a mistyped account is then an unknown code, so the counts are the same.

The peers (`peers/validate_csv.py`) get the same file, in a venv of their own (`make peers`). None
of them hashes; each says how many rows it refused, and which if it can.

They take turns, each time in a process of its own, so that its peak memory is its own; the best
of each counts. The ratio in one run is the result; seconds depend on the machine. Ours uses two
cores (the next chunk is parsed in a thread, DuckDB hashes in threads), so a busy machine takes more
from it than from the loop: the ratio of processor seconds is the steadier one.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import multiprocessing
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from cost_pipeline.contracts.cost import VendorInvoice
from cost_pipeline.contracts.cost_vendor import CostVendor
from cost_pipeline.contracts.production import Productions
from cost_pipeline.feeds.production.kinds import COST_CONTRACT
from cost_pipeline.parse import CHUNK_ROWS, Refused, open_rows, read_ahead
from cost_pipeline.validate.chunk import validate_chunk
from cost_pipeline.validate.interpreter import compile_interpreter
from cost_pipeline.validate.state import DeliveryState

HEADER = ("id", "date", "department", "account", "amount", "currency", "description")
DELIVERY = "0" * 64
BAD_SHARE = 0.03
NEEDED_RATIO = 3.0
MOST_MEMORY_MB = 1000
MOST_FOR_CODES = 1.15
PEERS = ("dataframely", "pandera", "duckdb", "dlt")
PEERS_PYTHON = Path(sys.prefix) / "peers" / "bin" / "python"
PLAIN_AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")

PRODUCTIONS = Productions.model_validate(
    {"productions": {"P100": {"title": "Northern Lights", "base_currency": "USD"}}}
)
VENDOR = CostVendor.model_validate(
    {
        "vendor": "bench",
        "production": "P100",
        "record": "vendor_invoice",
        "source": {"kind": "folder", "path": "inbox"},
        "format": {"kind": "csv"},
        "key": ["transaction_id"],
        "columns": {
            "transaction_id": ["id"],
            "transaction_date": ["date"],
            "department_code": ["department"],
            "gl_code": ["account"],
            "amount": ["amount"],
            "currency": ["currency"],
            "description": ["description"],
        },
    }
)

ACCOUNTS = [f"{base}-{part:02d}" for base in (2000, 2310, 3205, 6305) for part in range(1, 161)]
MAPPED = CostVendor.model_validate(
    {
        **VENDOR.model_dump(mode="json", by_alias=True, exclude_none=True),
        "columns": {
            name: headers
            for name, headers in VENDOR.columns.items()
            if name not in {"department_code", "gl_code"}
        },
        "ignore": ["department"],
        "codes": [
            {
                "from": ["account"],
                "table": {
                    code: {"department_code": code[:4], "gl_code": code} for code in ACCOUNTS
                },
            }
        ],
    }
)


def write_file(path: Path, rows: int, bad: float, *, varied: bool) -> list[int]:
    """The same file for the same arguments; ids and amounts are nearly all distinct.

    Returns:
        The rows that are bad, counted from 1.
    """
    chance = random.Random(1)  # noqa: S311 - not a secret
    found = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for number in range(rows):
            row = _good(number, chance)
            if chance.random() < bad:
                found.append(number + 1)
                place, text = chance.choice(
                    [(4, "12.5O"), (4, "1e5"), (1, "2026-02-30"), (5, "GBX"), (3, "63O5")]
                )
                row[place] = f"{row[place]}O{number}" if varied else text
            writer.writerow(row)
    return found


def _good(number: int, chance: random.Random) -> list[str]:
    return [
        f"INV-{number:09d}",
        f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        str(chance.choice((2000, 2300, 3200, 3600))),
        f"{chance.choice((2000, 2310, 3205, 6305))}-{chance.randint(1, 40):02d}",
        f"{chance.randint(1, 99_999)}.{chance.randint(0, 99):02d}",
        chance.choice(("GBP", "EUR", "USD", "CAD")),
        f"Hire of equipment, unit {number % 977}, week {number % 53}",
    ]


def ours(path: Path) -> tuple[int, int]:
    """Parse and validate; the tables are made and dropped, as if handed to a writer."""
    return _validated(path, VENDOR)


def ours_with_codes(path: Path) -> tuple[int, int]:
    """The same with a map of codes."""
    return _validated(path, MAPPED)


def _validated(path: Path, vendor: CostVendor) -> tuple[int, int]:
    reader = open_rows(path, vendor.format)
    assert not isinstance(reader, Refused)
    state = DeliveryState()
    interpreter = compile_interpreter(vendor, COST_CONTRACT, PRODUCTIONS.productions, reader.header)
    for chunk in read_ahead(reader):
        validate_chunk(
            chunk, interpreter, delivery=DELIVERY, pull_date=date(2026, 4, 1), state=state
        )
    return state.records, state.dead_letters


def parse_only(path: Path) -> tuple[int, int]:
    """Only the parse room, to see where the time goes."""
    reader = open_rows(path, VENDOR.format)
    assert not isinstance(reader, Refused)
    return sum(chunk.table.num_rows for chunk in reader), 0


def usual_loop(path: Path) -> tuple[int, int]:
    """What one writes first: a reader, a model and a hash per row; nothing is kept."""
    return _loop(path, 1)


def loop_with_lists(path: Path) -> tuple[int, int]:
    """The same, and what came out is kept, as it must be to be written anywhere."""
    return _loop(path, CHUNK_ROWS)


def best_loop(path: Path) -> tuple[int, int]:
    """As fast as a loop with one model per row gets: what each row does needlessly is left out."""
    validate = TypeAdapter(VendorInvoice).validator.validate_python
    number, read_date, digest = PLAIN_AMOUNT.fullmatch, date.fromisoformat, hashlib.sha256
    records = dead_letters = 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            digest(",".join(row).encode()).hexdigest()
            name, day, department, account, amount, currency, description = row
            try:
                validate(
                    {
                        "vendor": "bench",
                        "production": "P100",
                        "transaction_id": name,
                        "transaction_date": read_date(day),
                        "department_code": department,
                        "gl_code": account,
                        "amount": Decimal(amount) if number(amount) else None,
                        "currency": currency,
                        "description": description,
                    }
                )
                records += 1
            except ValueError:
                dead_letters += 1
    return records, dead_letters


def _loop(path: Path, kept: int) -> tuple[int, int]:
    records = dead_letters = 0
    accepted: list[tuple[str, VendorInvoice]] = []
    refused: list[tuple[str, dict[str, str], Exception]] = []
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mark = hashlib.sha256(",".join(row.values()).encode()).hexdigest()
            try:
                record = VendorInvoice(
                    vendor="bench",
                    production="P100",
                    transaction_id=row["id"],
                    transaction_date=datetime.strptime(row["date"], "%Y-%m-%d").date(),  # noqa: DTZ007
                    department_code=row["department"],
                    gl_code=row["account"],
                    amount=_decimal(row["amount"]),
                    currency=row["currency"],
                    description=row["description"],
                )
                accepted.append((mark, record))
            except (ValidationError, ValueError) as error:
                refused.append((mark, row, error))
            if len(accepted) + len(refused) == kept:
                records, dead_letters = records + len(accepted), dead_letters + len(refused)
                accepted.clear()
                refused.clear()
    return records + len(accepted), dead_letters + len(refused)


def _decimal(text: str) -> Decimal:
    if "e" in text:  # the shortest way to what a careful loop must refuse
        raise ValueError(text)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None


class Measured(NamedTuple):
    """Seconds by the clock and of the processor, what came out, and peak memory in MB."""

    seconds: float
    processor: float
    counts: tuple[int, int]
    memory: float


def measured(work: Callable[[Path], tuple[int, int]], path: Path) -> Measured:
    """Run in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_timed, (work, path))


def _timed(work: Callable[[Path], tuple[int, int]], path: Path) -> Measured:
    start, before = time.perf_counter(), time.process_time()
    counts = work(path)
    seconds, processor = time.perf_counter() - start, time.process_time() - before
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(f"{work.__name__:15} {seconds:7.2f} s  {processor:7.2f} s CPU {memory:6.0f} MB  {counts}")
    sys.stdout.flush()
    return Measured(seconds, processor, counts, memory)


def peer(name: str, path: Path) -> Measured | None:
    """A peer in its own venv; None if it is not installed."""
    script = Path(__file__).parent / "peers" / "validate_csv.py"
    done = subprocess.run(  # noqa: S603 - our own script
        [PEERS_PYTHON, script, name, path], capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        print(f"{name:15} is missing or failed: {last}")
        return None
    found = json.loads(done.stdout.splitlines()[-1])
    counts = found["accepted"], found["refused"]
    print(
        f"{name:15} {found['seconds']:7.2f} s  {found['processor']:7.2f} s CPU"
        f" {found['memory']:6.0f} MB  {counts}  {_verdict(found['which'])}"
    )
    return Measured(found["seconds"], found["processor"], counts, found["memory"])


def _verdict(which: str | None) -> str:
    return "does not tell which" if which is None else f"refused {which[:8]}"


def against_loops(path: Path, options: argparse.Namespace) -> tuple[Measured, bool]:
    """Ours and the loops in turns; the best of ours, and whether a limit is missed."""
    loops = () if options.no_loop else (usual_loop, best_loop, loop_with_lists)
    turns = [[measured(work, path) for work in (ours, *loops)] for _ in range(options.rounds)]
    mine, *others = zip(*turns, strict=True)
    assert len({one.counts for turn in turns for one in turn}) == 1
    memory = max(one.memory for one in mine)
    print(f"peak memory {memory:.0f} MB (at most {MOST_MEMORY_MB})")
    failed = memory > MOST_MEMORY_MB
    best = _best(mine)
    for work, theirs in zip(loops, others, strict=True):
        ratio = _over(work.__name__, _best(theirs), "ours", best)
        failed = failed or ratio < NEEDED_RATIO
    print(f"at least {NEEDED_RATIO}: {'missed' if failed else 'kept'}")
    return best, failed


def against_codes(path: Path, rounds: int) -> bool:
    """Ours without and with a map of codes, in turns; whether the limit is missed."""
    turns = [[measured(work, path) for work in (ours, ours_with_codes)] for _ in range(rounds)]
    without, mapped = zip(*turns, strict=True)
    assert len({one.counts for turn in turns for one in turn}) == 1
    best, other = _best(mapped), _best(without)
    _over("with codes", best, "without", other)
    return best.processor / other.processor > MOST_FOR_CODES


def against_peers(path: Path, best: Measured, rounds: int) -> None:
    """Each peer once (as often as ours, if it is quick)."""
    if not PEERS_PYTHON.exists():
        print(f"no peers: {PEERS_PYTHON} is not there; `make peers` installs {', '.join(PEERS)}")
        return
    for name in PEERS:
        times = 1 if name == "dlt" else rounds
        found = [one for one in (peer(name, path) for _ in range(times)) if one is not None]
        if found:
            agrees = "the same" if found[0].counts == best.counts else "other"
            _over("ours", best, name, _best(found), f"; {agrees} counts")


def _best(measured: Iterable[Measured]) -> Measured:
    found = list(measured)
    fastest = min(found, key=lambda one: one.seconds)
    return fastest._replace(processor=min(one.processor for one in found))


def _over(name: str, one: Measured, other_name: str, other: Measured, more: str = "") -> float:
    ratio, processor = one.seconds / other.seconds, one.processor / other.processor
    print(f"{name} / {other_name}: {ratio:.2f}; of processor seconds {processor:.2f}{more}")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--bad", type=float, default=BAD_SHARE, help="the share of bad rows")
    parser.add_argument("--varied", action="store_true", help="bad values are distinct")
    parser.add_argument("--no-loop", action="store_true", help="leave out the loops")
    parser.add_argument("--no-peers", action="store_true", help="leave out the peers")
    parser.add_argument("--codes", action="store_true", help="with and without a map of codes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.csv"
        bad = write_file(path, options.rows, options.bad, varied=options.varied)
        told = hashlib.sha256(",".join(map(str, bad)).encode()).hexdigest()
        print(f"{options.rows} rows, {path.stat().st_size / 1e6:.0f} MB, {_verdict(told)}")
        if options.codes:
            return int(against_codes(path, options.rounds))
        measured(parse_only, path)
        best, failed = against_loops(path, options)
        if not options.no_peers:
            against_peers(path, best, options.rounds)
        write_file(path, options.rows, 0, varied=False)
        good = _best(measured(ours, path) for _ in range(options.rounds))
        _over("ours", best, "ours without a bad row", good)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
