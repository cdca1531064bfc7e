"""`demo`: the whole pipeline on simulated vendors, held against what they are known to have sent.

Nothing here is special: a home is written, a portal serves it on loopback, and the same `run` that
works for any home works for this one.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    known_feeds,
    open_session,
    program,
    progress_bar,
)
from cost_pipeline.commands.run import Progress, show
from cost_pipeline.core.errors import CheckFailedError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from cost_pipeline.feeds.production.rates import Correction
    from cost_pipeline.feeds.production.summary import CurrencyTotal, RepairedDate
    from cost_pipeline.pipeline.reports.summary import Summary
    from cost_pipeline.pipeline.session import Session
    from cost_pipeline.simulator.world import World

_DEFAULT: Final = Path("data/var/demo")


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=_DEFAULT,
    show_default=True,
    help="Where to lay the demo's home; an earlier demo there is replaced.",
)
@clear_errors
def demo(home: Path) -> None:
    """Run the whole pipeline on six simulated vendors, correct one FX rate, and show it."""
    from cost_pipeline.feeds.production.summary import currency_totals
    from cost_pipeline.simulator.beside import MARKER
    from cost_pipeline.simulator.demo_home import write_demo_home
    from cost_pipeline.simulator.portal import DEMO_TOKEN, TOKEN_VARIABLE, Portal
    from cost_pipeline.simulator.world import DAYS, make_world

    started = time.monotonic()
    world = make_world()
    _clear_earlier(home)
    with Portal(world, token=DEMO_TOKEN) as portal, progress_bar(shown=True) as progress:
        write_demo_home(home, portal.url, world)
        (home / MARKER).write_text("laid by `cost-pipeline demo`\n", encoding="utf-8")
        os.environ.setdefault(TOKEN_VARIABLE, DEMO_TOKEN)
        session = open_session(home)
        summary, correction, repaired = _work(session, progress)
    _refuse_wrong(summary, currency_totals(session), world)
    out = console()
    out.print(f"\n[bold]Northern Lights[/], pulled {DAYS[0]} to {DAYS[-1]}: ", end="")
    show(summary)
    out.print("[green]every count is what the simulated vendors are known to have sent[/]")
    _show_correction(out, correction, repaired)
    _show_next(out, home, time.monotonic() - started)


def _work(
    session: Session, progress: Progress
) -> tuple[Summary, Correction, Sequence[RepairedDate]]:
    """Pulls, validates and posts; then corrects one rate and lets the ledger repair itself."""
    # Dagster takes a second to import; a wrong --home should not wait for it.
    from cost_pipeline.defs.run import Runner, home_instance
    from cost_pipeline.feeds.production.rates import correct_rates
    from cost_pipeline.feeds.production.summary import repaired_by_corrections
    from cost_pipeline.home.layout import complete_home
    from cost_pipeline.pipeline.reports.summary import summarize
    from cost_pipeline.simulator.demo_home import CORRECTED_DAY, CORRECTION
    from cost_pipeline.simulator.world import DAYS

    complete_home(session.home.path)
    with home_instance(session) as instance:
        runner = Runner(session, known_feeds(), instance, progress)
        runner.own_jobs("first")
        runner.pull(DAYS)
        runner.post()
        correction = correct_rates(
            session,
            date.fromisoformat(CORRECTED_DAY),
            session.home.path / CORRECTION,
            "the rate was keyed wrongly (demo)",
        )
        runner.own_jobs("first")
        runner.post()
        runner.verify_audit_log()
        summary = summarize(
            session,
            DAYS,
            passed=runner.checked.passed,
            failed=[str(check) for check in runner.checked.errors],
            warnings=[str(check) for check in runner.checked.warnings],
        )
    return summary, correction, repaired_by_corrections(session)


def _refuse_wrong(summary: Summary, totals: Sequence[CurrencyTotal], world: World) -> None:
    """Fails if the demo shows something else than the simulator knows to be true."""
    truth = world.truth()
    names = (
        "deliveries", "rows", "blank_rows", "records", "posted", "commitments", "duplicates",
        "dead_letters",
    )  # fmt: skip
    wrong = [
        f"{name}: {getattr(summary, name):,} instead of {truth.total(name):,}"
        for name in names
        if getattr(summary, name) != truth.total(name)
    ]
    if summary.by_reason != dict(truth.by_reason()):
        wrong.append(f"reasons: {summary.by_reason} instead of {dict(truth.by_reason())}")
    posted = {row.currency: row.original for row in totals}
    if posted != truth.amounts():
        wrong.append(f"amounts: {posted} instead of {truth.amounts()}")
    if wrong or summary.failed_checks:
        raise CheckFailedError(
            "the demo does not show what its vendors sent: "
            + "; ".join([*wrong, *summary.failed_checks]),
            remedy="this is a defect; `make test` should show where",
        )


def _show_correction(
    out: Console, correction: Correction, repaired: Sequence[RepairedDate]
) -> None:
    from cost_pipeline.simulator.demo_home import CORRECTED_DAY

    out.print(
        f"\nOne rate was corrected: {CORRECTED_DAY}, vintage {correction.vintage}. Of all "
        f"transaction dates exactly {len(repaired)} was repaired:"
        if len(repaired) == 1
        else f"\nOne rate was corrected ({CORRECTED_DAY}); {len(repaired)} dates were repaired:"
    )
    numbers = ("reversed", "posted", "base before", "base after")
    table = columns("date", *numbers, "", numbers=numbers)
    for row in repaired:
        table.add_row(
            row.transaction_date.isoformat(),
            f"{row.reversed:,}",
            f"{row.posted:,}",
            f"{row.before:,.2f}",
            f"{row.after:,.2f}",
            row.base_currency,
        )
    out.print(table)


def _show_next(out: Console, home: Path, seconds: float) -> None:
    from cost_pipeline.simulator.crew import UNDERPAID

    out.print(f"\nDone in {seconds:.0f} s. Where to look next:")
    for command, words in (
        (
            "make ui" if home == _DEFAULT else f"make ui HOME_DIR={home}",
            "the asset graph, the checks, every run",
        ),
        (f"{program()} dead-letters list --home {home}", "what was refused, and why"),
        (
            f"{program()} union explain --card {UNDERPAID} --home {home}",
            "what a grip was due, rule by rule",
        ),
        (f"{program()} ledger verify --home {home}", "every hash, seal and chain again"),
        (f"{program()} deliveries --home {home}", "what became of every delivery"),
    ):
        out.print(f"  {words}:")
        out.print(f"    [cyan]{command}[/]", soft_wrap=True)


def _clear_earlier(home: Path) -> None:
    """Removes an earlier demo; anything else in the way is not ours to remove."""
    from cost_pipeline.simulator.beside import MARKER

    if not home.exists() or not any(home.iterdir()):
        return
    if not (home / MARKER).is_file():
        raise UsageError(
            "the folder holds something that no demo laid there",
            where=str(home),
            remedy="name another folder with --home",
            code="NOT_A_DEMO",
        )
    shutil.rmtree(home)
