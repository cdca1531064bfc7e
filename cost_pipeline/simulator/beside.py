"""Runs a command with the demo's vendors beside it: `make ui` over a home that the demo laid.

    python -m cost_pipeline.simulator.beside HOME COMMAND...

While the command runs, the demo's vendors answer at the address that the home's vendor files name,
so a pull that somebody starts in the web UI succeeds. They stop with it. Over any other home the
command takes the place of this process at once.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from cost_pipeline.core.errors import EnvironmentFailedError

MARKER: Final = "demo"
"""The file by which a home says that the demo laid it."""
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:([0-9]{1,5})(?=/)")
_FORWARDED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_USAGE: Final = "usage: python -m cost_pipeline.simulator.beside HOME COMMAND..."


def vendor_port(home: Path) -> int | None:
    """Returns the port at which a demo's home looks for its vendors; None if it is no demo's."""
    if not (home / MARKER).is_file():
        return None
    texts = (file.read_text(encoding="utf-8") for file in sorted(home.glob("vendors/*.yaml")))
    found = (match for text in texts if (match := _ADDRESS.search(text)))
    return next((int(match[1]) for match in found), None)


@contextmanager
def vendors_beside(home: Path, port: int) -> Iterator[Mapping[str, str]]:
    """Serves the demo's vendors while the context is open; yields the secrets that they want.

    They answer at the port that the home knows. If somebody else has it, they take another one and
    the vendor files are told; where an answer came from is no part of how it is read.

    Raises:
        EnvironmentFailedError: `PORTAL`, if no server can be opened.
    """
    # The server's library takes a quarter of a second to import, which other homes need not wait.
    from cost_pipeline.simulator.portal import DEMO_TOKEN, TOKEN_VARIABLE  # noqa: PLC0415

    with _opened(home, port):
        yield {TOKEN_VARIABLE: DEMO_TOKEN}


@contextmanager
def _opened(home: Path, port: int) -> Iterator[None]:
    from cost_pipeline.simulator.portal import Portal  # noqa: PLC0415
    from cost_pipeline.simulator.world import make_world  # noqa: PLC0415

    world = make_world()
    with ExitStack() as stack:
        try:
            stack.enter_context(Portal(world, faults={}, port=port))
        except EnvironmentFailedError:
            other = stack.enter_context(Portal(world, faults={}))
            _tell(home, port, other.url)
        yield


def _tell(home: Path, port: int, url: str) -> None:
    """Writes another address of the vendors into the vendor files, and nothing else."""
    old = f"http://127.0.0.1:{port}/"
    for file in sorted(home.glob("vendors/*.yaml")):
        text = file.read_text(encoding="utf-8")
        if old in text:
            file.write_text(text.replace(old, f"{url}/"), encoding="utf-8")


def run_beside(home: Path, command: Sequence[str], port: int) -> int:
    """Runs a command with the vendors beside it; returns its exit code.

    A signal to stop is handed on once. The command has a process group of its own, or Ctrl-C in a
    terminal would reach it twice, and the second one breaks off what the first has begun to end.
    """
    started: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        for process in started:
            process.send_signal(number)

    with vendors_beside(home, port) as secrets:
        for number in _FORWARDED:
            signal.signal(number, hand_on)
        environment = {**secrets, **os.environ}
        started.append(subprocess.Popen(command, env=environment, process_group=0))  # noqa: S603 - the caller's own
        code = started[0].wait()
    return code if code >= 0 else 128 - code


def main(arguments: Sequence[str]) -> int:
    """Runs the command that the arguments name; returns its exit code."""
    if len(arguments) < 2:  # noqa: PLR2004 - a home and a command
        print(_USAGE, file=sys.stderr)  # noqa: T201 - it is a program
        return 2
    home, command = Path(arguments[0]), list(arguments[1:])
    port = vendor_port(home)
    if port is None:
        os.execvp(command[0], command)  # noqa: S606 - the command that the caller names
    try:
        return run_beside(home, command, port)
    except EnvironmentFailedError as error:
        print(f"error: {error.message}\n  do:    {error.remedy}", file=sys.stderr)  # noqa: T201
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
