"""A process that pulls a home's vendors and kills itself at a step of a commit (test_bookmarks).

python pull_worker.py HOME PULL_DATE TABLE STEP
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from cost_pipeline.feeds.all import load_home
from cost_pipeline.feeds.production.feed import PRODUCTION
from cost_pipeline.lake.lake import open_lake
from cost_pipeline.pipeline.pull.vendors import pull
from cost_pipeline.pipeline.session import Session

if __name__ == "__main__":
    place, day, *where = sys.argv[1:]

    def between(table: str, step: str) -> None:
        if [table, step] == where:
            os.kill(os.getpid(), signal.SIGKILL)

    home = load_home(Path(place))
    session = Session(
        feed=PRODUCTION,
        home=home,
        lake=open_lake(home.lake_uri, between=between),
        run_id="worker",
        clock=lambda: datetime.now(UTC),
        environment={},
        code_version="1",
    )
    pull(session, home.vendors, date.fromisoformat(day))
