"""Posts dates of a home in several processes at once: HOME DATE... ; answers with their exit codes.

The processes are forks of one that has only imported, as in `properties/crash_worker.py`; they wait
for each other, so that they race.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from datetime import date
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "cost_pipeline_door", Path(__file__).with_name("door.py")
)
assert _spec
assert _spec.loader
door = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = door
_spec.loader.exec_module(door)

from cost_pipeline.feeds.production.post import post  # noqa: E402

home, *days = sys.argv[1:]
house = door.House.existing(Path(home))
reading, writing = os.pipe()
children = []
for number, day in enumerate(days):
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # ends when the parent lets go
        post(house.session(run_id=f"run-{number}"), [date.fromisoformat(day)])
        os._exit(0)
    children.append(child)
os.close(writing)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
print(json.dumps(codes))  # noqa: T201 - the answer
