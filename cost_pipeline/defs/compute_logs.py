"""Where what a run prints would be kept, for runs of the command line, which print nothing.

To copy it into files Dagster 1.13 starts, for each run, `tail` twice and twice a small program that
watches it: 50 ms. What happens in a run of ours is an event, and what goes wrong is one too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cost_pipeline.defs.upstream import (
    CapturedLogContext,
    ConfigurableClassData,
    LocalComputeLogManager,
    compute_logs_directory,
)

COMPUTE_LOGS: Final = "compute_logs"


class NothingPrinted(LocalComputeLogManager):
    """Says of each run, in the files of Dagster's own class, that it has printed nothing.

    A UI reads those files, and would wait for more without that word.
    """

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> NothingPrinted:
        """Those of a folder."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Leave what is printed where it goes; a progress bar is not drawn by way of a file."""
        yield CapturedLogContext(log_key)
        ended = Path(self.complete_artifact_path(log_key))  # type: ignore[no-untyped-call]
        ended.parent.mkdir(parents=True, exist_ok=True)
        ended.touch()


def nothing_printed(dagster_home: Path) -> Mapping[str, Any]:
    """How a `dagster.yaml` would name the class above, under the key COMPUTE_LOGS."""
    return {
        "module": __name__,
        "class": NothingPrinted.__name__,
        "config": {"base_dir": compute_logs_directory(str(dagster_home))},
    }
