"""A home whose vendors misbehave by recipe: its servers on loopback, for people who want to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from cost_pipeline.simulator.demo_home import MAPLE_FILE, vendor_files, write_demo_home
from cost_pipeline.simulator.portal import DEMO_TOKEN, TOKEN_VARIABLE, Portal
from cost_pipeline.simulator.recipes import Recipe
from cost_pipeline.simulator.world import World, make_world

PASSWORD_VARIABLE: Final = "MAPLE_SFTP_PASSWORD"  # noqa: S105  (a name, not a secret)
SFTP_VENDOR: Final = "maple_by_sftp"


@dataclass(frozen=True, slots=True)
class Served:
    """What is being served.

    Attributes:
        home: The home whose vendor files name the servers.
        url: The address of the HTTP vendors.
        sftp_port: The port of the SFTP vendor; 0 where the extra `sftp` is not installed.
        environment: The secrets that the vendor files name; good for nothing else.
    """

    home: Path
    url: str
    sftp_port: int
    environment: Mapping[str, str]


@contextmanager
def serve(home: Path, recipe: Recipe, world: World | None = None) -> Iterator[Served]:
    """Serves the invented world with the recipe's faults while the context is open.

    Makes the home if it is not there. In a home that this made before, the vendor files are written
    anew, because the servers have other ports every time.

    Args:
        home: The home.
        recipe: The faults.
        world: What the vendors hand over; the default world if not given.

    Raises:
        UsageError: If the folder holds something else.
        EnvironmentFailedError: If it cannot be written, or no server can be opened.
    """
    world = world or make_world()
    with Portal(world, faults={}, recipe=recipe) as portal:
        if (home / "vendors" / "northwind_rentals.yaml").exists():
            for name, text in vendor_files(portal.url).items():
                (home / name).write_text(text, encoding="utf-8")
        else:
            write_demo_home(home, portal.url, world)
        home = home.absolute()
        if find_spec("asyncssh") is None:
            yield Served(home, portal.url, 0, {TOKEN_VARIABLE: DEMO_TOKEN})
            return
        # An extra with a licence of its own.
        from cost_pipeline.simulator.sftp_portal import SftpPortal  # noqa: PLC0415

        with SftpPortal(home / "inbox" / "maple", recipe) as sftp:
            (home / "known_hosts").write_text(sftp.known_hosts, encoding="utf-8")
            file = home / "vendors" / f"{SFTP_VENDOR}.yaml"
            file.write_text(_sftp_vendor(sftp.port, sftp.user), encoding="utf-8")
            secrets = {TOKEN_VARIABLE: DEMO_TOKEN, PASSWORD_VARIABLE: sftp.password}
            yield Served(home, portal.url, sftp.port, secrets)


def _sftp_vendor(port: int, user: str) -> str:
    """Returns the location vendor once more, by SFTP instead of a folder."""
    folder = '  kind: folder\n  path: inbox/maple\n  files: "{pull_date:%Y-%m-%d}*.csv"\n'
    sftp = f"""\
  kind: sftp
  host: 127.0.0.1
  port: {port}
  login: {{kind: password, user: {user}, env: {PASSWORD_VARIABLE}}}
  known_hosts: known_hosts
  path: .
  files: "{{pull_date:%Y-%m-%d}}*.csv"
  settle: 0.5
"""
    text = MAPLE_FILE.replace("vendor: maple_locations", f"vendor: {SFTP_VENDOR}")
    return text.replace(folder, sftp).replace("a drop folder", "an SFTP drop")
