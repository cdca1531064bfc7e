"""Break the pipeline in every way that is known, again and again, and see what is left.

    python cost_pipeline_tests/chaos/suite.py [--seconds 600] [--seed N] [--only TEXT]

The faults take turns until the time is over. After each: the work is done again, and the result
must be that of an undisturbed run; where stored files were damaged, a clear refusal or a check that
names the damage will do too. A row that is missing while nothing says so is lost; none may be.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from faults import FAULTS, CannotMountError
from trial import Ground, Tally, ground


def suffer(place: Ground, tallies: dict[str, Tally], until: float) -> None:
    """Every fault once, then in turns until the time is over."""
    first = True
    while first or time.monotonic() < until:
        for name, tally in tallies.items():
            if tally.skipped or not (first or time.monotonic() < until):
                continue
            try:
                FAULTS[name](place, tally)
            except CannotMountError as error:
                tally.skipped = f"nothing can be mounted here: {error}"
        first = False


def table(tallies: dict[str, Tally]) -> str:
    """Fault, times tried, survived, clearly refused, lost rows."""
    lines = [
        f"{'fault':<26}{'tried':>7}{'survived':>10}{'refused':>9}{'failed':>8}{'lost rows':>11}"
    ]
    for name, tally in tallies.items():
        if tally.skipped:
            lines.append(f"{name:<26}  {tally.skipped}")
            continue
        lines.append(
            f"{name:<26}{tally.tried:>7}{tally.survived:>10}{tally.refused:>9}"
            f"{len(tally.failures):>8}{tally.lost:>11}"
        )
    return "\n".join(lines)


def main() -> int:
    """Run the suite; 0 if nothing failed and nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))  # noqa: S311
    parser.add_argument("--only", default="", help="faults whose name holds this text")
    chosen = parser.parse_args()
    until = time.monotonic() + chosen.seconds
    print(f"seed {chosen.seed}", flush=True)
    tallies = {name: Tally() for name in FAULTS if chosen.only in name}
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        suffer(ground(Path(folder), chosen.seed), tallies, until)
    print(table(tallies))
    for name, tally in tallies.items():
        for failure in tally.failures[:3]:
            print(f"\n{name}: {failure}")
    return 1 if any(tally.failures or tally.lost for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
