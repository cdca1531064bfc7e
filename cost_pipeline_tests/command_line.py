"""The command line: called in this process, or started in one of its own.

A process costs a second and a half of imports, so a test starts one only where the process is the
point: signals, exit codes, two at once, what is left behind by one that died. All others call.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner

from cost_pipeline.cli import main
from cost_pipeline.feeds.listed import Feeds

_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """What it says in one line: a screen folds sentences."""
        return " ".join(self.out.split())

    def json(self) -> Any:
        return json.loads(self.out)

    def error(self) -> Any:
        """The one JSON document on standard error; nothing else may be there."""
        return json.loads(self.err)["error"]


def called(
    *arguments: object, environment: Mapping[str, str] | None = None, feeds: Feeds | None = None
) -> Ended:
    """A command in this process, as it is told to a file: in eighty columns.

    A defect is raised and a warning is an error, as everywhere in the tests.
    """
    inherited = [name for name in os.environ if name.startswith(("COST_", "DAGSTER_"))]
    found = CliRunner(env={**dict.fromkeys(inherited), **(environment or {})}).invoke(
        main,
        [str(a) for a in arguments],
        catch_exceptions=False,
        prog_name="cost-pipeline",
        obj=feeds,
    )
    return Ended(found.exit_code, found.stdout, found.stderr)


def started(*arguments: object) -> subprocess.Popen[str]:
    """A command in a process of its own; a terminal's width is not inherited."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COST_", "DAGSTER_"))}
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "cost_pipeline", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    """What a process came to; it may not print a traceback or a warning, whatever happens."""
    out, err = process.communicate(timeout=_SECONDS)
    found = Ended(process.returncode, out, err)
    assert "Traceback" not in found.err + found.out, found.err
    assert "Warning" not in found.err, found.err
    return found
