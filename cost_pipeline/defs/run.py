"""The whole job for a home, through Dagster, in this process: pull, validate, post, check.

Runs appear in the UI of the home like any other. Each phase is a job of the code location. Which
transaction dates are posted is decided as in the sensor, by comparing digests.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import dagster as dg
import yaml

from cost_pipeline.core.errors import CheckFailedError
from cost_pipeline.defs.alerts import failed_runs, look_at_checks
from cost_pipeline.defs.build import beta_and_preview_accepted, build_definitions
from cost_pipeline.defs.checks import RunInVainError, held, keys_of
from cost_pipeline.defs.compute_logs import COMPUTE_LOGS, nothing_printed
from cost_pipeline.defs.confirm import CONFIRM, YES
from cost_pipeline.defs.event_log import CONFIG, EVENT_LOG
from cost_pipeline.defs.history import in_own_history
from cost_pipeline.defs.jobs import present_jobs
from cost_pipeline.defs.keys import asset_key
from cost_pipeline.defs.plan import plan_posting
from cost_pipeline.defs.renamed import go_by_present_keys
from cost_pipeline.defs.reporting import MOST_AT_ONCE
from cost_pipeline.defs.sensors import RANGE_END, RANGE_START, look_again
from cost_pipeline.defs.tags import (
    BEGINNING,
    DATES,
    DELIVERY,
    REASON,
    VENDORS,
    listed,
    said,
    spanned,
)
from cost_pipeline.defs.upstream import (
    DagsterAssetCheckFailedError,
    DagsterExecutionInterruptedError,
    InstanceRef,
)
from cost_pipeline.pipeline.alerts import tell
from cost_pipeline.pipeline.days import today
from cost_pipeline.pipeline.dead_letters.corrections import out_of_date as corrections_behind
from cost_pipeline.pipeline.dead_letters.corrections import waiting_files
from cost_pipeline.pipeline.declared.book import Book
from cost_pipeline.pipeline.declared.checks import each_kind
from cost_pipeline.pipeline.declared.names import (
    AUDIT_JOB,
    CORRECTIONS_JOB,
    PULL_JOB,
    REPLAY_JOB,
    STANDING_JOB,
)
from cost_pipeline.pipeline.feed import Feed
from cost_pipeline.pipeline.posting.dates import Due, due
from cost_pipeline.pipeline.session import Session

_STORAGES: Final = frozenset({"storage", "run_storage", EVENT_LOG, "schedule_storage"})
"""The keys of `dagster.yaml` under which a user says where events are stored."""
_QUIET: Final[Mapping[str, Any]] = {
    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
}


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A red check: its asset, its name, its partition if it has one, and what it said."""

    asset: str
    name: str
    partition: str | None
    message: str
    blocking: bool
    warning: bool

    def __str__(self) -> str:
        where = f" [{self.partition}]" if self.partition else ""
        return f"{self.asset}: {self.name}{where}: {self.message}"


@dataclass(slots=True)
class Checked:
    """The checks of all runs of one job."""

    passed: int = 0
    failed: list[FailedCheck] = field(default_factory=list)

    def add(self, evaluations: Iterable[dg.AssetCheckEvaluation]) -> None:
        """Counts the checks of a run; in a run over several dates, each date counts.

        Warnings are not failures. A check that is red on several dates is one failure, which names
        them.
        """
        for evaluation in evaluations:
            self.passed += held(evaluation)
            if not evaluation.passed:
                self.failed.append(
                    FailedCheck(
                        evaluation.asset_key.to_user_string(),
                        evaluation.check_name,
                        evaluation.partition,
                        evaluation.description or "",
                        evaluation.blocking or False,
                        evaluation.severity is dg.AssetCheckSeverity.WARN,
                    )
                )

    @property
    def errors(self) -> list[FailedCheck]:
        """The red checks that are more than a warning."""
        return [check for check in self.failed if not check.warning]

    @property
    def warnings(self) -> list[FailedCheck]:
        """The red checks that only warn."""
        return [check for check in self.failed if check.warning]


class Runner:
    """Runs the jobs of a home's feed in this process, in the home's own Dagster instance.

    Args:
        session: The session of the command; it tells the feed, the home, and what is out of date.
        feeds: The feeds that there are; the home's files are read with their contracts.
        instance: Where runs are recorded.
        progress: Is told (phase, done, total).
    """

    def __init__(
        self,
        session: Session,
        feeds: Sequence[Feed[Session]],
        instance: dg.DagsterInstance,
        progress: Callable[[str, int, int], None],
    ) -> None:
        self.session = session
        self.instance = instance
        self.progress = progress
        self.feeds = feeds
        go_by_present_keys(instance, session.feed.keys_of_before)
        self.definitions = build_definitions(session.home.path, feeds)
        self.checked = Checked()
        self._own = session.feed.names.own
        self._resource = {"path": str(session.home.path), "debug_loop": session.debug_loop}

    def own_jobs(self, runs: Literal["first", "last"]) -> None:
        """Runs the feed's own jobs that come before or after all others."""
        for job in present_jobs(self.session.feed, self.session.home):
            if job.runs == runs:
                self._run(job.name, why=f"{runs} of all jobs")

    def pull(self, pull_dates: Sequence[date]) -> None:
        """Pulls and validates each date, in order."""
        self._reach(self._own(PULL_JOB), pull_dates)
        for done, day in enumerate(pull_dates):
            self.progress("pulling and validating", done, len(pull_dates))
            # Whoever names the dates has confirmed them.
            tags = {CONFIRM: YES}
            self._run(self._own(PULL_JOB), why="pull", partition_key=day.isoformat(), tags=tags)
        self.progress("pulling and validating", len(pull_dates), len(pull_dates))

    def corrections(self) -> int:
        """Takes in the corrections that wait; returns how many there are."""
        waiting = len(waiting_files(self.session)) or len(corrections_behind(self.session))
        if waiting:
            self.progress("taking in corrections", 0, waiting)
            day = today(self.session).isoformat()
            why = f"corrections that wait: {waiting:,}"
            self._run(self._own(CORRECTIONS_JOB), why=why, partition_key=day)
            self.progress("taking in corrections", waiting, waiting)
        return waiting

    def replay(self, pull_date: date, delivery: str | None = None) -> None:
        """Judges again, without fetching, what of a pull date is behind, or one delivery of it."""
        tags = {} if delivery is None else {DELIVERY: delivery[:BEGINNING]}
        day = pull_date.isoformat()
        self._run(self._own(REPLAY_JOB), why="judge again", partition_key=day, tags=tags)

    def pull_again(self, pull_date: date, vendors: Sequence[str]) -> None:
        """Pulls some vendors for a date once more, and validates what came."""
        names = self.session.feed.names
        raw = [names.raw(vendor) for vendor in vendors]
        made = (*raw, *each_kind(names, self.session.home), names.dead_letters)
        keys = [asset_key(key) for key in made]
        self._reach(self._own(PULL_JOB), [pull_date])
        self._run(
            self._own(PULL_JOB),
            why="pull again",
            partition_key=pull_date.isoformat(),
            tags={CONFIRM: YES, VENDORS: listed(vendors)},
            assets=keys,
        )

    def standing_checks(self) -> None:
        """Runs the checks that belong to no pull, such as the age of dead letters."""
        self._run(self._own(STANDING_JOB), why="standing checks")

    def verify_audit_log(self) -> None:
        """Holds the whole audit log against its tables; it takes longer as the log grows.

        `run` leaves it to its schedule. Until it ran once, Dagster shows the log's check as 0 of 1.
        """
        self._run(self._own(AUDIT_JOB), why="verify the audit log")

    def post(self, within: tuple[date, date] | None = None) -> list[date]:
        """Posts every date of the book that is out of date and not held back; returns those.

        Args:
            within: Only dates from the first to the last of these; all if None.
        """
        book = self.session.feed.book
        if book is None:
            return []
        lacks = due(self.session, book)
        if within is not None:
            chosen = [day for day in lacks.behind if within[0] <= day <= within[1]]
            lacks = Due(lacks.present, chosen)
        held = look_again(self.instance, self.session, book, lacks)
        dates = [day for day in lacks.behind if day not in held]
        self._note_held(book, held)
        self._reach(book.job, dates)
        done = 0
        for planned in plan_posting(dates, lacks.present):
            self.progress(f"posting {book.dates}", done, len(dates))
            behind = [day for day in map(str, dates) if planned.first <= day <= planned.last]
            why = "inputs changed"
            if planned.first == planned.last:
                self._run(book.job, why=why, partition_key=planned.first)
            else:
                tags = {RANGE_START: planned.first, RANGE_END: planned.last}
                self._run(book.job, why=why, tags={DATES: spanned(behind), **tags})
            done += len(behind)
        self.progress(f"posting {book.dates}", len(dates), len(dates))
        return dates

    def alert(self) -> int:
        """Tells the home's webhook what is red; returns how many alerts were sent.

        Raises:
            CostPipelineError: If they could not be sent.
        """
        if self.session.home.general.alerts is None:
            return 0
        keys = keys_of(self.session.feed, self.session.home)
        passing = {key for key, check in keys.items() if check.passes_by}
        checks = look_at_checks(self.instance, keys, passing)
        red = [*checks.red, *failed_runs(self.instance, self.session)]
        return tell(self.session, red, checks.well)

    def _reach(self, job: str, days: Sequence[date]) -> None:
        """Makes the definitions anew if the calendar of a job lacks one of the days."""
        if not days:
            return
        with beta_and_preview_accepted():
            calendar = self.definitions.resolve_job_def(job).partitions_def
        ends = (min(days).isoformat(), max(days).isoformat())
        if calendar is None or all(calendar.has_partition_key(day) for day in ends):
            return
        asked = days if job == self._own(PULL_JOB) else ()
        self.definitions = build_definitions(self.session.home.path, self.feeds, asked=asked)

    def _note_held(self, book: Book[Session], held: Mapping[date, date]) -> None:
        """Reports the dates that are not posted, or the run would look complete."""
        measures = self.session.feed.measures
        for pull_date in sorted(set(held.values())):
            count = sum(pulled == pull_date for pulled in held.values())
            self.checked.failed.append(
                FailedCheck(
                    asset_key(book.key).to_user_string(),
                    "held_back",
                    None,
                    f"{count} {book.dates} are not posted: a blocking check of pull date "
                    f"{pull_date} is red or did not finish (pull it again), {measures} or dates "
                    "changed their meaning (`cost-pipeline drift`), or a delivery lacks the total "
                    "that its vendor file requires",
                    blocking=True,
                    warning=False,
                )
            )

    def _run(
        self,
        job: str,
        *,
        why: str,
        partition_key: str | None = None,
        tags: dict[str, str] | None = None,
        assets: Sequence[dg.AssetKey] | None = None,
    ) -> None:
        run_id = str(uuid.uuid4())
        try:
            with beta_and_preview_accepted():
                result = self.definitions.resolve_job_def(job).execute_in_process(
                    instance=self.instance,
                    partition_key=partition_key,
                    tags={REASON: said(f"command line: {why}"), **(tags or {})},
                    run_id=run_id,
                    asset_selection=assets,
                    run_config={**_QUIET, "resources": {"home": {"config": self._resource}}},
                )
        except DagsterExecutionInterruptedError:
            raise KeyboardInterrupt from None  # Dagster takes Ctrl-C over while a step runs
        except DagsterAssetCheckFailedError as error:
            raise CheckFailedError(
                f"a blocking check is red: {error}",
                where=f"job {job} {partition_key or (tags or {}).get(RANGE_START, '')}".strip(),
                remedy="open the run in the web UI; nothing behind this check was made",
            ) from error
        except RunInVainError:
            # What is missing is told by the check, and by what the command says in the end.
            self._add_failed(run_id)
        else:
            self.checked.add(result.get_asset_check_evaluations())

    def _add_failed(self, run_id: str) -> None:
        """Counts the checks of a run that failed, as its log has them."""
        logged = self.instance.all_logs(
            run_id, of_type={dg.DagsterEventType.ASSET_CHECK_EVALUATION}
        )
        self.checked.add(
            entry.dagster_event.asset_check_evaluation_data
            for entry in logged
            if entry.dagster_event is not None
        )


@contextmanager
def home_instance(session: Session) -> Iterator[dg.DagsterInstance]:
    """Opens the Dagster instance of a home, which is made on first use.

    One process at a time makes it: several at once on an empty DAGSTER_HOME would each create the
    same tables, and can break it for good.

    While it is open, Dagster stores in batches what a run plans and makes of many partitions. The
    caller's environment is restored at the end.
    """
    folder = session.home.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    with _environment(DAGSTER_HOME=str(folder), DAGSTER_EVENT_BATCH_SIZE=str(MOST_AT_ONCE)):
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = dg.DagsterInstance.from_ref(in_own_history(_instance_ref(folder)))
        with made as instance:
            yield instance


def _instance_ref(folder: Path) -> InstanceRef:
    """Returns what `dagster.yaml` says; for what it leaves open, what is quickest.

    Files and rows are those of Dagster's own storage, so a UI that reads them with that storage
    sees the same.
    """
    place = folder / "dagster.yaml"
    said = (yaml.safe_load(place.read_text(encoding="utf-8")) if place.exists() else None) or {}
    overrides = {} if said.keys() & _STORAGES else {EVENT_LOG: CONFIG}
    if COMPUTE_LOGS not in said:
        overrides[COMPUTE_LOGS] = nothing_printed(folder)
    return InstanceRef.from_dir(str(folder), overrides=overrides)


@contextmanager
def _environment(**wanted: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
