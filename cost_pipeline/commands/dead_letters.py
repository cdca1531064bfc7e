"""`dead-letters`: what was refused and why, and what people do about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cost_pipeline.commands.common import (
    clear_errors,
    columns,
    console,
    feed_option,
    home_option,
    json_option,
    open_session,
    plain,
    print_json,
)
from cost_pipeline.commands.letters_chosen import (
    PULLED_OPTION,
    chosen,
    counts_as_json,
    scope_of,
    show_counts,
)
from cost_pipeline.commands.letters_decided import reopen, waive
from cost_pipeline.commands.replay import finish, work_through_dagster
from cost_pipeline.core.errors import UsageError
from cost_pipeline.core.people import counted
from cost_pipeline.core.reasons import Stage

if TYPE_CHECKING:
    from rich.text import Text

    from cost_pipeline.commands.screen import Screen
    from cost_pipeline.defs.run import Runner

_PAYLOAD: Final = 200
_HASHES: Final = ("id", "delivery", "fingerprint")
_OF_HASH: Final = 16
"""As much of a hash as every command takes for the whole; `--json` has all of it."""


@click.group("dead-letters")
def dead_letters() -> None:
    """Rows and deliveries that were refused, and why."""


dead_letters.add_command(waive)
dead_letters.add_command(reopen)


@dead_letters.command("list")
@home_option
@feed_option
@click.option("--vendor", metavar="NAME", help="Only this vendor's.")
@click.option("--reason", metavar="CODE", help="Only those with this reason code.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="How many to show; JSON has all.",
)
@json_option
@clear_errors
def list_(
    home: Path,
    feed: str | None,
    vendor: str | None,
    reason: str | None,
    limit: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """List the open dead letters."""
    from cost_pipeline.pipeline.dead_letters.letters import (
        open_dead_letters,
        reasons_of,
    )
    from cost_pipeline.pipeline.dead_letters.told import as_json as dead_letters_as_json

    session = open_session(home, feed)
    scope = scope_of(session, vendor, reason)
    events = open_dead_letters(session, scope)
    by_reason = reasons_of(events)
    if as_json:
        items = dead_letters_as_json(session, events)
        print_json({"open": events.num_rows, "by_reason": by_reason, "items": items})
        return
    out = console()
    if not by_reason:
        out.print("[green]no dead letter is open[/]")
        return
    words = columns(
        "reason", "open", "what it means", "what to do",
        numbers=("open",), prose=("what it means", "what to do"),
    )  # fmt: skip
    for code, count in by_reason.items():
        text = session.feed.texts()[code]
        words.add_row(str(code), f"{count:,}", text.words, text.remedy)
    out.print(words)
    ordered = events.sort_by([(name, "ascending") for name in ("pull_date", "vendor", "row")])
    for item in dead_letters_as_json(session, ordered.slice(0, limit)):
        place = f"row {item['row']}, line {item['line']}" if item["row"] else "the whole of it"
        out.print(f"\n[bold]{item['vendor']}[/] {item['pull_date']}, {place}  {item['id'][:12]}")
        for error in item["errors"]:
            field = f"{error['field']}: " if error["field"] else ""
            out.print(plain(f"  {field}{error['message']}"))
        if item["payload"]:
            out.print(_excerpt(out, item["payload"]))
    if events.num_rows > limit:
        rest = counted(events.num_rows - limit, "more", "more")
        out.print(f"\n... and {rest} (--limit {events.num_rows}, or --json for all)")


def _excerpt(out: Screen, payload: str) -> Text:
    """Returns the beginning of a payload on one line, with what cannot be shown escaped."""
    from cost_pipeline.commands.screen import cut

    return cut(plain(f"  {payload[:_PAYLOAD]!r}", style="dim"), out.width)


@dead_letters.command(short_help="Show one dead letter with its history.")
@click.argument("id")
@home_option
@feed_option
@json_option
@clear_errors
def show(id: str, home: Path, feed: str | None, as_json: bool) -> None:  # noqa: A002, FBT001 - the argument's name
    """Show one dead letter, open or not, with everything that happened to it."""
    from cost_pipeline.pipeline.dead_letters.decisions import find_letter
    from cost_pipeline.pipeline.dead_letters.told import as_json as dead_letters_as_json
    from cost_pipeline.pipeline.dead_letters.told import history_of

    session = open_session(home, feed)
    letter = dead_letters_as_json(session, find_letter(session, id))[0]
    history = history_of(session, letter["id"])
    if as_json:
        print_json({**letter, "history": history})
        return
    out = console()
    _show_letter(letter)
    for reason in letter["reasons"]:
        text = session.feed.texts()[reason]
        out.print(f"\n{reason}: {text.words}\n  what to do: {text.remedy}")
    out.print()
    table = columns("when", "what", "by", "why", prose=("why",))
    for event in history:
        by = event["decided_by"] or event["resolved_by"] or ""
        table.add_row(
            event["recorded_at"][:19], event["event"], plain(by), plain(event["why"] or "")
        )
    out.print(table)


def _show_letter(letter: dict[str, Any]) -> None:
    out = console()
    out.print(f"[bold]{letter['vendor']}[/] {letter['pull_date']}, {letter['state']}")
    for name in (
        "id",
        "source",
        "delivery",
        "row",
        "line",
        "fingerprint",
        "stage",
        "class",
        "attempts",
    ):
        if letter[name] is not None:
            told = str(letter[name])
            out.print(plain(f"{name} {told[:_OF_HASH] if name in _HASHES else told}"))
    for error in letter["errors"]:
        field = f"{error['field']}: " if error["field"] else ""
        out.print(plain(f"  {field}{error['message']}"))
    for name in ("payload", "traceback"):
        if letter[name]:
            out.print(_excerpt(out, letter[name]))


@dead_letters.command(short_help="Write the open ones to a workbook or CSV.")
@home_option
@feed_option
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="FILE.xlsx, or FILE.csv for a plain text file.",
)
@click.option("--vendor", metavar="NAME", help="Only this vendor's.")
@click.option("--reason", metavar="CODE", help="Only those with this reason code.")
@json_option
@clear_errors
def export(
    home: Path,
    feed: str | None,
    file: Path,
    vendor: str | None,
    reason: str | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Write the open dead letters of rows to a file that people mend and drop back."""
    from cost_pipeline.pipeline.dead_letters.export import export_letters

    session = open_session(home, feed)
    if file.suffix not in {".xlsx", ".csv"}:
        raise UsageError(
            f"{file.name!r} is neither a workbook nor a CSV",
            where="--to",
            remedy="end its name in .xlsx or .csv",
        )
    if not file.absolute().parent.is_dir():
        raise UsageError("its folder is not there", where=str(file), remedy="make the folder first")
    scope = scope_of(session, vendor, reason)
    done = export_letters(session, scope, file.absolute())
    if as_json:
        print_json({"file": str(file.absolute()), "rows": done.rows, "left_out": done.left_out})
        return
    out = console()
    out.print(f"[bold]{counted(done.count, 'row')}[/] in {file}")
    for kind, count in done.rows.items():
        out.print(f"  {kind}: {count:,}")
    for code, count in done.left_out.items():
        out.print(f"not in it, {count:,} {code}: {session.feed.texts()[code].remedy}")
    out.print(f"save the mended file into {session.feed.names.inbox} of the home")


@dead_letters.command("import", short_help="Take in the corrections that wait, and post.")
@home_option
@feed_option
@json_option
@clear_errors
def import_(home: Path, feed: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Take in the corrections in inbox/corrections, judge them, and post what changed."""
    session = open_session(home, feed)
    found = work_through_dagster(session, lambda runner: runner.corrections(), as_json=as_json)
    finish(found, as_json=as_json)


@dead_letters.command(short_help="Try again what failed for the moment.")
@home_option
@feed_option
@click.option("--vendor", metavar="NAME", help="Only this vendor's.")
@click.option("--reason", metavar="CODE", help="Only those with this reason code.")
@PULLED_OPTION
@click.option("--preview", is_flag=True, help="Show what would be tried again, and do nothing.")
@json_option
@clear_errors
def retry(
    home: Path,
    feed: str | None,
    vendor: str | None,
    reason: str | None,
    pull_dates: str | None,
    preview: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Try again everything whose failure was transient: pull what was not fetched, post again."""
    import pyarrow.compute as pc

    session = open_session(home, feed)
    known = {one.vendor for one in session.home.vendors}
    letters = chosen(session, vendor, reason, None, pull_dates)(None)
    letters = letters.filter(pc.equal(letters["stage"], Stage.ACQUIRE))
    letters = letters.filter(pc.equal(letters["failure_class"], "transient"))
    if preview:
        if as_json:
            print_json({"chosen": counts_as_json(letters)})
        else:
            show_counts(letters, "would be tried again")
        return
    pairs = letters.select(["pull_date", "vendor"]).to_pylist()
    pulls = sorted({(r["pull_date"], r["vendor"]) for r in pairs if r["vendor"] in known})

    def work(runner: Runner) -> int:
        for day in sorted({day for day, _ in pulls}):
            runner.pull_again(day, [name for one, name in pulls if one == day])
        return len(pulls)

    finish(work_through_dagster(session, work, as_json=as_json), as_json=as_json)
