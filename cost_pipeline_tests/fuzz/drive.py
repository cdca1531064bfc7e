"""Fuzz one target guided by coverage; `suite` starts it, one process for each target.

    python cost_pipeline_tests/fuzz/drive.py TARGET FOLDER [libFuzzer's options]

FOLDER holds the corpus, seeds included, and takes what is found on the way.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent))

with atheris.instrument_imports(include=["cost_pipeline.parse", "cost_pipeline.validate"]):
    from targets import TARGETS

from cost_pipeline.core.errors import CostPipelineError


def main() -> None:
    """Hand over to the fuzzer, which does not return."""
    name, folder, *options = sys.argv[1:]
    target = TARGETS[name]
    for number, seed in enumerate(target.seeds):
        (Path(folder) / f"seed{number}").write_bytes(seed)

    def one(data: bytes) -> None:
        try:
            target.judge(data)
        except CostPipelineError:
            return  # a clear error is a lawful ending

    atheris.Setup([sys.argv[0], *options, folder], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
