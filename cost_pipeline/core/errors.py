"""The errors a person can meet, each saying what happened, where, and what to do.

Only failures that stop the work are here. A row that is refused is a value (a dead letter), and a
vendor that cannot be reached is an outcome of its pull; neither is raised.

    CostPipelineError          code, message, where, remedy; `exit_code` of the command line
    ├── CheckFailedError       1  a check or a verification is red
    ├── UsageError             2  the command, a home or a vendor file is wrong: mend it and rerun
    └── EnvironmentFailedError 3  disk, folder, network or another run: a rerun may help
"""

from __future__ import annotations


class CostPipelineError(Exception):
    """Says what went wrong, where, and what to do about it.

    Args:
        message: One sentence in plain words.
        where: The file and line, table, partition or address concerned; empty if none.
        remedy: What the reader can do; empty if nothing but a rerun.
        code: A stable UPPER_SNAKE name for machines.
    """

    exit_code = 3
    default_code = "FAILED"

    def __init__(
        self, message: str, *, where: str = "", remedy: str = "", code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy
        self.code = code or self.default_code

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.message}{place}"

    def as_json(self) -> dict[str, str]:
        """Returns the public shape of an error (docs/interfaces.md)."""
        return {
            "code": self.code,
            "message": self.message,
            "where": self.where,
            "remedy": self.remedy,
        }


class CheckFailedError(CostPipelineError):
    """A check or a verification was red."""

    exit_code = 1
    default_code = "CHECK_FAILED"


class UsageError(CostPipelineError):
    """The command line, a home or a vendor file is wrong; a rerun without a change cannot help."""

    exit_code = 2
    default_code = "WRONG_USE"


class EnvironmentFailedError(CostPipelineError):
    """The machine, a folder, the network or another run stood in the way; a rerun may help."""

    exit_code = 3
    default_code = "ENVIRONMENT"
