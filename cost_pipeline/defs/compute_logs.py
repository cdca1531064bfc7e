"""Where Dagster would keep what a run prints; runs of the command line print nothing.

To copy the output into files, Dagster 1.13 starts for each run `tail` twice, and twice a small
program that watches it: 50 ms. What happens in a run of ours is an event, and what goes wrong is
one too.
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

    A UI reads those files, and without that word it would wait for more.
    """

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> NothingPrinted:
        """Returns the manager that keeps its files in the configured folder."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def capture_logs(self, log_key: Sequence[str]) -> Iterator[CapturedLogContext]:
        """Lets the output go where it goes, and marks its end; a progress bar needs no file."""
        yield CapturedLogContext(log_key)
        ended = Path(self.complete_artifact_path(log_key))  # type: ignore[no-untyped-call]
        ended.parent.mkdir(parents=True, exist_ok=True)
        ended.touch()


def nothing_printed(dagster_home: Path) -> Mapping[str, Any]:
    """Returns how a `dagster.yaml` would name the class above, under the key COMPUTE_LOGS."""
    return {
        "module": __name__,
        "class": NothingPrinted.__name__,
        "config": {"base_dir": compute_logs_directory(str(dagster_home))},
    }
