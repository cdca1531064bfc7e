"""What a run of the tests costs, printed at its end: processor seconds of the costliest files,
processes started, rounds of work on homes.

The counts have a budget where `make test` is run, because they are the same on every machine;
seconds are not, and are only told.
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

TIER = "not proof"
"""What `make test` selects; the budget is of that."""
BUDGET = {"processes started": 80, "rounds of work on homes": 1200}
"""A process costs 1.5 processor seconds and a round (pulling a date, or posting) half of one."""
ROUND = "cost_pipeline_tests.round"
"""The audit event that the door (`feeds/door.py`) raises whenever a home is worked on."""
_SHOWN = 15

_counts: Counter[str] = Counter()
_rounds: Counter[str] = Counter()
"""The rounds of each file."""
_seconds: Counter[str] = Counter()
_running: list[str] = []
"""The test that runs; what is started outside of one, as workers are, is not counted."""


def over(counts: Mapping[str, int]) -> list[str]:
    """What is above its budget, in words."""
    return [
        f"{counts[name]:,} {name}; the budget of `make test` is {most:,}: do it in this process, on"
        " a home that others read too, or in `make proof` (docs/adr/0038)"
        for name, most in BUDGET.items()
        if counts[name] > most
    ]


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _processor() -> float:
    """Processor seconds of this process and of its children that ended."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _count(event: str, arguments: tuple[object, ...]) -> None:
    if not _running:
        return
    if event == "subprocess.Popen":
        # Dagster captures what a step prints by `tail`, and has a small script watch that.
        program, words = arguments[0], str(arguments[1])
        _counts["processes started"] += program == sys.executable and "watch_orphans" not in words
    elif event == ROUND:
        _counts["rounds of work on homes"] += 1
        _rounds[_file_of(_running[-1])] += 1


def pytest_configure() -> None:
    sys.addaudithook(_count)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    before = _processor()
    _running.append(item.nodeid)
    try:
        return (yield)
    finally:
        _running.clear()
        _seconds[_file_of(item.nodeid)] += _processor() - before


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """A worker of xdist ended, and says what it cost."""
    told = getattr(node, "workeroutput", {}).get("costs")
    if told:
        _counts.update(told["counts"])
        _rounds.update(told["rounds"])
        _seconds.update(told["seconds"])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["costs"] = {
            "counts": dict(_counts),
            "rounds": dict(_rounds),
            "seconds": dict(_seconds),
        }
    elif _told_of_the_tier(session.config):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def _told_of_the_tier(config: pytest.Config) -> list[str]:
    return over(_counts) if config.option.markexpr == TIER else []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if not _seconds:
        return
    terminalreporter.section("what it cost")
    for file, seconds in _seconds.most_common(_SHOWN):
        terminalreporter.line(f"{seconds:8.1f} processor seconds  {file}")
    terminalreporter.line(f"{sum(_seconds.values()):8.1f} of all {len(_seconds)} files")
    for file, rounds in _rounds.most_common(_SHOWN):
        terminalreporter.line(f"{rounds:8,} rounds of work on homes  {file}")
    terminalreporter.line("; ".join(f"{_counts[name]:,} {name}" for name in BUDGET))
    for words in _told_of_the_tier(config):
        terminalreporter.line(f"over budget: {words}", red=True)
