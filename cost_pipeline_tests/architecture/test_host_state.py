"""Importing the package changes nothing of the program that imports it."""

import subprocess
import sys

PROGRAM = """
import csv, decimal, importlib, locale, os, pkgutil, signal, socket, sys, warnings
import logging

def state():
    return {
        "csv": csv.field_size_limit(),
        "decimal": str(decimal.getcontext()),
        "digits": sys.get_int_max_str_digits(),
        "recursion": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)],
        "timeout": socket.getdefaulttimeout(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "root log": (logging.getLogger().level, len(logging.getLogger().handlers)),
    }

import cost_pipeline
before = state()
for found in pkgutil.walk_packages(cost_pipeline.__path__, "cost_pipeline."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
after = state()
for name in before:
    if before[name] != after[name]:
        print(name, before[name], "->", after[name])
"""


def test_importing_every_module_changes_nothing_of_the_host():
    # dagster asks a few things of the environment itself, so the importing of it comes first.
    program = "import dagster, pyarrow, duckdb, stamina\n" + PROGRAM
    found = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr
