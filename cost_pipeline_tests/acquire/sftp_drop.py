"""A partner's server for the tests of SFTP. It needs the extra `sftp`."""

import asyncio
from dataclasses import replace

from cost_pipeline.acquire.engine import Policy
from cost_pipeline.simulator.recipes import Recipe
from cost_pipeline.simulator.sftp_portal import SftpPortal

QUICK = Policy(backoff=0.0)
SECRET = "SFTP_SECRET"  # noqa: S105  (a name, not a secret)


class Drop:
    """A partner's server with a folder, and pulls from it."""

    def __init__(self, bench, tmp_path):
        self.bench, self.root = bench, tmp_path / "partner"
        self.root.mkdir()
        self.faults, self.door, self.known = (), {}, None
        bench.environment |= {SECRET: "simulated"}

    def put(self, name, content=b"id\n1\n"):
        (self.root / name).write_bytes(content)

    def pull(self, *, policy=QUICK, job_changes=None, **source):
        recipe = Recipe.model_validate({"faults": self.faults})
        with SftpPortal(self.root, recipe, **self.door) as portal:
            self.portal = portal
            known = portal.known_hosts if self.known is None else self.known
            (self.bench.base / "known_hosts").write_text(known, encoding="utf-8")
            settings = {
                "kind": "sftp",
                "host": "127.0.0.1",
                "port": str(portal.port),
                "login": {"kind": "password", "user": "studio", "env": "SFTP_SECRET"},
                "settle": "0.05",
            } | source
            job = self.bench.job("drop", settings)
            job = replace(job, **(job_changes(portal) if job_changes else {}))
            (pulled,) = asyncio.run(self.bench.pull(job, policy=policy))
        assert portal.refused == []
        return pulled


def names(found):
    return [one.uri.rsplit("/", 1)[1] for one in found]
