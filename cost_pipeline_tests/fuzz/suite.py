"""Hostile bytes for every parser, guided by coverage: no crash, hang, flood of memory or lost row.

    python cost_pipeline_tests/fuzz/suite.py [--seconds 600] [--only TEXT] [--keep FOLDER]

Each target has so many seconds; two run at a time. An input that takes more than 10 s, or more than
a gigabyte, is a finding like a crash; findings are kept in the folder.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from targets import TARGETS

AT_ONCE = 2
MOST_SECONDS = 10
MOST_MEGABYTES = 1024
LONGEST_INPUT = 65_536


@dataclass(frozen=True)
class Found:
    """What fuzzing a target came to."""

    target: str
    inputs: int
    covered: int
    failure: str


def fuzz(name: str, folder: Path, seconds: int) -> Found:
    """Fuzz one target for so many seconds."""
    corpus = folder / re.sub(r"\W+", "_", name)
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-max_len={LONGEST_INPUT}",
        f"-artifact_prefix={corpus}/finding-",
        "-print_final_stats=1",
    ]
    driver = Path(__file__).with_name("drive.py")
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(driver), name, str(corpus), *options],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    told = done.stdout + done.stderr
    inputs = re.search(r"number_of_executed_units: (\d+)", told)
    covered = re.findall(r"cov: (\d+)", told)
    return Found(
        name,
        int(inputs[1]) if inputs else 0,
        int(covered[-1]) if covered else 0,
        "" if done.returncode == 0 else _finding(told),
    )


def _finding(told: str) -> str:
    """The exception and where the input was kept, or the end of what the fuzzer told."""
    error = re.search(r"=== Uncaught Python exception: ===.*?(?=\n==|\Z)", told, re.DOTALL)
    kept = re.findall(r"Test unit written to .*", told)
    return "\n".join([error[0][-2500:] if error else told[-2500:], *kept])


def main() -> int:
    """Fuzz every target; 0 if nothing was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--only", default="", help="targets whose name holds this text")
    parser.add_argument("--keep", type=Path, help="a folder for corpus and findings")
    chosen = parser.parse_args()
    names = [name for name in TARGETS if chosen.only in name]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as passing:
        folder = chosen.keep or Path(passing)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda name: fuzz(name, folder, chosen.seconds), names))
    print(f"{'target':<28}{'inputs':>10}{'coverage':>10}  finding")
    for one in found:
        print(f"{one.target:<28}{one.inputs:>10,}{one.covered:>10,}  {'yes' * bool(one.failure)}")
    for one in found:
        if one.failure:
            print(f"\n{one.target}:\n{one.failure}")
    return 1 if any(one.failure or not one.inputs for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
